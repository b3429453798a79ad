/**
 * Exact leave-one-out against integrals over a grid: the density of an outcome given all others is the quotient of two
 * marginal likelihoods.
 */
import { describe, expect, it } from 'vitest';
import { runHere } from '../../../src/fit/run.js';
import { meanDensity } from '../../../src/posterior/loo.js';
import { logSumExp } from '../../../src/posterior/psis.js';
import { constant, exponential, normal } from '../../../src/regression/priors/constructors.js';
import { type RegressionFit, regression } from '../../../src/regression/regression.js';
import { logLikelihoodOfFit } from '../../../src/regression/validation/criteria.js';
import { eachHeldOut, withoutRows } from '../../../src/regression/validation/held-out.js';

/** Midpoints of equal steps. */
const grid = (from: number, to: number, count: number) =>
  Array.from({ length: count }, (_, i) => from + ((i + 0.5) * (to - from)) / count);

const logNormal = (y: number, mean: number, sd: number) =>
  -0.5 * ((y - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);

/** log of the integral over a grid, up to the size of its cells. */
const logIntegral = (terms: readonly number[]) => logSumExp(Float64Array.from(terms));

const logFactorial = (n: number): number => (n < 2 ? 0 : Math.log(n) + logFactorial(n - 1));

/** Log density of an observation by a fit without it, with its Monte Carlo error. */
async function exactly(fit: RegressionFit, row: number) {
  let found = { elpd: Number.NaN, mcse: Number.NaN };
  const specification = withoutRows(fit, [row]);
  await eachHeldOut(fit, [{ name: 'without', specification }], {}, (_, refit) => {
    const likelihood = logLikelihoodOfFit(refit);
    const column = new Float64Array(likelihood.chains * likelihood.drawsPerChain);
    likelihood.block(row, 1, column);
    found = meanDensity(column, likelihood.chains);
  });
  return found;
}

/** Five Monte Carlo errors: a false alarm in two million. */
function expectNear({ elpd, mcse }: { elpd: number; mcse: number }, exact: number): void {
  expect(mcse).toBeLessThan(0.05);
  expect(Math.abs(elpd - exact)).toBeLessThan(5 * mcse);
}

describe('fit.loo', () => {
  const y = [1, 2, 0, 1, 3, 2, 1, 0, 12, 12];
  const model = {
    ...{ formula: 'y ~ 1', family: 'poisson' as const, prior: normal(0, 5).on('Intercept') },
    ...{ draws: 2000, seed: 3 },
  };
  const fitted = regression({ ...model, data: { y } });

  /** log of the integral over the intercept, up to the factorials. */
  const evidence = (own: readonly number[]) =>
    logIntegral(
      grid(-2, 6, 4000).map((eta) =>
        own.reduce((sum, count) => sum + count * eta - Math.exp(eta), logNormal(eta, 0, 5)),
      ),
    );

  it('leaves out what importance sampling cannot, exactly, and equal outcomes by one fit', async () => {
    const fit = await fitted;
    const approximate = await fit.loo({ refits: 0 });
    const { paretoK, paretoKThreshold } = approximate.diagnostics;
    const high = [...paretoK.keys()].filter((i) => (paretoK[i] ?? 0) > paretoKThreshold);
    expect(high).toEqual([8, 9]);
    expect(approximate.refitted).toEqual([]);
    expect(approximate.warnings.join('\n')).toMatch(
      /^2 of 10 .* \(9, 10\), .*\nthey were not left out exactly/,
    );
    let jobs = 0;
    const loo = await fit.loo({
      runner: (given, settings, options) => {
        jobs += given.length;
        return runHere(given, settings, options);
      },
    });
    expect(jobs).toBe(1);
    expect(loo.refitted).toEqual(high);
    expect(loo.warnings).toEqual([]);
    expect(loo.diagnostics.paretoK[8]).toBe(0);
    expect(loo.pointwise.influenceParetoK).toEqual(paretoK);
    const exact = evidence(y) - evidence(y.slice(0, 9)) - logFactorial(12);
    for (const i of high) {
      const { elpdLoo, mcseElpdLoo, pLoo, looic } = loo.pointwise;
      expectNear({ elpd: elpdLoo[i] ?? 0, mcse: mcseElpdLoo[i] ?? 1 }, exact);
      const before = approximate.pointwise;
      const lpd = (before.elpdLoo[i] ?? 0) + (before.pLoo[i] ?? 0);
      expect(pLoo[i]).toBeCloseTo(lpd - (elpdLoo[i] ?? 0), 10);
      expect(looic[i]).toBe(-2 * (elpdLoo[i] ?? 0));
    }
    expect(loo.pointwise.elpdLoo[0]).toBe(approximate.pointwise.elpdLoo[0]);
    expect(loo.elpdLoo.estimate).toBeCloseTo(
      loo.pointwise.elpdLoo.reduce((a, b) => a + b),
      10,
    );
    expect(String(loo)).toContain('All Pareto k estimates are good');
    const check = await fit.check({ loo });
    expect(check.parts.find((part) => part.check === 'loo')).toMatchObject({
      verdict: 'passed',
      findings: [expect.stringMatching(/reliably without itself, 9, 10 by fits without them$/)],
    });
    const another = await fit.update({ data: { y: y.map((count) => count + 1) } });
    await expect(another.check({ loo })).rejects.toThrow('loo is of a fit to other outcomes');
    expect(String(loo)).toMatch(/\n\n2 observations were left out .* without them: 9, 10\.$/);
  });

  it('matches moments on request, without fits', async () => {
    const fit = await fitted;
    const progress = new Set<string>();
    const loo = await fit.loo({
      momentMatch: true,
      refits: 0,
      onProgress: ({ done, total }) => progress.add(`${done} of ${total}`),
    });
    expect(loo.warnings).toEqual([]);
    expect(loo.momentMatched).toEqual([8, 9]);
    expect(loo.refitted).toEqual([]);
    expect([...progress]).toEqual(expect.arrayContaining(['10 of 10', '2 of 2']));
    const exact = evidence(y) - evidence(y.slice(0, 9)) - logFactorial(12);
    for (const i of loo.momentMatched) {
      const { elpdLoo, mcseElpdLoo } = loo.pointwise;
      expectNear({ elpd: elpdLoo[i] ?? 0, mcse: mcseElpdLoo[i] ?? 1 }, exact);
    }
    expect(String(loo)).toMatch(
      /2 observations were left out by draws with matched moments: 9, 10\.$/,
    );
    await expect(fit.loo({ momentMatch: 1 as unknown as boolean })).rejects.toThrow(
      'momentMatch is 1, expected true or false',
    );
  });

  it.each([
    ['y ~ x + z + (x | g)', 'gaussian', []],
    ['bf(y ~ x + (1 | g), sigma ~ z)', 'gaussian', []],
    ['y ~ x + z', 'gaussian', [constant(0.2).on('b', { coef: 'z' })]],
    ['grade ~ x + (1 | g)', 'cumulative', []],
  ] as const)('matches moments of %s, %s: as exact fits', async (formula, family, held) => {
    const x = Array.from({ length: 24 }, (_, i) => Math.sin(3 * i));
    const data = {
      x,
      z: x.map((_, i) => Math.cos(i * i)),
      g: x.map((_, i) => `g${i % 4}`),
      // One row is far away.
      y: x.map((value, i) => (i === 7 ? 3.5 : value + 0.6 * Math.sin(7 * i) + (i % 4) / 4)),
      grade: x.map((value, i) =>
        i === 7 ? 3 : Math.round(Math.min(3, Math.max(1, 2 + 2 * value + 0.5 * Math.sin(5 * i)))),
      ),
    };
    const fit = await regression({
      formula,
      family,
      data,
      prior: [normal(0, 1).on('b'), ...held],
      seed: 3,
    });
    const matched = await fit.loo({ momentMatch: true, refits: 0 });
    expect(matched.momentMatched.length).toBeGreaterThan(0);
    for (const i of matched.momentMatched) {
      const { elpdLoo, mcseElpdLoo } = matched.pointwise;
      const exact = await exactly(fit, i);
      const error = Math.hypot(exact.mcse, mcseElpdLoo[i] ?? Number.NaN);
      expect(error).toBeLessThan(0.3);
      expect(Math.abs((elpdLoo[i] ?? 0) - exact.elpd), `${i}`).toBeLessThan(4 * error);
    }
  });

  it('tells rows, then fits, and stops on request', async () => {
    const fit = await fitted;
    const told = new Set<string>();
    await fit.loo({ onProgress: ({ done, total }) => told.add(`${done} of ${total}`) });
    expect([...told]).toEqual(['10 of 10', '1 of 1']);
    const stopped = fit.loo({ signal: AbortSignal.abort('enough') });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', cause: 'enough' });
  });

  it('makes no fit if more than refits would be needed', async () => {
    const far = [...y.slice(0, 8), 16, 17];
    const fit = await regression({ ...model, data: { y: far } });
    const all = await fit.loo();
    const { size } = new Set(all.refitted.map((i) => far[i]));
    expect(size).toBeGreaterThan(1);
    const few = await fit.loo({ refits: size - 1 });
    expect(few.refitted).toEqual([]);
    expect(few.warnings.at(-1)).toBe(
      `${size} fits would leave them out exactly, more than refits, ${size - 1}: raise it, or use kfold`,
    );
    await expect(fit.loo({ refits: -1 })).rejects.toThrow(/^refits is -1, but must be a number/);
  });

  it('keeps an observation without which there is no posterior, and says so', async () => {
    // Without its last row, x separates the outcomes.
    const x = [-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2];
    const fit = await regression({
      formula: 'y ~ x',
      family: 'bernoulli',
      data: { x, y: [0, 0, 0, 0, 1, 1, 1, 0] },
      seed: 3,
    });
    const loo = await fit.loo();
    expect(loo.refitted).not.toContain(7);
    expect(loo.warnings.join('\n')).toMatch(
      /there is no fit without observation 8: x separates the outcomes perfectly/,
    );
  });
});

describe('a fit without a row', () => {
  it.each([
    ['alone', null],
    ['beside a constant slope', 0.7],
  ])('has the prior of the intercept at the means of all rows: a slope %s', async (_, held) => {
    const x = [-1, -0.6, -0.2, 0, 0.3, 0.5, 0.9, 9];
    const z = [1, 0, 1, 1, 0, 0, 1, 5];
    const y = [0, 1, 0, 1, 1, 0, 1, 0];
    const prior = [
      normal(0, 0.3).on('Intercept'),
      normal(0, 0.5).on('b'),
      ...(held === null ? [] : [constant(held).on('b', { coef: 'z' })]),
    ];
    const fit = await regression({
      ...{ formula: held === null ? 'y ~ x' : 'y ~ x + z', family: 'bernoulli' as const },
      ...{ data: { x, y, z }, prior, draws: 4000, seed: 3 },
    });
    const meanOf = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    const mean = meanOf(x);
    const offset = z.map((value) => (held ?? 0) * (value - meanOf(z)));
    const evidence = (rows: readonly number[]) =>
      logIntegral(
        grid(-2, 2, 200).flatMap((intercept) =>
          grid(-4, 4, 400).map((slope) =>
            rows.reduce(
              (sum, i) => {
                const eta = intercept + slope * ((x[i] ?? 0) - mean) + (offset[i] ?? 0);
                return sum - Math.log1p(Math.exp(y[i] === 1 ? -eta : eta));
              },
              logNormal(intercept, 0, 0.3) + logNormal(slope, 0, 0.5),
            ),
          ),
        ),
      );
    const rows = [...x.keys()];
    const exact = evidence(rows) - evidence(rows.slice(0, -1));
    expectNear(await exactly(fit, 7), exact);
  });

  const groups = [...'aaabbbcccd'];
  it('draws the effects of a level without rows from its group: gaussian', async () => {
    const y = [0.5, 0.8, 0.1, -0.9, -1.2, -0.4, 1.4, 1.1, 1.9, -1.5];
    const prior = [
      normal(0, 1).on('Intercept'),
      exponential(1).on('sd'),
      exponential(1).on('sigma'),
    ];
    const data = { y, g: groups };
    const fit = await regression({ formula: 'y ~ 1 + (1 | g)', data, prior, draws: 2000, seed: 3 });
    /** Outcomes of a level are normal with covariance σ² I + sd² 1 1ᵀ. */
    const levelDensity = (own: readonly number[], mean: number, sd: number, sigma: number) => {
      const n = own.length;
      const rest = own.map((one) => one - mean);
      const sum = rest.reduce((a, b) => a + b, 0);
      const squares = rest.reduce((a, b) => a + b * b, 0);
      const total = sigma ** 2 + n * sd ** 2;
      return (
        -0.5 * (n * Math.log(2 * Math.PI) + 2 * (n - 1) * Math.log(sigma) + Math.log(total)) -
        0.5 * ((squares - (sd * sum) ** 2 / total) / sigma ** 2)
      );
    };
    const evidence = (rows: number) =>
      logIntegral(
        grid(-4, 4, 40).flatMap((mean) =>
          grid(0, 8, 60).flatMap((sd) =>
            grid(0.02, 3, 60).map((sigma) =>
              [...'abcd'].reduce(
                (sum, level) => {
                  const own = y.filter((_, i) => i < rows && groups[i] === level);
                  return own.length === 0 ? sum : sum + levelDensity(own, mean, sd, sigma);
                },
                logNormal(mean, 0, 1) - sd - sigma,
              ),
            ),
          ),
        ),
      );
    expectNear(await exactly(fit, 9), evidence(10) - evidence(9));
  });

  it('draws the effects of a level without rows from its group: counts', async () => {
    const y = [2, 3, 1, 0, 1, 0, 6, 4, 7, 9];
    const prior = [normal(0, 1).on('Intercept'), exponential(1).on('sd')];
    const data = { y, g: groups };
    const fit = await regression({
      ...{ formula: 'y ~ 1 + (1 | g)', family: 'poisson' as const, data, prior },
      ...{ draws: 2000, seed: 3 },
    });
    const logFactorials = Array.from({ length: 10 }, (_, n) => logFactorial(n));
    const z = grid(-7, 7, 70);
    const evidence = (rows: number) =>
      logIntegral(
        grid(-4, 4, 40).flatMap((mean) =>
          grid(0, 9, 120).map((sd) =>
            [...'abcd'].reduce(
              (sum, level) => {
                const own = y.filter((_, i) => i < rows && groups[i] === level);
                if (own.length === 0) return sum;
                return (
                  sum +
                  logIntegral(
                    z.map((one) => {
                      const eta = mean + sd * one;
                      const density = own.reduce(
                        (all, count) =>
                          all + count * eta - Math.exp(eta) - (logFactorials[count] ?? 0),
                        0,
                      );
                      return density + logNormal(one, 0, 1) + Math.log(0.2);
                    }),
                  )
                );
              },
              logNormal(mean, 0, 1) - sd,
            ),
          ),
        ),
      );
    expectNear(await exactly(fit, 9), evidence(10) - evidence(9));
  });
});
