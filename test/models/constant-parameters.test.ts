/**
 * Parameters held constant: the density of the others is that of all parameters there, and what is reported
 * is what the regression of all reports.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constantNames } from '../../models/constant-parameters.js';
import { auxiliaryOf, type Family } from '../../models/families/family.js';
import type { Prior } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { regressionModel } from '../../models/regression-model.js';
import { randomStream } from '../../src/random/stream.js';
import { auxiliaryExamples } from './families/examples.js';
import { centreOf, flatSpecification, simulatedData } from './regression-situations.js';

const families: readonly Family[] = [
  { family: 'gaussian', link: 'identity' },
  { family: 'student', link: 'identity' },
  { family: 'poisson', link: 'log' },
  { family: 'negbinomial', link: 'log' },
  { family: 'bernoulli', link: 'logit' },
  { family: 'lognormal', link: 'identity' },
  { family: 'zero_one_inflated_beta', link: 'probit' },
];

const random = randomStream('constants');

/** Density, gradient and reported parameters at a position. */
function at(specification: RegressionSpecification, position: Float64Array) {
  const model = regressionModel(specification);
  expect(model.dimension).toBe(position.length);
  const gradient = new Float64Array(position.length);
  const value = model.logDensity(position, gradient);
  const hessian = new Float64Array(position.length ** 2);
  model.hessian?.(position, hessian);
  const reported = new Float64Array(model.parameterNames.length);
  model.constrain?.(position, reported, random);
  return { value, gradient, hessian, names: model.parameterNames, reported };
}

describe('constant parameters', () => {
  it.each(families.map((one) => [one.family, one] as const))('%s', (_, family) => {
    const auxiliary = auxiliaryOf(family);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 999 }),
        fc.boolean(),
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        fc.array(fc.boolean(), { minLength: auxiliary.length, maxLength: auxiliary.length }),
        (seed, intercept, coefficients, ofFamily) => {
          const options = {
            rows: 15,
            slopes: 2,
            intercept,
            offset: seed % 2 === 0,
            coarse: false,
            seed,
          };
          const given = flatSpecification(family, simulatedData(family, options));
          const held = [...(intercept ? coefficients : coefficients.slice(1)), ...ofFamily];
          fc.pre(held.some(Boolean) && !held.every(Boolean));
          // Without an intercept the first slope carries the centre.
          const values = [centreOf(family), 0.2, -0.1].slice(0, intercept ? 3 : 2);
          const constant = (value: number): Prior => ({ distribution: 'constant', value });
          const slopes = intercept ? 1 : 0;
          const specification: RegressionSpecification = {
            ...given,
            priors: {
              ...given.priors,
              intercept: intercept && held[0] ? constant(values[0] ?? 0) : given.priors.intercept,
              coefficients: given.priors.coefficients.map((prior, j) =>
                held[slopes + j] ? constant(values[slopes + j] ?? 0) : prior,
              ),
              auxiliary: auxiliary.map((name, a) =>
                ofFamily[a]
                  ? constant(auxiliaryExamples[name].value)
                  : (given.priors.auxiliary[a] ?? constant(1)),
              ),
            },
          };
          const full = regressionModel(given);
          const points = [0, 0.13].map((shift) => {
            const whole = new Float64Array(full.dimension);
            whole.set(values.map((value, j) => value + (held[j] ? 0 : shift)));
            auxiliary.forEach((name, a) => {
              const { value } = auxiliaryExamples[name];
              const low = name === 'nu' ? Math.log(value - 1) : Math.log(value);
              const inside = ['zoi', 'coi', 'zi', 'hu'].includes(name)
                ? Math.log(value / (1 - value))
                : low;
              const place = values.length + a;
              whole[place] = inside + (held[place] ? 0 : shift);
            });
            const others = whole.filter((_value, place) => !held[place]);
            return { all: at(given, whole), own: at(specification, others) };
          });
          const [first, second] = points;
          if (!first || !second) throw new Error('no points');
          expect(second.own.value - first.own.value).toBeCloseTo(
            second.all.value - first.all.value,
            7,
          );
          const free = held.flatMap((isHeld, place) => (isHeld ? [] : [place]));
          for (const { all, own } of points) {
            expect(own.names).toEqual(all.names);
            own.reported.forEach((value, i) => {
              expect(value).toBeCloseTo(all.reported[i] ?? Number.NaN, 9);
            });
            free.forEach((place, i) => {
              const near = (found = Number.NaN, wanted = Number.NaN) =>
                expect(Math.abs(found - wanted)).toBeLessThan(1e-7 * (1 + Math.abs(wanted)));
              near(own.gradient[i], all.gradient[place]);
              free.forEach((other, j) => {
                near(own.hessian[i * free.length + j], all.hessian[place * held.length + other]);
              });
            });
            const names = constantNames(specification);
            own.names.forEach((name, i) => {
              if (names.has(name)) expect(first.own.reported[i]).toBe(second.own.reported[i]);
              else if (name !== 'b_Intercept')
                expect(first.own.reported[i]).not.toBe(second.own.reported[i]);
            });
          }
        },
      ),
      { seed: 6, numRuns: 30 },
    );
  });
});
