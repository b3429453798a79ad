/**
 * `weighbridge study run`: collects the missing answers, or prints a plan with their number and
 * cost.
 */

import { constants } from 'node:os';
import type { Command } from 'commander';
import pc from 'picocolors';
import { isWeighbridgeError, WeighbridgeError } from '../../errors.js';
import { collectionWarnings } from '../../harness/begun-study.js';
import { estimateStudy, type StageEstimate } from '../../harness/estimate-study.js';
import { lookAtStudy, openStudy, type RunningStudy } from '../../harness/open-study.js';
import { runStudy } from '../../harness/run-study.js';
import { samplePrompts } from '../../harness/sample-prompts.js';
import type { TrustOptions } from '../../harness/trust.js';
import { terminalAsk } from '../ask.js';
import { addFlags, type FlagValues, optionalFlag, switchFlag } from '../flags.js';
import { warn } from '../output.js';
import { onStopSignal, type StopSignal } from '../signals.js';
import { costFlags, requireCostConfirmed } from './confirm-cost.js';
import { costInUsd, spentCost } from './money.js';
import { progressDisplay } from './progress.js';
import { promptsText } from './prompts-text.js';
import { RunMeter } from './run-meter.js';
import { estimateTable } from './tables.js';

export const trustFlags = {
  trustHost: optionalFlag(
    '--trust-host <host>',
    'confirm a new server, as HOST or HOST:PORT; remembered for later runs',
  ),
  allowKeyVariable: optionalFlag(
    '--allow-key-variable <name>',
    'accept this name for server.key_variable although it does not end in _API_KEY',
  ),
};

export type TrustFlags = FlagValues<typeof trustFlags>;

const runFlags = {
  dryRun: switchFlag(
    '--dry-run',
    'only print how many requests and tokens are left, their price, and one prompt of each task as it is sent',
  ),
  retryFailed: switchFlag(
    '--retry-failed',
    'start failed training jobs again, and ask again lost batches and trials whose prompt was refused or whose answer could never be read: all are paid for again',
  ),
  retryInvalid: switchFlag(
    '--retry-invalid',
    'ask again, and pay for, trials whose answer has no text or was stopped by a content filter; invalid answers with text, refusals too, are data and stay',
  ),
  keepGoing: switchFlag(
    '--keep-going',
    'continue although the first 20 answers of a stage are all invalid, answers are empty, or choices agree with trained preferences no better than chance: each otherwise stops the run',
  ),
  /** The name of --keep-going before it stood for all invalid answers. */
  keepVoid: switchFlag('--keep-void', '').hideHelp(),
  acceptLoss: switchFlag(
    '--accept-loss',
    'continue with a record that lost answers: they are asked, and paid for, again',
  ),
  quiet: switchFlag('--quiet', 'show no progress'),
  ...costFlags,
  ...trustFlags,
};

type RunFlags = FlagValues<typeof runFlags>;

export function addRun(study: Command): void {
  const command = study
    .command('run')
    .description(
      'collect choices and reports, training models first if needed; continues where it stopped',
    )
    .argument('<folder>', 'a folder made by `study init`');
  addFlags(command, runFlags).action((folder: string, flags: RunFlags) =>
    flags.dryRun ? showPlan(folder, flags) : collectStudy(folder, flags),
  );
}

async function showPlan(folder: string, { retryFailed, retryInvalid }: RunFlags): Promise<void> {
  const study = await lookAtStudy(folder);
  try {
    const plan = estimateTable(
      estimateStudy(study, { retryFailed, retryInvalid }),
      study.configuration,
    );
    process.stdout.write(`${plan}\n\n${promptsText(samplePrompts(study))}\n`);
  } finally {
    study.close();
  }
}

export async function collectStudy(
  folder: string,
  {
    retryFailed = false,
    retryInvalid = false,
    keepGoing = false,
    keepVoid = false,
    acceptLoss = false,
    quiet = false,
    ...flags
  }: Partial<RunFlags>,
): Promise<void> {
  const progress = progressDisplay(quiet);
  const study = await openStudy(folder, {
    ...trustOptions(flags),
    acceptLoss,
    // Printed even with --quiet: nothing else explains the wait.
    onNotice: ({ line, isWaiting }) => progress.warn(isWaiting ? `${line}; Ctrl-C stops` : line),
  });
  const stop = new AbortController();
  let received: StopSignal = 'SIGINT';
  const release = onStopSignal((signal) => {
    // The record is complete at any time, so the process can exit here.
    if (stop.signal.aborted) process.exit(128 + constants.signals[signal]);
    received = signal;
    stop.abort(new WeighbridgeError('interrupted', 'stopped on request'));
    progress.note('stopping: finishing requests in flight; press Ctrl-C again to drop them');
  });
  try {
    const estimate = estimateStudy(study, { retryFailed, retryInvalid });
    await requireCostConfirmed(study, estimate, flags, {
      ask: terminalAsk(),
      note: progress.note,
      signal: stop.signal,
    });
    progress.begin(meterOf(study, estimate));
    await runStudy(study, {
      signal: stop.signal,
      onProgress: progress.update,
      onWarning: (line) => progress.warn(`warning: ${line}`),
      retryFailed,
      retryInvalid,
      keepGoing: keepGoing || keepVoid,
    });
    progress.stop();
    const spent = study.record.spent();
    const cost = costInUsd(spentCost(spent, study.configuration));
    progress.note(
      `${pc.bold('collected')}: ${spent.requests} requests, ${spent.tokens} tokens, ${cost} in all`,
    );
    warn(...collectionWarnings(study));
  } catch (error) {
    if (!stop.signal.aborted || !isWeighbridgeError(error, 'interrupted')) throw error;
    // The cause decides the exit code.
    throw new WeighbridgeError('interrupted', error.message, { cause: received });
  } finally {
    release();
    progress.stop();
    study.close();
  }
}

function meterOf(study: RunningStudy, estimate: readonly StageEstimate[]): RunMeter {
  const { configuration, spending, stages } = study;
  return new RunMeter({
    estimate,
    total: stages.reduce(
      (sum, stage) => sum + (stage.kind === 'training' ? 0 : stage.trials.length),
      0,
    ),
    spent: () => spentCost(spending.spent(), configuration),
    isBatch: configuration.server.mode === 'batch',
  });
}

export function trustOptions({ trustHost, allowKeyVariable }: Partial<TrustFlags>): TrustOptions {
  const ask = terminalAsk();
  return {
    ...(trustHost !== undefined && { trustHost }),
    ...(allowKeyVariable !== undefined && { allowKeyVariable }),
    ...(ask && { confirmHost: ask }),
  };
}
