/** Formula and table to the numbers of a fit: what is kept, dropped, noted and refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelFrame, OutcomeKind } from '../../src/formula/design.js';
import { modelFrame } from '../../src/formula/model-frame.js';
import { parseFormula } from '../../src/formula/parse-formula.js';
import { type DataInput, tableOf } from '../../src/formula/table.js';

function frame(
  formula: string,
  data: DataInput,
  options: { outcome?: OutcomeKind; missing?: 'drop' | 'fail' } = {},
): ModelFrame {
  const { outcome = 'real', missing = 'drop' } = options;
  return modelFrame(parseFormula(formula), tableOf(data), { missing, outcome });
}

const six = {
  y: [1, 2, 4, 3, 6, 5],
  x: [1, 2, 3, 4, 5, 7],
  z: [2, 1, 2, 3, 1, 0],
  g: ['a', 'b', 'c', 'a', 'b', 'c'],
  h: ['u', 'u', 'v', 'v', 'u', 'v'],
};

describe('missing values', () => {
  const holes = {
    ...six,
    x: [1, null, 3, Number.NaN, 5, 7],
    g: ['a', 'b', undefined, 'a', 'b', 'a'],
  };

  test('drop the rows that lack what the formula uses, and a note counts them', () => {
    const { usedRows, response, notes, facts, table } = frame('y ~ x + g', holes);
    expect([...usedRows]).toEqual([0, 4, 5]);
    expect([...response.values]).toEqual([1, 6, 5]);
    expect(table.rows).toBe(3);
    expect(facts.droppedRows).toBe(3);
    expect(notes).toEqual(['3 of 6 rows have missing values and were left out: x (2), g (1)']);
  });

  test('of other columns drop no row', () => {
    const { usedRows, notes } = frame('y ~ z', holes);
    expect(usedRows.length).toBe(6);
    expect(notes).toEqual([]);
  });

  test('count in a group, an offset, the trials and the outcome', () => {
    for (const formula of [
      'y ~ (1 | g)',
      'y ~ (1 | h:g)',
      'z ~ offset(x)',
      'x ~ 1',
      'log(x) ~ z',
    ]) {
      expect(frame(formula, holes).facts.droppedRows, formula).toBeGreaterThan(0);
    }
    const counts = { y: [1, 2], n: [3, null] };
    expect(frame('y | trials(n) ~ 1', counts, { outcome: 'binomial' }).usedRows.length).toBe(1);
  });

  test('are an error where they are to be, with the first column and row', () => {
    expect(() => frame('y ~ x + g', holes, { missing: 'fail' })).toThrow(
      "column 'x', row 2: no value",
    );
    expect(frame('y ~ z', holes, { missing: 'fail' }).usedRows.length).toBe(6);
  });

  test('in every row leave nothing', () => {
    expect(() => frame('y ~ x', { y: [1, null], x: [null, 2] })).toThrow(
      'no rows are left: every row lacks a value; missing values by column: y (1), x (1)',
    );
    expect(() => frame('y ~ x', { y: [], x: [] })).toThrow('the data have no rows');
  });

  test('drop the levels that went with them', () => {
    const gone = { y: [1, 2, 3, null], g: ['a', 'b', 'a', 'c'] };
    const { encoded, notes } = frame('y ~ g', gone);
    expect(encoded.population.names).toEqual(['gb']);
    expect(notes).toContain('levels of g that no row has were dropped: c');
  });
});

describe('columns that a formula cannot have', () => {
  test.each([
    ['y ~ x + zz', "character 9: no column 'zz' in the data, did you mean 'z'?"],
    ['y ~ X', "did you mean 'x'?"],
    ['Y ~ x', "character 1: no column 'Y'"],
    ['y ~ x + (1 | group)', "character 14: no column 'group' in the data (columns: y, x, z, g, h)"],
    ['y ~ (q | g)', "no column 'q'"],
    ['y ~ offset(o)', "no column 'o'"],
    ['y ~ y + x', "character 5: the outcome 'y' is among its own predictors"],
    ['log(y) ~ x + (y | g)', "the outcome 'y'"],
    ['y ~ (1 | y)', "the outcome 'y'"],
    ['y ~ log(g)', "the column 'g' holds text, expected numbers"],
    ['y ~ x + offset(g)', "the column 'g' holds text"],
    ['y ~ (1 | g) + (1 | g)', 'the intercept varies by g in two terms'],
    ['y ~ (0 | g)', 'nothing varies by g'],
    ['y ~ scale(I(x - x))', 'I(x - x) is constant and cannot be scaled'],
    ['y ~ poly(z, 4)', 'less than the number of distinct values of z'],
    ['y ~ I(-x^2) + I((-x)^2)', 'would both be the coefficient IMxE2'],
    ['y ~ log(z)', 'row 6: log(z) is -Infinity, where z is 0; expected a finite number'],
    ['y ~ I(x / (z - 1)) + x', 'row 2: I(x/(z - 1)) is Infinity, where x is 2 and z is 1'],
  ])('%s', (formula, problem) => {
    expect(() => frame(formula, six)).toThrow(problem);
  });

  test('formulas of more interactions than anyone means are refused', () => {
    const many = Array.from({ length: 30 }, (_, i) => [`x${i}`, [i, 1, 2, 3]]);
    const data = { y: [1, 2, 3, 4], ...Object.fromEntries(many) };
    expect(() => frame('y ~ (.)^2', data)).not.toThrow();
    expect(() => frame('y ~ (.)^4', data)).toThrow('character 8: more than 2000 terms');
    const cube = '(x + z + g + h)^4';
    expect(() => frame(`y ~ ${Array(20).fill(cube).join('*')}`, six)).not.toThrow();
    expect(() => frame(`y ~ ${Array(900).fill(cube).join('*')}`, six)).toThrow(
      'too many interactions to expand',
    );
  });

  test('infinite numbers are an error where they are used', () => {
    const data = { ...six, x: [1, 2, Number.POSITIVE_INFINITY, 4, 5, 6] };
    expect(() => frame('y ~ x', data)).toThrow(
      "column 'x', row 3: found Infinity, expected a finite",
    );
    expect(() => frame('y ~ I(1/x)', data)).toThrow("column 'x', row 3");
    expect(frame('y ~ z', data).usedRows.length).toBe(6);
  });

  test('a factor of one level is no predictor, and a good group', () => {
    const data = { ...six, g: six.y.map(() => 'only') };
    expect(() => frame('y ~ g', data)).toThrow("the factor g has one level, 'only'");
    expect(() => frame('y ~ x + factor(g)', data)).toThrow('the factor factor(g) has one level');
    const { facts, notes } = frame('y ~ (1 | g)', data);
    expect(facts.oneLevelGroups).toEqual(['g']);
    expect(notes[0]).toContain('the grouping factor g has one level');
  });

  test('whole numbers beyond 2^53 are grouped by and not reckoned with', () => {
    const data = { y: [1, 2, 3], id: [9007199254740993n, 1n, 9007199254740992n] };
    expect(() => frame('y ~ id', data)).toThrow(
      "column 'id' holds the whole number 9007199254740992, beyond 2^53",
    );
    const text = { y: [1, 2, 3], id: data.id.map(String) };
    expect(() => frame('y ~ id', text)).toThrow('beyond 2^53');
    expect(() => frame('id ~ y', text, { outcome: 'binary' })).toThrow('beyond 2^53');
    expect(frame('y ~ (1 | id)', data).encoded.groups[0]?.levels).toEqual([
      '1',
      '9007199254740992',
      '9007199254740993',
    ]);
  });

  test('more predictors than can be looked at are refused before they are', () => {
    const data = Object.fromEntries(Array.from({ length: 10_002 }, (_, i) => [`x${i}`, [i, 1]]));
    expect(() => frame('x0 ~ .', data)).toThrow(
      'the dot stands for 10001 columns, expected at most 10000 predictors: name the columns to use',
    );
  });

  test('numbers as text are levels, and a note says so', () => {
    const data = { y: [1, 2, 3], x: ['3', '10', '3'] };
    const { encoded, notes } = frame('y ~ x', data);
    expect(encoded.population.names).toEqual(['x3']);
    expect(notes).toEqual([
      "x holds numbers as text (row 2: the text '10'): it is a factor of 2 levels",
    ]);
    const texts = (others: number) => [
      ...Array.from({ length: 9 }, (_, i) => String(i)),
      ...Array.from({ length: others }, (_, i) => `odd${i}`),
    ];
    const notesOf = (x: string[]) => frame('y ~ x', { y: x.map((_, i) => i), x }).notes;
    expect(notesOf(texts(1))).toEqual([
      "x holds numbers and text (row 10: the text 'odd0'): it is a factor of 10 levels",
    ]);
    expect(notesOf(texts(2))).toEqual([]);
    expect(notesOf(['1', '2', '3', '4'])).toHaveLength(1);
    expect(notesOf(['1', '2', '3', '4', 'five'])).toHaveLength(1);
    expect(notesOf(['1', '10-20', '20-30', '1.2.3', 'A1'])).toEqual([]);
  });

  test('whole numbers beyond 2^53 get a note where they are used and all are whole', () => {
    const data = { y: [1, 2, 3], id: [9007199254740994, 2, 3], far: [1e20, 2.5, 3] };
    const note = 'id holds whole numbers beyond 2^53, which a number does not hold exactly';
    expect(frame('y ~ id', data).notes).toEqual([note]);
    expect(frame('id ~ 1', data).notes).toEqual([note]);
    expect(frame('y ~ (1 | id)', data).notes).toEqual([note]);
    expect(frame('y ~ far', data).notes).toEqual([]);
    // The largest that is held is no reason for one.
    expect(frame('y ~ id', { ...data, id: [2 ** 53 - 1, 1 - 2 ** 53, 3] }).notes).toEqual([]);
  });

  test('an unreadable column is an error where it is used', () => {
    const data = { y: [1, 2], x: [1, 2], mixed: [1, 'b'] };
    expect(frame('y ~ x', data).usedRows.length).toBe(2);
    expect(() => frame('y ~ .', data)).toThrow("column 'mixed', row 2: found the text 'b'");
  });
});

describe('outcomes', () => {
  const read = (values: readonly (number | string | boolean)[], outcome: OutcomeKind, n = 5) =>
    frame(
      outcome === 'binomial' ? 'y | trials(n) ~ 1' : 'y ~ 1',
      { y: values, n: values.map(() => n) },
      { outcome },
    ).response;

  test('of two kinds are 0 and 1, by numbers, booleans or levels', () => {
    expect(read([0, 1, 1], 'binary')).toMatchObject({
      values: Float64Array.of(0, 1, 1),
      levels: null,
    });
    expect(read([true, false], 'binary')).toMatchObject({
      values: Float64Array.of(1, 0),
      levels: ['FALSE', 'TRUE'],
    });
    expect(read(['yes', 'no', 'yes'], 'binary')).toMatchObject({
      values: Float64Array.of(1, 0, 1),
      levels: ['no', 'yes'],
    });
    expect(() => read([0, 1, 2], 'binary')).toThrow('row 3: y is 2, expected 0 or 1');
    expect(() => read(['a', 'b', 'c'], 'binary')).toThrow('y has 3 levels: a, b, c;');
    expect(() => read(['a', 'a'], 'binary')).toThrow('y has one level: a;');
  });

  test('of two names have a note of which is counted', () => {
    const notes = (cl: readonly (number | string | boolean)[], levels?: readonly string[]) =>
      modelFrame(
        parseFormula('`c l` ~ 1'),
        tableOf({ 'c l': cl }, levels ? { levels: { 'c l': levels } } : {}),
        { missing: 'drop', outcome: 'binary' },
      ).notes;
    expect(notes(['c2', 'c1'])).toEqual(["c l: 'c2' counts as 1, 'c1' as 0"]);
    expect(notes(['c2', 'c1'], ['c2', 'c1'])).toEqual(["c l: 'c1' counts as 1, 'c2' as 0"]);
    expect(notes(['a\nb', 'c1'])).toEqual(["c l: 'c1' counts as 1, 'a b' as 0"]);
    expect(notes([true, false])).toEqual(['c l: TRUE counts as 1, FALSE as 0']);
    expect(notes([1, 0])).toEqual([]);
  });

  test('of one kind alone are read by the levels that are given', () => {
    const table = tableOf({ y: ['won', 'won'] }, { levels: { y: ['lost', 'won'] } });
    const options = { missing: 'drop', outcome: 'binary' } as const;
    const { response, design } = modelFrame(parseFormula('y ~ 1'), table, options);
    expect(response).toMatchObject({ values: Float64Array.of(1, 1), levels: ['lost', 'won'] });
    expect(design.variables.y).toEqual({ kind: 'factor', levels: ['lost', 'won'] });
  });

  test('are named by their row in the data, whatever was dropped before', () => {
    expect(() => frame('y ~ x', { y: [1, 3, 2.5], x: [null, 1, 2] }, { outcome: 'count' })).toThrow(
      'row 3: y is 2.5, expected whole numbers from 0',
    );
  });

  test('are counts where counts are wanted, and numbers where numbers are', () => {
    expect(() => read([1, -1], 'count')).toThrow('row 2: y is -1');
    expect(() => read(['a', 'b'], 'real')).toThrow('the outcome y is text; expected numbers');
    expect(() => read([true, false], 'count')).toThrow('the outcome y is booleans');
    expect(frame('log(y) ~ 1', { y: [1, Math.E] }).response).toMatchObject({
      name: 'log(y)',
      values: Float64Array.of(0, 1),
    });
  });

  test('have trials where they are binomial, and there alone', () => {
    expect(read([1, 2], 'binomial').trials).toEqual(Float64Array.of(5, 5));
    expect(
      frame('y | trials(10) ~ 1', { y: [1, 2] }, { outcome: 'binomial' }).response.trials,
    ).toEqual(Float64Array.of(10, 10));
    expect(() => read([1, 2], 'binomial', 2.5)).toThrow(
      'row 1: trials(n) is 2.5, expected whole numbers',
    );
    expect(() => frame('y ~ 1', six, { outcome: 'binomial' })).toThrow('y | trials(n) ~ x');
    expect(() => frame('y | trials(x) ~ 1', six, { outcome: 'count' })).toThrow(
      'character 12: trials()',
    );
  });
});

describe('rows with frequencies and weights', () => {
  test('a table with freq() has the frame of the repeated table', () => {
    const formula = 'x + g + scale(z) + (1 | h)';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 6, maxLength: 6 }), (n) => {
        const of = (...rows: number[]) => rows.some((row) => (n[row] ?? 0) > 0);
        // Two levels of g, and a z that varies.
        fc.pre(of(0, 3) && of(1, 4) && of(0, 2) && of(1, 3, 4, 5));
        const rows = n.flatMap((count, i) => new Array<number>(count).fill(i));
        const repeated = Object.fromEntries(
          Object.entries(six).map(([name, values]) => [name, rows.map((i) => values[i] ?? null)]),
        );
        const one = frame(`y | freq(n) ~ ${formula}`, { ...six, n });
        const other = frame(`y ~ ${formula}`, repeated);
        expect(one.encoded).toEqual(other.encoded);
        expect(one.response).toEqual(other.response);
        expect(one.facts).toEqual({ ...other.facts });
        expect(one.design.groupLevels).toEqual(other.design.groupLevels);
        expect(one.design.constants).toEqual(other.design.constants);
        expect([...one.usedRows]).toEqual(rows);
        // The table itself has each row once, from which the frame is made again.
        expect(one.table.rows).toBe(n.filter((count) => count > 0).length);
        const again = modelFrame(one.design.formula, one.table, {
          missing: 'drop',
          outcome: 'real',
        });
        expect(again.encoded).toEqual(one.encoded);
        expect([...(one.copied ?? [])]).toEqual([...(again.copied ?? [])]);
      }),
      { seed: 1 },
    );
  });

  test('weights are read by expression, and rows of weight 0 are left out with a note', () => {
    const { response, usedRows, notes } = frame('y | weights(x * 2) ~ z', {
      ...six,
      x: [1, 0, 3, 0, 5, 7],
    });
    expect([...(response.weights ?? [])]).toEqual([2, 6, 10, 14]);
    expect([...usedRows]).toEqual([0, 2, 4, 5]);
    expect(notes).toContain('2 of 6 rows have the weight or frequency 0 and were left out');
    expect(frame('y ~ z', six).response.weights).toBeUndefined();
  });

  test.each([
    [
      'y | weights(w) ~ x',
      { w: [1, 1, -0.5, 1, 1, 1] },
      'row 3: weights(w) is -0.5, expected a finite number from 0',
    ],
    [
      'y | freq(w) ~ x',
      { w: [1, 1, 1, 2.5, 1, 1] },
      'row 4: freq(w) is 2.5, expected whole numbers from 0',
    ],
    [
      'y | freq(w) ~ x',
      { w: [1, -1, 1, 2, 1, 1] },
      'row 2: freq(w) is -1, expected whole numbers from 0',
    ],
    ['y | freq(w) ~ x', { w: [0, 0, 0, 0, 0, 0] }, 'every row has the weight or frequency 0'],
    [
      'y | freq(w) ~ x',
      { w: [1e9, 1, 1, 1, 1, 1] },
      'freq(w) comes to 1000000005 rows, expected at most 10000000',
    ],
    ['y | weights(v) ~ x', { w: [1, 1, 1, 1, 1, 1] }, "no column 'v'"],
    ['y | weights(w) ~ x', { w: [...'abcdef'] }, 'w'],
  ])('%s is refused for %o', (formula, more, problem) => {
    expect(() => frame(formula, { ...six, ...more })).toThrow(problem);
  });

  test('rows without a weight or a frequency lack a value', () => {
    const data = { ...six, w: [1, null, 2, 1, 1, null] };
    expect([...frame('y | weights(w) ~ x', data).usedRows]).toEqual([0, 2, 3, 4]);
    expect([...frame('y | freq(w) ~ x', data).usedRows]).toEqual([0, 2, 2, 3, 4]);
  });
});

describe('facts', () => {
  test('name constant columns, beside an intercept', () => {
    const data = { ...six, c: six.y.map(() => 0.1), ok: six.y.map(() => true) };
    expect(frame('y ~ x + c + ok', data).facts.constantColumns).toEqual(['c', 'okTRUE']);
    expect(frame('y ~ 0 + x + c', data).facts.constantColumns).toEqual([]);
  });

  test('name the columns that make up a column, and no others', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(...[1, 2, 3].map(() => fc.double({ min: -10, max: 10, noNaN: true }))), {
          minLength: 8,
          maxLength: 12,
        }),
        fc.double({ min: 0.5, max: 3, noNaN: true }),
        fc.double({ min: -100, max: 100, noNaN: true }),
        (rows, factor, shift) => {
          const [a, b, c] = [0, 1, 2].map((j) => rows.map((row) => row[j] ?? 0));
          const sum = rows.map((row) => factor * (row[0] ?? 0) - (row[2] ?? 0) + shift);
          const data = { y: rows.map((_, i) => i), a, b, c, sum } as DataInput;
          const plain = frame('y ~ a + b + c', data).facts;
          // Columns that themselves hang together by chance are not asked about.
          fc.pre(plain.constantColumns.length === 0 && plain.dependentColumns.length === 0);
          fc.pre(spread(rows) > 1);
          const { dependentColumns } = frame('y ~ a + b + c + sum', data).facts;
          expect(dependentColumns).toEqual([{ column: 'sum', of: ['a', 'c'] }]);
        },
      ),
      { seed: 2025 },
    );
  });
});

/** Smallest range of a column. */
function spread(rows: readonly (readonly number[])[]): number {
  return Math.min(
    ...[0, 1, 2].map((j) => {
      const column = rows.map((row) => row[j] ?? 0);
      return Math.max(...column) - Math.min(...column);
    }),
  );
}

