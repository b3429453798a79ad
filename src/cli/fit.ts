/** `weighbridge fit`: a Bayesian regression on a file of data, as brms makes it. */
import type { Command } from 'commander';
import pc from 'picocolors';
import {
  holdsFit,
  loadFit,
  requireFitFolder,
  saveCmdstanCsv,
  saveFit,
  saveInferenceData,
} from '../data-files/fit-folders.js';
import { readTable } from '../data-files/read-table.js';
import { WeighbridgeError } from '../errors.js';
import { rowDraws, rowDrawsSize } from '../exchange/row-draws.js';
import { workerPool } from '../executor/worker-pool.js';
import type { Loo } from '../posterior/loo.js';
import { familyOf } from '../regression/families.js';
import { type RegressionFit, regression } from '../regression/regression.js';
import { writeWhole } from '../study/write-files.js';
import { fitJson } from './fit/fit-json.js';
import {
  addFitOptions,
  type FitFlags,
  levelsOf,
  priorsOf,
  readingOf,
  requireLoadAlone,
  settingsOf,
} from './fit/flags.js';
import { withCaret } from './fit/formula-caret.js';
import { requireWritable } from './output.js';
import { progressBar } from './progress.js';

export function addFit(program: Command): void {
  const command = program
    .command('fit')
    .description('fit a Bayesian regression to a file of data, as brms does')
    .argument('[data]', "CSV, TSV, JSON, JSON lines or Parquet; '-': standard input")
    .argument('[formula]', "as in R: 'y ~ x1 * x2 + (1 | g)'");
  addFitOptions(command).action(runFit);
}

async function runFit(
  data: string | undefined,
  formula: string | undefined,
  flags: FitFlags,
  command: Command,
): Promise<void> {
  if (flags.load !== undefined) {
    const given = [
      ...(data === undefined ? [] : ['data']),
      ...(formula === undefined ? [] : ['formula']),
    ];
    requireLoadAlone(command, given);
  }
  await requireOutputs(flags);
  const started = performance.now();
  const fit = await fitFor(data, formula, flags);
  const seconds = flags.load === undefined ? (performance.now() - started) / 1000 : null;
  const loo = flags.loo ? fit.loo() : null;
  show(fit, loo, flags);
  await write(fit, loo, seconds, flags);
}

/** Fails before the work, not after it, where a result could not be written. */
async function requireOutputs({ json, save, arviz, cmdstan }: FitFlags): Promise<void> {
  if (json !== undefined && json !== '-') await requireWritable(json);
  const folders = [save, arviz, cmdstan].filter((folder) => folder !== undefined);
  if (new Set(folders).size < folders.length) {
    throw new WeighbridgeError(
      'bad-argument',
      '--save, --arviz and --cmdstan name the same folder: expected one for each',
    );
  }
  if (save !== undefined) await requireFitFolder(save, 'fit');
  if (arviz !== undefined) await requireFitFolder(arviz, 'arviz');
  if (cmdstan !== undefined) await requireFitFolder(cmdstan, 'cmdstan');
}

/** The fit that was saved, or one that is made now. */
async function fitFor(
  data: string | undefined,
  formula: string | undefined,
  flags: FitFlags,
): Promise<RegressionFit> {
  if (flags.load !== undefined) return loadFit(flags.load);
  if (data !== undefined && formula !== undefined) return sampled(data, formula, flags);
  throw new WeighbridgeError(
    'bad-argument',
    `${data === undefined ? 'data and formula are' : 'the formula is'} missing: expected weighbridge fit data.csv 'y ~ x'`,
  );
}

async function sampled(data: string, formula: string, flags: FitFlags): Promise<RegressionFit> {
  const prior = priorsOf(flags);
  const levels = levelsOf(flags);
  const { family, link, missing, chains } = flags;
  const columns = await readTable(data, { ...readingOf(flags), onWarning: warn });
  const pool = workerPool(Math.min(flags.workers, chains));
  const bar = progressBar('sampling', flags.quiet);
  const stop = stopOnSignal();
  try {
    return await regression({
      formula,
      family: familyOf(family, link ? { link } : {}),
      data: columns,
      prior,
      levels,
      missing,
      ...settingsOf(flags),
      runner: pool.runChains,
      signal: stop.signal,
      onProgress: ({ done, of }) => bar.update(done, of),
    });
  } catch (error) {
    throw withCaret(error);
  } finally {
    stop.release();
    bar.stop();
    await pool.close();
  }
}

const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The first signal ends the sampling; a second one the process. */
function stopOnSignal(): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    release();
    // The reason comes back as the error's cause, and tells the exit code.
    controller.abort(signal);
  };
  const release = () => {
    for (const signal of STOPPING) process.off(signal, stop);
  };
  for (const signal of STOPPING) process.on(signal, stop);
  return { signal: controller.signal, release };
}

function show(fit: RegressionFit, loo: Loo | null, { json, quiet }: FitFlags): void {
  const parts = loo ? [fit.summary(), loo] : [fit.summary()];
  const text = `${parts.map((part) => String(part).replaceAll(/^\n+|\n+$/g, '')).join('\n\n')}\n`;
  const shownOn = json !== '-' ? process.stdout : quiet ? null : process.stderr;
  shownOn?.write(text);
  // A person who looks at the summary reads them there.
  if (shownOn === process.stderr || shownOn?.isTTY) return;
  for (const warning of fit.warnings) warn(warning);
}

function warn(line: string): void {
  process.stderr.write(`${pc.yellow('warning:')} ${line}\n`);
}

async function write(
  fit: RegressionFit,
  loo: Loo | null,
  seconds: number | null,
  { json, save, arviz, cmdstan }: FitFlags,
): Promise<void> {
  if (save !== undefined) {
    const replaced = await holdsFit(save);
    await saveFit(fit, save);
    if (replaced) process.stderr.write(`replaced the fit in ${save}\n`);
  }
  if (arviz !== undefined) await saveForArviz(fit, arviz, seconds);
  if (cmdstan !== undefined) await saveCmdstanCsv(fit, cmdstan);
  if (json === undefined) return;
  const document = `${JSON.stringify(fitJson(fit, { seconds, loo }), null, 1)}\n`;
  if (json === '-') process.stdout.write(document);
  else await writeWhole(json, document);
}

/** 160 MB for each of log likelihood and predictions. */
const MOST_ROW_DRAWS = 20_000_000;

async function saveForArviz(
  fit: RegressionFit,
  folder: string,
  seconds: number | null,
): Promise<void> {
  const size = rowDrawsSize(fit);
  const small = size <= MOST_ROW_DRAWS;
  if (!small) {
    warn(
      `${folder} has no log_likelihood and no posterior_predictive: these would be ${size} numbers each`,
    );
  }
  await saveInferenceData(fit, folder, {
    ...(small && rowDraws(fit)),
    samplingSeconds: seconds ?? undefined,
  });
}
