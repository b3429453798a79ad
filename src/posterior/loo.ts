/**
 * Leave-one-out cross-validation by Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry
 * 2017, Statistics and Computing 27, arXiv 1507.04544), with the numbers of the R package loo
 * 2.5.1: how well each observation is predicted by a fit to all others, without making those fits.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { meanAndSquares, sumOf } from '../linear-algebra/sums.js';
import { type Estimate, printEstimates, sumWithError } from './estimates.js';
import { eachObservation, type LogLikelihood } from './log-likelihood.js';
import { type ParetoKRow, paretoKIds, paretoKTable, printParetoKTable } from './pareto-k-table.js';
import { type Printable, printable, rounded } from './printable.js';
import { logSumExp, psis } from './psis.js';
import { relativeEfficiency } from './relative-efficiency.js';
import { THRESHOLDS } from './thresholds.js';

/** Numbers of each observation, in the order of the rows. */
export interface LooPointwise {
  /** Log density of the observation given all others. */
  readonly elpdLoo: Float64Array;
  /** Monte Carlo standard error of that; NaN where the density is too small for a number. */
  readonly mcseElpdLoo: Float64Array;
  /** What leaving it out costs: its share of the effective number of parameters. */
  readonly pLoo: Float64Array;
  /** −2 elpdLoo. */
  readonly looic: Float64Array;
  /** k̂: how much the posterior hangs on this observation. */
  readonly influenceParetoK: Float64Array;
}

export interface LooDiagnostics {
  /**
   * k̂ of each observation's importance weights; above 0.7 its numbers are not to be trusted. 0
   * where the likelihood is the same at all draws (loo has Inf): weights are equal, without a tail.
   */
  readonly paretoK: Float64Array;
  /** Effective number of draws under its weights. */
  readonly ess: Float64Array;
  /** Share of effective draws in the mean of its likelihood. */
  readonly relativeEfficiency: Float64Array;
}

/** Prints as R prints it. */
export interface Loo extends Printable {
  readonly criterion: 'loo';
  /** Draws that it was computed from. */
  readonly draws: number;
  /** Observations. */
  readonly rows: number;
  /** Expected log pointwise predictive density of new data. */
  readonly elpdLoo: Estimate;
  /** Effective number of parameters. */
  readonly pLoo: Estimate;
  /** −2 elpdLoo. */
  readonly looic: Estimate;
  /** Monte Carlo standard error of elpdLoo; NaN where a k̂ is above 0.7. */
  readonly mcseElpdLoo: number;
  readonly pointwise: LooPointwise;
  readonly diagnostics: LooDiagnostics;
  /** Observations by k̂: good, ok, bad, very bad. */
  readonly paretoKTable: readonly ParetoKRow[];
  /** Where some k̂ is above 0.7: how many, and what to do. */
  readonly warnings: readonly string[];
}

export interface LooOptions {
  /** r_eff of each observation; from the likelihood where absent. */
  readonly relativeEfficiency?: ArrayLike<number>;
}

/** Above it a weight's error is unknown. */

/**
 * Computes blocks of observations, so that the whole matrix is never held.
 *
 * @throws WeighbridgeError `bad-data` for log likelihoods that are not finite
 */
export function loo(logLikelihood: LogLikelihood, options: LooOptions = {}): Loo {
  const { rows, chains, drawsPerChain } = logLikelihood;
  const numbers = () => new Float64Array(rows);
  const elpdLoo = numbers();
  const mcseElpdLoo = numbers();
  const pLoo = numbers();
  const paretoK = numbers();
  const ess = numbers();
  const efficiencies = numbers();
  eachObservation(logLikelihood, (column, i) => {
    const row = looOfObservation(column, chains, options.relativeEfficiency?.[i]);
    elpdLoo[i] = row.elpd;
    mcseElpdLoo[i] = row.mcse;
    pLoo[i] = row.p;
    paretoK[i] = row.paretoK;
    ess[i] = row.ess;
    efficiencies[i] = row.efficiency;
  });
  const looic = elpdLoo.map((elpd) => -2 * elpd);
  const warnings = warningsOf(paretoK);
  const mcse = Math.sqrt(mcseElpdLoo.reduce((sum, value) => sum + value * value, 0));
  const result: Loo = {
    criterion: 'loo',
    draws: chains * drawsPerChain,
    rows,
    elpdLoo: sumWithError(elpdLoo),
    pLoo: sumWithError(pLoo),
    looic: sumWithError(looic),
    mcseElpdLoo: warnings.length === 0 ? mcse : Number.NaN,
    pointwise: { elpdLoo, mcseElpdLoo, pLoo, looic, influenceParetoK: paretoK },
    diagnostics: { paretoK, ess, relativeEfficiency: efficiencies },
    paretoKTable: paretoKTable(paretoK, ess),
    warnings,
  };
  return printable(result, () => printLoo(result));
}

