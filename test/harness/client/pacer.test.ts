/**
 * Limits of requests and tokens a minute in virtual time: kept to within 2% in every sliding
 * minute, used by 95% and more, and given way where the server asks for it.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pacer, type TurnOutcome } from '../../../src/harness/client/pacer.js';
import { randomStream } from '../../../src/random/stream.js';
import { mostInAMinute, type Sent } from './sliding-minute.js';
import { type VirtualClock, virtualClock } from './virtual-clock.js';

const unlimited = { requestsPerMinute: null, tokensPerMinute: null };
const through: TurnOutcome = { fate: 'accepted', tokens: null, pauseMs: null, stated: null };
const refused: TurnOutcome = { ...through, fate: 'refused' };
const unsaid = { limit: null, remaining: null, resetMs: null };

interface Load {
  readonly minutes: number;
  readonly inFlight: number;
  readonly latency: () => number;
  /** Estimate and truth of the next request. */
  readonly tokens?: () => { readonly estimate: number; readonly used: number };
  readonly outcome?: (now: number) => TurnOutcome;
}

/** Keeps so many in flight for some minutes; what went out, and when. */
async function load(pacer: Pacer, clock: VirtualClock, work: Load) {
  const { latency, outcome = () => through } = work;
  const { tokens = () => ({ estimate: 1, used: 1 }) } = work;
  const requests: Sent[] = [];
  const spent: Sent[] = [];
  const end = clock.now() + work.minutes * 60_000;
  const worker = async () => {
    while (clock.now() < end) {
      const { estimate, used } = tokens();
      const turn = await pacer.take(estimate);
      const at = clock.now();
      if (at >= end) return turn.end(through);
      requests.push({ at, amount: 1 });
      spent.push({ at, amount: used });
      await clock.sleep(latency());
      turn.end({ ...outcome(clock.now()), tokens: used });
    }
  };
  await clock.run(Promise.all(Array.from({ length: work.inFlight }, worker)));
  const total = (sent: readonly Sent[]) => sent.reduce((sum, { amount }) => sum + amount, 0);
  return { requests, spent, tokensSent: total(spent) };
}

describe('requests a minute', () => {
  it.each([
    ['answers at once', 1, () => 0],
    ['64 in flight, four seconds each', 64, () => 4000],
    ['64 in flight, up to fourteen seconds', 64, randomLatency(14_000)],
    ['64 in flight, mostly fast', 64, randomLatency(300)],
  ])('%s: 500 of them are kept to within 2%% and used by 95%%', async (_, inFlight, latency) => {
    const clock = virtualClock();
    const pacer = new Pacer({ ...unlimited, requestsPerMinute: 500 }, clock);
    const { requests } = await load(pacer, clock, { minutes: 10, inFlight, latency });
    expect(mostInAMinute(requests)).toBeLessThanOrEqual(1.02 * 500);
    expect(requests.length).toBeGreaterThanOrEqual(0.95 * 5000);
  });

  it('are kept and used for any limit that the load could pass', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 1, max: 64 }),
        async (perMinute, inFlight) => {
          const clock = virtualClock();
          const pacer = new Pacer({ ...unlimited, requestsPerMinute: perMinute }, clock);
          // Twice the load that the limit lets through.
          const latency = () => (inFlight * 30_000) / perMinute;
          const { requests } = await load(pacer, clock, { minutes: 4, inFlight, latency });
          expect(mostInAMinute(requests)).toBeLessThanOrEqual(1.02 * perMinute);
          expect(requests.length).toBeGreaterThanOrEqual(0.95 * 4 * perMinute);
        },
      ),
      { seed: 351, numRuns: 15 },
    );
  });

  it('are no limit where there is none', async () => {
    const clock = virtualClock();
    const pacer = new Pacer(unlimited, clock);
    await clock.run(Promise.all(Array.from({ length: 5000 }, () => pacer.take(1e9))));
    expect(clock.now()).toBe(0);
  });
});

