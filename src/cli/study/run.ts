/** `weighbridge study run`: collects what is missing, or says what that would take. */
import { constants } from 'node:os';
import type { Command } from 'commander';
import pc from 'picocolors';
import { WeighbridgeError } from '../../errors.js';
import { estimateStudy } from '../../harness/estimate-study.js';
import { lookAtStudy, openStudy, type RunningStudy } from '../../harness/open-study.js';
import { outcomeOf } from '../../harness/read-answers.js';
import { runStudy } from '../../harness/run-study.js';
import { warn } from '../analysis.js';
import { stageProgress } from './stage-progress.js';
import { estimateTable } from './tables.js';
import { addTrustOptions, type TrustFlags, trustOptions } from './trust.js';

interface RunFlags extends TrustFlags {
  dryRun: boolean;
  retryFailed: boolean;
  retryInvalid: boolean;
  keepVoid: boolean;
  acceptLoss: boolean;
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
    .option(
      '--retry-invalid',
      'ask again, and pay for, trials whose answer holds no text or was kept back by a content filter; invalid answers with text, refusals too, are data and stay',
      false,
    )
    .option(
      '--keep-void',
      'go on where the model answers nothing, which stops the run otherwise',
      false,
    )
    .option(
      '--accept-loss',
      'go on with a record that has lost answers: they are asked, and paid for, again',
      false,
    )
    .option('--quiet', 'no progress', false);
  addTrustOptions(command).action((folder: string, flags: RunFlags) =>
    flags.dryRun ? showPlan(folder, flags) : collectStudy(folder, flags),
  );
}

async function showPlan(folder: string, { retryInvalid }: RunFlags): Promise<void> {
  const study = await lookAtStudy(folder);
  try {
    process.stdout.write(
      `${estimateTable(estimateStudy(study, retryInvalid), study.configuration)}\n`,
    );
  } finally {
    study.close();
  }
}

export async function collectStudy(
  folder: string,
  {
    retryFailed = false,
    retryInvalid = false,
    keepVoid = false,
    acceptLoss = false,
    quiet = false,
    ...trust
  }: Partial<RunFlags>,
): Promise<void> {
  const progress = stageProgress(quiet);
  const study = await openStudy(folder, {
    ...trustOptions(trust),
    acceptLoss,
    // Also for those who want no progress: nothing else tells why nothing happens.
    onNotice: ({ line, isWaiting }) => progress.warn(isWaiting ? `${line}; Ctrl-C stops` : line),
  });
  const stopping = stopOnSignal(() =>
    progress.say('stopping: finishing requests in flight; press Ctrl-C again to drop them'),
  );
  try {
    await runStudy(study, {
      stop: stopping.signal,
      onProgress: progress.update,
      onWarning: (line) => progress.warn(`warning: ${line}`),
      retryFailed: retryFailed ? 'retry' : 'stop',
      retryInvalid,
      keepVoid,
    });
    progress.stop();
    const { requests, tokens, usd } = study.record.spent();
    progress.say(
      `${pc.bold('collected')}: ${requests} requests, ${tokens} tokens, ${usd.toFixed(2)} USD in all`,
    );
    warn([...unansweredWarnings(study), ...logprobWarnings(study)]);
  } catch (error) {
    throw stopping.reason(error);
  } finally {
    stopping.release();
    progress.stop();
    study.close();
  }
}

/** Trials without a word of the model's. */
function unansweredWarnings({ stages, record }: RunningStudy): string[] {
  return stages.flatMap((stage) => {
    if (stage.kind === 'training') return [];
    const reasons = new Map<string, number>();
    for (const answer of record.answers(stage.id)) {
      const outcome = outcomeOf(answer);
      if (outcome === 'said') continue;
      const reason = outcome === 'filtered' ? 'content filter' : 'no text';
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    if (reasons.size === 0) return [];
    const count = [...reasons.values()].reduce((sum, one) => sum + one, 0);
    const why = [...reasons].map(([reason, of]) => `${reason} ${of}`).join(', ');
    return [
      `${stage.id}: ${count} of ${stage.trials.length} trials have no answer of the model (${why}); --retry-invalid asks them again`,
    ];
  });
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
