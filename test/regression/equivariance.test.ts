/**
 * What a fit does when its data are written otherwise: in other units, another order, by other names.
 *
 * Split HMC runs in coordinates that the data whiten, on trajectories too short for rounding to grow
 * in, so that draws in other units are the same draws: a millionth of a standard deviation is allowed,
 * draw by draw, where rounding makes 1e-12. Where only the posterior is the same and not the way there, means
 * are compared at 4.5 combined Monte Carlo errors: 14 comparisons, false alarms 1 in 10,000 seeds, and
 * the seeds are fixed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../models/families/family.js';
import type { Cell } from '../../src/formula/table.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import {
  bernoulli,
  binomial,
  gaussian,
  negbinomial,
  poisson,
  student,
} from '../../src/regression/options.js';
import { normal } from '../../src/regression/priors/constructors.js';
import {
  type RegressionFit,
  type RegressionOptions,
  regression,
} from '../../src/regression/regression.js';
import { columns, x, y } from './small-data.js';

const g = [...'abcabcabcabc'];
const data = { ...columns, g };

const families: readonly { name: string; family: Family; left: string }[] = [
  { name: 'gaussian', family: gaussian(), left: 'y' },
  { name: 'student', family: student(), left: 'y' },
  { name: 'bernoulli', family: bernoulli(), left: 'b' },
  { name: 'binomial', family: binomial(), left: 'c | trials(n)' },
  { name: 'poisson', family: poisson(), left: 'c' },
  { name: 'negbinomial', family: negbinomial(), left: 'c' },
];

const fitOf = (options: RegressionOptions): Promise<RegressionFit> =>
  regression({ chains: 2, warmup: 100, draws: 100, algorithm: 'split-hmc', ...options });

const sameDraws = (one: RegressionFit, other: RegressionFit) =>
  one.draws.values.length === other.draws.values.length &&
  one.draws.values.every((value, i) => Object.is(value, other.draws.values[i]));

/** Every draw of a parameter is what it must be, to a millionth of its standard deviation. */
function expectDraws(fit: RegressionFit, name: string, expected: Float64Array): void {
  const sd = fit.parameters.find((row) => row.name === name)?.sd ?? Number.NaN;
  const furthest = parameterDraws(fit.draws, name).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? Number.NaN))),
    0,
  );
  expect(furthest / sd, name).toBeLessThan(1e-6);
}

/** Means of two fits agree; a sign may turn one of them. */
function expectMeans(
  one: RegressionFit,
  other: RegressionFit,
  names: Record<string, [string, number]>,
) {
  for (const [name, [otherName, sign]] of Object.entries(names)) {
    const a = one.parameters.find((row) => row.name === name);
    const again = other.parameters.find((row) => row.name === otherName);
    if (!a || !again) throw new Error(`no ${name} or no ${otherName}`);
    expect(Math.abs(a.mean - sign * again.mean), name).toBeLessThan(
      4.5 * Math.hypot(a.mcseMean, again.mcseMean),
    );
  }
}

const seeded = { seed: 2025, numRuns: 8 };
const unit = fc.tuple(
  fc.double({ min: -100, max: 100, noNaN: true }),
  fc.integer({ min: -6, max: 6 }),
);

