/**
 * Shared by the analysis commands: flags, fits on worker threads, table, JSON and result folder.
 */
import pc from 'picocolors';
import { anyPublished, figuresOf } from '../analysis/figures.js';
import type { ChoiceWeighing } from '../analysis/learned-weights.js';
import type { Pooling } from '../analysis/pooled-weights.js';
import { type ReproduceOptions, type Reproduction, reproduce } from '../analysis/reproduce.js';
import { writeFiles } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import type { FitRunner } from '../fit/job.js';
import { printable } from '../harness/client/sanitize.js';
import { packageVersion } from '../package-info.js';
import { authorsWeights } from '../report/csv-files.js';
import { reproductionJson } from '../report/json.js';
import { certaintyLine, figureTable, latentTable, pooledTable } from '../report/text-tables.js';
import type { FinishedAnalysis, ResultWriter } from '../result/write-result.js';
import type { Study } from '../study/study.js';
import { fitRunner, keptFits } from './fit-runner.js';
import {
  choiceFlag,
  type FlagValues,
  flag,
  jsonFlag,
  keepDrawsFlag,
  optionalFlag,
  quietFlag,
  samplerFlags,
  switchFlag,
  valuesOf,
  wholeNumber,
  workerFlags,
} from './flags.js';
import { progressBar, STANDARD_OUTPUT, warn, writeJson } from './output.js';
import { readPaperFigures } from './paper-figures.js';
import { partOf } from './shards.js';
import { onFirstStopSignal } from './signals.js';

export const analysisFlags = {
  out: optionalFlag(
    '--out <folder>',
    'write a result folder: figures, report.html, all draws; `weighbridge view` shows it',
  ),
  png: switchFlag('--png', 'with --out: figures as PNG too, 300 dots per inch'),
  json: jsonFlag,
  weights: optionalFlag(
    '--weights <folder>',
    "write the learned weights in the form of the authors' regression results (two files per model)",
  ),
  ...samplerFlags,
  ...workerFlags,
  outOfRange: choiceFlag(
    '--out-of-range <what>',
    'reports with a weight beyond ±100: keep them as the authors did, or omit them',
    ['keep', 'omit'],
    'keep',
  ),
  weighChoices: choiceFlag<ChoiceWeighing>(
    '--weigh-choices <how>',
    "count each choice as made, or by the model's probability of A if the data have it",
    ['as-made', 'by-probability'],
    'as-made',
  ),
  pooling: choiceFlag<Pooling>(
    '--pooling <how>',
    'learned weights from a regression for each context (none), or from one multilevel regression of all contexts (partial), with how well either predicts choices',
    ['none', 'partial'],
    'none',
  ),
  latent: switchFlag(
    '--latent',
    'estimate the latent correlations too: weights and reports without their measurement error, by a joint model of choices and reports (minutes)',
  ),
  precision: flag(
    '--precision <digits>',
    'decimals of correlations and effects; says whether all of them are certain',
    wholeNumber(1, 5),
    2,
  ),
  keepDraws: keepDrawsFlag,
  quiet: quietFlag,
};

type AnalysisFlags = FlagValues<typeof analysisFlags>;

/** Runs the whole analysis of a study; `observe` receives its draws. */
export type Analyse = (
  study: Study,
  weighChoices: ChoiceWeighing,
  more?: Pick<ReproduceOptions, 'latent' | 'observe'>,
) => Promise<Reproduction>;

/**
 * Runs `work` with fits on worker threads, and with a separate progress bar for each analysis.
 *
 * @param through wraps the runner of the workers
 */
export async function withFits<T>(
  flags: AnalysisFlags,
  work: (analyse: Analyse) => Promise<T>,
  through: (runner: FitRunner) => FitRunner = (runner) => runner,
): Promise<T> {
  requireRegressions(flags);
  const pool = await fitRunner(flags);
  pool.start();
  const keeping = keptFits(pool.runner, flags);
  // The first analysis is the command's own. Fits of others, which it is compared with, have the same names.
  let analyses = 0;
  const runner = through(partOf((...call) => (analyses === 1 ? keeping : pool.runner)(...call)));
  const bar = progressBar('fitting', flags.quiet);
  try {
    return await work((study, weighChoices, more) => {
      analyses++;
      return reproduce(study, {
        ...valuesOf(samplerFlags, flags),
        runner,
        weighChoices,
        pooling: flags.pooling,
        onProgress: bar.update,
        ...more,
      });
    });
  } finally {
    bar.stop();
    await pool.close();
  }
}

/** @throws WeighbridgeError `bad-argument` if joint models, which are not saved as fits, are to be kept */
function requireRegressions({ keepDraws, latent, pooling }: AnalysisFlags): void {
  if (keepDraws === undefined || !(latent || pooling === 'partial')) return;
  throw new WeighbridgeError(
    'bad-argument',
    `--keep-draws saves regressions: expected it without ${latent ? '--latent' : '--pooling partial'}, whose joint models have no formula; --out keeps draws too`,
    { details: { option: '--keep-draws' } },
  );
}

