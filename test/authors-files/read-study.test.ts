/**
 * Reading a study: what cannot be right stops it with one line that tells file, row, column, what
 * was found and what was expected; what the paper left out is left out and counted.
 */

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ReadOptions, readStudy } from '../../src/authors-files/read-study.js';
import { WeighbridgeError } from '../../src/errors.js';
import type { Study } from '../../src/study/study.js';
import {
  GPT_4O,
  GPT_4O_MINI,
  replicaFolder,
  type SmallStudy,
  smallStudy,
} from '../support/small-study.js';

const CHOICES = `${GPT_4O}_instilled_selections.csv`;
const NATIVE_CHOICES = `${GPT_4O}_instilled_latent_selections.csv`;
const REPORTS = `${GPT_4O}_weight_reports.csv`;
const optionColumn = /^[AB]_attribute_\d$/;

/** The first row of a file of the replica, by column: what small studies begin with too. */
async function firstRow(file: string): Promise<Record<string, string>> {
  const text = await readFile(join(replicaFolder, file), 'utf8');
  const { data } = Papa.parse<Record<string, string>>(text, { header: true, preview: 1 });
  return data[0];
}
const CONTEXT = await firstRow('scenarios.csv');
const TARGET = await firstRow('instilled_weights.csv');
const CHOICE = await firstRow(CHOICES);
const REPORT = await firstRow(REPORTS);
const NAME = CONTEXT.scenario;
const MINIMUM = Number(CONTEXT.attr1_min);

/** The cells prefix1suffix to prefix5suffix of a row. */
const cells = (row: Record<string, string>, prefix: string, suffix = '') =>
  [1, 2, 3, 4, 5].map((i) => row[`${prefix}${i}${suffix}`]);
/** How a warning shows a row of reports. */
const shown = (...reports: readonly string[]) => `(${[NAME, ...reports].join(', ')})`;

let study: SmallStudy;
beforeEach(async () => {
  study = await smallStudy({ contexts: 2, models: [GPT_4O] });
});
afterEach(() => study.remove());

type Rows = string[][];
const parse = (text: string): Rows => Papa.parse<string[]>(text.trimEnd()).data;
const format = (rows: Rows, options: Papa.UnparseConfig = {}) =>
  Papa.unparse(rows, { newline: '\n', ...options });

/** Changes the rows of a file; the header is row 1, and stands at index 1 here too. */
function rows(change: (numbered: Rows) => void) {
  return (text: string): string => {
    const numbered = [[], ...parse(text)];
    change(numbered);
    return `${format(numbered.slice(1))}\n`;
  };
}

/** Sets one cell by its row in the file and the name of its column. */
function cell(row: number, column: string, value: string) {
  return rows((numbered) => {
    numbered[row][numbered[1].indexOf(column)] = value;
  });
}

/** Keeps the columns whose names pass. */
function columns(keep: (name: string) => boolean) {
  return (text: string) => {
    const all = parse(text);
    return `${format(all.map((row) => row.filter((_, i) => keep(all[0][i]))))}\n`;
  };
}

/** Inserts a copy of row 2 as row 3. */
const repeated = rows((numbered) => void numbered.splice(3, 0, [...numbered[2]]));

async function complaint(code = 'bad-data'): Promise<string> {
  const error: unknown = await readStudy(study.folder).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WeighbridgeError);
  expect(error).toMatchObject({ code });
  const { message } = error as WeighbridgeError;
  expect(message).not.toContain('\n');
  return message;
}

async function readChanged(
  file: string,
  change: (text: string) => string,
  options?: ReadOptions,
): Promise<Study> {
  await study.edit(file, change);
  return readStudy(study.folder, options);
}

const reportCount = ({ models: [model] }: Study) => model.offTheShelfReports.length;

