/**
 * Outcomes and predictors anywhere: what a fit of a · (y + b) is, for a and b to 1e12 and beyond, with the
 * priors moved likewise. Where split HMC samples, draw by draw: the data are rounded to b · 2⁻⁵² of
 * their spread, and a draw may move by some of that beside a millionth of its standard deviation. Where
 * NUTS does, means are compared at 4.5 combined Monte Carlo errors (8 comparisons of independent fits, seeds fixed).
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family, FamilyName } from '../../models/families/family.js';
import type { Cell } from '../../src/formula/table.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { linearRegression, logisticRegression } from '../../src/regression/columns.js';
import { gaussian, student } from '../../src/regression/options.js';
import {
  beta,
  exponential,
  flat,
  gamma,
  lognormal,
  normal,
  studentT,
  uniform,
} from '../../src/regression/priors/constructors.js';
import type { PriorRow } from '../../src/regression/priors/prior-rows.js';
import {
  type RegressionFit,
  type RegressionOptions,
  regression,
} from '../../src/regression/regression.js';
import { columns, x, y, z } from './small-data.js';

const g = [...'abcabcabcabc'];
const data = { ...columns, g };
const brief = { chains: 2, warmup: 100, draws: 100 } as const;
const fitOf = (options: RegressionOptions): Promise<RegressionFit> =>
  regression({ ...brief, algorithm: 'split-hmc', ...options });

const rounding = (shift: number) => 1e-6 + 32 * Number.EPSILON * Math.abs(shift);

/** Every draw is what it must be, in standard deviations of the parameter. */
function expectDraws(fit: RegressionFit, name: string, expected: Float64Array, allowed: number) {
  const sd = fit.parameters.find((row) => row.name === name)?.sd ?? Number.NaN;
  const furthest = parameterDraws(fit.draws, name).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN)) / sd),
    0,
  );
  expect(furthest, name).toBeLessThan(allowed);
}

/** 0, or ±10^(0 to 12). */
const shifts = fc
  .tuple(fc.constantFrom(-1, 0, 1), fc.double({ min: 0, max: 12, noNaN: true }))
  .map(([sign, power]) => sign * 10 ** power);
const scales = fc.oneof(
  fc.double({ min: -12, max: 12, noNaN: true }),
  fc.constantFrom(-200, -150, -40, 40, 150, 200),
);
const seeded = { seed: 12, numRuns: 8 };

const scaleFamilies: readonly Family[] = [gaussian(), student()];

