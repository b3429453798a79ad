/**
 * K-fold cross-validation of a regression, as brms' `kfold`: folds at random, stratified, or of whole groups. A
 * group whose rows are all held out is a new one to the fit: its effects are draws from the distribution of the
 * group.
 */
import { numbered } from '../../checks/names.js';
import { requireSeed } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { isWeighbridgeError, WeighbridgeError } from '../../errors.js';
import { type Kfold, kfoldOf } from '../../posterior/kfold.js';
import { eachObservation, type LogLikelihood } from '../../posterior/log-likelihood.js';
import { meanDensity } from '../../posterior/loo.js';
import { printable } from '../../posterior/printable.js';
import { finished } from '../../posterior/steps.js';
import { quickStream } from '../../random/quick-stream.js';
import type { RandomStream } from '../../random/stream.js';
import type { FittedRegression } from '../fitted-regression.js';
import { requireRunOptions } from '../options.js';
import { predictiveLikelihood, type WithOutcomes } from './criteria.js';
import { eachHeldOut, type RefitOptions, rowsOfObservations, withoutRows } from './held-out.js';
import { labelsOfObservations, type RowLabels } from './row-labels.js';

export interface KfoldOptions extends RefitOptions {
  /**
   * Number of folds, at least 2.
   *
   * @default 10, or as many as there are groups: each is held out by itself
   */
  readonly folds?: number;
  /** Strata that each fold has in about equal shares. @default at random */
  readonly stratified?: RowLabels;
  /** Groups that are held out whole, and scored jointly. @default at random */
  readonly grouped?: RowLabels;
  /** Seed of the folds; fits have that of the fit. @default the seed of the fit */
  readonly seed?: number | string;
}

/** K-fold cross-validation of a regression. */
export type RegressionKfold = Kfold & WithOutcomes;

const DEFAULT_FOLDS = 10;

/**
 * @throws WeighbridgeError `bad-argument`; `bad-data` for a missing group; `improper-posterior` if the other folds
 *   do not hold coefficients with flat priors; `interrupted` if `signal` is aborted
 */
export async function kfold(
  fit: FittedRegression,
  options: KfoldOptions = {},
): Promise<RegressionKfold> {
  requireRunOptions({ ...options });
  const { outcomes } = fit.specification.data;
  const rowsOf = rowsOfObservations(fit.specification.data);
  const { fold, folds, groups } = foldsOf(fit, rowsOf, options);
  const held = membersBy(fold, folds);
  const parts = held.map((observations, k) => {
    const name = `without fold ${k + 1}`;
    return { name, specification: reduced(fit, name, observations, rowsOf) };
  });
  const n = rowsOf.length;
  const elpd = new Float64Array(n);
  const mcse = new Float64Array(n);
  const joint = new Float64Array(groups.length);
  const warnings: string[] = [];
  await eachHeldOut(fit, parts, options, (k, refit, own) => {
    const likelihood = predictiveLikelihood(refit);
    const { chains, drawsPerChain } = likelihood;
    const column = new Float64Array(chains * drawsPerChain);
    const totals = new Map<number, Float64Array>();
    for (const i of held[k]) {
      likelihood.block(i, 1, column);
      ({ elpd: elpd[i], mcse: mcse[i] } = meanDensity(column, chains));
      addTo(totals, groups, i, column);
    }
    for (const [group, total] of totals) joint[group] = meanDensity(total, chains).elpd;
    const name = `${parts[k].name} (${observationsOf(held[k])})`;
    warnings.push(...own.map((text) => `${name}: ${text}`));
  });
  const scores = groups.map(({ label, members }, g) => ({
    group: label,
    size: members.size,
    elpd: joint[g],
  }));
  const lpd = meanDensities(predictiveLikelihood(fit));
  const found = { elpd, mcse, lpd, fold: fold.map((k) => k + 1) };
  const result = kfoldOf(found, { folds, groups: scores, warnings: warnings.sort() });
  return printable({ ...result, outcomes }, () => String(result));
}

