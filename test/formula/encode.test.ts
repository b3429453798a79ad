/** New rows, read as the data of the fit were. */
import { describe, expect, test } from 'vitest';
import type { Design } from '../../src/formula/design.js';
import { encode, trialsOf } from '../../src/formula/encode.js';
import { modelFrame } from '../../src/formula/model-frame.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import { type DataInput, tableOf } from '../../src/formula/table.js';

const data = {
  y: [1, 2, 4, 3, 6, 5],
  k: [0, 1, 2, 3, 1, 2],
  n: [4, 4, 4, 4, 5, 5],
  won: ['no', 'yes', 'yes', 'no', 'no', 'yes'],
  x: [1, 2, 3, 4, 5, 7],
  ok: [true, false, true, true, false, false],
  g: ['a', 'b', 'c', 'a', 'b', 'c'],
  h: [1, 1, 10, 10, 2, 2],
};

function designOf(formula: string, outcome: 'real' | 'binary' | 'binomial' = 'real'): Design {
  const frame = modelFrame(parseFormula(formula), tableOf(data), { missing: 'drop', outcome });
  return JSON.parse(JSON.stringify(frame.design));
}
const read = (formula: string, rows: DataInput) => encode(designOf(formula), tableOf(rows));

describe('columns of new rows', () => {
  test('have the levels of the fit, in its order, though few of them occur', () => {
    const { population } = read('y ~ g + ok', [
      { g: 'c', ok: true },
      { g: 'c', ok: true },
    ]);
    expect(population.names).toEqual(['gb', 'gc', 'okTRUE']);
    expect([...population.values]).toEqual([0, 1, 1, 0, 1, 1]);
  });

  test('have the centre and scale of the fit', () => {
    const { population } = read('y ~ scale(x)', { x: [22 / 6, 5] });
    const sd = Math.sqrt((4 + 7 * 7 + 1 + 9 + 16 + 25 - 22 ** 2 / 6) / 5);
    expect(population.values[0]).toBeCloseTo(0, 14);
    expect(population.values[1]).toBeCloseTo((5 - 22 / 6) / sd, 14);
  });

  test('need neither the outcome nor columns that are not used', () => {
    expect(read('log(y) ~ x', [{ x: 3 }]).population.values).toEqual(Float64Array.of(3));
    expect(encode(designOf('k | trials(n) ~ x', 'binomial'), tableOf([{ x: 3 }])).rows).toBe(1);
  });

  test('may be none', () => {
    const { rows, population } = read('y ~ x * g + (1 | h)', { x: [], g: [], h: [] });
    expect([rows, population.names.length, population.values.length]).toEqual([0, 5, 0]);
  });

  test.each<[string, DataInput, string]>([
    [
      'y ~ g',
      [{ g: 'a' }, { g: 'q' }],
      "column 'g', row 2: found 'q', which was not in the data of the fit; its levels there: a, b, c",
    ],
    [
      'y ~ factor(h)',
      [{ h: 3 }],
      "column 'h', row 1: found '3', which was not in the data of the fit; its levels there: 1, 2, 10",
    ],
    ['y ~ x + g', [{ X: 1, g: 'a' }], "no column 'x' in the data, did you mean 'X'?"],
    ['y ~ x', [{ x: 1 }, { x: null }], "column 'x', row 2: no value"],
    ['y ~ (1 | g)', [{ g: null }], "column 'g', row 1: no value"],
    ['y ~ x', [{ x: 'a' }], "column 'x' holds text, where the data of the fit had numbers"],
    ['y ~ ok', [{ ok: 2 }], "column 'ok' holds numbers, where the data of the fit had booleans"],
    ['y ~ x', [{ x: Number.NEGATIVE_INFINITY }], "column 'x', row 1: found -Infinity"],
    ['y ~ log(x)', [{ x: 1 }, { x: -2 }], 'row 2: log(x) is NaN, where x is -2'],
    ['y ~ x + offset(log(h))', [{ x: 1 }], "no column 'h'"],
  ])('%s refuses %j', (formula, rows, problem) => {
    expect(() => read(formula, rows)).toThrow(problem);
  });

  test('take 0 and 1 for booleans, and booleans for numbers', () => {
    expect([...read('y ~ ok', [{ ok: 1 }, { ok: 0 }]).population.values]).toEqual([1, 0]);
    expect([...read('y ~ x', [{ x: true }]).population.values]).toEqual([1]);
  });
});

describe('groups of new rows', () => {
  test('keep the places of levels, and levels that are new are told', () => {
    const { groups } = read('y ~ (1 + x | g) + (1 | h:g)', [
      { x: 9, g: 'c', h: 10 },
      { x: 8, g: 'new', h: 1 },
      { x: 7, g: 'a', h: 2 },
    ]);
    const [g, hg] = groups;
    expect([...(g?.levelOf ?? [])]).toEqual([2, -1, 0]);
    expect(g?.newLevels).toEqual(new Map([[1, 'new']]));
    expect(g?.levels).toEqual(['a', 'b', 'c']);
    expect([...(g?.matrix.values ?? [])]).toEqual([1, 9, 1, 8, 1, 7]);
    expect(hg?.levels).toEqual(['10_a', '10_c', '1_a', '1_b', '2_b', '2_c']);
    expect([...(hg?.levelOf ?? [])]).toEqual([1, -1, -1]);
    expect([...(hg?.newLevels ?? [])]).toEqual([
      [1, '1_new'],
      [2, '2_a'],
    ]);
  });

  test('can be left out, with their columns', () => {
    const design = designOf('y ~ x + (g | h)');
    const encoded = encode(design, tableOf([{ x: 3 }]), { groups: 'leave-out' });
    expect(encoded.groups).toEqual([]);
    expect(encoded.population.values).toEqual(Float64Array.of(3));
  });
});

describe('outcomes of new rows', () => {
  test('have the trials of the new rows', () => {
    const design = designOf('k | trials(n + 1) ~ x', 'binomial');
    expect(trialsOf(design, tableOf({ n: [9, 0] }))).toEqual(Float64Array.of(10, 1));
    expect(trialsOf(designOf('y ~ x'), tableOf({ x: [9] }))).toBeNull();
    expect(() => trialsOf(design, tableOf({ n: [-3] }))).toThrow('row 1: trials(n + 1) is -2');
  });
});
