/**
 * The queue on many cores, by discrete events: one process that asks, one Redis, and any number of workers of one core.
 * Each does one thing at a time, in the order in which it is asked. Sizes of batches and the number of them under way
 * follow the rules of the queue itself. Needs a build.
 *
 *     node bench/queue-simulation.mjs
 *
 * prints the table of docs/scale.md.
 */
import { fileURLToPath } from 'node:url';
import { BatchSize, hasRoom } from '../dist/src/distribution/batch-size.js';
import { randomStream } from '../dist/src/random/stream.js';

/** CPU seconds a fit, and other costs, as `bench/queue.mjs` measured them (docs/scale.md). */
export const measured = {
  /** Making the id, encoding, sending. */
  sending: 0.06e-3,
  /** Receiving, decoding, checking, noting. */
  receiving: 0.07e-3,
  /** Redis, on one core: a quarter each when a fit is sent, taken, stored and received. */
  redis: 0.022e-3,
  /** A worker, beside the fit: decoding, encoding, storing. */
  worker: 0.08e-3,
  /** Requests to Redis, one after another, to take a batch, to store it, and to send or receive some. */
  requests: 4,
  /** Seconds of a request on the network, there and back. */
  roundTrip: 0.5e-3,
  /** Encoded bytes of a fit's data. */
  bytes: 400,
  /** Bytes that Redis receives for a fit; it sends fewer. */
  received: 2600,
  /** Bytes a second that its network carries each way: 1 Gbit/s. */
  network: 125e6,
};

/** Batches that the queue sends or receives together. */
const AT_ONCE = 32;

/** Things that happen, in the order of their times; at one time, in the order in which they were added. */
class Events {
  #heap = [];
  #added = 0;

