/** Moment matching against R's loo on its own example (test/reference/loo-moment-match.R), and in closed form. */
import tPdf from '@stdlib/stats-base-dists-t-logpdf';
import { describe, expect, it } from 'vitest';
import { type DrawnPosterior, momentMatched } from '../../src/posterior/moment-match.js';
import { randomStream } from '../../src/random/stream.js';
import reference from '../reference/loo-moment-match.json' with { type: 'json' };

const { y, threshold, first, matched } = reference;
const n = y.length;
const mean = y.reduce((sum, one) => sum + one / n, 0);

/** The posterior of (μ, log σ) under the prior 1 / σ², and its draws. */
function posteriorOf(positions: Float64Array): DrawnPosterior {
  const evaluate = (at: Float64Array, observation: number) => {
    const count = at.length / 2;
    const logDensity = new Float64Array(count);
    const logLikelihood = new Float64Array(count);
    for (let s = 0; s < count; s++) {
      const [mu = 0, log = 0] = at.subarray(2 * s, 2 * s + 2);
      const squares = (n - 1) * reference.variance + n * (mean - mu) ** 2;
      logDensity[s] = -n * log - squares / (2 * Math.exp(2 * log));
      logLikelihood[s] =
        -0.5 * Math.log(2 * Math.PI) -
        log -
        0.5 * (((y[observation] ?? 0) - mu) / Math.exp(log)) ** 2;
    }
    return { logDensity, logLikelihood };
  };
  return {
    dimension: 2,
    chains: 1,
    positions,
    logDensity: evaluate(positions, 0).logDensity,
    evaluate,
  };
}

const given = posteriorOf(Float64Array.from(reference.draws));

describe('moment matching', () => {
  const high = [...first.paretoK.keys()].filter((i) => (first.paretoK[i] ?? 0) > threshold);

  it.each(high)('is that of loo: observation %i, from 0', (i) => {
    const likelihood = given.evaluate(given.positions, i).logLikelihood;
    const found = momentMatched(given, i, likelihood, threshold);
    expect(found?.elpd).toBeCloseTo(matched.elpdLoo[i] ?? 0, 8);
    expect(found?.paretoK).toBeCloseTo(matched.paretoK[i] ?? 0, 8);
  });

  it('gives the density of an outlier without itself in closed form', () => {
    const random = randomStream('moment matching');
    const draws = 8000;
    const positions = new Float64Array(2 * draws);
    for (let s = 0; s < draws; s++) {
      let square = 0;
      for (let j = 0; j < n - 1; j++) square += random.normal() ** 2;
      const sigma = Math.sqrt(((n - 1) * reference.variance) / square);
      positions[2 * s] = mean + (sigma / Math.sqrt(n)) * random.normal();
      positions[2 * s + 1] = Math.log(sigma);
    }
    const posterior = posteriorOf(positions);
    const others = y.slice(1);
    const m = others.reduce((sum, one) => sum + one / (n - 1), 0);
    const variance = others.reduce((sum, one) => sum + (one - m) ** 2, 0) / (n - 2);
    const scale = Math.sqrt(variance * (1 + 1 / (n - 1)));
    const exact = tPdf(((y[0] ?? 0) - m) / scale, n - 2) - Math.log(scale);
    const found = momentMatched(posterior, 0, posterior.evaluate(positions, 0).logLikelihood, 0.3);
    expect(found?.paretoK).toBeLessThan(0.3);
    expect(found?.mcse).toBeLessThan(0.1);
    expect(Math.abs((found?.elpd ?? 0) - exact)).toBeLessThan(4 * (found?.mcse ?? 0));
  });

  it('is not tried where no move lowers the Pareto k', () => {
    // A likelihood that is the same at all draws.
    const flat: DrawnPosterior = {
      ...given,
      evaluate: (positions) => ({
        ...given.evaluate(positions, 0),
        logLikelihood: new Float64Array(positions.length / 2),
      }),
    };
    const likelihood = new Float64Array(given.positions.length / 2);
    expect(momentMatched(flat, 0, likelihood, 2)).toBeNull();
  });
});
