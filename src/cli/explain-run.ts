/** `weighbridge explain run`: trains networks and explainers from nothing, and compares them. */
import type { Command } from 'commander';
import { WeighbridgeError } from '../errors.js';
import { defaultSeeds, STUDY_SIZES, type StudyPlan, studyPlan } from '../explain/plan.js';
import { runStudy } from '../explain-study/run-study.js';
import { openStudyFolder, type StudyFolder } from '../explain-study/study-folder.js';
import {
  addFlags,
  choiceFlag,
  type FlagValues,
  flag,
  jsonFlag,
  optionalFlag,
  quietFlag,
  samplerFlags,
  wholeNumber,
  workerFlags,
} from './flags.js';
import { progressBar, requireWritable } from './output.js';
import { onFirstStopSignal } from './signals.js';

const runFlags = {
  size: choiceFlag(
    '--size <name>',
    'small: minutes; full: the study of docs/explanations.md, hours',
    STUDY_SIZES,
    'small',
  ),
  seeds: optionalFlag(
    '--seeds <n>',
    'trainings of each explainer (default: 1, full 3); more can be added later',
    wholeNumber(1, 100),
  ),
  ...samplerFlags,
  seed: flag(
    '--seed <n>',
    'seed of all random numbers; the study that ships has 1',
    wholeNumber(0),
    1,
  ),
  ...workerFlags,
  json: jsonFlag,
  quiet: quietFlag,
};

type RunFlags = FlagValues<typeof runFlags>;

export function addExplainRun(explain: Command): void {
  const command = explain
    .command('run')
    .description(
      'train small networks, and explainers of their computations, from nothing; goes on where it was stopped',
    )
    .argument('<folder>', 'new or empty, or that of a study to go on with');
  addFlags(command, runFlags).action(run);
}

async function run(path: string, flags: RunFlags): Promise<void> {
  await requireWritable(flags.json);
  const { size, seed, seeds = defaultSeeds(size) } = flags;
  const plan = studyPlan({ size, seed, seeds });
  const folder = await openStudyFolder(path, plan);
  await trained(folder, plan, flags);
}

async function trained(folder: StudyFolder, plan: StudyPlan, flags: RunFlags): Promise<number> {
  const bar = progressBar('training steps', flags.quiet);
  const stop = new AbortController();
  // The error's cause is the signal: it decides the exit code.
  const release = onFirstStopSignal((signal) => stop.abort(signal));
  try {
    return await runStudy(folder, plan, {
      workers: flags.workers,
      signal: stop.signal,
      onProgress: bar.update,
    });
  } catch (error) {
    throw interruptedIn(folder.path, error);
  } finally {
    release();
    bar.stop();
  }
}

/** Says how to go on, if it was stopped. */
function interruptedIn(path: string, error: unknown): unknown {
  if (!(error instanceof WeighbridgeError) || error.code !== 'interrupted') return error;
  const { message, cause } = error;
  return new WeighbridgeError(
    'interrupted',
    `${message}: what is done is in ${path}, and the same command goes on`,
    { cause },
  );
}