describe('a study', () => {
  it('holds contexts, targets, choices and reports, and no warnings where all is well', async () => {
    const { contexts, targets, models, warnings, provenance } = await readStudy(study.folder);
    expect(warnings).toEqual([]);
    expect(provenance).toMatchObject({ simulated: true, seed: 17 });
    expect(contexts.get(NAME)).toEqual({
      name: NAME,
      question: CONTEXT.question,
      attributes: cells(CONTEXT, 'attr').map((name, i) => ({
        name,
        min: Number(cells(CONTEXT, 'attr', '_min')[i]),
        max: Number(cells(CONTEXT, 'attr', '_max')[i]),
      })),
    });
    expect(targets.get(NAME)).toEqual(cells(TARGET, 'attr').map(Number));
    expect(models.map(({ name }) => name)).toEqual([GPT_4O]);
    expect(models[0].instilledChoices).toHaveLength(100);
    expect(models[0].nativeChoices).toHaveLength(200);
    expect(models[0].instilledChoices[0]).toEqual({
      context: NAME,
      choseA: CHOICE.selection === 'A',
      a: cells(CHOICE, 'A_attribute_').map(Number),
      b: cells(CHOICE, 'B_attribute_').map(Number),
    });
    expect(new Set(models[0].instilledChoices.map(({ choseA }) => choseA)).size).toBe(2);
    expect(models[0].offTheShelfReports[0]).toEqual({
      context: NAME,
      weights: cells(REPORT, 'report_attr').map(Number),
    });
  });

  it('has its models by the names of the files, whatever they are called', async () => {
    for (const file of await readdir(study.folder)) {
      if (!file.startsWith(GPT_4O)) continue;
      const text = await readFile(join(study.folder, file), 'utf8');
      await rm(join(study.folder, file));
      await writeFile(join(study.folder, file.replace(GPT_4O, 'llama-3.1-8b')), text);
    }
    const { models } = await readStudy(study.folder);
    expect(models.map(({ name }) => name)).toEqual(['llama-3.1-8b']);
    expect(models[0].nativeReports.length).toBeGreaterThan(0);
  });

  it('may have both of the paper’s models', async () => {
    await study.remove();
    study = await smallStudy({ contexts: 4 });
    const { models, warnings } = await readStudy(study.folder);
    expect(models.map(({ name }) => name)).toEqual([GPT_4O, GPT_4O_MINI]);
    expect(warnings).toEqual([]);
  });

  it.each<[string, (text: string) => string]>([
    ['a byte-order mark', (text) => `\uFEFF${text}`],
    ['Windows line ends', (text) => text.replaceAll('\n', '\r\n')],
    ['a quote around every cell', (text) => format(parse(text), { quotes: true })],
    ['blank lines in between', (text) => text.replaceAll('\n', '\n\n')],
    ['columns the other way round', (text) => format(parse(text).map((row) => row.reverse()))],
    ['a further column', (text) => format(parse(text).map((row) => ['note, if any', ...row]))],
    ['all that Excel does', (text) => `\uFEFF${format(parse(text), { newline: '\r\n' })}\r\n`],
  ])('is the same with %s in every file', async (_what, change) => {
    const question = 'Imagine you are "Ada", a poet, in Oxford. Which "programme", then?';
    await study.edit('scenarios.csv', cell(2, 'question', question));
    const { folder: _, ...before } = await readStudy(study.folder);
    expect(before.contexts.get(NAME)?.question).toBe(question);
    for (const file of await readdir(study.folder)) {
      if (file.endsWith('.csv')) await study.edit(file, change);
    }
    const { folder: __, ...after } = await readStudy(study.folder);
    expect(after).toEqual(before);
  });

  it('is the same with its columns in any order', async () => {
    const { models: before } = await readStudy(study.folder);
    const text = await readFile(join(study.folder, CHOICES), 'utf8');
    const all = parse(text);
    const order = fc.shuffledSubarray([...all[0].keys()], { minLength: all[0].length });
    await fc.assert(
      fc.asyncProperty(order, async (positions) => {
        const shuffled = all.map((row) => positions.map((position) => row[position]));
        const { models } = await readChanged(CHOICES, () => format(shuffled));
        expect(models).toEqual(before);
      }),
      { seed: 51, numRuns: 20 },
    );
  });

  it('says where its data come from, or nothing where the folder does not', async () => {
    await rm(join(study.folder, 'provenance.json'));
    expect((await readStudy(study.folder)).provenance).toBeNull();
  });
});

