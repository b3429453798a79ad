/** Every item is answered once and delivered, whatever stops, breaks off, fails or is left out. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BatchContext,
  type BatchEstimate,
  type BatchItem,
  type BatchOutcome,
  batchState,
  runBatches,
} from '../../../src/harness/batch/run-batches.js';
import type { FailedAttempt } from '../../../src/harness/client/chat.js';
import { refusedParameters } from '../../../src/harness/client/parameters.js';
import type { Batch } from '../../../src/harness/client/server-api.js';
import { memoryJournal } from '../../support/memory-journal.js';
import { chatRequest } from '../client/support.js';
import {
  BATCH_SECONDS,
  type ItemFate,
  type JobServerOptions,
  jobServer,
  virtualClock,
} from '../jobs/job-server.js';
import { Killed, mortal, plainCall, retryingCall } from '../jobs/mortal.js';

const key = 'gpt-4o/choices-instilled';

function itemOf(id: string, model = 'gpt-4o'): BatchItem {
  const messages = [{ role: 'user' as const, content: `Which one, in trial ${id}?` }];
  return { id, request: chatRequest({ model, messages }) };
}

const itemsOf = (count: number) => Array.from({ length: count }, (_, i) => itemOf(`${i}`));

function bench(options: Partial<JobServerOptions> = {}) {
  const clock = virtualClock();
  const server = jobServer({ clock, ...options });
  const journal = memoryJournal();
  const context: BatchContext = {
    study: '5f0c',
    call: plainCall(server.api),
    journal,
    clock,
    pollSeconds: 30,
  };
  return { clock, server, journal, context };
}

async function all(outcomes: AsyncIterable<BatchOutcome>): Promise<BatchOutcome[]> {
  const list: BatchOutcome[] = [];
  for await (const outcome of outcomes) list.push(outcome);
  return list;
}

/** 'answer to 3', or why there is none. */
function said(outcome: BatchOutcome): string {
  return 'answer' in outcome ? outcome.answer.text : outcome.failed.reason;
}

const byId = (outcomes: readonly BatchOutcome[]) =>
  Object.fromEntries(outcomes.map((outcome) => [outcome.id, said(outcome)]));

