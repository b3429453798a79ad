/**
 * Tables of text: whatever a spreadsheet makes of a CSV file is read the same, and what is broken
 * is told with its place.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatCsv,
  formatSafeCsv,
  parseNumber,
  readTextTable,
} from '../../src/data-files/text-table.js';
import { WeighbridgeError } from '../../src/errors.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const path = () => join(folder, 'fruit.csv');

async function read(text: string, columns: readonly string[] = ['name', 'weight']) {
  await writeFile(path(), text);
  return readTextTable(path(), 'fruit', () => columns);
}

/** Row numbers and cells, as pairs. */
async function rowsOf(text: string, columns?: readonly string[]) {
  const { rows } = await read(text, columns);
  return rows.map(({ place, cells }) => [place, ...cells]);
}

it.skipIf(process.platform === 'win32')('is read from no device and no named pipe', async () => {
  const pipe = join(folder, 'pipe.csv');
  await promisify(execFile)('mkfifo', [pipe]);
  for (const path of [pipe, '/dev/zero']) {
    expect(
      await complaint(
        readTextTable(path, 'fruit', () => []),
        'missing-file',
      ),
    ).toBe(`${path} is a named pipe, a socket or a device: expected a file with fruit`);
  }
});

async function complaint(reading: Promise<unknown>, code = 'bad-data'): Promise<string> {
  const error: unknown = await reading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WeighbridgeError);
  expect(error).toMatchObject({ code });
  const { message } = error as WeighbridgeError;
  expect(message).not.toContain('\n');
  return message;
}

const plain = 'name,weight\napple,150\npear,170\n';
const plainRows = [
  [2, 'apple', '150'],
  [3, 'pear', '170'],
];