/** A file, what is told of it after its name, and what spoils it. */
type Broken = [file: string, told: string, change: (text: string) => string];

const brokenCell = (
  file: string,
  row: number,
  column: string,
  found: string,
  expected: string,
): Broken => [
  file,
  `row ${row}, column ${column}: found '${found}', expected ${expected}`,
  cell(row, column, found),
];

describe('a study that cannot be right', () => {
  it.each<Broken>([
    ...['C', '', 'a', 'AB'].map((found) => brokenCell(CHOICES, 3, 'selection', found, 'A or B')),
    ...['tall', '', 'NaN', 'Infinity', '1,5'].map((found) =>
      brokenCell(NATIVE_CHOICES, 4, 'B_attribute_2', found, 'a number'),
    ),
    ...[CHOICES, NATIVE_CHOICES, REPORTS].map((file) =>
      brokenCell(file, 3, 'scenario', 'moon_base', 'a context listed in scenarios.csv'),
    ),
    // A range of zero, and a reversed one.
    ...[MINIMUM, MINIMUM - 6.5].map((found) =>
      brokenCell('scenarios.csv', 2, 'attr1_max', `${found}`, `more than the minimum ${MINIMUM}`),
    ),
    brokenCell('scenarios.csv', 3, 'attr5_min', 'low', 'a number'),
    brokenCell('scenarios.csv', 3, 'scenario', '', 'the name of a context'),
    ...['scenarios.csv', 'instilled_weights.csv'].map((file) =>
      brokenCell(file, 3, 'scenario', NAME, 'a context that was not listed before'),
    ),
    brokenCell('instilled_weights.csv', 2, 'attr3', 'heavy', 'a number'),
    [
      REPORTS,
      'row 4: 3 cells, expected 18 as in the header',
      rows((numbered) => {
        numbered[4] = ['a', 'b', 'c'];
      }),
    ],
    [
      CHOICES,
      'row 5: 14 cells, expected 13 as in the header',
      rows((numbered) => void numbered[5].push('1')),
    ],
    // Two blank lines before the row count.
    [
      CHOICES,
      "row 4, column selection: found 'D', expected A or B",
      (text) => cell(2, 'selection', 'D')(text).replace('\n', '\n\n \n'),
    ],
  ])('is told with its place: %s, %s', async (file, told, change) => {
    await study.edit(file, change);
    expect(await complaint()).toBe(`${file}, ${told}`);
  });

  it.each([
    ['scenarios.csv', 'attr2_max'],
    ['instilled_weights.csv', 'attr5'],
    [CHOICES, 'selection'],
    [CHOICES, 'A_attribute_1'],
    [REPORTS, 'report_attr3'],
    [REPORTS, 'scenario'],
  ])('tells of %s that its column %s is missing', async (file, column) => {
    await study.edit(
      file,
      columns((name) => name !== column),
    );
    const message = await complaint();
    expect(message.split('; ')[0]).toBe(`${file}, row 1: column ${column} is missing`);
    expect(message).toContain('; the header has ');
  });

  it.each([
    ['scenarios.csv', 'the decision contexts'],
    ['instilled_weights.csv', 'the target weights'],
    [CHOICES, 'choices in the instilled contexts'],
    [REPORTS, 'reports of the off-the-shelf model'],
  ])('tells that %s is empty, and what it should hold', async (file, purpose) => {
    for (const nothing of ['', '\n\r\n \n']) {
      await study.edit(file, () => nothing);
      expect(await complaint()).toBe(`${file} is empty: expected ${purpose}`);
    }
  });

  it.each([
    ['scenarios.csv', 'the decision contexts'],
    [CHOICES, 'choices in the instilled contexts'],
    [NATIVE_CHOICES, 'choices in the native contexts'],
    [REPORTS, 'reports of the off-the-shelf model'],
  ])('tells that %s has nothing but a header', async (file, purpose) => {
    await study.edit(file, (text) => `${text.split('\n')[0]}\n`);
    expect(await complaint()).toBe(`${file} has a header but no usable row: expected ${purpose}`);
  });

  it.each([
    ['has nothing but a header', (text: string) => `${text.split('\n')[0]}\n`],
    ['lacks one', rows((numbered) => void numbered.splice(2, 1))],
  ])('tells whose target weights are missing where their file %s', async (_what, change) => {
    await study.edit('instilled_weights.csv', change);
    expect(await complaint()).toBe(
      `${CHOICES}, row 2, column scenario: found '${NAME}', expected a context with target weights in instilled_weights.csv`,
    );
  });

  it.each([
    ['scenarios.csv', 'the decision contexts'],
    ['instilled_weights.csv', 'the target weights'],
  ])('tells that %s is missing', async (file, purpose) => {
    await rm(join(study.folder, file));
    expect(await complaint('missing-file')).toBe(
      `${join(study.folder, file)} is missing: expected ${purpose}`,
    );
  });

  it('tells in which row a quote is not closed', async () => {
    await study.edit(REPORTS, (text) => text.replace('\n', '\n"'));
    expect(await complaint()).toMatch(/_weight_reports\.csv, row 2: a quoted cell is broken/);
  });

  it.each([
    '',
    '{"simulated": true',
    '[]',
    '{"simulated": "yes", "description": "x"}',
    '{"simulated": true}',
  ])('tells what provenance.json should be: %j', async (text) => {
    await writeFile(join(study.folder, 'provenance.json'), text);
    expect(await complaint()).toBe(
      'provenance.json is not what it should be: expected JSON with "simulated" (true or false) and "description" (text)',
    );
  });
});

