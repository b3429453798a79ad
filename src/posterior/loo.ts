/**
 * Leave-one-out cross-validation by Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry
 * 2017, Statistics and Computing 27, arXiv 1507.04544): how well each observation is predicted by a
 * fit to all others, without refitting. Numbers and text match
 * the R package loo 2.10.
 */
import { columnKernel } from '../../models/kernels/columns-kernel.js';
import { writeExp } from '../../models/kernels/elementary-kernel.js';
import { listed, numbered } from '../checks/names.js';
import { sumOf } from '../linear-algebra/sums.js';
import { numberBuffer } from './fast/buffers.js';
import { usualObservation } from './fast/leave-one-out.js';
import {
  type Estimate,
  eachObservation,
  type LogLikelihood,
  printEstimates,
  sumWithError,
} from './log-likelihood.js';
import { commonWidth, type Printable, printable, rounded, textTable } from './printable.js';
import { logSumExp, psis, relativeEfficiency } from './psis.js';
import { finished, type Steps } from './steps.js';
import { paretoKThreshold } from './thresholds.js';

/** Pointwise results, in row order. */
export interface LooPointwise {
  /** Log density of the observation given all others. */
  readonly elpdLoo: Float64Array;
  /** Monte Carlo standard error of `elpdLoo`. */
  readonly mcseElpdLoo: Float64Array;
  /** Pointwise effective number of parameters. */
  readonly pLoo: Float64Array;
  /** −2 elpdLoo. */
  readonly looic: Float64Array;
  /** k̂: how strongly this observation influences the posterior. */
  readonly influenceParetoK: Float64Array;
}

export interface LooDiagnostics {
  /**
   * k̂ of each observation's importance weights; above the threshold its results are unreliable. 0 if the
   * likelihood is the same at all draws (loo has Inf): the weights are then equal and have no tail.
   */
  readonly paretoK: Float64Array;
  /** min(1 − 1 / log10 S, 0.7) for S draws. */
  readonly paretoKThreshold: number;
  /** Effective sample size under the observation's weights. */
  readonly ess: Float64Array;
  /** Relative efficiency of the draws for the mean of the likelihood. */
  readonly relativeEfficiency: Float64Array;
}

/** A LOO result; its text is what R prints, but for the last line, which says what to do about a high k̂. */
export interface Loo extends Printable {
  readonly criterion: 'loo';
  /** Number of draws. */
  readonly draws: number;
  /** Number of observations. */
  readonly rows: number;
  /** Expected log pointwise predictive density of new data. */
  readonly elpdLoo: Estimate;
  /** Effective number of parameters. */
  readonly pLoo: Estimate;
  /** −2 elpdLoo. */
  readonly looic: Estimate;
  /** Monte Carlo standard error of `elpdLoo`; NaN if any k̂ is above the threshold. */
  readonly mcseElpdLoo: number;
  readonly pointwise: LooPointwise;
  readonly diagnostics: LooDiagnostics;
  /** Counts of observations by range of k̂: good, bad, very bad. */
  readonly paretoKTable: readonly ParetoKRow[];
  /** 0-based indices of the observations that were left out exactly, by fits without them, in ascending order. */
  readonly refitted: readonly number[];
  /** 0-based indices of the observations whose numbers are by draws with matched moments, in ascending order. */
  readonly momentMatched: readonly number[];
  /** Names of the observations, if they are groups that were left out whole. */
  readonly labels?: readonly string[];
  /** If any k̂ is above the threshold: how many, and what to do. */
  readonly warnings: readonly string[];
}

export interface LooOptions {
  /** r_eff of each observation, or 1 for independent draws. @default computed from the likelihood */
  readonly relativeEfficiency?: ArrayLike<number> | 1;
  /** Names of the observations, for messages. @default their numbers, from 1 */
  readonly labels?: readonly string[] | undefined;
}

/**
 * Computes LOO in blocks of observations, so that the whole matrix is never in memory.
 *
 * @throws WeighbridgeError `bad-data` if a log likelihood is not finite
 */
export function loo(logLikelihood: LogLikelihood, options: LooOptions = {}): Loo {
  return finished(looInSteps(logLikelihood, options));
}

