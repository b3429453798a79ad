/** Fits of models of a user's own: what they have beyond their draws. */
import { describe, expect, it } from 'vitest';
import { sample } from '../../src/fit/sample.js';
import { randomStream } from '../../src/random/stream.js';

/** Normal outcomes of known sd 1, with a flat prior of their mean: the posterior is normal(mean(y), 1/√n). */
const random = randomStream('sample', 1);
const observed = Array.from({ length: 40 }, () => 2 + random.normal());
const total = observed.reduce((sum, y) => sum + y, 0);
const model = {
  dimension: 1,
  parameterNames: ['mu'],
  logDensity([mu]: Float64Array, gradient: Float64Array) {
    gradient[0] = total - observed.length * (mu ?? 0);
    return -0.5 * observed.reduce((sum, y) => sum + (y - (mu ?? 0)) ** 2, 0);
  },
};
const simulate = ([mu]: Float64Array, stream: { normal(): number }) =>
  observed.map(() => (mu ?? 0) + stream.normal());
const settings = { model, chains: 4, draws: 1000, seed: 3 };

describe('a posterior predictive check of a model of your own', () => {
  const fit = sample({ ...settings, observed, simulate });
  const check = fit.ppc();
  const row = (name: string) => check.statistics.find(({ statistic }) => statistic === name);

  it('has the statistics of the outcomes, and of replications with the spread of both errors', () => {
    const n = observed.length;
    const mean = total / n;
    const sd = Math.sqrt(observed.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (n - 1));
    expect(row('mean')?.observed).toBeCloseTo(mean, 12);
    expect(row('sd')?.observed).toBeCloseTo(sd, 12);
    // A replicated mean is normal(mean(y), √(2/n)): p = 1/2, and the interval is ±1.96 √(2/n).
    expect(Math.abs((row('mean')?.pValue ?? 0) - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / 4000));
    const half = 1.96 * Math.sqrt(2 / n);
    const ends = [row('mean')?.lower ?? 0, row('mean')?.upper ?? 0].map((end) => end - mean);
    // The standard error of a 2.5% quantile of 4,000 draws is .042 sd.
    for (const [i, end] of ends.entries()) {
      expect(Math.abs(Math.abs(end) - half), `end ${i}`).toBeLessThan(4 * 0.042 * (half / 1.96));
    }
  });

  it('keeps replications for plots, and is the same for the same seed', () => {
    expect(check.replicated.drawsPerChain).toBe(100);
    expect(check.replicated.parameterNames).toHaveLength(observed.length);
    expect(fit.ppc()).toEqual(check);
    expect(fit.ppc({ seed: 4 })).not.toEqual(check);
    expect(fit.ppc({ replications: 7 }).replicated.drawsPerChain).toBe(7);
    expect(String(check)).toContain('Observed');
  });

  it.each([
    ['without outcomes', { simulate }, 'ppc needs the outcomes and a generator'],
    ['without a generator', { observed }, 'ppc needs the outcomes and a generator'],
    [
      'with too few outcomes',
      { observed, simulate: () => [1] },
      'simulate gave 1 outcomes, expected 40',
    ],
  ])('%s is refused', (_, more, message) => {
    expect(() => sample({ ...settings, draws: 50, ...more }).ppc()).toThrow(message);
  });
});
