/** A whole study against the simulated server, in this process. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { readStudy } from '../../src/authors-files/read-study.js';
import { collectChoices, collectReports, fineTune } from '../../src/harness/collectors.js';
import { estimateStudy } from '../../src/harness/estimate-study.js';
import { exportStudy } from '../../src/harness/export-study.js';
import { openStudy, type RunningStudy } from '../../src/harness/open-study.js';
import { openRecord } from '../../src/harness/record/record.js';
import { cancelStudy, runStudy } from '../../src/harness/run-study.js';
import { studyStatus } from '../../src/harness/status.js';
import {
  type SimulatedStudy,
  type SimulatedStudyOptions,
  simulatedStudy,
} from '../support/simulated-study.js';

const MODEL = 'gpt-4o-2024-08-06';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function begin(options: SimulatedStudyOptions = {}): Promise<SimulatedStudy> {
  const study = await simulatedStudy(options);
  open.push(study);
  return study;
}

async function opened({ folder }: SimulatedStudy): Promise<RunningStudy> {
  const study = await openStudy(folder);
  open.push(study);
  return study;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('a study', () => {
  test('run to its end gives files that the analysis reads, with every answer in them', async () => {
    const simulated = await begin();
    const study = await opened(simulated);
    await runStudy(study);
    const { files, counts, invalid } = exportStudy(study, 'paper');
    const out = join(simulated.root, 'out');
    await mkdir(out);
    for (const [file, text] of files) await writeFile(join(out, file), text);
    const read = await readStudy(out);
    expect(read.provenance).toMatchObject({ simulated: true, reports_per_context: 2 });
    // Six choices may all be alike by chance.
    expect(read.warnings.filter((line) => !line.includes('all choices are alike'))).toEqual([]);
    const [model] = read.models;
    expect(model?.name).toBe(MODEL);
    expect(model?.instilledChoices).toHaveLength(20 * 6);
    expect(model?.nativeChoices).toHaveLength(4 * 12);
    const answered = counts.reduce((sum, one) => sum + one.answered, 0);
    const valid = counts.reduce((sum, one) => sum + one.valid, 0);
    expect(answered).toBe(simulated.answers);
    expect(answered - valid).toBe(invalid.length);
    expect(simulated.server.stats()).toMatchObject({
      paidAnswers: simulated.answers,
      repeatedAnswers: 0,
    });
    expect(studyStatus(study).every(({ state }) => state === 'done')).toBe(true);
    expect(estimateStudy(study).every(({ inputTokens }) => inputTokens === 0)).toBe(true);
  });

  test('by batches is the same study as by live requests', async () => {
    const [live, batched] = [
      await begin(),
      await begin({ configuration: { server: { mode: 'batch' } } }),
    ];
    const files = [];
    for (const simulated of [live, batched]) {
      const study = await opened(simulated);
      await runStudy(study);
      files.push(Object.fromEntries(exportStudy(study, 'paper').files));
    }
    expect(files[1]).toEqual(files[0]);
    expect(batched.server.stats().requests).not.toHaveProperty('POST /v1/chat/completions');
    expect(batched.server.stats().repeatedAnswers).toBe(0);
  });

  test('with log-probabilities keeps the probability of A with each choice', async () => {
    const study = await opened(await begin({ configuration: { server: { logprobs: true } } }));
    await fineTune(study, MODEL, 'preferences');
    const choices = await all(collectChoices(study));
    for (const choice of choices) {
      if (!choice.valid) throw new Error(`invalid: ${choice.text}`);
      expect(choice.probabilityA).toBeGreaterThanOrEqual(0);
      expect(choice.probabilityA).toBeLessThanOrEqual(1);
    }
    const text = exportStudy(study, 'paper').files.get(`${MODEL}_instilled_selections.csv`);
    expect(text?.split('\n')[0]).toMatch(/,probability_A$/);
    // Choices drawn by these probabilities agree with them: Σ (x − p) has mean 0 and variance
    // Σ p (1 − p). Beyond 4 sd by chance: less than once in 10,000 seeds.
    const valid = choices.filter((choice) => choice.valid);
    const excess = valid.reduce((sum, c) => sum + Number(c.choseA) - (c.probabilityA ?? 0), 0);
    const variance = valid.reduce((sum, { probabilityA: p = 0 }) => sum + p * (1 - p), 0);
    expect(Math.abs(excess)).toBeLessThan(4 * Math.sqrt(variance));
  });

  test('asks models that were trained elsewhere, and trains none', async () => {
    const simulated = await begin({
      models: [
        {
          name: 'simulated-model',
          trained: {
            preferences: 'simulated-model',
            introspection_first: 'simulated-model',
            introspection_last: 'simulated-model',
            introspection_all: 'simulated-model',
          },
        },
      ],
      // Nothing is trained, so that no server's least number of examples counts.
      configuration: { contexts: { instilled: 4, native: 2 } },
    });
    const study = await opened(simulated);
    await runStudy(study);
    expect(simulated.server.stats().paidAnswers).toBe(simulated.answers);
    expect(simulated.server.stats().requests).not.toHaveProperty('POST /v1/files');
  });

  test('counts at their most what was in flight when its last run was cut off', async () => {
    const simulated = await begin({ configuration: { server: { concurrency: 4 } } });
    const first = await openStudy(simulated.folder);
    expect(first.spending.spent()).toEqual({ requests: 0, tokens: 0, usd: 0 });
    const note = first.record.journal.get('session') ?? '';
    first.close();
    // What a kill leaves behind: the note of a run that never ended.
    const record = openRecord(join(simulated.folder, 'record.sqlite'));
    expect(record.journal.get('session')).toBeNull();
    record.journal.put('session', note);
    record.close();
    const second = await openStudy(simulated.folder);
    const spent = second.spending.spent();
    second.close();
    // Four places, each with a prompt of some hundreds of bytes and room for an answer.
    expect(spent.requests).toBe(4);
    expect(spent.tokens).toBeGreaterThan(4 * 500);
    const third = await openStudy(simulated.folder);
    open.push(third);
    expect(third.spending.spent()).toEqual(spent);
  });
});

describe('collectors', () => {
  test('yield what is on record first, and ask for nothing twice', async () => {
    const simulated = await begin();
    const study = await opened(simulated);
    await fineTune(study, MODEL, 'preferences');
    const first: unknown[] = [];
    for await (const choice of collectChoices(study)) {
      first.push(choice);
      if (first.length === 10) break;
    }
    const every = await all(collectChoices(study));
    expect(every).toHaveLength(20 * 6 + 4 * 12);
    expect(simulated.server.stats().repeatedAnswers).toBe(0);
    const paid = simulated.server.stats().paidAnswers;
    expect(await all(collectChoices(study))).toHaveLength(every.length);
    expect(simulated.server.stats().paidAnswers).toBe(paid);
  });

  test('take each answer of a batch once, though the batch is delivered again after a stop', async () => {
    const simulated = await begin({ configuration: { server: { mode: 'batch' } } });
    const study = await opened(simulated);
    let kept = 0;
    // The off-the-shelf reports come first: one batch of 40.
    for await (const _ of collectReports(study)) if (++kept === 5) break;
    const [first] = study.stages;
    // After those, the next stage wants a training that is not done.
    await expect(all(collectReports(study))).rejects.toThrow(/is not done yet/);
    expect(study.record.answered(first?.id ?? '').size).toBe(40);
    // One row an answer, and what was set aside for the batch is free again.
    expect(study.record.spent().requests).toBe(40);
    expect(simulated.server.stats()).toMatchObject({ paidAnswers: 40, repeatedAnswers: 0 });
  });

  test('need the training that comes first, and say so', async () => {
    const study = await opened(await begin());
    await expect(all(collectChoices(study))).rejects.toThrow(
      `${MODEL}/train-preferences is not done yet`,
    );
    await expect(fineTune(study, MODEL, 'introspection_all')).rejects.toThrow(
      `${MODEL}/train-preferences is not done yet`,
    );
    expect(() => fineTune(study, 'another', 'preferences')).toThrow(/no training 'preferences'/);
  });

  test('begin nothing more once their signal is aborted', async () => {
    const simulated = await begin({ server: { latencyMs: 5 } });
    const study = await opened(simulated);
    await fineTune(study, MODEL, 'preferences');
    const stop = new AbortController();
    let count = 0;
    for await (const _ of collectChoices(study, { signal: stop.signal })) {
      count++;
      stop.abort();
    }
    expect(count).toBe(simulated.server.stats().paidAnswers);
    expect(count).toBeLessThan(20 * 6);
  });

  test('of reports give weights in the order of the context, or the reason why there are none', async () => {
    const study = await opened(
      await begin({
        models: [{ name: 'gpt-4o-mini-2024-07-18' }],
        configuration: { counts: { reports: 6 } },
      }),
    );
    for (const training of [
      'preferences',
      'introspection_first',
      'introspection_last',
      'introspection_all',
    ] as const) {
      await fineTune(study, 'gpt-4o-mini-2024-07-18', training);
    }
    const reports = await all(collectReports(study));
    const invalid = reports.filter((report) => !report.valid);
    expect(reports).toHaveLength(20 * 6 * 3 + 4 * 6 * 2);
    // The simulated model breaks the rules in a tenth of its reports and more.
    expect(invalid.length).toBeGreaterThan(0);
    for (const report of invalid) expect(report.detail).not.toBe('');
    for (const report of reports) if (report.valid) expect(report.weights).toHaveLength(5);
  });
});

describe('training', () => {
  test('is done once, however often it is asked for', async () => {
    const simulated = await begin();
    const study = await opened(simulated);
    const model = await fineTune(study, MODEL, 'preferences');
    expect(await fineTune(study, MODEL, 'preferences')).toBe(model);
    const api = new OpenAI({ baseURL: simulated.server.url, apiKey: 'none' });
    expect(await all(await api.fineTuning.jobs.list())).toHaveLength(1);
  });

  test('that fails stops the run with the reason, and is tried anew only when asked to', async () => {
    const simulated = await begin({ server: { faults: { job: 1 } } });
    const study = await opened(simulated);
    await expect(runStudy(study)).rejects.toMatchObject({ code: 'job-failed' });
    const failed = studyStatus(study).filter(({ state }) => state === 'failed');
    expect(failed.map(({ stage }) => stage)).toEqual([`${MODEL}/train-preferences`]);
    const waiting = studyStatus(study).find(({ stage }) => stage === `${MODEL}/choices-native`);
    expect(waiting).toMatchObject({ state: 'waiting', waitsFor: [`${MODEL}/train-preferences`] });
    const jobs = async () =>
      (
        await all(
          await new OpenAI({ baseURL: simulated.server.url, apiKey: 'x' }).fineTuning.jobs.list(),
        )
      ).length;
    const before = await jobs();
    await expect(runStudy(study)).rejects.toMatchObject({ code: 'job-failed' });
    expect(await jobs()).toBe(before);
    await expect(runStudy(study, { retryFailed: true })).rejects.toMatchObject({
      code: 'job-failed',
    });
    expect(await jobs()).toBe(before + 1);
  });

  test('and batches under way are called off, and begun anew only when asked to', async () => {
    const simulated = await begin({
      server: { jobSeconds: 10 },
      configuration: { server: { mode: 'batch' } },
    });
    const study = await opened(simulated);
    const stop = new AbortController();
    const running = runStudy(study, {
      signal: stop.signal,
      // Once both the training and the first batch are there, the run is stopped.
      onProgress: ({ training }) => {
        if (training?.status === 'running') stop.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
    const training = `${MODEL}/train-preferences`;
    const batch = `${MODEL}/reports-off-the-shelf`;
    expect(await cancelStudy(study)).toEqual([batch, training]);
    const api = new OpenAI({ baseURL: simulated.server.url, apiKey: 'none' });
    const jobs = await all(await api.fineTuning.jobs.list());
    expect(jobs.map(({ status }) => status)).toEqual(['cancelled']);
    const batches = await all(await api.batches.list());
    expect(batches.map(({ status }) => status)).toEqual([
      expect.stringMatching(/^cancell(ed|ing)$/),
    ]);
    const failed = studyStatus(study).find(({ stage }) => stage === training);
    expect(failed).toMatchObject({ state: 'failed', note: expect.stringContaining('cancelled') });
    expect(await cancelStudy(study)).not.toContain(training);
  });
});