/** `loo`, pausing after each block of observations. */
export function* looInSteps(logLikelihood: LogLikelihood, options: LooOptions = {}): Steps<Loo> {
  const { rows, chains, drawsPerChain } = logLikelihood;
  const numbers = () => new Float64Array(rows);
  const found: ObservationNumbers = {
    elpd: numbers(),
    mcse: numbers(),
    p: numbers(),
    paretoK: numbers(),
    ess: numbers(),
    efficiency: numbers(),
  };
  const { relativeEfficiency: given } = options;
  const efficiencyOf = (i: number) => (typeof given === 'number' ? given : given?.[i]);
  yield* eachObservation(logLikelihood, (column, i) => {
    const row = looOfObservation(column, chains, efficiencyOf(i));
    for (const name of observationNames) found[name][i] = row[name];
  });
  return assembled(found, {
    draws: chains * drawsPerChain,
    influenceParetoK: found.paretoK,
    refitted: [],
    momentMatched: [],
    ...(options.labels && { labels: options.labels }),
  });
}

const observationNames = ['elpd', 'mcse', 'p', 'paretoK', 'ess', 'efficiency'] as const;

type ObservationNumbers = Readonly<Record<(typeof observationNames)[number], Float64Array>>;

type LooFacts = Pick<Loo, 'draws' | 'refitted' | 'momentMatched' | 'labels'> &
  Pick<LooPointwise, 'influenceParetoK'>;

function assembled(
  { elpd: elpdLoo, mcse: mcseElpdLoo, p: pLoo, paretoK, ess, efficiency }: ObservationNumbers,
  { influenceParetoK, ...facts }: LooFacts,
): Loo {
  const { draws, labels } = facts;
  const looic = elpdLoo.map((elpd) => -2 * elpd);
  const diagnostics: LooDiagnostics = {
    paretoK,
    paretoKThreshold: paretoKThreshold(draws),
    ess,
    relativeEfficiency: efficiency,
  };
  const warnings = warningsOf(diagnostics, labels);
  const mcse = Math.sqrt(sumOf(mcseElpdLoo.map((value) => value * value)));
  const result: Loo = {
    criterion: 'loo',
    ...facts,
    rows: elpdLoo.length,
    elpdLoo: sumWithError(elpdLoo),
    pLoo: sumWithError(pLoo),
    looic: sumWithError(looic),
    mcseElpdLoo: warnings.length === 0 ? mcse : Number.NaN,
    pointwise: { elpdLoo, mcseElpdLoo, pLoo, looic, influenceParetoK },
    diagnostics,
    paretoKTable: paretoKTable(diagnostics),
    warnings,
  };
  return printable(result, () => printLoo(result));
}

/** Better numbers of an observation, 0-based. */
export interface ObservationEstimate {
  readonly observation: number;
  readonly elpd: number;
  readonly mcse: number;
  readonly paretoK: number;
  readonly ess: number;
  /** r_eff. */
  readonly efficiency: number;
}

/** The draws of a fit without an observation. */
export interface ExactObservation {
  /** 0-based. */
  readonly observation: number;
  /** Log likelihood of the observation at the draws of that fit, chain after chain. */
  readonly logLikelihood: Float64Array;
  readonly chains: number;
}

/** The log density averaged over the draws of a fit without the observation; k̂ is 0. */
export function exactEstimate({
  observation,
  logLikelihood,
  chains,
}: ExactObservation): ObservationEstimate {
  return { observation, ...meanDensity(logLikelihood, chains), paretoK: 0 };
}

/**
 * log Σ w p with its Monte Carlo error.
 *
 * @param logWeights of the draws; weights sum to 1
 */
export function estimateByWeights({
  logLikelihood,
  logWeights,
  ...known
}: Omit<ObservationEstimate, 'elpd' | 'mcse'> & {
  readonly logLikelihood: Float64Array;
  readonly logWeights: Float64Array;
}): ObservationEstimate {
  const elpd = logSumExp(logWeights.map((weight, s) => weight + logLikelihood[s]));
  const spread = relativeSpread(
    logLikelihood.map((value) => Math.exp(value - elpd)),
    logWeights.map(Math.exp),
    1,
  );
  return { ...known, elpd, mcse: mcseOf(spread, known.efficiency) };
}

