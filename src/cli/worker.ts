/** `weighbridge worker`: runs the fits of a queue until a stop signal. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { startQueueWorker } from '../distribution/queue-worker.js';
import {
  addFlags,
  type FlagValues,
  flag,
  optionalFlag,
  queueFlags,
  quietFlag,
  wholeNumber,
} from './flags.js';
import { warn } from './output.js';
import { untilStopSignal } from './signals.js';

const workerCommandFlags = {
  ...queueFlags,
  threads: flag('--threads <n>', 'threads for fits', wholeNumber(1, 256), availableParallelism()),
  lockSeconds: flag(
    '--lock-seconds <n>',
    'after this time without a sign, the fits of a worker go to another',
    wholeNumber(1, 3600),
    20,
  ),
  dataFolder: optionalFlag(
    '--data-folder <folder>',
    'the folder of `--data-folder` of those that ask, as this machine sees it',
  ),
  quiet: quietFlag,
};

/** Milliseconds after which the process ends, whatever is open. */
const LAST_WAIT = 500;

export function addWorker(program: Command): void {
  const command = program
    .command('worker')
    .description('run the fits of a queue in Redis, for `weighbridge reproduce --on` and others');
  addFlags(command, workerCommandFlags).action(runWorker);
}

async function runWorker(flags: FlagValues<typeof workerCommandFlags>): Promise<void> {
  const { queue: connection, queuePrefix: prefix, threads, lockSeconds, dataFolder, quiet } = flags;
  const worker = await startQueueWorker({
    ...{ connection, prefix, threads, lockSeconds, dataFolder },
    onNotice: (line) => warn(line),
  });
  const stopped = untilStopSignal();
  if (!quiet) process.stdout.write(`${worker.name} waits for fits\n`);
  try {
    await Promise.race([stopped, worker.ended]);
  } finally {
    await worker.close();
    // A connection that is being made anew keeps no process alive.
    setTimeout(() => process.exit(), LAST_WAIT).unref();
    const { fits, failed } = worker.counts();
    if (!quiet) process.stdout.write(`${worker.name}: ${fits} fits, ${failed} of them failed\n`);
  }
}