describe('a batch', () => {
  it('brings the answer to every item', async () => {
    const { context } = bench();
    const [first, ...others] = await all(runBatches(key, itemsOf(3), context));
    expect(first).toEqual({
      id: '0',
      answer: {
        text: 'answer to 0',
        raw: expect.stringContaining('"chat.completion"'),
        model: 'gpt-4o-served',
        fingerprint: 'fp_test',
        finishReason: 'stop',
        usage: { promptTokens: 10, completionTokens: 1, reasoningTokens: null },
        logprobs: null,
        attempt: 1,
        latencyMs: 0,
      },
    });
    expect(others.map(said)).toEqual(['answer to 1', 'answer to 2']);
  });

  it('is asked for with a file of requests and labels by which it can be found', async () => {
    const { server, context } = bench();
    await all(runBatches(key, itemsOf(2), context));
    expect(server.batches.map(({ body }) => body)).toEqual([
      {
        input_file_id: 'file-1',
        endpoint: '/v1/chat/completions',
        completion_window: '24h',
        metadata: {
          weighbridge_study: '5f0c',
          weighbridge_stage: key,
          weighbridge_batch: '1',
          weighbridge_checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
    ]);
    const file = server.files.get('file-1');
    expect(file).toMatchObject({ purpose: 'batch', filename: 'gpt-4o-choices-instilled-1.jsonl' });
    expect(file?.text.endsWith('\n')).toBe(true);
    expect(
      file?.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(
      itemsOf(2).map(({ id, request }) => ({
        custom_id: id,
        method: 'POST',
        url: '/v1/chat/completions',
        body: expect.objectContaining({
          model: 'gpt-4o',
          messages: request.messages,
          temperature: 0,
        }),
      })),
    );
  });

  it('is none at all where nothing is wanted', async () => {
    const { server, context } = bench();
    expect(await all(runBatches(key, [], context))).toEqual([]);
    expect(server.requests).toEqual([]);
  });

  it('leaves nothing in the journal when the last outcome is consumed', async () => {
    const { context } = bench();
    const outcomes = runBatches(key, itemsOf(2), context);
    for (const _ of [1, 2]) {
      await outcomes.next();
      expect(batchState(key, context.journal)).toEqual([
        { batchId: 'batch-1', model: 'gpt-4o', round: 1, requests: 2 },
      ]);
    }
    expect(await outcomes.next()).toEqual({ done: true, value: undefined });
    expect(batchState(key, context.journal)).toEqual([]);
  });

  it('tells how far it is', async () => {
    const { context } = bench();
    const told: string[] = [];
    const onProgress: BatchContext['onProgress'] = ({ batchId, status, requests }) =>
      told.push(`${batchId} of ${requests} ${status}`);
    await all(runBatches(key, itemsOf(2), { ...context, onProgress }));
    expect(told).toEqual([
      'batch-1 of 2 in_progress',
      'batch-1 of 2 in_progress',
      'batch-1 of 2 completed',
    ]);
  });

  /** A server whose word on a batch that is complete is changed, a number of times. */
  function saying(times: number, change: Partial<Batch>) {
    const { context, server } = bench();
    let left = times;
    const call: BatchContext['call'] = async (what, work, signal) => {
      const result = await context.call(what, work, signal);
      const isOver =
        typeof result === 'object' &&
        result !== null &&
        'status' in result &&
        result.status === 'completed';
      return isOver && left-- > 0 ? { ...result, ...change } : result;
    };
    return { server, context: { ...context, call } };
  }

  it.each<[string, Partial<Batch>]>([
    ['complete before it names its files', { output_file_id: null }],
    ['of a status that nobody knows', { status: 'wrapping_up' }],
  ])('that is %s is waited for', async (_, change) => {
    const { server, context } = saying(4, change);
    expect(byId(await all(runBatches(key, itemsOf(3), context)))).toEqual(everyAnswer(3));
    expect(server.batches).toHaveLength(1);
  });

  it('goes on at the server when watching is called off, and is delivered by the next run', async () => {
    const { server, context } = bench();
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress = () => stop.abort(reason);
    const stopped = all(
      runBatches(key, itemsOf(3), { ...context, onProgress, signal: stop.signal }),
    );
    await expect(stopped).rejects.toBe(reason);
    expect(await all(runBatches(key, itemsOf(3), context))).toHaveLength(3);
    expect(server.batches).toHaveLength(1);
  });

  it('that fails validation says why, costs nothing and is not in the way of the next run', async () => {
    const failures: { code: string; message: string; line: number }[][] = [
      [
        { code: 'model_not_found', message: 'The model `gpt-4o` does not\nexist.', line: 1 },
        { code: 'model_not_found', message: 'The same.', line: 2 },
      ],
    ];
    const { server, context } = bench({ batchFailure: () => failures.shift() ?? null });
    await expect(all(runBatches(key, itemsOf(2), context))).rejects.toMatchObject({
      code: 'job-failed',
      message: `batch batch-1 of ${key} failed, unpaid: line 1: The model \`gpt-4o\` does not exist, and 1 more such`,
    });
    expect(await all(runBatches(key, itemsOf(2), context))).toHaveLength(2);
    expect(server.batches).toHaveLength(2);
  });

  it('can hold each id once', async () => {
    const { context } = bench();
    await expect(all(runBatches(key, [itemOf('7'), itemOf('7')], context))).rejects.toMatchObject({
      code: 'bad-argument',
      message: "two batch requests have the id '7'",
    });
  });
});

describe('many items', () => {
  it('are cut into files within the limits, of one model each, with every item in one of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('gpt-4o', 'gpt-4o-mini', 'llama'), { maxLength: 25 }),
        fc.record({
          requests: fc.integer({ min: 1, max: 7 }),
          bytes: fc.integer({ min: 250, max: 1500 }),
        }),
        fc.integer({ min: 1, max: 5 }),
        async (models, limits, atOnce) => {
          const { server, context } = bench();
          const items = models.map((model, i) => itemOf(`${i}`, model));
          const outcomes = await all(runBatches(key, items, { ...context, limits, atOnce }));
          const sent = [...server.files.values()].filter(({ purpose }) => purpose === 'batch');
          for (const { text } of sent) {
            const lines = text
              .trim()
              .split('\n')
              .map((line) => JSON.parse(line));
            expect(lines.length).toBeLessThanOrEqual(limits.requests);
            expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limits.bytes);
            expect(new Set(lines.map(({ body }) => body.model)).size).toBe(1);
          }
          expect(outcomes.map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual(
            items.map((_, i) => i),
          );
          expect([...server.answered.values()].every((times) => times === 1)).toBe(true);
        },
      ),
      { seed: 91, numRuns: 60 },
    );
  });

  it('are at the server in no more batches at a time than allowed', async () => {
    let most = 0;
    const { server, context } = bench();
    const onProgress = () => {
      const open = server.batches.filter(({ status }) => status === 'in_progress').length;
      most = Math.max(most, open);
    };
    const limited = { ...context, limits: { requests: 2 }, atOnce: 3, onProgress };
    expect(await all(runBatches(key, itemsOf(20), limited))).toHaveLength(20);
    expect(most).toBe(3);
    expect(server.batches).toHaveLength(10);
  });

  it('are read only as batches have room', async () => {
    let read = 0;
    function* counted() {
      for (const item of itemsOf(20)) {
        read++;
        yield item;
      }
    }
    const { context } = bench();
    const outcomes = runBatches(key, counted(), { ...context, limits: { requests: 2 }, atOnce: 2 });
    await outcomes.next();
    // Two full files, and the item that showed that the second one is full.
    expect(read).toBe(5);
    await outcomes.return();
  });

  it('one of which no file can hold are turned down', async () => {
    const { server, context } = bench();
    const run = runBatches(key, itemsOf(1), { ...context, limits: { bytes: 100 } });
    await expect(all(run)).rejects.toThrow(
      /^batch request '0' has \d+ bytes, expected at most 100$/,
    );
    expect(server.requests).toEqual([]);
  });

  it('that the server has no room for are sent a few at a time and in smaller files', async () => {
    const { server, context } = bench({
      // Room for three at a time, whoever asks.
      batchFailure: (items) =>
        items.length > 3 || openItems() > 3
          ? [{ code: 'token_limit_exceeded', message: 'Enqueued token limit reached.' }]
          : null,
    });
    function openItems(): number {
      const open = server.batches.filter(({ status }) => status === 'in_progress');
      const texts = open.map(({ body }) => server.files.get(body.input_file_id)?.text ?? '');
      return texts.reduce((sum, text) => sum + text.trim().split('\n').length, 0);
    }
    const settled: string[] = [];
    const onSettled = ({ reservation }: BatchEstimate) => settled.push(reservation);
    const limited = { ...context, limits: { requests: 8 }, onSettled };
    const outcomes = await all(runBatches(key, itemsOf(20), limited));
    expect(outcomes).toHaveLength(20);
    expect([...server.answered.values()]).toEqual(Array(20).fill(1));
    expect(settled).toHaveLength(server.batches.length);
  });

  it('give up where not even one has room', async () => {
    const errors = [{ code: 'token_limit_exceeded', message: 'Enqueued token limit reached.' }];
    const { server, context } = bench({ batchFailure: () => errors });
    await expect(all(runBatches(key, itemsOf(8), context))).rejects.toThrow(
      'Enqueued token limit reached',
    );
    // 8, 4, 2, 1.
    expect(server.batches).toHaveLength(4);
  });
});

