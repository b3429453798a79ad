/** `weighbridge reproduce`: the paper's analysis on a folder of choices and reports. */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { figuresOf } from '../analysis/figures.js';
import { type Reproduction, reproduce } from '../analysis/reproduce.js';
import { WeighbridgeError } from '../errors.js';
import { workerPool } from '../executor/worker-pool.js';
import { reproductionJson } from '../report/json.js';
import { figureTable } from '../report/table.js';
import { completeSettings, defaultSettings } from '../sampler/settings.js';
import { fetchPublished } from '../study/published-data.js';
import { readStudy, type Study } from '../study/read-study.js';
import { wholeNumber } from './options.js';
import { requireWritable, writeWhole } from './output.js';
import { fixturePath, packageVersion } from './package-info.js';
import { readPaperFigures } from './paper-figures.js';
import { progressBar } from './progress.js';

interface ReproduceFlags {
  data?: string;
  json?: string;
  seed: number;
  chains: number;
  warmup: number;
  draws: number;
  workers: number;
  outOfRange: 'keep' | 'omit';
  quiet: boolean;
}

/** Each worker takes some 25 MB: a machine of many cores must not be filled unasked. */
const MOST_WORKERS = 8;

export function addReproduce(program: Command): void {
  const { chains, warmup, draws, seed } = defaultSettings;
  program
    .command('reproduce')
    .description("fit every regression of the paper and print its figures beside the data's")
    .option(
      '--data <folder>',
      "a folder in the authors' layout, or 'published' to download their data (default: the simulated replica that ships with weighbridge)",
    )
    .option('--json <file>', "write the result as JSON ('-': standard output)")
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
    .option('--quiet', 'no progress, and with --json - no table', false)
    .action(runReproduce);
}

async function runReproduce(flags: ReproduceFlags): Promise<void> {
  const started = performance.now();
  if (flags.json !== undefined && flags.json !== '-') await requireWritable(flags.json);

  const folder = await dataFolder(flags);
  const study = await readStudy(folder, { outOfRangeReports: flags.outOfRange });
  warn(study.warnings);

  const result = await fitEverything(study, flags);
  warn(result.warnings);

  const figures = figuresOf(result, await readPaperFigures());
  const seconds = (performance.now() - started) / 1000;
  const text = [figureTable(figures, tableTitle(study)), verdict(result, seconds)].join('\n');
  if (flags.json !== '-') process.stdout.write(`${text}\n`);
  else if (!flags.quiet) process.stderr.write(`${text}\n`);

  if (flags.json !== undefined) {
    const json = reproductionJson(result, figures, {
      ...flags,
      version: packageVersion,
      folder,
      provenance: study.provenance,
      seconds,
      warnings: [...study.warnings, ...result.warnings],
    });
    const document = `${JSON.stringify(json, null, 1)}\n`;
    if (flags.json === '-') process.stdout.write(document);
    else await writeWhole(flags.json, document);
  }
}

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The folder to read: the one given, the downloaded one, or the replica. */
async function dataFolder({ data, quiet }: ReproduceFlags): Promise<string> {
  if (data === undefined) return fixturePath('replica');
  if (data === '') throw new WeighbridgeError('bad-argument', '--data is empty: expected a folder');
  if (data !== 'published') return data;
  const bar = progressBar('downloading', quiet);
  const interrupted = new AbortController();
  const onInterrupt = () =>
    interrupted.abort(
      new WeighbridgeError('download', 'download interrupted; files already whole are kept'),
    );
  for (const signal of STOPPING) process.once(signal, onInterrupt);
  try {
    return await fetchPublished({
      signal: interrupted.signal,
      onProgress: ({ filesDone, filesTotal }) => bar.update(filesDone, filesTotal),
    });
  } finally {
    for (const signal of STOPPING) process.off(signal, onInterrupt);
    bar.stop();
  }
}

async function fitEverything(study: Study, flags: ReproduceFlags): Promise<Reproduction> {
  const { chains, warmup, draws, seed } = flags;
  const pool = workerPool(flags.workers);
  const bar = progressBar('fitting', flags.quiet);
  try {
    return await reproduce(study, {
      settings: completeSettings({ chains, warmup, draws, seed }),
      run: pool.run,
      onProgress: bar.update,
    });
  } finally {
    bar.stop();
    await pool.close();
  }
}

function isSimulated(study: Study): boolean {
  return study.provenance?.simulated ?? false;
}

function tableTitle(study: Study): string {
  const what = isSimulated(study)
    ? pc.yellow(`SIMULATED DATA, not the paper's: ${study.provenance?.description}`)
    : `data: ${study.folder}`;
  return pc.bold(`Plunkett, Morris, Reddy & Morales 2025 (arXiv 2505.17120) and ours.\n${what}`);
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

function warn(lines: readonly string[]): void {
  for (const line of lines.slice(0, WARNINGS_SHOWN)) {
    process.stderr.write(`${pc.yellow('warning:')} ${line}\n`);
  }
  const more = lines.length - WARNINGS_SHOWN;
  if (more > 0) {
    process.stderr.write(`${pc.yellow('warning:')} and ${more} more; --json lists them all\n`);
  }
}
