/** The whole client in virtual time: limits, pauses and back-off as a server would see them. */
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/random/stream.js';
import { mostInAMinute } from './sliding-minute.js';
import {
  apiError,
  chatRequest,
  completion,
  jsonResponse,
  LimitedClient,
  rejection,
  settings,
  type TestSettings,
} from './support.js';
import { virtualClock } from './virtual-clock.js';

interface Answered {
  /** What it answers to the request, the first being 0, that came at this moment. */
  readonly answer: (index: number, now: number) => Response;
  readonly latency?: () => number;
}

/** A client with a server that answers after some virtual time. */
function virtualServer(
  { answer, latency = () => 50 }: Answered,
  changes: Partial<TestSettings> = {},
) {
  const clock = virtualClock();
  const random = randomStream('jitter', 1);
  const arrivals: { at: number; amount: number }[] = [];
  const fetch = async () => {
    const index = arrivals.push({ at: clock.now(), amount: 1 }) - 1;
    await clock.sleep(latency());
    return answer(index, clock.now());
  };
  const client = new LimitedClient(settings(changes), { clock, fetch, random: random.uniform });
  return { client, clock, arrivals };
}

const works = () => jsonResponse(completion('A'));
const slowDown = (headers = {}) => jsonResponse(apiError('slow down'), 429, headers);

describe('the client', () => {
  it('keeps 500 requests a minute within 2% and uses 95%, with 64 in flight and a tenth failing', async () => {
    const random = randomStream('latency and faults', 1);
    const { client, clock, arrivals } = virtualServer(
      {
        answer: () => (random.uniform() < 0.1 ? jsonResponse(apiError('boom'), 500) : works()),
        latency: () => 200 + 5000 * random.uniform(),
      },
      { concurrency: 64, requestsPerMinute: 500 },
    );
    const end = 10 * 60_000;
    const worker = async () => {
      while (clock.now() < end) await client.chat(chatRequest());
    };
    await clock.run(Promise.all(Array.from({ length: 80 }, worker)));
    const inTime = arrivals.filter(({ at }) => at < end);
    expect(mostInAMinute(inTime)).toBeLessThanOrEqual(1.02 * 500);
    expect(inTime.length).toBeGreaterThanOrEqual(0.95 * 5000);
  });

  it('keeps a limit that only the server states', async () => {
    const stated = {
      'x-ratelimit-limit-requests': '120',
      'x-ratelimit-remaining-requests': '100',
      'x-ratelimit-reset-requests': '10s',
    };
    const { client, clock, arrivals } = virtualServer(
      { answer: () => jsonResponse(completion('A'), 200, stated) },
      { concurrency: 8 },
    );
    await clock.run(Promise.all(Array.from({ length: 488 }, () => client.chat(chatRequest()))));
    // The first eight go before anything is stated.
    expect(mostInAMinute(arrivals.slice(8))).toBeLessThanOrEqual(1.02 * 120);
    expect(clock.now()).toBeLessThan(1.05 * 4 * 60_000);
  });

  it.each([
    ['seconds', { 'retry-after': '20' }],
    ['milliseconds', { 'retry-after-ms': '20000' }],
  ])('holds back all requests for as long as one was told, in %s', async (_, headers) => {
    const { client, clock, arrivals } = virtualServer({
      answer: (index) => (index === 0 ? slowDown(headers) : works()),
    });
    const first = client.chat(chatRequest());
    await clock.run(clock.sleep(100));
    const others = Array.from({ length: 3 }, () => client.chat(chatRequest()));
    const answers = await clock.run(Promise.all([first, ...others]));
    expect(answers.map(({ attempt }) => attempt)).toEqual([2, 1, 1, 1]);
    expect(arrivals.slice(1).every(({ at }) => at >= 20_050)).toBe(true);
  });

  it('gets every answer from a server that refuses all for half a minute, a second at a time', async () => {
    const { client, clock, arrivals } = virtualServer(
      { answer: (_, now) => (now < 30_000 ? slowDown({ 'retry-after': '1' }) : works()) },
      { concurrency: 64 },
    );
    const all = Array.from({ length: 200 }, () => client.chat(chatRequest()));
    expect(await clock.run(Promise.all(all))).toHaveLength(200);
    expect(arrivals.length).toBeLessThan(200 + 64 + 31);
  });

  it('waits longer after each failure, up to what full jitter allows', async () => {
    const { client, clock, arrivals } = virtualServer({
      answer: () => jsonResponse(apiError('boom'), 500),
      latency: () => 0,
    });
    await rejection(clock.run(client.chat(chatRequest())));
    const waits = arrivals.slice(1).map(({ at }, i) => at - (arrivals[i]?.at ?? 0));
    expect(waits).toHaveLength(7);
    for (const [i, wait] of waits.entries()) expect(wait).toBeLessThanOrEqual(500 * 2 ** i);
    expect(clock.now()).toBeGreaterThan(1000);
  });

  it('survives a server that is gone for some seconds in the middle of a study', async () => {
    const { client, clock } = virtualServer(
      {
        answer: (_, now) =>
          now > 2000 && now < 4000 ? jsonResponse(apiError('starting'), 503) : works(),
        latency: () => 100,
      },
      { concurrency: 4 },
    );
    const worker = async () => {
      while (clock.now() < 10_000) await client.chat(chatRequest());
    };
    await expect(clock.run(Promise.all(Array.from({ length: 4 }, worker)))).resolves.toBeDefined();
    expect(clock.now()).toBeGreaterThanOrEqual(10_000);
  });

  it('gives up on a server that hangs, after the time for each attempt', async () => {
    const clock = virtualClock();
    const fetch = (_: unknown, init?: RequestInit) =>
      new Promise<Response>((_, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new DOMException('', 'AbortError')));
      });
    const client = new LimitedClient(settings({ timeoutSeconds: 30, maxAttempts: 3 }), {
      clock,
      fetch,
      random: () => 0,
    });
    const error = await rejection(clock.run(client.chat(chatRequest())));
    expect(error.message).toContain('no answer within 30 s');
    expect(clock.now()).toBe(90_000);
  });
});