describe('an item that fails', () => {
  const onceOnly = (fate: ItemFate) => (item: { custom_id: string }, earlier: number) =>
    item.custom_id === '1' && earlier === 0 ? fate : { answer: `answer to ${item.custom_id}` };

  it.each<[string, ItemFate]>([
    ['the server is overloaded', { status: 429, message: 'Rate limit reached' }],
    ['the server has a fault', { status: 500, message: 'oops' }],
    ['its time is over', { code: 'batch_expired' }],
    ['it is left out', 'left out'],
    ['its line is no JSON', { line: '{"custom_id":"1","respo' }],
    ['its line is of another shape', { line: '{"custom_id":1}' }],
    [
      'its response is no completion',
      { line: '{"custom_id":"1","response":{"status_code":200,"body":{}}}' },
    ],
  ])('because %s is sent again, alone, and its answer says so', async (_, fate) => {
    const { server, context } = bench({ fate: onceOnly(fate) });
    const failed: string[] = [];
    const onFailedAttempt: BatchContext['onFailedAttempt'] = (id, { attempt }) =>
      failed.push(`${id} at ${attempt}`);
    const outcomes = await all(runBatches(key, itemsOf(3), { ...context, onFailedAttempt }));
    expect(byId(outcomes)).toEqual({ 0: 'answer to 0', 1: 'answer to 1', 2: 'answer to 2' });
    expect(outcomes.find(({ id }) => id === '1')).toMatchObject({ answer: { attempt: 2 } });
    expect(failed).toEqual(['1 at 1']);
    const [, second] = server.batches;
    expect(
      server.files
        .get(second?.body.input_file_id ?? '')
        ?.text.trim()
        .split('\n'),
    ).toHaveLength(1);
  });

  it.each<[string, ItemFate, { status: number | null; reason: string }]>([
    [
      'its request is wrong',
      { status: 400, message: 'Invalid value:\n temperature' },
      { status: 400, reason: 'Invalid value: temperature' },
    ],
    [
      'the model is unknown',
      { status: 404, message: 'no such model' },
      { status: 404, reason: 'no such model' },
    ],
    [
      'it was cancelled',
      { code: 'batch_cancelled' },
      { status: null, reason: 'batch_cancelled: This request was not executed.' },
    ],
  ])('because %s is not sent again', async (_, fate, failed) => {
    const { server, context } = bench({ fate: onceOnly(fate) });
    const outcomes = await all(runBatches(key, itemsOf(3), context));
    expect(outcomes.find(({ id }) => id === '1')).toEqual({
      id: '1',
      failed: { attempt: 1, latencyMs: 0, ...failed },
    });
    expect(server.batches).toHaveLength(1);
  });

  it('because the model knows its limit by the other name is sent again under that name', async () => {
    const fate = ({ body }: { body: object }): ItemFate =>
      'max_completion_tokens' in body
        ? { answer: 'A' }
        : {
            status: 400,
            message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.",
          };
    const { server, context } = bench({ fate });
    const limited = { ...context, limits: { requests: 2 }, atOnce: 1 };
    expect((await all(runBatches(key, itemsOf(4), limited))).map(said)).toEqual(Array(4).fill('A'));
    // The first two items were sent before it was known, the others were not.
    expect(server.batches).toHaveLength(3);
  });

  it('because the server refuses its parameters is sent again without them, and so are all later', async () => {
    const fate = ({ body }: { body: object }): ItemFate => {
      const refused = ['temperature', 'max_tokens', 'seed', 'reasoning_effort'].find(
        (one) => one in body,
      );
      if (refused === undefined) return { answer: 'A' };
      return { status: 400, message: `Unsupported parameter: '${refused}'.` };
    };
    const learned: string[] = [];
    const refused = refusedParameters(new Map(), (all) =>
      learned.push([...(all.get('gpt-4o') ?? [])].join(' ')),
    );
    const item = itemOf('7');
    const request = { ...item.request, seed: 3, reasoningEffort: 'low' };
    const { server, context } = bench({ fate });
    const failed: FailedAttempt[] = [];
    const outcomes = runBatches(key, [{ ...item, request }], {
      ...context,
      refused,
      rounds: 1,
      onFailedAttempt: (_, one) => failed.push(one),
    });
    expect((await all(outcomes)).map(said)).toEqual(['A']);
    expect(server.batches).toHaveLength(5);
    expect(failed.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(learned.at(-1)).toBe('temperature max_tokens seed reasoning_effort');
    await all(runBatches('another', itemsOf(2), { ...context, refused }));
    expect(server.batches).toHaveLength(6);
  });

  it('every time counts as failed after the last round', async () => {
    const fate = ({ custom_id }: { custom_id: string }): ItemFate =>
      custom_id === '1' ? { status: 503, message: 'busy' } : { answer: 'A' };
    const { server, context } = bench({ fate });
    for (const rounds of [1, 2, 5]) {
      server.batches.splice(0);
      const outcomes = await all(runBatches(key, itemsOf(2), { ...context, rounds }));
      expect(outcomes.find(({ id }) => id === '1')).toEqual({
        id: '1',
        failed: { attempt: rounds, status: 503, reason: 'busy', latencyMs: 0 },
      });
      expect(server.batches).toHaveLength(rounds);
    }
  });

  it('by being left out says of which batch, and how many lines were no use', async () => {
    const fates: Record<string, ItemFate> = { 0: { line: 'garbage' }, 2: { answer: 'A' } };
    const { context } = bench({ fate: ({ custom_id }) => fates[custom_id] ?? 'left out' });
    const warnings: string[] = [];
    const onWarning = (line: string) => void warnings.push(line);
    const run = { ...context, rounds: 1, onWarning };
    const outcomes = await all(runBatches(key, itemsOf(3), run));
    const reason =
      'batch batch-1 ended (completed) without a word on it; 1 lines of its files could not be read';
    expect(byId(outcomes)).toEqual({ 0: reason, 1: reason, 2: 'A' });
    expect(warnings).toEqual([
      `${key}: 1 lines of the files of batch batch-1 were skipped, for they cannot be read or answer nothing that was asked; the first: "garbage"`,
    ]);
  });

  it('because its batch was cancelled is left to the next run', async () => {
    const { server, context } = bench({
      batchEnd: 'cancelled',
      fate: ({ custom_id }) => (custom_id === '0' ? { answer: 'A' } : 'left out'),
    });
    const outcomes = await all(runBatches(key, itemsOf(2), context));
    expect(byId(outcomes)).toMatchObject({
      0: 'A',
      1: 'batch batch-1 ended (cancelled) without a word on it',
    });
    expect(server.batches).toHaveLength(1);
  });
});

describe('a download', () => {
  it('that breaks off is read on from where it was, wherever it breaks', async () => {
    const { server, context } = bench({
      fate: ({ custom_id }) => ({ answer: `“${custom_id}” é🙂` }),
    });
    const faults = Array.from({ length: 40 }, (_, i) => ({ breaks: 150 * i + 1 }));
    server.downloadFaults.push(...faults);
    const outcomes = await all(runBatches(key, itemsOf(6), context));
    expect(outcomes.map(said)).toEqual(itemsOf(6).map(({ id }) => `“${id}” é🙂`));
    expect(server.downloadFaults.length).toBeLessThan(faults.length);
  });

  it('that ends early and calls itself whole is asked for again, wherever it ends', async () => {
    const { server, context } = bench();
    await all(runBatches(key, itemsOf(2), context));
    const { text = '' } = server.files.get('file-2') ?? {};
    for (const ends of [0, 1, text.indexOf('\n'), text.indexOf('\n') + 1, text.length - 1]) {
      const again = bench();
      again.server.downloadFaults.push({ ends });
      expect(await all(runBatches(key, itemsOf(2), again.context))).toHaveLength(2);
      expect([...again.server.answered.values()]).toEqual([1, 1]);
    }
  });

  it('that always ends early is taken as it is, and what it lacks is asked again', async () => {
    const { server, context } = bench();
    server.downloadFaults.push(...Array(30).fill({ ends: 500 }));
    expect(byId(await all(runBatches(key, itemsOf(3), context)))).toEqual(everyAnswer(3));
    expect(server.batches).toHaveLength(2);
  });

  it('that never gets further ends in one line, and its answers are delivered by the next run', async () => {
    const { server, context } = bench();
    server.downloadFaults.push(...Array(6).fill({ breaks: 500 }));
    await expect(all(runBatches(key, itemsOf(6), context))).rejects.toMatchObject({
      code: 'server',
      message: expect.stringMatching(/^the download of file-2 broke off 5 times after line 1$/),
    });
    expect(await all(runBatches(key, itemsOf(6), context))).toHaveLength(6);
    expect(server.batches).toHaveLength(1);
  });

  it('that stands still can be called off', async () => {
    const { server, context } = bench();
    server.downloadFaults.push({ stalls: 500 });
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    const outcomes = runBatches(key, itemsOf(3), { ...context, signal: stop.signal });
    expect((await outcomes.next()).value).toMatchObject({ id: '0' });
    const second = outcomes.next();
    stop.abort(reason);
    await expect(second).rejects.toBe(reason);
  });

  it('of answers that are gone is not taken for a batch without answers', async () => {
    const { server, context } = bench();
    const onProgress = () => {
      for (const [id, { purpose }] of server.files) {
        if (purpose === 'batch_output') server.files.delete(id);
      }
    };
    for (const _ of [1, 2]) {
      await expect(
        all(runBatches(key, itemsOf(2), { ...context, onProgress })),
      ).rejects.toMatchObject({
        code: 'job-failed',
        message: expect.stringContaining(`the answers of batch batch-1 of ${key} are gone`),
      });
    }
    const again = runBatches(key, itemsOf(2), { ...context, retryFailed: true });
    expect(await all(again)).toHaveLength(2);
    expect(server.batches).toHaveLength(2);
  });
});

interface Life {
  readonly deaths: readonly number[];
  readonly options?: Partial<JobServerOptions>;
  readonly count?: number;
  readonly requests?: number;
}

/**
 * Runs that die one after another, then one that lives, and a caller that keeps answers as a record
 * does: an outcome is kept before the next is asked for, and only what has no answer is wanted.
 */
async function liveThrough({ deaths, options = {}, count = 5, requests = 2 }: Life) {
  const { server, journal, context, clock } = bench(options);
  const kept = new Map<string, BatchOutcome>();
  let survived = false;
  for (const last of [...deaths, Number.POSITIVE_INFINITY]) {
    const life = mortal(context.call, journal, clock, last);
    const wanted = itemsOf(count).filter(({ id }) => !('answer' in (kept.get(id) ?? {})));
    const run = async () => {
      const own = { ...context, ...life, limits: { requests }, atOnce: 2 };
      for await (const outcome of runBatches(key, wanted, own)) {
        life.moment();
        if (!('answer' in (kept.get(outcome.id) ?? {}))) kept.set(outcome.id, outcome);
        life.moment();
      }
    };
    if (last === Number.POSITIVE_INFINITY) await run();
    else {
      const died = await run().then(
        () => false,
        (error) => error instanceof Killed,
      );
      survived ||= !died;
    }
  }
  server.finish();
  return { kept: byId([...kept.values()]), server, journal, survived };
}

const everyAnswer = (count: number) =>
  Object.fromEntries(itemsOf(count).map(({ id }) => [id, `answer to ${id}`]));

describe('a run that is killed', () => {
  it('at any moment has every answer in the end, each paid for once', async () => {
    let moments = 0;
    for (let n = 1; ; n++) {
      const { kept, server, journal, survived } = await liveThrough({ deaths: [n] });
      expect(kept).toEqual(everyAnswer(5));
      expect([...server.answered.values()]).toEqual([1, 1, 1, 1, 1]);
      expect(server.batches).toHaveLength(3);
      expect(batchState(key, journal)).toEqual([]);
      if (survived) break;
      moments = n;
    }
    // Three batches of six moments each to make, five outcomes of two, polls, downloads, strikes.
    expect(moments).toBeGreaterThan(60);
  });

  it('at any moment with faults about has every answer in the end, each paid for once', async () => {
    // Two items fail once in a way that passes, one is left out once; one is wrong for ever.
    const fate = ({ custom_id }: { custom_id: string }, earlier: number): ItemFate => {
      if (custom_id === '3') return { status: 400, message: 'wrong' };
      if (earlier === 0 && custom_id === '0') return { status: 500, message: 'oops' };
      if (earlier === 0 && custom_id === '1') return { code: 'batch_expired' };
      if (earlier === 0 && custom_id === '4') return 'left out';
      return { answer: `answer to ${custom_id}` };
    };
    for (let n = 1; ; n++) {
      const { kept, server, survived } = await liveThrough({ deaths: [n], options: { fate } });
      expect(kept).toEqual({ ...everyAnswer(5), 3: 'wrong' });
      expect([...server.answered.values()]).toEqual([1, 1, 1, 1]);
      if (survived) break;
    }
  });

  it('again and again has every answer in the end, each paid for once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          deaths: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 8 }),
          count: fc.integer({ min: 0, max: 9 }),
          requests: fc.integer({ min: 1, max: 4 }),
          options: fc.record({ forgetsLabels: fc.boolean() }),
        }),
        async (life) => {
          const { kept, server, journal } = await liveThrough(life);
          expect(kept).toEqual(everyAnswer(life.count));
          expect([...server.answered.values()]).toEqual(Array(life.count).fill(1));
          expect(batchState(key, journal)).toEqual([]);
        },
      ),
      { seed: 92, numRuns: 100 },
    );
  });

  it('delivers what an earlier run paid for, also when it is no longer wanted', async () => {
    const { server, context } = bench();
    const outcomes = runBatches(key, itemsOf(3), context);
    await outcomes.next();
    await outcomes.return();
    expect(byId(await all(runBatches(key, [], context)))).toEqual(everyAnswer(3));
    expect(server.batches).toHaveLength(1);
    expect(await all(runBatches(key, [], context))).toEqual([]);
  });
});

