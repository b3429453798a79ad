/** Bayesian R² by its definitions: the variance of the model, or that of the residuals. */
import { describe, expect, it } from 'vitest';
import { bayesR2 } from '../../../src/regression/after/bayes-r2.js';
import { posteriorEpred } from '../../../src/regression/after/predictions.js';
import { bernoulli, gaussian, poisson } from '../../../src/regression/options.js';
import { normalDraws, smallFit } from '../../support/small-fit.js';

const x = Array.from({ length: 15 }, (_, i) => Math.sin(i));
const variance = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
};

describe.each([
  { family: gaussian(), y: x.map((v, i) => 2 * v + Math.cos(3 * i)), at: [0, 2, 1.3] },
  { family: bernoulli(), y: x.map((v, i) => Number(v + Math.cos(3 * i) > 0)), at: [0.2, 1] },
])('R² of $family.family outcomes', ({ family, y, at }) => {
  const fit = smallFit({
    formula: 'y ~ x',
    family,
    data: { x, y },
    draws: normalDraws(at, 0.1, 40),
  });
  const means = posteriorEpred(fit).values;
  const ofDraw = (s: number) => [...means.subarray(s * 15, (s + 1) * 15)];

  it('is explained variance over explained and the model’s own', () => {
    const { draws, method } = bayesR2(fit);
    expect(method).toBe('model');
    const width = fit.draws.parameterNames.length;
    draws.forEach((r2, s) => {
      const mu = ofDraw(s);
      const own =
        family.family === 'gaussian'
          ? (fit.draws.values[s * width + 2] ?? 0) ** 2
          : mu.reduce((sum, p) => sum + p * (1 - p), 0) / 15;
      expect(r2).toBeCloseTo(variance(mu) / (variance(mu) + own), 10);
    });
  });

  it('does not depend on the outcomes, as that by residuals does', () => {
    const other = { ...fit, frame: { ...fit.frame, response: { ...fit.frame.response } } };
    other.frame.response.values = fit.frame.response.values.slice().reverse();
    expect(bayesR2(other).draws).toEqual(bayesR2(fit).draws);
    const residual = bayesR2(fit, { method: 'residual' });
    expect(bayesR2(other, { method: 'residual' }).draws).not.toEqual(residual.draws);
    residual.draws.forEach((r2, s) => {
      const mu = ofDraw(s);
      const errors = variance(y.map((value, i) => value - (mu[i] ?? 0)));
      expect(r2).toBeCloseTo(variance(mu) / (variance(mu) + errors), 10);
    });
  });

  it('is of the draws that are asked for', () => {
    expect(bayesR2(fit, { draws: 10 }).draws).toEqual(
      bayesR2(fit).draws.filter((_, s) => s % 4 === 0),
    );
  });
});

it('is by residuals for other families, and says so', () => {
  const fit = smallFit({
    formula: 'y ~ x',
    family: poisson(),
    data: { x, y: x.map((_, i) => i % 4) },
    draws: normalDraws([0.3, 0.1], 0.1, 20),
  });
  expect(bayesR2(fit).method).toBe('residual');
  expect(() => bayesR2(fit, { method: 'model' })).toThrow(/expected 'residual'/);
});
