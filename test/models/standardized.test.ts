/**
 * Data in other units inside a model: ordinary data are left alone, and the standardized density is that
 * of the user's parameters but for a constant.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { movedPrior, type Prior, priorDensity } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { rowLogLikelihood } from '../../models/reported-parameters.js';
import { standardized } from '../../models/standardized.js';
import { prepare } from '../../src/regression/prepare.js';
import { columns } from '../regression/small-data.js';

const g = [...'abcabcabcabc'];

function specificationOf(formula: string, family: 'gaussian' | 'student', shift = 0, scale = 1) {
  const y = columns.y.map((value) => scale * (value + shift));
  return prepare({ formula, family, data: { ...columns, y, g } }).specification;
}

describe('ordinary data', () => {
  it('are left as they are', () => {
    const of = (formula: string, family: 'gaussian' | 'student') =>
      standardized(specificationOf(formula, family));
    expect(of('y ~ x + z', 'gaussian')).toBeNull();
    expect(of('y ~ x + z', 'student')).toBeNull();
    expect(of('y ~ 0 + x', 'student')).toBeNull();
    expect(of('y ~ x + (1 + x | g)', 'gaussian')).toBeNull();
  });

  it('are the same with a constant or with outliers of Student-t errors among them', () => {
    const y = columns.y.map((value, i) => (i === 3 ? 1e16 : value));
    const { specification } = prepare({
      formula: 'y ~ x',
      family: 'student',
      data: { ...columns, y },
    });
    expect(standardized(specification)).toBeNull();
    // Twelve numbers that differ by the rounding of a sum.
    const x = columns.x.map((_, i) => (i % 2 === 0 ? 0.3 : 0.1 + 0.2));
    const prior = 'normal(0, 1)';
    const rounded = prepare({ formula: 'y ~ x', data: { ...columns, x }, prior }).specification;
    expect(standardized(rounded)).toBeNull();
  });
});

describe('a prior in other units', () => {
  const priors: readonly Prior[] = [
    { distribution: 'normal', mean: 1, sd: 2 },
    { distribution: 'normal', mean: 1, sd: 2, lower: 0 },
    { distribution: 'student_t', df: 3, location: 1, scale: 2 },
    { distribution: 'cauchy', location: 1, scale: 2, upper: 9 },
    { distribution: 'exponential', rate: 0.5 },
    { distribution: 'gamma', shape: 2, rate: 0.5 },
    { distribution: 'beta', alpha: 2, beta: 3 },
    { distribution: 'lognormal', meanlog: 0.5, sdlog: 1 },
    { distribution: 'uniform', from: -1, to: 4 },
    { distribution: 'flat', lower: 0, upper: 3 },
  ];

  it.each(priors)('has the density of the parameter but for a constant: %j', (prior) => {
    const own = priorDensity(prior);
    fc.assert(
      fc.property(
        fc.constantFrom(-0.25, 0, 0.5),
        fc.integer({ min: -8, max: 8 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (origin, power, a, b) => {
          const unit = 2 ** power;
          const moved = priorDensity(movedPrior(prior, { origin, unit }, 'b'));
          const [u, v] = [(a - origin) / unit, (b - origin) / unit] as const;
          const rise = moved.logDensity(u) - moved.logDensity(v);
          expect(rise).toBeCloseTo(own.logDensity(a) - own.logDensity(b), 8);
          expect(moved.derivative(u) / unit).toBeCloseTo(own.derivative(a), 6);
          expect(moved.secondDerivative(u) / unit / unit).toBeCloseTo(own.secondDerivative(a), 5);
          expect(moved.lower).toBe((own.lower - origin) / unit);
          expect(moved.upper).toBe((own.upper - origin) / unit);
        },
      ),
      { seed: 4, numRuns: 50 },
    );
  });

  it('is refused where its square would vanish', () => {
    const narrow: Prior = { distribution: 'normal', mean: 0, sd: 1 };
    expect(() => movedPrior(narrow, { origin: 0, unit: 1e200 }, 'Intercept')).toThrow(
      'the normal prior of Intercept is too narrow for data of this size',
    );
  });
});

describe('reported parameters', () => {
  const rise = (specification: RegressionSpecification, a: Float64Array, b: Float64Array) => {
    const logLikelihood = rowLogLikelihood(specification);
    const rows = new Float64Array(specification.data.rows);
    const total = (at: Float64Array) => {
      logLikelihood(at, rows);
      return rows.reduce((sum, value) => sum + value, 0);
    };
    return total(a) - total(b);
  };

  it.each(['gaussian', 'student'] as const)(
    'come back in the user’s units, with the likelihood that they had: %s',
    (family) => {
      fc.assert(
        fc.property(
          fc.double({ min: 5, max: 9, noNaN: true }),
          fc.constantFrom(-40, -12, 12, 40, 150),
          fc.infiniteStream(fc.double({ min: 0.2, max: 3, noNaN: true })),
          (shift, power, values) => {
            const formula = 'y ~ x + (1 + x | g)';
            const own = specificationOf(formula, family, 10 ** shift, 10 ** power);
            const inside = standardized(own);
            if (inside === null) throw new Error('these data are far from ordinary');
            // Intercept, x, two sds, a correlation, sigma (and nu), six effects.
            const draw = () =>
              Float64Array.from({ length: family === 'gaussian' ? 12 : 13 }, () =>
                Number(values.next().value),
              );
            const [a, b] = [draw(), draw()];
            const standard = rise(inside.specification, a, b);
            inside.restore(a);
            inside.restore(b);
            const users = rise(own, a, b);
            // The outcomes of the user's are rounded at 10^shift of their spread.
            expect(Math.abs(users - standard)).toBeLessThan(1e-4 * Math.max(1, Math.abs(standard)));
          },
        ),
        { seed: 5, numRuns: 40 },
      );
    },
  );
});
