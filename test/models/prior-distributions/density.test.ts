/**
 * Densities of priors, their derivatives and the mass below a point against R's, and what happens
 * at the ends of the support.
 */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isProper,
  type Prior,
  priorDensity,
  priorMass,
  supportOf,
} from '../../../models/prior-distributions.js';
import { anyPrior } from './support.js';

interface Case {
  readonly prior: Prior;
  readonly x: readonly number[];
  /** '-Infinity' outside the bounds. */
  readonly logDensity: readonly (number | '-Infinity')[];
  readonly derivative: readonly number[];
  readonly secondDerivative: readonly number[];
  readonly mass: readonly number[];
}

const file = new URL('../../reference/prior-densities.json', import.meta.url);
const { cases }: { cases: Case[] } = JSON.parse(readFileSync(file, 'utf8'));
const named = cases.map((reference): [string, Case] => [
  JSON.stringify(reference.prior),
  reference,
]);

/**
 * Relative: both sides round at ε of their largest part, which in log Γ(1e4) is some 1e4 times the
 * result, and R's `D` of 1 − x loses two digits at 0.99.
 */
const ROUNDING = 1e-10;
const near = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(ROUNDING * (1 + Math.abs(expected)));

describe('the density of a prior', () => {
  it.each(named)('is R’s for %s', (_, { prior, x, logDensity }) => {
    const density = priorDensity(prior);
    x.forEach((at, i) => {
      const expected = logDensity[i];
      if (expected === '-Infinity') expect(density.logDensity(at)).toBe(Number.NEGATIVE_INFINITY);
      else near(density.logDensity(at), expected);
    });
  });

  it.each(named)('has R’s symbolic derivatives for %s', (_, reference) => {
    const density = priorDensity(reference.prior);
    reference.x.forEach((at, i) => {
      near(density.derivative(at), reference.derivative[i]);
      near(density.secondDerivative(at), reference.secondDerivative[i]);
    });
  });

  it.each(named)('has R’s mass below points for %s', (_, { prior, x, mass }) => {
    x.forEach((at, i) => {
      near(priorMass(prior, at), mass[i]);
    });
  });

  it('is −Infinity beyond the support and never NaN at its ends', () => {
    fc.assert(
      fc.property(anyPrior, (prior) => {
        const { logDensity, lower, upper } = priorDensity(prior);
        expect({ lower, upper }).toEqual(supportOf(prior));
        if (Number.isFinite(lower)) {
          expect(logDensity(lower)).not.toBeNaN();
          expect(logDensity(lower - 1)).toBe(Number.NEGATIVE_INFINITY);
        }
        if (Number.isFinite(upper)) {
          expect(logDensity(upper)).not.toBeNaN();
          expect(logDensity(upper + 1)).toBe(Number.NEGATIVE_INFINITY);
        }
        expect(logDensity(Number.NaN)).toBeNaN();
      }),
    );
  });

  it('of a lower bound alone is −Infinity at a point of zero density', () => {
    expect(priorDensity({ distribution: 'lognormal', meanlog: 0, sdlog: 1 }).logDensity(0)).toBe(
      Number.NEGATIVE_INFINITY,
    );
    expect(priorDensity({ distribution: 'gamma', shape: 1, rate: 2 }).logDensity(0)).toBe(
      Math.log(2),
    );
  });
});

describe('a flat prior', () => {
  it('is improper with density 1 unless both ends are bounded', () => {
    expect(isProper({ distribution: 'flat' })).toBe(false);
    expect(isProper({ distribution: 'flat', lower: 0 })).toBe(false);
    const half = priorDensity({ distribution: 'flat', lower: 0 });
    expect(half.logDensity(3)).toBe(0);
    expect(half.logDensity(-3)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('between two bounds is the uniform distribution', () => {
    const flat: Prior = { distribution: 'flat', lower: -1, upper: 3 };
    const uniform: Prior = { distribution: 'uniform', from: -1, to: 3 };
    expect(isProper(flat)).toBe(true);
    for (const x of [-2, -1, 0, 2.5, 4]) {
      expect(priorDensity(flat).logDensity(x)).toBe(priorDensity(uniform).logDensity(x));
      expect(priorMass(flat, x)).toBe(priorMass(uniform, x));
    }
  });
});
