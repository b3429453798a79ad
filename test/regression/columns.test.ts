/**
 * The two regressions by name: the moments of small posteriors known in closed form or by
 * quadrature, what happens to a fit when its rows or signs change, and rows that cannot be.
 *
 * Every statistical comparison allows 4.5 Monte Carlo standard errors, so that each of them gives
 * a false alarm for 7 in a million seeds; there are 36. The seeds are fixed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { type FitData, parameterOf } from '../../src/fit/fit.js';
import { runHere } from '../../src/fit/run.js';
import { modelOf } from '../../src/fit/specification.js';
import { mcseMean, mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import {
  type Columns,
  linearRegression,
  logisticRegression,
  logisticSpecification,
} from '../../src/regression/columns.js';
import { normal, studentT } from '../models/paper-regressions.js';

const SIGMAS = 4.5;

const x = [-2.1, -1.4, -0.9, -0.3, 0.2, 0.4, 1.1, 1.6, 2.3, 3.1, 3.4, 4.6];
const z = [0.5, -1.2, 2.0, 0.3, -0.8, 1.9, -2.2, 0.1, 1.4, -0.6, 0.9, -1.7];
const y = [-1.9, -3.1, 0.6, 0.2, -0.4, 2.5, -0.9, 2.1, 4.4, 2.8, 5.0, 3.9];
const chosen = [0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 1];

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** The posterior mean, and where given the posterior sd, lie where they must. */
function expectMoments(fit: FitData, name: string, exact: { mean: number; sd?: number }): void {
  const values = parameterDraws(fit.draws, name);
  const { chains } = fit.draws;
  const row = parameterOf(fit, name);
  expect(Math.abs(row.mean - exact.mean)).toBeLessThanOrEqual(SIGMAS * mcseMean(values, chains));
  if (exact.sd === undefined) return;
  expect(Math.abs(row.sd - exact.sd)).toBeLessThanOrEqual(SIGMAS * mcseSd(values, chains));
}

/** The posterior means of two independent fits agree, up to a sign. */
function expectSameMean(one: FitData, other: FitData, name: string, sign = 1): void {
  const a = parameterOf(one, name);
  const b = parameterOf(other, name);
  const error = Math.hypot(a.mcseMean, b.mcseMean);
  expect(Math.abs(a.mean - sign * b.mean)).toBeLessThanOrEqual(SIGMAS * error);
}

/**
 * Posterior mean and sd of functions of (a, b), by the trapezoid rule on a grid. For smooth
 * densities that vanish at the edges its error falls exponentially: 400 steps change no mean or
 * sd below by more than 1e-10.
 */
function quadrature(
  logDensity: (a: number, b: number) => number,
  [aLow, aHigh]: readonly [number, number],
  [bLow, bHigh]: readonly [number, number],
  functions: readonly ((a: number, b: number) => number)[],
) {
  const steps = 300;
  const cells = Array.from({ length: (steps + 1) ** 2 }, (_, cell) => {
    const a = aLow + ((aHigh - aLow) * (cell % (steps + 1))) / steps;
    const b = bLow + ((bHigh - bLow) * Math.floor(cell / (steps + 1))) / steps;
    return { a, b, weight: Math.exp(logDensity(a, b)) };
  });
  const total = sum(cells.map(({ weight }) => weight));
  return functions.map((f) => {
    const average = sum(cells.map(({ a, b, weight }) => f(a, b) * weight)) / total;
    const square = sum(cells.map(({ a, b, weight }) => (f(a, b) - average) ** 2 * weight)) / total;
    return { mean: average, sd: Math.sqrt(square) };
  });
}

const logStudentT = (value: number, nu: number, location: number, scale: number) =>
  -((nu + 1) / 2) * Math.log(1 + ((value - location) / scale) ** 2 / nu);
const logLogistic = (margin: number) =>
  margin > 0 ? -Math.log1p(Math.exp(-margin)) : margin - Math.log1p(Math.exp(margin));

