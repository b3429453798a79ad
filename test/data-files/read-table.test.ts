/** Data sets in files: every format gives the same columns; what is wrong is told with its place. */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ReadTableOptions, readTable } from '../../src/data-files/read-table.js';
import { cleanText } from '../../src/formula/names.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let folder = '';
let remove = async () => {};
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

let count = 0;
async function read(
  extension: string,
  content: string | Uint8Array,
  options?: ReadTableOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const path = join(folder, `data${count++}${extension}`);
  await writeFile(path, content);
  return readTable(path, options);
}

/** The message, with the name of the file that `read` gave it. */
async function refused(extension: string, content: string | Uint8Array): Promise<string> {
  try {
    await read(extension, content);
  } catch (error) {
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message.replaceAll(`data${count - 1}${extension}`, 'FILE');
  }
  throw new Error('the file was read');
}

describe('an error', () => {
  it.each([
    ['.csv', 'x,y\n1,2\n3\n', { line: 3, found: 1, expected: '2 cells' }],
    ['.csv', 'x,x\n1,2\n', { line: 1, column: 'x' }],
    ['.json', '[{"x": 1},\n {"x": 1,}]', { line: 2, expected: 'JSON' }],
    ['.json', '[{"x": 1}, 2]', { row: 2, found: 2, expected: 'a record' }],
    ['.jsonl', '{"x": 1}\n3\n', { line: 2, found: 3, expected: 'a record' }],
  ])('has its place in its details: %s %j', async (extension, content, details) => {
    const file = `data${count}${extension}`;
    await expect(read(extension, content)).rejects.toMatchObject({
      code: 'bad-data',
      details: { file, ...details },
    });
  });
});

