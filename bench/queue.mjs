/**
 * Cheap fits through a queue on this machine: rate, and memory of the one who asks, of Redis and of the
 * workers over time; then the same fits on worker threads. Needs redis-server and a build.
 *
 *     node bench/queue.mjs [FITS, default 20000] [WORKERS, default 2] [THREADED, default 20000: fits on threads]
 *       [DRAWS, default 20: draws of a fit, and as many of warm-up]
 */
import { readFileSync } from 'node:fs';
import { bullmqRunner, workerPool } from '../dist/node/node.js';
import { settings as cheap, jobs, startQueue } from './queue-parts.mjs';

const [fits = 20_000, workers = 2, threaded = 20_000, draws = 20] = process.argv
  .slice(2)
  .map(Number);
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
  const queued = (performance.now() - begun) / 1000;
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
  for (const child of children) child.kill('SIGTERM');

  const pool = workerPool(workers);
  const start = performance.now();
  const cpuStart = cpuOf(process.pid);
  const some = [...jobs(Math.min(fits, threaded))];
  await pool.runner(some, settings);
  const perFit = (performance.now() - start) / some.length;
  const cpuThreads = (cpuOf(process.pid) - cpuStart) / some.length;
  await pool.close();
  const cpuQueue = spent.reduce((sum, one) => sum + one, 0);
  const perQueued = (1000 * queued) / fits;
  console.log(`${workers} worker threads: ${perFit.toFixed(3)} ms a fit`);
  console.log(`queue: ${perQueued.toFixed(3)} ms a fit, ${(perQueued - perFit).toFixed(3)} more`);
  console.log(
    `CPU in all: queue ${cpuQueue.toFixed(3)}, threads ${cpuThreads.toFixed(3)} ms a fit: ${(cpuQueue - cpuThreads).toFixed(3)} more`,
  );
} finally {
  await stop();
}
