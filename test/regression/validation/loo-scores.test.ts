/** Scores of predictions of each row without itself: in closed form for a normal regression, by definition for others. */
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random/stream.js';
import { flat, normal } from '../../../src/regression/priors/constructors.js';
import { regression } from '../../../src/regression/regression.js';

const random = randomStream('loo scores');
const data = Array.from({ length: 30 }, (_, i) => {
  const x = random.normal();
  return {
    x,
    y: 1e4 + 2 * x + random.normal(),
    one: random.uniform() < 1 / (1 + Math.exp(-1.5 * x)) ? 1 : 0,
    count: Math.floor(3 * random.uniform()) + (x > 0 ? 1 : 0),
    grade: 1 + (i % 3 === 0 ? 2 : x > 0 ? 1 : 0),
  };
});

/** Mean and sd of y at x, without row i, by least squares: the sums of squares and the leverage of the new row. */
function without(i: number) {
  const rows = data.filter((_, j) => j !== i);
  const n = rows.length;
  const mx = rows.reduce((sum, { x }) => sum + x / n, 0);
  const my = rows.reduce((sum, { y }) => sum + y / n, 0);
  const sxx = rows.reduce((sum, { x }) => sum + (x - mx) ** 2, 0);
  const slope = rows.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / sxx;
  const squares = rows.reduce((sum, { x, y }) => sum + (y - my - slope * (x - mx)) ** 2, 0);
  const { x = 0, y = 0 } = data[i] ?? {};
  // With a flat prior of sigma, the predictive distribution is a t with n − 3 degrees of freedom.
  const df = n - 3;
  const scale = Math.sqrt((squares / df) * (1 + 1 / n + (x - mx) ** 2 / sxx));
  return { df, scale, mean: my + slope * (x - mx), y };
}

describe('scores of a normal regression with flat priors', () => {
  it('are those of its predictive t distributions', async () => {
    const fit = await regression({
      formula: 'y ~ x',
      data,
      prior: [flat().on('b'), flat().on('Intercept'), flat().on('sigma')],
      draws: 4000,
      seed: 2,
    });
    const { pit, predicted, crps, rmse, mae, r2, warnings, accuracy } = fit.looScores();
    expect(warnings).toEqual([]);
    expect(accuracy).toBeUndefined();
    const draws = 16_000;
    let total = 0;
    data.forEach((_, i) => {
      const { df, scale, mean, y } = without(i);
      const standardized = (y - mean) / scale;
      const share = tCdf(standardized, df);
      // Weights halve the draws at most here; errors of a share, and of a mean.
      const error = 4 * Math.sqrt((share * (1 - share) + 1e-4) / (draws / 2));
      expect(Math.abs((pit[i] ?? 0) - share), `${i}`).toBeLessThan(error);
      expect(Math.abs((predicted[i] ?? 0) - mean)).toBeLessThan(0.02 * scale);
      // CRPS = ∫ (F(z) − [z > y])² dz.
      let integral = 0;
      const step = 0.01;
      for (let z = -40 + step / 2; z < 40; z += step) {
        integral += step * (tCdf(z, df) - (z > standardized ? 1 : 0)) ** 2;
      }
      total += (integral * scale) / data.length;
    });
    expect(crps.estimate / total).toBeCloseTo(1, 1);
    const errors = data.map((_, i) => without(i)).map(({ y, mean }) => y - mean);
    const mean = (values: readonly number[]) =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(rmse?.estimate).toBeCloseTo(Math.sqrt(mean(errors.map((e) => e * e))), 1);
    expect(mae?.estimate).toBeCloseTo(mean(errors.map(Math.abs)), 1);
    const outcomes = data.map(({ y }) => y);
    const spread = mean(outcomes.map((y) => (y - mean(outcomes)) ** 2));
    const plain = 1 - mean(errors.map((e) => (e - mean(errors)) ** 2)) / spread;
    expect(Math.abs((r2?.mean ?? 0) - plain)).toBeLessThan(r2?.sd ?? 0);
  });
});

describe('scores of other outcomes', () => {
  it('of 0 and 1 have the accuracy and the root of the Brier score', async () => {
    const fit = await regression({
      formula: 'one ~ x',
      family: 'bernoulli',
      data,
      prior: normal(0, 2).on('b'),
      draws: 1000,
      seed: 2,
    });
    const { predicted, accuracy, rmse, crps, pit } = fit.looScores();
    const right = data.filter(({ one }, i) => Number((predicted[i] ?? 0) > 0.5) === one).length;
    expect(accuracy?.estimate).toBeCloseTo(right / data.length, 12);
    const brier = data.reduce((sum, { one }, i) => sum + ((predicted[i] ?? 0) - one) ** 2 / 30, 0);
    expect(rmse?.estimate).toBeCloseTo(Math.sqrt(brier), 10);
    // The CRPS of a probability is (p − y)²; predicted outcomes are draws.
    expect(crps.estimate).toBeCloseTo(brier, 1);
    // Randomized, so that a 0 is below 1 − p and a 1 above.
    data.forEach(({ one }, i) => {
      const below = 1 - (predicted[i] ?? 0);
      const at = pit[i] ?? -1;
      expect(one === 1 ? at - below : below - at).toBeGreaterThan(-0.05);
    });
  });

  it('of counts have PIT values that are about uniform, and the same by the same seed', async () => {
    const fit = await regression({
      formula: 'count ~ x',
      family: 'poisson',
      data,
      prior: normal(0, 1).on('b'),
      draws: 500,
      seed: 2,
    });
    const scores = fit.looScores({ seed: 5 });
    expect(fit.looScores({ seed: 5 }).pit).toEqual(scores.pit);
    expect(fit.looScores({ seed: 6 }).pit).not.toEqual(scores.pit);
    const mean = scores.pit.reduce((sum, value) => sum + value / 30, 0);
    // Four standard errors of the mean of 30 uniform numbers.
    expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * 30));
    expect(String(scores)).toMatch(/CRPS[\s\S]*RMSE[\s\S]*LOO-R2/);
  });

  it('of categories have the accuracy and the ranked probability score alone', async () => {
    const fit = await regression({
      formula: 'grade ~ x',
      family: 'cumulative',
      data,
      prior: normal(0, 2).on('b'),
      draws: 500,
      seed: 2,
    });
    const scores = fit.looScores();
    expect(Object.keys(scores).sort()).toEqual([
      'accuracy',
      'crps',
      'pit',
      'predicted',
      'warnings',
    ]);
    expect(scores.accuracy?.estimate).toBeGreaterThan(1 / 3);
  });
});
