/** A Redis of its own, workers, and cheap fits, for the measurements of the queue. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { randomStream } from '../dist/src/random/stream.js';
import { linearSpecification } from '../dist/src/regression/columns.js';

export const settings = { chains: 1, warmup: 20, draws: 20, seed: 7, algorithm: 'nuts' };
const ROWS = 12;

/** A fit of about a millisecond. */
function job(index) {
  const random = randomStream(1, `job ${index}`);
  const values = Float64Array.from({ length: ROWS }, () => random.normal());
  const outcomes = Array.from(values, (x) => 1 + 2 * x + random.normal());
  const predictors = { names: ['x'], rows: ROWS, values };
  return { name: `fit ${index}`, specification: linearSpecification(predictors, outcomes) };
}

export function* jobs(count, from = 0) {
  for (let i = from; i < from + count; i++) yield job(i);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const command = fileURLToPath(new URL('../dist/node/main.js', import.meta.url));

/** @param words of `weighbridge worker`, besides its queue and one thread */
export async function startQueue(workers, words = []) {
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
  const children = [];
  const start = async () => {
    const all = [command, 'worker', '--queue', address, '--threads', '1', ...words];
    const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child.stdout, 'data');
  };
  await Promise.all(Array.from({ length: workers }, start));
  const stop = async () => {
    for (const child of children) child.kill('SIGKILL');
    redis.kill('SIGTERM');
    await once(redis, 'close');
    rmSync(folder, { recursive: true, force: true });
  };
  return { address, redis, children, start, stop };
}
