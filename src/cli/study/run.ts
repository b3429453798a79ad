/** `weighbridge study run`: collects what is missing, or says what that would take. */
import { constants } from 'node:os';
import type { Command } from 'commander';
import pc from 'picocolors';
import { WeighbridgeError } from '../../errors.js';
import { estimateStudy } from '../../harness/estimate-study.js';
import { lookAtStudy, openStudy, type RunningStudy } from '../../harness/open-study.js';
import { runStudy } from '../../harness/run-study.js';
import { warn } from '../analysis.js';
import { stageProgress } from './stage-progress.js';
import { estimateTable } from './tables.js';
import { addTrustOptions, type TrustFlags, trustOptions } from './trust.js';

interface RunFlags extends TrustFlags {
  dryRun: boolean;
  retryFailed: boolean;
  quiet: boolean;
}

export function addRun(study: Command): void {
  const command = study
    .command('run')
    .description('collect choices and reports, training what has to be; goes on where it stopped')
    .argument('<folder>', 'a folder made by `study init`')
    .option('--dry-run', 'only say how many requests and tokens are left, and their price', false)
    .option(
      '--retry-failed',
      'begin failed training jobs anew, and ask again for batches that are gone: both are paid for again',
      false,
    )
    .option('--quiet', 'no progress', false);
  addTrustOptions(command).action((folder: string, flags: RunFlags) =>
    flags.dryRun ? showPlan(folder) : collectStudy(folder, flags),
  );
}

async function showPlan(folder: string): Promise<void> {
  const study = await lookAtStudy(folder);
  try {
    process.stdout.write(`${estimateTable(estimateStudy(study), study.configuration)}\n`);
  } finally {
    study.close();
  }
}

export async function collectStudy(
  folder: string,
  { retryFailed, quiet, ...trust }: Omit<RunFlags, 'dryRun'>,
): Promise<void> {
  const progress = stageProgress(quiet);
  const study = await openStudy(folder, {
    ...trustOptions(trust),
    // Also for those who want no progress: nothing else tells why nothing happens.
    onNotice: ({ line, isWaiting }) => progress.warn(isWaiting ? `${line}; Ctrl-C stops` : line),
  });
  const stopping = stopOnSignal(() =>
    progress.say('stopping: requests in flight are let come home (once more to drop them)'),
  );
  try {
    await runStudy(study, {
      stop: stopping.signal,
      onProgress: progress.update,
      onWarning: (line) =>
        quiet ? warn([line]) : progress.say(`${pc.yellow('warning:')} ${line}`),
      retryFailed: retryFailed ? 'retry' : 'stop',
    });
    progress.stop();
    const { requests, tokens, usd } = study.record.spent();
    progress.say(
      `${pc.bold('collected')}: ${requests} requests, ${tokens} tokens, ${usd.toFixed(2)} USD in all`,
    );
    warn(logprobWarnings(study));
  } catch (error) {
    throw stopping.reason(error);
  } finally {
    stopping.release();
    progress.stop();
    study.close();
  }
}

/** Log-probabilities that were asked for and did not come. */
function logprobWarnings({ configuration, stages, record }: RunningStudy): string[] {
  if (!configuration.server.logprobs) return [];
  return stages.flatMap(({ id, kind }) => {
    const without = kind === 'choices' ? record.choicesWithoutLogprobs(id) : 0;
    return without > 0
      ? [`${id}: the server gave no log-probabilities of A and B with ${without} choices`]
      : [];
  });
}

interface Stopping {
  readonly signal: AbortSignal;
  /** An error that says that it was stopped, with the name of the signal as its cause. */
  reason(error: unknown): unknown;
  release(): void;
}

/** The first signal asks gently, the second ends the process: the record is whole either way. */
function stopOnSignal(onStop: () => void): Stopping {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let received: (typeof signals)[number] = 'SIGINT';
  const onSignal = (signal: typeof received) => {
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    received = signal;
    controller.abort(new WeighbridgeError('interrupted', 'stopped on request'));
    onStop();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    reason: (error) =>
      controller.signal.aborted && error instanceof WeighbridgeError && error.code === 'interrupted'
        ? new WeighbridgeError('interrupted', error.message, { cause: received })
        : error,
    release: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
