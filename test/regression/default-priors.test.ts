/**
 * brms' default priors: their formula, and R's rounding to one decimal (test/reference).
 */
import { describe, expect, it } from 'vitest';
import { gaussianPriors, logitInterceptPrior } from '../../src/regression/default-priors.js';
import reference from '../reference/convergence.json' with { type: 'json' };

describe('the default priors of a Gaussian outcome', () => {
  it.each(reference.defaultPriors)(
    'are centred at the median and as wide as the mad, but no narrower than 2.5: $name',
    ({ outcomes, location, scale }) => {
      expect(gaussianPriors(outcomes)).toEqual({
        interceptPrior: { degreesOfFreedom: 3, location, scale },
        sigmaPrior: { degreesOfFreedom: 3, location: 0, scale },
      });
    },
  );

  it('round the median to one decimal as R 4: to the decimal that the binary value is nearer to', () => {
    const { values, rounded } = reference.oneDecimal;
    // The median of a single outcome is the outcome. === for R's -0.
    const wrong = values
      .map((value, i) => ({
        value,
        ours: gaussianPriors([value]).interceptPrior.location,
        r: rounded[i],
      }))
      .filter(({ ours, r }) => ours !== r);
    expect(wrong).toEqual([]);
  });

  it('move with a shift by whole numbers, and not with the order of the outcomes', () => {
    const outcomes = [-31, -7.3, 2.25, 8, 40.5, 61];
    const { interceptPrior } = gaussianPriors(outcomes);
    const shifted = gaussianPriors(outcomes.map((y) => y + 1000)).interceptPrior;
    expect(shifted.location).toBeCloseTo(interceptPrior.location + 1000, 9);
    expect(shifted.scale).toBe(interceptPrior.scale);
    expect(gaussianPriors([...outcomes].reverse())).toEqual(gaussianPriors(outcomes));
  });
});

describe('the default prior of a binary outcome', () => {
  it('is student_t(3, 0, 2.5) on the intercept', () => {
    expect(logitInterceptPrior).toEqual({ degreesOfFreedom: 3, location: 0, scale: 2.5 });
  });
});
