/**
 * Functions of R in formulas beyond what design.json holds against R: rounding, what is refused
 * where the columns are known, and what of the data of the fit goes into new rows.
 */
import { describe, expect, test } from 'vitest';
import { encode } from '../../src/formula/encode.js';
import { modelFrame } from '../../src/formula/model-frame.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import { roundSignificant, roundTo } from '../../src/formula/rounding.js';
import { tableOf } from '../../src/formula/table.js';
import { simplified } from '../../src/formula/update-formula.js';
import design from '../reference/design.json' with { type: 'json' };
import rounding from '../reference/rounding.json' with { type: 'json' };

const data = {
  y: [1, 2, 3, 4, 5, 6],
  x: [-1, 0.5, 2, 3, -2, 1],
  w: [10, 20, 40, 10, 20, 40],
  f: ['a', 'b', 'c', 'a', 'b', 'c'],
  ok: [true, false, true, true, false, false],
};
const options = { missing: 'drop', outcome: 'real' } as const;
const frameOf = (formula: string, rows: Record<string, (number | string | boolean)[]> = data) =>
  modelFrame(parseFormula(formula), tableOf(rows), options);
const columnsOf = (formula: string, rows = {}) => {
  const { design: fitted } = frameOf(formula);
  const { names, values } = encode(fitted, tableOf({ ...data, ...rows })).population;
  return { names, values: Array.from(values) };
};

test('round and signif give the doubles that R gives', () => {
  const { x, digits, significant } = rounding;
  digits.forEach((places, k) => {
    expect(x.map((value) => roundTo(value, places) + 0)).toEqual(
      rounding.round[k]?.map((value) => value + 0),
    );
  });
  significant.forEach((places, k) => {
    expect(x.map((value) => roundSignificant(value, places) + 0)).toEqual(
      rounding.signif[k]?.map((value) => value + 0),
    );
  });
});

describe('what columns cannot be is refused by name', () => {
  test.each([
    ['y ~ I(x == "a")', '"a" is text and x is not: they cannot be compared'],
    ['y ~ I(f == 1)', 'f is text and 1 is not'],
    ['y ~ I(ok == "TRUE")', '"TRUE" is text and ok is not'],
    ['y ~ I(f > "a")', '> compares numbers; text is compared by == and !='],
    ['y ~ I(f %in% c(1, 2))', 'f is text and c(1, 2) is numbers'],
    ['y ~ I(x %in% "a")', 'x is not text and "a" is text'],
    ['y ~ I(f & ok)', 'f holds text, expected TRUE or FALSE'],
    ['y ~ I(!f)', 'f holds text, expected TRUE or FALSE'],
    ['y ~ I(f + 1)', "the column 'f' holds text, expected numbers"],
    ['y ~ log("a")', '"a" holds text, expected numbers'],
    ['y ~ as.numeric(f)', 'as.numeric(factor(f))'],
    ['y ~ as.logical(f)', 'f holds text'],
    ['y ~ ifelse(ok, "a", 1)', 'text or numbers, not both'],
    ['y ~ cut(f, 2)', 'cut(): f is not numeric'],
    [
      'y ~ cut(x, c(0, 1))',
      'row 1: x is -1, in no interval of cut(x, c(0, 1)), which go from 0 to 1',
    ],
    ['y ~ cut(x, c(-5, 5), labels = c("a", "b"))', '2 labels for 1 intervals'],
    ['y ~ factor(w, levels = c(10, 20))', "row 3: w is '40', none of the levels 10, 20"],
    ['y ~ factor(w, levels = c(10, 10))', "the level '10' is given twice"],
    ['y ~ factor(w, labels = c("a", "b"))', '2 labels for 3 levels'],
    ['y ~ relevel(x, ref = 1)', 'relevel(): x is not a factor'],
    ['y ~ relevel(f, ref = "q")', 'no level "q" of f: a, b, c'],
    ['y ~ I(log(x) > 0)', 'row 1: log(x) is NaN, where x is -1'],
    ['y ~ ifelse(sqrt(x) > 1, 1, 0)', 'row 1: sqrt(x) is NaN, where x is -1'],
    ['y ~ I(1/(x - 2))', 'row 3: I(1/(x - 2)) is Infinity, where x is 2'],
    ['cut(y, 2) ~ x', 'holds text, expected numbers'],
    ['y ~ I(pi2 * x)', "no column 'pi2'"],
  ])('%s', (formula, problem) => {
    expect(() => frameOf(formula)).toThrow(problem);
  });
});

