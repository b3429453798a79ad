/**
 * Leave-one-out cross-validation by Pareto-smoothed importance sampling (Vehtari, Gelman & Gabry
 * 2017, Statistics and Computing 27, arXiv 1507.04544): how well each observation is predicted by a
 * fit to all others, without refitting. Results match the R package loo 2.5.1.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { columnKernel } from '../../models/kernels/columns-kernel.js';
import { writeExp } from '../../models/kernels/elementary-kernel.js';
import { meanAndSquares, sumOf } from '../linear-algebra/sums.js';
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
import { THRESHOLDS } from './thresholds.js';

/** Pointwise results, in row order. */
export interface LooPointwise {
  /** Log density of the observation given all others. */
  readonly elpdLoo: Float64Array;
  /** Monte Carlo standard error of `elpdLoo`; NaN if the density underflows. */
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
   * k̂ of each observation's importance weights; above 0.7 its results are unreliable. 0 if the
   * likelihood is the same at all draws (loo has Inf): the weights are then equal and have no tail.
   */
  readonly paretoK: Float64Array;
  /** Effective sample size under the observation's weights. */
  readonly ess: Float64Array;
  /** Relative efficiency of the draws for the mean of the likelihood. */
  readonly relativeEfficiency: Float64Array;
}

/** A LOO result; its text is what R prints. */
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
  /** Monte Carlo standard error of `elpdLoo`; NaN if any k̂ is above 0.7. */
  readonly mcseElpdLoo: number;
  readonly pointwise: LooPointwise;
  readonly diagnostics: LooDiagnostics;
  /** Counts of observations by range of k̂: good, ok, bad, very bad. */
  readonly paretoKTable: readonly ParetoKRow[];
  /** If any k̂ is above 0.7: how many, and what to do. */
  readonly warnings: readonly string[];
}

export interface LooOptions {
  /** r_eff of each observation. @default computed from the likelihood */
  readonly relativeEfficiency?: ArrayLike<number>;
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
  const elpdLoo = numbers();
  const mcseElpdLoo = numbers();
  const pLoo = numbers();
  const paretoK = numbers();
  const ess = numbers();
  const efficiencies = numbers();
  yield* eachObservation(logLikelihood, (column, i) => {
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
  return { elpd, p: lpd - elpd, mcse: mcseOf(elpd, spread, efficiency), paretoK, ess, efficiency };
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
  return { elpd, p: lpd - elpd, mcse: mcseOf(elpd, spread, efficiency), paretoK, ess, efficiency };
}

/** If the density underflows, a single draw has all the weight and the error is unknown; loo returns NA. */
function mcseOf(elpd: number, spread: number, efficiency: number): number {
  return Math.exp(elpd) > 0 ? Math.sqrt(varianceOfLog(spread) / efficiency) : Number.NaN;
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

let blomPoints: Float64Array | null = null;

/** 1000 normal quantiles at the Blom points, Φ⁻¹((r − 3/8) / (1000 + 1/4)); computed once. */
function normalPoints(): Float64Array {
  blomPoints ??= Float64Array.from({ length: 1000 }, (_, i) =>
    normalQuantile((i + 1 - 3 / 8) / (1000 + 1 / 4), 0, 1),
  );
  return blomPoints;
}

/**
 * Variance of log z for z ~ normal(1, spread) truncated to positive values, over a thousand
 * quantiles.
 */
function varianceOfLog(spread: number): number {
  if (Number.isNaN(spread)) return spread;
  if (spread <= SMALL_SPREAD) return varianceBySeries(spread);
  const logs: number[] = [];
  for (const point of normalPoints()) {
    const z = 1 + spread * point;
    if (z > 0) logs.push(Math.log(z));
  }
  return meanAndSquares(logs).squares / (logs.length - 1);
}

/** Powers of spread times the largest quantile, 3.2, fall below 1e-13 with the last term. */
const SMALL_SPREAD = 0.1;
const TERMS = 18;
let series: Float64Array | null = null;

/** Σ_m v_m spread^(2m): the terms of odd order vanish, because the quantiles are symmetric about 0. */
function varianceBySeries(spread: number): number {
  series ??= varianceSeries();
  const square = spread * spread;
  let value = 0;
  for (let m = TERMS; m >= 1; m--) value = (value + series[m]) * square;
  return value;
}

/**
 * From log(1 + s x) = Σ_j c_j s^j x^j with c_j = (−1)^(j+1)/j, and the sums of powers M_j = Σ x^j: the
 * coefficient of s^(2m) in Σ log² − (Σ log)²/n is Σ_(j+k=2m) c_j c_k (M_2m − M_j M_k/n).
 */
function varianceSeries(): Float64Array {
  const points = normalPoints();
  const n = points.length;
  const sums = Float64Array.from({ length: 2 * TERMS + 1 }, (_, power) =>
    power % 2 === 1 ? 0 : sumOf(points.map((x) => x ** power)),
  );
  const made = new Float64Array(TERMS + 1);
  for (let m = 1; m <= TERMS; m++) {
    for (let j = 1; j < 2 * m; j++) {
      const k = 2 * m - j;
      // The signs of c_j and c_k are the same, as j + k is even.
      made[m] += (sums[2 * m] - (sums[j] * sums[k]) / n) / (j * k) / (n - 1);
    }
  }
  return made;
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

export interface ParetoKRow {
  /** In loo's notation: `(0.5, 0.7]`. */
  readonly range: string;
  readonly verdict: 'good' | 'ok' | 'bad' | 'very bad';
  /** Number of observations whose k̂ is in the range. */
  readonly count: number;
  /** Proportion of all observations, in [0, 1]. */
  readonly proportion: number;
  /** Smallest effective sample size among them; NaN if there are none. */
  readonly minEss: number;
}

const ranges = [
  { range: '(-Inf, 0.5]', verdict: 'good', above: Number.NEGATIVE_INFINITY, to: 0.5 },
  { range: '(0.5, 0.7]', verdict: 'ok', above: 0.5, to: 0.7 },
  { range: '(0.7, 1]', verdict: 'bad', above: 0.7, to: 1 },
  { range: '(1, Inf)', verdict: 'very bad', above: 1, to: Number.POSITIVE_INFINITY },
] as const;

function paretoKTable(paretoK: Float64Array, ess: Float64Array): ParetoKRow[] {
  return ranges.map(({ range, verdict, above, to }) => {
    const within = ess.filter((_, i) => paretoK[i] > above && paretoK[i] <= to);
    return {
      range,
      verdict,
      count: within.length,
      proportion: within.length / paretoK.length,
      minEss: within.length ? within.reduce((a, b) => Math.min(a, b)) : Number.NaN,
    };
  });
}

/** 0-based indices of observations whose k̂ is above `threshold`. */
export function paretoKIds(paretoK: Float64Array, threshold = 0.5): number[] {
  return Array.from(paretoK.keys()).filter((i) => paretoK[i] > threshold);
}

const HELP = "See help('pareto-k-diagnostic') for details.";

function printParetoKTable(table: readonly ParetoKRow[]): string {
  const [, ok, bad, veryBad] = table.map(({ count }) => count);
  if (ok + bad + veryBad === 0) {
    return ['', 'All Pareto k estimates are good (k < 0.5).', HELP].join('\n');
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
      column('Min. n_eff', ({ minEss }) =>
        Number.isNaN(minEss) ? '<NA>' : String(Math.round(minEss)),
      ),
    ]),
    ...(bad + veryBad === 0 ? ['', 'All Pareto k estimates are ok (k < 0.7).'] : []),
    HELP,
  ].join('\n');
}
