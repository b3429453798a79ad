/** Which model of a regression is sampled: all that fit say the same. */
import { describe, expect, it } from 'vitest';
import { generalizedLinear } from '../../models/generalized-linear.js';
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

/** The compiled model leaves out the constants of its priors; otherwise the two are one. */
function isCompiled(specification: RegressionSpecification): boolean {
  const at = ({ logDensity, dimension }: ReturnType<typeof generalizedLinear>) =>
    logDensity(new Float64Array(dimension).fill(0.2), new Float64Array(dimension));
  return at(regressionModel(specification)) !== at(generalizedLinear(specification));
}

describe('a logistic regression', () => {
  it.each([
    ['flat slopes', [flat, flat]],
    ['one normal prior of all slopes', [normal, normal]],
  ])('goes to the compiled kernel with %s, and its density and names are the same', (_, priors) => {
    const specification = withPriors(priors);
    const model = regressionModel(specification);
    const plain = generalizedLinear(specification);
    expect(isCompiled(specification)).toBe(true);
    expect(model.quickDensity).toBeDefined();
    expect(model.parameterNames).toEqual(plain.parameterNames);
    const [q, r] = [Float64Array.of(0.3, -1, 0.4), Float64Array.of(-0.5, 0.2, 1)];
    const difference = ({ logDensity }: typeof plain) =>
      logDensity(q, new Float64Array(3)) - logDensity(r, new Float64Array(3));
    expect(difference(model)).toBeCloseTo(difference(plain), 10);
  });

  it('does not where the priors differ or have bounds, with an offset, or of few distinct rows', () => {
    const coarse = simulatedData(family, {
      rows: 400,
      slopes: 2,
      intercept: true,
      offset: false,
      coarse: true,
      seed: 3,
    });
    for (const specification of [
      withPriors([normal, flat]),
      withPriors([normal, { ...normal, sd: 2 }]),
      withPriors([
        { ...normal, lower: 0 },
        { ...normal, lower: 0 },
      ]),
      withPriors([flat, flat], { offset: new Float64Array(40).fill(0.3) }),
      withPriors([flat, flat], coarse),
      { ...withPriors([flat, flat]), family: { family: 'bernoulli', link: 'probit' } } as const,
    ]) {
      expect(isCompiled(specification)).toBe(false);
    }
  });
});