describe('new rows', () => {
  test.each([
    ['y ~ I(x - mean(x))', { x: [7, 7, 7, 7, 7, 7] }, 6.416666666666667],
    ['y ~ I(x > median(x))', { x: [0.8, 0.8, 0.8, 0.8, 0.8, 0.8] }, 1],
    ['y ~ as.numeric(factor(w))', { w: [40, 40, 40, 40, 40, 40] }, 3],
    ['y ~ as.numeric(scale(x))', { x: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5] }, -0.044919],
  ])('take what depends on the data from the fit: %s', (formula, rows, first) => {
    expect(columnsOf(formula, rows).values[0]).toBeCloseTo(first, 4);
  });

  test('take the breaks of cut(x, 2) from the fit', () => {
    const { names, values } = columnsOf('y ~ cut(x, 2)', { x: [-2, 0.4, 0.6, 3, 0, 1] });
    expect(names).toEqual(['cut(x, 2)(0.5,3]']);
    expect(values).toEqual([0, 0, 1, 1, 0, 1]);
    expect(() => columnsOf('y ~ cut(x, 2)', { x: [99, 0, 0, 0, 0, 0] })).toThrow(
      'row 1: x is 99, in no interval',
    );
  });

  test('have levels that the fit has', () => {
    expect(() => columnsOf('y ~ factor(round(x))', { x: [8, 0, 0, 0, 0, 0] })).toThrow(
      "row 1: round(x) is '8', which was not in the data of the fit",
    );
    const { names } = columnsOf('y ~ ifelse(x > 0, "p", "n")', { x: [1, 1, 1, 1, 1, 1] });
    expect(names).toEqual(['ifelse(x > 0, "p", "n")p']);
  });
});

describe('pi', () => {
  test('is the number where the data have no such column, and the column where they have', () => {
    const number = frameOf('y ~ I(pi * x)').encoded.population;
    expect(number).toMatchObject({ names: ['I(pi * x)'] });
    expect(number.values[0]).toBe(-Math.PI);
    const column = frameOf('y ~ I(pi * x) + pi', { ...data, pi: [1, 2, 3, 4, 5, 7] });
    expect(Array.from(column.encoded.population.values.slice(0, 4))).toEqual([-1, 1, 1, 2]);
    expect(() => frameOf('y ~ pi')).toThrow("no column 'pi'");
  });
});

test('levels that no row has are dropped, as brms drops them', () => {
  expect(frameOf('y ~ cut(x, c(-5, 0, 5, 9, 20))').encoded.population.names).toEqual([
    'cut(x, c(-5, 0, 5, 9, 20))(0,5]',
  ]);
});

test('a simplified formula has the design of its own', () => {
  const table = tableOf(design.data);
  const formulas = [
    ...design.designs.map(({ formula }) => formula),
    ...design.groups.map(({ formula }) => formula),
    'y ~ x + z - x + (1 | a/b) - (1 | a) + offset(w)',
    'y ~ x * a - a + (0 + x || g) + (a * x - a | b)',
  ];
  for (const text of formulas) {
    const formula = parseFormula(text);
    const short = simplified(formula);
    const [own, other] = [formula, short].map((one) => modelFrame(one, table, options).encoded);
    expect(other, text).toEqual(own);
    expect(simplified(short)).toEqual(short);
  }
  expect(simplified(parseFormula('y ~ a * x - a - 1 + (x | g) - (x | g)')).text).toBe(
    'y ~ 0 + x + x:a',
  );
});