describe('designs', () => {
  test('are the same for rows in another order, in that order', () => {
    const order = [3, 5, 0, 1, 4, 2];
    const shuffled = Object.fromEntries(
      Object.entries(six).map(([name, values]) => [name, order.map((row) => values[row])]),
    ) as DataInput;
    const formula = 'y ~ x * g + (1 + z | h)';
    const before = frame(formula, six).encoded;
    const after = frame(formula, shuffled).encoded;
    const width = before.population.names.length;
    expect(after.population.names).toEqual(before.population.names);
    order.forEach((from, to) => {
      expect(after.population.values.slice(to * width, (to + 1) * width)).toEqual(
        before.population.values.slice(from * width, (from + 1) * width),
      );
      expect(after.groups[0]?.levelOf[to]).toBe(before.groups[0]?.levelOf[from]);
    });
  });

  test('change in names alone where levels are renamed in their order', () => {
    const renamed = { ...six, g: six.g.map((level) => `${level}${level} new`) };
    const [before, after] = [six, renamed].map(
      (data) => frame('y ~ x * g + (g | h)', data).encoded,
    );
    expect(after?.population.values).toEqual(before?.population.values);
    expect(after?.groups[0]?.matrix.values).toEqual(before?.groups[0]?.matrix.values);
    expect(after?.population.names).toEqual(['x', 'gbb new', 'gcc new', 'x:gbb new', 'x:gcc new']);
  });

  test('have a column of ones for 0 + Intercept, with contrasts beside it', () => {
    const { encoded, design, facts } = frame('y ~ 0 + Intercept + g', six);
    expect(design.intercept).toBe(false);
    expect(encoded.population.names).toEqual(['Intercept', 'gb', 'gc']);
    expect(encoded.population.values.filter((_, i) => i % 3 === 0)).toEqual(
      new Float64Array(6).fill(1),
    );
    expect(facts.dependentColumns).toEqual([]);
    expect(() => frame('y ~ Intercept', six)).toThrow("no column 'Intercept'");
  });

  test('take every column for the dot but those left of ~', () => {
    const binomial = frame('y | trials(x) ~ . + (1 | h)', six, { outcome: 'binomial' });
    expect(binomial.design.dot).toEqual(['z', 'g', 'h']);
    expect(binomial.encoded.population.names).toEqual(['z', 'gb', 'gc', 'hv']);
  });

  test('have group terms by name, nested ones as two, and correlations where they are asked for', () => {
    const { groups } = frame('y ~ (0 + x || h) + (1 | g/h)', six).encoded;
    expect(groups.map(({ group, correlated }) => [group, correlated])).toEqual([
      ['g', true],
      ['g:h', true],
      ['h', false],
    ]);
    expect(groups[1]?.levels).toEqual(['a_u', 'a_v', 'b_u', 'c_v']);
  });

  test('keep apart levels that would be joined to the same name', () => {
    const data = { y: [1, 2], g: ['a_b', 'a'], h: ['c', 'b_c'] };
    expect(() => frame('y ~ (1 | g:h)', data)).toThrow("two levels of g:h would both be 'a_b_c'");
  });

  test('of names that objects have by themselves are as others', () => {
    const data = JSON.parse(
      '{"y": [1, 2, 3, 5], "__proto__": [1, 2, 4, 3], "constructor": ["a", "b", "a", "b"]}',
    );
    const { encoded, design } = frame('y ~ `__proto__` + (1 | constructor)', data);
    expect(encoded.population.names).toEqual(['`__proto__`']);
    expect([...encoded.population.values]).toEqual([1, 2, 4, 3]);
    expect(encoded.groups[0]?.levels).toEqual(['a', 'b']);
    expect(JSON.parse(JSON.stringify(design))).toEqual(design);
  });
});
