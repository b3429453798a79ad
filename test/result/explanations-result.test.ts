/** The result folder of a study of explanations. */
import { readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readItems } from '../../src/analysis/explanations/read-items.js';
import { readTable } from '../../src/data-files/read-table.js';
import { writeTable } from '../../src/data-files/write-table.js';
import type { Prediction } from '../../src/explain/grid.js';
import { predictionColumns } from '../../src/result/explanations-format.js';
import { readAnyResult } from '../../src/result/read-any.js';
import { readExplanationsResult } from '../../src/result/read-explanations.js';
import type { Section } from '../../src/result/sections.js';
import { writeExplanationsData } from '../../src/result/write-explanations.js';
import { sealFolder } from '../../src/result/write-sections.js';
import { sectionOf, smallSections } from '../support/small-answers.js';
import { explanationRows, explanationsFacts } from '../support/small-explanations.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let place: Awaited<ReturnType<typeof temporaryFolder>>;
let folder = '';
beforeEach(async () => {
  place = await temporaryFolder();
  folder = join(place.folder, 'result');
});
afterEach(() => place.remove());

async function write(rows: readonly Prediction[], sections: readonly Section[] = []) {
  const found = { sections, tasks: { ablation: { self_minus_other: null } }, curves: [] };
  await sealFolder(folder, await writeExplanationsData(folder, explanationsFacts, found, rows));
}

const word = fc.string({ unit: 'grapheme', minLength: 1 });
const row = fc.record<Required<Prediction>>({
  ...{ item: word, target: word, cluster: word, explainer: word, task: word },
  vector: fc.constantFrom('given', 'none', 'rotated', 'aligned'),
  ...{ truth: word, answer: word, seed: fc.option(word), n: fc.nat() },
  score: fc.double({ min: -1, max: 1, noNaN: true }).map((x) => x + 0),
  model: fc.option(word),
});

describe('the result of a study of explanations', () => {
  test('comes back as it was written, and the same rows give the same bytes', async () => {
    const runs = fc.asyncProperty(fc.array(row, { maxLength: 8 }), async (rows) => {
      await write(rows);
      const bytes = await readFile(join(folder, 'predictions.parquet'));
      const read = await readExplanationsResult(folder);
      const columns = await read.predictions();
      for (const { name } of predictionColumns) {
        expect(columns[name]).toEqual(rows.map((one) => one[name]));
      }
      expect(read.result).toMatchObject({ ...explanationsFacts, rows: rows.length });
      expect(read.result.tasks).toEqual({ ablation: { self_minus_other: null } });
      await read.close();
      await write(rows);
      expect((await readFile(join(folder, 'predictions.parquet'))).equals(bytes)).toBe(true);
    });
    await fc.assert(runs, { seed: 17, numRuns: 25 });
  });

  test('has predictions that `explain import` reads', async () => {
    const rows = explanationRows();
    await write(rows);
    const file = join(folder, 'predictions.parquet');
    const read = readItems([{ file, columns: await readTable(file) }]);
    const told = (all: readonly Pick<Prediction, 'item' | 'score'>[]) =>
      all.map(({ item, score }) => `${item}: ${score}`).sort();
    expect(told(read.rows)).toEqual(told(rows));
  });

  test('has draws only if they are kept', async () => {
    await write(explanationRows(), smallSections);
    const kept = await readAnyResult(folder);
    if (!('predictions' in kept)) throw new Error('another kind');
    const [fit] = kept.result.sections[0]?.fits ?? [];
    if (!fit) throw new Error('no fit');
    expect(await kept.draws(fit)).toEqual(Float64Array.of(0.1, 0.2, 0.3, 0.4));
    await kept.close();
    await write(explanationRows());
    expect((await readdir(folder)).sort()).toEqual(['predictions.parquet', 'result.json']);
  });
});

describe('a folder that is not whole is refused in one line', () => {
  const open = async () => {
    const read = await readExplanationsResult(folder);
    try {
      await read.predictions();
    } finally {
      await read.close();
    }
  };
  const damaged = (file: string) => ({
    code: 'damaged',
    message: expect.stringMatching(new RegExp(`^[^\\n]*${file}[^\\n]*$`)),
  });

  test.each(['predictions.parquet', 'draws.f64', 'result.json'])('half of %s', async (name) => {
    await write(explanationRows(), [sectionOf('fit', [1, 2, 3])]);
    const { length } = await readFile(join(folder, name));
    await truncate(join(folder, name), Math.floor(length / 2));
    await expect(open()).rejects.toMatchObject(damaged(name));
  });

  test('no predictions, a link in their place, or other bytes', async () => {
    await write(explanationRows());
    const path = join(folder, 'predictions.parquet');
    const bytes = await readFile(path);
    await writeFile(path, Buffer.alloc(bytes.length, 7));
    await expect(open()).rejects.toMatchObject(damaged('predictions.parquet'));
    await rm(path);
    await expect(open()).rejects.toMatchObject(damaged('predictions.parquet'));
    const other = join(place.folder, 'other.parquet');
    await writeFile(other, bytes);
    await symlink(other, path);
    await expect(open()).rejects.toMatchObject(damaged('predictions.parquet'));
  });

  test('predictions of another table of the same size', async () => {
    await write(explanationRows());
    const path = join(folder, 'predictions.parquet');
    await writeTable(path, { columns: [{ name: 'item', kind: 'text' }], rows: [['a']] });
    const result = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'));
    result.files['predictions.parquet'] = (await readFile(path)).length;
    await writeFile(join(folder, 'result.json'), JSON.stringify(result));
    await expect(open()).rejects.toMatchObject(damaged('predictions.parquet'));
  });

  test.each([
    [{ format: 'something else' }, 'wrong-format'],
    [{ format_version: 99 }, 'wrong-version'],
    [{ kind: 'answers' }, 'wrong-format'],
    [{ curves: 'none' }, 'damaged'],
  ])('result.json with %j', async (changes, code) => {
    await write(explanationRows());
    const path = join(folder, 'result.json');
    const result = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...result, ...changes }));
    await expect(open()).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining('\n'),
    });
  });

  test("another program's result.json, which is left alone", async () => {
    await write(explanationRows());
    await writeFile(join(folder, 'result.json'), '{}');
    await expect(write([])).rejects.toMatchObject({ code: 'bad-argument' });
    expect(await readFile(join(folder, 'result.json'), 'utf8')).toBe('{}');
  });
});