describe('CSV', () => {
  it('has numbers, booleans and text by column, with NA and nothing for missing', async () => {
    const text = [
      'y,x,flag,mixed,word,empty,"a ""name"", with\tmore"',
      '1,-2.5e-3,TRUE,1,one,,"two',
      'lines"',
      'NA,.5,F,yes, two ,NA,b',
      '+3,Inf,NA,,,,NA',
      '',
    ].join('\n');
    expect(await read('.csv', text)).toEqual({
      y: [1, null, 3],
      x: [-0.0025, 0.5, Number.POSITIVE_INFINITY],
      flag: [true, false, null],
      mixed: ['1', 'yes', null],
      word: ['one', 'two', null],
      empty: [null, null, null],
      'a "name", with\tmore': ['two\nlines', 'b', null],
    });
  });

  it.each(['', 'NA', 'NaN', 'nan', 'N/A', 'n/a', 'NULL', 'null', '#N/A', '<NA>'])(
    'reads %j as missing, among numbers, booleans and text',
    async (cell) => {
      const text = `x,flag,word\n1,T,a\n${cell},${cell},${cell}\n`;
      expect(await read('.csv', text)).toEqual({
        x: [1, null],
        flag: [true, null],
        word: ['a', null],
      });
    },
  );

  it.each(['.', '-', 'None', '?'])('reads %j as text', async (cell) => {
    expect(await read('.csv', `x\n1\n${cell}\n`)).toEqual({ x: ['1', cell] });
  });

  it('warns of a cell that makes text of a column of numbers, with its place', async () => {
    const warningsOf = async (extension: string, text: string) => {
      const warnings: string[] = [];
      await read(extension, text, { onWarning: (line) => warnings.push(line) });
      return warnings.map((line) => line.replace(`data${count - 1}${extension}`, 'FILE'));
    };
    const numbers = (n: number) => Array.from({ length: n }, (_, i) => `${i},"a\nb"`).join('\n');
    // A cell of two lines counts as two; missing cells do not count.
    expect(await warningsOf('.csv', `x,word\n${numbers(9)}\nNA,b\n\n not  known ,c\n`)).toEqual([
      "FILE, column x is read as text: line 22 has 'not known'; 9 of 10 cells are numbers; if it is a missing value, --na 'not known'",
    ]);
    expect(await warningsOf('.tsv', `x\n1\n2\n3\n4\n5\n6\n7\n8\n9\n.\n`)).toEqual([
      "FILE, column x is read as text: line 11 has '.'; 9 of 10 cells are numbers; if it is a missing value, --na '.'",
    ]);
    expect(await warningsOf('.csv', `x,word\n${numbers(8)}\n?,c\n`)).toHaveLength(1);
    expect(await warningsOf('.csv', 'x\n1\nA1\nA2\nA3\n')).toEqual([]);
    expect(await warningsOf('.csv', `x,word\n${numbers(10)}\n`)).toEqual([]);
    expect(await warningsOf('.csv', 'x\n1\n2\n3\n4\n5\n')).toEqual([]);
  });

  it.each(['true', 'TRUE', 'True', 'T'])('reads %s as true', async (cell) => {
    expect(await read('.csv', `x\n${cell}\nfalse\n`)).toEqual({ x: [true, false] });
  });

  it('keeps whole numbers beyond 2^53 unrounded', async () => {
    expect(await read('.csv', 'id\n9007199254740993\n-9007199254740992\n7\n')).toEqual({
      id: [9007199254740993n, -9007199254740992n, 7],
    });
  });

  it('does not take for a number what is none', async () => {
    const cells = ['0x10', '1_000', '1e', 'e5', '1 2', '--1', 'Infinit', '١'];
    expect(await read('.csv', `x\n${cells.join('\n')}\n`)).toEqual({ x: cells });
  });

  it('is read with a byte-order mark, Windows or old Macintosh line ends, and no last line end', async () => {
    const expected = { x: [1, 2], ü: ['a', 'b'] };
    const text = 'x,ü\n1,a\n2,b\n';
    for (const end of ['\n', '\r\n', '\r']) {
      expect(await read('.csv', `\uFEFF${text.replaceAll('\n', end)}`)).toEqual(expected);
    }
    expect(await read('.csv', text.trimEnd())).toEqual(expected);
  });

  it('may have semicolons, and decimal commas with them', async () => {
    expect(await read('.csv', 'x;y\n1,5;a,b\n-2,25e1;c\n')).toEqual({
      x: [1.5, -22.5],
      y: ['a,b', 'c'],
    });
  });

  it('leaves out the row names of R and pandas', async () => {
    expect(await read('.csv', '"","x"\n"1",5\n"2",6\n')).toEqual({ x: [5, 6] });
  });

  it('may have no rows', async () => {
    expect(await read('.csv', 'x,y\n')).toEqual({ x: [], y: [] });
  });

  it('has a column __proto__ where the header says so', async () => {
    expect(Object.entries(await read('.csv', '__proto__,constructor\n1,2\n'))).toEqual([
      ['__proto__', [1]],
      ['constructor', [2]],
    ]);
  });

  it('gives back any table of text that was written', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => one.trim() === one);
    const cell = fc.string({ unit: 'grapheme' }).map((text) => `w${text.trim()}`);
    const table = fc
      .uniqueArray(name, { minLength: 2, maxLength: 4 })
      .chain((names) =>
        fc.record({
          names: fc.constant(names),
          rows: fc.array(fc.array(cell, { minLength: names.length, maxLength: names.length })),
        }),
      )
      .filter(({ names, rows }) => ![...names, ...rows.flat()].some((text) => /[\r\0]/.test(text)))
      .filter(({ names }) => !/^(?:#|sep=)/i.test(names[0] ?? ''));
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom('.csv', '.tsv'),
        async ({ names, rows }, extension) => {
          const delimiter = extension === '.csv' ? ',' : '\t';
          const text = Papa.unparse([names, ...rows], { delimiter, newline: '\n' });
          // Names and levels come in composed form, without characters that show as nothing.
          const columns = names.map((one, i) => [
            cleanText(one),
            rows.map((row) => cleanText(row[i] ?? '')),
          ]);
          fc.pre(new Set(names.map(cleanText)).size === names.length);
          expect(Object.entries(await read(extension, text)).sort()).toEqual(columns.sort());
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  it.each<[string, string | Uint8Array, string]>([
    ['an empty file', '', 'FILE is empty: expected a header with the names of columns'],
    ['blank lines', ' \n\n', 'FILE is empty: expected a header with the names of columns'],
    ['a short row', 'x,y\n1,2\n\n3\n', 'FILE, line 4: 1 cells, expected 2 as in the header'],
    [
      'a long row after a cell of two lines',
      'x,y\n"1\n1",2\n3,4,5\n',
      'FILE, line 4: 3 cells, expected 2 as in the header',
    ],
    [
      'a quote that is not closed',
      'x,y\n1,2\n3,"4\n',
      'FILE, line 3: a quoted cell is broken (Quoted field unterminated)',
    ],
    [
      'two columns of one name',
      'x,y,x\n',
      'FILE, line 1: two columns are called x, expected different names',
    ],
    ['a column without a name', 'x,,y\n1,2,3\n', 'FILE, line 1: column 2 has no name'],
    [
      'UTF-16 without a mark',
      Buffer.from('x,y\n1,2\n', 'utf16le'),
      'FILE is UTF-16 without a byte-order mark, expected UTF-8: save it as UTF-8',
    ],
    [
      'UTF-32',
      Buffer.from('\ufeff\0x\0', 'utf16le'),
      'FILE is UTF-32, expected UTF-8: save it as UTF-8',
    ],
    ['a NUL', 'x,g\r\n1,a\r\n2,a\0\r\n', 'FILE, line 3: a NUL character, expected text'],
    [
      'Latin-1',
      Buffer.from('x\nplain\nf\u00fcr\n', 'latin1'),
      'FILE, line 3: not UTF-8, expected text in UTF-8: save it as UTF-8',
    ],
  ])('is refused in one line: %s', async (_what, content, message) => {
    expect(await refused('.csv', content)).toBe(message);
  });
});

const records = [
  { x: 1, word: 'a', flag: true },
  { x: null, word: 'b', flag: false, late: -0.5 },
];
const columns = { x: [1, null], word: ['a', 'b'], flag: [true, false], late: [null, -0.5] };

describe('JSON', () => {
  it('is an array of records, or a record of arrays', async () => {
    expect(await read('.json', JSON.stringify(records))).toEqual(columns);
    expect(await read('.json', JSON.stringify(columns))).toEqual(columns);
  });

  it('is a record a line', async () => {
    const lines = records.map((record) => JSON.stringify(record)).join('\r\n\r\n');
    expect(await read('.jsonl', lines)).toEqual(columns);
    expect(await read('.ndjson', `${lines}\n`)).toEqual(columns);
  });

  it('keeps whole numbers beyond 2^53 unrounded, and text and other numbers as they are', async () => {
    const text =
      '[{"id": 9007199254740993, "x": 1234567890123456789.0e-3, "t": "say \\"9007199254740993\\""},{"id":-9007199254740992,"x":1e300}]';
    const expected = {
      id: [9007199254740993n, -9007199254740992n],
      x: [1234567890123456.8, 1e300],
      t: ['say "9007199254740993"', null],
    };
    expect(await read('.json', text)).toEqual(expected);
    expect(await read('.jsonl', text.slice(1, -1).replace('},{', '}\n{'))).toEqual(expected);
  });

  it.each<[string, string, RegExp]>([
    ['.json', '{"x": [1,\n2', /^FILE, line 2: not JSON: it ends too early$/],
    ['.json', '[{"x": 1},\n{"x": ]}', /^FILE, line 2: not JSON: found '\]\}'$/],
    ['.json', '', /^FILE, line 1: not JSON: it ends too early$/],
    ['.json', '[1]', /^FILE, record 1: found 1, expected a record$/],
    ['.json', '"text"', /^FILE holds the text 'text': expected an array of records, or /],
    ['.json', '{"x": 5}', /^FILE: x is 5, expected an array of records, or /],
    ['.jsonl', '{"x": 1}\n\n{"x": 1\n', /^FILE, line 3: not JSON: it ends too early$/],
    ['.jsonl', '{"x": 1}\n[2]\n', /^FILE, line 2: found an array, expected a record a line$/],
  ])('is refused in one line: %s %j', async (extension, text, message) => {
    expect(await refused(extension, text)).toMatch(message);
  });
});

describe('Parquet', () => {
  const bytesOf = (columnData: Parameters<typeof parquetWriteBuffer>[0]['columnData']) =>
    new Uint8Array(parquetWriteBuffer({ columnData }));

  it('has numbers, text, booleans, missing values and names of any letters', async () => {
    const bytes = bytesOf([
      { name: 'x', data: [1.5, null, Number.NaN], type: 'DOUBLE' },
      { name: 'n', data: [1, 2, 3], type: 'INT32' },
      { name: 'größe', data: ['a', null, '😀'], type: 'STRING' },
      { name: 'flag', data: [true, false, null], type: 'BOOLEAN' },
    ]);
    expect(await read('.parquet', bytes)).toEqual({
      x: [1.5, null, Number.NaN],
      n: [1, 2, 3],
      größe: ['a', null, '😀'],
      flag: [true, false, null],
    });
  });

  it('keeps whole numbers of 64 bits', async () => {
    const bytes = bytesOf([{ name: 'id', data: [9007199254740993n, -1n], type: 'INT64' }]);
    expect(await read('.parquet', bytes)).toEqual({ id: [9007199254740993n, -1n] });
  });

  it('has days and times as text', async () => {
    const day = new Date('2026-01-31T00:00:00Z');
    const time = new Date('2026-01-31T12:30:00Z');
    const bytes = bytesOf([
      { name: 'day', data: [day, null], type: 'TIMESTAMP' },
      { name: 'time', data: [day, time], type: 'TIMESTAMP' },
    ]);
    expect(await read('.parquet', bytes)).toEqual({
      day: ['2026-01-31', null],
      time: ['2026-01-31T00:00:00.000Z', '2026-01-31T12:30:00.000Z'],
    });
  });

  it('is refused in one line where it is cut short or something else', async () => {
    const bytes = bytesOf([{ name: 'x', data: [1, 2, 3], type: 'INT32' }]);
    for (const content of [bytes.slice(0, -5), bytes.slice(0, 3), new Uint8Array()]) {
      expect(await refused('.parquet', content)).toMatch(/^FILE is not Parquet, or damaged: ./);
    }
    expect(await refused('.parquet', 'x,y\n1,2\n')).toMatch(/^FILE is not Parquet, or damaged: ./);
  });
});

describe('the format', () => {
  it('is that of the extension, in any case, or the one that is given', async () => {
    expect(await read('.CSV', 'x\n1\n')).toEqual({ x: [1] });
    expect(await read('.dat', 'x\ty\n1\t2\n', { format: 'tsv' })).toEqual({ x: [1], y: [2] });
    expect(await read('.csv', '{"x":1}\n', { format: 'jsonl' })).toEqual({ x: [1] });
    expect(await refused('.xlsx', 'x')).toMatch(
      /the format of .*FILE is unknown: expected a name that ends in \.csv, \.tsv, \.json, \.jsonl, \.ndjson, \.parquet, or a format given$/,
    );
  });

  it('needs a file that is there', async () => {
    const path = join(folder, 'nowhere.csv');
    await expect(readTable(path)).rejects.toThrow(`${path} is missing: expected a data set`);
    await expect(readTable(folder, { format: 'csv' })).rejects.toThrow(
      `${folder} cannot be read (EISDIR): expected a data set`,
    );
  });
});
