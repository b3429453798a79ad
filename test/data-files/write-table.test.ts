import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTable } from '../../src/data-files/read-table.js';
import type { TableColumn, TableRow } from '../../src/data-files/table-rows.js';
import { writeTable } from '../../src/data-files/write-table.js';
import { cleanText, withoutInvisible } from '../../src/formula/names.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-tables-'));
});
afterAll(() => rm(folder, { recursive: true }));

const columns: readonly TableColumn[] = [
  { name: 'study', kind: 'text' },
  { name: 'text', kind: 'text' },
  { name: 'value', kind: 'number' },
  { name: 'tokens', kind: 'integer' },
  { name: 'valid', kind: 'boolean' },
];

const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    ...['', ' ', '\0', 'a\0b', '\ud800', 'x\udc00y', '=1+1', '-3', "'", "'=", '@x', '#a', '"'],
    ...['a\nb', 'a\r\nb', '\r', ',', ';', 'NA', 'null', 'true', '1', '\ufeff', '\t', '1,5', '{"'],
  ),
);

/** A negative zero has no place in JSON. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);

const row: fc.Arbitrary<TableRow> = fc.tuple<TableRow[number][]>(
  fc.constant('s'),
  fc.option(oddText),
  fc.option(number),
  fc.option(fc.maxSafeInteger()),
  fc.option(fc.boolean()),
);

/** Rows that fix the type of each column: a reader of text infers it. */
const first: TableRow = ['s', 'word', 0.5, 7, true];

const wellFormed = (text: string) => text.replaceAll(/\p{Surrogate}/gu, '\u{FFFD}');

async function readBack(name: string, rows: readonly TableRow[]) {
  const path = join(folder, name);
  await writeTable(path, { columns, rows });
  const read = await readTable(path);
  return rows.map((_, i) => columns.map(({ name: column }) => plain(read[column]?.[i])));
}

/** As written, from what readers give: whole numbers of 64 bits are bigints. */
const plain = (cell: unknown) =>
  typeof cell === 'bigint' ? Number(cell) : cell === undefined ? null : cell;

const check = (name: string, of: (row: TableRow) => unknown) =>
  fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 12 }), async (rows) => {
      const all = [first, ...rows];
      expect(await readBack(name, all)).toEqual(all.map(of));
    }),
    { seed: 14, numRuns: 60 },
  );

describe('a table that was written is read as it was', () => {
  test('from JSON lines: exactly', () => check('t.jsonl', (cells) => cells.map((cell) => cell)));

  test('from Parquet: exactly, but for halves of surrogate pairs', () =>
    check('t.parquet', (cells) =>
      cells.map((cell) => (typeof cell === 'string' ? wellFormed(cell) : cell)),
    ));

  test('from CSV: numbers and booleans exactly, text as CSV can hold it', async () => {
    const missing = ['', 'NA', 'NaN', 'nan', 'N/A', 'n/a', 'NULL', 'null', '#N/A', '<NA>'];
    const formula = /^'*(?:[\t\r\n]|[\s\p{C}]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/u;
    const expected = (text: string) => {
      const held = wellFormed(text).replaceAll('\0', '\u{FFFD}');
      const safe = formula.test(held) ? `'${held}` : held;
      const unix = withoutInvisible(safe.replaceAll(/\r\n?/g, '\n')).trim();
      return missing.includes(unix) ? null : cleanText(unix);
    };
    await check('t.csv', (cells) =>
      cells.map((cell) => (typeof cell === 'string' ? expected(cell) : cell)),
    );
  });
});

describe('a written table', () => {
  test('of more rows than a block or a group is whole in each format', async () => {
    const rows = Array.from({ length: 45_001 }, (_, i): TableRow => ['s', `t${i}`, i / 8, i, true]);
    function* once() {
      yield* rows;
    }
    for (const name of ['long.csv', 'long.jsonl', 'long.parquet']) {
      const path = join(folder, name);
      await writeTable(path, { columns, rows: once() });
      const read = await readTable(path);
      expect(read.text?.length).toBe(rows.length);
      expect(read.text?.[45_000]).toBe('t45000');
      expect(read.value?.[40_001]).toBe(40_001 / 8);
    }
  });

  test('is whole in groups of any size, and its values that repeat are written once', async () => {
    const long = 'a text that repeats far apart, in no two rows beside each other '.repeat(10);
    const rows = Array.from(
      { length: 1000 },
      (_, i): TableRow => [...['s', `${long}${i % 100}`, (i % 7) / 8, i, i % 2 === 0]],
    );
    for (const rowsAGroup of [1, 7, 999, 1000, 5000]) {
      const path = join(folder, 'groups.parquet');
      await writeTable(path, { columns, rows }, { rowsAGroup });
      const read = await readTable(path);
      expect(read.text).toEqual(rows.map((cells) => cells[1]));
      expect(read.value).toEqual(rows.map((cells) => cells[2]));
      if (rowsAGroup >= 1000) expect((await readFile(path)).length).toBeLessThan(100 * long.length);
    }
  });

  test('without rows has its columns', async () => {
    await writeTable(join(folder, 'none.csv'), { columns, rows: [] });
    expect(await readFile(join(folder, 'none.csv'), 'utf8')).toBe(
      'study,text,value,tokens,valid\n',
    );
    await writeTable(join(folder, 'none.parquet'), { columns, rows: [] });
    expect(Object.keys(await readTable(join(folder, 'none.parquet')))).toEqual(
      columns.map(({ name }) => name),
    );
  });

  test('replaces a file when it is whole, and leaves nothing else behind', async () => {
    for (const name of ['kept.csv', 'kept.jsonl', 'kept.parquet']) {
      const path = join(folder, name);
      await writeTable(path, { columns, rows: [first] });
      const before = await readFile(path);
      const broken = function* () {
        yield first;
        throw new Error('no more rows');
      };
      await expect(writeTable(path, { columns, rows: broken() })).rejects.toThrow('no more rows');
      expect(await readFile(path)).toEqual(before);
    }
    expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
  });

  test('has no cell that a spreadsheet takes for a formula', async () => {
    const path = join(folder, 'safe.csv');
    await writeTable(path, { columns, rows: [['s', '=HYPERLINK("x")', -1, -2, true]] });
    const { data } = Papa.parse<string[]>((await readFile(path, 'utf8')).trim());
    expect(data[1]).toEqual(['s', `'=HYPERLINK("x")`, '-1', '-2', 'true']);
  });

  test.each(['t.xlsx', 't', 't.constructor'])('has a known format: %s', async (name) => {
    await writeFile(join(folder, 'other'), '');
    await expect(writeTable(join(folder, name), { columns, rows: [] })).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining(
        'expected a name that ends in .csv, .jsonl, .ndjson, .parquet',
      ),
    });
  });
});
