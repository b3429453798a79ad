/** `weighbridge calibrate`: the library's verdict, exit code 3 if it is a bad one, shards, and what it refuses. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadFit } from '../../src/data-files/fit-folders.js';
import { bernoulli } from '../../src/regression/options.js';
import { normal } from '../../src/regression/priors/constructors.js';
import {
  calibrateRegression,
  recoverRegression,
} from '../../src/regression/validation/regression-simulations.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { inProcess } from './in-process.js';
import { errorLines } from './support.js';

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);
const place = (name: string) => join(root, name);

const columns = {
  x: Array.from({ length: 24 }, (_, i) => i / 12 - 1),
  y: Array.from({ length: 24 }, (_, i) => i % 2),
};
const file = place('data.csv');
beforeAll(async () => {
  const rows = columns.x.map((x, i) => `${x},${columns.y[i]}`);
  await writeFile(file, `x,y\n${rows.join('\n')}\n`);
});

const settings = { simulations: 20, chains: 2, warmup: 100, draws: 60, seed: 3 };
const sampling = ['--simulations', '20', '--warmup', '100', '--draws', '60', '--seed', '3'];
const words = [
  ...['calibrate', file, 'y ~ x', '--family', 'bernoulli', '--prior', 'normal(0,1) class=b'],
  ...sampling,
  ...['--workers', '1', '--quiet'],
];
const model = {
  ...{ formula: 'y ~ x', family: bernoulli(), data: columns, prior: normal(0, 1).on('b') },
  ...settings,
};

const calibration = z.object({
  kind: z.literal('calibration'),
  formula: z.literal('y ~ x'),
  simulations: z.literal(20),
  ranked_draws: z.literal(39),
  calibrated: z.literal(true),
  dependent_fits: z.int(),
  parameters: z.array(
    z.strictObject({
      name: z.string(),
      p_ecdf: z.number().min(0).max(1),
      p_chi_square: z.number().min(0).max(1),
      calibrated: z.literal(true),
      shape: z.literal(''),
      ranks: z.array(z.int().min(0).max(39)).length(20),
    }),
  ),
  warnings: z.array(z.string()),
  settings: z.object({ chains: z.literal(2), warmup: z.literal(100), draws: z.literal(60) }),
  seconds: z.number(),
});

describe('calibrate', () => {
  it('prints what the library says, and writes it as JSON', async () => {
    const json = place('calibration.json');
    const outcome = await inProcess([...words, '--ranked-draws', '39', '--json', json]);
    const found = await calibrateRegression({ ...model, rankedDraws: 39 });
    expect(outcome).toEqual({ code: 0, stdout: `${found}\n`, stderr: '' });
    const { parameters } = calibration.parse(JSON.parse(await readFile(json, 'utf8')));
    expect(parameters.map(({ name, ranks }) => [name, ranks])).toEqual(
      found.parameters.map(({ name, ranks }) => [name, [...ranks]]),
    );
  });

  it('ranks the parameters that are asked for', async () => {
    const { stdout } = await inProcess([...words, '--parameter', 'b_x']);
    const found = await calibrateRegression({ ...model, parameters: ['b_x'] });
    expect(stdout).toBe(`${found}\n`);
  });

  it('recovers values at --at', async () => {
    const at = { b_Intercept: 0, b_x: 1 };
    const outcome = await inProcess([...words, '--at', 'b_Intercept=0', '--at', 'b_x=1']);
    const found = await recoverRegression({ ...model, at });
    expect(outcome).toEqual({ code: 0, stdout: `${found}\n`, stderr: '' });
    const joined = await inProcess([...words, '--at', 'b_Intercept=0,b_x=1', '--json', '-']);
    expect(JSON.parse(joined.stdout)).toMatchObject({ kind: 'recovery', at, recovered: true });
  });

  it('ends with 3 if the intervals miss the truth, and if the draws are not of the posterior', async () => {
    const tight = words.map((word) => word.replace('normal(0,1)', 'normal(0,0.1)'));
    const missed = await inProcess([...tight, '--at', 'b_Intercept=0,b_x=3']);
    expect(missed.code).toBe(3);
    expect(missed.stdout).toMatch(/^Not recovered:\n {2}b_x: its 95% HDI holds the truth in 0%/m);
    // A sampler without warm-up and with one step stays near where it began.
    const stuck = [
      '--algorithm',
      'nuts',
      '--warmup',
      '0',
      '--max-depth',
      '1',
      '--simulations',
      '60',
    ];
    const uneven = await inProcess([...words, ...stuck, '--draws', '50']);
    expect(uneven.code).toBe(3);
    expect(uneven.stdout).toMatch(/^Not calibrated:$/m);
  });

  it.each<[string, readonly string[], RegExp]>([
    [
      'a flat prior',
      ['--prior', 'normal(0,1) class=Intercept'],
      /prior that is flat, as that of b_x/,
    ],
    ['a value that is none', ['--at', 'b_x=much'], /--at is 'b_x=much', expected a parameter/],
    ['a value given twice', ['--at', 'b_x=1,b_x=2'], /--at gives b_x twice/],
    ['a value that is missing', ['--at', 'b_x=1'], /at has no value for b_Intercept/],
    [
      'ranks of recovery',
      ['--at', 'b_x=1', '--ranked-draws', '9'],
      /--ranked-draws: expected without/,
    ],
    ['an unknown parameter', ['--parameter', 'b_z'], /b_z/],
    ['more ranks than draws', ['--ranked-draws', '5000'], /draws of a fit is 1920, but must be/],
  ])('refuses %s in one line', async (_, more, message) => {
    const plain = [
      'calibrate',
      file,
      'y ~ x',
      '--family',
      'bernoulli',
      '--workers',
      '1',
      ...sampling,
    ];
    const given = more[0] === '--prior' ? [...plain, ...more] : [...words, ...more];
    const outcome = await inProcess(given);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toEqual([expect.stringMatching(message)]);
  });
});

describe('shards of calibrate', () => {
  const shardPath = (number: number) => place(`shard ${number}`);
  const seven = [1, 2, 3, 4, 5, 6, 7];
  const paths = seven.map(shardPath);
  beforeAll(async () => {
    for (const number of seven) {
      const kept = ['--keep-draws', place('draws')];
      const part = ['--shard', `${number}/7`, '--out', shardPath(number), ...kept];
      const outcome = await inProcess([...words, ...part]);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
    }
  });

  it('seven, merged, are calibrate', async () => {
    const kept = (name: string) => ['--keep-draws', place(name)];
    const all = [...paths.toReversed(), ...kept('draws')];
    const merged = await inProcess(['merge', place('merged.json'), ...all]);
    const own = ['--json', place('whole.json'), ...kept('whole draws')];
    const whole = await inProcess([...words, ...own]);
    expect(merged).toEqual(whole);
    const read = (name: string) =>
      readFileSync(place(name), 'utf8').replace(/"seconds": [\d.e-]+/, '');
    expect(read('merged.json')).toBe(read('whole.json'));
    const fits = readdirSync(place('whole draws')).toSorted();
    expect(fits).toHaveLength(20);
    expect(readdirSync(place('draws')).toSorted()).toEqual(fits);
    const lengths: number[] = [];
    for (const name of fits) {
      for (const part of ['fit.json', 'draws.f64']) {
        const [one, other] = ['draws', 'whole draws'].map((folder) =>
          readFileSync(join(place(folder), name, part)),
        );
        expect(one).toEqual(other);
      }
      const { draws, specification } = await loadFit(join(place('draws'), name));
      expect(specification.data.rows).toBe(24);
      lengths.push(draws.drawsPerChain);
    }
    // Fits with too few effective draws were made longer, by `merge`.
    expect(new Set(lengths).size).toBeGreaterThan(1);
    expect(Math.min(...lengths)).toBe(60);
  });

  it('end with the exit code of the verdict', async () => {
    const tight = words.map((word) => word.replace('normal(0,1)', 'normal(0,0.1)'));
    const missed = [...tight, '--at', 'b_Intercept=0,b_x=3', '--shard', '1/1'];
    expect((await inProcess([...missed, '--out', place('missed')])).code).toBe(0);
    expect((await inProcess(['merge', '-', place('missed')])).code).toBe(3);
  });

  it('of few simulations are refused', async () => {
    const part = ['--simulations', '8', '--shard', '1/2', '--out', place('few')];
    const outcome = await inProcess([...words, ...part]);
    expect(errorLines(outcome)).toEqual([
      'error: the command has too few fits to share: expected it without --shard',
    ]);
  });

  const copy = (change: (folder: string) => void) => {
    const folder = place('copy');
    rmSync(folder, { recursive: true, force: true });
    cpSync(shardPath(4), folder, { recursive: true });
    change(folder);
    return [...paths.slice(0, 3), folder, ...paths.slice(4)];
  };
  const inHead = (from: RegExp, to: string) => (folder: string) => {
    const head = join(folder, 'shard.json');
    writeFileSync(head, readFileSync(head, 'utf8').replace(from, to));
  };
  const cut = (folder: string) => {
    const results = join(folder, 'results.bin');
    writeFileSync(results, readFileSync(results).subarray(0, -20));
  };

  it.each<[string, () => readonly string[], RegExp]>([
    ['missing', () => paths.slice(1), /^error: 1 of 7 shards are missing: 1\/7$/],
    [
      'doubled',
      () => [...paths, shardPath(2)],
      /^error: .*shard 2 and .*shard 2 are both shard 2\/7$/,
    ],
    [
      'foreign',
      () => copy(inHead(/"--seed",\s*"3"/, '"--seed", "4"')),
      /^error: .*copy is a shard of 'calibrate .* --seed 4', and .*shard 1 of 'calibrate/,
    ],
    [
      'of another version',
      () => copy(inHead(/"weighbridge": "[^"]+"/, '"weighbridge": "0.0.1"')),
      /^error: .*copy was made by weighbridge 0\.0\.1, expected .*: run it again$/,
    ],
    [
      'cut short',
      () => copy(cut),
      /^error: .*copy has a results\.bin that was changed or cut short/,
    ],
    [
      'not complete',
      () => copy((folder) => rmSync(join(folder, 'shard.json'))),
      /^error: .*copy is not a complete shard: it has no shard\.json; run it again$/,
    ],
  ])('that are %s are refused by name, in one line', async (_, choose, message) => {
    const outcome = await inProcess(['merge', place('no.json'), ...choose()]);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toEqual([expect.stringMatching(message)]);
  });
});
