/**
 * Journals that an older version, a bad disk or a text editor has damaged: the study opens again,
 * the entry is kept under another key, and what was paid for at the server is found again.
 */
import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchState, cancelBatches, runBatches } from '../../src/harness/batch/run-batches.js';
import {
  cancelFineTune,
  type FineTuneRequest,
  fineTune,
  fineTuneState,
} from '../../src/harness/fine-tuning/fine-tune.js';
import { memoryJournal } from '../support/memory-journal.js';
import { chatRequest } from './client/support.js';
import { type JobServerOptions, jobServer, virtualClock } from './jobs/job-server.js';
import { plainCall } from './jobs/mortal.js';

const study = '5f0c';
const example = '{"messages":[{"role":"user","content":"A or B?"}]}\n';
const request: FineTuneRequest = {
  key: 'm/train-preferences',
  study,
  model: 'm',
  suffix: 'preferences',
  trainingFile: { name: 'preferences.jsonl', text: example },
  validationFile: { name: 'validation.jsonl', text: example },
  hyperparameters: { epochs: 3, learningRateMultiplier: 2, batchSize: 10 },
};
const jobKey = `fine-tune/${request.key}`;
const stage = 'm/choices-instilled';
const batchKey = `batch/${stage}`;
const itemsOf = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}`, request: chatRequest({ model: 'm' }) }));

function bench(options: Partial<JobServerOptions> = {}) {
  const clock = virtualClock();
  const server = jobServer({ clock, ...options });
  const journal = memoryJournal();
  const warnings: string[] = [];
  const context = {
    ...{ study, call: plainCall(server.api), journal, clock, pollSeconds: 30 },
    onWarning: (line: string) => void warnings.push(line),
  };
  return { server, journal, warnings, context };
}

/** The first look at what is under way ends the run. */
function stopping() {
  const stop = new AbortController();
  // The `openai` package leaves a listener for each request.
  setMaxListeners(0, stop.signal);
  return { onProgress: () => stop.abort(), signal: stop.signal };
}

/** A training under way at the server, as the journal knows it. */
async function training(options: Partial<JobServerOptions> = {}) {
  const parts = bench(options);
  await fineTune(request, { ...parts.context, ...stopping() }).catch(() => {});
  const text = parts.journal.get(jobKey) ?? '';
  expect(JSON.parse(text).stage).toBe('running');
  return { ...parts, entry: JSON.parse(text), text };
}

/** Batches under way at the server: two items in each, and one of an odd number. */
async function batches(count: number, options: Partial<JobServerOptions> = {}) {
  const parts = bench(options);
  const ask = async (more = {}) => {
    const found = new Map<string, string>();
    const own = { ...parts.context, limits: { requests: 2 }, atOnce: 6, ...more };
    for await (const outcome of runBatches(stage, itemsOf(count), own)) {
      found.set(outcome.id, 'answer' in outcome ? outcome.answer.text : outcome.failed.reason);
    }
    return found;
  };
  await ask(stopping()).catch(() => {});
  const text = parts.journal.get(batchKey) ?? '';
  return { ...parts, ask, ledger: JSON.parse(text), text };
}

const allAnswers = (count: number) =>
  new Map(itemsOf(count).map(({ id }) => [id, `answer to ${id}`]));

/** As an older version wrote it when a login page answered: without what was undefined. */
const without = (entry: object, ...names: string[]) =>
  JSON.stringify(entry, (name, value) => (names.includes(name) ? undefined : value));

/** What a text can be after an accident. */
const wreck = (text: string) =>
  fc.oneof(
    fc.nat(text.length - 1).map((end) => text.slice(0, end)),
    fc.constantFrom('', 'garbage', 'null', '3', '[]', '{}', '"running"', '{"stage":"running"}'),
    fc.nat(text.length - 1).map((at) => `${text.slice(0, at)}\0${text.slice(at + 1)}`),
  );

describe('a damaged entry of a training', () => {
  it.each<[string, (entry: object) => string]>([
    ['the job without its id', (entry) => without(entry, 'jobId')],
    ['the job with null for its id', (entry) => JSON.stringify({ ...entry, jobId: null })],
    ['the job without its status', (entry) => without(entry, 'status')],
    ['an event without words', (entry) => without(entry, 'message')],
    ['no progress at all', (entry) => without(entry, 'progress')],
    ['no attempt', (entry) => without(entry, 'attempt')],
    ['no checksum', (entry) => without(entry, 'checksum')],
    ['an id with a path', (entry) => JSON.stringify({ ...entry, jobId: '../x' })],
  ])('with %s is mended, and its job found', async (_, damage) => {
    const { server, journal, context, entry } = await training();
    journal.put(jobKey, damage(entry));
    expect(() => fineTuneState(request.key, journal)).not.toThrow();
    expect(await fineTune(request, context)).toMatchObject({ jobId: 'ftjob-1' });
    expect(server.jobs).toHaveLength(1);
  });

  it('of files that were never there leads to one job', async () => {
    const { server, journal, context } = bench();
    const entry = { stage: 'creating', attempt: 1, checksum: 'x', validationFile: null };
    journal.put(jobKey, JSON.stringify(entry));
    expect(await fineTune(request, context)).toMatchObject({ jobId: 'ftjob-1' });
    expect(server.jobs).toHaveLength(1);
  });

  it('that succeeded with a number for the name of its model is looked at once more', async () => {
    const { server, journal, context, entry } = await training();
    const { attempt, checksum, jobId } = entry;
    const result = { model: 123, jobId, trainedTokens: -1e9, finalLoss: null };
    journal.put(jobKey, JSON.stringify({ stage: 'succeeded', attempt, checksum, result }));
    expect(fineTuneState(request.key, journal)).toEqual({ stage: 'damaged' });
    expect(await fineTune(request, context)).toMatchObject({
      model: 'ft:m:lab:preferences:ftjob-1',
      trainedTokens: 1234,
    });
    expect(server.jobs).toHaveLength(1);
  });

  it('whatever is left of it, has one job in the end, and is kept', async () => {
    const { text } = await training();
    await fc.assert(
      fc.asyncProperty(wreck(text), async (wrecked) => {
        const { server, journal, context, warnings } = await training();
        journal.put(jobKey, wrecked);
        const isDamaged = fineTuneState(request.key, journal).stage === 'damaged';
        expect(await fineTune(request, context)).toMatchObject({ jobId: 'ftjob-1' });
        expect(server.jobs).toHaveLength(1);
        expect(journal.get(`set aside/1/${jobKey}`)).toBe(isDamaged ? wrecked : null);
        expect(warnings).toHaveLength(isDamaged ? 1 : 0);
      }),
      { seed: 12, numRuns: 40 },
    );
  });

  it('can be called off', async () => {
    const { server, journal, context } = await training();
    journal.put(jobKey, 'garbage');
    await cancelFineTune(request, context);
    expect(server.jobs.map(({ cancelled }) => cancelled)).toEqual([true]);
  });

  it('is not paid for again where the server may have its job without showing it', async () => {
    const { server, journal, context } = await training({ forgetsLabels: true });
    journal.put(jobKey, 'garbage');
    for (const _ of [1, 2]) {
      await expect(fineTune(request, context)).rejects.toMatchObject({
        code: 'job-failed',
        message: expect.stringContaining('run again with --retry-failed'),
      });
    }
    expect(server.jobs).toHaveLength(1);
    await fineTune(request, { ...context, retryFailed: true });
    expect(server.jobs).toHaveLength(2);
  });

  it('is kept beside one that was set aside before', async () => {
    const { journal, context } = await training();
    for (const text of ['garbage', 'more garbage']) {
      journal.put(jobKey, text);
      await fineTune(request, context);
    }
    expect(journal.get(`set aside/1/${jobKey}`)).toBe('garbage');
    expect(journal.get(`set aside/2/${jobKey}`)).toBe('more garbage');
  });
});

describe('a damaged entry of batches', () => {
  it.each<[string, (ledger: object) => string]>([
    ['without the ids of six batches', (ledger) => without(ledger, 'batchId')],
    ['without the ids of their files', (ledger) => without(ledger, 'fileId')],
    ['without either', (ledger) => without(ledger, 'batchId', 'fileId')],
    ['without sizes', (ledger) => without(ledger, 'size')],
    ['without numbers', (ledger) => without(ledger, 'number')],
  ])('%s finds all six again, each paid for once', async (_, damage) => {
    const { server, journal, ask, ledger } = await batches(11);
    expect(ledger.open).toHaveLength(6);
    journal.put(batchKey, damage(ledger));
    expect(() => batchState(stage, journal)).not.toThrow();
    expect(await ask()).toEqual(allAnswers(11));
    expect(server.batches).toHaveLength(6);
    expect([...server.answered.values()]).toEqual(Array(11).fill(1));
    expect(batchState(stage, journal)).toEqual([]);
  });

  it('whatever is left of it, finds all again, and is kept', async () => {
    const { text } = await batches(3);
    await fc.assert(
      fc.asyncProperty(wreck(text), async (wrecked) => {
        const { server, journal, ask, warnings } = await batches(3);
        journal.put(batchKey, wrecked);
        const isDamaged = batchState(stage, journal) === null;
        expect(await ask()).toEqual(allAnswers(3));
        expect(server.batches).toHaveLength(2);
        expect([...server.answered.values()]).toEqual([1, 1, 1]);
        expect(journal.get(`set aside/1/${batchKey}`)).toBe(isDamaged ? wrecked : null);
        expect(warnings).toHaveLength(isDamaged ? 1 : 0);
      }),
      { seed: 12, numRuns: 40 },
    );
  });

  it('gives the next batch a number that none has', async () => {
    const { server, journal, context, ask } = await batches(3);
    journal.put(batchKey, 'garbage');
    await ask();
    for await (const _ of runBatches(stage, itemsOf(1), context));
    const labels = server.batches.map(({ body }) => body.metadata);
    expect(labels.map((label) => (label as Record<string, string>).weighbridge_batch)).toEqual([
      '1',
      '2',
      '3',
    ]);
  });

  it('can be called off', async () => {
    const { server, journal, context } = await batches(3);
    journal.put(batchKey, 'garbage');
    expect(await cancelBatches(stage, context)).toBe(true);
    expect(server.batches.map(({ status }) => status)).toEqual(['cancelled', 'cancelled']);
  });

  it('is not paid for again where the server may have batches without showing them', async () => {
    const { server, journal, ask } = await batches(3, { forgetsLabels: true });
    journal.put(batchKey, 'garbage');
    for (const _ of [1, 2]) {
      await expect(ask()).rejects.toMatchObject({
        code: 'job-failed',
        message: expect.stringContaining('run again with --retry-failed'),
      });
    }
    expect(await ask({ retryFailed: true })).toEqual(allAnswers(3));
    expect(server.batches).toHaveLength(4);
  });

  it('is found by its files alone where the server keeps no labels', async () => {
    const { server, journal, ask, ledger } = await batches(3, { forgetsLabels: true });
    journal.put(batchKey, without(ledger, 'batchId'));
    expect(await ask()).toEqual(allAnswers(3));
    expect(server.batches).toHaveLength(2);
  });
});
