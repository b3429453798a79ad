/** `--shard` and `weighbridge merge`: parts of a command's fits, and the result of the whole. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFit } from '../../src/data-files/fit-folders.js';
import { ShardWriter } from '../../src/distribution/shards.js';
import { readResult } from '../../src/result/read-result.js';
import { simulatedStudy } from '../support/simulated-study.js';
import { type SmallStudy, smallStudy } from '../support/small-study.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { inProcess } from './in-process.js';
import { errorLines } from './support.js';

const few = ['--chains', '2', '--warmup', '100', '--draws', '50', '--workers', '1', '--quiet'];
const { folder: root, remove } = await temporaryFolder();
const place = (name: string) => join(root, name);
let study: SmallStudy;
beforeAll(async () => {
  study = await smallStudy({ contexts: 10 });
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 7},${(i * 5) % 11 > 4 ? 1 : 0}`);
  await writeFile(place('pilot.csv'), `x,y\n${rows.join('\n')}\n`);
});
afterAll(async () => {
  await study.remove();
  await remove();
});

/** Files whose content tells how long it took and by which command. */
const OF_THE_RUN = ['report.html', 'result.json'];

/** All other files of a folder, as text that is compared quickly. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !OF_THE_RUN.includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const files = new Map<string, string>();
  for (const name of names.toSorted()) {
    files.set(name.slice(folder.length), await readFile(name, 'base64'));
  }
  return files;
}

async function withoutLastChoice<T>(work: () => Promise<T>): Promise<T> {
  const file = 'gpt-4o-2024-08-06_instilled_selections.csv';
  const before = await readFile(join(study.folder, file), 'utf8');
  await study.edit(file, (text) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`);
  try {
    return await work();
  } finally {
    await study.edit(file, () => before);
  }
}

describe('reproduce', () => {
  const words = () => ['reproduce', '--data', study.folder, ...few];

  const seven = [1, 2, 3, 4, 5, 6, 7];
  const shards = seven.map((number) => place(`shard ${number}`));
  const draws = seven.map((number) => place(`draws ${number}`));

  it('in seven shards, merged, is reproduce, and so are the fits that are kept', async () => {
    for (const [i, path] of shards.entries()) {
      const kept = ['--keep-draws', draws[i] ?? ''];
      const part = [`--shard=${i + 1}/7`, '--out', path];
      const outcome = await inProcess([...words(), ...part, ...kept]);
      expect(outcome.code).toBe(0);
      expect(outcome.stdout).toMatch(/^shard \d\/7: [56] of 40 fits, in /);
    }
    const united = place('draws of all');
    for (const folder of draws) await cp(folder, united, { recursive: true });
    expect(await readdir(united)).toHaveLength(40);
    const kept = ['--keep-draws', united];
    const all = ['merge', place('merged'), ...shards.toReversed(), ...kept];
    const merged = await inProcess([...all, '--workers', '1', '--quiet']);
    expect(merged.code).toBe(0);
    const own = ['--out', place('whole'), '--keep-draws', place('whole draws')];
    const whole = await inProcess([...words(), ...own, '--workers', '2']);
    const figures = (text: string) => text.replaceAll(/in \d+\.\d s/g, '');
    expect(figures(merged.stdout)).toBe(figures(whole.stdout));
    expect(merged.stderr).toBe(whole.stderr);
    expect(await filesOf(place('merged'))).toEqual(await filesOf(place('whole')));
    expect(await filesOf(united)).toEqual(await filesOf(place('whole draws')));
  });

  it('keeps every fit of the result folder, to be loaded', async () => {
    const result = await readResult(place('whole'));
    try {
      const names = (await readdir(place('whole draws'))).map(decodeURIComponent);
      expect(names.toSorted()).toEqual(result.fits.map(({ name }) => name).toSorted());
      for (const one of result.fits.filter((_, i) => i % 5 === 0)) {
        const fit = await loadFit(join(place('whole draws'), encodeURIComponent(one.name)));
        expect(fit.draws.parameterNames).toEqual(one.summary.map(({ name }) => name));
        expect(fit.draws.values).toEqual(await result.draws(one));
      }
    } finally {
      await result.close();
    }
  });

  it.each<[string, () => Promise<readonly string[]>, RegExp]>([
    [
      'without the draws of a shard',
      async () => {
        await rm(place('draws of all'), { recursive: true });
        for (const folder of draws.slice(1)) {
          await cp(folder, place('draws of all'), { recursive: true });
        }
        return shards;
      },
      /^error: .*%2F.* is missing, and 5 more: expected the fits that --keep-draws of all shards wrote$/,
    ],
    ['without a shard', async () => shards.slice(0, 6), /^error: 1 of 7 shards are missing: 7\/7$/],
    ['with a shard twice', async () => [...shards, place('shard 2')], /are both shard 2\/7$/],
  ])('refuses to merge %s', async (_, choose, message) => {
    const kept = ['--keep-draws', place('draws of all')];
    const outcome = await inProcess(['merge', place('no'), ...(await choose()), ...kept]);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toEqual([expect.stringMatching(message)]);
    await expect(readdir(place('no'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    [['--latent'], '--latent'],
    [['--pooling', 'partial'], '--pooling partial'],
  ])('keeps no joint models: %j', async (more, name) => {
    const outcome = await inProcess([...words(), ...more, '--keep-draws', place('joint')]);
    expect(errorLines(outcome)).toEqual([
      `error: --keep-draws saves regressions: expected it without ${name}, whose joint models have no formula; --out keeps draws too`,
    ]);
  });

  it('refuses a shard without a folder, a wrong one, and data that have changed', async () => {
    const shard = ['--shard', '1/1', '--out', place('changed')];
    expect(errorLines(await inProcess([...words(), '--shard', '1/3']))).toEqual([
      'error: --shard needs --out: expected a folder for the shard',
    ]);
    const wrong = await inProcess([...words(), '--shard', '4/3', '--out', place('wrong')]);
    expect(errorLines(wrong)[0]).toContain("a shard is '4/3', expected one such as 3/64");
    expect((await inProcess([...words(), ...shard])).code).toBe(0);
    const outcome = await withoutLastChoice(() =>
      inProcess(['merge', place('no'), shard[3] ?? '']),
    );
    expect(errorLines(outcome)).toEqual([
      expect.stringMatching(/^error: the shards have \d+ of 40 fits: the data have changed since$/),
    ]);
  });
});

describe('study analyse', () => {
  it('in two shards, merged, is study analyse, with what another weighing changes', async () => {
    const collected = await simulatedStudy({ configuration: { server: { logprobs: true } } });
    try {
      expect((await inProcess(['study', 'run', collected.folder, '--quiet'])).code).toBe(0);
      const weighing = ['--weigh-choices', 'by-probability', ...few];
      const words = ['study', 'analyse', collected.folder, ...weighing];
      const paths = [1, 2].map((number) => place(`analysis ${number}`));
      for (const [i, path] of paths.entries()) {
        const outcome = await inProcess([...words, '--shard', `${i + 1}/2`, '--out', path]);
        expect(outcome.code).toBe(0);
        // Both weighings of 24 contexts.
        expect(outcome.stdout).toContain(`shard ${i + 1}/2: 24 of 48 fits`);
      }
      const merged = await inProcess(['merge', place('merged analysis'), ...paths]);
      const whole = await inProcess([...words, '--out', place('whole analysis')]);
      const figures = (text: string) => text.replaceAll(/in \d+\.\d s/g, '');
      expect([merged.code, figures(merged.stdout)]).toEqual([0, figures(whole.stdout)]);
      expect(merged.stdout).toContain('What weighing choices by probability changes');
      expect(await filesOf(place('merged analysis'))).toEqual(
        await filesOf(place('whole analysis')),
      );
    } finally {
      await collected.close();
    }
  });
});

describe('explain run', () => {
  it('saves no fits', async () => {
    const path = place('explainers');
    await mkdir(path);
    const environment = { node: '', platform: '', cpu: '' };
    const facts = { command: ['explain', 'run'], shard: { number: 1, of: 1 }, environment };
    await writeFile(join(path, 'shard.json'), new ShardWriter(path, facts).close());
    const outcome = await inProcess(['merge', place('no'), path, '--keep-draws', place('no')]);
    expect(errorLines(outcome)).toEqual([
      'error: --keep-draws: explain run saves no fits, expected it without',
    ]);
  });
});

describe('a command without shards', () => {
  it.each([
    [['fit', 'data.csv', 'y ~ x'], 'a command with one fit has no shards'],
    [['explain', 'import', 'items.csv'], 'a comparison has a few large fits and no shards'],
    [['study', 'demo'], 'the demo collects answers and has no shards'],
  ])('%s says so', async (words, reason) => {
    const [line, ...more] = errorLines(await inProcess([...words, '--shard', '1/2']));
    expect(line).toContain(`error: --shard: ${reason}`);
    expect(more).toEqual([]);
  });
});

describe('plan', () => {
  const words = () => [
    ...['plan', place('pilot.csv'), 'y ~ x', '--family', 'bernoulli', '--parameter', 'x'],
    ...[
      '--rows',
      '60,120',
      '--simulations',
      '20',
      '--fits',
      'sampled',
      '--workers',
      '1',
      '--quiet',
    ],
  ];

  it('in two shards, merged, is plan', async () => {
    const paths = [1, 2].map((number) => place(`plan ${number}`));
    // Shards may share a folder.
    const keep = (name: string) => ['--keep-draws', place(name)];
    for (const [i, path] of paths.entries()) {
      const part = ['--shard', `${i + 1}/2`, '--out', path, ...keep('plan draws')];
      expect(await inProcess([...words(), ...part])).toMatchObject({ code: 0 });
    }
    const merged = await inProcess(['merge', place('plan.json'), ...paths, ...keep('plan draws')]);
    expect(merged.code).toBe(0);
    const own = ['--json', place('whole.json'), ...keep('whole plan draws')];
    expect((await inProcess([...words(), ...own])).code).toBe(0);
    const kept = await filesOf(place('plan draws'));
    expect(kept).toEqual(await filesOf(place('whole plan draws')));
    // The pilot, and 20 data sets of 60 and of 120 rows.
    expect(kept.size).toBe(2 * 41);
    const one = await loadFit(join(place('plan draws'), '60%20rows%2F3'));
    expect(one.specification.data.rows).toBe(60);
    const read = async (name: string) => {
      const { seconds: _, ...rest } = JSON.parse(await readFile(place(name), 'utf8'));
      return rest;
    };
    expect(await read('plan.json')).toEqual(await read('whole.json'));
  });

  it('of a study has no shards', async () => {
    const outcome = await inProcess(['plan', '--shard', '1/2', '--out', place('none')]);
    expect(errorLines(outcome)[0]).toContain('--shard is for the plan of a regression');
  });
});
