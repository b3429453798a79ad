/** `weighbridge fit`: a Bayesian regression on a data file, as in brms. */
import type { Command } from 'commander';
import stringWidth from 'string-width';
import {
  holdsFit,
  loadFit,
  requireFitFolder,
  saveCmdstanCsv,
  saveFit,
  saveInferenceData,
} from '../data-files/fit-folders.js';
import { readTable } from '../data-files/read-table.js';
import { isWeighbridgeError, WeighbridgeError } from '../errors.js';
import { rowDraws, rowDrawsSize } from '../exchange/inference-data.js';
import { packageVersion } from '../package-info.js';
import { comparedGroups } from '../regression/after/ranks.js';
import { fitJson } from '../regression/after/summary.js';
import {
  type Precision,
  precisionJson,
  precisionText,
  sampleToPrecision,
} from '../regression/precision.js';
import { parsePrior } from '../regression/priors/prior-text.js';
import { type RegressionFit, regression } from '../regression/regression.js';
import type { FitCheck } from '../regression/validation/check.js';
import type { RegressionKfold } from '../regression/validation/k-fold.js';
import type { RegressionLoo } from '../regression/validation/leave-one-out.js';
import { checkJson } from '../report/check-json.js';
import { EndsWith, NOT_SO } from './exit-codes.js';
import { familyOfFlags } from './family-flags.js';
import {
  type FitFlags,
  fitFlags,
  parseLevels,
  readingFlags,
  requireLoadAlone,
  settingFlags,
} from './fit-flags.js';
import { fitRunner } from './fit-runner.js';
import {
  asksKfold,
  checkWithProgress,
  kfoldWithProgress,
  looWithProgress,
} from './fit-validation.js';
import { addFlags, givenFlags, requireWith, valuesOf } from './flags.js';
import { progressBar, requireWritable, STANDARD_OUTPUT, warn, writeJson } from './output.js';
import { onFirstStopSignal } from './signals.js';

export function addFit(program: Command): void {
  const command = program
    .command('fit')
    .description('fit a Bayesian regression to a file of data, as brms does')
    .argument('[data]', "CSV, TSV, JSON, JSON lines or Parquet; '-': standard input")
    .argument('[formula]', "as in R: 'y ~ x1 * x2 + (1 | g)'");
  addFlags(command, fitFlags).action(runFit);
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
  requireWith(command, ['precisionLimit'], ['--precision']);
  requireWith(command, ['checkCalibration'], ['--check']);
  requireWith(command, ['arvizRows'], ['--arviz']);
  requireWith(command, ['looRefits', 'looMomentMatch', 'looIntegrate', 'looGrouped'], ['--loo']);
  requireWith(command, ['kfoldStratified'], ['--kfold']);
  await requireOutputs(flags);
  const started = performance.now();
  const { fit, precision } = await fitFor(data, formula, flags, command);
  const seconds = flags.load === undefined ? (performance.now() - started) / 1000 : null;
  const loo = flags.loo ? await looWithProgress(fit, flags) : null;
  const check = flags.check ? await checkWithProgress(fit, loo, flags) : null;
  const kfold = asksKfold(flags) ? await kfoldWithProgress(fit, flags) : null;
  const results = { fit, loo, kfold, precision, check };
  show(results, flags);
  await write(results, seconds, flags);
  if (check && !check.trusted) throw new EndsWith(NOT_SO);
}

/** What is shown and written; null for what was not asked for. */
interface Results extends Sampled {
  readonly loo: RegressionLoo | null;
  readonly kfold: RegressionKfold | null;
  readonly check: FitCheck | null;
}

