/** Calibration curves: predictions without each row, and the events of the rows. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random/stream.js';
import { calibrationCurves } from '../../../src/regression/after/calibration-curves.js';
import { gaussian } from '../../../src/regression/options.js';
import { normal } from '../../../src/regression/priors/constructors.js';
import { regression } from '../../../src/regression/regression.js';
import { normalDraws, smallFit } from '../../support/small-fit.js';

const random = randomStream(8, 'calibration curves');
const x = Array.from({ length: 200 }, () => random.normal());
const logistic = (eta: number) => 1 / (1 + Math.exp(-eta));
const chance = (p: number) => Number(random.uniform() < p);
const data = {
  x,
  right: x.map((value) => chance(logistic(0.3 + value))),
  step: x.map((value) => chance(value > 1 ? 0.95 : 0.3)),
  grade: x.map((value) => {
    const latent = value + Math.log(1 / random.uniform() - 1);
    return latent < -0.5 ? 1 : latent < 1 ? 2 : 3;
  }),
  trials: x.map((_, i) => i % 4),
  wins: x.map((value, i) => {
    let sum = 0;
    for (let t = 0; t < i % 4; t++) sum += chance(logistic(value));
    return sum;
  }),
};
const settings = { prior: normal(0, 2).on('b'), data, chains: 2, warmup: 200, draws: 300, seed: 3 };
const inside = ({ recalibrated, low, high }: ReturnType<typeof calibrationCurves>['curves'][0]) =>
  recalibrated.filter((value, i) => value >= (low[i] ?? 0) && value <= (high[i] ?? 0)).length /
  recalibrated.length;

describe('a calibration curve', () => {
  it('is near the diagonal for the model that made the data, and not for another', async () => {
    const fit = await regression({ formula: 'right ~ x', family: 'bernoulli', ...settings });
    const { curves, warnings } = fit.calibrationCurves();
    const [curve] = curves;
    if (!curve) return expect.fail();
    expect(curve.event).toBe('1');
    expect(warnings).toEqual([]);
    expect(curve.score).toBeCloseTo(
      curve.miscalibration - curve.discrimination + curve.uncertainty,
      10,
    );
    const other = await regression({ formula: 'step ~ x', family: 'bernoulli', ...settings });
    const [bent] = other.calibrationCurves().curves;
    if (!bent) return expect.fail();
    // The band is pointwise: a calibrated curve is outside of it at about a tenth of the places.
    expect(inside(curve)).toBeGreaterThan(inside(bent));
    expect(bent.miscalibration).toBeGreaterThan(2 * curve.miscalibration);
  });

  it('predicts each row without itself: one that decides its own prediction is predicted badly', () => {
    // Five rows and wide draws: with its own outcome each prediction would be drawn to it.
    const y = [1, 0, 1, 1, 0];
    const fit = smallFit({
      formula: 'y ~ 1',
      family: { family: 'bernoulli', link: 'logit' },
      data: { y },
      draws: normalDraws([0.4], 1, 4000),
    });
    const [curve] = calibrationCurves(fit).curves;
    // Rows of one outcome have one prediction; that of a 1 without itself is lower than that of a 0.
    expect(curve?.forecasts.length).toBe(2);
    expect([...(curve?.means ?? [])]).toEqual([1, 0]);
  });

  it('has one for each threshold of ordered categories, and weighs successes by trials', async () => {
    const ordinal = await regression({ formula: 'grade ~ x', family: 'cumulative', ...settings });
    const { curves } = ordinal.calibrationCurves();
    expect(curves.map(({ event }) => event)).toEqual(['2 or higher', '3 or higher']);
    for (const curve of curves) {
      expect(inside(curve)).toBeGreaterThan(0.5);
      expect(curve.masses.reduce((sum, mass) => sum + mass, 0)).toBe(200);
    }
    const binomial = await regression({
      formula: 'wins | trials(trials) ~ x',
      family: 'binomial',
      ...settings,
    });
    const [wins] = binomial.calibrationCurves().curves;
    expect(wins?.masses.reduce((sum, mass) => sum + mass, 0)).toBe(300);
    expect(String(binomial.calibrationCurves())).toMatch(/^event +Brier/);
  });

  it('is refused to outcomes without probabilities', () => {
    const fit = smallFit({
      formula: 'y ~ 1',
      family: gaussian(),
      data: { y: [1, 2, 4] },
      draws: normalDraws([2, 1], 0.1, 40),
    });
    expect(() => calibrationCurves(fit)).toThrow(/does not predict: expected outcomes of 0 and 1/);
  });
});
