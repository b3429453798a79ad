/**
 * Bad input through the command: one clear line, exit code 2, and nothing on standard output; what
 * can be left out is left out with a warning.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GPT_4O, type SmallStudy, smallStudy } from '../support/small-study.js';
import { errorLines, reproduce, STACK_LINE, warningLines } from './support.js';

const CHOICES = `${GPT_4O}_instilled_selections.csv`;
const REPORTS = `${GPT_4O}_weight_reports.csv`;

let study: SmallStudy;
beforeEach(async () => {
  study = await smallStudy({ contexts: 2, models: [GPT_4O] });
});
afterEach(() => study.remove());

type Spoil = (study: SmallStudy) => Promise<unknown>;
const edited =
  (file: string, change: (text: string) => string): Spoil =>
  ({ edit }) =>
    edit(file, change);
const removed =
  (file: string): Spoil =>
  ({ folder }) =>
    rm(join(folder, file));

/** Sets a cell by its row in the file and its position in the row; no cell of these has a comma. */
function withCell(row: number, position: number, value: string) {
  return (text: string): string => {
    const lines = text.split('\n');
    lines[row - 1] = lines[row - 1].split(',').with(position, value).join(',');
    return lines.join('\n');
  };
}

describe('bad input', () => {
  it.each<[string, Spoil, RegExp]>([
    [
      'a missing model file',
      removed(REPORTS),
      /^error: gpt-4o-2024-08-06_weight_reports\.csv is missing in .*: expected the reports of the off-the-shelf model$/,
    ],
    [
      'a misnamed model file',
      async (at) => {
        await removed(REPORTS)(at);
        await writeFile(join(at.folder, 'gpt-4o_weight_report.csv'), 'x\n');
      },
      /is missing in .*; is one of these misnamed\? gpt-4o_weight_report\.csv$/,
    ],
    [
      'no contexts',
      removed('scenarios.csv'),
      /^error: .*scenarios\.csv is missing: expected the decision contexts$/,
    ],
    [
      'no target weights',
      removed('instilled_weights.csv'),
      /^error: .*instilled_weights\.csv is missing: expected the target weights$/,
    ],
    [
      'an empty file',
      edited(CHOICES, () => ''),
      /^error: gpt-4o-2024-08-06_instilled_selections\.csv is empty: expected choices in the instilled contexts$/,
    ],
    [
      'nothing but a header',
      edited(REPORTS, (text) => `${text.split('\n')[0]}\n`),
      /^error: .*_weight_reports\.csv has a header but no usable row: expected reports of the off-the-shelf model$/,
    ],
    [
      'a missing column',
      edited(CHOICES, withCell(1, 2, 'chosen')),
      /^error: .*_instilled_selections\.csv, row 1: column selection is missing; the header has model, scenario, chosen, /,
    ],
    [
      'a row with too few cells',
      edited(CHOICES, (text) => `${text}cut,off\n`),
      /^error: .*_instilled_selections\.csv, row 102: 2 cells, expected 13 as in the header$/,
    ],
    [
      'a quote that is not closed',
      edited(REPORTS, (text) => text.replace('\n', '\n"')),
      /^error: .*_weight_reports\.csv, row 2: a quoted cell is broken/,
    ],
    [
      'a selection that is neither A nor B',
      edited(CHOICES, withCell(2, 2, 'C')),
      /^error: .*_instilled_selections\.csv, row 2, column selection: found 'C', expected A or B$/,
    ],
    [
      'an attribute that is not a number',
      edited(CHOICES, withCell(2, 3, 'tall')),
      /, row 2, column A_attribute_1: found 'tall', expected a number$/,
    ],
    [
      'a context that is not listed',
      edited(REPORTS, withCell(2, 2, 'moon_base')),
      /, row 2, column scenario: found 'moon_base', expected a context listed in scenarios\.csv$/,
    ],
    [
      'a reversed range',
      edited('scenarios.csv', (text) =>
        withCell(1, 7, 'attr1_max')(withCell(1, 12, 'attr1_min')(text)),
      ),
      /^error: scenarios\.csv, row 2, column attr1_max: found '[-.\d]+', expected more than the minimum [-.\d]+$/,
    ],
    [
      'a broken provenance',
      edited('provenance.json', () => '{"simulated":'),
      /^error: provenance\.json is not what it should be: expected JSON/,
    ],
    [
      'reports that are all alike',
      edited(REPORTS, (text) => {
        const [header, ...rows] = text.trim().split('\n');
        const alike = rows.map((row) =>
          row.split(',').with(3, '0').with(4, '0').with(5, '0').with(6, '0').with(7, '0').join(','),
        );
        return [header, ...alike, ''].join('\n');
      }),
      /^error: gpt-4o-2024-08-06_weight_reports\.csv: all mean reports are 0, expected some that differ$/,
    ],
    [
      'a context in both halves of introspection training',
      async (at) => {
        const first = `${GPT_4O}_itrained_first_50_of_100_50ex_weight_reports.csv`;
        const last = `${GPT_4O}_itrained_last_50_of_100_50ex_weight_reports.csv`;
        const others = await readFile(join(at.folder, first), 'utf8');
        await at.edit(last, () => others);
      },
      /^error: .*_last_50_.*\.csv: \w+ is also in .*_first_50_.*\.csv, expected each context in one of the two$/,
    ],
    [
      'target weights of a context that is not listed',
      edited('instilled_weights.csv', (text) => `${text}moon_base,1,2,3,4,100\n`),
      /^error: instilled_weights\.csv, row \d+, column scenario: found 'moon_base', expected a context listed in scenarios\.csv$/,
    ],
    [
      'target weights that are all alike',
      edited('instilled_weights.csv', (text) => text.replace(/(-?\d+,){4}-?\d+$/gm, '5,5,5,5,5')),
      /^error: gpt-4o-2024-08-06\/learned_vs_target: /,
    ],
    [
      'a provenance that cannot be read',
      async (at) => {
        await removed('provenance.json')(at);
        await mkdir(join(at.folder, 'provenance.json'));
      },
      /^error: .*provenance\.json cannot be read \(EISDIR\)/,
    ],
    [
      'reports on contexts without choices',
      async (at) => {
        const native = `${GPT_4O}_instilled_latent_weight_reports.csv`;
        const others = await readFile(join(at.folder, REPORTS), 'utf8');
        await at.edit(native, () => others);
      },
      /^error: gpt-4o-2024-08-06_instilled_latent_weight_reports\.csv: none of its contexts has choices of this model, expected reports on contexts with choices$/,
    ],
  ])('is told in one line: %s', async (_what, spoil, line) => {
    await spoil(study);
    const outcome = await reproduce(study.folder);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(errorLines(outcome)).toHaveLength(1);
    expect(errorLines(outcome)[0]).toMatch(line);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome.stderr).not.toMatch(STACK_LINE);
  });

  it.each<[string, (folder: string) => string, string]>([
    ['does not exist', (folder) => join(folder, 'nowhere'), 'does not exist'],
    ['is a file', (folder) => join(folder, 'scenarios.csv'), 'is not a folder'],
  ])('is told in one line: a folder that %s', async (_what, place, told) => {
    const at = place(study.folder);
    const outcome = await reproduce(at);
    expect(outcome).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: ${at} ${told}: expected a folder in the layout of the authors' data\n`,
    });
  });
});

