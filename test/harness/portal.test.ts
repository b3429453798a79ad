/**
 * A captive portal or a proxy: on one kind of call it answers, with status 200, what was not asked
 * for, before or after the server has done what it was asked. Nothing of that is recorded; when the
 * portal is gone the same journal leads to the end, and nothing is paid for twice.
 */
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { batchState, cancelBatches, runBatches } from '../../src/harness/batch/run-batches.js';
import { ModelClient } from '../../src/harness/client/model-client.js';
import {
  cancelFineTune,
  type FineTuneRequest,
  fineTune,
  fineTuneState,
} from '../../src/harness/fine-tuning/fine-tune.js';
import { memoryJournal } from '../support/memory-journal.js';
import { chatRequest, completion, settings } from './client/support.js';
import { virtualClock } from './client/virtual-clock.js';
import { jobServer } from './jobs/job-server.js';

interface Body {
  readonly name: string;
  readonly text: string | null;
  readonly type?: string;
}

const json = (name: string, value: unknown): Body => ({ name, text: JSON.stringify(value) });

const page = '<!doctype html><html><title>Sign in</title><body>Accept the terms</body></html>';

const bodies: readonly Body[] = [
  { name: 'a login page', text: page, type: 'text/html; charset=utf-8' },
  { name: 'a login page that calls itself JSON', text: page },
  { name: 'nothing', text: '' },
  { name: '204', text: null },
  { name: 'white space', text: ' \n\n ', type: 'text/plain' },
  { name: 'half an object', text: '{"id": "ftjob-1", "object": "fine_tu' },
  json('a list', []),
  json('a number', 3),
  json('null', null),
  json('a text', 'ok'),
  json('an empty object', {}),
  json('an error', { error: { message: 'quota exceeded', type: 'x', code: null } }),
  json('an object of another kind', { id: 'u_1', object: 'user', status: 'active' }),
  json('a chat completion without a choice', { ...completion(), choices: [] }),
  json('no id', { id: null, status: 'in_progress' }),
  json('an empty id', { id: '', status: 'in_progress' }),
  json('a number as id', { id: 17, status: 'in_progress' }),
  json('a path as id', { id: '../../v1/files', status: 'in_progress' }),
  json('an id with a NUL', { id: 'a\u0000b', status: 'in_progress' }),
  json('an id of half a letter', { id: 'a\ud800', status: 'in_progress' }),
  json('an id with a line end', { id: 'batch-1\n', status: 'in_progress' }),
  json('the status alone', { status: 'completed' }),
  json('a page without items', { data: null }),
  json('a page of strangers', { object: 'list', data: [{ name: 'x' }], has_more: false }),
];

const items = ['0', '1', '2'].map((id) => ({
  id,
  request: chatRequest({ model: 'm', messages: [{ role: 'user', content: `trial ${id}` }] }),
}));

const line = '{"messages":[{"role":"user","content":"A or B?"}]}\n';
const request: FineTuneRequest = {
  key: 'm/train-preferences',
  study: '5f0c',
  model: 'm',
  suffix: 'preferences',
  trainingFile: { name: 'preferences.jsonl', text: line.repeat(10) },
  hyperparameters: { epochs: 3, learningRateMultiplier: 2, batchSize: 10 },
};
const stage = 'm/choices-instilled';

/** A server behind a portal, a client of ours, and a journal that outlives its runs. */
function bench(calls: RegExp, body: Body, isCarriedOut: boolean) {
  const clock = virtualClock();
  const server = jobServer({ clock });
  const portal = { isUp: true, answered: 0 };
  const client = new ModelClient(settings(), {
    clock,
    random: () => 0.5,
    fetch: async (input, init) => {
      const { method, url } = new Request(input, init);
      if (!portal.isUp || !calls.test(`${method} ${new URL(url).pathname.slice(3)}`)) {
        return server.fetch(input, init);
      }
      if (isCarriedOut) await server.fetch(input, init);
      portal.answered++;
      const headers = { 'content-type': body.type ?? 'application/json' };
      return new Response(body.text, { status: body.text === null ? 204 : 200, headers });
    },
  });
  const journal = memoryJournal();
  const context = { study: '5f0c', call: client.call, journal, clock, pollSeconds: 30 };
  return { clock, server, portal, client, journal, context };
}
type Bench = ReturnType<typeof bench>;

/** The message with which work ends; '' where it comes to its end. */
async function complaint({ clock }: Bench, work: () => Promise<unknown>): Promise<string> {
  const error = await clock.run(work()).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return '';
  if (!(error instanceof WeighbridgeError)) throw error;
  expect(error.code).toBe('server');
  expect(error.message).not.toMatch(/[\n\0]/);
  return error.message;
}

