/** Data as users have them, to typed columns. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText, compareCodePoints } from '../../src/formula/names.js';
import {
  type Cell,
  type Column,
  columnOf,
  type DataInput,
  labelAt,
  levelsOf,
  selectRows,
  tableOf,
} from '../../src/formula/table.js';

const columnsOfOneKind = fc.oneof(
  fc.array(fc.option(fc.double(), { nil: null }), { minLength: 4, maxLength: 4 }),
  fc.array(fc.option(fc.boolean(), { nil: undefined }), { minLength: 4, maxLength: 4 }),
  // A NUL is refused; the rest is compared as it looks.
  fc.array(
    fc.option(
      fc.string({ unit: 'binary' }).map((text) => cleanText(text.replaceAll('\0', ''))),
      { nil: null },
    ),
    { minLength: 4, maxLength: 4 },
  ),
  fc.array(fc.bigInt(), { minLength: 4, maxLength: 4 }),
);
const anyColumns = fc.dictionary(
  fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'größe')),
  columnsOfOneKind,
  { maxKeys: 5 },
);

function cellOf(column: Column, row: number): Cell {
  const label = labelAt(column, row);
  if (label === null) return null;
  if (column.kind === 'numeric') return column.values[row];
  return column.kind === 'boolean' ? label === 'TRUE' : label;
}

describe('a table', () => {
  test('is the same of rows as of columns, whatever their names', () => {
    fc.assert(
      fc.property(anyColumns, (columns) => {
        const names = Object.keys(columns);
        fc.pre(names.length > 0);
        const rows = [0, 1, 2, 3].map((row) =>
          Object.fromEntries(names.map((name) => [name, columns[name]?.[row]])),
        );
        expect(tableOf(rows)).toEqual(tableOf(columns));
      }),
      { seed: 2025 },
    );
  });

  test('holds the values that it was given', () => {
    fc.assert(
      fc.property(anyColumns, (columns) => {
        const table = tableOf(columns);
        expect(Object.keys(table.columns).sort()).toEqual(Object.keys(columns).sort());
        for (const [name, values] of Object.entries(columns)) {
          const column = columnOf(table, name);
          values.forEach((value, row) => {
            const missing = value === null || value === undefined || Number.isNaN(value);
            const whole = typeof value === 'bigint';
            const expected = whole && column.kind === 'numeric' ? Number(value) : value;
            const found = cellOf(column, row);
            expect(found).toEqual(
              missing
                ? null
                : whole
                  ? column.kind === 'factor'
                    ? String(value)
                    : expected
                  : expected,
            );
          });
        }
      }),
      { seed: 2025 },
    );
  });

  test('keeps names that objects have by themselves', () => {
    const table = tableOf(JSON.parse('[{"__proto__": 1, "constructor": 2}, {"__proto__": 3}]'));
    expect(columnOf(table, '__proto__')).toEqual({
      kind: 'numeric',
      values: Float64Array.of(1, 3),
    });
    expect(columnOf(table, 'constructor')).toEqual({
      kind: 'numeric',
      values: Float64Array.of(2, Number.NaN),
    });
    expect(() => columnOf(tableOf({ x: [1] }), 'constructor')).toThrow("no column 'constructor'");
    expect(() => columnOf(tableOf({ x: [1] }), '__proto__')).toThrow("no column '__proto__'");
  });

  test('takes rows of an interface, as the compiler agrees', () => {
    interface Trial {
      readonly y: number;
      readonly agent: string;
      readonly flag?: boolean;
    }
    const trials: readonly Trial[] = [
      { y: 1, agent: 'a' },
      { y: 2, agent: 'b', flag: true },
    ];
    const data: DataInput = trials;
    expect(tableOf(data).columns).toEqual(
      tableOf({ y: [1, 2], agent: ['a', 'b'], flag: [null, true] }).columns,
    );
  });

  test('takes typed arrays', () => {
    const table = tableOf({
      a: Float32Array.of(0.5, Number.NaN),
      b: Int8Array.of(-1, 2),
      c: BigInt64Array.of(7n, -8n),
    });
    expect(columnOf(table, 'a')).toEqual({
      kind: 'numeric',
      values: Float64Array.of(0.5, Number.NaN),
    });
    expect(columnOf(table, 'b')).toEqual({ kind: 'numeric', values: Float64Array.of(-1, 2) });
    expect(columnOf(table, 'c')).toEqual({ kind: 'numeric', values: Float64Array.of(7, -8) });
  });

  test('of no rows and of no columns has none', () => {
    expect(tableOf([])).toEqual({ rows: 0, columns: {} });
    expect(tableOf({})).toEqual({ rows: 0, columns: {} });
    expect(tableOf({ x: [] }).rows).toBe(0);
  });
});

describe('levels', () => {
  test('are in code-point order', () => {
    const levels = (values: string[]) => levelsOf(columnOf(tableOf({ g: values }), 'g'));
    // U+FFFD is before U+1F600 by code points, and behind it by UTF-16 units.
    expect(levels(['b', 'B', '10', '2', 'ä', '😀', '\uFFFD', ''])).toEqual([
      '',
      '10',
      '2',
      'B',
      'b',
      'ä',
      '\uFFFD',
      '😀',
    ]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        const points = (text: string) => Array.from(text, (c) => c.codePointAt(0) ?? 0);
        const [left, right] = [points(a), points(b)];
        const at = left.findIndex((point, i) => point !== right[i]);
        const expected = at < 0 ? left.length - right.length : (left[at] ?? 0) - (right[at] ?? -1);
        expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(expected));
      }),
      { seed: 2025 },
    );
  });

  test('are as they are given, of text, numbers and booleans', () => {
    const data = { g: ['b', 'a', 'b'], n: [10, 2, null], ok: [true, true, false] };
    const table = tableOf(data, {
      levels: { g: ['c', 'b', 'a'], n: ['2', '10'], ok: ['TRUE', 'FALSE'] },
    });
    expect(columnOf(table, 'g')).toEqual({
      kind: 'factor',
      levels: ['c', 'b', 'a'],
      codes: Int32Array.of(1, 2, 1),
    });
    expect(columnOf(table, 'n')).toMatchObject({ codes: Int32Array.of(1, 0, -1) });
    expect(columnOf(table, 'ok')).toMatchObject({ codes: Int32Array.of(0, 0, 1) });
  });

  test('that are given hold every value, name a column and are named once', () => {
    const data = { g: ['b', 'a'] };
    expect(() => tableOf(data, { levels: { g: ['a', 'c'] } })).toThrow(
      "column 'g', row 1: found 'b', which is none of the levels given: a, c",
    );
    expect(() => tableOf(data, { levels: { G: ['a'] } })).toThrow(
      "'G', which is not a column, did you mean 'g'?",
    );
    expect(() => tableOf(data, { levels: { g: ['a', 'b', 'a'] } })).toThrow("'a' twice");
  });

  test('of numbers are by size, and those that no row has are dropped with rows', () => {
    const column = columnOf(tableOf({ g: [10, 2, 10, Number.NaN] }), 'g');
    expect(levelsOf(column)).toEqual(['2', '10']);
    const factor = columnOf(tableOf({ g: ['c', 'a', 'b', null] }), 'g');
    expect(selectRows(factor, Int32Array.of(0, 3, 2))).toEqual({
      kind: 'factor',
      levels: ['b', 'c'],
      codes: Int32Array.of(1, -1, 0),
    });
  });
});

describe('what is no table', () => {
  test('is refused with what was found', () => {
    const read = (data: unknown) => () => tableOf(data as DataInput);
    expect(read({ x: [1, 2], z: [1] })).toThrow(
      "column 'z' has 1 values where column 'x' has 2; columns are of one length",
    );
    expect(read({ x: 'abc' })).toThrow(
      "column 'x': expected an array of values, found the text 'abc'",
    );
    expect(read({ x: 3 })).toThrow('found 3');
    expect(read([{ x: 1 }, null])).toThrow('row 2: expected a record of columns, found null');
    expect(read([[1, 2]])).toThrow('row 1: expected a record of columns, found an array');
    expect(read('x')).toThrow('expected an array of records');
    expect(read(null)).toThrow('expected an array of records');
  });

  test('in one column is an error where the column is asked for, and there alone', () => {
    const read = (cells: readonly unknown[]) => {
      const table = tableOf({ x: cells, fine: cells.map(() => 1) } as DataInput);
      expect(columnOf(table, 'fine').kind).toBe('numeric');
      return () => columnOf(table, 'x');
    };
    expect(read([null, 3, 'n/a'])).toThrow(
      "column 'x', row 3: found the text 'n/a' where row 2 has 3; a column holds values of one kind",
    );
    expect(read([true, 1])).toThrow('row 2: found 1 where row 1 has true');
    expect(read([new Date(0)])).toThrow("column 'x', row 1: found a Date, expected a number, text");
    expect(read([1, [2]])).toThrow('row 2: found an array');
    expect(read([Symbol('s')])).toThrow("column 'x', row 1: found Symbol(s), expected");
  });

  test('whole numbers beyond 2^53 keep their digits as levels, by size', () => {
    const ids = [9007199254740993n, 12n, 9007199254740992n, -9007199254740993n];
    expect(columnOf(tableOf({ id: ids }), 'id')).toMatchObject({
      kind: 'factor',
      levels: ['-9007199254740993', '12', '9007199254740992', '9007199254740993'],
    });
    expect(columnOf(tableOf({ id: [9007199254740991n] }), 'id').kind).toBe('numeric');
  });
});

describe('numbers as levels', () => {
  const levels = (values: readonly number[]) => levelsOf(columnOf(tableOf({ x: values }), 'x'));

  // As R 4.2.2 gives them: levels(factor(c(0.3, 0.1 + 0.2))), and so on.
  test.each([
    [[0.3, 0.1 + 0.2], ['0.3']],
    [
      [1 / 3, 1 - 2 / 3, 0.3333],
      ['0.3333', '0.333333333333333'],
    ],
    [
      [2, 2 + 2 ** -51, 1],
      ['1', '2'],
    ],
    [[123456789012345.6, 123456789012345.5], ['123456789012346']],
    [[-0, 0], ['0']],
  ])('%j are the levels %j', (values, expected) => {
    expect(levels(values)).toEqual(expected);
  });

  test('are different in print, whatever the numbers', () => {
    const near = fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .chain((x) => fc.constantFrom(x, x * (1 + 2 ** -52), x * (1 - 2 ** -52), x * (1 + 1e-14)));
    fc.assert(
      fc.property(fc.array(near), (values) => {
        const found = levels(values);
        expect(new Set(found).size).toBe(found.length);
      }),
      { seed: 2026 },
    );
  });
});

describe('names and levels that look the same', () => {
  const composed = '\u00e9';
  const decomposed = 'e\u0301';

  test.each([
    ['decomposed', decomposed],
    ['with a zero-width space', `\u200b${composed}`],
    ['with a byte-order mark inside', `e\ufeff\u0301`],
    ['with a direction mark', `${composed}\u200e`],
    ['with a joiner at its end', `${composed}\u200d\u200d`],
  ])('are one: %s', (_, text) => {
    const table = tableOf({ [text]: [1, 2], g: [text, composed] });
    expect(columnOf(table, composed)).toEqual({
      kind: 'numeric',
      values: Float64Array.of(1, 2),
    });
    expect(columnOf(table, text)).toBe(columnOf(table, composed));
    expect(levelsOf(columnOf(table, 'g'))).toEqual([composed]);
    expect(tableOf([{ [text]: 1 }, { [composed]: 2 }])).toEqual(tableOf({ [composed]: [1, 2] }));
  });

  test('keep the joiners of words and emoji', () => {
    const words = ['\u0645\u06cc\u200c\u062e\u0648', '\u{1f469}\u200d\u{1f52c}'];
    expect(levelsOf(columnOf(tableOf({ g: words }), 'g'))).toEqual(words);
  });

  test('are refused where they name two columns', () => {
    const message = `two columns are called '${composed}', by characters that look the same; expected different names`;
    const both = { [composed]: [1], [decomposed]: [2] };
    expect(() => tableOf(both)).toThrow(message);
    const table = () => columnOf(tableOf([{ [composed]: 1, [decomposed]: 2 }]), composed);
    expect(table).toThrow(`row 1: ${message}`);
  });

  test('are refused where a level holds a NUL', () => {
    const table = tableOf({ g: ['a', 'a\0'] });
    expect(() => columnOf(table, 'g')).toThrow(
      "column 'g', row 2: found the text 'a\\0' with a NUL character, expected text without",
    );
  });

  test('whole numbers beyond 2^53 beside fractions are measured, and may be rounded', () => {
    const { kind } = columnOf(tableOf({ x: [0.5, 10n ** 20n] }), 'x');
    expect(kind).toBe('numeric');
  });
});
