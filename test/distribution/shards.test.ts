/** Shards of some fits and their results put together: as without shards, and refused by name if damaged. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseShard, readShards, ShardWriter, shardRunner } from '../../src/distribution/shards.js';
import { isWeighbridgeError } from '../../src/errors.js';
import type { FitJob } from '../../src/fit/job.js';
import { runHere } from '../../src/fit/run.js';
import { linearSpecification } from '../../src/regression/columns.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const settings = { chains: 1, warmup: 20, draws: 8, seed: 3, algorithm: 'nuts' } as const;
const { folder: root, remove } = await temporaryFolder();
afterAll(remove);

function jobs(count: number, shift = 0): FitJob[] {
  const predictors = { names: ['x'], rows: 5, values: Float64Array.from([1, 2, 4, 3, 0]) };
  return Array.from({ length: count }, (_, i) => ({
    name: `fit ${i}`,
    specification: linearSpecification(predictors, [1, i, 2, shift, 3]),
  }));
}

const facts = {
  command: ['reproduce', '--data', 'folder'],
  environment: { node: 'v20.0.0', platform: 'linux x64', cpu: 'any' },
};

interface MadeShard {
  readonly number: number;
  readonly of: number;
  readonly all: readonly FitJob[];
  readonly command?: readonly string[];
}

let made = 0;

/** Makes one shard; the calls of its runner go through the jobs in parts. */
async function shard({ number, of, all, command = facts.command }: MadeShard): Promise<string> {
  const folder = join(root, `${++made}`);
  mkdirSync(folder);
  const writer = new ShardWriter(folder, {
    ...facts,
    command: [...command],
    shard: { number, of },
  });
  const run = shardRunner(runHere, writer);
  for (let start = 0; start < all.length; start += 16) {
    await run(all.slice(start, start + 16), settings).catch((error: unknown) => {
      if (!isWeighbridgeError(error, 'other-shard')) throw error;
    });
  }
  writeFileSync(join(folder, 'shard.json'), writer.close());
  return folder;
}

const shards = (of: number, all: readonly FitJob[]) =>
  Promise.all(Array.from({ length: of }, (_, i) => shard({ number: i + 1, of, all })));

const none = () => Promise.reject(new Error('no fit is to be made'));

describe('shards', () => {
  it('give the results of one machine, in any number and order', async () => {
    const runs = fc.asyncProperty(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 9, max: 30 }),
      fc.boolean(),
      async (of, count, reversed) => {
        const all = jobs(count);
        const paths = await shards(of, all);
        const merged = readShards(reversed ? paths.toReversed() : paths);
        expect(merged.command).toEqual(facts.command);
        const seen: string[] = [];
        const results = await merged.runner(none)(all.slice(0, 16), settings, {
          onFit: ({ name }) => seen.push(name),
        });
        const whole = await runHere(all.slice(0, 16), settings);
        expect(results).toEqual(whole);
        expect(seen).toEqual(whole.map(({ name }) => name));
      },
    );
    await fc.assert(runs, { numRuns: 12 });
  });

  it('share the fits of all calls evenly', async () => {
    const all = jobs(30);
    const paths = await shards(4, all);
    const counts = paths.map((path) => {
      const bytes = readFileSync(join(path, 'results.bin'));
      let fits = 0;
      for (let at = 0; at < bytes.length; fits++) at += 44 + bytes.readUInt32LE(at + 40);
      return fits;
    });
    expect(counts.toSorted()).toEqual([7, 7, 8, 8]);
  });

  it('all make what few fits decide', async () => {
    const few = jobs(5);
    const folder = join(root, 'few');
    mkdirSync(folder);
    const writer = new ShardWriter(folder, { ...facts, shard: { number: 2, of: 3 } });
    expect(await shardRunner(runHere, writer)(few, settings)).toEqual(await runHere(few, settings));
    expect(writer.counts).toEqual({ fits: 0, made: 0 });
    writer.close();
  });

  it('keep draws that are for `onFit` alone', async () => {
    const all = jobs(10).map((job) => ({ ...job, keepDraws: 'for-onFit' as const }));
    const merged = readShards(await shards(3, all));
    const draws: number[] = [];
    const results = await merged.runner(none)(all, settings, {
      onFit: (result) => draws.push(result.draws?.values.length ?? 0),
    });
    expect(draws.every((count) => count > 0)).toBe(true);
    expect(results.every(({ draws: kept }) => kept === undefined)).toBe(true);
  });

  it('leave other fits to the runner, and refuse changed data', async () => {
    const all = jobs(10);
    const merged = readShards(await shards(2, all));
    const other = jobs(9, 5).map((job) => ({ ...job, name: `other ${job.name}` }));
    expect(await merged.runner(runHere)(other, settings)).toEqual(await runHere(other, settings));
    const changed = [...all.slice(0, 9), ...jobs(10, 5).slice(9)];
    await expect(merged.runner(runHere)(changed, settings)).rejects.toThrow(
      'the shards have 9 of 10 fits: the data have changed since',
    );
  });
});