describe.each(families)('$name', ({ family, left }) => {
  it('of a predictor in another unit has its slope in that unit, draw by draw', async () => {
    const plain = await fitOf({ formula: `${left} ~ x + z`, family, data });
    const [intercept, slope, other] = ['b_Intercept', 'b_x', 'b_z'].map((name) =>
      parameterDraws(plain.draws, name),
    ) as [Float64Array, Float64Array, Float64Array];
    await fc.assert(
      fc.asyncProperty(unit, async ([shift, power]) => {
        const scale = 3 * 10 ** power;
        const moved = { ...data, x: x.map((value) => scale * (value + shift)) };
        const fit = await fitOf({ formula: `${left} ~ x + z`, family, data: moved });
        expectDraws(
          fit,
          'b_x',
          slope.map((value) => value / scale),
        );
        expectDraws(fit, 'b_z', other);
        expectDraws(
          fit,
          'b_Intercept',
          intercept.map((value, i) => value - shift * (slope[i] ?? 0)),
        );
      }),
      seeded,
    );
  });

  it('with a prior in the same unit as the predictor, too', async () => {
    const options = { formula: `${left} ~ x`, family };
    const plain = await fitOf({ ...options, data, prior: normal(0.5, 0.25).on('b') });
    const scaled = await fitOf({
      ...options,
      data: { ...data, x: x.map((value) => value * 1000) },
      prior: normal(0.5 / 1000, 0.25 / 1000).on('b'),
    });
    expectDraws(
      scaled,
      'b_x',
      parameterDraws(plain.draws, 'b_x').map((value) => value / 1000),
    );
  });

  it('does not depend on the order of the rows but for rounding', async () => {
    const order = [3, 7, 0, 11, 5, 1, 9, 2, 10, 4, 8, 6];
    const shuffled = Object.fromEntries(
      Object.entries(data).map(([name, values]) => [name, order.map((i) => values[i] ?? null)]),
    );
    const one = await fitOf({ formula: `${left} ~ x + z`, family, data });
    const other = await fitOf({ formula: `${left} ~ x + z`, family, data: shuffled });
    for (const name of one.draws.parameterNames) {
      expectDraws(other, name, parameterDraws(one.draws, name));
    }
  });

  it('is bit by bit the same of records, columns and typed arrays, whatever columns are beside', async () => {
    const formula = `${left} ~ x + g`;
    const prior = 'normal(0, 2)';
    const columns = await fitOf({ formula, family, data, prior });
    const records = x.map((_, i) =>
      Object.fromEntries(
        Object.entries({ ...data, more: y }).map(([name, values]) => [name, values[i]]),
      ),
    );
    expect(sameDraws(columns, await fitOf({ formula, family, data: records, prior }))).toBe(true);
    const reversed = Object.fromEntries(
      Object.entries({ ...data, x: Float64Array.from(x) }).reverse(),
    ) as Record<string, ArrayLike<Cell>>;
    expect(sameDraws(columns, await fitOf({ formula, family, data: reversed, prior }))).toBe(true);
  });

  it('changes names alone when columns and levels get other names', async () => {
    const labels = fc
      .uniqueArray(
        fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(...'kmäβ雪XZ09') }),
        {
          minLength: 3,
          maxLength: 3,
        },
      )
      .filter((names) => new Set(names.map((name) => name.toLowerCase())).size === 3);
    const formula = `${left} ~ x + g`;
    const prior = 'normal(0, 2)';
    const plain = await fitOf({ formula, family, data, prior });
    await fc.assert(
      fc.asyncProperty(labels, async (names) => {
        // Named in the order of the old ones by the option, or sorted as they come.
        const of = new Map(['a', 'b', 'c'].map((old, i) => [old, names[i] ?? '']));
        const renamed = g.map((level) => of.get(level) ?? '');
        const fit = await fitOf({
          formula,
          family,
          prior,
          data: { ...data, g: renamed },
          levels: { g: names },
        });
        expect(sameDraws(plain, fit)).toBe(true);
        expect(fit.draws.parameterNames.slice(0, 4)).toEqual([
          'b_Intercept',
          'b_x',
          `b_g${names[1]}`,
          `b_g${names[2]}`,
        ]);
      }),
      seeded,
    );
  });
});

describe('an offset', () => {
  it.each([
    [gaussian(), 'y'],
    [poisson(), 'c'],
  ] as const)('moves the coefficients by what it holds: %j', async (family, left) => {
    const plain = await fitOf({ formula: `${left} ~ x`, family, data });
    const o = x.map((value) => 3 + 0.25 * value);
    const fit = await fitOf({ formula: `${left} ~ x + offset(o)`, family, data: { ...data, o } });
    const moved = (name: string, by: number) =>
      expectDraws(
        fit,
        name,
        parameterDraws(plain.draws, name).map((value) => value - by),
      );
    moved('b_Intercept', 3);
    moved('b_x', 0.25);
  });
});