describe('linear regression', () => {
  it('with near-flat priors has the Student-t moments of least squares', async () => {
    const flat = studentT(3, 0, 1e6);
    const fit = await linearRegression(
      { outcome: y, predictors: { x, z } },
      { interceptPrior: flat, sigmaPrior: flat, draws: 4000 },
    );
    expect(fit.draws.parameterNames).toEqual(['b_Intercept', 'b_x', 'b_z', 'sigma']);

    // Normal equations of the two centred predictors, by Cramer's rule.
    const [xc, zc, yc] = [x, z, y].map((column) => column.map((value) => value - mean(column)));
    const dot = (a: readonly number[], b: readonly number[]) =>
      sum(a.map((value, i) => value * b[i]));
    const [xx, xz, zz, xy, zy] = [dot(xc, xc), dot(xc, zc), dot(zc, zc), dot(xc, yc), dot(zc, yc)];
    const determinant = xx * zz - xz * xz;
    const slopeX = (zz * xy - xz * zy) / determinant;
    const slopeZ = (xx * zy - xz * xy) / determinant;
    const residuals = sum(yc.map((value, i) => (value - slopeX * xc[i] - slopeZ * zc[i]) ** 2));
    // A flat prior of σ leaves n - k - 2 degrees of freedom, one fewer than the flat prior of log σ.
    const n = y.length;
    const freedom = n - 4;
    const variance = residuals / (freedom - 2);
    const leverage =
      1 / n + (zz * mean(x) ** 2 - 2 * xz * mean(x) * mean(z) + xx * mean(z) ** 2) / determinant;
    expectMoments(fit, 'b_x', { mean: slopeX, sd: Math.sqrt((variance * zz) / determinant) });
    expectMoments(fit, 'b_z', { mean: slopeZ, sd: Math.sqrt((variance * xx) / determinant) });
    expectMoments(fit, 'b_Intercept', {
      mean: mean(y) - slopeX * mean(x) - slopeZ * mean(z),
      sd: Math.sqrt(variance * leverage),
    });
    // σ² is residuals / χ² of 8 degrees: E σ = √(residuals / 2) Γ(3.5) / Γ(4).
    const gammaOfThreeAndHalf = (15 / 8) * Math.sqrt(Math.PI);
    const sigma = (Math.sqrt(residuals / 2) * gammaOfThreeAndHalf) / 6;
    expectMoments(fit, 'sigma', { mean: sigma, sd: Math.sqrt(variance - sigma ** 2) });
  });

  it('feels its priors: the moments by quadrature where they weigh as much as the rows', async () => {
    const interceptPrior = studentT(3, -2, 0.5);
    const sigmaPrior = studentT(4, 0, 0.7);
    const few = { outcome: y.slice(0, 6), predictors: { x: x.slice(0, 6) } };
    const fit = await linearRegression(few, { interceptPrior, sigmaPrior, draws: 4000 });
    const n = 6;
    const xc = few.predictors.x.map((value) => value - mean(few.predictors.x));
    const yBar = mean(few.outcome);
    const sxx = sum(xc.map((value) => value ** 2));
    const slope = sum(xc.map((value, i) => value * few.outcome[i])) / sxx;
    const residuals = sum(few.outcome.map((value, i) => (value - yBar - slope * xc[i]) ** 2));
    // The flat slope is integrated by hand: normal(slope, σ/√sxx), a factor σ. b is log σ.
    const [intercept, sigma] = quadrature(
      (a, b) =>
        -(n - 1) * b -
        (residuals + n * (yBar - a) ** 2) / (2 * Math.exp(2 * b)) +
        logStudentT(a, 3, -2, 0.5) +
        logStudentT(Math.exp(b), 4, 0, 0.7) +
        b,
      [-30, 30],
      [-3, 6],
      [(a) => a - slope * mean(few.predictors.x), (_, b) => Math.exp(b)],
    );
    expectMoments(fit, 'sigma', sigma);
    expectMoments(fit, 'b_x', { mean: slope });
    expectMoments(fit, 'b_Intercept', { mean: intercept.mean });
  });
});

describe('logistic regression', () => {
  const centre = mean(x);
  const logLikelihood = (a: number, b: number) =>
    sum(x.map((value, i) => logLogistic((2 * chosen[i] - 1) * (a + b * (value - centre)))));
  const reported = [(a: number, b: number) => a - b * centre, (_: number, b: number) => b];

  it('with the default priors has the moments of a flat slope and a student_t(3, 0, 2.5) intercept', async () => {
    const fit = await logisticRegression({ outcome: chosen, predictors: { x } }, { draws: 4000 });
    expect(fit.draws.parameterNames).toEqual(['b_Intercept', 'b_x']);
    const [intercept, slope] = quadrature(
      (a, b) => logLikelihood(a, b) + logStudentT(a, 3, 0, 2.5),
      [-15, 15],
      [-4, 8],
      reported,
    );
    expectMoments(fit, 'b_Intercept', intercept);
    expectMoments(fit, 'b_x', slope);
  });

  it('feels its priors: the moments by quadrature where they weigh as much as the rows', async () => {
    const fit = await logisticRegression(
      { outcome: chosen, predictors: { x } },
      {
        slopePrior: normal(-0.4, 0.3),
        interceptPrior: studentT(5, 1, 0.4),
        draws: 4000,
      },
    );
    const [intercept, slope] = quadrature(
      (a, b) => logLikelihood(a, b) + logStudentT(a, 5, 1, 0.4) - ((b + 0.4) / 0.3) ** 2 / 2,
      [-15, 15],
      [-4, 4],
      reported,
    );
    expectMoments(fit, 'b_Intercept', intercept);
    expectMoments(fit, 'b_x', slope);
  });
});

