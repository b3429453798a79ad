/**
 * Cheap fits through a queue on this machine: rate, and memory of the one who asks, of Redis and of the
 * workers over time. Then, with workers that are warm, rounds on the queue and on worker threads in turns.
 * Needs redis-server and a build.
 *
 *     node bench/queue.mjs [FITS, default 20000] [WORKERS, default 2] [ROUND, default 5000: fits of a round]
 *       [DRAWS, default 20: draws of a fit, and as many of warm-up]
 */
import { readFileSync } from 'node:fs';
import { bullmqRunner, workerPool } from '../dist/node/node.js';
import { settings as cheap, jobs, startQueue } from './queue-parts.mjs';

const [fits = 20_000, workers = 2, round = 5000, draws = 20] = process.argv.slice(2).map(Number);
const settings = { ...cheap, warmup: draws, draws };

/** Resident megabytes of a process, on Linux. */
function memory(pid) {
  const [, kilobytes = 'NaN'] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

/** CPU milliseconds of a process so far, on Linux, whose clock ticks 100 times a second. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** Bytes that Redis received and sent, for each fit. */
async function traffic() {
  const { Redis } = await import('ioredis');
  const client = new Redis(address);
  const text = await client.info('stats');
  client.disconnect();
  const of = (name) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1]) / fits;
  return { in: of('total_net_input_bytes'), out: of('total_net_output_bytes') };
}

const ROUNDS = 6;

/** The same fits on the queue and on threads, in turns: the machine may be faster at one time than at another. */
async function compare(runner) {
  const pool = workerPool(workers);
  // Threads are warm after a round.
  await pool.runner([...jobs(round)], settings);
  const all = Array.from({ length: ROUNDS }, () => ({ queue: 0, threads: 0 }));
  for (const [i, times] of all.entries()) {
    const some = [...jobs(round, fits + i * round)];
    for (const name of i % 2 === 0 ? ['queue', 'threads'] : ['threads', 'queue']) {
      const start = performance.now();
      await (name === 'queue' ? runner : pool.runner)(some, settings);
      times[name] = (performance.now() - start) / round;
    }
  }
  await pool.close();
  console.log('ms a fit, queue and threads:');
  for (const { queue, threads } of all) {
    console.log(
      `  ${queue.toFixed(3)} ${threads.toFixed(3)}: ${(queue - threads).toFixed(3)} more`,
    );
  }
  const middle = (value) => {
    const sorted = all.map(value).sort((one, other) => one - other);
    return (sorted[ROUNDS / 2 - 1] + sorted[ROUNDS / 2]) / 2;
  };
  const more = middle(({ queue, threads }) => queue - threads);
  const ratio = middle(({ queue, threads }) => queue / threads);
  console.log(`median: ${more.toFixed(3)} ms more, ${(100 * (ratio - 1)).toFixed(1)}% more`);
}

const { address, redis, children, stop } = await startQueue(workers);

try {
  console.log(`${fits} fits on ${workers} workers`);
  console.log('seconds\tfits\ta second\tasking MB\tRedis MB\tworkers MB');
  let shown = 0;
  let longest = 0;
  let last = performance.now();
  const begun = performance.now();
  const processes = { asking: process.pid, Redis: redis.pid };
  children.forEach(({ pid }, i) => {
    processes[`worker ${i + 1}`] = pid;
  });
  const cpu = () => Object.values(processes).map(cpuOf);
  const cpuBefore = cpu();
  const row = (done) => {
    const seconds = (performance.now() - begun) / 1000;
    const memories = [process.pid, redis.pid, ...children.map(({ pid }) => pid)].map(memory);
    const [asking, server, ...others] = memories;
    const numbers = [seconds.toFixed(1), done, (done / seconds).toFixed(0), asking, server];
    console.log([...numbers, others.join(' ')].join('\t'));
  };
  const runner = bullmqRunner({ connection: address, onNotice: console.error });
  let done = 0;
  await runner.stream(jobs(fits), settings, {
    total: fits,
    onFit: () => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
      if (++done >= shown + fits / 20) {
        shown = done;
        row(done);
      }
    },
  });
  const bytes = await traffic();
  console.log(
    `Redis receives ${bytes.in.toFixed(0)} bytes a fit, and sends ${bytes.out.toFixed(0)}`,
  );
  const spent = cpu().map((after, i) => (after - cpuBefore[i]) / fits);
  console.log('CPU, ms a fit:');
  Object.keys(processes).forEach((name, i) => {
    console.log(`  ${name}: ${spent[i].toFixed(3)}`);
  });
  console.log(`longest time without a result: ${(longest / 1000).toFixed(1)} s`);
  await compare(runner);
} finally {
  await stop();
}