describe('a set of shards is refused', () => {
  const all = jobs(12);
  const damagedCopy = (path: string, change: (folder: string) => void) => {
    const folder = join(root, `${++made}`);
    cpSync(path, folder, { recursive: true });
    change(folder);
    return folder;
  };
  const results = (change: (bytes: Buffer) => Buffer) => (folder: string) => {
    const file = join(folder, 'results.bin');
    writeFileSync(file, change(readFileSync(file)));
  };
  const head = (change: (text: string) => string) => (folder: string) => {
    const file = join(folder, 'shard.json');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };

  it.each<[string, (paths: string[]) => string[] | Promise<string[]>, string]>([
    ['without all', (paths) => paths.slice(1), '1 of 3 shards are missing: 1/3'],
    ['with one twice', ([a, b, c]) => [a, b, c, b], 'are both shard 2/3'],
    [
      'with one of another number',
      async ([a, b]) => [a, b, await shard({ number: 3, of: 4, all })],
      'is one of 4 shards',
    ],
    [
      'with one of another command',
      async ([a, b]) => [a, b, await shard({ number: 3, of: 3, all, command: ['plan'] })],
      "is a shard of 'plan'",
    ],
    [
      'with one of other data',
      async ([a, b]) => [a, b, await shard({ number: 3, of: 3, all: jobs(12, 9) })],
      'is a shard of fits of other data',
    ],
    [
      'with results cut short',
      ([a, b, c]) => [
        a,
        b,
        damagedCopy(
          c,
          results((bytes) => bytes.subarray(0, -3)),
        ),
      ],
      'was changed or cut short',
    ],
    [
      'with a changed byte',
      ([a, b, c]) => [
        a,
        b,
        damagedCopy(
          c,
          results((bytes) => bytes.fill(1, 60, 61)),
        ),
      ],
      'was changed or cut short',
    ],
    [
      'without results',
      ([a, b, c]) => [a, b, damagedCopy(c, (path) => rmSync(join(path, 'results.bin')))],
      'has no results.bin',
    ],
    [
      'with one that is not complete',
      ([a, b, c]) => [a, b, damagedCopy(c, (path) => rmSync(join(path, 'shard.json')))],
      'is not a complete shard',
    ],
    [
      'with one that is not a shard',
      ([a, b, c]) => [
        a,
        b,
        damagedCopy(
          c,
          head(() => '{"format": 1}'),
        ),
      ],
      'has a shard.json that cannot be read',
    ],
    [
      'with one of another version',
      ([a, b, c]) => [
        a,
        b,
        damagedCopy(
          c,
          head((text) => text.replace(/"weighbridge": "[^"]+"/, '"weighbridge": "0.0.1"')),
        ),
      ],
      'was made by weighbridge 0.0.1',
    ],
  ])('%s', async (_, choose, message) => {
    const paths = await choose(await shards(3, all));
    expect(() => readShards(paths)).toThrow(message);
  });
});

it('a shard is a number of a number', () => {
  expect(parseShard('3/64')).toEqual({ number: 3, of: 64 });
  for (const text of ['0/3', '4/3', '3', 'a/b', '1/2/3', '-1/3', '']) {
    expect(() => parseShard(text)).toThrow('expected one such as 3/64');
  }
});
