/**
 * The analysis as commands run it: its options, its fits on worker threads, its table and its JSON.
 */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { figuresOf } from '../analysis/figures.js';
import type { ChoiceWeighing } from '../analysis/learned-weights.js';
import type { FitObserver } from '../analysis/planned-fits.js';
import { type Reproduction, reproduce } from '../analysis/reproduce.js';
import { workerPool } from '../executor/worker-pool.js';
import { printable } from '../harness/client/plain-words.js';
import { packageVersion } from '../package-info.js';
import type { FitRunner } from '../regression/job.js';
import { reproductionJson } from '../report/json.js';
import { authorsWeights } from '../report/result-folder/authors-weights.js';
import type { FinishedAnalysis, ResultWriter } from '../report/result-folder/write-result.js';
import { figureTable } from '../report/table.js';
import {
  algorithms,
  completeSettings,
  defaultSettings,
  type SamplerSettings,
} from '../sampler/settings.js';
import type { Study } from '../study/read-study.js';
import { writeFiles, writeWhole } from '../study/write-files.js';
import { wholeNumber } from './options.js';
import { readPaperFigures } from './paper-figures.js';
import { progressBar } from './progress.js';
import { commandLine } from './result.js';

export interface AnalysisFlags {
  json?: string;
  out?: string;
  png: boolean;
  weights?: string;
  seed: number;
  chains: number;
  warmup: number;
  draws: number;
  algorithm: SamplerSettings['algorithm'];
  workers: number;
  outOfRange: 'keep' | 'omit';
  weighChoices: ChoiceWeighing;
  quiet: boolean;
}

/** Each worker takes some 25 MB: a machine of many cores must not be filled unasked. */
const MOST_WORKERS = 8;

export function addAnalysisOptions(command: Command): Command {
  const { chains, warmup, draws, seed } = defaultSettings;
  return command
    .option(
      '--out <folder>',
      'write a result folder: figures, report.html, all draws; `weighbridge view` shows it',
    )
    .option('--png', 'with --out: the figures also as PNG, 300 dots an inch', false)
    .option('--json <file>', "write the result as JSON ('-': standard output)")
    .option(
      '--weights <folder>',
      "write the learned weights as the authors' regression results (two files a model)",
    )
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0), Number(seed))
    .option('--chains <n>', 'chains a fit', wholeNumber(1, 1000), chains)
    .option('--warmup <n>', 'warm-up draws a chain', wholeNumber(0, 1_000_000), warmup)
    .option('--draws <n>', 'kept draws a chain', wholeNumber(4, 1_000_000), draws)
    .addOption(
      new Option(
        '--algorithm <name>',
        'how fits are sampled: split HMC where a posterior is found near normal and NUTS elsewhere (auto), or one for all',
      )
        .choices(algorithms)
        .default(defaultSettings.algorithm),
    )
    .option(
      '--workers <n>',
      'worker threads; the result is the same for any number',
      wholeNumber(1, 256),
      Math.min(availableParallelism(), MOST_WORKERS),
    )
    .addOption(
      new Option(
        '--out-of-range <what>',
        'reports with a weight beyond ±100: keep them as the authors did, or omit them',
      )
        .choices(['keep', 'omit'])
        .default('keep'),
    )
    .addOption(
      new Option(
        '--weigh-choices <how>',
        "count a choice as it was made, or by the model's probability of A where the data have it",
      )
        .choices(['as-made', 'by-probability'] satisfies ChoiceWeighing[])
        .default('as-made' satisfies ChoiceWeighing),
    )
    .option('--quiet', 'no progress, and with --json - no table', false);
}

/** The whole analysis of a study; `observe` is shown its draws. */
export type Analyse = (
  study: Study,
  weighChoices: ChoiceWeighing,
  observe?: FitObserver,
) => Promise<Reproduction>;

/**
 * Runs `work` with fits on worker threads, and a bar of its own for each analysis in it.
 *
 * @param through what stands between the analyses and the workers
 */
