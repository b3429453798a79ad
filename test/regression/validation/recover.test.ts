/** Recovery of known values, with exact posteriors of a normal mean: what it must find and refuse. */
import { describe, expect, it } from 'vitest';
import type { Draws } from '../../../src/posterior/draws.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import { type RecoverOptions, recover } from '../../../src/regression/validation/recover.js';

/** Ten outcomes y ~ normal(mu, 1), a flat prior: mu | y ~ normal(mean of y, 1/√10). */
const rows = 10;
const exact: RecoverOptions<number[]> = {
  at: { mu: 0.7 },
  simulate: ({ mu }, random) =>
    Array.from({ length: rows }, () => (mu ?? Number.NaN) + random.normal()),
  fit: (y, { seed }) => drawsOf(y, seed, 0, 1),
  simulations: 200,
};

function drawsOf(y: readonly number[], seed: string, shift: number, width: number): Draws {
  const random = quickStream(seed);
  const mean = y.reduce((a, b) => a + b) / rows;
  const values = Float64Array.from(
    { length: 400 },
    () => mean + shift + (width * random.normal()) / Math.sqrt(rows),
  );
  return { parameterNames: ['mu'], chains: 4, drawsPerChain: 100, values };
}

describe('recover', () => {
  it('tells bias, RMSE and coverage as theory has them', async () => {
    const { parameters, recovered, ...rest } = await recover(exact);
    const [mu] = parameters;
    if (!mu) return expect.fail();
    const sd = 1 / Math.sqrt(rows);
    expect(rest.simulations).toBe(200);
    expect(mu.truth).toBe(0.7);
    expect(mu.bias).toBeCloseTo(mu.meanEstimate - 0.7, 12);
    // Five standard errors each: false alarms below one in a million.
    expect(Math.abs(mu.bias)).toBeLessThan((5 * sd) / Math.sqrt(200));
    expect(Math.abs(mu.biasError / (sd / Math.sqrt(200)) - 1)).toBeLessThan(5 / Math.sqrt(400));
    expect(Math.abs(mu.rmse / sd - 1)).toBeLessThan(5 / Math.sqrt(400));
    expect(mu.meanSd).toBeCloseTo(sd, 2);
    // HDIs of 400 draws are somewhat short of 95%: 0.93, with a standard error of 0.018.
    expect(Math.abs(mu.coverage - 0.93)).toBeLessThan(5 * 0.018);
    expect(mu.coverageInterval[0]).toBeLessThan(mu.coverage);
    expect(mu.coverageInterval[1]).toBeGreaterThan(mu.coverage);
    expect(recovered).toBe(true);
  });

  it.each([
    ['intervals that are too narrow', 0, 0.4],
    ['estimates that are off', 0.6, 1],
    ['intervals that are too wide', 0, 3],
  ])('sees %s', async (_, shift, width) => {
    // Coverages of 57%, 52% and 100% of 200: far outside of what 95% gives.
    const result = await recover({
      ...exact,
      fit: (y, { seed }) => drawsOf(y, seed, shift, width),
    });
    expect(result.recovered).toBe(false);
    expect(String(result)).toMatch(/Not recovered:\n {2}mu: its 95% HDI holds the truth in \d+%/);
  });

  it('is the same for the same seed', async () => {
    const run = async (seed: number) =>
      (await recover({ ...exact, simulations: 5, seed })).parameters[0]?.meanEstimate;
    expect(await run(3)).toBe(await run(3));
    expect(await run(3)).not.toBe(await run(4));
  });

  it('tells its progress and stops when it is asked to', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const run = recover({
      ...exact,
      signal: stop.signal,
      onProgress: ({ done }) => {
        seen.push(done);
        if (done === 2) stop.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'interrupted' });
    expect(seen).toEqual([1, 2]);
  });

  it('refuses values that are none, and names that the fit lacks', async () => {
    await expect(recover({ ...exact, at: {} })).rejects.toThrow(/at has no values/);
    await expect(recover({ ...exact, at: { mu: Number.NaN } })).rejects.toThrow(/at.mu is NaN/);
    await expect(recover({ ...exact, at: { mu: 0, tau: 1 } })).rejects.toThrow(
      /simulation 1: the fit has no parameter 'tau': it has mu/,
    );
  });
});