/** What the main analysis of a command has beyond those that it is compared with. */
export function moreOf({ latent }: Pick<AnalysisFlags, 'latent'>, writer: ResultWriter | null) {
  return { latent, ...(writer && { observe: writer.observe }) };
}

/** Parts of a result that do not follow from the study alone. */
export type ResultExtras = Pick<
  FinishedAnalysis,
  'answers' | 'dataFiles' | 'reasonsOf' | 'unitsOf'
>;

interface ShowOptions {
  readonly seconds: number;
  /** Set if --out is given; null otherwise. */
  readonly writer: ResultWriter | null;
  readonly extras: ResultExtras;
}

/** Runs and shows one analysis; exclusions and shortfalls go to standard error. */
export async function showAnalysis(
  study: Study,
  result: Reproduction,
  flags: AnalysisFlags,
  { seconds, writer, extras }: ShowOptions,
): Promise<void> {
  warn(...result.warnings);
  const figures = figuresOf(result, await readPaperFigures());
  const { precision } = flags;
  const text = [
    figureTable(figures, tableTitle(study, flags, anyPublished(figures)), precision),
    certaintyLine(figures, precision),
    ...(result.latent ? [latentTable(result, result.latent)] : []),
    ...(result.pooled ? [pooledTable(result.pooled)] : []),
    `${verdict(result, seconds)}\n`,
  ].join('\n');
  if (flags.json !== STANDARD_OUTPUT) process.stdout.write(text);
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
    // Loaded on demand: it brings the HTML and the figures.
    const { writeReport } = await import('../report/write-report.js');
    const command = commandLine();
    await writeReport(writer, { ...extras, study, result, document: json, command, png });
  }
  if (flags.json !== undefined) await writeJson(flags.json, json);
}

function isSimulated(study: Study): boolean {
  return study.provenance?.simulated ?? false;
}

const PAPER = 'Plunkett, Morris, Reddy & Morales 2025 (arXiv 2505.17120)';

function tableTitle(
  study: Study,
  { weighChoices, pooling }: AnalysisFlags,
  compared: boolean,
): string {
  const what = isSimulated(study)
    ? pc.yellow(
        `SIMULATED DATA, not the paper's: ${printable(study.provenance?.description ?? '')}`,
      )
    : `data: ${study.folder}`;
  const how = [
    ...(weighChoices === 'by-probability' ? ['choices weighed by probability'] : []),
    ...(pooling === 'partial' ? ['weights by partial pooling of all contexts'] : []),
  ]
    .map((line) => `\n${line}`)
    .join('');
  return pc.bold(
    `${compared ? `${PAPER} and ours` : `The figures of ${PAPER} for other models`}.\n${what}${how}`,
  );
}

function verdict({ diagnostics, models, warnings, pooled }: Reproduction, seconds: number): string {
  const contexts = models.reduce(
    (sum, { weights }) => sum + weights.instilled.length + weights.native.length,
    0,
  );
  const { maxRhat, minEssBulk, minEssTail, divergences } = diagnostics;
  const trust = warnings.length === 0 ? 'all fits converged' : `${warnings.length} fits fall short`;
  const regressions =
    pooled === undefined
      ? `${contexts} weight regressions`
      : `${pooled.length} regressions of the choices in ${contexts} contexts`;
  return `${regressions} in ${seconds.toFixed(1)} s; ${trust}: largest R-hat ${maxRhat.toFixed(4)}, least ESS ${minEssBulk.toFixed(0)} bulk and ${minEssTail.toFixed(0)} tail, ${divergences} divergences`;
}

/** Writes result folders for --out. */
type ResultFlags = Pick<AnalysisFlags, 'out' | 'png' | 'chains' | 'draws'>;

/**
 * Runs `work` with a writer if --out is given. An error or a signal before the end leaves no draws
 * and no empty folder behind.
 */
export async function withResult<T>(
  { out, png, chains, draws }: ResultFlags,
  work: (writer: ResultWriter | null) => Promise<T>,
): Promise<T> {
  if (out === undefined) {
    if (png) throw new WeighbridgeError('bad-argument', '--png needs --out: expected a folder');
    return work(null);
  }
  if (out === '') throw new WeighbridgeError('bad-argument', '--out is empty: expected a folder');
  // Loaded on demand: most commands write no result.
  const { beginResult } = await import('../result/write-result.js');
  const writer = await beginResult(out, { chains, draws });
  const release = onFirstStopSignal((signal) => {
    try {
      writer.discard();
    } finally {
      // Without a handler, the signal ends the process.
      process.kill(process.pid, signal);
    }
  });
  try {
    return await work(writer);
  } finally {
    release();
    writer.discard();
  }
}

/** Fails before the work if --out could not be written after it. */
export async function requireResultFolder(flags: ResultFlags): Promise<void> {
  await withResult(flags, async () => {});
}

/** The command line as given, quoted for a shell. */
export function commandLine(words: readonly string[] = process.argv.slice(2)): string {
  return ['weighbridge', ...words].map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