describe('a fit', () => {
  const order = [7, 2, 11, 0, 9, 4, 1, 10, 3, 8, 6, 5];
  const permuted = (column: readonly number[]) => order.map((row) => column[row]);
  const flipped = chosen.map((value) => 1 - value);
  const logistic = (outcome: number[], columns: Record<'x' | 'z', number[]>, seed: string) =>
    logisticRegression({ outcome, predictors: columns }, { seed });

  it('does not depend on the order of the rows', async () => {
    const columns = { x: permuted(x), z: permuted(z) };
    const one = await logistic(chosen, { x, z }, 'in order');
    const other = await logistic(permuted(chosen), columns, 'permuted');
    for (const name of ['b_Intercept', 'b_x', 'b_z']) expectSameMean(one, other, name);
    const first = await linearRegression({ outcome: y, predictors: { x, z } }, { seed: 1 });
    const second = await linearRegression(
      { outcome: permuted(y), predictors: columns },
      { seed: 2 },
    );
    for (const name of ['b_Intercept', 'b_x', 'b_z', 'sigma']) expectSameMean(first, second, name);
  });

  // Predictors are A minus B: swapping the two negates them and flips the outcomes.
  const turns = [
    { turn: 'A and B are swapped', outcome: flipped, side: -1, intercept: -1, slopes: 1 },
    { turn: 'the outcomes are flipped', outcome: flipped, side: 1, intercept: -1, slopes: -1 },
    { turn: 'the predictors are negated', outcome: chosen, side: -1, intercept: 1, slopes: -1 },
  ];
  it.each(turns)(
    'of choices has intercept times $intercept and slopes times $slopes when $turn',
    async ({ turn, outcome, side, intercept, slopes }) => {
      const turned = (column: readonly number[]) => column.map((value) => side * value);
      const one = await logistic(chosen, { x, z }, `before ${turn}`);
      const other = await logistic(outcome, { x: turned(x), z: turned(z) }, `after ${turn}`);
      expectSameMean(one, other, 'b_Intercept', intercept);
      for (const name of ['b_x', 'b_z']) expectSameMean(one, other, name, slopes);
    },
  );
});

describe('rows that cannot be', () => {
  async function failure(run: () => unknown): Promise<WeighbridgeError> {
    try {
      await run();
    } catch (error) {
      if (error instanceof WeighbridgeError) return error;
      throw error;
    }
    throw new Error('nothing was thrown');
  }
  const badData = async (run: () => unknown, ...parts: readonly string[]) => {
    const { code, message } = await failure(run);
    expect(code).toBe('bad-data');
    for (const part of parts) expect(message).toContain(part);
    expect(message).not.toContain('\n');
  };
  const both = [logisticRegression, linearRegression];

  it('are refused when there are none', async () => {
    for (const regression of both) {
      await badData(() => regression({ outcome: [], predictors: {} }), 'no rows');
      await badData(() => regression({ outcome: [], predictors: { x: [] } }), 'no rows');
    }
  });

  it('are refused with the row and the value, wherever they are', async () => {
    const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    const notBinary = fc.oneof(bad, fc.constantFrom(2, -1, 0.5));
    const where = fc.integer({ min: 0, max: 11 });
    const spoil = (column: readonly number[], row: number, value: number) =>
      column.map((old, i) => (i === row ? value : old));
    await fc.assert(
      fc.asyncProperty(where, bad, notBinary, async (row, value, other) => {
        const place = `row ${row + 1}: `;
        for (const regression of both) {
          const columns: Columns = { outcome: chosen, predictors: { x, z: spoil(z, row, value) } };
          await badData(() => regression(columns), place, `z is ${value}`);
        }
        const outcome = spoil(chosen, row, other);
        await badData(
          () => logisticRegression({ outcome, predictors: { x } }),
          place,
          `is ${other}`,
        );
        const outcomes = spoil(y, row, value);
        await badData(
          () => linearRegression({ outcome: outcomes, predictors: { x } }),
          place,
          `is ${value}`,
        );
      }),
      { seed: 2025, numRuns: 100 },
    );
  });

  it('are refused when columns differ in length', async () => {
    for (const regression of both) {
      const columns = { outcome: chosen, predictors: { x, short: [1, 2, 3] } };
      await badData(() => regression(columns), 'short', '3 rows', '12');
    }
    const predictors = { names: ['x'], rows: 12, values: Float64Array.from(x) };
    const outcomes = chosen.slice(1);
    await badData(() => modelOf(logisticSpecification(predictors, outcomes)), '11 rows', '12');
  });
});

