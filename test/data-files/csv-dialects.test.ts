/**
 * CSV as programs and people write it. The expected numbers are those that the texts were made from.
 * For the tables of conventions, R 4.2.2 reads the same numbers from the same texts with
 * `read.table(text = gsub(MARK, "", text), header = TRUE, sep = DELIMITER, dec = DECIMAL)`, MARK being
 * that of thousands: R itself is told the convention, which is found from the file here.
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { csvColumns } from '../../src/data-files/csv.js';
import { type ReadTableOptions, readTable } from '../../src/data-files/read-table.js';
import { isLikeNumber } from '../../src/formula/number-text.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let folder = '';
let remove = async () => {};
beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
});
afterAll(() => remove());

type Columns = Readonly<Record<string, readonly unknown[]>>;

function read(text: string, options: Omit<ReadTableOptions, 'onWarning'> = {}) {
  const warnings: string[] = [];
  const onWarning = (line: string) => warnings.push(line);
  const columns: Columns = csvColumns(text, { ...options, file: 'd.csv', onWarning });
  return { columns, warnings };
}

function refusal(text: string, options: ReadTableOptions = {}): string {
  try {
    read(text, options);
  } catch (error) {
    const { message } = error as Error;
    expect(message).not.toContain('\n');
    return message;
  }
  throw new Error('the text was read');
}

const conventions = [
  ['.', ''],
  ['.', ','],
  [',', ''],
  [',', '.'],
  ['.', '\u202f'],
  [',', '\u00a0'],
  ['.', "'"],
  [',', '’'],
] as const;
const delimiters = [',', ';', '\t', '|', ' '] as const;

/** A number as its convention has it. */
function written(value: number, [decimal, thousands]: (typeof conventions)[number]): string {
  const [whole = '', fraction] = String(Math.abs(value)).split('.');
  const grouped = whole.replaceAll(/\B(?=(?:\d{3})+$)/g, thousands);
  return `${value < 0 ? '-' : ''}${grouped}${fraction === undefined ? '' : decimal + fraction}`;
}

function table(rows: readonly (readonly string[])[], delimiter: string): string {
  const quoted = (cell: string) => (cell.includes(delimiter) ? `"${cell}"` : cell);
  return rows.map((row) => `${row.map(quoted).join(delimiter)}\n`).join('');
}