describe('another reference level', () => {
  it.each([
    [gaussian(), 'y'],
    [negbinomial(), 'c'],
  ] as const)('turns the contrasts round: %j', async (family, left) => {
    const options = { formula: `${left} ~ g`, family, data, chains: 4, warmup: 500, draws: 1000 };
    const byA = await regression(options);
    const byC = await regression({ ...options, levels: { g: ['c', 'b', 'a'] }, seed: 5 });
    expectMeans(byA, byC, { b_gc: ['b_ga', -1] });
    const differences = (fit: RegressionFit, first: string, second: string) => {
      const a = parameterDraws(fit.draws, first);
      const again = parameterDraws(fit.draws, second);
      return a.map((value, i) => value - (again[i] ?? 0)).reduce((sum, v) => sum + v, 0) / a.length;
    };
    // b − c of the one, and b against the reference c of the other.
    const error =
      4.5 * Math.hypot(...['b_gb', 'b_gc'].map((name) => mcse(byA, name)), mcse(byC, 'b_gb'));
    const b = byC.parameters.find((row) => row.name === 'b_gb')?.mean ?? Number.NaN;
    expect(Math.abs(differences(byA, 'b_gb', 'b_gc') - b)).toBeLessThan(error);
  });
});

function mcse(fit: RegressionFit, name: string): number {
  return fit.parameters.find((row) => row.name === name)?.mcseMean ?? Number.NaN;
}

describe('group effects', () => {
  const options = { formula: 'y ~ x + (1 | g)', chains: 4, warmup: 500, draws: 500 };
  const same = (names: readonly string[]) =>
    Object.fromEntries(names.map((name): [string, [string, number]] => [name, [name, 1]]));

  it('change names alone when levels and groups get other names', async () => {
    const brief = { ...options, warmup: 100, draws: 50 };
    const fit = await regression({ ...brief, data });
    const renamed = { y, x, école: g.map((level) => `niveau ${level}`) };
    const other = await regression({ ...brief, formula: 'y ~ x + (1 | école)', data: renamed });
    expect(sameDraws(fit, other)).toBe(true);
    expect(other.draws.parameterNames).toContain('r_école[niveau.b,Intercept]');
  });

  it('have the same posterior in another order of rows, and a slope in its own unit', async () => {
    // Shifts leave the intercept where the predictors are zero elsewhere: it is not compared.
    const fit = await regression({ ...options, data });
    const reversed = { y: y.toReversed(), x: x.toReversed(), g: g.toReversed() };
    const names = ['b_Intercept', 'b_x', 'sd_g__Intercept', 'sigma', 'r_g[a,Intercept]'];
    expectMeans(fit, await regression({ ...options, data: reversed, seed: 3 }), same(names));
    const scaled = { ...data, x: x.map((value) => 1000 * (value - 7)) };
    const other = await regression({ ...options, data: scaled, seed: 4 });
    expectMeans(fit, other, {
      b_x: ['b_x', 1000],
      sd_g__Intercept: ['sd_g__Intercept', 1],
      sigma: ['sigma', 1],
    });
  });

  it('of a non-normal outcome, too', async () => {
    const counts = { ...options, formula: 'c ~ x + (1 | g)', family: poisson() };
    const fit = await regression({ ...counts, data });
    const scaled = { ...data, x: x.map((value) => 0.001 * (value + 7)) };
    expectMeans(fit, await regression({ ...counts, data: scaled, seed: 4 }), {
      b_x: ['b_x', 0.001],
      sd_g__Intercept: ['sd_g__Intercept', 1],
    });
  });
});
