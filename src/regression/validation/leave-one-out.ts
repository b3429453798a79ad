/**
 * Leave-one-out cross-validation that ends in an answer: by importance sampling where that is reliable, and where it
 * is not, by draws with matched moments, if they are asked for, or exactly by fits without the observation (reloo of
 * brms).
 */
import { badArgument, described } from '../../checks/values.js';
import { isWeighbridgeError } from '../../errors.js';
import { watchable } from '../../fit/watched.js';
import type { LogLikelihood } from '../../posterior/log-likelihood.js';
import {
  exactEstimate,
  type Loo,
  looInSteps,
  type ObservationEstimate,
  paretoKIds,
  withEstimates,
} from '../../posterior/loo.js';
import { momentMatched } from '../../posterior/moment-match.js';
import { printable } from '../../posterior/printable.js';
import type { Steps } from '../../posterior/steps.js';
import type { FittedRegression } from '../fitted-regression.js';
import { requireRunOptions } from '../options.js';
import { type WithOutcomes, withOutcomes } from './criteria.js';
import { drawnPosterior } from './drawn-posterior.js';
import { eachHeldOut, type HeldOut, type RefitOptions, withoutRows } from './held-out.js';
import { type ObservationOptions, type Observations, observationsOf } from './observations.js';

export interface LooFitOptions extends RefitOptions, ObservationOptions {
  /**
   * Most fits without an observation; equal observations need one fit together. If more would be needed, none is
   * made: `kfold` is then the better way. 0: no fits.
   *
   * @default 100
   */
  readonly refits?: number;
  /**
   * True for draws that are moved to the posterior without each observation of a high Pareto k (moment matching,
   * Paananen et al. 2021), before fits are made without those whose Pareto k stays high: for models whose fits take
   * long. Not for integrated group effects.
   *
   * @default false
   */
  readonly momentMatch?: boolean;
  /** Receives the number of finished rows, then that of finished observations with matched moments, then of fits. */
  readonly onProgress?: RefitOptions['onProgress'];
}

/** LOO of a regression. */
export type RegressionLoo = Loo & WithOutcomes;

const MOST_REFITS = 100;

/**
 * LOO of a fit, as `loo(fit, reloo = TRUE)` of brms: observations whose Pareto k is above the threshold are left
 * out exactly. Single rows are left out, unless `grouped` says otherwise: their group effects are still informed by the
 * other rows of the group.
 *
 * @throws WeighbridgeError `bad-argument`; `bad-data` if a row's log likelihood is not finite at any draw;
 *   `interrupted` if `signal` is aborted
 */
export async function looWithRefits(
  fit: FittedRegression,
  options: LooFitOptions = {},
): Promise<RegressionLoo> {
  const { refits = MOST_REFITS, momentMatch = false, onProgress, signal } = options;
  requireRunOptions({ ...options });
  if (!(typeof refits === 'number' && refits >= 0)) {
    throw badArgument(`refits is ${described(refits)}, but must be a number of at least 0`);
  }
  if (typeof momentMatch !== 'boolean') {
    throw badArgument(`momentMatch is ${described(momentMatch)}, expected true or false`);
  }
  const observations = observationsOf(fit, options);
  if (momentMatch && observations.isIntegrated) {
    throw badArgument(
      'momentMatch is not for integrated group effects: expected it without integrate, or fits by refits',
    );
  }
  let found = await looOf(fit, { observations, onProgress, signal });
  if (momentMatch) {
    const state = { observations, found };
    found = await watchable(() => matchingSteps(fit, state))(fit, { onProgress, signal });
  }
  return withExactFits(fit, { observations, found, refits }, options);
}

interface LooState {
  readonly observations: Observations;
  readonly found: RegressionLoo;
}

/**
 * By importance sampling alone, as `loo(fit)` of brms.
 *
 * @throws as `looWithRefits`
 */