describe('numbers', () => {
  const cases = conventions.flatMap((convention) =>
    delimiters.map((delimiter) => [convention, delimiter] as const),
  );

  test.each(cases)(
    'in the convention %j between %j are what was written',
    (convention, delimiter) => {
      // As in a file of incomes: one column alone tells nothing of its mark.
      const y = [2.69, 1.79, -0.5, 12.25, 1234.5];
      const income = [1500, 850, 920, 12000, 1234567];
      const rows = y.map((value, i) =>
        [value, income[i] ?? 0].map((one) => written(one, convention)),
      );
      const { columns } = read(table([['y', 'income'], ...rows], delimiter));
      expect(columns).toEqual({ y, income });
    },
  );

  it('are those that were written, whatever they are, where one has a fraction that tells', () => {
    const value = fc.oneof(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.integer({ min: -1e8, max: 1e8 }).map((thousandths) => thousandths / 1000),
    );
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(...conventions),
        fc.constantFrom(...delimiters),
        (values, convention, delimiter) => {
          const x = [...values, 0.25];
          const rows = x.map((one, i) => [written(one, convention), String(i)]);
          // Without marks, 1,500 beside 2345 is a decimal comma.
          fc.pre(convention[1] !== '' || delimiter === ';');
          expect(read(table([['x', 'i'], ...rows], delimiter)).columns.x).toEqual(x);
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });

  test.each<[string, string, Columns]>([
    [
      'points in a comma file, without a word',
      'x,y\n1.500,1\n850,2\n',
      { x: [1.5, 850], y: [1, 2] },
    ],
    ['points in a semicolon file', 'x;y\n1.5;2.25\n2;3\n', { x: [1.5, 2], y: [2.25, 3] }],
    ['a zero before the point', 'x;y\n0.500;1\n1.250;2\n', { x: [0.5, 1.25], y: [1, 2] }],
    [
      'two marks of thousands',
      'x,y\n"1,234,567",1\n"1,500",2\n',
      { x: [1234567, 1500], y: [1, 2] },
    ],
    ['a minus of Unicode', 'x,y\n−1.5,1\n2,2\n', { x: [-1.5, 2], y: [1, 2] }],
    ['exponents', 'x;y\n1,500e3;1,5\n2e-1;2\n', { x: [1500, 0.2], y: [1.5, 2] }],
  ])('are read without a warning: %s', (_, text, expected) => {
    expect(read(text)).toEqual({ columns: expected, warnings: [] });
  });

  test.each([
    ['x;y\n1.500;1\n850;2\n', "column x, line 2: '1.500' may be 1500 or 1.5;"],
    ['x,y\n850,1\n"1,500",2\n', "column x, line 3: '1,500' may be 1500 or 1.5;"],
    ['x\ty\n1,500\t1\n', "column x, line 2: '1,500' may be 1500 or 1.5;"],
    ['x;y\n1.500;2,250\n', "column x, line 2: '1.500' may be 1500 or 1.5;"],
    [
      'x;y\n1.5;1\n2;2,5\n',
      "column y, line 3: '2,5' has a decimal comma, and '1.5' in column x, line 2, a decimal point; expected one for the whole file:",
    ],
    [
      'x;y\n1.500;2,5\n2345;1\n',
      "column x, line 2: '1.500' would have a mark between thousands, which '2345' does not have;",
    ],
  ])('that may be two are refused with both, and the option: %j', (text, message) => {
    expect(refusal(text)).toContain(`d.csv, ${message} use --decimal , or --decimal .`);
    for (const decimal of ['.', ','] as const) expect(() => read(text, { decimal })).not.toThrow();
  });

  test.each([
    ['x;y\n1,500;1\n', { x: [1.5], y: [1] }, "'1,500' is read as 1.5, with a decimal comma"],
    ['x\ty\n1.500\t1\n', { x: [1.5], y: [1] }, "'1.500' is read as 1.5, with a decimal point"],
    ['x,y\n"2,69",1\n', { x: [2.69], y: [1] }, "'2,69' is read as 2.69, with a decimal comma"],
  ])('that are guessed come with a warning: %j', (text, columns, warning) => {
    const found = read(text);
    expect(found.columns).toEqual(columns);
    expect(found.warnings).toHaveLength(1);
    expect(found.warnings[0]).toContain(`d.csv, column x, line 2: ${warning}`);
  });

  it('are as the options say', () => {
    const text = 'x;y\n1.500;1\n850;2\n';
    expect(read(text, { decimal: ',' }).columns.x).toEqual([1500, 850]);
    expect(read(text, { decimal: '.' }).columns.x).toEqual([1.5, 850]);
    expect(read(text, { thousands: '.' }).columns.x).toEqual([1500, 850]);
    expect(read(text, { thousands: 'none' }).columns.x).toEqual([1.5, 850]);
    expect(read('x;y\n1 500;1\n', { thousands: ' ' }).columns.x).toEqual([1500]);
    expect(read('a;b,c\n1;2,3\n', { delimiter: ',' }).columns).toEqual({ 'a;b': ['1;2'], c: [3] });
    expect(read('x,y\nn/d,1\n2,?\n', { na: ['n/d', '?'] }).columns).toEqual({
      x: [null, 2],
      y: [1, null],
    });
  });
});

describe('a column that looks numeric and is text', () => {
  const column = (cells: readonly string[]) =>
    `x;y\n${cells.map((cell, i) => `${cell};${i}\n`).join('')}`;
  const numbers = Array.from({ length: 10 }, (_, i) => String(i));
  const every = (n: number, text: string) => numbers.map((one, i) => (i % n === 1 ? text : one));

  test.each([
    ['percent', numbers.map((one) => `${one}%`), "line 2 has '0%'; 10 of 10 cells look like"],
    ['dollars', numbers.map((one) => `$${one}`), "line 2 has '$0'; 10 of 10 cells look like"],
    ['euros', numbers.map((one) => `${one},50 €`), "line 2 has '0,50 €'; 10 of 10 cells look like"],
    [
      'plain spaces',
      numbers.map((one) => `1${one} 000`),
      "line 2 has '10 000'; 10 of 10 cells look",
    ],
    ['top codes', every(3, '85+'), "line 3 has '85+'; 10 of 10 cells look like numbers"],
    ['units', numbers.map((one) => `${one} kg`), "line 2 has '0 kg'; 10 of 10 cells look like"],
    ['words, a tenth', every(10, 'n/d'), "line 3 has 'n/d'; 9 of 10 cells are numbers"],
    ['words, a fifth', every(5, 'n/d'), "line 3 has 'n/d'; 8 of 10 cells are numbers"],
    ['words, a half', every(2, '?'), "line 3 has '?'; 5 of 10 cells are numbers"],
    ['words, most', numbers.map((one, i) => (i < 7 ? '-' : one)), "line 2 has '-'; 3 of 10 cells"],
    ['errors of sheets', every(3, '#DIV/0!'), "line 3 has '#DIV/0!'; 7 of 10 cells are numbers"],
    ['an identifier once', every(10, 'A1'), "line 3 has 'A1'; 9 of 10 cells are numbers"],
  ])('is told with its first cell: %s', (_, cells, message) => {
    const { columns, warnings } = read(column(cells));
    expect(columns.x).toEqual(cells);
    expect(warnings).toEqual([
      expect.stringContaining(`d.csv, column x is read as text: ${message}`),
    ]);
  });

  test.each([
    ['ranges', numbers.map((one) => `${one}0-${one}9`)],
    ['ages', ['0-17', '18-64', '65+']],
    ['identifiers', numbers.map((one) => `A${one}`)],
    ['days', numbers.map((one) => `2026-01-0${one}`)],
    ['days of Germany', numbers.map((one) => `0${one}.01.2026`)],
    ['days of America', numbers.map((one) => `1/${one}/2026`)],
    ['times', numbers.map((one) => `12:3${one}`)],
    ['versions', numbers.map((one) => `1.2.${one}`)],
    ['addresses', numbers.map((one) => `10.0.0.${one}`)],
    ['words', ['yes', 'no', 'no', 'yes']],
    ['identifiers of all kinds', ['7', 'A7', 'B12', '3', 'C4', 'D0']],
  ])('is not what these are: %s', (_, cells) => {
    expect(read(column(cells))).toMatchObject({ columns: { x: cells }, warnings: [] });
  });

  test('has cells like numbers, in any digits', () => {
    const like = ['(5)', '<5', '1_000', '5*', 'USD 5', '3.5e4', '.5', '1’000', '٣', '20 °C', '-$5'];
    expect(like.filter((text) => !isLikeNumber(text))).toEqual([]);
    const grouped = ['1,00,000', '12,34,56,789.5', '₹1,00,000', '0x1F', '-0Xff'];
    expect(grouped.filter((text) => !isLikeNumber(text))).toEqual([]);
    const hashes = ['1,2,3', '1,00,00', '0xdeadbeefdeadbeef', '0x'];
    expect(hashes.filter(isLikeNumber)).toEqual([]);
    const others = [
      'n/d',
      '#5',
      '+49 30 1234',
      'v1',
      '1st Street',
      '3 blind mice',
      '1–2',
      '1+1',
      '',
    ];
    expect(others.filter(isLikeNumber)).toEqual([]);
  });
});

test.each([
  ['1.234.567', 1234567],
  ['-1.234.567,5', -1234567.5],
])('the warning of a guessed convention gives the value that is read: %s', (cell, value) => {
  const { columns, warnings } = read(`x,y\n"${cell}",1\n"2.345.678",2\n`);
  expect(columns.x).toEqual([value, 2345678]);
  expect(warnings).toEqual([
    `d.csv, column x, line 2: '${cell}' is read as ${value}, with a decimal comma; if it is not, --decimal .`,
  ]);
});

describe('a dialect', () => {
  const expected = { x: [1, 3], y: [2.5, 4] };

  test.each([
    ['sep=', 'sep=;\nx;y\n1;2,5\n3;4\n'],
    ['sep= and a tab', 'sep=\t\nx\ty\n1\t2.5\n3\t4\n'],
    ['blank lines and comments first', '\n  \n# by me, today\n\nx,y\n1,2.5\n3,4\n'],
    ['names behind the sign of a comment', '# x y\n1 2.5\n3 4\n'],
    ['aligned by spaces', '  x    y\n 1  2.5\n 3    4\n'],
    ['space before quotes', '"x", "y"\n"1", "2.5"\n"3",  "4"\n'],
    ['delimiters at line ends', 'x,y,\n1,2.5,\n3,4,\n'],
    ['delimiters at the ends of rows alone', 'x,y\n1,2.5,\n3,4,\n'],
    ['empty columns of spreadsheets', 'x;y;;;\n1;2,5;;;\n3;4;;;\n'],
    ['old Macintosh line ends', 'x,y\r1,2.5\r3,4\r'],
    ['a byte-order mark in the midst', 'x,\ufeffy\n\ufeff1,2.5\n3,4\n'],
    ['row names', '"","x","y"\n"a",1,2.5\n"b",3,4\n'],
  ])('is read: %s', (_, text) => {
    expect(read(text)).toEqual({ columns: expected, warnings: [] });
  });

  test.each<[string, string, Columns]>([
    ['a comma in a quoted name', 'y;"a, b"\n1,5;p\n2;q\n', { y: [1.5, 2], 'a, b': ['p', 'q'] }],
    ['a comma in a bare name', 'y;a, b\n1,5;p\n2;q\n', { y: [1.5, 2], 'a, b': ['p', 'q'] }],
    ['commas and quotes in cells', 'a, b\n1, "x, ""y"" , z"\n', { a: [1], b: ['x, "y" , z'] }],
    [
      'a column of two words',
      'full name\nAda Byron\nJohn Smith\n',
      { 'full name': ['Ada Byron', 'John Smith'] },
    ],
    ['identifiers with a sign of comments', 'id,y\n#1,2\n#2,3\n', { id: ['#1', '#2'], y: [2, 3] }],
    ['semicolons in text', 'g,y\na;b,1\nc;d,2\n', { g: ['a;b', 'c;d'], y: [1, 2] }],
  ])('keeps %s', (_, text, columns) => {
    expect(read(text).columns).toEqual(columns);
  });

  it('says which comments it leaves out after the header', () => {
    expect(read('x,y\n1,2\n# checked\n3,4\n')).toEqual({
      columns: { x: [1, 3], y: [2, 4] },
      warnings: ['d.csv, line 3: begins with # and is left out as a comment (1 such lines)'],
    });
  });

  it('is refused where two delimiters would do, and where names look the same', () => {
    expect(refusal('a;b,c\np;q,r\n')).toBe(
      'd.csv: commas and semicolons could both separate the cells; use --delimiter',
    );
    expect(refusal('e\u0301,\u00e9\n1,2\n')).toBe(
      'd.csv, line 1: two columns are called é, expected different names',
    );
  });

  it('is bounded: cells in a line, digits in a number', () => {
    expect(refusal(`x,y\n${'1,'.repeat(6e6)}\n`)).toBe(
      'd.csv, line 2: 12000000 characters without a line end, expected at most 1000000 cells a line',
    );
    const digits = '1'.repeat(2e7);
    expect(read(`x,y\n1,2\n${digits},3\n`).columns.x?.[1] === digits).toBe(true);
  });
});

describe('a file', () => {
  const file = async (content: string | Uint8Array, name = 'd.csv') => {
    const path = join(folder, name);
    await writeFile(path, content);
    return readTable(path);
  };
  const text = 'x,g\n1,ü\n';
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');

  test.each([
    ['gzip', gzipSync(text)],
    ['UTF-16, little end first', utf16],
    ['UTF-16, big end first', Buffer.from(utf16).swap16()],
  ])('is read: %s', async (_, bytes) => {
    expect(await file(bytes)).toEqual({ x: [1], g: ['ü'] });
  });

  test('has its format in the name before .gz', async () => {
    expect(await file(gzipSync('{"x":1}\n'), 'd.jsonl.gz')).toEqual({ x: [1] });
  });

  test.each([
    ['xlsx', Buffer.from('PK\x03\x04…'), 'is a ZIP archive or a spreadsheet (xlsx, ods)'],
    ['SQLite', Buffer.from('SQLite format 3\0…'), 'is an SQLite database'],
    ['Parquet', Buffer.from('PAR1\x15\x04…'), 'is Parquet: name it .parquet'],
    ['a web page', Buffer.from('\n<!DOCTYPE html><html>'), 'is a web page or XML'],
    ['JSON', Buffer.from('[{"x": 1}]'), 'holds JSON, expected CSV'],
    ['JSON lines', Buffer.from('{"x": 1}\n'), 'holds JSON, expected CSV'],
    ['cut gzip', gzipSync(text.repeat(99)).subarray(0, 30), 'is compressed by gzip and is damaged'],
    ['a bomb', gzipSync(Buffer.alloc(3e7)), 'is compressed by gzip and unpacks to more than 20 MB'],
    ['R', gzipSync(Buffer.from('RDX3\nX\n')), "is R's data"],
  ])('is refused by its own name: %s', async (_, bytes, message) => {
    await expect(file(bytes)).rejects.toThrow(`d.csv ${message}`);
  });

  test('is no device, and may be a named pipe', async () => {
    await expect(readTable('/dev/zero', { format: 'csv' })).rejects.toThrow(
      '/dev/zero is a device: expected a data set',
    );
    const path = join(folder, 'pipe.csv');
    await promisify(execFile)('mkfifo', [path]);
    const warnings: string[] = [];
    const waited = new Promise<void>((resolve) => {
      const columns = readTable(path, {
        onWarning: (line) => {
          warnings.push(line);
          createWriteStream(path).end('x\n1\n');
          columns.then((read) => expect(read).toEqual({ x: [1] })).then(resolve);
        },
      });
    });
    await waited;
    expect(warnings).toEqual([
      `${path} is a named pipe to which nothing is written yet: waiting for data`,
    ]);
  });

  test.each([
    ['d.csv', { decimal: ',', thousands: ',' }, "decimal and thousands are both ','"],
    ['d.csv', { delimiter: '::' }, "delimiter is '::', expected one character"],
    ['d.json', { decimal: ',' }, 'decimal is given for a file of format json'],
    ['d.parquet', { na: ['?'] }, 'na is given for a file of format parquet'],
  ] as const)('has the options of its format: %s %j', async (name, options, message) => {
    await expect(readTable(join(folder, name), options)).rejects.toThrow(message);
  });
});

describe('JSON', () => {
  const json = async (content: string, name = 'd.json', options: ReadTableOptions = {}) => {
    const path = join(folder, name);
    await writeFile(path, content);
    const warnings: string[] = [];
    const columns = await readTable(path, { ...options, onWarning: (line) => warnings.push(line) });
    return { columns, warnings };
  };

  test.each(['NaN', 'Infinity', '-Infinity'])('says that null is missing, not %s', async (word) => {
    await expect(json(`[{"x": 1},\n{"x": ${word}}]`)).rejects.toThrow(
      `d.json, line 2: not JSON: found '${word}}]': JSON has no such number; write null for a missing value`,
    );
    await expect(json(`{"x": 1}\n{"x": ${word}}`, 'd.jsonl')).rejects.toThrow('write null');
  });

  it('warns of numbers in quotes, with the first; not of names such as 007', async () => {
    const cells = (values: readonly (string | null)[]) =>
      JSON.stringify(values.map((x) => ({ x })));
    expect((await json(cells([null, '1.5', '2']))).warnings).toEqual([
      'd.json, column x is read as text: row 2 has "1.5" in quotes; 2 of 2 cells look like numbers',
    ]);
    expect((await json(cells(['1', 'n/d', '3']))).warnings).toHaveLength(1);
    expect((await json(cells(['007', '008', '009']))).warnings).toEqual([]);
    expect((await json(cells(['A1', 'yes', '3-4']))).warnings).toEqual([]);
    const { columns } = await json('[{"x":"n/d"},{"x":2}]', 'd.json', { na: ['n/d'] });
    expect(columns).toEqual({ x: [null, 2] });
  });

  it('may hold long text and many digits, and be deep', async () => {
    const long = `${'a\\"'.repeat(4e6)}9007199254740993`;
    const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
    const { columns } = await json(`[{"id":9007199254740993,"t":"${long}","d":${deep}}]`);
    expect(columns.id).toEqual([9007199254740993n]);
    expect(String(columns.t?.[0]).length).toBe(8e6 + 16);
    await expect(json(`[{"t":"${long}`)).rejects.toThrow('line 1: not JSON: found \'"a');
    await expect(json('['.repeat(1e5))).rejects.toThrow('line 1: not JSON: it ends too early');
  });

  it('is a record a line with any line ends and byte-order marks, or says so', async () => {
    expect((await json('\ufeff{"x":1}\r\n\ufeff{"x":2}\r', 'd.jsonl')).columns).toEqual({
      x: [1, 2],
    });
    await expect(json('{"x":1}\n{"x":2}\n')).rejects.toThrow(
      'a second record; expected one record a line, with --format jsonl',
    );
  });

  it('has names that look the same once in a record', async () => {
    expect((await json('[{"e\u0301":1},{"\u00e9":2}]')).columns).toEqual({ '\u00e9': [1, 2] });
    await expect(json('[{"e\u0301":1,"\u00e9":2}]')).rejects.toThrow(
      "d.json, record 1: two columns are called '\u00e9', by characters that look the same",
    );
  });
});
