/**
 * Simulation-based calibration of ordinal regressions (Talts et al. 2018): thresholds, slopes, standard
 * deviations and the log likelihood of data drawn from the prior have uniform ranks among the draws given
 * these data. False alarms: 5% of runs for each family; seeds are fixed.
 */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import { acat, cratio, cumulative, sratio } from '../../src/regression/options.js';
import { exponential, normal } from '../../src/regression/priors/constructors.js';
import { calibrateRegression } from '../../src/regression/validation/regression-simulations.js';
import { powered } from '../support/deep.js';

const random = randomStream('ordinal calibration');
const data = Array.from({ length: 36 }, (_, i) => ({
  y: 1 + (i % 4),
  x: 0.5 + random.normal(),
  x2: i % 3 === 0 ? 1 : 0,
  g: 'abcdef'[i % 6],
  judge: i % 2 === 0 ? 'a' : 'b',
  // Judge b has three categories.
  k: i % 2 === 0 ? 3 : 2,
  rating: 1 + (i % 3),
}));

/** Fewer where a fit takes longer, or a simpler model has been looked at in more. */
function simulationsOf(formula: string, isSpecial: boolean): number {
  if (formula.includes('cs(')) return 10;
  return formula.includes('|') || isSpecial ? 20 : 40;
}

describe('simulation-based calibration', () => {
  it.each([
    [cumulative(), 'y ~ x + (1 | g)'],
    [cumulative('probit'), 'y ~ x'],
    [sratio('cloglog'), 'y ~ x'],
    [cratio('cauchit'), 'y ~ x'],
    [acat(), 'y ~ x + (1 | g)'],
    [cumulative({ threshold: 'equidistant' }), 'y ~ x'],
    [acat({ threshold: 'sum_to_zero' }), 'y ~ x'],
    [sratio(), 'y ~ cs(x)'],
    [acat('probit'), 'y ~ x + cs(x2)'],
    [cumulative(), 'rating | thres(k, gr = judge) ~ x'],
    [cratio({ threshold: 'sum_to_zero' }), 'rating | thres(k, gr = judge) ~ x'],
  ] as const)('%o, %s', async (family, formula) => {
    const result = await calibrateRegression({
      formula,
      family,
      data,
      prior: [
        normal(0, 1).on('b'),
        normal(family.threshold === 'sum_to_zero' ? 0 : 0.3, 1.5).on('Intercept'),
        ...(family.threshold === 'equidistant' ? [exponential(1).on('delta')] : []),
        ...(formula.includes('(1 |') ? [exponential(2).on('sd')] : []),
      ],
      simulations: powered(simulationsOf(formula, family.threshold !== undefined), 150),
      seed: 11,
    });
    expect(result.parameters.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        ...(formula.includes('thres')
          ? ['b_Intercept[a,3]', 'b_Intercept[b,2]']
          : ['b_Intercept[1]', 'b_Intercept[2]', 'b_Intercept[3]']),
        ...(formula.includes('cs(x)') ? ['bcs_x[1]', 'bcs_x[3]'] : ['b_x']),
        'log_lik',
      ]),
    );
    expect(result.calibrated, String(result)).toBe(true);
  });
});
