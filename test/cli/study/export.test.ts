/** `study export` and `study stimuli` of a study that is not the paper's. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addExport } from '../../../src/cli/study/export.js';
import { addStimuli } from '../../../src/cli/study/study.js';
import { readTable } from '../../../src/data-files/read-table.js';
import { openStudy } from '../../../src/harness/open-study.js';
import { runStudy } from '../../../src/harness/run-study.js';
import { completion } from '../../harness/client/support.js';
import { printedBy } from '../../support/printed.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const RATINGS = `study: essays
server: {base_url: 'http://127.0.0.1:9/v1', key_variable: null}
items: items.csv
tasks:
  rate:
    prompt: 'How good is this, from 1 to 7? {{ essay }}'
    answer: {kind: ordinal, from: 1, to: 7}
    repeats: 2
models:
  - name: a/judge
    trained: {taught: judge-taught}
stages:
  - {id: ratings, task: rate}
`;
const TRAINING = `  - {id: taught, task: rate, kind: training, answer: '{{ measured.rating | round }}', measured: {rating: ratings}}
`;

let folder = '';
let out = '';
let remove = async () => {};
beforeEach(async () => {
  const made = await temporaryFolder();
  ({ remove } = made);
  folder = join(made.folder, 'study');
  out = join(made.folder, 'out');
  await mkdir(folder);
  await writeFile(join(folder, 'items.csv'), 'id,essay\ne1,"One, two"\ne2,=Three\n');
  await writeFile(join(folder, 'study.yaml'), RATINGS);
});
afterEach(() => remove());

/** Collects answers: grades, one of which is none. */
async function collectAnswers(): Promise<void> {
  let asked = 0;
  const study = await openStudy(folder, {
    fetch: async () => Response.json(completion(asked++ === 0 ? 'good' : '5')),
  });
  try {
    await runStudy(study);
  } finally {
    study.close();
  }
}

async function command(...words: string[]): Promise<string> {
  const study = new Command('study').exitOverride();
  addExport(study);
  addStimuli(study);
  return printedBy(process.stdout, () => study.parseAsync(words, { from: 'user' }));
}

describe('study export', () => {
  test.each([
    ['answers.csv', []],
    ['answers.jsonl', []],
    ['answers.parquet', []],
    ['', []],
    ['', ['--format', 'jsonl']],
    ['', ['--format', 'parquet']],
  ] as const)('writes one table: %s %j', async (file, flags) => {
    await collectAnswers();
    const path = join(out, file);
    const printed = await command('export', folder, path, ...flags);
    const [name = ''] = await readdir(out);
    expect(name).toBe(file || `answers.${flags[1] ?? 'csv'}`);
    expect(printed).toBe(`4 answers written to ${join(out, name)}\n`);
    const table = await readTable(join(out, name));
    const column = (of: string) => [...(table[of] ?? [])];
    expect(column('item').toSorted()).toEqual(['e1', 'e1', 'e2', 'e2']);
    expect(column('model')).toEqual(Array(4).fill('a/judge'));
    expect(column('value').filter((value) => Number(value) === 5)).toHaveLength(3);
    expect(column('reason').filter((reason) => reason === 'not-a-number')).toHaveLength(1);
  });

  test("refuses the authors' layout in one line, and writes nothing", async () => {
    await collectAnswers();
    await expect(command('export', folder, out, '--format', 'authors')).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringMatching(/^\S+ is not a study of the pack self-.* \.csv, [^\n]*$/),
    });
    expect(await readdir(join(out, '..'))).toEqual(['study']);
  });
});

describe('study stimuli', () => {
  test('of a study that trains no model says so', async () => {
    await expect(command('stimuli', out, '--of', folder)).rejects.toThrow('trains no model');
  });

  test('writes a file for each training of each model, once its answers are there', async () => {
    await writeFile(join(folder, 'study.yaml'), RATINGS + TRAINING);
    await expect(command('stimuli', out, '--of', folder)).rejects.toThrow(
      /a\/judge\/train-taught is made of the answers of a\/judge\/ratings, which has 0 of 4: collect/,
    );
    await collectAnswers();
    await command('stimuli', out, '--of', folder);
    expect(await readdir(out)).toEqual(['a_judge_taught.jsonl']);
    const lines = (await readFile(join(out, 'a_judge_taught.jsonl'), 'utf8')).trim().split('\n');
    const examples = lines.map((line) => JSON.parse(line).messages);
    expect(examples.map(([question]) => question.content).toSorted()).toEqual([
      'How good is this, from 1 to 7? =Three',
      'How good is this, from 1 to 7? One, two',
    ]);
    for (const [, answer] of examples) expect(answer).toEqual({ role: 'assistant', content: '5' });
  });
});