/** Each body in place of what was asked, and some after the server has done it. */
async function behindEach(
  calls: RegExp,
  work: (bench: Bench) => Promise<unknown>,
  check: (bench: Bench, line: string, body: Body, isCarriedOut: boolean) => Promise<void> | void,
): Promise<void> {
  for (const [i, body] of bodies.entries()) {
    for (const isCarriedOut of i % 6 === 0 ? [false, true] : [false]) {
      const one = bench(calls, body, isCarriedOut);
      const said = await complaint(one, () => work(one));
      expect(one.portal.answered, body.name).toBeGreaterThan(0);
      one.portal.isUp = false;
      await check(one, said, body, isCarriedOut);
    }
  }
}

const unreadable = /answered what cannot be read when asked to/;

const tune = ({ context }: Bench) => fineTune(request, context);
async function ask({ context }: Bench): Promise<string[]> {
  const texts: string[] = [];
  for await (const outcome of runBatches(stage, items, context)) {
    texts.push('answer' in outcome ? outcome.answer.text : outcome.failed.reason);
  }
  return texts.toSorted();
}
const answers = items.map(({ id }) => `answer to ${id}`);

describe('a portal in place of a training', () => {
  it.each([
    ['the upload', /^POST \/files$/],
    ['the creation of the job', /^POST \/fine_tuning\/jobs$/],
    ['the creation of the job, and the listing', /^(POST|GET) \/fine_tuning\/jobs$/],
    ['the look at the job', /^GET \/fine_tuning\/jobs\/[^/]+$/],
  ])('on %s ends the run in a line, and the next one has one job', async (_, calls) => {
    await behindEach(calls, tune, async (one, said, body, isCarriedOut) => {
      // A job that was made behind the portal may be found among those of the server.
      if (!isCarriedOut || said) expect(said, body.name).toMatch(unreadable);
      expect(fineTuneState(request.key, one.journal).stage, body.name).not.toBe('damaged');
      expect(await one.clock.run(tune(one)), body.name).toMatchObject({ jobId: 'ftjob-1' });
      expect(one.server.jobs, body.name).toHaveLength(1);
    });
  });

  it('on the news of the job goes on without news', async () => {
    await behindEach(/\/events$/, tune, ({ server }, said) => {
      expect(said).toBe('');
      expect(server.jobs).toHaveLength(1);
    });
  });

  it('on calling it off ends in a line, and then it is called off', async () => {
    const begin = async (one: Bench) => {
      const stop = new AbortController();
      const onProgress = () => stop.abort();
      await fineTune(request, { ...one.context, onProgress, signal: stop.signal }).catch(() => {});
    };
    const cancelling = async (one: Bench) => {
      await begin(one);
      await cancelFineTune(request, one.context);
    };
    await behindEach(/\/cancel$/, cancelling, async (one, said, body) => {
      // One that was called off behind the portal shows by its status at the second attempt.
      expect(said === '' || unreadable.test(said), body.name).toBe(true);
      await one.clock.run(cancelFineTune(request, one.context));
      expect(fineTuneState(request.key, one.journal).stage, body.name).toBe('failed');
      expect(one.server.jobs.map(({ cancelled }) => cancelled)).toEqual([true]);
    });
  });
});

describe('a portal in place of a batch', () => {
  it.each([
    ['the upload', /^POST \/files$/],
    ['the creation of the batch', /^POST \/batches$/],
    ['the creation of the batch, and the listing', /^(POST|GET) \/batches$/],
    ['the look at the batch', /^GET \/batches\/[^/]+$/],
    ['the look at its file', /^GET \/files\/[^/]+$/],
    ['its file', /^GET \/files\/[^/]+\/content$/],
  ])('on %s ends the run in a line, and the next one has every answer', async (_, calls) => {
    await behindEach(calls, ask, async (one, said, body, isCarriedOut) => {
      const lines = /answered what cannot be read|should hold the answers/;
      if (!isCarriedOut || said) expect(said, body.name).toMatch(lines);
      expect(batchState(stage, one.journal), body.name).not.toBeNull();
      if (said) expect(await one.clock.run(ask(one)), body.name).toEqual(answers);
      expect(one.server.batches, body.name).toHaveLength(1);
      expect([...one.server.answered.values()], body.name).toEqual([1, 1, 1]);
    });
  });

  it('on calling it off ends in a line, and then it is called off', async () => {
    const cancelling = async (one: Bench) => {
      const stop = new AbortController();
      const stopping = { ...one.context, onProgress: () => stop.abort(), signal: stop.signal };
      await ask({ ...one, context: stopping }).catch(() => {});
      await cancelBatches(stage, one.context);
    };
    await behindEach(/\/cancel$/, cancelling, async (one, said, body) => {
      expect(said === '' || unreadable.test(said), body.name).toBe(true);
      await one.clock.run(cancelBatches(stage, one.context));
      expect(one.server.batches.map(({ status }) => status)).toEqual(['cancelled']);
    });
  });
});

describe('a portal in place of an answer', () => {
  it('is a failed attempt', async () => {
    const chat = ({ client }: Bench) => client.chat(chatRequest());
    await behindEach(/^POST \/chat\/completions$/, chat, (_, said, body) => {
      expect(said, body.name).toMatch(/answered what cannot be read when model 'm' is asked/);
    });
  });
});