describe('a report', () => {
  const weights = cells(REPORT, 'report_attr');

  it.each(['', 'n/a', 'NaN', 'Infinity', '-'])(
    'is left out and told where a weight is %j',
    async (found) => {
      const before = await readStudy(study.folder);
      const after = await readChanged(REPORTS, cell(2, 'report_attr3', found));
      expect(after.warnings).toEqual([
        `${REPORTS}: row 2 ${shown(...weights.with(2, found))} left out: a weight is not a number`,
      ]);
      expect(after.models[0].offTheShelfReports).toEqual(
        before.models[0].offTheShelfReports.slice(1),
      );
    },
  );

  it('is counted with others of its kind, and none may be left', async () => {
    const spoil = (from: number, to?: number) =>
      rows((numbered) => {
        const column = numbered[1].indexOf('report_attr1');
        for (const row of numbered.slice(from, to)) row[column] = 'x';
      });
    const { warnings } = await readChanged(REPORTS, spoil(3, 6));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /: 3 rows, the first is row 3 \(.*\) left out: a weight is not a number$/,
    );
    await study.edit(REPORTS, spoil(2));
    expect(await complaint()).toBe(
      `${REPORTS} has a header but no usable row: expected reports of the off-the-shelf model`,
    );
  });

  it('out of −100 to 100 is kept as in the paper, unless it is to be left out', async () => {
    const before = await readStudy(study.folder);
    const kept = await readChanged(REPORTS, cell(2, 'report_attr1', '-135'));
    const row = `${REPORTS}: row 2 ${shown(...weights.with(0, '-135'))}`;
    expect(kept.warnings).toEqual([`${row} kept, as in the paper: a weight is out of -100..100`]);
    expect(kept.models[0].offTheShelfReports[0].weights).toEqual(
      weights.with(0, '-135').map(Number),
    );
    expect(reportCount(kept)).toBe(reportCount(before));

    const omitted = await readStudy(study.folder, { outOfRangeReports: 'omit' });
    expect(omitted.warnings).toEqual([`${row} left out: a weight is out of -100..100`]);
    expect(omitted.models[0].offTheShelfReports).toEqual(
      before.models[0].offTheShelfReports.slice(1),
    );
  });

  it.each(['100', '-100'])('of %s is in range', async (weight) => {
    const options = { outOfRangeReports: 'omit' } as const;
    const after = await readChanged(REPORTS, cell(2, 'report_attr1', weight), options);
    expect(after.warnings).toEqual([]);
    expect(after.models[0].offTheShelfReports[0].weights[0]).toBe(Number(weight));
  });

  it('that repeats an earlier row in every cell is left out and told', async () => {
    const before = await readStudy(study.folder);
    const after = await readChanged(REPORTS, repeated);
    expect(after.warnings).toEqual([
      `${REPORTS}: row 3 ${shown(...weights)} left out: the row repeats an earlier one in every cell`,
    ]);
    expect(after.models).toEqual(before.models);
  });

  it('that repeats an earlier answer to other options counts', async () => {
    const before = await readStudy(study.folder);
    const again = rows((numbered) => void numbered.splice(3, 0, numbered[2].with(-1, '-1.5')));
    const after = await readChanged(REPORTS, again);
    expect(after.warnings).toEqual([]);
    expect(reportCount(after)).toBe(reportCount(before) + 1);
  });

  it('counts as often as it is there where the file does not show the options', async () => {
    const before = await readStudy(study.folder);
    await study.edit(
      REPORTS,
      columns((name) => !optionColumn.test(name)),
    );
    const after = await readChanged(REPORTS, repeated);
    expect(after.warnings).toEqual([]);
    expect(reportCount(after)).toBe(reportCount(before) + 1);
  });
});