function warningsOf(paretoK: Float64Array): string[] {
  const count = paretoKIds(paretoK, THRESHOLDS.paretoK).length;
  if (count === 0) return [];
  return [
    `${count} of ${paretoK.length} observations have a Pareto k above ${THRESHOLDS.paretoK}, and their numbers are not to be trusted: look at these observations, use a model for outliers, or fit without each of them`,
  ];
}

/** Log likelihoods that differ by less, of 1 or of their size, are the same but for rounding. */
const ROUNDING = 1e-12;

/** So is that of a binomial outcome of 0 trials, or of a row that no parameter has a part in. */
function isConstant(column: Float64Array, greatest: number): boolean {
  const least = greatest - ROUNDING * Math.max(1, Math.abs(greatest));
  return column.every((value) => value >= least);
}

/** Sums of likelihoods below it have lost digits to draws that are too unlikely for a number. */
const LEAST_SUM = 1e-280;

/**
 * With weights w_s in proportion to 1 / p(y_i | θ_s), smoothed:
 *
 *     elpd_i = log Σ_s w_s p(y_i | θ_s),    p_i = log (1/S Σ_s p(y_i | θ_s)) − elpd_i
 */
function looOfObservation(column: Float64Array, chains: number, given: number | undefined) {
  const greatest = column.reduce((a, b) => Math.max(a, b));
  const likelihood = column.map((value) => Math.exp(value - greatest));
  const efficiency = given ?? relativeEfficiency(likelihood, chains);
  if (isConstant(column, greatest)) {
    const ess = efficiency * column.length;
    return { elpd: greatest, p: 0, mcse: 0, paretoK: 0, ess, efficiency };
  }
  const { logWeights, weights, paretoK, ess } = psis(
    column.map((value) => -value),
    efficiency,
  );
  let mean = 0;
  for (let s = 0; s < weights.length; s++) mean += weights[s] * likelihood[s];
  const usual = mean > LEAST_SUM;
  const elpd = usual
    ? greatest + Math.log(mean)
    : logSumExp(column.map((value, s) => value + logWeights[s]));
  const lpd = greatest + Math.log(sumOf(likelihood) / column.length);
  const spread = usual
    ? relativeSpread(likelihood, weights, mean)
    : relativeSpread(
        column.map((value) => Math.exp(value - elpd)),
        weights,
        1,
      );
  // Further out than numbers go, one draw has all the weight, and no error can be told: loo has NA.
  const mcse = Math.exp(elpd) > 0 ? Math.sqrt(varianceOfLog(spread) / efficiency) : Number.NaN;
  return { elpd, p: lpd - elpd, mcse, paretoK, ess, efficiency };
}

/** √(Σ w² (p / E − 1)²): the standard error of the estimate E = Σ w p, by E. */
function relativeSpread(likelihood: Float64Array, weights: Float64Array, mean: number): number {
  let sum = 0;
  for (let s = 0; s < weights.length; s++) {
    const term = weights[s] * (likelihood[s] / mean - 1);
    sum += term * term;
  }
  return Math.sqrt(sum);
}

/** Φ⁻¹ at the Blom points (r − 3/8) / (1000 + 1/4) of a thousand. */
const normalPoints = Float64Array.from({ length: 1000 }, (_, i) =>
  normalQuantile((i + 1 - 3 / 8) / (1000 + 1 / 4), 0, 1),
);

/** Variance of log z for z ~ normal(1, spread) where positive, over a thousand quantiles. */
function varianceOfLog(spread: number): number {
  if (Number.isNaN(spread)) return spread;
  const logs: number[] = [];
  for (let r = 0; r < normalPoints.length; r++) {
    const z = 1 + spread * normalPoints[r];
    if (z > 0) logs.push(Math.log(z));
  }
  return meanAndSquares(logs).squares / (logs.length - 1);
}

function printLoo(result: Loo): string {
  const { draws, rows, elpdLoo, pLoo, looic, mcseElpdLoo, paretoKTable } = result;
  const someHigh = result.diagnostics.paretoK.some((k) => k > 0.5);
  return [
    '',
    `Computed from ${draws} by ${rows} log-likelihood matrix`,
    '',
    ...printEstimates({ elpd_loo: elpdLoo, p_loo: pLoo, looic }),
    '------',
    `Monte Carlo SE of elpd_loo is ${rounded(mcseElpdLoo, 1)}.`,
    ...(someHigh ? [''] : []),
    printParetoKTable(paretoKTable),
  ].join('\n');
}