describe.each(scaleFamilies)('outcomes of $family', (family) => {
  const priors = (shift = 0, scale = 1): PriorRow[] => [
    studentT(3, scale * (1 + shift), 2.5 * scale).on('Intercept'),
    studentT(3, 0, 2.5 * scale).on('sigma'),
    normal(0, 2 * scale).on('b', { coef: 'x' }),
  ];
  const options = { formula: 'y ~ x + z', family };

  it('far from zero, very large or very small, have the same posterior in their units', async () => {
    const plain = await fitOf({ ...options, data, prior: priors() });
    await fc.assert(
      fc.asyncProperty(shifts, scales, async (shift, power) => {
        const scale = 10 ** power;
        const moved = { ...data, y: y.map((value) => scale * (value + shift)) };
        const fit = await fitOf({ ...options, data: moved, prior: priors(shift, scale) });
        for (const name of ['b_x', 'b_z', 'sigma']) {
          const expected = parameterDraws(plain.draws, name).map((value) => scale * value);
          expectDraws(fit, name, expected, rounding(shift));
        }
        const intercept = parameterDraws(plain.draws, 'b_Intercept');
        const expected = intercept.map((value) => scale * (value + shift));
        expectDraws(fit, 'b_Intercept', expected, rounding(shift));
      }),
      seeded,
    );
  });

  it('have brms’ default priors, of the outcomes as they are', async () => {
    const far = y.map((value) => value + 3e7);
    const fit = await regression({ ...brief, ...options, data: { ...data, y: far } });
    const plain = await regression({ ...brief, ...options, data });
    const location = (rows: RegressionFit['priors']) => {
      const prior = rows.find((row) => row.class === 'Intercept')?.prior;
      return prior?.distribution === 'student_t' ? prior.location : Number.NaN;
    };
    expect(location(fit.priors)).toBeCloseTo(location(plain.priors) + 3e7, 6);
    const ofSigma = (rows: RegressionFit['priors']) =>
      rows.filter((row) => row.class === 'sigma').map(({ text }) => text);
    expect(ofSigma(fit.priors)).toEqual(ofSigma(plain.priors));
  });

  it.each<[string, (scale: number) => PriorRow]>([
    ['normal', (s) => normal(0.5 * s, 0.3 * s).on('b')],
    ['student_t', (s) => studentT(3, 0.5 * s, 0.3 * s).on('b')],
    ['exponential', (s) => exponential(1 / s).on('b')],
    ['gamma', (s) => gamma(3, 4 / s).on('b')],
    ['lognormal', (s) => lognormal(-1 + Math.log(s), 0.5).on('b')],
    [
      'half normal',
      (s) =>
        normal(0, 0.3 * s)
          .above(0)
          .on('b'),
    ],
    ['exponential of sigma', (s) => exponential(3 / s).on('sigma')],
    ['gamma of sigma', (s) => gamma(2, 5 / s).on('sigma')],
    ['lognormal of sigma', (s) => lognormal(Math.log(s), 0.2).on('sigma')],
  ])('have a prior as it was given: %s', async (_, prior) => {
    const [scale, shift] = [1e12, 3e9];
    const held = (s: number, at: number) =>
      [studentT(3, at, 2.5 * s).on('Intercept'), studentT(3, 0, 2.5 * s).on('sigma')].filter(
        (row) => row.class !== prior(s).class,
      );
    const formula = 'y ~ x';
    const plain = await fitOf({ formula, family, data, prior: [...held(1, 0), prior(1)] });
    const moved = { ...data, y: y.map((value) => scale * (value + shift)) };
    const fit = await fitOf({
      formula,
      family,
      data: moved,
      prior: [...held(scale, scale * shift), prior(scale)],
    });
    for (const name of ['b_x', 'sigma']) {
      const expected = parameterDraws(plain.draws, name).map((value) => scale * value);
      expectDraws(fit, name, expected, rounding(shift));
    }
  });

  it('have a prior that has no scale of its own: beta, and bounds that are far away', async () => {
    const far = { ...data, y: y.map((value) => value + 1e9) };
    for (const prior of [beta(2, 2).on('b'), uniform(-50, 50).on('b')]) {
      const held = (at: number) => [prior, studentT(3, at, 2.5).on('Intercept')];
      const plain = await fitOf({ formula: 'y ~ x', family, data, prior: held(0) });
      const fit = await fitOf({ formula: 'y ~ x', family, data: far, prior: held(1e9) });
      expectDraws(fit, 'b_x', parameterDraws(plain.draws, 'b_x'), rounding(1e9));
    }
    const positive = await fitOf({
      formula: 'y ~ x',
      family,
      data: far,
      prior: flat().above(0).on('Intercept'),
    });
    expect(positive.diagnostics.maxRhat).toBeLessThan(1.05);
  });

  it('of a link with a scale, too', async () => {
    const positive = x.map((value, i) => 3 + 0.3 * value + 0.2 * (z[i] ?? 0));
    for (const link of ['log', 'inverse'] as const) {
      const options = { formula: 'y ~ x', family: { ...family, link } };
      const prior = (s: number): PriorRow[] => [
        flat().on('Intercept'),
        studentT(3, 0, 2.5 * s).on('sigma'),
      ];
      const plain = await fitOf({ ...options, data: { ...data, y: positive }, prior: prior(1) });
      for (const scale of [1e-150, 1e-8, 1e-4, 1e12, 1e200]) {
        const moved = { ...data, y: positive.map((value) => value * scale) };
        const fit = await fitOf({ ...options, data: moved, prior: prior(scale) });
        const of = (name: string) => parameterDraws(plain.draws, name);
        expectDraws(
          fit,
          'sigma',
          of('sigma').map((value) => value * scale),
          1e-6,
        );
        const slope = link === 'log' ? of('b_x') : of('b_x').map((value) => value / scale);
        expectDraws(fit, 'b_x', slope, 1e-6);
      }
    }
  });

  it('with group effects have the same means', async () => {
    const options = { formula: 'y ~ x + (1 + x | g)', family, chains: 4, warmup: 500, draws: 500 };
    const priors = (shift: number, scale: number): PriorRow[] => [
      studentT(3, scale * shift, 2.5 * scale).on('Intercept'),
      studentT(3, 0, 2.5 * scale).on('sigma'),
      studentT(3, 0, scale).on('sd'),
    ];
    const plain = await regression({ ...options, data, prior: priors(0, 1) });
    const [shift, scale] = [3e10, 1e-10];
    const moved = { ...data, y: y.map((value) => scale * (value + shift)) };
    const fit = await regression({ ...options, data: moved, prior: priors(shift, scale), seed: 2 });
    const row = (of: RegressionFit, name: string) =>
      of.parameters.find((one) => one.name === name) ?? { mean: Number.NaN, mcseMean: 0 };
    for (const name of ['b_x', 'sigma', 'sd_g__Intercept', 'r_g[a,Intercept]']) {
      const [one, other] = [row(plain, name), row(fit, name)];
      const error = 4.5 * Math.hypot(one.mcseMean, other.mcseMean / scale);
      expect(Math.abs(one.mean - other.mean / scale), name).toBeLessThan(error);
    }
  });
});