/**
 * The result with better numbers of some observations. `influenceParetoK` stays.
 *
 * @param how the field of the result that lists them
 */
export function withEstimates(
  result: Loo,
  better: readonly ObservationEstimate[],
  how: 'refitted' | 'momentMatched',
): Loo {
  const { pointwise, diagnostics } = result;
  const found: ObservationNumbers = {
    elpd: pointwise.elpdLoo.slice(),
    mcse: pointwise.mcseElpdLoo.slice(),
    p: pointwise.pLoo.slice(),
    paretoK: diagnostics.paretoK.slice(),
    ess: diagnostics.ess.slice(),
    efficiency: diagnostics.relativeEfficiency.slice(),
  };
  for (const { observation: i, ...numbers } of better) {
    const lpd = found.elpd[i] + found.p[i];
    const row = { ...numbers, p: lpd - numbers.elpd };
    for (const name of observationNames) found[name][i] = row[name];
  }
  const indices = better.map(({ observation }) => observation).sort((a, b) => a - b);
  const others = (already: readonly number[]) => already.filter((i) => !indices.includes(i));
  return assembled(found, {
    draws: result.draws,
    influenceParetoK: pointwise.influenceParetoK,
    refitted: others(result.refitted),
    momentMatched: others(result.momentMatched),
    ...(result.labels && { labels: result.labels }),
    [how]: indices,
  });
}

/**
 * log (1/S Σ_s p(y | θ_s)) with its Monte Carlo error.
 *
 * @param logLikelihood chain after chain
 */
export function meanDensity(logLikelihood: Float64Array, chains: number) {
  const draws = logLikelihood.length;
  const greatest = logLikelihood.reduce((most, value) => Math.max(most, value));
  const likelihood = logLikelihood.map((value) => value - greatest);
  writeExp(likelihood);
  const mean = sumOf(likelihood) / draws;
  const efficiency = relativeEfficiency(likelihood, chains);
  const equal = new Float64Array(draws).fill(1 / draws);
  const spread = relativeSpread(likelihood, equal, mean);
  return {
    elpd: greatest + Math.log(mean),
    mcse: mcseOf(spread, efficiency),
    ess: efficiency * draws,
    efficiency,
  };
}

/** Observations by their names, or by their numbers from 1. */
function named(indices: readonly number[], labels: readonly string[] | undefined): string {
  return labels ? listed(indices.map((i) => labels[i])) : numbered(indices);
}

function warningsOf(diagnostics: LooDiagnostics, labels: Loo['labels']): string[] {
  const { paretoK, paretoKThreshold: threshold } = diagnostics;
  const high = paretoKIds(diagnostics);
  if (high.length === 0) return [];
  return [
    `${high.length} of ${paretoK.length} observations have a Pareto k above ${shownThreshold(threshold)} (${named(high, labels)}), and their numbers are not to be trusted: look at these observations, use a model for outliers, or fit without each of them`,
  ];
}

/** A threshold as loo prints it: two decimals, without zeros at the end. */
export const shownThreshold = (threshold: number) => String(Number(threshold.toFixed(2)));

/**
 * Log likelihoods that differ by less than this, absolutely or relatively, differ only by rounding.
 */
const ROUNDING = 1e-12;

/** True also for a binomial outcome of 0 trials, or a row that no parameter affects. */
function isConstant(least: number, greatest: number): boolean {
  return least >= greatest - ROUNDING * Math.max(1, Math.abs(greatest));
}

/** Sums of likelihoods below this have lost digits to underflow. */
const LEAST_SUM = 1e-280;

/**
 * With weights w_s in proportion to 1 / p(y_i | θ_s), smoothed:
 *
 *     elpd_i = log Σ_s w_s p(y_i | θ_s),    p_i = log (1/S Σ_s p(y_i | θ_s)) − elpd_i
 */