describe('creating a batch', () => {
  it('once is enough when the response is lost and the client tries again', async () => {
    let lost = 0;
    const { server, context } = bench({
      losesResponse: (line) => line === 'POST /batches' && lost++ < 2,
    });
    const call = retryingCall(server.api);
    expect(await all(runBatches(key, itemsOf(3), { ...context, call }))).toHaveLength(3);
    expect(server.batches).toHaveLength(1);
  });

  it('that the server refuses leaves no trace', async () => {
    const refusals = [400];
    const { context } = bench({ refuse: () => refusals.shift() ?? null });
    await expect(all(runBatches(key, itemsOf(3), context))).rejects.toThrow('refused with 400');
    expect(batchState(key, context.journal)).toEqual([]);
    expect(await all(runBatches(key, itemsOf(3), context))).toHaveLength(3);
  });
});

describe('a batch that the server no longer knows', () => {
  async function abandoned() {
    const parts = bench();
    const stop = new AbortController();
    const stopping = { ...parts.context, onProgress: () => stop.abort(), signal: stop.signal };
    await all(runBatches(key, itemsOf(2), stopping)).catch(() => {});
    parts.server.batches.splice(0);
    return parts;
  }

  it('ends in one clear line, each time', async () => {
    const { context } = await abandoned();
    for (const _ of [1, 2]) {
      await expect(all(runBatches(key, itemsOf(2), context))).rejects.toMatchObject({
        code: 'job-failed',
        message: expect.stringContaining(`the server does not know batch batch-1 of ${key}`),
      });
    }
  });

  it('is replaced on request', async () => {
    const { server, context } = await abandoned();
    const again = runBatches(key, itemsOf(2), { ...context, retryFailed: true });
    expect(await all(again)).toHaveLength(2);
    expect(server.batches).toHaveLength(1);
  });
});

