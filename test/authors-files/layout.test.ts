/**
 * Which base models a folder holds, by the names of its files alone: the files here are empty.
 */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layoutOf, modelFiles } from '../../src/authors-files/layout.js';
import { listFolder } from '../../src/authors-files/read-study.js';
import { WeighbridgeError } from '../../src/errors.js';

const kinds = Object.values(modelFiles);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(...names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => writeFile(join(folder, name), '')));
}

const filesOf = (model: string) => kinds.map(({ suffix }) => model + suffix);

const folderLayout = async (at: string) => layoutOf(at, await listFolder(at));

async function complaint(at = folder): Promise<string> {
  const error: unknown = await folderLayout(at).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WeighbridgeError);
  expect(error).toMatchObject({ code: 'missing-file' });
  const { message } = error as WeighbridgeError;
  expect(message).not.toContain('\n');
  return message;
}

describe('the base models of a folder', () => {
  it('are found in alphabetical order', async () => {
    await put(...filesOf('m2'), ...filesOf('m1'), 'scenarios.csv', 'instilled_weights.csv');
    expect(await folderLayout(folder)).toEqual({ models: ['m1', 'm2'], unread: [] });
  });

  it.each(['llama-3.1-8b', 'Qwen2.5_7B', 'a model, no less'])(
    'may be a single one of any name: %s',
    async (model) => {
      await put(...filesOf(model));
      expect(await folderLayout(folder)).toEqual({ models: [model], unread: [] });
    },
  );

  it('may have any names that a file system takes', async () => {
    const letter = fc.constantFrom(...'abcXYZ019-_. ');
    const name = fc.string({ unit: letter, minLength: 1, maxLength: 12 });
    // Of two names that differ only in case, some file systems keep one.
    const names = fc.uniqueArray(name, {
      minLength: 1,
      maxLength: 3,
      selector: (model) => model.toLowerCase(),
    });
    await fc.assert(
      fc.asyncProperty(names, async (models) => {
        folder = await mkdtemp(join(tmpdir(), 'weighbridge-'));
        await put(...models.flatMap(filesOf));
        const layout = await folderLayout(folder);
        await rm(folder, { recursive: true, force: true });
        expect(layout).toEqual({ models: [...models].sort(), unread: [] });
      }),
      { seed: 21, numRuns: 30 },
    );
  });

  it('are those that made choices: reports alone make none', async () => {
    await put(...filesOf('m1'), 'm2_weight_reports.csv', 'm2_instilled_weight_reports.csv');
    expect(await folderLayout(folder)).toEqual({
      models: ['m1'],
      unread: ['m2_instilled_weight_reports.csv', 'm2_weight_reports.csv'],
    });
  });
});

describe('files that are not read', () => {
  it('are told where they are CSV files of unknown names', async () => {
    await put(...filesOf('m1'), 'm1_selections.csv', 'notes.csv', 'notes.txt', 'figure.png');
    const { unread } = await folderLayout(folder);
    expect([...unread].sort()).toEqual(['m1_selections.csv', 'notes.csv']);
  });

  it('are not told where the authors published them too', async () => {
    await put(
      ...filesOf('m1'),
      'm1_regression_results.csv',
      'm1_latent_regression_results.csv',
      'roles.csv',
      'candidate_scenarios.json',
      'instill_100_prefs.jsonl',
      'provenance.json',
    );
    expect((await folderLayout(folder)).unread).toEqual([]);
  });
});

describe('a folder that holds no study', () => {
  it('may not exist', async () => {
    const nowhere = join(folder, 'nowhere');
    expect(await complaint(nowhere)).toBe(
      `${nowhere} does not exist: expected a folder in the layout of the authors' data`,
    );
  });

  it('may be a file', async () => {
    await put('a-file');
    const file = join(folder, 'a-file');
    expect(await complaint(file)).toBe(
      `${file} is not a folder: expected a folder in the layout of the authors' data`,
    );
  });

  it('may be empty', async () => {
    expect(await complaint()).toBe(
      `${folder} holds no base model: expected files named MODEL_instilled_selections.csv and so on`,
    );
  });

  it('may hold misnamed files, of which it names a few', async () => {
    await put('m1-instilled-selections.csv', 'scenarios.csv', 'readme.txt');
    expect(await complaint()).toMatch(
      /holds no base model: .*; is one of these misnamed\? m1-instilled-selections\.csv$/,
    );
    await put(...Array.from({ length: 9 }, (_, i) => `x${i}.csv`));
    expect((await complaint()).split('misnamed? ')[1]?.split(', ')).toHaveLength(5);
  });

  it.each(kinds)('may lack one file of a model: $suffix', async ({ suffix, holds }) => {
    await put(...filesOf('m1'), ...filesOf('m2'));
    await rm(join(folder, `m2${suffix}`));
    expect(await complaint()).toBe(`m2${suffix} is missing in ${folder}: expected the ${holds}`);
  });

  it.each(kinds)('may have one misnamed, and hints at it: $suffix', async ({ suffix, holds }) => {
    await put(...filesOf('m1'));
    const misnamed = `m1${suffix.replaceAll('_', '-')}`;
    await rename(join(folder, `m1${suffix}`), join(folder, misnamed));
    expect(await complaint()).toBe(
      `m1${suffix} is missing in ${folder}: expected the ${holds}; is one of these misnamed? ${misnamed}`,
    );
  });
});