describe('an empty folder name', () => {
  it('is told in one line', async () => {
    const outcome = await reproduce('');
    expect(outcome).toEqual({
      code: 2,
      stdout: '',
      stderr: 'error: --data is empty: expected a folder\n',
    });
  });
});

describe('rows that can be left out', () => {
  it('are counted in warnings, a line for each kind, and the rest is fitted', async () => {
    await study.edit(CHOICES, (text) => `${text}${text.split('\n')[1]}\n`);
    await study.edit(REPORTS, withCell(2, 3, 'n/a'));
    await study.edit(REPORTS, withCell(3, 3, '-155'));
    await writeFile(join(study.folder, 'notes.csv'), 'a,b\n');
    const outcome = await reproduce(study.folder, '--out-of-range', 'omit');
    expect(outcome.code).toBe(0);
    expect(warningLines(outcome).slice(0, 4)).toEqual([
      'warning: left unread, not names of the layout: notes.csv',
      expect.stringMatching(
        /_instilled_selections\.csv: row 102 \(.*\) left out: the row repeats an earlier one in every cell$/,
      ),
      expect.stringMatching(
        /_weight_reports\.csv: row 2 \(\w+, n\/a, .*\) left out: a weight is not a number$/,
      ),
      expect.stringMatching(
        /_weight_reports\.csv: row 3 \(\w+, -155, .*\) left out: a weight is out of -100\.\.100$/,
      ),
    ]);
    expect(outcome.stdout).toContain('learned vs target weights');
    expect(errorLines(outcome)).toEqual([]);
  });

  it('are kept where they are only out of range, unless asked otherwise', async () => {
    await study.edit(REPORTS, withCell(3, 3, '-155'));
    const outcome = await reproduce(study.folder);
    expect(outcome.code).toBe(0);
    expect(warningLines(outcome)[0]).toMatch(
      /: row 3 \(\w+, -155, .*\) kept, as in the paper: a weight is out of -100\.\.100$/,
    );
  });
});
