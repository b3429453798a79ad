/**
 * Leave-one-out cross-validation that ends in an answer: by importance sampling where that is reliable, and
 * exactly, by fits without the observation, where it is not (reloo of brms).
 */
import { badArgument, described } from '../../checks/values.js';
import { isWeighbridgeError } from '../../errors.js';
import { type ExactObservation, type Loo, paretoKIds, withExact } from '../../posterior/loo.js';
import { printable } from '../../posterior/printable.js';
import type { FittedRegression } from '../fitted-regression.js';
import { requireRunOptions } from '../options.js';
import { looOf, predictiveLikelihood, type WithOutcomes } from './criteria.js';
import {
  eachHeldOut,
  equalObservations,
  type HeldOut,
  type RefitOptions,
  rowsOfObservations,
  withoutRows,
} from './held-out.js';

export interface LooFitOptions extends RefitOptions {
  /**
   * Most fits without an observation; equal observations need one fit together. If more would be needed, none is
   * made: `kfold` is then the better way. 0: importance sampling alone.
   *
   * @default 100
   */
  readonly refits?: number;
  /** Receives the number of finished rows, then that of finished fits. */
  readonly onProgress?: RefitOptions['onProgress'];
}

/** LOO of a regression. */
export type RegressionLoo = Loo & WithOutcomes;

const MOST_REFITS = 100;

/**
 * LOO of a fit, as `loo(fit, reloo = TRUE)` of brms: observations whose Pareto k is above the threshold are left
 * out exactly. Single rows are left out: their group effects are still informed by the other rows of the group.
 *
 * @throws WeighbridgeError `bad-argument`; `bad-data` if a row's log likelihood is not finite at any draw;
 *   `interrupted` if `signal` is aborted
 */
export async function looWithRefits(
  fit: FittedRegression,
  options: LooFitOptions = {},
): Promise<RegressionLoo> {
  const { refits = MOST_REFITS, onProgress, signal } = options;
  requireRunOptions({ ...options });
  if (!(typeof refits === 'number' && refits >= 0)) {
    throw badArgument(`refits is ${described(refits)}, but must be a number of at least 0`);
  }
  const approximate = await looOf(fit, { onProgress, signal });
  const { classes, doubtful } = doubtfulClasses(fit, approximate);
  if (doubtful.length === 0) return approximate;
  if (doubtful.length > refits)
    return withWarnings(approximate, approximate, [tooMany(doubtful.length, refits)]);
  const rowsOf = rowsOfObservations(fit.specification.data);
  const parts: (HeldOut & { readonly rows: readonly number[] })[] = [];
  const warnings: string[] = [];
  for (const rows of doubtful.map((one) => classes.get(one) ?? [])) {
    const name = `without observation ${rows[0] + 1}`;
    try {
      parts.push({ name, rows, specification: withoutRows(fit, rowsOf[rows[0]]) });
    } catch (error) {
      if (!isWeighbridgeError(error, 'improper-posterior')) throw error;
      warnings.push(`there is no fit ${name}: ${error.message}`);
    }
  }
  const exact: ExactObservation[] = [];
  await eachHeldOut(fit, parts, options, (part, refit, own) => {
    const { name, rows } = parts[part];
    const likelihood = predictiveLikelihood(refit);
    const { chains, drawsPerChain } = likelihood;
    const logLikelihood = new Float64Array(chains * drawsPerChain);
    likelihood.block(rows[0], 1, logLikelihood);
    for (const observation of rows) exact.push({ observation, logLikelihood, chains });
    warnings.push(...own.map((text) => `${name}: ${text}`));
  });
  return withWarnings(withExact(approximate, exact), approximate, warnings.sort());
}

/** Observations above the threshold by the first of those that are equal, and these first ones in order. */
function doubtfulClasses({ specification }: FittedRegression, { diagnostics }: Loo) {
  const of = equalObservations(specification.data);
  const classes = new Map<number, number[]>();
  for (const i of paretoKIds(diagnostics)) {
    const rows = classes.get(of[i]);
    if (rows) rows.push(i);
    else classes.set(of[i], [i]);
  }
  return { classes, doubtful: [...classes.keys()] };
}

function tooMany(needed: number, most: number): string {
  return most === 0
    ? `they were not left out exactly, because refits is 0: ${needed} fits would do it`
    : `${needed} fits would leave them out exactly, more than refits, ${most}: raise it, or use kfold`;
}

function withWarnings(
  result: Loo,
  { outcomes }: WithOutcomes,
  more: readonly string[],
): RegressionLoo {
  const warnings = [...result.warnings, ...more];
  return printable({ ...result, outcomes, warnings }, () => String(result));
}