describe('what is odd', () => {
  it('is a choice that repeats an earlier row: it is left out and told', async () => {
    const before = await readStudy(study.folder);
    const row = [NAME, CHOICE.selection, ...cells(CHOICE, 'A_attribute_').slice(0, 4)];
    const twice = (text: string) => repeated(repeated(text));
    const after = await readChanged(CHOICES, twice);
    expect(after.warnings).toEqual([
      `${CHOICES}: 2 rows, the first is row 3 (${row.join(', ')}) left out: the row repeats an earlier one in every cell`,
    ]);
    expect(after.models).toEqual(before.models);
  });

  it('are choices that are all alike in a context', async () => {
    const allB = (text: string) => text.replaceAll(`${NAME},A,`, `${NAME},B,`);
    const { warnings, models } = await readChanged(CHOICES, allB);
    expect(warnings).toEqual([
      `${CHOICES}: all choices are alike in 1 context(s) (${NAME}): their weights rest on the prior`,
    ]);
    expect(models[0].instilledChoices).toHaveLength(100);
  });

  it('are CSV files that nobody reads', async () => {
    await writeFile(join(study.folder, 'selections-old.csv'), 'a,b\n');
    await writeFile(join(study.folder, `${GPT_4O}_selections.csv`), 'a,b\n');
    expect((await readStudy(study.folder)).warnings).toEqual([
      `left unread, not names of the layout: ${GPT_4O}_selections.csv, selections-old.csv`,
    ]);
  });
});

describe('reports on a context in which the model made no choices', () => {
  it('are left out with a counted warning', async () => {
    const larger = await smallStudy({ contexts: 4, models: [GPT_4O] });
    try {
      const without = (text: string) =>
        text
          .split('\n')
          .filter((line) => line.split(',')[1] !== NAME)
          .join('\n');
      await larger.edit(CHOICES, without);
      const { models, warnings } = await readStudy(larger.folder);
      const [model] = models;
      expect(model.offTheShelfReports.some(({ context }) => context === NAME)).toBe(false);
      expect(model.offTheShelfReports.length).toBeGreaterThan(0);
      expect(warnings).toContainEqual(
        expect.stringMatching(
          /_weight_reports\.csv: 10 rows, the first is row 2 .* left out: the model made no choices in the context$/,
        ),
      );
    } finally {
      await larger.remove();
    }
  });
});
