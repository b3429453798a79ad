/** docs/files.md names every column and key of the files that weighbridge writes, and no other. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configurationTemplate } from '../../src/harness/create-study.js';
import { describedSchema } from '../../src/packs/described/configuration.js';
import { answersResultSchema } from '../../src/result/answers-format.js';
import { inProcess } from '../e2e/in-process.js';
import { checkout, SHORT } from '../e2e/support.js';
import { type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';
import {
  columnDifference,
  columnsIn,
  documented,
  keyDifference,
  none,
  sampleOf,
} from './documented-layout.js';

const MODEL = 'gpt-4o-2024-08-06';
let study: SimulatedStudy;
const at = (...parts: string[]) => join(study.root, ...parts);
const text = (...parts: string[]) => readFile(at(...parts), 'utf8');
const json = async (...parts: string[]): Promise<unknown> => JSON.parse(await text(...parts));

async function run(...args: string[]): Promise<void> {
  const { code, stderr } = await inProcess(args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
}

beforeAll(async () => {
  study = await simulatedStudy({ configuration: { server: { logprobs: true } } });
  await run('study', 'run', study.folder, '--quiet');
  await run('study', 'export', study.folder, at('export'));
  await run('study', 'stimuli', at('stimuli'), '--of', study.folder);
  await run(
    'study',
    'analyse',
    study.folder,
    '--out',
    at('result'),
    '--latent',
    '--quiet',
    ...SHORT,
  );
  const rows = Array.from({ length: 24 }, (_, i) => `${i % 5},${'abc'[i % 3]},${(i * 7) % 11}`);
  await writeFile(at('data.csv'), ['x,g,y', ...rows].join('\n'));
  const outputs = ['json', 'save', 'arviz', 'cmdstan'].flatMap((to) => [`--${to}`, at(to)]);
  await run(
    'fit',
    at('data.csv'),
    'y ~ x + (1 | g)',
    ...['--loo', '--kfold-grouped', 'g'],
    '--quiet',
    ...outputs,
    ...SHORT,
  );
});
afterAll(() => study.close());

test('study.yaml has the keys of the template', () => {
  const template: unknown = parse(configurationTemplate('name'));
  expect(keyDifference("`study.yaml`: the paper's study", template)).toEqual(none);
});

test('study.yaml of a described study has the keys of its schema', () => {
  const found = sampleOf(describedSchema);
  expect(keyDifference('`study.yaml`: a described study', found)).toEqual(none);
});

describe('the files of a study', () => {
  test('contexts and agents', async () => {
    expect(keyDifference('`contexts.json`', await json('study', 'contexts.json'))).toEqual(none);
    const agents = await text('study', 'agents.csv');
    expect(columnDifference('`agents.csv`', columnsIn(agents))).toEqual(none);
  });

  test('the tables of the record', () => {
    const database = new Database(at('study', 'record.sqlite'), { readonly: true });
    const named = z.array(z.object({ name: z.string() }));
    const tables = named.parse(
      database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all(),
    );
    expect(tables.length).toBeGreaterThan(0);
    for (const { name } of tables) {
      const columns = named.parse(database.prepare(`PRAGMA table_info(${name})`).all());
      const found = columns.map((column) => column.name);
      expect(columnDifference('`record.sqlite`', found, `column of \`${name}\``)).toEqual(none);
    }
    database.close();
  });

  test('training files', async () => {
    const files = (await readdir(at('stimuli'))).filter((file) => file.endsWith('.jsonl'));
    expect(files).toHaveLength(5);
    for (const file of files) {
      const [first = ''] = (await text('stimuli', file)).split('\n');
      expect(keyDifference('`preferences.jsonl`', JSON.parse(first))).toEqual(none);
    }
  });
});

describe('the authors’ layout', () => {
  const sections: Readonly<Record<string, string>> = {
    selections: '`MODEL_instilled_selections.csv`',
    weight_reports: '`MODEL_weight_reports.csv`',
    regression_results: '`MODEL_regression_results.csv`',
  };

  test('lists the files of an export', async () => {
    const names = documented("The authors' layout", 'file').map(({ name }) =>
      name.replace('MODEL', MODEL),
    );
    const written = await readdir(at('export'));
    expect(written.filter((file) => !names.includes(file))).toEqual([]);
    const notExported = names.filter((file) => !written.includes(file));
    expect(notExported.every((file) => file.endsWith('regression_results.csv'))).toBe(true);
  });

  test('names their columns', async () => {
    const files = [
      ...(await readdir(at('export'))).map((file) => ['export', file] as const),
      ...(await readdir(at('result', 'weights'))).map((file) => ['result/weights', file] as const),
    ].filter(([, file]) => file.endsWith('.csv'));
    expect(files).toHaveLength(13);
    for (const [folder, file] of files) {
      const kind = Object.keys(sections).find((ending) => file.endsWith(`${ending}.csv`));
      const section = kind ? (sections[kind] ?? '') : `\`${file}\``;
      const found = columnsIn(await text(folder, file));
      expect(columnDifference(section, found), file).toEqual(none);
    }
    const provenance = await json('export', 'provenance.json');
    expect(keyDifference('`provenance.json`', provenance)).toEqual(none);
  });
});

describe('a result folder', () => {
  test('of a described study has the keys of its schema', () => {
    const found = sampleOf(answersResultSchema);
    expect(keyDifference('`result.json`: of a described study', found)).toEqual(none);
  });

  test.each([
    ['result.json', "`result.json`: of the paper's study"],
    ['fits.json', '`fits.json`'],
    ['contexts.json', '`contexts.json` of a result'],
    ['trials.json', '`trials.json`'],
    ['reports.json', '`reports.json`'],
  ])('%s', async (file, section) => {
    expect(keyDifference(section, await json('result', file))).toEqual(none);
  });

  test('its tables', async () => {
    for (const file of await readdir(at('result', 'csv'))) {
      const section = `\`csv/${file.replace('figure-3', 'figure-2')}\``;
      const found = columnsIn(await text('result', 'csv', file));
      expect(columnDifference(section, found), file).toEqual(none);
    }
  });
});

describe('what fit writes', () => {
  test('JSON and saved fits', async () => {
    expect(keyDifference('`fit --json`', await json('json'))).toEqual(none);
    const saved = await json('save', 'fit.json');
    expect(keyDifference('`fit --save DIR`', saved, 'key of `fit.json`')).toEqual(none);
  });

  test('CmdStan’s CSV', async () => {
    const lines = (await text('cmdstan', 'chain-1.csv')).split('\n');
    const header = lines.find((line) => !line.startsWith('#')) ?? '';
    expect(columnDifference('`fit --cmdstan DIR`', columnsIn(header))).toEqual(none);
  });

  test('an InferenceData store', async () => {
    const groups = documented('`fit --arviz DIR`', 'group').map(({ name }) => name);
    const written = (await readdir(at('arviz'))).filter((name) => !name.startsWith('.'));
    expect(written.toSorted()).toEqual(groups.toSorted());
    const page = await readFile(join(checkout, 'docs/files.md'), 'utf8');
    for (const array of await readdir(at('arviz', 'sample_stats'))) {
      if (!array.startsWith('.')) expect(page).toContain(`\`${array}\``);
    }
  });
});
