/** `weighbridge explain demo` on a small study in place of the shipped one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { compareItems } from '../../src/analysis/explanations/compare-items.js';
import { readItems } from '../../src/analysis/explanations/read-items.js';
import { demo } from '../../src/cli/explain-demo.js';
import { writeExplanations } from '../../src/report/explanations/write.js';
import { columnsOfPredictions } from '../../src/result/explanations-format.js';
import { readExplanationsResult } from '../../src/result/read-explanations.js';
import { explanationRows, explanationsFacts } from '../support/small-explanations.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let place: Awaited<ReturnType<typeof temporaryFolder>>;
let shipped = '';
beforeAll(async () => {
  place = await temporaryFolder();
  shipped = join(place.folder, 'shipped');
  const rows = explanationRows();
  const { rows: items } = readItems([{ file: 'rows', columns: columnsOfPredictions(rows) }]);
  const tasks = await compareItems(items, { seed: 1, chains: 1, warmup: 50, draws: 50 });
  await writeExplanations(shipped, explanationsFacts, tasks, rows);
});
afterAll(() => place.remove());
afterEach(() => {
  vi.restoreAllMocks();
});

/** What is written to standard output. */
function printed(): () => string {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  return () => stripVTControlCharacters(text);
}

const flags = { out: undefined, json: undefined, quiet: false };

test('prints the tables of the held-out items, and what the study does not show', async () => {
  const text = printed();
  await demo(flags, shipped);
  expect(text()).toContain('ablation: who explains better?');
  expect(text()).toContain('features: who explains better?');
  expect(text()).not.toContain('ablation, seen');
  expect(text()).toMatch(/self − other\s+│\s+[−\d]/);
  expect(text()).toMatch(/vector: self − self without it/);
  expect(text()).toContain('It says nothing about whether large language models');
  expect(text()).toContain('weighbridge explain demo --out FOLDER');
});

test('writes the study with --out, and its tasks with --json', async () => {
  const text = printed();
  const [out, json] = ['copy', 'found.json'].map((name) => join(place.folder, name));
  await demo({ ...flags, out, json }, shipped);
  expect(text()).toContain(`weighbridge view ${out}`);
  const copy = await readExplanationsResult(out ?? '');
  await copy.close();
  const written = JSON.parse(await readFile(json ?? '', 'utf8'));
  expect(written.tasks).toEqual(copy.result.tasks);
  expect(Object.keys(written.tasks)).toEqual(['ablation', 'ablation, seen', 'features']);
  expect(written.tasks.features.explainers.self).toMatchObject({ n: 16 });
});

test('does not write onto itself, or into nothing', async () => {
  printed();
  for (const out of [shipped, `${shipped}/`, '']) {
    await expect(demo({ ...flags, out }, shipped)).rejects.toMatchObject({ code: 'bad-argument' });
  }
  await (await readExplanationsResult(shipped)).close();
});
