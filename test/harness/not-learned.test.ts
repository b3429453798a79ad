/** Preferences that were not learned stop a study before it spends anything on introspection. */
import { afterEach, expect, test } from 'vitest';
import { inProcess } from '../e2e/in-process.js';
import { errorLines } from '../e2e/support.js';
import { type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';

const model = 'gpt-4o-2024-08-06';
/** A model that has other preferences: it was never trained. */
const untrained = 'simulated-model';
const stages = ['first', 'last', 'all'].map((what) => `${model}/train-introspection-${what}`);

let study: SimulatedStudy | null = null;
afterEach(() => study?.close());

const studyOf = async (trained: object) => {
  study = await simulatedStudy({ models: [{ name: model, trained }] });
  return study;
};
const run = (folder: string, ...flags: string[]) =>
  inProcess(['study', 'run', folder, '--quiet', ...flags]);

/** State of each stage, as `study status` shows it. */
async function states(folder: string): Promise<Map<string, string>> {
  const { stdout } = await inProcess(['study', 'status', folder]);
  return new Map(
    [...stdout.matchAll(/│ (\S+) +│ (done|ready|waiting|under way|failed) +│/g)].map(
      ([, stage = '', state = '']) => [stage, state],
    ),
  );
}

test('an untrained model under a trained one’s name stops the run in one line', async () => {
  const { folder, rewrite } = await studyOf({ preferences: untrained });
  const stopped = await run(folder);
  expect(stopped.code).toBe(2);
  expect(errorLines(stopped)).toEqual([
    expect.stringMatching(
      /^error: gpt-4o-2024-08-06\/choices-instilled: \d+ of 120 choices \(\d\d\.\d%\) agree with the target weights, no better than chance/,
    ),
  ]);
  const before = await states(folder);
  expect(before.get(`${model}/choices-instilled`)).toBe('done');
  expect(before.get(`${model}/reports-after-first-half`)).toBe('waiting');
  for (const stage of stages) expect(before.get(stage)).not.toBe('done');

  // Introspection that was trained elsewhere meanwhile may be named now.
  const names = ['first', 'last', 'all'].map(
    (what) => `      introspection_${what}: ${untrained}\n`,
  );
  await rewrite((text) => text.replace(/(\n +preferences: .*\n)/, `$1${names.join('')}`));
  expect((await run(folder)).code).toBe(2);
  expect((await states(folder)).get(`${model}/reports-after-first-half`)).toBe('ready');
  expect(await run(folder, '--keep-going')).toMatchObject({ code: 0 });
  expect(new Set((await states(folder)).values())).toEqual(new Set(['done']));
});

test('a trained model passes, and its name is fixed then', async () => {
  const { folder, rewrite } = await studyOf({});
  expect(await run(folder)).toMatchObject({ code: 0 });
  await rewrite((text) => text.replace(/trained: \{\}/, `trained: { preferences: ${untrained} }`));
  const changed = await run(folder);
  expect(changed.code).toBe(2);
  expect(errorLines(changed)[0]).toMatch(/models \(trained\) is now/);
});

test('a base model in every place was taught nothing, and is not checked', async () => {
  const trainings = [
    'preferences',
    'introspection_first',
    'introspection_last',
    'introspection_all',
  ];
  const { folder } = await studyOf(Object.fromEntries(trainings.map((of) => [of, model])));
  expect(await run(folder)).toMatchObject({ code: 0 });
});