  add(time, work) {
    const heap = this.#heap;
    const event = { time, order: this.#added++, work };
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent])) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = event;
  }

  /** Null if nothing is left. */
  next() {
    const heap = this.#heap;
    const [first = null] = heap;
    const last = heap.pop();
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      if (!isBefore(heap[child], last)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one, other) {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}

/** Does one thing after another; knows how long it has worked. */
class Server {
  #free = 0;
  busy = 0;

  /** @returns when work is done that comes at `time` */
  done(time, seconds) {
    this.#free = Math.max(this.#free, time) + seconds;
    this.busy += seconds;
    return this.#free;
  }
}

/**
 * @param askers processes that ask, each for its share of the fits
 * @returns seconds in all, fits a second, and which part of the time the busiest asker, Redis, its network and workers worked
 */
export function simulateQueue({
  fits,
  workers,
  askers = 1,
  fitSeconds,
  spread = 0.2,
  costs = measured,
  seed = 1,
}) {
  const random = randomStream(seed, 'queue');
  const events = new Events();
  const server = new Server();
  const network = new Server();
  const waiting = [];
  const idle = Array.from({ length: workers }, () => ({ work: 0 }));
  let now = 0;

  /** When Redis has answered requests with the data or results of fits. */
  const answered = (fits) => {
    const carried = network.done(now, (costs.received * fits) / 4 / costs.network);
    return server.done(carried, (costs.redis * fits) / 4) + costs.requests * costs.roundTrip;
  };

  // A batch is taken, worked on, and stored; then the one who asked hears of it.
  const take = () => {
    while (idle.length > 0 && waiting.length > 0) {
      const worker = idle.pop();
      const batch = waiting.shift();
      const noise = Math.exp(spread * random.normal() * batch.fits ** -0.5);
      const work = batch.fits * fitSeconds * noise;
      worker.work += work;
      events.add(answered(batch.fits) + work + batch.fits * costs.worker, () => {
        events.add(answered(batch.fits), () => {
          idle.push(worker);
          batch.asker.over.push({ ...batch, work });
          step(batch.asker);
          take();
        });
      });
    }
  };

  /** Work of an asker on some batches, during which it takes up nothing else. */
  const together = (asker, batches, seconds, then) => {
    const fits = batches.reduce((sum, batch) => sum + batch.fits, 0);
    asker.isBusy = true;
    events.add(asker.server.done(answered(fits), seconds * fits), () => {
      asker.isBusy = false;
      then();
      step(asker);
    });
  };

  /** As the queue does: receives what is over, then sends what there is room for. */
  const step = (asker) => {
    if (asker.isBusy) return;
    const over = asker.mayReceive ? asker.over.splice(0, AT_ONCE) : [];
    if (over.length > 0) {
      together(asker, over, costs.receiving, () => {
        for (const { fits, work } of over) {
          asker.batches--;
          asker.bytes -= costs.bytes * fits;
          asker.size.took(fits, work);
        }
        asker.mayReceive = false;
      });
      return;
    }
    const sent = [];
    while (asker.left > 0 && sent.length < AT_ONCE) {
      if (!hasRoom(asker.batches, asker.bytes, workers)) break;
      const count = asker.size.next(asker.left, workers);
      asker.left -= count;
      asker.batches++;
      asker.bytes += costs.bytes * count;
      sent.push({ asker, fits: count });
    }
    asker.mayReceive = true;
    if (sent.length > 0) {
      together(asker, sent, costs.sending, () => {
        waiting.push(...sent);
        take();
      });
    } else if (asker.over.length > 0) step(asker);
  };

  const asking = Array.from({ length: askers }, (_, i) => ({
    left: Math.floor((fits * (i + 1)) / askers) - Math.floor((fits * i) / askers),
    batches: 0,
    bytes: 0,
    isBusy: false,
    mayReceive: true,
    over: [],
    size: new BatchSize(),
    server: new Server(),
  }));
  const all = [...idle];
  for (const asker of asking) step(asker);
  for (let event = events.next(); event !== null; event = events.next()) {
    now = event.time;
    event.work();
  }
  const useful = all.reduce((sum, { work }) => sum + work, 0);
  return {
    seconds: now,
    fitsPerSecond: fits / now,
    asking: Math.max(...asking.map(({ server }) => server.busy)) / now,
    redis: server.busy / now,
    network: network.busy / now,
    workers: useful / (now * workers),
  };
}

/** Fits a second by the slowest of four: those who ask, Redis, its network, the workers. */
export function modelled({ workers, askers = 1, fitSeconds, costs = measured }) {
  const limits = {
    asking: askers / (costs.sending + costs.receiving),
    redis: 1 / costs.redis,
    network: costs.network / costs.received,
    workers: workers / (fitSeconds + costs.worker),
  };
  const [[limit, rate]] = Object.entries(limits).sort(([, one], [, other]) => one - other);
  return { limit, rate };
}

/** The rows of docs/scale.md. */
export const cases = [
  { fits: 1_000_000, workers: 4, fitSeconds: 0.6e-3 },
  { fits: 1_000_000, workers: 16, fitSeconds: 0.6e-3 },
  { fits: 1_000_000, workers: 16, fitSeconds: 7e-3 },
  { fits: 1_000_000, workers: 64, fitSeconds: 7e-3 },
  { fits: 10_000_000, workers: 1000, fitSeconds: 7e-3 },
  { fits: 10_000_000, workers: 1000, fitSeconds: 7e-3, askers: 8 },
  { fits: 1_000_000, workers: 1000, fitSeconds: 0.1 },
  { fits: 10_000_000, workers: 1000, fitSeconds: 0.1 },
  { fits: 10_000_000, workers: 1000, fitSeconds: 0.1, askers: 2 },
  { fits: 1_000_000, workers: 1000, fitSeconds: 1 },
];

export function row(one) {
  const { fits, workers, fitSeconds, askers = 1 } = one;
  const { limit, rate } = modelled(one);
  const found = simulateQueue(one);
  return [
    `10^${Math.log10(fits)}`,
    `${1000 * fitSeconds} ms`,
    workers,
    askers,
    limit,
    rounded(rate),
    rounded(found.fitsPerSecond),
    time(found.seconds),
    `${Math.round(100 * found.workers)}%`,
    Number(((fits * (fitSeconds + measured.worker)) / 3600).toPrecision(2)),
  ].map(String);
}

/** Three digits. */
function rounded(value) {
  return Number(value.toPrecision(3)).toLocaleString('en-US');
}

function time(seconds) {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const one of cases) console.log(`| ${row(one).join(' | ')} |`);
}
