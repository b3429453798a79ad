/**
 * Calibration of any model: passes for a posterior that is right, and sees each of the mistakes that
 * it is there for. The posteriors here are exact draws of a conjugate normal, so that hundreds of
 * simulations take no time.
 */
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../../src/errors.js';
import type { Draws } from '../../../src/posterior/draws.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import type { RandomStream } from '../../../src/random/stream.js';
import { type CalibrateOptions, calibrate } from '../../../src/regression/validation/calibrate.js';
import type { ParameterValues } from '../../../src/regression/validation/simulation-run.js';
import type { Model } from '../../../src/sampler/model.js';

/** mu ~ normal(1, 2); five outcomes y ~ normal(mu, 1.5). */
const prior = { mean: 1, sd: 2 };
const noise = 1.5;
const rows = 5;

function posterior(y: readonly number[]) {
  const precision = 1 / prior.sd ** 2 + rows / noise ** 2;
  const total = prior.mean / prior.sd ** 2 + y.reduce((a, b) => a + b) / noise ** 2;
  return { mean: total / precision, sd: Math.sqrt(1 / precision) };
}

function drawsOf(draw: (random: RandomStream) => number, seed: string, count = 199): Draws {
  const random = quickStream(seed);
  const values = Float64Array.from({ length: count }, () => draw(random));
  return { parameterNames: ['mu'], chains: 1, drawsPerChain: count, values };
}

const drawPrior = (random: RandomStream) => ({ mu: prior.mean + prior.sd * random.normal() });

const simulate = ({ mu }: ParameterValues, random: RandomStream) =>
  Array.from({ length: rows }, () => (mu ?? Number.NaN) + noise * random.normal());

const logLikelihood = ({ mu }: ParameterValues, y: readonly number[]) => ({
  log_lik: y.reduce((sum, yi) => sum - 0.5 * ((yi - (mu ?? Number.NaN)) / noise) ** 2, 0),
});

const right: CalibrateOptions<number[]> = {
  drawPrior,
  simulate,
  fit: (y, { seed }) => {
    const { mean, sd } = posterior(y);
    return drawsOf((random) => mean + sd * random.normal(), seed);
  },
  quantities: logLikelihood,
  rankedDraws: 49,
  simulations: 200,
};

