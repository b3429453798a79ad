/**
 * A study killed again and again: whatever was paid for is kept, nothing is asked for twice, and
 * the result is that of an undisturbed run.
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import { mixedFaults } from '../../src/simulation/server/faults.js';
import { powered } from '../support/deep.js';
import { answersOnRecord, someAnswers, startRun, trainingJobs } from '../support/killed-run.js';
import { filesIn, type SimulatedStudy, simulatedStudy } from '../support/simulated-study.js';
import { weighbridge } from './support.js';

const KILLS = powered(4, 30);
const CONCURRENCY = 4;

let study: SimulatedStudy;
afterEach(() => study?.close());

/** One model, so many answers that all kills find it at work. */
const size = {
  configuration: {
    server: { concurrency: CONCURRENCY, attempts: 30 },
    contexts: { instilled: 20, native: 8 },
    counts: {
      instilled_choices: powered(10, 40),
      native_choices: powered(20, 80),
      reports: powered(6, 10),
    },
  },
};

async function exported(one: SimulatedStudy): Promise<Record<string, string>> {
  const out = join(one.root, 'out');
  const { code, stderr } = await weighbridge(['study', 'export', one.folder, out]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return filesIn(out);
}

describe('a study under faults, killed', () => {
  let undisturbed: Record<string, string>;
  beforeAll(async () => {
    const whole = await simulatedStudy(size);
    try {
      expect((await weighbridge(['study', 'run', whole.folder])).code).toBe(0);
      undisturbed = await exported(whole);
    } finally {
      await whole.close();
    }
  });

  test(`at ${KILLS} random moments ends as an undisturbed one`, async () => {
    study = await simulatedStudy({
      ...size,
      server: { latencyMs: 5, faults: mixedFaults(0.2) },
    });
    const random = randomStream(2025, 'kills');
    let killsAtWork = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const before = study.server.stats().paidAnswers;
      const { child, ended, stderr } = startRun(study.folder);
      await someAnswers(study.server, before + 1 + Math.floor(50 * random.uniform()));
      await setTimeout(20 * random.uniform());
      expect(child.exitCode, stderr()).toBeNull();
      child.kill('SIGKILL');
      await ended;
      const answers = answersOnRecord(study.folder);
      if (answers > 0 && answers < study.answers) killsAtWork++;
    }
    // A kill may come before the first answer is on record.
    expect(killsAtWork).toBeGreaterThanOrEqual(powered(2, 26));
    const last = await weighbridge(['study', 'run', study.folder]);
    expect(last.stderr).not.toContain('error');
    expect(last.code).toBe(0);

    // Every trial has its one answer.
    expect(answersOnRecord(study.folder)).toBe(study.answers);
    // What was paid for twice was on its way when a kill came: a place each, and no more.
    const { repeatedAnswers } = study.server.stats();
    expect(repeatedAnswers).toBeLessThanOrEqual(KILLS * CONCURRENCY);
    expect(await trainingJobs(study.server)).toBe(4);
    expect(await exported(study)).toEqual(undisturbed);
  });

  test('gently, by Ctrl-C, pays for nothing twice at all', async () => {
    study = await simulatedStudy({ ...size, server: { latencyMs: 5 } });
    for (let stops = 0; stops < powered(2, 3); stops++) {
      const before = study.server.stats().paidAnswers;
      const { child, ended, stderr } = startRun(study.folder);
      await someAnswers(study.server, before + 60);
      child.kill('SIGINT');
      const [code] = await ended;
      expect(stderr()).toContain('stopped; everything collected is on record');
      expect(code).toBe(130);
    }
    expect((await weighbridge(['study', 'run', study.folder])).code).toBe(0);
    expect(study.server.stats().repeatedAnswers).toBe(0);
    expect(await exported(study)).toEqual(undisturbed);
  });
});
