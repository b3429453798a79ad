/** Cross-validation and checks of `weighbridge fit`, with progress, and stopped by a signal. */
import type { FitRunner } from '../fit/job.js';
import type { RegressionFit } from '../regression/regression.js';
import type { FitCheck } from '../regression/validation/check.js';
import type { RegressionKfold } from '../regression/validation/k-fold.js';
import type { RegressionLoo } from '../regression/validation/leave-one-out.js';
import { workerPool } from '../workers/pool.js';
import type { FitFlags } from './fit-flags.js';
import { fitRunner } from './fit-runner.js';
import { progressBar } from './output.js';
import { onFirstStopSignal } from './signals.js';

export function looWithProgress(fit: RegressionFit, flags: FitFlags): Promise<RegressionLoo> {
  const { looRefits: refits, looMomentMatch: momentMatch, looIntegrate, looGrouped } = flags;
  return withRunner('leaving out', flags, (options) =>
    fit.loo({
      ...options,
      momentMatch,
      integrate: looIntegrate,
      grouped: looGrouped,
      ...(refits !== undefined && { refits }),
    }),
  );
}

/** True if any flag asks for K-fold cross-validation. */
export function asksKfold({ kfold, kfoldGrouped }: FitFlags): boolean {
  return kfold !== undefined || kfoldGrouped !== undefined;
}

export function kfoldWithProgress(fit: RegressionFit, flags: FitFlags): Promise<RegressionKfold> {
  const { kfold: folds, kfoldGrouped: grouped, kfoldStratified: stratified } = flags;
  return withRunner('folds', flags, (options) =>
    fit.kfold({
      ...options,
      ...(folds !== undefined && { folds }),
      ...(grouped !== undefined && { grouped }),
      ...(stratified !== undefined && { stratified }),
    }),
  );
}

export async function checkWithProgress(
  fit: RegressionFit,
  known: RegressionLoo | null,
  { quiet, checkCalibration: calibration, workers }: FitFlags,
): Promise<FitCheck> {
  // LOO of groups is no check of rows.
  const given = known && !known.labels ? { loo: known } : {};
  if (calibration === undefined) {
    return withProgress('checking', quiet, (watched) => fit.check({ ...given, ...watched }));
  }
  const pool = workerPool(workers);
  try {
    return await withProgress('checking', quiet, (watched) =>
      fit.check({ ...given, calibration, runner: pool.runner, ...watched }),
    );
  } finally {
    await pool.close();
  }
}

interface Watched {
  readonly onProgress: ReturnType<typeof progressBar>['update'];
  readonly signal: AbortSignal;
}

async function withRunner<T>(
  label: string,
  flags: FitFlags,
  work: (options: Watched & { readonly runner: FitRunner }) => Promise<T>,
): Promise<T> {
  const pool = await fitRunner(flags);
  try {
    return await withProgress(label, flags.quiet, (watched) =>
      work({ runner: pool.runner, ...watched }),
    );
  } finally {
    await pool.close();
  }
}

async function withProgress<T>(
  label: string,
  quiet: boolean,
  work: (watched: Watched) => Promise<T>,
): Promise<T> {
  const bar = progressBar(label, quiet);
  const stop = new AbortController();
  const release = onFirstStopSignal((signal) => stop.abort(signal));
  try {
    return await work({ onProgress: bar.update, signal: stop.signal });
  } finally {
    release();
    bar.stop();
  }
}
