/**
 * Cheap fits through a queue on this machine: rate, and memory of the one who asks, of Redis and of the
 * workers over time; then the same fits on worker threads. Needs redis-server and a build.
 *
 *     node bench/queue.mjs [FITS, default 20000] [WORKERS, default 2] [THREADED, default 20000: fits on threads]
 */
import { readFileSync } from 'node:fs';
import { bullmqRunner, workerPool } from '../dist/node/node.js';
import { jobs, settings, startQueue } from './queue-parts.mjs';

const [fits = 20_000, workers = 2, threaded = 20_000] = process.argv.slice(2).map(Number);

/** Resident megabytes of a process, on Linux. */
function memory(pid) {
  const [, kilobytes = 'NaN'] =
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}

const { address, redis, children, stop } = await startQueue(workers);

try {
  console.log(`${fits} fits on ${workers} workers`);
  console.log('seconds\tfits\ta second\tasking MB\tRedis MB\tworkers MB');
  let shown = 0;
  let longest = 0;
  let last = performance.now();
  const begun = performance.now();
  const cpu = process.cpuUsage();
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
  const queued = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  console.log(`CPU of the one who asks: ${((user + system) / 1000 / fits).toFixed(3)} ms a fit`);
  console.log(`longest time without a result: ${(longest / 1000).toFixed(1)} s`);
  for (const child of children) child.kill('SIGTERM');

  const pool = workerPool(workers);
  const start = performance.now();
  const some = [...jobs(Math.min(fits, threaded))];
  await pool.runner(some, settings);
  const perFit = (performance.now() - start) / some.length;
  await pool.close();
  const perQueued = (1000 * queued) / fits;
  console.log(`${workers} worker threads: ${perFit.toFixed(3)} ms a fit`);
  console.log(`queue: ${perQueued.toFixed(3)} ms a fit, ${(perQueued - perFit).toFixed(3)} more`);
} finally {
  await stop();
}
