/**
 * A study whose server goes down for five seconds or ten minutes, in virtual time: it waits, says
 * so, and ends as if nothing had been.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { OutageNotice } from '../../src/harness/client/breaker.js';
import { createStudy } from '../../src/harness/create-study.js';
import { openStudy } from '../../src/harness/open-study.js';
import { runStudy } from '../../src/harness/run-study.js';
import type { ConfigurationInput } from '../../src/packs/configuration/configuration.js';
import { rejection } from '../harness/client/support.js';
import { virtualClock } from '../harness/client/virtual-clock.js';
import { everyNth } from '../support/deep.js';
import { type FakeApiOptions, fakeApi, type Trouble } from '../support/fake-api.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const baseURL = 'http://127.0.0.1:9/v1';

const roots: string[] = [];
afterEach(async () => {
  for (const root of roots.splice(0)) await rm(root, { recursive: true, force: true });
});

type Server = NonNullable<ConfigurationInput['server']>;

/** 4 × 20 and 2 × 20 choices; of reports three for each instilled context, four for each native. */
const ANSWERS = 136;

/** A study of six stages, and its server. */
async function studyWith(trouble: FakeApiOptions['trouble'], server: Server = {}) {
  const root = await mkdtemp(join(tmpdir(), 'weighbridge-outage-'));
  roots.push(root);
  const folder = join(root, 'study');
  const model = 'm';
  const names = ['preferences', 'introspection_first', 'introspection_last', 'introspection_all'];
  await createStudy(folder, {
    study: 'outage',
    server: {
      baseUrl: baseURL,
      keyVariable: null,
      requestsPerMinute: null,
      tokensPerMinute: null,
      ...server,
    },
    models: [{ name: model, trained: Object.fromEntries(names.map((name) => [name, model])) }],
    contexts: { instilled: 4, native: 2 },
    counts: {
      trainingExamples: 2,
      validationExamples: 0,
      instilledChoices: 20,
      nativeChoices: 20,
      reports: 1,
    },
  });
  // A batch's answers are recorded one a turn of the event loop.
  const clock = virtualClock(0, 1000);
  const api = fakeApi({ clock, trouble });
  const notices: OutageNotice[] = [];
  const run = async (options: Parameters<typeof runStudy>[1] = {}) => {
    const study = await openStudy(folder, {
      clock,
      fetch: api.fetch,
      onNotice: (notice) => notices.push(notice),
    });
    try {
      await clock.run(runStudy(study, options));
    } finally {
      study.close();
    }
  };
  const missing = async () => {
    const study = await openStudy(folder, { clock, fetch: api.fetch });
    try {
      const left = study.stages.map((stage) =>
        stage.kind === 'training' ? 0 : stage.trials.length - study.record.answered(stage.id).size,
      );
      return left.reduce((sum, one) => sum + one, 0);
    } finally {
      study.close();
    }
  };
  return { run, missing, api, clock, notices };
}

/** All is well but for a time. */
const between = (from: number, to: number, what: Trouble) => (now: number) =>
  now >= from && now < to ? what : null;

describe('live', () => {
  test.each(
    everyNth<[Trouble, number, number]>(4, [
      [503, 5 * SECOND, 16],
      [503, 5 * SECOND, 64],
      [503, 10 * MINUTE, 16],
      [503, 10 * MINUTE, 64],
      ['refused', 5 * SECOND, 16],
      ['refused', 5 * SECOND, 64],
      ['refused', 10 * MINUTE, 16],
      ['refused', 10 * MINUTE, 64],
      [502, 10 * MINUTE, 16],
      [500, 10 * MINUTE, 16],
      ['reset', 10 * MINUTE, 16],
      [503, 10 * MINUTE, 1],
      [429, 5 * SECOND, 16],
      [429, 10 * MINUTE, 1],
      [429, 10 * MINUTE, 16],
      [429, 10 * MINUTE, 64],
      [500, 10 * MINUTE, 1],
      ['reset', 10 * MINUTE, 1],
    ]),
  )(
    'an outage (%s for %i ms, %i in flight) is survived, with few requests in it',
    async (what, lasts, concurrency) => {
      const from = 150;
      const study = await studyWith(between(from, from + lasts, what), {
        concurrency,
        attempts: 3,
      });
      await study.run();
      expect(await study.missing()).toBe(0);
      expect(study.api.answers()).toBe(ANSWERS);
      // What was in flight, and its like in the moment in which it fails; then a few a minute.
      const inVain = study.api.arrivals.filter(({ isDown }) => isDown).length;
      expect(inVain).toBeLessThanOrEqual(3 * concurrency + 20 + (12 * lasts) / MINUTE);
      // Soon after its end everything is done; a server that refused by rate is asked slowly first.
      const soon = concurrency === 1 ? MINUTE : 20 * SECOND;
      expect(study.clock.now() - (from + lasts)).toBeLessThan(what === 429 ? 2 * MINUTE : soon);
      expect(study.notices.map(({ isWaiting }) => isWaiting)).toEqual(
        lasts > MINUTE ? [true, false] : [],
      );
      if (lasts > MINUTE) expect(study.notices[0]?.line).toContain('waiting, up to 20 minutes');
    },
  );
});

