/**
 * Data as they come: with holes, with columns that say nothing, with outcomes that cannot be, with
 * names from every alphabet. Each is fitted and said so, or refused in one line that names the row
 * or the column; never a NaN among the draws, never a silent change.
 *
 * Fits that are looked at for their R-hat alone have fixed seeds: a sound fit has none above 1.01 in
 * all but a few of a hundred; bit-by-bit comparisons have no false alarms.
 */
import { describe, expect, it } from 'vitest';
import type { Family } from '../../models/families/family.js';
import { WeighbridgeError } from '../../src/errors.js';
import type { Cell } from '../../src/formula/table.js';
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
import { b, c, columns, n, x, y, z } from './small-data.js';

const g = [...'aabbccddeeff'];
const data = { ...columns, g };

const families: readonly (readonly [Family, string, keyof typeof data])[] = [
  [gaussian(), 'y', 'y'],
  [student(), 'y', 'y'],
  [bernoulli(), 'b', 'b'],
  [binomial(), 'c | trials(n)', 'c'],
  [poisson(), 'c', 'c'],
  [negbinomial(), 'c', 'c'],
];
const byName = families.map(([family, left, column]) => ({
  name: family.family,
  family,
  left,
  column,
}));

const short = { chains: 2, warmup: 100, draws: 50 };

async function refused(options: RegressionOptions): Promise<string> {
  const error = await regression({ ...short, ...options }).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof WeighbridgeError)) throw error ?? new Error('nothing was refused');
  expect(error.message).not.toMatch(/\n/);
  return `${error.code}: ${error.message}`;
}

/** A fit of which all draws are numbers. */
async function fitted(options: RegressionOptions): Promise<RegressionFit> {
  const fit = await regression({ ...short, ...options });
  expect(fit.draws.values.every(Number.isFinite)).toBe(true);
  return fit;
}

const sameDraws = (one: RegressionFit, other: RegressionFit) =>
  one.draws.values.length === other.draws.values.length &&
  one.draws.values.every((value, i) => Object.is(value, other.draws.values[i]));

