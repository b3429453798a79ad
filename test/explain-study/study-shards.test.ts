/** Shards of a tiny study of explanations: gathered, they are the study byte for byte; each kind of damage is named. */
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readShards, ShardWriter } from '../../dist/src/distribution/shards.js';
import { runStudy } from '../../dist/src/explain-study/run-study.js';
import { openStudyFolder } from '../../dist/src/explain-study/study-folder.js';
import { gatherStudy, ownPart } from '../../dist/src/explain-study/study-shards.js';
import { cellsOf } from '../../src/explain/grid.js';
import type { StudyPlan } from '../../src/explain/plan.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const size = { width: 16, layers: 3, heads: 2, hidden: 24, steps: 60, rate: 1e-2 };
const networks = [1, 2].map((seed) => ({ name: `network ${seed}`, size, seed }));
const grid = { arms: ['network', 'untrained'], sizes: { patching: [64] }, seeds: [1, 2] } as const;
const plan: StudyPlan = {
  size: 'small',
  world: { seed: 4, entities: 8, classes: 4, relations: 3, values: 5 },
  networks,
  larger: [],
  options: { seed: 4, tests: 20 },
  cells: cellsOf({ networks, larger: [] }, grid),
};
const quiet = { workers: 2, signal: new AbortController().signal, onProgress: () => {} };
const environment = { node: 'v20.0.0', platform: 'linux x64', cpu: 'any' };

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);

async function shard(number: number, of: number, own = plan): Promise<string> {
  const path = join(root, `${number} of ${of}, seed ${own.world.seed}`);
  await mkdir(path, { recursive: true });
  const command = ['explain', 'run'];
  const writer = new ShardWriter(path, { command, shard: { number, of }, environment });
  const folder = await openStudyFolder(join(path, 'study'), own);
  const part = ownPart(own, writer);
  await runStudy(folder, part.plan, quiet);
  await part.store(folder);
  writeFileSync(join(path, 'shard.json'), writer.close());
  return path;
}

function filesIn(folder: string): Map<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(folder, name)).isFile()).toSorted();
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'base64')]));
}

const OF = 3;
const shards: string[] = [];
beforeAll(async () => {
  for (let number = 1; number <= OF; number++) shards.push(await shard(number, OF));
});

describe('shards of a study', () => {
  it('gathered are the study, byte for byte', async () => {
    const whole = await openStudyFolder(join(root, 'whole'), plan);
    await runStudy(whole, plan, quiet);
    const gathered = await openStudyFolder(join(root, 'gathered'), plan);
    await gatherStudy(gathered, plan, readShards(shards.toReversed()));
    expect(filesIn(gathered.path)).toEqual(filesIn(whole.path));
    expect(await runStudy(gathered, plan, quiet)).toBe(0);
  });

  it('make each cell once', () => {
    const cells = shards.map((path) => readdirSync(join(path, 'study', 'cells')));
    expect(cells.flat()).toHaveLength(plan.cells.length);
    expect(new Set(cells.flat()).size).toBe(plan.cells.length);
  });

  it('of another plan are refused', async () => {
    const more = { ...plan, options: { ...plan.options, tests: 21 } };
    const folder = await openStudyFolder(join(root, 'other'), more);
    await expect(gatherStudy(folder, more, readShards(shards))).rejects.toThrow(
      'the shards are of another study: none has networks/network-1/',
    );
  });

  const changed = (change: (folder: string) => void) => {
    const copy = join(root, 'changed');
    rmSync(copy, { recursive: true, force: true });
    cpSync(shards[1] ?? '', copy, { recursive: true });
    change(copy);
    return [shards[0] ?? '', copy, shards[2] ?? ''];
  };
  const cut = (folder: string) => {
    const file = join(folder, 'results.bin');
    writeFileSync(file, readFileSync(file).subarray(0, -5));
  };
  const older = (folder: string) => {
    const file = join(folder, 'shard.json');
    const text = readFileSync(file, 'utf8').replace(
      /"weighbridge": "[^"]+"/,
      '"weighbridge": "0.0.1"',
    );
    writeFileSync(file, text);
  };

  it.each<[string, () => string[], RegExp]>([
    ['missing', () => shards.slice(0, 2), /^1 of 3 shards are missing: 3\/3$/],
    ['doubled', () => [...shards, shards[0] ?? ''], /are both shard 1\/3$/],
    [
      'cut short',
      () => changed(cut),
      /changed has a results.bin that was changed or cut short: run/,
    ],
    ['of another version', () => changed(older), /changed was made by weighbridge 0.0.1, expected/],
    [
      'stopped',
      () => changed((folder) => rmSync(join(folder, 'shard.json'))),
      /changed is not a complete shard: it has no shard.json; run it again$/,
    ],
  ])('%s are refused by name', (_, choose, message) => {
    expect(() => readShards(choose())).toThrow(message);
  });

  it('of another study are refused by name', async () => {
    const foreign = await shard(3, 3, { ...plan, world: { ...plan.world, seed: 5 } });
    expect(() => readShards([...shards.slice(0, 2), foreign])).toThrow(
      `${foreign} is a shard of fits of other data than`,
    );
  });
});
