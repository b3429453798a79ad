/**
 * How many of the draws of a mean are effective, as a share: r_eff of the R package loo, by the
 * chains as they are (posterior's ESS of the mean splits them in halves).
 */
import { centreChains } from './fast/centred-chains.js';
import { essOfChains } from './fast/effective-size.js';

/**
 * r_eff as loo 2.5.1's `relative_eff` computes it. Its autocovariances come from a Fourier
 * transform and keep a factor m / n, where m is the next number from the n draws of a chain on
 * with no prime factor but 2, 3 and 5; so that for n such as 1,000 it is 1, and for others the
 * variance within chains counts a little more beside that between them.
 *
 * @param values one number a draw, chain after chain: for LOO the likelihood, not its logarithm
 */
export function relativeEfficiency(values: Float64Array, chains: number): number {
  const centred = centreChains(values, chains);
  const factor = nextSmooth(centred.length) / centred.length;
  // A common factor of both variances would leave the correlations as they are.
  const ess = essOfChains({ ...centred, between: centred.between / factor });
  // Of draws that are all the same, loo counts every second as effective.
  return Number.isNaN(ess) && isConstant(values) ? 0.5 : ess / values.length;
}

function nextSmooth(length: number): number {
  for (let next = Math.max(length, 2); ; next++) {
    let rest = next;
    for (const prime of [2, 3, 5]) while (rest % prime === 0) rest /= prime;
    if (rest === 1) return next;
  }
}

function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}