describe.each(byName)('$name', ({ family, left, column }) => {
  const formula = `${left} ~ x`;

  it('drops rows with missing values and says how many, by column, or refuses them', async () => {
    const holes: Cell[] = [null, undefined, Number.NaN];
    const holed = x.map((value, i) => (i < 3 ? holes[i] : value));
    const fit = await fitted({ formula, family, data: { ...data, x: holed } });
    expect(fit.notes).toContain('3 of 12 rows have missing values and were left out: x (3)');
    const rest = Object.fromEntries(
      Object.entries(data).map(([name, values]) => [name, values.slice(3)]),
    );
    expect(sameDraws(fit, await fitted({ formula, family, data: rest }))).toBe(true);
    expect(await refused({ formula, family, data: { ...data, x: holed }, missing: 'fail' })).toBe(
      "bad-data: column 'x', row 1: no value",
    );
    const nothing = { ...data, x: x.map(() => null) };
    expect(await refused({ formula, family, data: nothing })).toMatch(
      /^bad-data: no rows are left: every row lacks a value; missing values by column: x \(12\)/,
    );
  });

  it('refuses constant and collinear columns under flat priors, and fits them under proper ones', async () => {
    const more = { ...data, seven: x.map(() => 7.3), sum: x.map((v, i) => v + (z[i] ?? 0)) };
    const prior = [normal(0, 1).on('b')];
    const constant = `${left} ~ x + seven`;
    expect(await refused({ formula: constant, family, data: more })).toMatch(
      /^improper-posterior: column seven is constant/,
    );
    await fitted({ formula: constant, family, data: more, prior });
    const collinear = `${left} ~ x + z + sum`;
    expect(await refused({ formula: collinear, family, data: more })).toMatch(
      /^improper-posterior: column sum is a combination of x, z:/,
    );
    await fitted({ formula: collinear, family, data: more, prior });
  });

  it('fits one group and as many groups as rows, and says what one group means', async () => {
    const more = { ...data, only: x.map(() => 'o'), id: x.map((_, i) => `r${i}`) };
    const one = await fitted({ formula: `${left} ~ x + (1 | only)`, family, data: more });
    expect(one.notes.join()).toMatch(/the grouping factor only has one level/);
    const all = await fitted({ formula: `${left} ~ x + (1 | id)`, family, data: more });
    expect(all.draws.parameterNames).toContain('r_id[r11,Intercept]');
  });

  it('fits one row, and refuses a predictor of one value and no rows', async () => {
    const rows = (to: number) =>
      Object.fromEntries(Object.entries(data).map(([name, all]) => [name, all.slice(5, to)]));
    await fitted({ formula: `${left} ~ 1`, family, data: rows(6) });
    expect(await refused({ formula, family, data: rows(6) })).toMatch(/column x is constant/);
    expect(await refused({ formula, family, data: rows(5) })).toBe(
      'bad-data: the data have no rows',
    );
  });

  it('refuses outcomes that it cannot have, by the row as the user counts', async () => {
    const inRow7 = (value: Cell) => ({
      ...data,
      x: x.with(1, Number.NaN),
      [column]: [...data[column]].with(6, value as never),
    });
    const infinite = await refused({ formula, family, data: inRow7(Number.POSITIVE_INFINITY) });
    expect(infinite).toBe(
      `bad-data: column '${column}', row 7: found Infinity, expected a finite number`,
    );
    if (column === 'y') return;
    for (const value of [-1, 0.5]) {
      expect(await refused({ formula, family, data: inRow7(value) })).toMatch(
        new RegExp(`^bad-data: row 7: ${column} is ${value}, expected`),
      );
    }
    if (column === 'b') {
      expect(await refused({ formula, family, data: inRow7(2) })).toMatch(
        /^bad-data: row 7: b is 2/,
      );
    }
    if (family.family === 'binomial') {
      expect(await refused({ formula, family, data: inRow7(5) })).toMatch(
        /^bad-data: row 7: c is 5, .* from 0 to its trials, 4/,
      );
    }
  });

  it('takes infinite and text predictors as no numbers', async () => {
    const infinite = { ...data, x: x.with(3, Number.NEGATIVE_INFINITY) };
    expect(await refused({ formula, family, data: infinite })).toBe(
      "bad-data: column 'x', row 4: found -Infinity, expected a finite number",
    );
    const mixed = { ...data, x: [...x.slice(0, 11), 'tall'] };
    expect(await refused({ formula, family, data: mixed })).toMatch(
      /^bad-data: column 'x', row 12/,
    );
    const dated = { ...data, x: x.map(() => new Date(0)) as never };
    expect(await refused({ formula, family, data: dated })).toMatch(
      /^bad-data: column 'x', row 1:/,
    );
  });

  it('refuses the outcome among its own predictors', async () => {
    expect(await refused({ formula: `${left} ~ x + ${column}`, family, data })).toMatch(
      new RegExp(`^bad-formula: .*the outcome '${column}' is among its own predictors`),
    );
  });

  it('has the same fit of predictors in any unit, from 1e-12 to 1e9', async () => {
    // Powers of two scale numbers exactly, and change no digit of the draws beyond rounding.
    const plain = await fitted({ formula, family, data });
    for (const scale of [2 ** -40, 2 ** 30]) {
      const scaled = await fitted({
        formula,
        family,
        data: { ...data, x: x.map((v) => v * scale) },
      });
      for (const { name, mean, sd } of plain.parameters) {
        const other = scaled.parameters.find((row) => row.name === name);
        const factor = name === 'b_x' ? scale : 1;
        expect(Math.abs((other?.mean ?? Number.NaN) * factor - mean)).toBeLessThan(1e-6 * sd);
      }
    }
  });
});

describe('separation', () => {
  const apart = x.map((_, i) => (i < 6 ? 0 : 1));
  const level = x.map((_, i) => (i < 6 ? 'none' : 'some'));
  const counts = c.map((count, i) => (i < 6 ? 0 : count));
  const cases = [
    ['bernoulli, complete', bernoulli(), 'apart ~ x'],
    ['bernoulli, quasi-complete', bernoulli(), 'b ~ level2'],
    ['binomial, complete', binomial(), 'apart | trials(1) ~ x'],
    ['poisson, a level of zeros', poisson(), 'counts ~ level'],
    ['negbinomial, a level of zeros', negbinomial(), 'counts ~ level'],
  ] as const;
  const level2 = b.map((one, i) => (one === 1 && i > 2 ? 'u' : 'v'));
  const more = { ...data, apart, level, level2, counts };

  it.each(cases)('of %s is refused, and fitted with normal(0, 2.5)', async (_, family, formula) => {
    expect(await refused({ formula, family, data: more })).toMatch(
      /^improper-posterior: .* separates the outcomes perfectly.*normal\(0, 2\.5\)/,
    );
    const fit = await fitted({
      formula,
      family,
      data: more,
      prior: 'normal(0, 2.5)',
      chains: 4,
      warmup: 1000,
      draws: 1000,
    });
    expect(fit.diagnostics.maxRhat).toBeLessThan(1.01);
    expect(fit.warnings).toEqual([]);
  });
});

