/**
 * The queue with many workers on one machine: stand-ins wait as long as a fit would take, and answer with a result that
 * was made before. It shows how many workers one process that asks can keep busy. Needs redis-server and a build.
 *
 *     node bench/queue-standins.mjs [WORKERS, default 200] [FITS, default 5000] [SECONDS of a fit, default 1]
 */
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread, Worker as Thread, workerData } from 'node:worker_threads';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { bullmqRunner } from '../dist/node/node.js';
import { encodeOutcome } from '../dist/src/distribution/codec.js';
import { machineName, machineProbe } from '../dist/src/distribution/probe.js';
import { QueueStore } from '../dist/src/distribution/queue-store.js';
import { runJob } from '../dist/src/fit/job.js';
import { packageVersion } from '../dist/src/package-info.js';
import { linearSpecification } from '../dist/src/regression/columns.js';
import { completeSettings } from '../dist/src/sampler/settings.js';
import { settings, startQueue } from './queue-parts.mjs';

function job(index) {
  const values = Float64Array.of(1, 2, 3, 4, index);
  const predictors = { names: ['x'], rows: 5, values };
  return { name: `fit ${index}`, specification: linearSpecification(predictors, [2, 4, 5, 8, 11]) };
}

if (isMainThread) await ask();
else await standIn(workerData);

async function standIn({ port, workers, fitSeconds }) {
  const redis = new Redis(port, { maxRetriesPerRequest: null });
  redis.setMaxListeners(0);
  const store = new QueueStore(redis, 'weighbridge', packageVersion);
  await store.claim();
  const value = runJob(job(0), completeSettings(settings));
  const bytes = encodeOutcome({ kind: 'done', value });
  const probe = machineProbe();
  for (let i = 0; i < workers; i++) {
    const name = `stand-in ${i}`;
    const record = { version: packageVersion, ...machineName(), threads: 1, probe };
    const tell = () => store.tellOfWorker({ name, ...record, fits: 0, failed: 0, busy: 0 });
    await tell();
    setInterval(tell, 3000);
    const done = async ({ data: { ids } }) => {
      await wait(1000 * fitSeconds * ids.length);
      const results = ids.map((id) => ({ id, bytes }));
      await store.keepResults(results, { worker: name, seconds: fitSeconds });
      return { problem: null };
    };
    new Worker(store.queue, done, {
      connection: redis,
      prefix: store.prefix,
      name,
      concurrency: 1,
      lockDuration: 60_000,
    });
  }
}

async function ask() {
  const [workers = 200, fits = 5000, fitSeconds = 1] = process.argv.slice(2).map(Number);
  const { address, stop } = await startQueue(0);
  const port = Number(new URL(address).port);
  const thread = new Thread(new URL(import.meta.url), {
    workerData: { port, workers, fitSeconds },
  });
  thread.on('error', (error) => {
    throw error;
  });
  try {
    const runner = bullmqRunner({ connection: address, onNotice: console.error });
    const jobs = function* () {
      for (let i = 0; i < fits; i++) yield job(i);
    };
    const client = new Redis(port);
    while ((await client.scard('weighbridge:workers')) < workers) await wait(500);
    client.disconnect();
    await wait(2000);
    const begun = performance.now();
    await runner.stream(jobs(), settings, { total: fits, onFit: () => {} });
    const seconds = (performance.now() - begun) / 1000;
    const ideal = (fits * fitSeconds) / workers;
    console.log(
      `${workers} stand-ins, ${fits} fits of ${fitSeconds} s: ${seconds.toFixed(1)} s, ${(fits / seconds).toFixed(0)} fits a second, stand-ins ${((100 * ideal) / seconds).toFixed(0)}% busy`,
    );
  } finally {
    await thread.terminate();
    await stop();
  }
}