/** By the path of a call: what the server is doing when it goes down. */
const doing = {
  uploads: /^\/files$/,
  'making batches': /^\/batches$/,
  'looking at batches': /^\/batches\/./,
  'looking at files': /^\/files\/[^/]+$/,
  downloads: /content$/,
};

describe('in batches', () => {
  test.each(
    everyNth<[Trouble, number, keyof typeof doing]>(3, [
      [503, 10 * MINUTE, 'uploads'],
      [503, 10 * MINUTE, 'making batches'],
      [503, 10 * MINUTE, 'looking at batches'],
      [503, 10 * MINUTE, 'looking at files'],
      [503, 10 * MINUTE, 'downloads'],
      [503, 5 * SECOND, 'looking at batches'],
      ['refused', 10 * MINUTE, 'making batches'],
      ['refused', 10 * MINUTE, 'looking at batches'],
      ['refused', 10 * MINUTE, 'downloads'],
      ['refused', 5 * SECOND, 'looking at batches'],
      [500, 10 * MINUTE, 'making batches'],
      [429, 10 * MINUTE, 'making batches'],
      [429, 10 * MINUTE, 'looking at batches'],
      [500, 10 * MINUTE, 'looking at batches'],
      ['reset', 10 * MINUTE, 'looking at batches'],
    ]),
  )('an outage (%s for %i ms) is survived during %s', async (what, lasts, during) => {
    let until: number | null = null;
    const study = await studyWith(
      (now, _, path) => {
        if (doing[during].test(path)) until ??= now + lasts;
        return until !== null && now < until ? what : null;
      },
      { mode: 'batch' },
    );
    await study.run();
    expect(await study.missing()).toBe(0);
    expect(study.clock.now()).toBeGreaterThan(until ?? Number.POSITIVE_INFINITY);
    expect(study.api.answers()).toBe(ANSWERS);
  });
});

describe('an outage without end', () => {
  test.each(['live', 'batch'] as const)(
    'ends the run when it is longer than it may be: %s',
    async (mode) => {
      for (const outageMinutes of [0, 2, 20]) {
        const isDown = (now: number, index: number) => (index > 4 && now > 150 ? 503 : null);
        const study = await studyWith(isDown, { mode, outageMinutes });
        const error = await rejection(study.run());
        expect(error.code).toBe('server');
        expect(error.message).toMatch(
          /^(no request has worked for .* attempts\)|\d+ attempts in a row failed): .* \(503: down\)$/,
        );
        expect(study.clock.now()).toBeGreaterThan(outageMinutes * MINUTE);
        expect(study.clock.now()).toBeLessThan((outageMinutes + 1.5) * MINUTE);
      }
    },
  );

  test.each(['live', 'batch'] as const)(
    'is left at once by who does not want to wait: %s',
    async (mode) => {
      const isDown = (now: number, index: number) => (index > 4 && now > 150 ? 'refused' : null);
      const study = await studyWith(isDown, { mode });
      const stop = new AbortController();
      void study.clock.sleep(5 * MINUTE).then(() => stop.abort());
      const error = await rejection(study.run({ signal: stop.signal }));
      expect(error.code).toBe('interrupted');
      expect(study.clock.now()).toBe(5 * MINUTE);
    },
  );

  test.each(['live', 'batch'] as const)(
    'from the beginning is a wrong address, within seconds: %s',
    async (mode) => {
      const study = await studyWith(() => 'refused', { mode });
      const error = await rejection(study.run());
      expect(error.message).toContain('4 attempts in a row failed: ');
      expect(study.clock.now()).toBeLessThan(10 * SECOND);
    },
  );
});

describe('no outage', () => {
  test('is a fifth of requests that fail, at any concurrency: all pace is kept', async () => {
    for (const concurrency of [1, 4, 16, 64]) {
      const study = await studyWith((_, index) => (index % 5 === 0 ? 503 : null), { concurrency });
      await study.run();
      expect(await study.missing()).toBe(0);
      expect(study.notices).toEqual([]);
      // 165 requests of 100 ms, and back-off.
      expect(study.clock.now()).toBeLessThan((165 * 100) / concurrency + 35 * SECOND);
    }
  });

  test('is one prompt that the server cannot bear: it ends after its attempts', async () => {
    const study = await studyWith(() => null, { attempts: 4 });
    const { fetch } = study.api;
    let poison: string | null = null;
    let asked = 0;
    Object.assign(study.api, {
      fetch: async (input: string, init: RequestInit) => {
        const body = String(init.body);
        // A choice: the same report is asked for in several stages.
        if (body.includes('"max_tokens":5')) poison ??= body;
        if (body !== poison) return fetch(input, init);
        asked++;
        return Response.json({ error: { message: 'boom' } }, { status: 500 });
      },
    });
    const error = await rejection(study.run());
    expect(error.message).toContain('gave up after 4 attempts: ');
    expect(asked).toBe(4);
    expect(study.clock.now()).toBeLessThan(MINUTE);
    expect(study.notices).toEqual([]);
  });
});