describe('tokens a minute', () => {
  it('are kept to within 2% and used by 95%, with estimates on the safe side', async () => {
    const random = randomStream('tokens a minute', 1);
    const clock = virtualClock();
    const pacer = new Pacer({ ...unlimited, tokensPerMinute: 60_000 }, clock);
    const tokens = () => {
      const used = 120 + Math.floor(80 * random.uniform());
      return { estimate: used + 25, used };
    };
    const work = { minutes: 10, inFlight: 64, latency: randomLatency(12_000), tokens };
    const { spent, tokensSent } = await load(pacer, clock, work);
    expect(mostInAMinute(spent)).toBeLessThanOrEqual(1.02 * 60_000);
    expect(tokensSent).toBeGreaterThanOrEqual(0.95 * 600_000);
  });

  it('let a request through that is larger than a minute, when all before it is', async () => {
    const clock = virtualClock();
    const pacer = new Pacer({ ...unlimited, tokensPerMinute: 1000 }, clock);
    (await pacer.take(500)).end(through);
    await clock.run(pacer.take(5000));
    expect(clock.now()).toBeCloseTo(30_000, 3);
    await clock.run(pacer.take(1));
    expect(clock.now()).toBeGreaterThan(300_000);
  });

  it('and requests hold together: the tighter one rules', async () => {
    const clock = virtualClock();
    const pacer = new Pacer({ requestsPerMinute: 600, tokensPerMinute: 60_000 }, clock);
    const tokens = () => ({ estimate: 200, used: 200 });
    const work = { minutes: 3, inFlight: 16, latency: () => 100, tokens };
    const { requests } = await load(pacer, clock, work);
    expect(requests.length).toBeGreaterThan(0.95 * 900);
    expect(requests.length).toBeLessThan(1.02 * 900);
  });
});