export const looOf = watchable<
  FittedRegression,
  { readonly observations?: Observations },
  RegressionLoo
>(function* (fit, { observations = observationsOf(fit, {}) }) {
  const { labels } = observations;
  return withOutcomes(yield* looInSteps(observations.likelihoodOf(fit), { labels }), fit);
});

function* matchingSteps(
  fit: FittedRegression,
  { observations, found }: LooState,
): Steps<RegressionLoo> {
  const { paretoKThreshold } = found.diagnostics;
  const doubtful = paretoKIds(found.diagnostics);
  if (doubtful.length === 0) return found;
  const posterior = drawnPosterior(fit, observations.rowsOf);
  const likelihood = observations.likelihoodOf(fit);
  const better: ObservationEstimate[] = [];
  let done = 0;
  for (const i of doubtful) {
    const estimate = momentMatched(posterior, i, columnOf(likelihood, i), paretoKThreshold);
    if (estimate) better.push(estimate);
    yield { done: ++done, total: doubtful.length };
  }
  return withOutcomes(withEstimates(found, better, 'momentMatched'), fit);
}

function columnOf(likelihood: LogLikelihood, observation: number): Float64Array {
  const column = new Float64Array(likelihood.chains * likelihood.drawsPerChain);
  likelihood.block(observation, 1, column);
  return column;
}

/** By fits without the observations that are still doubtful. */
async function withExactFits(
  fit: FittedRegression,
  { observations, found, refits }: LooState & { readonly refits: number },
  options: RefitOptions,
): Promise<RegressionLoo> {
  const { rowsOf, labels } = observations;
  const { classes, doubtful } = doubtfulClasses(observations, found);
  if (doubtful.length === 0) return found;
  if (doubtful.length > refits) return withWarnings(found, [tooMany(doubtful.length, refits)]);
  const parts: (HeldOut & { readonly members: readonly number[] })[] = [];
  const warnings: string[] = [];
  for (const members of doubtful.map((one) => classes.get(one) ?? [])) {
    const [first] = members;
    const name = labels ? `without group ${labels[first]}` : `without observation ${first + 1}`;
    try {
      parts.push({ name, members, specification: withoutRows(fit, rowsOf[first]) });
    } catch (error) {
      if (!isWeighbridgeError(error, 'improper-posterior')) throw error;
      warnings.push(`there is no fit ${name}: ${error.message}`);
    }
  }
  const exact: ObservationEstimate[] = [];
  await eachHeldOut(fit, parts, options, (part, refit, own) => {
    const { name, members } = parts[part];
    const likelihood = observations.likelihoodOf(refit);
    const logLikelihood = columnOf(likelihood, members[0]);
    for (const observation of members) {
      exact.push(exactEstimate({ observation, logLikelihood, chains: likelihood.chains }));
    }
    warnings.push(...own.map((text) => `${name}: ${text}`));
  });
  const result = withEstimates(found, exact, 'refitted');
  return withWarnings(withOutcomes(result, fit), warnings.sort());
}

/** Observations above the threshold by the first of those that are equal, and these first ones in order. */
function doubtfulClasses({ classOf }: Observations, { diagnostics }: Loo) {
  const classes = new Map<number, number[]>();
  for (const i of paretoKIds(diagnostics)) {
    const members = classes.get(classOf[i]);
    if (members) members.push(i);
    else classes.set(classOf[i], [i]);
  }
  return { classes, doubtful: [...classes.keys()] };
}

function tooMany(needed: number, most: number): string {
  return most === 0
    ? `they were not left out exactly, because refits is 0: ${needed} fits would do it`
    : `${needed} fits would leave them out exactly, more than refits, ${most}: raise it, or use kfold`;
}

function withWarnings(result: RegressionLoo, more: readonly string[]): RegressionLoo {
  const warnings = [...result.warnings, ...more];
  return printable({ ...result, warnings }, () => String(result));
}