function reduced(
  fit: FittedRegression,
  name: string,
  observations: readonly number[],
  rowsOf: ReturnType<typeof rowsOfObservations>,
) {
  try {
    return withoutRows(
      fit,
      observations.flatMap((i) => rowsOf[i]),
    );
  } catch (error) {
    if (!isWeighbridgeError(error, 'improper-posterior')) throw error;
    const found = `${name} (${observationsOf(observations)}): ${error.message}`;
    throw new WeighbridgeError(error.code, found, { cause: error });
  }
}

function observationsOf(indices: readonly number[]): string {
  return `observation${indices.length === 1 ? '' : 's'} ${numbered(indices)}`;
}

/** Log mean densities of all observations by one fit. */
function meanDensities(likelihood: LogLikelihood): Float64Array {
  const lpd = new Float64Array(likelihood.rows);
  finished(
    eachObservation(likelihood, (column, i) => {
      lpd[i] = meanDensity(column, likelihood.chains).elpd;
    }),
  );
  return lpd;
}

interface Group {
  readonly label: string;
  /** Its observations. */
  readonly members: ReadonlySet<number>;
}

/** Adds the log likelihoods of an observation to those of its group, if there are groups. */
function addTo(
  totals: Map<number, Float64Array>,
  groups: readonly Group[],
  observation: number,
  column: Float64Array,
): void {
  const group = groups.findIndex(({ members }) => members.has(observation));
  if (group < 0) return;
  const total = totals.get(group);
  if (!total) totals.set(group, column.slice());
  else for (let s = 0; s < total.length; s++) total[s] += column[s];
}

interface Folds {
  /** Fold of each observation, from 0. */
  readonly fold: Int32Array;
  readonly folds: number;
  /** Empty unless groups are held out whole. */
  readonly groups: readonly Group[];
}

function foldsOf(
  fit: FittedRegression,
  rowsOf: readonly (readonly number[])[],
  { folds: asked, stratified, grouped, seed = fit.settings.seed }: KfoldOptions,
): Folds {
  requireSeed(seed);
  if (stratified !== undefined && grouped !== undefined) {
    throw badArgument('folds are either stratified or grouped: expected one of both options');
  }
  const n = rowsOf.length;
  const random = quickStream(seed, 'kfold');
  if (grouped === undefined) {
    const folds = requireFolds(asked ?? Math.min(DEFAULT_FOLDS, n), n, 'observations');
    const order = shuffled(n, random);
    if (stratified !== undefined) {
      const labels = labelsOfObservations(fit, 'stratified', stratified, rowsOf);
      // The sort is stable: in a stratum the order stays random.
      order.sort((a, b) => (labels[a] < labels[b] ? -1 : labels[a] > labels[b] ? 1 : 0));
    }
    return { fold: dealt(order, folds), folds, groups: [] };
  }
  const labels = labelsOfObservations(fit, 'grouped', grouped, rowsOf);
  const names = [...new Set(labels)].sort();
  const folds = requireFolds(
    asked ?? names.length,
    names.length,
    typeof grouped === 'string' ? `groups of ${grouped}` : 'groups',
  );
  const ofGroup = dealt(
    asked === undefined ? [...names.keys()] : shuffled(names.length, random),
    folds,
  );
  const place = new Map(names.map((name, g) => [name, g]));
  const of = labels.map((label) => place.get(label) ?? 0);
  const members = membersBy(Int32Array.from(of), names.length);
  const groups = names.map((label, g) => ({ label, members: new Set(members[g]) }));
  return { fold: Int32Array.from(of, (g) => ofGroup[g]), folds, groups };
}

function requireFolds(folds: number, most: number, of: string): number {
  if (Number.isSafeInteger(folds) && folds >= 2 && folds <= most) return folds;
  throw badArgument(
    `folds is ${described(folds)}, but must be a whole number from 2 to ${most}, the number of ${of}`,
  );
}

/** 0 to n − 1 in random order (Fisher & Yates). */
function shuffled(n: number, random: RandomStream): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** Folds by turns, in this order. */
function dealt(order: readonly number[], folds: number): Int32Array {
  const fold = new Int32Array(order.length);
  order.forEach((i, place) => {
    fold[i] = place % folds;
  });
  return fold;
}

/** Indices by their group, 0 to count − 1. */
function membersBy(groupOf: Int32Array, count: number): number[][] {
  const members: number[][] = Array.from({ length: count }, () => []);
  groupOf.forEach((group, i) => {
    members[group].push(i);
  });
  return members;
}
