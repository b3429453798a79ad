/** `weighbridge study run`: collects what is missing, or says what that would take. */
import type { Command } from 'commander';
import pc from 'picocolors';
import { WeighbridgeError } from '../../errors.js';
import { estimateStudy } from '../../harness/estimate-study.js';
import { lookAtStudy, openStudy, type RunningStudy } from '../../harness/open-study.js';
import { runStudy } from '../../harness/run-study.js';
import { warn } from '../analysis.js';
import { stageProgress } from './stage-progress.js';
import { estimateTable } from './tables.js';

interface RunFlags {
  dryRun: boolean;
  retryFailed: boolean;
  quiet: boolean;
}

export function addRun(study: Command): void {
  study
    .command('run')
    .description('collect choices and reports, training what has to be; goes on where it stopped')
    .argument('<folder>', 'a folder made by `study init`')
    .option('--dry-run', 'only say how many requests and tokens are left, and their price', false)
    .option(
      '--retry-failed',
      'begin failed training jobs anew, and ask again for batches that are gone: both are paid for again',
      false,
    )
    .option('--quiet', 'no progress', false)
    .action((folder: string, flags: RunFlags) =>
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
  { retryFailed, quiet }: Pick<RunFlags, 'retryFailed' | 'quiet'>,
): Promise<void> {
  const study = await openStudy(folder);
  const progress = stageProgress(quiet);
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

/** The first signal asks gently, the second ends the process: the record is whole either way. */
function stopOnSignal(onStop: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new WeighbridgeError('interrupted', 'stopped on request'));
    onStop();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
