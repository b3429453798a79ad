/** `study status --watch` beside a run. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchStatus } from '../../../src/cli/study/status.js';
import { openStudy } from '../../../src/harness/open-study.js';
import { runStudy } from '../../../src/harness/run-study.js';
import { type SimulatedStudy, simulatedStudy } from '../../support/simulated-study.js';

const MODEL = 'gpt-4o-2024-08-06';
let study: SimulatedStudy;
beforeEach(async () => {
  const trained = {
    preferences: MODEL,
    introspection_first: MODEL,
    introspection_last: MODEL,
    introspection_all: MODEL,
  };
  study = await simulatedStudy({
    models: [{ name: MODEL, trained }],
    configuration: {
      contexts: { instilled: 2, native: 2 },
      counts: { instilled_choices: 2, native_choices: 2, reports: 1 },
    },
  });
});
afterEach(() => study.close());

/** Everything that is written, and a promise that a text was written a number of times. */
function output(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY });
  let written = '';
  const waiting: (() => void)[] = [];
  stream.on('data', (part) => {
    written += String(part);
    for (const check of waiting) check();
  });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    written: () => written,
    until: (text: string, times: number) =>
      new Promise<void>((found) => {
        waiting.push(() => written.split(text).length > times && found());
      }),
  };
}

const CLEAR = '\u001b[H\u001b[J';

async function runHere(): Promise<void> {
  const running = await openStudy(study.folder);
  try {
    await runStudy(running);
  } finally {
    running.close();
  }
}

test('a watch on a pipe prints what is new, beside a run, and ends with the study', async () => {
  const { stream, written, until } = output(false);
  const begun = until('ready', 1);
  const watch = watchStatus(study.folder, stream, 1);
  await begun;
  await runHere();
  await watch;
  const tables = written().trimEnd().split('\n\n');
  expect(tables.length).toBeGreaterThanOrEqual(2);
  expect(new Set(tables).size).toBe(tables.length);
  expect(tables[0]).not.toContain('spent');
  expect(tables.at(-1)).not.toMatch(/ready|waiting|under way/);
  expect(tables.at(-1)).toMatch(/spent: \d+ requests/);
  expect(written()).not.toContain(CLEAR);
});

test('a watch on a terminal draws over what it has drawn, until a stop signal', async () => {
  const { stream, written, until } = output(true);
  const drawnTwice = until(CLEAR, 2);
  const watch = watchStatus(study.folder, stream, 1);
  await drawnTwice;
  process.emit('SIGINT');
  await watch;
  expect(written().startsWith(CLEAR)).toBe(true);
  expect(process.listenerCount('SIGINT')).toBe(0);
});
