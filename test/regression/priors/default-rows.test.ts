/**
 * brms' default priors: their formula, and R's rounding to one decimal (test/reference).
 */
import { describe, expect, it } from 'vitest';
import { defaultPriors } from '../../../src/regression/priors/default-rows.js';
import reference from '../../reference/convergence.json' with { type: 'json' };

const model = (outcomes: readonly number[]) => ({
  outcomes: Float64Array.from(outcomes),
  offset: null,
  intercept: true,
  predictors: { names: [], rows: outcomes.length, values: new Float64Array(0) },
  groups: [],
});
const studentT = (location: number, scale: number) => ({
  distribution: 'student_t',
  df: 3,
  location,
  scale,
});

function gaussianPriors(outcomes: readonly number[]) {
  const priors = defaultPriors(model(outcomes), { family: 'gaussian', link: 'identity' });
  const { Intercept: intercept, sigma } = priors;
  if (intercept.distribution !== 'student_t') throw new Error('expected a Student-t prior');
  return { intercept, sigma };
}

describe('the default priors of a Gaussian outcome', () => {
  it.each(reference.defaultPriors)(
    'are centred at the median and as wide as the mad, but no narrower than 2.5: $name',
    ({ outcomes, location, scale }) => {
      expect(gaussianPriors(outcomes)).toEqual({
        intercept: studentT(location, scale),
        sigma: studentT(0, scale),
      });
    },
  );

  it('round the median to one decimal as R 4: to the decimal that the binary value is nearer to', () => {
    const { values, rounded } = reference.oneDecimal;
    // The median of a single outcome is the outcome. === for R's -0.
    const wrong = values
      .map((value, i) => ({
        value,
        ours: gaussianPriors([value]).intercept.location,
        r: rounded[i],
      }))
      .filter(({ ours, r }) => ours !== r);
    expect(wrong).toEqual([]);
  });

  it('move with a shift by whole numbers, and not with the order of the outcomes', () => {
    const outcomes = [-31, -7.3, 2.25, 8, 40.5, 61];
    const { intercept } = gaussianPriors(outcomes);
    const shifted = gaussianPriors(outcomes.map((y) => y + 1000)).intercept;
    expect(shifted.location).toBeCloseTo(intercept.location + 1000, 9);
    expect(shifted.scale).toBe(intercept.scale);
    expect(gaussianPriors([...outcomes].reverse())).toEqual(gaussianPriors(outcomes));
  });
});

describe('the default prior of a binary outcome', () => {
  it('is student_t(3, 0, 2.5) on the intercept', () => {
    const { Intercept } = defaultPriors(model([0, 1, 1]), { family: 'bernoulli', link: 'logit' });
    expect(Intercept).toEqual(studentT(0, 2.5));
  });
});
