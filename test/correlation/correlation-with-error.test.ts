/** `correlationWithError`: what its result has, and bad input. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workerPool } from 'weighbridge/node';
import type { ModelSpecification } from '../../models/model-specification.js';
import {
  type CorrelationWithErrorOptions,
  correlationWithError,
} from '../../src/correlation/correlation-with-error.js';
import { isWeighbridgeError } from '../../src/errors.js';
import { modelOf } from '../../src/fit/specification.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { lkj, normal } from '../../src/regression/priors/constructors.js';

/** Pairs with a latent correlation of 0.8, and errors that hide a third of the variance. */
function noisyPairs(n: number, seed: number) {
  const random = randomStream('noisy pairs', seed);
  const rows = Array.from({ length: n }, () => {
    const [a, b] = [random.normal(), random.normal()];
    return {
      latent: a,
      x: a + 0.7 * random.normal(),
      y: 10 + 5 * (0.8 * a + 0.6 * b) + 3.5 * random.normal(),
    };
  });
  const column = (name: 'latent' | 'x' | 'y') => rows.map((row) => row[name]);
  return { latent: column('latent'), x: column('x'), y: column('y'), xSe: 0.7, ySe: 3.5 };
}

describe('the fit of correlationWithError', () => {
  it('corrects the attenuation of r, and says how reliable both sides are', async () => {
    const { latent: _, ...pairs } = noisyPairs(2000, 1);
    const fit = await correlationWithError({ ...pairs, chains: 2, seed: 1 });
    expect(fit.n).toBe(2000);
    // r is 0.8 times the root of both reliabilities, 1 / 1.49; its standard error is about 0.016.
    expect(Math.abs(fit.r - 0.8 / 1.49)).toBeLessThan(0.07);
    const { mean, sd } = fit.parameter('rho');
    expect(Math.abs(mean - 0.8)).toBeLessThan(4 * sd);
    expect(sd).toBeLessThan(0.04);
    const { x, y } = fit.reliability({ mass: 0.99 });
    for (const { mean, lower, upper } of [x, y]) {
      expect(lower).toBeLessThan(mean);
      expect(upper).toBeGreaterThan(mean);
      expect(Math.abs(mean - 1 / 1.49)).toBeLessThan(0.07);
    }
    const narrow = fit.reliability({ mass: 0.5 });
    expect(narrow.x.upper - narrow.x.lower).toBeLessThan(x.upper - x.lower);
    expect(fit.warnings).toEqual([]);
    expect(String(fit)).toMatch(/^ +Mean +SD/);
    expect(String(fit)).toContain("2000 pairs: Pearson's r 0.5");
  });

  it('shrinks pairs towards each other: closer to the truth than the estimates, honest sds', async () => {
    const { latent, ...pairs } = noisyPairs(1000, 2);
    const fit = await correlationWithError({ ...pairs, chains: 2, draws: 500, seed: 1 });
    const found = fit.latentPairs();
    const error = (of: (i: number) => number) =>
      latent.reduce((sum, truth, i) => sum + (of(i) - truth) ** 2, 0) / latent.length;
    const shrunken = error((i) => found[i].x.mean);
    // The posterior variance of a latent x given both estimates, with the true parameters: 0.263.
    expect(error((i) => pairs.x[i])).toBeGreaterThan(0.4);
    expect(Math.abs(shrunken - 0.263)).toBeLessThan(4 * 0.263 * Math.sqrt(2 / 1000) + 0.02);
    const stated = found.reduce((sum, { x }) => sum + x.sd ** 2, 0) / found.length;
    expect(Math.abs(stated - 0.263)).toBeLessThan(0.03);
  });

  it('has intervals, LOO and the draws, as any fit', async () => {
    const { latent: _, ...pairs } = noisyPairs(40, 3);
    const fit = await correlationWithError({ ...pairs, chains: 2, draws: 500, seed: 1 });
    const [rho] = fit.hdi({ parameters: 'rho', mass: 0.9 });
    expect(rho.lower).toBeLessThan(fit.parameter('rho').mean);
    expect(fit.pd({ parameters: 'slope' })[0].pd).toBeGreaterThan(0.9);
    expect(fit.loo().pointwise.elpdLoo).toHaveLength(40);
    expect(fit.draws.parameterNames.join(' ')).toBe(
      'rho tau_x tau_y mu_x mu_y intercept slope sigma',
    );
    // A copy for another thread is plain data: methods are not copied.
    expect(structuredClone(fit).r).toBe(fit.r);
  });

  it('does not depend on units, origins and order of the sides', async () => {
    const { latent: _, ...pairs } = noisyPairs(30, 4);
    const settings = { chains: 2, draws: 300, seed: 5 };
    const fit = await correlationWithError({ ...pairs, ...settings });
    const rhos = parameterDraws(fit.draws, 'rho');
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -60, max: 60 }),
        fc.integer({ min: -60, max: 60 }),
        async (a, b) => {
          // Powers of two: the same draws, bit by bit.
          const moved = await correlationWithError({
            ...settings,
            x: pairs.x.map((x) => x * 2 ** a),
            xSe: pairs.xSe * 2 ** a,
            y: pairs.y.map((y) => y * 2 ** b),
            ySe: pairs.ySe * 2 ** b,
          });
          expect(parameterDraws(moved.draws, 'rho')).toEqual(rhos);
          const taus = parameterDraws(moved.draws, 'tau_y');
          expect(taus).toEqual(parameterDraws(fit.draws, 'tau_y').map((tau) => tau * 2 ** b));
        },
      ),
      { seed: 2025, numRuns: 3 },
    );
    const mcse = fit.parameter('rho').mcseMean;
    const swapped = await correlationWithError({
      ...settings,
      x: pairs.y.map((y) => 1e6 + y),
      xSe: pairs.ySe,
      y: pairs.x.map((x) => -x),
      ySe: pairs.xSe,
    });
    const difference = swapped.parameter('rho').mean + fit.parameter('rho').mean;
    expect(Math.abs(difference)).toBeLessThan(
      4 * Math.hypot(mcse, swapped.parameter('rho').mcseMean),
    );
    expect(swapped.r).toBeCloseTo(-fit.r, 9);
  });

  it('takes a prior of rho: LKJ(η), which pulls towards 0', async () => {
    const { latent: _, ...pairs } = noisyPairs(15, 6);
    const settings = { chains: 2, draws: 1000, seed: 5 };
    const flat = await correlationWithError({ ...pairs, ...settings });
    const tight = await correlationWithError({ ...pairs, ...settings, rhoPrior: lkj(20) });
    expect(tight.parameter('rho').mean).toBeLessThan(flat.parameter('rho').mean - 0.1);
    const same = await correlationWithError({ ...pairs, ...settings, rhoPrior: lkj(1) });
    expect(same.draws.values).toEqual(flat.draws.values);
  });

  it('reports its progress, stops on request, and runs anywhere with the same draws', async () => {
    const { latent: _, ...pairs } = noisyPairs(200, 7);
    const options = { ...pairs, draws: 300, seed: 5 };
    const here = await correlationWithError(options);
    const pool = workerPool(2);
    const elsewhere = await correlationWithError({ ...options, runner: pool.runner });
    await pool.close();
    expect(elsewhere.draws).toEqual(here.draws);
    const progress: number[] = [];
    await correlationWithError({
      ...options,
      onProgress: ({ done, total }) => progress.push(done / total),
    });
    expect(progress.at(-1)).toBe(1);
    const controller = new AbortController();
    controller.abort();
    await expect(
      correlationWithError({ ...options, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('a job of a correlation with errors that was made by hand', () => {
  const side = { values: [1, 2, 4], errors: [0, 0, 1], scaling: { origin: 0, unit: 1 } };
  const good = {
    model: 'correlation-with-error',
    x: side,
    y: side,
    errorCorrelations: [0, 0, 0],
    rhoPrior: 1,
  };
  const wrong: readonly [string, object, string][] = [
    ['no x', { x: undefined }, 'a correlation with errors is incomplete'],
    ['no η', { rhoPrior: 0 }, 'prior lkj: eta is 0, expected a positive number'],
    ['a gap', { y: { ...side, values: [1, 2] } }, 'the values of y: found 2 numbers, expected 3'],
    ['a negative error', { y: { ...side, errors: [0, 0, -1] } }, 'the errors of y: number 3 is -1'],
    ['errors that are equal', { errorCorrelations: [0, 1, 0] }, 'the error correlations: number 2'],
  ];
  it.each(wrong)('is refused with %s', (_, change, message) => {
    const specification = { ...good, ...change } as unknown as ModelSpecification;
    expect(() => modelOf(specification)).toThrow(message);
  });
});

describe('correlationWithError of bad input', () => {
  const good = { x: [1, 2, 4, 3, 6], xSe: 0.5, y: [2, 1, 3, 5, 4], ySe: 0.5 };
  const wrong: readonly [string, object, string, string][] = [
    [
      'an unknown option',
      { xSE: 1 },
      'bad-argument',
      "there is no option 'xSE' of correlationWithError, did you mean 'xSe'? (options: x, xSe, y, ySe, errorCorrelation",
    ],
    ['columns of unlike length', { y: [1, 2] }, 'bad-data', 'x has 5 numbers, y 2: expected pairs'],
    ['two pairs', { x: [1, 2], y: [1, 2] }, 'bad-data', 'there are 2 pairs, expected 3 or more'],
    ['no column', { x: undefined }, 'bad-data', 'x is undefined, expected an array of numbers'],
    [
      'a missing value',
      { x: [1, 2, null, 3, 6] },
      'bad-data',
      'row 3: x is null, expected a finite number',
    ],
    [
      'a text',
      { y: [2, 1, '3', 5, 4] },
      'bad-data',
      "row 3: y is the text '3', expected a finite number",
    ],
    [
      'errors of another length',
      { xSe: [1, 2] },
      'bad-data',
      'xSe has 2 numbers, x has 5: expected one for each pair',
    ],
    [
      'a negative error',
      { ySe: [1, 1, 1, -2, 1] },
      'bad-data',
      'row 4: ySe is -2, expected a finite number of at least 0',
    ],
    [
      'an error that is no number',
      { xSe: Number.NaN },
      'bad-argument',
      'xSe is NaN, expected a finite number of at least 0, or an array of them',
    ],
    [
      'no errors',
      { xSe: undefined },
      'bad-argument',
      'xSe is undefined, expected a finite number of at least 0, or an array of them',
    ],
    [
      'an error correlation of 1',
      { errorCorrelation: 1 },
      'bad-argument',
      'errorCorrelation is 1, expected a number in (-1, 1), or an array of them',
    ],
    [
      'all x alike',
      { x: [2, 2, 2, 2, 2] },
      'bad-data',
      'all 5 numbers of x are 2: expected some to differ',
    ],
    [
      'x identical to y, both exact',
      { y: good.x, xSe: 0, ySe: 0 },
      'improper-posterior',
      'the 5 pairs without errors lie on a line, so that rho is not held below 1',
    ],
    [
      'exact y that are all alike',
      { y: [2, 2, 2, 2, 4], ySe: [0, 0, 0, 0, 1] },
      'improper-posterior',
      'the 4 numbers of y without errors are all 2, so that tau_y is not held above 0',
    ],
    [
      'numbers out of range',
      { x: [1e300, 2, 4, 3, 6] },
      'bad-data',
      'row 1: x is 1e+300, out of range',
    ],
    [
      'an error out of range',
      { xSe: [1, 1, 1e200, 1, 1] },
      'bad-data',
      'row 3: xSe is 1e+200, expected at most 1e+50 times the sd of x',
    ],
    [
      'another prior',
      { rhoPrior: normal(0, 1) },
      'bad-argument',
      'rhoPrior is a prior normal, expected lkj(1), lkj(2) or the like',
    ],
    ['a setting out of range', { chains: 0 }, 'bad-argument', 'chains'],
    ['a runner that is none', { runner: 4 }, 'bad-argument', 'runner is 4, but must be a function'],
  ];
  it.each(wrong)('%s', async (_, change, code, message) => {
    const options = { ...good, ...change } as CorrelationWithErrorOptions;
    const error: unknown = await correlationWithError(options).then(
      () => null,
      (error: unknown) => error,
    );
    expect(isWeighbridgeError(error) && error.code).toBe(code);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('\n');
  });

  it('fits x identical to y where errors allow it: rho near 1', async () => {
    const x = Array.from({ length: 30 }, (_, i) => i / 10);
    const fit = await correlationWithError({ x, xSe: 0.3, y: x, ySe: 0.3, chains: 2, draws: 500 });
    expect(fit.parameter('rho').mean).toBeGreaterThan(0.95);
  });

  it('warns where errors explain all of the variance, and returns nearly the prior', async () => {
    const { latent: _, ...pairs } = noisyPairs(60, 8);
    const fit = await correlationWithError({ ...pairs, xSe: 4, chains: 2, draws: 1000 });
    expect(fit.warnings[0]).toMatch(
      /^half or more of the standard errors of x are above its sd, \d\.\d+: the data say little about/,
    );
    expect(fit.parameter('rho').sd).toBeGreaterThan(0.35);
  });

  it('gives less weight to a few badly measured pairs, without a warning', async () => {
    const { latent: _, ...pairs } = noisyPairs(60, 9);
    const settings = { chains: 2, draws: 1000, seed: 1 };
    const without = await correlationWithError({ ...pairs, ...settings });
    const fit = await correlationWithError({
      ...settings,
      x: [...pairs.x, 1e7, -3e7],
      xSe: [...pairs.x.map(() => pairs.xSe), 1e7, 1e7],
      y: [...pairs.y, 10, 12],
      ySe: pairs.ySe,
    });
    expect(fit.warnings).toEqual([]);
    const [one, other] = [without.parameter('rho'), fit.parameter('rho')];
    // The two pairs have next to no weight, and none in the units of the priors.
    expect(Math.abs(one.mean - other.mean)).toBeLessThan(
      4 * Math.hypot(one.mcseMean, other.mcseMean),
    );
    expect(fit.reliability().x.mean).toBeGreaterThan(0.5);
  });

  it('keeps exact pairs above each other apart from a slope of 1', async () => {
    // The three exact pairs have one x; the others hold tau_x above 0.
    const fit = await correlationWithError({
      x: [1, 1, 1, 2, 4, 3],
      xSe: [0, 0, 0, 0, 0, 0],
      y: [1, 2, 3, 2, 5, 3],
      ySe: [0, 0, 0, 0.5, 0.5, 0.5],
      chains: 2,
      draws: 500,
    });
    expect(Math.abs(fit.parameter('rho').mean)).toBeLessThan(0.95);
  });
});