describe('integers beyond 2^53', () => {
  const long = x.map((_, i) => 2n ** 60n + BigInt(i >> 1));

  it('group rows without a digit lost, as bigints and as text', async () => {
    const formula = 'y ~ (1 | long)';
    const fit = await fitted({ formula, data: { y, long } });
    expect(fit.draws.parameterNames).toContain('r_long[1152921504606846981,Intercept]');
    const text = await fitted({ formula, data: { y, long: long.map(String) } });
    expect(sameDraws(fit, text)).toBe(true);
  });

  it('are refused as predictors and as outcomes, by column or row', async () => {
    for (const column of [long, long.map(String)]) {
      expect(await refused({ formula: 'y ~ long', data: { y, long: column } })).toMatch(
        /^bad-data: column 'long' holds the whole number 1152921504606846976, beyond 2\^53/,
      );
    }
    const big = c.map((count) => count * 2 ** 57);
    expect(await refused({ formula: 'big ~ x', family: poisson(), data: { x, big } })).toMatch(
      /^bad-data: row 2: big is 144115188075855870, .* 9007199254740991/,
    );
  });

  it('do not keep smaller bigints from being numbers', async () => {
    const small = x.map((_, i) => BigInt(i));
    const one = await fitted({ formula: 'y ~ k', data: { y, k: small } });
    expect(
      sameDraws(one, await fitted({ formula: 'y ~ k', data: { y, k: x.map((_, i) => i) } })),
    ).toBe(true);
  });
});

describe('names', () => {
  const odd = [
    'two words',
    'größe',
    '体重',
    '📈',
    '__proto__',
    'constructor',
    'toString',
    'sigma',
    'x[1]',
    "it's",
    '1',
  ];

  it.each(odd)('of a column may be %s, as predictor and as group', async (name) => {
    const quoted = `\`${name}\``;
    const columns = Object.fromEntries<Cell[]>([
      ['y', y],
      [name, x],
    ]);
    const fit = await fitted({ formula: `y ~ ${quoted}`, data: columns });
    const rows = y.map((value, i) =>
      Object.fromEntries<Cell>([
        ['y', value],
        [name, x[i]],
      ]),
    );
    expect(sameDraws(fit, await fitted({ formula: `y ~ ${quoted}`, data: rows }))).toBe(true);
    // Whatever the name, the numbers are those of x.
    expect(sameDraws(fit, await fitted({ formula: 'y ~ x', data }))).toBe(true);
    expect(`${fit}`).toContain('Intercept');
    expect(fit.fitted({ data: Object.fromEntries<Cell[]>([[name, [0.5]]]) })).toBeDefined();
    const groups = Object.fromEntries<Cell[]>([
      ['y', y],
      [name, g],
    ]);
    const byGroup = await fitted({ formula: `y ~ (1 | ${quoted})`, data: groups });
    expect(sameDraws(byGroup, await fitted({ formula: 'y ~ (1 | g)', data }))).toBe(true);
    expect(byGroup.draws.parameterNames).toContain(`r_${name}[a,Intercept]`);
  });

  it('of levels that would come to the same parameter are refused', async () => {
    const levels = {
      y,
      g: g.map((level) => (level === 'a' ? 'x y' : level === 'b' ? 'x.y' : level)),
    };
    expect(await refused({ formula: 'y ~ (1 | g)', data: levels })).toBe(
      'bad-data: two parameters would be called r_g[x.y,Intercept]: rename a level or a column in the data',
    );
  });

  it('that would come to the same coefficient are refused', async () => {
    const two = { y, 'a b': x, ab: z };
    expect(await refused({ formula: 'y ~ `a b` + ab', data: two })).toMatch(
      /^bad-formula: the columns .* would both be the coefficient ab/,
    );
  });
});

describe('levels', () => {
  it('that no row has after dropping are dropped, and a note says so', async () => {
    const fit = await fitted({
      formula: 'y ~ g',
      data: { g, y: [...y.slice(0, 4), null, null, ...y.slice(6)] },
    });
    expect(fit.notes).toContain('levels of g that no row has were dropped: c');
    expect(fit.draws.parameterNames).not.toContain('b_gc');
  });

  it('of which one is left are refused as a predictor', async () => {
    expect(
      await refused({
        formula: 'y ~ h',
        data: { y: y.with(0, Number.NaN), h: x.map((_, i) => (i === 0 ? 'a' : 'b')) },
      }),
    ).toMatch(/^bad-data: the factor h has one level, 'b', in the rows that are used/);
  });

  it('of an outcome are two: the second is the success', async () => {
    const text = b.map((one) => (one === 1 ? 'yes' : 'no'));
    const fit = await fitted({ formula: 'text ~ x', family: bernoulli(), data: { x, text } });
    expect(sameDraws(fit, await fitted({ formula: 'b ~ x', family: bernoulli(), data }))).toBe(
      true,
    );
    const family = bernoulli();
    for (const [column, levels] of [
      [[...text.slice(0, 4), 'maybe', ...text.slice(5)], '3 levels: maybe, no, yes'],
      [text.map(() => 'no'), 'one level: no'],
    ] as const) {
      expect(await refused({ formula: 'text ~ x', family, data: { x, text: column } })).toContain(
        levels,
      );
    }
    expect(await refused({ formula: 'text ~ x', data: { x, text } })).toMatch(
      /^bad-data: the outcome text is text/,
    );
  });
});

