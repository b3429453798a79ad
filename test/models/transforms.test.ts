/** Changes of variables: round trips, and Jacobians against finite differences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bounded, lowerBounded, positive, upperBounded } from '../../models/transforms.js';

const EPSILON = Number.EPSILON;
const H = Math.cbrt(EPSILON);

/** Bounds of an interval with a width from 0.01 to 200. */
const bounds = fc
  .tuple(
    fc.double({ min: -100, max: 100, noNaN: true }),
    fc.double({ min: 0.01, max: 200, noNaN: true }),
  )
  .map(([lower, width]) => [lower, lower + width] as const);
const transforms = fc.oneof(
  fc.constant({ transform: positive, size: 0 }),
  bounds.map(([end]) => ({ transform: lowerBounded(end), size: Math.abs(end) })),
  bounds.map(([end]) => ({ transform: upperBounded(end), size: Math.abs(end) })),
  bounds.map(([lower, upper]) => ({
    transform: bounded(lower, upper),
    size: Math.abs(lower) + Math.abs(upper),
  })),
);
const unconstrained = fc.double({ min: -8, max: 8, noNaN: true });

const slope = (f: (u: number) => number, u: number) => (f(u + H) - f(u - H)) / (2 * H);

describe('a transform', () => {
  it('returns to where it came from', () => {
    fc.assert(
      fc.property(transforms, unconstrained, ({ transform, size }, u) => {
        const x = transform.constrain(u);
        // x is rounded at ε of itself and of the bounds; du = dx / derivative.
        const rounding =
          8 * EPSILON * (1 + Math.abs(u) + (size + Math.abs(x)) / transform.derivative(u));
        expect(Math.abs(transform.unconstrain(x) - u)).toBeLessThan(rounding);
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });

  it('rises, with the derivative that it states', () => {
    fc.assert(
      fc.property(transforms, unconstrained, ({ transform, size }, u) => {
        const derivative = transform.derivative(u);
        expect(derivative).toBeGreaterThan(0);
        // Truncation: h²/6 of a third derivative, which is at most e^h times the first for exp
        // and at most the first for the logistic. Rounding: ε of the values over h.
        const values = size + Math.abs(transform.constrain(u));
        const tolerance = H * H * derivative + (4 * EPSILON * values) / H;
        expect(Math.abs(slope(transform.constrain, u) - derivative)).toBeLessThan(tolerance);
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });

  it('has the logarithm of its derivative for log Jacobian, and that function its derivative', () => {
    fc.assert(
      fc.property(transforms, unconstrained, ({ transform }, u) => {
        const log = transform.logJacobian(u);
        // A few roundings of numbers up to |u| + log(width).
        const rounding = 8 * EPSILON * (8 + Math.abs(log));
        expect(Math.abs(log - Math.log(transform.derivative(u)))).toBeLessThan(rounding);
        // The third derivative of the logistic's log Jacobian is at most 1/4.
        const tolerance = H * H + rounding / H;
        const error = slope(transform.logJacobian, u) - transform.logJacobianDerivative(u);
        expect(Math.abs(error)).toBeLessThan(tolerance);
        // Its slopes are below 1, and their third derivative at most 1/4 too.
        const second =
          slope(transform.logJacobianDerivative, u) - transform.logJacobianSecondDerivative(u);
        expect(Math.abs(second)).toBeLessThan(H * H + (8 * EPSILON) / H);
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });
});

describe('an interval', () => {
  it('holds every constrained value', () => {
    fc.assert(
      fc.property(bounds, fc.double({ noNaN: true }), ([lower, upper], u) => {
        const x = bounded(lower, upper).constrain(u);
        // lower + (upper − lower) may round to one unit beyond upper.
        expect(x >= lower && x <= upper + EPSILON * (Math.abs(lower) + Math.abs(upper))).toBe(true);
      }),
      { seed: 2025, numRuns: 500 },
    );
  });

  it('has a finite log Jacobian far outside the range of exp', () => {
    const { logJacobian, logJacobianDerivative } = bounded(-1, 1);
    for (const u of [-800, 800]) {
      expect(logJacobian(u)).toBe(Math.log(2) - 800);
      expect(logJacobianDerivative(u)).toBe(-Math.sign(u));
    }
  });
});
