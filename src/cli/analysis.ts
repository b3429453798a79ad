/**
 * The analysis as commands run it: its options, its fits on worker threads, its table and its JSON.
 */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { figuresOf } from '../analysis/figures.js';
import type { ChoiceWeighing } from '../analysis/learned-weights.js';
import { type Reproduction, reproduce } from '../analysis/reproduce.js';
import { rememberingRunner } from '../executor/remembering.js';
import { workerPool } from '../executor/worker-pool.js';
import { packageVersion } from '../package-info.js';
import { reproductionJson } from '../report/json.js';
import { figureTable } from '../report/table.js';
import { completeSettings, defaultSettings } from '../sampler/settings.js';
import { regressionResults } from '../study/layout.js';
import type { Study } from '../study/read-study.js';
import { writeFiles, writeWhole } from '../study/write-files.js';
import { weightsCsv } from '../study/write-study.js';
import { wholeNumber } from './options.js';
import { readPaperFigures } from './paper-figures.js';
import { progressBar } from './progress.js';

export interface AnalysisFlags {
  json?: string;
  weights?: string;
  seed: number;
  chains: number;
  warmup: number;
  draws: number;
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
    .option('--json <file>', "write the result as JSON ('-': standard output)")
    .option(
      '--weights <folder>',
      "write the learned weights as the authors' regression results (two files a model)",
    )
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0), Number(seed))
    .option('--chains <n>', 'chains a fit', wholeNumber(1, 1000), chains)
    .option('--warmup <n>', 'warm-up draws a chain', wholeNumber(0, 1_000_000), warmup)
    .option('--draws <n>', 'kept draws a chain', wholeNumber(4, 1_000_000), draws)
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

/** The whole analysis of a study. */
export type Analyse = (study: Study, weighChoices: ChoiceWeighing) => Promise<Reproduction>;

/** Runs `work` with fits on worker threads, and a bar of its own for each analysis in it. */
export async function withFits<T>(
  flags: AnalysisFlags,
  work: (analyse: Analyse) => Promise<T>,
): Promise<T> {
  const { chains, warmup, draws, seed } = flags;
  const pool = workerPool(flags.workers);
  const run = rememberingRunner(pool.run);
  const bar = progressBar('fitting', flags.quiet);
  try {
    return await work((study, weighChoices) =>
      reproduce(study, {
        settings: completeSettings({ chains, warmup, draws, seed }),
        run,
        weighChoices,
        onProgress: bar.update,
      }),
    );
  } finally {
    bar.stop();
    await pool.close();
  }
}

/** Posterior means scaled to a largest absolute value of 100: what the authors' last script reads. */
function weightFiles({ models }: Reproduction): ReadonlyMap<string, string> {
  return new Map(
    models.flatMap(({ name, weights }) =>
      (['instilled', 'native'] as const).map((setting) => [
        name + regressionResults[setting],
        weightsCsv(
          new Map(weights[setting].map(({ context, scaled }) => [context.name, scaled])),
          'b_attr',
        ),
      ]),
    ),
  );
}

/** One analysis, with what was left out or falls short told on standard error. */
export async function showAnalysis(
  study: Study,
  result: Reproduction,
  flags: AnalysisFlags,
  seconds: number,
): Promise<void> {
  warn(result.warnings);
  const figures = figuresOf(result, await readPaperFigures());
  const text = `${figureTable(figures, tableTitle(study, flags))}\n${verdict(result, seconds)}\n`;
  if (flags.json !== '-') process.stdout.write(text);
  else if (!flags.quiet) process.stderr.write(text);
  if (flags.weights !== undefined) await writeFiles(flags.weights, weightFiles(result));
  if (flags.json === undefined) return;
  const json = reproductionJson(result, figures, {
    ...flags,
    version: packageVersion,
    folder: study.folder,
    provenance: study.provenance,
    seconds,
    warnings: [...study.warnings, ...result.warnings],
  });
  const document = `${JSON.stringify(json, null, 1)}\n`;
  if (flags.json === '-') process.stdout.write(document);
  else await writeWhole(flags.json, document);
}

function isSimulated(study: Study): boolean {
  return study.provenance?.simulated ?? false;
}

function tableTitle(study: Study, { weighChoices }: AnalysisFlags): string {
  const what = isSimulated(study)
    ? pc.yellow(`SIMULATED DATA, not the paper's: ${study.provenance?.description}`)
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
    process.stderr.write(`${pc.yellow('warning:')} ${line}\n`);
  }
  const more = lines.length - WARNINGS_SHOWN;
  if (more > 0) {
    process.stderr.write(`${pc.yellow('warning:')} and ${more} more; --json lists them all\n`);
  }
}