describe('what callers without a compiler hand over', () => {
  const x = [0.5, -1.2, 2, 0.3, -0.8, 1.9];
  const settings = { chains: 1, warmup: 20, draws: 10 };
  const rows = (column: readonly unknown[]) => ({ outcome: column, predictors: { x } });
  const call = (columns: unknown, options: unknown = settings) =>
    Reflect.apply(linearRegression, null, [columns, options]);

  it.each<[string, unknown, unknown, string, RegExp]>([
    ['no columns', null, settings, 'bad-argument', /^expected columns/],
    ['no outcome', { predictors: { x } }, settings, 'bad-data', /^the outcome is undefined/],
    [
      'null outcomes',
      rows([null, 1, 2, 3, 4, 5]),
      settings,
      'bad-data',
      /^row 1: the outcome is null/,
    ],
    [
      'texts',
      rows([1, '1', 2, 3, 4, 5]),
      settings,
      'bad-data',
      /^row 2: the outcome is the text '1'/,
    ],
    ['NaN', rows([1, 2, Number.NaN, 3, 4, 5]), settings, 'bad-data', /^row 3: the outcome is NaN/],
    ['few rows', rows([1, 2]), settings, 'bad-data', /^predictor x has 6 rows, the outcome 2/],
    ['a constant', rows([5, 5, 5, 5, 5, 5]), settings, 'improper-posterior', /^all outcomes are 5/],
    [
      'a line',
      rows(x.map((v) => 2 * v + 1)),
      settings,
      'improper-posterior',
      /explain the outcome/,
    ],
    [
      '1e308',
      rows([1, 2, 1e308, 3, 4, 5]),
      settings,
      'bad-data',
      /^row 3: the outcome is 1e\+308, out/,
    ],
    [
      'no options',
      rows([1, 2, 0, 3, 4, 6]),
      null,
      'bad-argument',
      /^linearRegression takes its options by name, .* found null$/,
    ],
    ...['slopeprior', 'outcomeKind', 'iter'].map(
      (name): [string, unknown, unknown, string, RegExp] => [
        `the option ${name}`,
        rows([1, 2, 0, 3, 4, 6]),
        { ...settings, [name]: { mean: 0, sd: 1 } },
        'bad-argument',
        new RegExp(`^there is no option '${name}' of linearRegression`),
      ],
    ),
    ...[0, '', Number.NaN, false].map((given): [string, unknown, unknown, string, RegExp] => [
      `the prior ${given}`,
      rows([1, 2, 0, 3, 4, 6]),
      { ...settings, slopePrior: given },
      'bad-argument',
      /^slopePrior is .*, expected a prior, for example normal\(0, 1\)$/,
    ]),
    ...[0, Number.NaN, -1, '1'].map((sd): [string, unknown, unknown, string, RegExp] => [
      `sd ${sd}`,
      rows([1, 2, 0, 3, 4, 6]),
      { ...settings, slopePrior: { distribution: 'normal', mean: 0, sd } },
      'bad-argument',
      /^prior normal of slopePrior: sd is .*, expected a positive number$/,
    ]),
  ])('is refused in a line: %s', async (_, columns, options, code, message) => {
    await expect(call(columns, options)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('has no settings of a run that there are not', async () => {
    for (const given of [null, 'x', [], { chain: 2 }]) {
      await expect(Reflect.apply(runHere, null, [[], given])).rejects.toThrow(
        expect.objectContaining({ code: 'bad-argument' }),
      );
    }
  });

  it('may hold predictors of any size but those beyond the range', async () => {
    const y = [1, 2, 0, 3, 4, 6];
    const of = (size: number) => () =>
      linearRegression({ outcome: y, predictors: { x: x.map((v) => v * size) } }, settings);
    await expect(of(1e200)()).resolves.toBeDefined();
    await expect(of(1e300)()).rejects.toThrow(
      /^row 3: x is 2e\+300, out of range: expected numbers from -1e\+250/,
    );
    await expect(of(1e-300)()).rejects.toThrow(
      /^row 3: x is 2e-300, the largest of its column, out of range/,
    );
  });
});