describe('the money for a batch', () => {
  it('is set aside before anything is sent, and free again when its outcomes are consumed', async () => {
    const { server, context } = bench();
    const told: string[] = [];
    const outcomes = runBatches(key, itemsOf(3), {
      ...context,
      limits: { requests: 2 },
      atOnce: 1,
      beforeCreate: ({ reservation, requests }) => {
        told.push(`${requests} requests: ${reservation}, ${server.batches.length} sent`);
      },
      onSettled: ({ reservation }) => told.push(`settled ${reservation}`),
    });
    for await (const { id } of outcomes) told.push(`answer ${id}`);
    expect(told).toEqual([
      `2 requests: ${key}#1, 0 sent`,
      'answer 0',
      'answer 1',
      `settled ${key}#1`,
      `1 requests: ${key}#2, 1 sent`,
      'answer 2',
      `settled ${key}#2`,
    ]);
  });

  it('is told in tokens, likely ones and as many as there can be', async () => {
    const { context } = bench();
    const estimates: BatchEstimate[] = [];
    const beforeCreate = (estimate: BatchEstimate) => void estimates.push(estimate);
    await all(runBatches(key, itemsOf(2), { ...context, beforeCreate }));
    const [{ promptTokens, mostPromptTokens, ...known }] = estimates;
    expect(known).toEqual({
      ...{ reservation: `${key}#1`, key, model: 'gpt-4o', round: 1, requests: 2 },
      mostCompletionTokens: 10,
    });
    const characters = 2 * 'Which one, in trial 0?'.length;
    expect(promptTokens).toBeGreaterThan(characters / 5);
    expect(mostPromptTokens).toBeGreaterThanOrEqual(characters);
  });

  it('that is not there stops the run before the batch is made, and loses no other', async () => {
    const { server, context } = bench();
    const limited = { ...context, limits: { requests: 2 }, atOnce: 2 };
    const beforeCreate = ({ reservation }: BatchEstimate) => {
      if (reservation === `${key}#2`) throw new Error('the budget is spent');
    };
    await expect(all(runBatches(key, itemsOf(4), { ...limited, beforeCreate }))).rejects.toThrow(
      'the budget is spent',
    );
    expect(server.batches).toHaveLength(1);
    const adopted: string[] = [];
    const onAdopted = ({ reservation }: BatchEstimate) => adopted.push(reservation);
    expect(await all(runBatches(key, itemsOf(4), { ...limited, onAdopted }))).toHaveLength(4);
    expect(adopted).toEqual([`${key}#1`]);
    expect([...server.answered.values()]).toEqual([1, 1, 1, 1]);
  });

  it('may come free only when another batch is settled: that one is watched meanwhile', async () => {
    const { server, context } = bench();
    let free = () => {};
    const outcomes = runBatches(key, itemsOf(4), {
      ...context,
      limits: { requests: 2 },
      beforeCreate: async ({ reservation }) => {
        if (reservation === `${key}#1`) return;
        await new Promise<void>((resolve) => {
          free = resolve;
        });
      },
      onSettled: () => free(),
    });
    expect(await all(outcomes)).toHaveLength(4);
    const [first, second] = server.batches.map(({ created }) => created);
    expect(second).toBeGreaterThanOrEqual((first ?? 0) + 1000 * BATCH_SECONDS);
  });
});