/** Fails before the work if a result could not be written after it. */
async function requireOutputs({ json, save, arviz, cmdstan }: FitFlags): Promise<void> {
  await requireWritable(json);
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

/** A fit, and what is certain of it if `--precision` was given. */
interface Sampled {
  readonly fit: RegressionFit;
  readonly precision: Precision | null;
}

/** Loads a saved fit, or samples a new one. */
async function fitFor(
  data: string | undefined,
  formula: string | undefined,
  flags: FitFlags,
  command: Command,
): Promise<Sampled> {
  if (flags.load !== undefined) return { fit: await loadFit(flags.load), precision: null };
  if (data !== undefined && formula !== undefined) return sampled(data, formula, flags, command);
  throw new WeighbridgeError(
    'bad-argument',
    `${data === undefined ? 'data and formula are' : 'the formula is'} missing: expected weighbridge fit data.csv 'y ~ x'`,
  );
}

function isGiven(command: Command, name: keyof FitFlags): boolean {
  return givenFlags(command).some((option) => option.attributeName() === name);
}

async function sampled(
  data: string,
  formula: string,
  flags: FitFlags,
  command: Command,
): Promise<Sampled> {
  const { missing, chains, precision: digits, precisionLimit } = flags;
  const family = await familyOfFlags(flags);
  const prior = (flags.prior ?? []).map(parsePrior);
  const { targetAcceptance, ...settings } = valuesOf(settingFlags, flags);
  const levels = parseLevels(flags.levels);
  const columns = await readTable(data, { ...valuesOf(readingFlags, flags), onWarning: warn });
  const pool = await fitRunner(flags, chains);
  const bar = progressBar('sampling', flags.quiet);
  const stop = new AbortController();
  // The error's cause is the signal: it decides the exit code.
  const release = onFirstStopSignal((signal) => stop.abort(signal));
  try {
    const sample = (draws: number) =>
      regression({
        formula,
        family,
        data: columns,
        prior,
        levels,
        missing,
        ...settings,
        // By default, a fit with divergent transitions is made again with a higher one.
        ...(isGiven(command, 'targetAcceptance') && { targetAcceptance }),
        draws,
        runner: pool.runner,
        signal: stop.signal,
        onProgress: bar.update,
      });
    if (digits === undefined) return { fit: await sample(flags.draws), precision: null };
    const now = () => performance.now() / 1000;
    return await sampleToPrecision(flags.draws, sample, { digits, seconds: precisionLimit, now });
  } catch (error) {
    throw withCaret(error);
  } finally {
    release();
    bar.stop();
    await pool.close();
  }
}

/** A `bad-formula` error with the formula below its message and a caret below the character. */
function withCaret(error: unknown): unknown {
  if (!isWeighbridgeError(error, 'bad-formula')) return error;
  const { formula, offset } = error.details;
  if (formula === undefined || offset === undefined) return error;
  const line = formula.replaceAll(/\s/g, ' ');
  // In terminal columns: wide characters take two, combining accents zero.
  const before = stringWidth(line.slice(0, offset));
  return new WeighbridgeError(error.code, `${error.message}\n  ${line}\n  ${' '.repeat(before)}^`, {
    details: error.details,
    cause: error,
  });
}

function show({ fit, loo, kfold, precision, check }: Results, { json, quiet }: FitFlags): void {
  const parts = [
    fit.summary(),
    ...comparedGroups(fit).map((group) => fit.ranks({ group })),
    ...(precision ? [precisionText(precision)] : []),
    ...(loo ? [loo] : []),
    ...(kfold ? [kfold] : []),
    ...(check ? [check] : []),
  ];
  const text = `${parts.map((part) => String(part).replaceAll(/^\n+|\n+$/g, '')).join('\n\n')}\n`;
  const shownOn = json !== STANDARD_OUTPUT ? process.stdout : quiet ? null : process.stderr;
  shownOn?.write(text);
  // On a terminal, the summary already includes them.
  if (shownOn === process.stderr || shownOn?.isTTY) return;
  warn(...fit.warnings, ...(loo?.warnings ?? []), ...(kfold?.warnings ?? []));
}

async function write(
  { fit, loo, kfold, precision, check }: Results,
  seconds: number | null,
  { json, save, arviz, arvizRows, cmdstan }: FitFlags,
): Promise<void> {
  if (save !== undefined) {
    const replaced = await holdsFit(save);
    await saveFit(fit, save);
    if (replaced) process.stderr.write(`replaced the fit in ${save}\n`);
  }
  if (arviz !== undefined) await saveForArviz(fit, arviz, arvizRows, seconds);
  if (cmdstan !== undefined) await saveCmdstanCsv(fit, cmdstan);
  if (json === undefined) return;
  await writeJson(json, {
    weighbridge: packageVersion,
    ...fitJson(fit, { seconds, loo, kfold }),
    ...(precision && { precision: precisionJson(precision) }),
    ...(check && { check: checkJson(check) }),
  });
}

/** Corresponds to 160 MB each for log likelihood and predictions. */
const MOST_ROW_DRAWS = 20_000_000;

async function saveForArviz(
  fit: RegressionFit,
  folder: string,
  withRows: boolean,
  seconds: number | null,
): Promise<void> {
  const size = rowDrawsSize(fit);
  const small = size <= MOST_ROW_DRAWS;
  if (withRows && !small) {
    warn(
      `${folder} has no log_likelihood and no posterior_predictive: these would be ${size} numbers each`,
    );
  }
  await saveInferenceData(fit, folder, {
    ...(withRows && small && rowDraws(fit)),
    samplingSeconds: seconds ?? undefined,
  });
}
