/** Which model of a regression is sampled: all that fit say the same. */
import { describe, expect, it } from 'vitest';
import type { Prior } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { regressionModel } from '../../models/regression-model.js';
import { flatSpecification, simulatedData } from './regression-situations.js';

const family = { family: 'bernoulli', link: 'logit' } as const;
const data = simulatedData(family, {
  rows: 40,
  slopes: 2,
  intercept: true,
  offset: false,
  coarse: false,
  seed: 3,
});
const student: Prior = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 };
const normal: Prior = { distribution: 'normal', mean: 0.5, sd: 1.5 };
const flat: Prior = { distribution: 'flat' };

function withPriors(
  coefficients: readonly Prior[],
  changes: Partial<RegressionSpecification['data']> = {},
) {
  const specification = flatSpecification(family, { ...data, ...changes });
  return {
    ...specification,
    priors: { ...specification.priors, intercept: student, coefficients },
  };
}

/** The identity. */
function coordinates(dimension: number) {
  const basis = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) basis[i * (dimension + 1)] = 1;
  return { origin: new Float64Array(dimension), basis };
}

function fusedOf(specification: RegressionSpecification) {
  const { dimension, quickDensity } = regressionModel(specification);
  const quick = quickDensity?.(coordinates(dimension));
  return quick?.fusedStep ? quick : null;
}

describe('a logistic regression', () => {
  it.each([
    ['flat slopes', [flat, flat]],
    ['one normal prior of all slopes', [normal, normal]],
    ['normal and flat priors', [normal, flat]],
    ['different normal priors', [normal, { ...normal, mean: -1, sd: 2 }]],
  ])(
    'goes to the fused kernel with %s, and its density is the same up to a constant',
    (_, priors) => {
      const specification = withPriors(priors);
      const { logDensity: plain } = regressionModel(specification);
      const fused = fusedOf(specification)?.logDensity;
      if (!fused) throw new Error('expected a fused density');
      const [q, r] = [Float64Array.of(0.3, -1, 0.4), Float64Array.of(-0.5, 0.2, 1)];
      const [found, expected] = [fused, plain].map((density) => {
        const gradient = new Float64Array(3);
        return { difference: density(r, new Float64Array(3)) - density(q, gradient), gradient };
      });
      expect(found?.difference).toBeCloseTo(expected?.difference ?? Number.NaN, 10);
      found?.gradient.forEach((slope, j) => {
        expect(slope).toBeCloseTo(expected?.gradient[j] ?? Number.NaN, 10);
      });
    },
  );

  it('does not where priors have bounds or another shape, with an offset, or of few distinct rows', () => {
    const coarse = simulatedData(family, {
      rows: 400,
      slopes: 2,
      intercept: true,
      offset: false,
      coarse: true,
      seed: 3,
    });
    for (const specification of [
      withPriors([normal, student]),
      withPriors([
        { ...normal, lower: 0 },
        { ...normal, lower: 0 },
      ]),
      withPriors([flat, flat], { offset: new Float64Array(40).fill(0.3) }),
      withPriors([flat, flat], coarse),
      { ...withPriors([flat, flat]), family: { family: 'bernoulli', link: 'probit' } } as const,
    ]) {
      expect(fusedOf(specification)).toBeNull();
    }
  });
});