describe('calibrate', () => {
  it('passes an exact posterior; its p values are as small as 5% says in 5% of runs', async () => {
    // 60 runs of two quantities each, at most 5% false alarms a run: nine or more of 60 have a
    // probability below 0.3% (binomial).
    let alarms = 0;
    for (let run = 0; run < 60; run++) {
      const { calibrated } = await calibrate({ ...right, simulations: 50, seed: run });
      if (!calibrated) alarms++;
    }
    expect(alarms).toBeLessThan(9);
  });

  it('gives the ranks, the histogram, and the difference of the distribution functions', async () => {
    const result = await calibrate(right);
    expect(result.calibrated).toBe(true);
    expect(result.parameters.map(({ name }) => name)).toEqual(['mu', 'log_lik']);
    for (const { ranks, histogram, ecdf, shape } of result.parameters) {
      expect(ranks.length).toBe(200);
      expect(ranks.every((rank) => rank >= 0 && rank <= 49)).toBe(true);
      expect(histogram.counts.reduce((a, b) => a + b)).toBe(200);
      const below = Array.from(ecdf.z, (z) => ranks.filter((rank) => rank < 50 * z - 1e-9).length);
      expect(Array.from(ecdf.difference)).toEqual(
        below.map((count, i) => expect.closeTo(count / 200 - (ecdf.z[i] ?? 0), 12)),
      );
      expect(shape).toBe('');
    }
    expect(result.warnings).toEqual([]);
    expect(String(result)).toContain('Calibrated: all ranks are uniform');
  });

  // Each mistake moves the mean or the width of 200 ranks by ten standard errors or more, of which
  // three are enough to be told: missed once in a million.
  const mistakes = {
    'draws that are too narrow': [{ sd: 0.5 }, 'mu', 'the posterior is too narrow'],
    'draws that are too wide': [{ sd: 2 }, 'mu', 'the posterior is too wide'],
    'draws that are too high': [{ shift: 0.8 }, 'mu', 'the posterior is too high'],
    'draws that are too low': [{ shift: -0.8 }, 'mu', 'the posterior is too low'],
  } as const;
  it.each(Object.entries(mistakes))('sees %s', async (_, [mistake, name, shape]) => {
    const { sd: factor, shift } = { sd: 1, shift: 0, ...mistake };
    const result = await calibrate({
      ...right,
      fit: (y, { seed }) => {
        const { mean, sd } = posterior(y);
        return drawsOf((random) => mean + sd * (shift + factor * random.normal()), seed);
      },
    });
    expect(result.calibrated).toBe(false);
    const found = result.parameters.find((parameter) => parameter.name === name);
    expect(found?.calibrated).toBe(false);
    expect(found?.shape).toBe(shape);
    expect(String(result)).toContain(`${name}: ${shape}`);
  });

  it('sees a generator whose noise is not that of the model', async () => {
    const result = await calibrate({
      ...right,
      simulate: ({ mu }, random) =>
        Array.from({ length: rows }, () => (mu ?? 0) + 2 * noise * random.normal()),
    });
    expect(result.parameters[0]?.shape).toBe('the posterior is too narrow');
  });

  it('sees a posterior that ignores its data by the log likelihood, though not by the parameter', async () => {
    const result = await calibrate({
      ...right,
      fit: (_, { seed }) => drawsOf((random) => prior.mean + prior.sd * random.normal(), seed),
    });
    const [mu, likelihood] = result.parameters;
    // The prior's own draws: uniform, but for one false alarm in 40.
    expect(mu?.calibrated).toBe(true);
    expect(likelihood?.calibrated).toBe(false);
  });

  it('samples a model that is given instead of draws', async () => {
    const modelOf = (y: readonly number[]): Model => ({
      dimension: 1,
      parameterNames: ['mu'],
      logDensity(position, gradient) {
        const { mean, sd } = posterior(y);
        const z = ((position[0] ?? 0) - mean) / sd;
        gradient[0] = -z / sd;
        return -0.5 * z * z;
      },
    });
    const result = await calibrate({
      ...right,
      fit: modelOf,
      simulations: 60,
      chains: 2,
      warmup: 150,
      draws: 150,
    });
    expect(result.calibrated).toBe(true);
    expect(result.dependentFits).toBe(0);
  });

  it('makes fits of dependent draws longer, and says where that does not help', async () => {
    const asked: number[] = [];
    const sticky = (
      y: readonly number[],
      request: { seed: string; timesDraws: number },
      phi: number,
    ) => {
      asked.push(request.timesDraws);
      const { mean, sd } = posterior(y);
      const random = quickStream(request.seed, request.timesDraws);
      let z = random.normal();
      return drawsOf(
        () => {
          const value = mean + sd * z;
          z = phi * z + Math.sqrt(1 - phi * phi) * random.normal();
          return value;
        },
        request.seed,
        200 * request.timesDraws,
      );
    };
    // φ = 0.8: one effective draw in nine.
    const mended = await calibrate({
      ...right,
      simulations: 100,
      fit: (y, r) => sticky(y, r, 0.8),
    });
    expect(mended.calibrated).toBe(true);
    expect(Math.max(...asked)).toBeGreaterThan(1);
    // Of 3,200 draws with φ = 0.999 two are effective.
    const hopeless = await calibrate({
      ...right,
      simulations: 10,
      fit: (y, r) => sticky(y, r, 0.999),
    });
    expect(hopeless.dependentFits).toBe(10);
    expect(hopeless.warnings[0]).toMatch(/10 of 10 fits had fewer than 49 effective draws/);
  });

  it('draws lots among ties, so that whole numbers have uniform ranks too', async () => {
    const result = await calibrate({
      drawPrior: (random) => ({ k: Math.floor(3 * random.uniform()) }),
      simulate: () => 0,
      fit: (_, { seed }) => {
        const random = quickStream(seed);
        const values = Float64Array.from({ length: 99 }, () => Math.floor(3 * random.uniform()));
        return { parameterNames: ['k'], chains: 1, drawsPerChain: 99, values };
      },
      rankedDraws: 19,
    });
    expect(result.calibrated).toBe(true);
    expect(new Set(result.parameters[0]?.ranks).size).toBe(20);
  });

  it('gives the same for the same seed, and other ranks for another', async () => {
    const ranks = async (seed: number) =>
      (await calibrate({ ...right, simulations: 20, seed })).parameters[0]?.ranks;
    expect(await ranks(1)).toEqual(await ranks(1));
    expect(await ranks(1)).not.toEqual(await ranks(2));
  });

  it('tells its progress and stops between fits when it is asked to', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const run = calibrate({
      ...right,
      signal: stop.signal,
      onProgress: ({ done, total }) => {
        expect(total).toBe(200);
        seen.push(done);
        if (done === 3) stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('refuses counts out of range, parameters that the fit lacks, and names the simulation that failed', async () => {
    await expect(calibrate({ ...right, simulations: 0 })).rejects.toThrow(/simulations is 0/);
    await expect(calibrate({ ...right, rankedDraws: 0.5 })).rejects.toThrow(/rankedDraws is 0.5/);
    await expect(calibrate({ ...right, rankedDraws: 250 })).rejects.toThrow(
      /number of draws of a fit is 199, but must be a whole number of at least 250/,
    );
    const other = () => ({ sigma: 1, mu: 0 });
    await expect(calibrate({ ...right, drawPrior: other })).rejects.toThrow(/no parameter 'sigma'/);
    const fail = () => {
      throw new WeighbridgeError('bad-data', 'there are no rows to fit');
    };
    await expect(calibrate({ ...right, fit: fail })).rejects.toThrow(
      'simulation 1: there are no rows to fit',
    );
  });
});