function looOfObservation(column: Float64Array, chains: number, given: number | undefined) {
  const kernel = columnKernel();
  const usual = kernel && usualObservation(kernel, column, chains, given);
  if (!usual) return generalObservation(column, chains, given);
  const { elpd, lpd, spread, paretoK, ess, efficiency } = usual;
  return { elpd, p: lpd - elpd, mcse: mcseOf(spread, efficiency), paretoK, ess, efficiency };
}

/** For likelihoods of any size, constant ones, and where there is no kernel. */
function generalObservation(column: Float64Array, chains: number, given: number | undefined) {
  const draws = column.length;
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let s = 0; s < draws; s++) {
    if (column[s] < least) least = column[s];
    if (column[s] > greatest) greatest = column[s];
  }
  const likelihood = numberBuffer('likelihoods', draws);
  for (let s = 0; s < draws; s++) likelihood[s] = column[s] - greatest;
  writeExp(likelihood);
  const efficiency = given ?? relativeEfficiency(likelihood, chains);
  if (isConstant(least, greatest)) {
    return { elpd: greatest, p: 0, mcse: 0, paretoK: 0, ess: efficiency * draws, efficiency };
  }
  const logRatios = numberBuffer('log ratios', draws);
  for (let s = 0; s < draws; s++) logRatios[s] = -column[s];
  const smoothed = psis(logRatios, efficiency, numberBuffer('weights', draws));
  const { weights, paretoK, ess } = smoothed;
  let mean = 0;
  for (let s = 0; s < draws; s++) mean += weights[s] * likelihood[s];
  const usual = mean > LEAST_SUM;
  const elpd = usual
    ? greatest + Math.log(mean)
    : logSumExp(smoothed.logWeights().map((logWeight, s) => logWeight + column[s]));
  const lpd = greatest + Math.log(sumOf(likelihood) / draws);
  const spread = usual
    ? relativeSpread(likelihood, weights, mean)
    : relativeSpread(
        column.map((value) => Math.exp(value - elpd)),
        weights,
        1,
      );
  return { elpd, p: lpd - elpd, mcse: mcseOf(spread, efficiency), paretoK, ess, efficiency };
}

/**
 * The error of a log-normal with the variance of the estimate (Vehtari et al. 2024, eq. 6):
 *
 *     mcse² = log(1 + spread² / r_eff)
 */
function mcseOf(spread: number, efficiency: number): number {
  return Math.sqrt(Math.log1p((spread * spread) / efficiency));
}

/** √(Σ w² (p / E − 1)²): the relative standard error of the estimate E = Σ w p. */
function relativeSpread(likelihood: Float64Array, weights: Float64Array, mean: number): number {
  const inverse = 1 / mean;
  let sum = 0;
  for (let s = 0; s < weights.length; s++) {
    const term = weights[s] * (likelihood[s] * inverse - 1);
    sum += term * term;
  }
  return Math.sqrt(sum);
}

function printLoo({ draws, rows, diagnostics, labels, ...result }: Loo): string {
  const { elpdLoo, pLoo, looic, mcseElpdLoo, paretoKTable: table } = result;
  const { relativeEfficiency: efficiency, paretoKThreshold: threshold } = diagnostics;
  return [
    '',
    `Computed from ${draws} by ${rows} log-likelihood matrix.`,
    '',
    ...printEstimates({ elpd_loo: elpdLoo, p_loo: pLoo, looic }),
    '------',
    `MCSE of elpd_loo is ${rounded(mcseElpdLoo, 1)}.`,
    `MCSE and ESS estimates assume ${printEfficiency(efficiency)}.`,
    '',
    ...printParetoKTable(table, threshold),
    ...printAdvice(diagnostics, labels),
    ...printBetter(result, labels),
  ].join('\n');
}

