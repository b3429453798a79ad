/**
 * The widely applicable information criterion (Watanabe 2010, JMLR 11), with the numbers of the R
 * package loo 2.10. LOO is the safer one: it knows where it fails.
 */
import { columnKernel } from '../../models/kernels/columns-kernel.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import {
  type Estimate,
  eachObservation,
  type LogLikelihood,
  printEstimates,
  sumWithError,
} from './log-likelihood.js';
import { type Printable, printable, rounded } from './printable.js';
import { logSumExp } from './psis.js';
import { finished, type Steps } from './steps.js';

/** Prints as R prints it. */
export interface Waic extends Printable {
  readonly criterion: 'waic';
  /** Draws that it was computed from. */
  readonly draws: number;
  /** Observations. */
  readonly rows: number;
  /** Expected log pointwise predictive density of new data. */
  readonly elpdWaic: Estimate;
  /** Effective number of parameters. */
  readonly pWaic: Estimate;
  /** −2 elpdWaic. */
  readonly waic: Estimate;
  readonly pointwise: {
    readonly elpdWaic: Float64Array;
    readonly pWaic: Float64Array;
    readonly waic: Float64Array;
  };
  /** Where some p_waic is above 0.4: the estimate is not to be trusted, LOO might be. */
  readonly warnings: readonly string[];
}

/** Variances of a log likelihood above it are too large for WAIC's expansion. */
const LARGEST_P = 0.4;

/**
 *     p_i = var_s log p(y_i | θ_s),    elpd_i = log (1/S Σ_s p(y_i | θ_s)) − p_i
 *
 * @throws WeighbridgeError `bad-data` for log likelihoods that are not finite
 */
export function waic(logLikelihood: LogLikelihood): Waic {
  return finished(waicInSteps(logLikelihood));
}

/** `waic`, pausing after each block of observations. */
export function* waicInSteps(logLikelihood: LogLikelihood): Steps<Waic> {
  const { rows, chains, drawsPerChain } = logLikelihood;
  const draws = chains * drawsPerChain;
  const elpdWaic = new Float64Array(rows);
  const pWaic = new Float64Array(rows);
  yield* eachObservation(logLikelihood, (column, i) => {
    const { squares, logSum } = sumsOf(column);
    pWaic[i] = squares / (draws - 1);
    elpdWaic[i] = logSum - Math.log(draws) - pWaic[i];
  });
  const pointwise = { elpdWaic, pWaic, waic: elpdWaic.map((elpd) => -2 * elpd) };
  const result: Waic = {
    criterion: 'waic',
    draws,
    rows,
    elpdWaic: sumWithError(elpdWaic),
    pWaic: sumWithError(pWaic),
    waic: sumWithError(pointwise.waic),
    pointwise,
    warnings: warningsOf(pWaic),
  };
  return printable(result, () => printWaic(result));
}

/** Squares about the mean, and log Σ exp, of finite numbers. */
function sumsOf(column: Float64Array): { squares: number; logSum: number } {
  const kernel = columnKernel();
  if (!kernel) return { squares: meanAndSquares(column).squares, logSum: logSumExp(column) };
  kernel.load(column);
  const { greatest, squares } = kernel.moments();
  return { squares, logSum: greatest + Math.log(kernel.exponentiate(greatest)) };
}

function warningsOf(pWaic: Float64Array): string[] {
  const count = pWaic.filter((p) => p > LARGEST_P).length;
  if (count === 0) return [];
  const share = rounded((100 * count) / pWaic.length, 1);
  return [
    `${count} (${share}%) p_waic estimates greater than 0.4. We recommend trying loo instead.`,
  ];
}

function printWaic(result: Waic): string {
  const { draws, rows, elpdWaic, pWaic, waic: criterion, warnings } = result;
  return [
    '',
    `Computed from ${draws} by ${rows} log-likelihood matrix.`,
    '',
    ...printEstimates({ elpd_waic: elpdWaic, p_waic: pWaic, waic: criterion }),
    ...(warnings.length ? ['', ...warnings] : []),
  ].join('\n');
}