describe('a table', () => {
  it('has its cells in the order asked for, and rows counted from the header', async () => {
    expect(await rowsOf(plain)).toEqual(plainRows);
    expect(await rowsOf(plain, ['weight'])).toEqual([
      [2, '150'],
      [3, '170'],
    ]);
  });

  it.each([
    ['a byte-order mark', `\uFEFF${plain}`],
    ['a byte-order mark and quotes', `\uFEFF"name","weight"\n"apple","150"\n"pear","170"\n`],
    ['Windows line ends', plain.replaceAll('\n', '\r\n')],
    ['old Macintosh line ends', plain.replaceAll('\n', '\r')],
    ['no line end after the last row', plain.trimEnd()],
    ['blank lines at the end', `${plain}\n\n`],
    ['a Windows line end in the header alone', 'name,weight\r\napple,150\npear,170\n'],
    ['a Windows line end in the last row alone', 'name,weight\napple,150\npear,170\r\n'],
    ['columns in another order', 'weight,name\n150,apple\n170,pear\n'],
    ['further columns', 'id,name,note,weight\n1,apple,,150\n2,pear,ripe,170\n'],
    ['white space around cells', ' name , weight\napple ,\t150\n  pear,170  \n'],
  ])('is the same with %s', async (_what, text) => {
    expect(await rowsOf(text)).toEqual(plainRows);
  });

  it('passes over blank lines, and still counts them', async () => {
    expect(await rowsOf('name,weight\n\napple,150\n , \npear,170\n')).toEqual([
      [3, 'apple', '150'],
      [5, 'pear', '170'],
    ]);
  });

  it('keeps commas, doubled quotes and line ends in quoted cells', async () => {
    expect(await rowsOf('name,weight\n"a ""red"", round one\nof many",150\n')).toEqual([
      [2, 'a "red", round one\nof many', '150'],
    ]);
  });

  it('may have no rows', async () => {
    expect(await rowsOf('name,weight\n')).toEqual([]);
  });

  it('gives back any cells that were written, but for outer white space and Windows line ends', async () => {
    const awkward = fc.constantFrom('"', ',', '\n', '\r', ' ', '\t', ';', "'", 'x', '\uFEFF', '1');
    const cell = fc
      .oneof(fc.string({ unit: awkward, maxLength: 8 }), fc.string({ unit: 'binary' }))
      .map((text) => text.replace(/\r+\n/g, '\n').trim());
    // A row of nothing but empty cells is a blank line.
    const row = fc.tuple(cell, cell).filter((cells) => cells.some((text) => text !== ''));
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 6 }), async (rows) => {
        expect(await rowsOf(formatCsv(['name', 'weight'], rows))).toEqual(
          rows.map((cells, index) => [index + 2, ...cells]),
        );
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('is written with Unix line ends, and quotes only where they are needed', () => {
    expect(formatCsv(['name', 'weight'], [['a "red", one', 1.5]])).toBe(
      'name,weight\n"a ""red"", one",1.5\n',
    );
  });
});

/** https://owasp.org/www-community/attacks/CSV_Injection, and what can hide the sign from a filter. */
const formulas = [
  ...['=1+1', "=cmd|' /C calc'!A0", '+1', '-1', '-', '@SUM(A1)', '\t=1', '\tx', '\rx', '\nx'],
  ...['  =1', '\u00a0=1', '\u200b=1', '\u0000=1', '\uFEFF=1', '＝1', '＋1', '－1', '＠a'],
  ...['=1\nsecond line', "'=1", "''-1"],
];

describe('a table for spreadsheets', () => {
  const cellOf = (text: string) => Papa.parse<string[]>(text).data[1]?.[0];

  it.each(formulas)('has an apostrophe before %j', (text) => {
    expect(cellOf(formatSafeCsv(['a'], [[text]]))).toBe(`'${text}`);
    expect(cellOf(formatCsv(['a'], [[text]]))).toBe(text);
  });

  it.each(['A', 'a=1', 'it is -1', "'A'", "'", '1-2', '(=1)', '', '“=1”'])('leaves %j', (text) => {
    expect(formatSafeCsv(['a', 'b'], [[text, 1]])).toBe(formatCsv(['a', 'b'], [[text, 1]]));
  });

  it('leaves numbers, and any text is told from what it was written as', () => {
    expect(formatSafeCsv(['a'], [[-1], [-0.5], [1e-7]])).toBe('a\n-1\n-0.5\n1e-7\n');
    const awkward = fc.constantFrom("'", '=', '+', '-', '@', '\t', '\n', ' ', 'x', '\u200b');
    const text = fc.string({ unit: awkward, minLength: 1, maxLength: 6 });
    const written = (one: string) => cellOf(formatSafeCsv(['a'], [[one]]));
    fc.assert(
      fc.property(text, text, (one, other) => {
        fc.pre(one !== other);
        expect(written(one)).not.toBe(written(other));
        expect([one, `'${one}`]).toContain(written(one));
      }),
      { seed: 13, numRuns: 300 },
    );
  });
});

describe('a broken table', () => {
  it.each([
    ['no bytes', ''],
    ['only blank lines', '\n \r\n\n'],
    ['only commas', ',,\n'],
  ])('with %s is empty', async (_what, text) => {
    expect(await complaint(read(text))).toBe('fruit.csv is empty: expected fruit');
  });

  it('tells which columns are missing and which are there', async () => {
    expect(await complaint(read('names,Weight\napple,150\n'))).toBe(
      'fruit.csv, row 1: column name, weight is missing; the header has names, Weight',
    );
  });

  it.each([
    ['too few', 'pear', 1],
    ['too many', 'pear,170,180', 3],
  ])('tells which row has %s cells', async (_what, row, count) => {
    expect(await complaint(read(`${plain}\n${row}\n`))).toBe(
      `fruit.csv, row 5: ${count} cells, expected 2 as in the header`,
    );
  });

  it.each([
    ['is never closed', 'plum,"60\nfig,50\n'],
    ['ends before the cell does', 'plum,"60"0\nfig,50\n'],
  ])('tells in which row a quote %s', async (_what, rows) => {
    expect(await complaint(read(plain + rows))).toMatch(
      /^fruit\.csv, row 4: a quoted cell is broken \(.+\)$/,
    );
  });

  it.each([
    ['Latin-1', Buffer.from('name,weight\napple,150\np\u00eache,170\n', 'latin1'), 'line 3'],
    ['half a character at its end', Buffer.from([0x61, 0x0a, 0xc3]), 'line 2'],
    ['UTF-16 without a byte-order mark', Buffer.from('name,weight\n', 'utf16le'), 'is UTF-16'],
  ])('in %s is refused with its place', async (_what, bytes, place) => {
    await writeFile(path(), bytes);
    const message = await complaint(readTextTable(path(), 'fruit', () => ['name']));
    expect(message).toContain('fruit.csv');
    expect(message).toContain(place);
    expect(message).toContain('UTF-8');
  });

  it('in UTF-16 with a byte-order mark is read', async () => {
    await writeFile(path(), Buffer.from('\ufeffname,weight\npêche,170\n', 'utf16le'));
    const table = await readTextTable(path(), 'fruit', () => ['name']);
    expect(table.rows.map(({ place, cells }) => [place, ...cells])).toEqual([[2, 'pêche']]);
  });

  it('is told by its path where it is missing or no file', async () => {
    const missing = join(folder, 'nuts.csv');
    const reading = (file: string) => readTextTable(file, 'fruit', () => ['name']);
    expect(await complaint(reading(missing), 'missing-file')).toBe(
      `${missing} is missing: expected fruit`,
    );
    expect(await complaint(reading(folder), 'missing-file')).toBe(
      `${folder} cannot be read (EISDIR): expected fruit`,
    );
  });
});

describe('a number in a cell', () => {
  it.each([
    ['0', 0],
    ['-3.50', -3.5],
    ['1e3', 1000],
    ['.5', 0.5],
  ])('is read from %j', (cell, value) => {
    expect(parseNumber(cell)).toBe(value);
  });

  it.each(['', 'n/a', 'NaN', 'Infinity', '-Infinity', '1e999', '1,5', '12 kg', '-'])(
    'is not read from %j',
    (cell) => {
      expect(parseNumber(cell)).toBeNull();
    },
  );

  it('survives being written as text, whatever its value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(parseNumber(String(value))).toBe(value + 0);
      }),
      { seed: 12 },
    );
  });

  it('is required with file, row, column and what was found', async () => {
    const table = await read('name,weight\napple,150\n\npear,heavy\n');
    expect(table.rows[0]?.number('weight')).toBe(150);
    expect(table.rows[0]?.text('name')).toBe('apple');
    expect(() => table.rows[1]?.number('weight')).toThrow(
      expect.objectContaining({
        code: 'bad-data',
        message: "fruit.csv, row 4, column weight: found 'heavy', expected a number",
        details: {
          file: 'fruit.csv',
          row: 4,
          column: 'weight',
          found: 'heavy',
          expected: 'a number',
        },
      }),
    );
  });
});
