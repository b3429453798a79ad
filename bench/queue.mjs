/**
 * Cheap fits through a queue on this machine: rate, and memory of the one who asks, of Redis and of the
 * workers over time; then the same fits on worker threads. Needs redis-server and a build.
 *
 *     node bench/queue.mjs [FITS, default 20000] [WORKERS, default 2] [THREADED, default 20000: fits on threads]
 *       [DRAWS, default 20: draws of a fit, and as many of warm-up]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bullmqRunner, workerPool } from '../dist/node/node.js';
import { randomStream } from '../dist/src/random/stream.js';
import { linearSpecification } from '../dist/src/regression/columns.js';

const [fits = 20_000, workers = 2, threaded = 20_000, draws = 20] = process.argv
  .slice(2)
  .map(Number);
const settings = { chains: 1, warmup: draws, draws, seed: 7, algorithm: 'nuts' };
const ROWS = 12;

function job(index) {
  const random = randomStream(1, `job ${index}`);
  const values = Float64Array.from({ length: ROWS }, () => random.normal());
  const outcomes = Array.from(values, (x) => 1 + 2 * x + random.normal());
  const predictors = { names: ['x'], rows: ROWS, values };
  return { name: `fit ${index}`, specification: linearSpecification(predictors, outcomes) };
}

function* jobs(count) {
  for (let i = 0; i < count; i++) yield job(i);
}

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

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const folder = mkdtempSync(join(tmpdir(), 'weighbridge-queue-'));
const port = await freePort();
const address = `redis://127.0.0.1:${port}/0`;
const redis = spawn(
  'redis-server',
  ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''].map(String),
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
await once(redis.stdout, 'data');
redis.stdout.resume();
const command = fileURLToPath(new URL('../dist/node/main.js', import.meta.url));
const children = Array.from({ length: workers }, () =>
  spawn(process.execPath, [command, 'worker', '--queue', address, '--threads', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  }),
);
await Promise.all(children.map((child) => once(child.stdout, 'data')));

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
  for (const child of children) child.kill('SIGKILL');
  redis.kill('SIGTERM');
  await once(redis, 'close');
  rmSync(folder, { recursive: true, force: true });
}