export async function withFits<T>(
  flags: AnalysisFlags,
  work: (analyse: Analyse) => Promise<T>,
  through: (run: FitRunner) => FitRunner = (run) => run,
): Promise<T> {
  const { chains, warmup, draws, seed, algorithm } = flags;
  const pool = workerPool(flags.workers);
  const run = through(pool.run);
  const bar = progressBar('fitting', flags.quiet);
  try {
    return await work((study, weighChoices, observe) =>
      reproduce(study, {
        settings: completeSettings({ chains, warmup, draws, seed, algorithm }),
        run,
        weighChoices,
        onProgress: bar.update,
        ...(observe && { observe }),
      }),
    );
  } finally {
    bar.stop();
    await pool.close();
  }
}

/** What of an analysis the writer of a result cannot know from the study alone. */
export type ResultExtras = Pick<
  FinishedAnalysis,
  'answers' | 'dataFiles' | 'reasonsOf' | 'unitsOf'
>;

export interface ShowOptions {
  readonly seconds: number;
  /** Where --out was given. */
  readonly writer: ResultWriter | null;
  readonly extras: ResultExtras;
}

/** One analysis, with what was left out or falls short told on standard error. */
export async function showAnalysis(
  study: Study,
  result: Reproduction,
  flags: AnalysisFlags,
  { seconds, writer, extras }: ShowOptions,
): Promise<void> {
  warn(result.warnings);
  const figures = figuresOf(result, await readPaperFigures());
  const text = `${figureTable(figures, tableTitle(study, flags))}\n${verdict(result, seconds)}\n`;
  if (flags.json !== '-') process.stdout.write(text);
  else if (!flags.quiet) process.stderr.write(text);
  if (flags.weights !== undefined) await writeFiles(flags.weights, authorsWeights(result));
  if (flags.json === undefined && writer === null) return;
  const json = reproductionJson(result, figures, {
    ...flags,
    version: packageVersion,
    folder: study.folder,
    provenance: study.provenance,
    seconds,
    warnings: [...study.warnings, ...result.warnings],
  });
  if (writer) {
    const { png } = flags;
    await writer.finish({ ...extras, study, result, document: json, command: commandLine(), png });
  }
  if (flags.json === undefined) return;
  const document = `${JSON.stringify(json, null, 1)}\n`;
  if (flags.json === '-') process.stdout.write(document);
  else await writeWhole(flags.json, document);
}

function isSimulated(study: Study): boolean {
  return study.provenance?.simulated ?? false;
}

function tableTitle(study: Study, { weighChoices }: AnalysisFlags): string {
  const what = isSimulated(study)
    ? pc.yellow(
        `SIMULATED DATA, not the paper's: ${printable(study.provenance?.description ?? '')}`,
      )
    : `data: ${study.folder}`;
  const how = weighChoices === 'by-probability' ? '\nchoices weighed by probability' : '';
  return pc.bold(
    `Plunkett, Morris, Reddy & Morales 2025 (arXiv 2505.17120) and ours.\n${what}${how}`,
  );
}

function verdict({ diagnostics, models, warnings }: Reproduction, seconds: number): string {
  const contexts = models.reduce(
    (sum, { weights }) => sum + weights.instilled.length + weights.native.length,
    0,
  );
  const { maxRhat, minEssBulk, minEssTail, divergences } = diagnostics;
  const trust = warnings.length === 0 ? 'all fits converged' : `${warnings.length} fits fall short`;
  return `${contexts} weight regressions in ${seconds.toFixed(1)} s; ${trust}: largest R-hat ${maxRhat.toFixed(4)}, least ESS ${minEssBulk.toFixed(0)} bulk and ${minEssTail.toFixed(0)} tail, ${divergences} divergences`;
}

/** Enough to see what kind of trouble it is; `--json` has them all. */
const WARNINGS_SHOWN = 10;

export function warn(lines: readonly string[]): void {
  for (const line of lines.slice(0, WARNINGS_SHOWN)) {
    process.stderr.write(`${pc.yellow('warning:')} ${printable(line)}\n`);
  }
  const more = lines.length - WARNINGS_SHOWN;
  if (more > 0) {
    process.stderr.write(`${pc.yellow('warning:')} and ${more} more; --json lists them all\n`);
  }
}
