/** `weighbridge explain run`: trains networks and explainers from nothing, and compares them. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { readItems } from '../analysis/explanations/read-items.js';
import type { ShardWriter } from '../distribution/shards.js';
import { WeighbridgeError } from '../errors.js';
import type { Prediction } from '../explain/grid.js';
import {
  defaultSeeds,
  type PlannedNetwork,
  STUDY_SIZES,
  type StudyPlan,
  studyPlan,
} from '../explain/plan.js';
import { createWorld } from '../explain/world.js';
import { predictionsOf, runStudy } from '../explain-study/run-study.js';
import { openStudyFolder, type StudyFolder } from '../explain-study/study-folder.js';
import { gatherStudy, ownPart } from '../explain-study/study-shards.js';
import { packageVersion } from '../package-info.js';
import { explainerSections } from '../report/explanations/sections.js';
import { isHeldOut } from '../report/explanations/tasks.js';
import { sectionsText } from '../report/sections/text.js';
import { columnsOfPredictions } from '../result/explanations-format.js';
import type { ExplanationsFacts } from '../result/write-explanations.js';
import { commandLine } from './analysis.js';
import { comparedExplainers } from './explain-analysis.js';
import {
  addFlags,
  choiceFlag,
  type FlagValues,
  flag,
  jsonFlag,
  optionalFlag,
  quietFlag,
  samplerFlags,
  valuesOf,
  wholeNumber,
  workerFlags,
} from './flags.js';
import { progressBar, requireWritable, STANDARD_OUTPUT, writeJson } from './output.js';
import { flagWords, inShard, mergedShards, shardFlag } from './shards.js';
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
  shard: shardFlag,
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
    .argument(
      '<folder>',
      'new or empty, or that of a study to go on with; with --shard, that of the shard',
    );
  addFlags(command, runFlags).action(run);
}

async function run(path: string, flags: RunFlags, command: Command): Promise<void> {
  await requireWritable(flags.json);
  const { size, seed, shard, seeds = defaultSeeds(size) } = flags;
  const plan = studyPlan({ size, seed, seeds });
  if (shard !== undefined) {
    const words = ['explain', 'run', ...flagWords(command)];
    return inShard({ shard, out: path }, (writer) => shardOf(path, plan, flags, writer), {
      command: words,
      what: 'files',
    });
  }
  const folder = await openStudyFolder(path, plan);
  const merged = mergedShards();
  if (merged !== null) await gatherStudy(folder, plan, merged);
  const started = performance.now();
  await trained(folder, plan, flags);
  const predictions = await predictionsOf(folder, plan);
  const { rows } = readItems([{ file: path, columns: columnsOfPredictions(held(predictions)) }]);
  const tasks = await comparedExplainers(rows, { ...flags, other: [SIBLING] });
  const seconds = (performance.now() - started) / 1000;
  // Loaded on demand: it brings the HTML and the figures.
  const { writeExplanations } = await import('../report/explanations/write.js');
  const facts = { ...factsOf(plan, seeds, flags), seconds };
  const document = await writeExplanations(path, facts, tasks, predictions);
  const text = `${sectionsText(explainerSections(tasks))}\n`;
  if (flags.json !== STANDARD_OUTPUT) process.stdout.write(`${text}\n${whatWasWritten(path)}\n`);
  else if (!flags.quiet) process.stderr.write(text);
  if (flags.json === undefined) return;
  const { weighbridge, size: named, settings, tasks: compared } = document;
  await writeJson(flags.json, {
    weighbridge,
    size: named,
    seeds,
    settings,
    tasks: compared,
    seconds,
  });
}

/** What is done stays in the folder, so that a shard that was stopped goes on. */
async function shardOf(
  path: string,
  plan: StudyPlan,
  flags: RunFlags,
  writer: ShardWriter,
): Promise<void> {
  const folder = await openStudyFolder(join(path, 'study'), plan);
  const own = ownPart(plan, writer);
  await trained(folder, own.plan, flags);
  await own.store(folder);
}

/** Exercises about facts that were learned from are in the predictions, and not in the comparison. */
function held(predictions: readonly Prediction[]): Prediction[] {
  return predictions.filter(({ task }) => isHeldOut(task));
}

/** Self is compared with the other networks of its kind. */
const SIBLING = 'sibling';

function whatWasWritten(path: string): string {
  return `Written to ${path}: report.html, predictions.parquet, csv/. \`weighbridge view ${path}\` shows every question and answer.`;
}

function factsOf(
  plan: StudyPlan,
  seeds: number,
  flags: RunFlags,
): Omit<ExplanationsFacts, 'seconds'> {
  const network = ({ name, seed, size }: PlannedNetwork) => ({ name, seed, size: { ...size } });
  return {
    ...{ weighbridge: packageVersion, command: commandLine(), size: plan.size, seeds },
    ...{ world: createWorld(plan.world).options, study: { ...plan.options } },
    networks: plan.networks.map(network),
    larger: plan.larger.map(network),
    settings: valuesOf(samplerFlags, flags),
    warnings: [],
  };
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
