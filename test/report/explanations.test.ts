/** The folder of a study of explanations with its report: what readers find in it. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareItems } from '../../src/analysis/explanations/compare-items.js';
import { readItems } from '../../src/analysis/explanations/read-items.js';
import { readTable } from '../../src/data-files/read-table.js';
import { copyExplanations, writeExplanations } from '../../src/report/explanations/write.js';
import type { ExplanationsDocument } from '../../src/result/explanations-format.js';
import { columnsOfPredictions } from '../../src/result/explanations-format.js';
import { readExplanationsResult } from '../../src/result/read-explanations.js';
import { explanationRows, explanationsFacts } from '../support/small-explanations.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const rows = explanationRows();

let place: Awaited<ReturnType<typeof temporaryFolder>>;
let folder = '';
let result: ExplanationsDocument;
beforeAll(async () => {
  place = await temporaryFolder();
  folder = join(place.folder, 'result');
  const items = readItems([{ file: 'rows', columns: columnsOfPredictions(rows) }]);
  const tasks = await compareItems(items.rows, { seed: 1, chains: 1, warmup: 50, draws: 50 });
  result = await writeExplanations(folder, explanationsFacts, tasks, rows);
});
afterAll(() => place.remove());

const page = async (name = folder) =>
  parseHTML(await readFile(join(name, 'report.html'), 'utf8')).document;

describe('the folder of a study of explanations', () => {
  test('has its data, its report and a CSV file for each table, and no draws', async () => {
    expect((await readdir(folder)).sort()).toEqual([
      ...['csv', 'predictions.parquet', 'report.html', 'result.json'],
    ]);
    expect(Object.keys(result.tasks)).toEqual(['ablation', 'ablation, seen', 'features']);
    const intervals = await readTable(join(folder, 'csv', 'intervals.csv'));
    const all = result.sections.flatMap((section) => section.intervals);
    expect(intervals.label).toEqual(all.map(({ label }) => label));
  });

  test('is copied with the same data, a report and the same tables', async () => {
    const copy = join(place.folder, 'copy');
    const read = await readExplanationsResult(folder);
    await copyExplanations(read, copy);
    await read.close();
    for (const name of ['result.json', 'predictions.parquet', 'report.html', 'csv/intervals.csv']) {
      const [one, other] = await Promise.all(
        [folder, copy].map((from) => readFile(join(from, name))),
      );
      expect(one?.equals(other ?? Buffer.of()), name).toBe(true);
    }
  });

  test('has a report with a section for each task', async () => {
    const headings = [...(await page()).querySelectorAll('h2')].map((one) => one.textContent);
    for (const { title } of result.sections) expect(headings).toContain(title);
  });
});
