/** `--shard` and `weighbridge merge`: parts of a command's fits, and the result of the whole. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** The files of a result whose content does not tell how long it took, or by which command. */
async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !['report.html', 'result.json'].includes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const files = new Map<string, Buffer>();
  for (const name of names.toSorted()) {
    files.set(name.slice(folder.length), await readFile(name));
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

  it('in three shards, merged, is reproduce', async () => {
    const paths = [1, 2, 3].map((number) => place(`shard ${number}`));
    for (const [i, path] of paths.entries()) {
      const outcome = await inProcess([...words(), `--shard=${i + 1}/3`, '--out', path]);
      expect(outcome.code).toBe(0);
      expect(outcome.stdout).toMatch(/^shard \d\/3: \d+ of 40 fits, in /);
    }
    const merged = await inProcess(['merge', place('merged'), ...paths.toReversed()]);
    expect(merged.code).toBe(0);
    const whole = await inProcess([...words(), '--out', place('whole')]);
    const figures = (text: string) => text.replaceAll(/in \d+\.\d s/g, '');
    expect(figures(merged.stdout)).toBe(figures(whole.stdout));
    expect(await filesOf(place('merged'))).toEqual(await filesOf(place('whole')));
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
    for (const [i, path] of paths.entries()) {
      const outcome = await inProcess([...words(), '--shard', `${i + 1}/2`, '--out', path]);
      expect(outcome).toMatchObject({ code: 0 });
    }
    expect((await inProcess(['merge', place('plan.json'), ...paths])).code).toBe(0);
    expect((await inProcess([...words(), '--json', place('whole.json')])).code).toBe(0);
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
