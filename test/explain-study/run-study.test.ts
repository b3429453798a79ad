/** A study of a tiny world on worker threads: the same rows for any number of threads and any interruptions. */
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCell } from '../../dist/src/explain/grid.js';
import { plannedStudy } from '../../dist/src/explain/plan.js';
import { predictionsOf, runStudy } from '../../dist/src/explain-study/run-study.js';
import { openStudyFolder } from '../../dist/src/explain-study/study-folder.js';
import { cellName, cellSteps, cellsOf } from '../../src/explain/grid.js';
import type { StudyPlan } from '../../src/explain/plan.js';
import type { StepProgress } from '../../src/posterior/steps.js';
import { finished } from '../../src/posterior/steps.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const size = { width: 16, layers: 3, heads: 2, hidden: 24, steps: 60, rate: 1e-2 };
const networks = [1, 2].map((seed) => ({ name: `network ${seed}`, size, seed }));
const grid = { arms: ['network', 'untrained'], sizes: { patching: [64] }, seeds: [1] } as const;
const plan: StudyPlan = {
  size: 'small',
  world: { seed: 4, entities: 8, classes: 4, relations: 3, values: 5 },
  networks,
  larger: [],
  options: { seed: 4, tests: 20 },
  cells: cellsOf({ networks, larger: [] }, grid),
};
const never = new AbortController().signal;
const quiet = { workers: 2, signal: never, onProgress: () => {} };

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);
const inFolder = (name: string) => openStudyFolder(join(root, name), plan);

const whole = await inFolder('whole');
const reported: StepProgress[] = [];
const made = await runStudy(whole, plan, { ...quiet, onProgress: (one) => reported.push(one) });
const rows = await predictionsOf(whole, plan);

describe('a study', () => {
  it('has the rows of its cells, in the order of the plan', async () => {
    expect(made).toBe(networks.length + plan.cells.length);
    const trained = [];
    for (const { name } of networks) {
      const network = await whole.network(name);
      if (network) trained.push(network);
    }
    expect(trained).toHaveLength(2);
    const study = plannedStudy(plan, trained);
    const [first] = plan.cells;
    const again = finished(runCell(study, first));
    expect(rows.slice(0, again.length)).toEqual(again);
    expect(new Set(rows.map(({ target }) => target))).toEqual(new Set(['network 1', 'network 2']));
  });

  it('reports training steps up to their total', () => {
    const total = plan.cells.reduce((sum, cell) => sum + cellSteps(cell), 0) + 2 * size.steps;
    expect(reported.at(-1)).toEqual({ done: total, total });
    const steps = reported.map(({ done }) => done);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  });

  it('gives the same rows on one thread', async () => {
    const folder = await inFolder('one thread');
    await runStudy(folder, plan, { ...quiet, workers: 1 });
    expect(await predictionsOf(folder, plan)).toEqual(rows);
  });

  it('makes only what is missing', async () => {
    const files = await readdir(join(whole.path, 'cells'));
    expect(files).toHaveLength(plan.cells.length);
    expect(await runStudy(whole, plan, quiet)).toBe(0);
    await rm(join(whole.path, 'cells', files[1]));
    await rm(join(whole.path, 'networks', 'network-2'), { recursive: true });
    expect(await runStudy(whole, plan, quiet)).toBe(2);
    expect(await predictionsOf(whole, plan)).toEqual(rows);
  });

  it('stops on request, and goes on from there', async () => {
    const folder = await inFolder('stopped');
    const stop = new AbortController();
    const stopped = runStudy(folder, plan, {
      ...quiet,
      signal: stop.signal,
      onProgress: () => stop.abort('enough'),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', cause: 'enough' });
    expect(await runStudy(folder, plan, quiet)).toBeGreaterThan(0);
    expect(await predictionsOf(folder, plan)).toEqual(rows);
  });
});

describe('the folder of a study', () => {
  it('refuses another study, another version and other things', async () => {
    await expect(openStudyFolder(whole.path, { ...plan, world: { seed: 5 } })).rejects.toThrow(
      'is a study with --size small --seed 4, expected --size small --seed 5',
    );
    await expect(openStudyFolder(root, plan)).rejects.toMatchObject({ code: 'bad-argument' });
    const file = join((await inFolder('older')).path, 'study.json');
    const document = { format: 'weighbridge-explanation-study', format_version: 1 };
    await writeFile(
      file,
      JSON.stringify({ ...document, weighbridge: '0.1.0', size: 'small', seed: 4 }),
    );
    await expect(inFolder('older')).rejects.toMatchObject({ code: 'wrong-version' });
    await writeFile(file, '{');
    await expect(inFolder('older')).rejects.toMatchObject({ code: 'damaged' });
  });

  it('names a cell that is damaged or missing', async () => {
    const [cell] = plan.cells;
    const [file] = (await readdir(join(whole.path, 'cells'))).filter(
      (name) => name === `${cellName(cell).replaceAll(/[^a-z0-9]+/gi, '-')}.jsonl.gz`,
    );
    const path = join(whole.path, 'cells', file);
    await writeFile(path, 'not compressed');
    await expect(whole.readCell(cell)).rejects.toMatchObject({ code: 'damaged' });
    await rm(path);
    await expect(whole.readCell(cell)).rejects.toMatchObject({ code: 'missing-file' });
  });
});