describe('trials and offsets', () => {
  const family = binomial();

  it('of no trials say nothing, and are refused where no row has any', async () => {
    const formula = 'c | trials(n) ~ x';
    const silent = { x: [...x, 9, -9], c: [...c, 0, 0], n: [...n, 0, 0] };
    const fit = await fitted({ formula, family, data: silent, prior: 'normal(0, 1)' });
    expect(fit.diagnostics.maxRhat).toBeLessThan(1.1);
    const none = { x, c: x.map(() => 0), n: x.map(() => 0) };
    expect(await refused({ formula, family, data: none })).toMatch(
      /^improper-posterior: the rows that have trials do not tell the intercept, x apart/,
    );
    expect(await refused({ formula, family, data: { ...data, n: n.with(3, 5.5) } })).toBe(
      'bad-data: row 4: trials(n) is 5.5, expected whole numbers from 0',
    );
    expect(await refused({ formula: 'c ~ x', family, data })).toMatch(
      /a binomial outcome has trials/,
    );
  });

  it('may be as large as numbers count, with the precision that they give', async () => {
    const many = { x, c: c.map((count) => count * 1e12), n: n.map((count) => count * 1e12) };
    const fit = await fitted({ formula: 'c | trials(n) ~ x', family, data: many });
    const counts = await fitted({ formula: 'c ~ x', family: poisson(), data: many });
    for (const one of [fit, counts]) {
      for (const { sd } of one.parameters) expect(sd).toBeLessThan(1e-5);
    }
  });

  it('are refused where they are not finite', async () => {
    const formula = 'c ~ x + offset(log(e))';
    const e = x.map((_, i) => i);
    expect(await refused({ formula, family: poisson(), data: { x, c, e } })).toBe(
      'bad-data: row 1: log(e) is -Infinity, where e is 0; expected a finite number',
    );
  });
});

describe('sizes', () => {
  it('of nothing to estimate are refused', async () => {
    expect(await refused({ formula: 'b ~ 0', family: bernoulli(), data })).toMatch(
      /^bad-formula: .* nothing to estimate/,
    );
  });

  it('of y from 1e-12 to 1e9 are fitted', async () => {
    for (const scale of [1e-12, 1e9]) {
      const fit = await fitted({ formula: 'y ~ x', data: { x, y: y.map((v) => v * scale) } });
      const slope = fit.parameters.find((row) => row.name === 'b_x');
      expect((slope?.mean ?? Number.NaN) / scale).toBeGreaterThan(0.5);
      expect((slope?.mean ?? Number.NaN) / scale).toBeLessThan(1.6);
    }
  });

  it('of a hundred thousand rows and of sixty columns are fitted', async () => {
    const wave = (i: number, j: number) =>
      Math.sin(12.9898 * i + 78.233 * j + ((i * i * (j + 1)) % 97));
    const rows = Array.from({ length: 100_000 }, (_, i) => ({
      u: wave(i, 0),
      v: wave(i, 1) + wave(i, 2),
      k: i % 2,
      h: `l${i % 50}`,
    }));
    const brief = { chains: 1, warmup: 20, draws: 10 };
    const tall = await fitted({ formula: 'v ~ u + (1 | h)', data: rows, ...brief });
    expect(tall.fitted().length).toBe(100_000);
    const family = bernoulli();
    const choices = await fitted({ formula: 'k ~ u', family, data: rows, ...brief });
    expect(choices.draws.parameterNames).toEqual(['b_Intercept', 'b_u']);
    const columns = Object.fromEntries(
      Array.from({ length: 60 }, (_, j) => [
        `x${j}`,
        Array.from({ length: 500 }, (_, i) => wave(i, j)),
      ]),
    );
    const wide = { ...columns, y: Array.from({ length: 500 }, (_, i) => wave(i, 99)) };
    const fit = await fitted({ formula: 'y ~ .', data: wide, ...brief });
    expect(fit.draws.parameterNames).toHaveLength(62);
  });
});