function printBetter(
  { refitted, momentMatched }: Pick<Loo, 'refitted' | 'momentMatched'>,
  labels: Loo['labels'],
): string[] {
  const counted = (count: number, one: string, many: string) =>
    count === 1
      ? `1 ${labels ? 'group' : 'observation'} ${one}`
      : `${count} ${labels ? 'groups' : 'observations'} ${many}`;
  const lines = [
    ...(momentMatched.length > 0
      ? [
          `${counted(momentMatched.length, 'was', 'were')} left out by draws with matched moments: ${named(momentMatched, labels)}.`,
        ]
      : []),
    ...(refitted.length > 0
      ? [
          `${counted(refitted.length, 'was left out exactly, by a fit without it', 'were left out exactly, by fits without them')}: ${named(refitted, labels)}.`,
        ]
      : []),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
}

function printEfficiency(efficiency: Float64Array): string {
  if (efficiency.every((one) => one === 1)) return 'independent draws (r_eff=1)';
  const least = efficiency.reduce((a, b) => Math.min(a, b));
  const most = efficiency.reduce((a, b) => Math.max(a, b));
  return `MCMC draws (r_eff in [${rounded(least, 1)}, ${rounded(most, 1)}])`;
}

export interface ParetoKRow {
  /** In loo's notation: `(0.7, 1]`. */
  readonly range: string;
  readonly verdict: 'good' | 'bad' | 'very bad';
  /** Number of observations whose k̂ is in the range. */
  readonly count: number;
  /** Proportion of all observations, in [0, 1]. */
  readonly proportion: number;
  /** Smallest effective sample size among them; NaN if there are none, or if k̂ is above the threshold. */
  readonly minEss: number;
}

/** Above 1, the weights have no mean. */
function paretoKTable({ paretoK, paretoKThreshold: good, ess }: LooDiagnostics): ParetoKRow[] {
  const { NEGATIVE_INFINITY: least, POSITIVE_INFINITY: most } = Number;
  const ranges = [
    { range: `(-Inf, ${shownThreshold(good)}]`, verdict: 'good', above: least, to: good },
    { range: `(${shownThreshold(good)}, 1]`, verdict: 'bad', above: good, to: 1 },
    { range: '(1, Inf)', verdict: 'very bad', above: 1, to: most },
  ] as const;
  return ranges.map(({ range, verdict, above, to }) => {
    const within = ess.filter((_, i) => paretoK[i] > above && paretoK[i] <= to);
    const known = verdict === 'good' && within.length > 0;
    return {
      range,
      verdict,
      count: within.length,
      proportion: within.length / paretoK.length,
      minEss: known ? within.reduce((a, b) => Math.min(a, b)) : Number.NaN,
    };
  });
}

/** 0-based indices of observations whose k̂ is above the threshold. */
export function paretoKIds(
  { paretoK, paretoKThreshold: own }: Pick<LooDiagnostics, 'paretoK' | 'paretoKThreshold'>,
  threshold = own,
): number[] {
  return Array.from(paretoK.keys()).filter((i) => paretoK[i] > threshold);
}

function printAdvice(diagnostics: LooDiagnostics, labels: Loo['labels']): string[] {
  const high = paretoKIds(diagnostics);
  if (high.length === 0) return [];
  return [
    `Above ${shownThreshold(diagnostics.paretoKThreshold)}, look at the observation, use a family for outliers, or leave it out by a fit without it: ${named(high, labels)}.`,
  ];
}

function printParetoKTable(table: readonly ParetoKRow[], threshold: number): string[] {
  if (table.every(({ verdict, count }) => verdict === 'good' || count === 0)) {
    return [`All Pareto k estimates are good (k < ${shownThreshold(threshold)}).`];
  }
  const shares = commonWidth(table.map(({ proportion }) => rounded(100 * proportion, 1)));
  const counts = commonWidth(table.map(({ count }) => String(count)));
  const labels = commonWidth(table.map(({ range }) => range));
  const column = (head: string, cell: (row: ParetoKRow, place: number) => string) => ({
    head,
    cells: table.map(cell),
    align: 'left' as const,
  });
  return [
    'Pareto k diagnostic values:',
    ...textTable(labels, [
      column(' ', () => ''),
      column(' ', ({ verdict }) => `(${verdict})`),
      column('Count', (_, i) => counts[i]),
      column('Pct.   ', (_, i) => `${shares[i]}%`),
      column('Min. ESS', ({ minEss }) =>
        Number.isNaN(minEss) ? '<NA>' : String(Math.round(minEss)),
      ),
    ]),
  ];
}