describe('a predictor anywhere', () => {
  it.each<[FamilyName, string]>([
    ['gaussian', 'y'],
    ['student', 'y'],
    ['bernoulli', 'b'],
    ['binomial', 'c | trials(n)'],
    ['poisson', 'c'],
    ['negbinomial', 'c'],
  ])('has the same posterior in its units: %s', async (family, left) => {
    const options = { formula: `${left} ~ x + z`, family };
    const plain = await fitOf({ ...options, data });
    const slope = parameterDraws(plain.draws, 'b_x');
    await fc.assert(
      fc.asyncProperty(shifts, scales, async (shift, power) => {
        const scale = 10 ** power;
        const moved = { ...data, x: x.map((value) => scale * (value + shift)) };
        const fit = await fitOf({ ...options, data: moved });
        expectDraws(
          fit,
          'b_x',
          slope.map((value) => value / scale),
          rounding(shift),
        );
        expectDraws(fit, 'b_z', parameterDraws(plain.draws, 'b_z'), rounding(shift));
      }),
      { ...seeded, numRuns: 4 },
    );
  });

  it('is the same in the two regressions by columns', async () => {
    const slopes = (fit: RegressionFit) => {
      const { mean = Number.NaN, sd = Number.NaN } =
        fit.parameters.find(({ name }) => name === 'b_x') ?? {};
      return [mean, sd];
    };
    for (const [scale, shift] of [
      [1e200, 0],
      [1e-200, 0],
      [1, 1e12],
    ] as const) {
      const moved = x.map((value) => scale * (value + shift));
      for (const [outcome, fitted] of [
        [y, linearRegression],
        [columns.b, logisticRegression],
      ] as const) {
        const one = slopes(await fitted({ outcome, predictors: { x, z } }, brief));
        const other = slopes(await fitted({ outcome, predictors: { x: moved, z } }, brief));
        other.forEach((value, i) => {
          expect((value * scale) / (one[i] ?? Number.NaN)).toBeCloseTo(1, 2);
        });
      }
    }
  });
});

describe('numbers that no fit can come of', () => {
  const replaced = (value: number): Cell[] => x.map((one, i) => (i === 3 ? value : one));
  const families: readonly [FamilyName, string][] = [
    ['gaussian', 'y'],
    ['student', 'y'],
    ['bernoulli', 'b'],
    ['binomial', 'c | trials(n)'],
    ['poisson', 'c'],
    ['negbinomial', 'c'],
  ];
  it.each(families)('are named with their column and row: %s', async (family, left) => {
    for (const value of [1e308, -1e308, 1e300]) {
      const found = new RegExp(`^row 4: x is ${String(value).replace('+', '\\+')}, out of range: `);
      for (const formula of [`${left} ~ x`, `${left} ~ z + (x | g)`]) {
        await expect(
          regression({ formula, family, data: { ...data, x: replaced(value) } }),
        ).rejects.toMatchObject({ code: 'bad-data', message: expect.stringMatching(found) });
      }
    }
    await expect(
      regression({ formula: `${left} ~ x`, family, data: { ...data, x: x.map(() => 5e-324) } }),
    ).rejects.toMatchObject({ code: 'bad-data' });
  });

  it('may be as small as they like beside others', async () => {
    const small = await fitOf({ formula: 'y ~ x', data: { ...data, x: replaced(5e-324) } });
    const zero = await fitOf({ formula: 'y ~ x', data: { ...data, x: replaced(0) } });
    expect(small.draws.values).toEqual(zero.draws.values);
  });

  it.each([
    ['the outcome', { y: y.map((value) => value + 1e16) }],
    ['column x', { x: x.map((value) => value + 1e16) }],
  ])('are so far from zero that their spread is lost: %s', async (name, moved) => {
    for (const family of [gaussian(), student()]) {
      await expect(
        regression({ formula: 'y ~ x', family, data: { ...data, ...moved } }),
      ).rejects.toMatchObject({
        code: 'improper-posterior',
        message: expect.stringMatching(new RegExp(`^${name} lies between .* its spread is lost`)),
      });
    }
  });

  it('are so far from zero that some digits are lost: a note says so, and none at 1e12', async () => {
    const noted = async (shift: number) => {
      const moved = { ...data, x: x.map((value) => value + shift) };
      const { notes } = await regression({ ...brief, formula: 'y ~ x', data: moved });
      return notes.filter((note) => note.includes('digits of its spread are lost')).length;
    };
    expect(await noted(1e12)).toBe(0);
    expect(await noted(1e15)).toBe(1);
  });
});