describe('a server that asks for less', () => {
  it('is left alone by all for as long as it says, then by all but one', async () => {
    const clock = virtualClock();
    const pacer = new Pacer(unlimited, clock);
    const first = await pacer.take(1);
    const second = await pacer.take(1);
    first.end({ ...refused, pauseMs: 5000 });
    const sent: number[] = [];
    const worker = async (latency: number) => {
      const turn = await pacer.take(1);
      sent.push(clock.now());
      await clock.sleep(latency);
      turn.end(through);
    };
    second.end(through);
    await clock.run(Promise.all([worker(700), worker(1), worker(1)]));
    expect(sent).toEqual([5000, 5700, 5700]);
  });

  it('is asked once a pause, not by everybody, while it goes on refusing', async () => {
    const clock = virtualClock();
    const pacer = new Pacer(unlimited, clock);
    const isOpen = () => clock.now() >= 30_000;
    let attempts = 0;
    const worker = async () => {
      for (;;) {
        const turn = await pacer.take(1);
        attempts++;
        await clock.sleep(10);
        turn.end(isOpen() ? through : { ...refused, pauseMs: 1000 });
        if (isOpen()) return;
      }
    };
    await clock.run(Promise.all(Array.from({ length: 64 }, worker)));
    // A first volley, one a second, and the volley that gets through.
    expect(attempts).toBeLessThan(64 + 31 + 64);
    expect(clock.now()).toBeLessThan(32_000);
  });

  it('is sent no request while it states that nothing remains', async () => {
    const clock = virtualClock();
    const pacer = new Pacer(unlimited, clock);
    const stated = { requests: { limit: 500, remaining: 0, resetMs: 8000 }, tokens: unsaid };
    (await pacer.take(1)).end({ ...through, stated });
    await clock.run(pacer.take(1));
    expect(clock.now()).toBe(8000);
  });

  it('is sent no request that needs more tokens than it states to remain', async () => {
    const clock = virtualClock();
    const pacer = new Pacer(unlimited, clock);
    const tokens = { limit: 30_000, remaining: 100, resetMs: 9000 };
    (await pacer.take(150)).end({ ...through, stated: { requests: unsaid, tokens } });
    await clock.run(pacer.take(150));
    expect(clock.now()).toBe(9000);
  });

  it('has its stated limit obeyed where it is below the configured one, and not above', async () => {
    const rateUnder = async (configured: number, limit: number) => {
      const clock = virtualClock();
      const pacer = new Pacer({ ...unlimited, requestsPerMinute: configured }, clock);
      const stated = { requests: { limit, remaining: limit, resetMs: 0 }, tokens: unsaid };
      const outcome = () => ({ ...through, stated });
      const work = { minutes: 5, inFlight: 8, latency: () => 50, outcome };
      return (await load(pacer, clock, work)).requests.length / 5;
    };
    expect(await rateUnder(600, 120)).toBeCloseTo(120, -1.3);
    expect(await rateUnder(120, 600)).toBeCloseTo(120, -1.3);
  });

  it('that refuses without saying for how long gets requests at the rate it can take', async () => {
    const clock = virtualClock();
    const pacer = new Pacer({ ...unlimited, requestsPerMinute: 600 }, clock);
    const capacity = capacityOf(240);
    const work = { minutes: 10, inFlight: 16, latency: () => 200, outcome: capacity.answer };
    const { requests } = await load(pacer, clock, work);
    const late = requests.filter(({ at }) => at > 120_000).length / 8;
    expect(late).toBeGreaterThan(0.9 * 240);
    expect(late).toBeLessThan(1.25 * 240);
  });

  it('and becomes faster again gets the whole rate again, slowly', async () => {
    const clock = virtualClock();
    const pacer = new Pacer({ ...unlimited, requestsPerMinute: 600 }, clock);
    const slow = capacityOf(60);
    const answer = (now: number) => (now < 60_000 ? slow.answer(now) : through);
    const work = { minutes: 6, inFlight: 16, latency: () => 200, outcome: answer };
    const { requests } = await load(pacer, clock, work);
    const inMinute = (minute: number) =>
      requests.filter(({ at }) => Math.floor(at / 60_000) === minute).length;
    expect(inMinute(1)).toBeLessThan(500);
    expect(inMinute(2)).toBeGreaterThan(inMinute(1));
    expect(inMinute(4)).toBeGreaterThan(0.95 * 600);
  });

  it('by chance now and then is no reason to slow down', async () => {
    const random = randomStream('refusals by chance', 1);
    const clock = virtualClock();
    const pacer = new Pacer({ ...unlimited, requestsPerMinute: 600 }, clock);
    const outcome = () => (random.uniform() < 0.02 ? refused : through);
    const work = { minutes: 10, inFlight: 16, latency: () => 200, outcome };
    const { requests } = await load(pacer, clock, work);
    expect(requests.length).toBeGreaterThan(0.95 * 6000);
  });

  it('and no limit is configured gets requests at the rate it can take all the same', async () => {
    const clock = virtualClock();
    const pacer = new Pacer(unlimited, clock);
    const capacity = capacityOf(300);
    const work = { minutes: 6, inFlight: 8, latency: () => 400, outcome: capacity.answer };
    const { requests } = await load(pacer, clock, work);
    // Eight in flight at 0.4 s would be 1,200 a minute.
    const late = requests.filter(({ at }) => at > 180_000).length / 3;
    expect(late).toBeGreaterThan(0.9 * 300);
    expect(late).toBeLessThan(1.5 * 300);
  });
});

describe('whoever waits for a turn', () => {
  it('can be called off, and the next one goes', async () => {
    const clock = virtualClock();
    const pacer = new Pacer({ ...unlimited, requestsPerMinute: 60 }, clock);
    (await pacer.take(1)).end(through);
    const controller = new AbortController();
    const reason = new Error('enough');
    const first = pacer.take(1, controller.signal);
    const second = pacer.take(1);
    controller.abort(reason);
    await expect(first).rejects.toBe(reason);
    await clock.run(second);
    expect(clock.now()).toBeCloseTo(1000, 3);
  });
});

/** Uniform from nothing to so many milliseconds. */
function randomLatency(most: number): () => number {
  const random = randomStream('latency', most);
  return () => most * random.uniform();
}

/** A server that takes so many a minute, and refuses what comes beyond. */
function capacityOf(perMinute: number) {
  let tokens = 5;
  let last = 0;
  return {
    answer(now: number): TurnOutcome {
      tokens = Math.min(5, tokens + ((now - last) * perMinute) / 60_000);
      last = now;
      if (tokens < 1) return refused;
      tokens--;
      return through;
    },
  };
}
