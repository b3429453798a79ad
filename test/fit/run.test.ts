/** Which algorithm samples a fit. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import { gaussian, student } from '../../src/regression/options.js';
import { studentT } from '../../src/regression/priors/constructors.js';
import { regression } from '../../src/regression/regression.js';

describe('a posterior that may have several peaks', () => {
  it('is sampled by split HMC if there is one peak', async () => {
    const random = randomStream('line', 5);
    const data = Array.from({ length: 40 }, () => {
      const x = 4 * random.uniform() - 2;
      return { x, y: 0.1 * random.normal() };
    });
    for (const family of [gaussian(), student()]) {
      const fit = await regression({ formula: 'y ~ x', family, data, seed: 1 });
      expect(fit.chains[0].algorithm).toBe('split-hmc');
    }
  });
});

describe('NUTS in place of split HMC', () => {
  // Five rows and heavy-tailed priors: far from normal.
  const y = [2.1, 3.9, 6.2, 7.8, 12.1];
  const few = (unit: number) =>
    regression({
      formula: 'y ~ x',
      data: { y, x: [1, 2, 3, 4, 5].map((x) => x * unit) },
      prior: studentT(1, 0, 3 / unit).on('b'),
      seed: 2,
    });

  it('does not care for the units of a predictor', async () => {
    const [one, large, small] = await Promise.all([few(1), few(1e6), few(1e-6)]);
    for (const fit of [one, large, small]) {
      expect(fit.chains[0].algorithm).toBe('nuts');
      expect(fit.diagnostics.maxRhat).toBeLessThan(1.02);
    }
    const slope = (fit: typeof one) => fit.parameters[1];
    // Two comparisons at 4 standard errors: false alarms 1 in 8,000, were the seeds not fixed.
    for (const [fit, unit] of [
      [large, 1e6],
      [small, 1e-6],
    ] as const) {
      const error = Math.hypot(slope(fit).mcseMean * unit, slope(one).mcseMean);
      expect(Math.abs(slope(fit).mean * unit - slope(one).mean)).toBeLessThan(4 * error);
    }
  });
});
