/**
 * brms' default prior of the length-scale of a Gaussian process: the inverse gamma with 1% of its mass below the
 * smallest distance between distinct values of x, or a hundredth of the largest if that is more, and 1% above the
 * largest. For a variate b/g with g ~ gamma(a, 1), the ratio of the two quantiles is that of the 99% and the 1%
 * quantile of g, which falls with a.
 */

import type { GaussianProcessTerm } from '../../../models/coefficient-blocks/gaussian-process.js';
import { type Prior, priorMass } from '../../../models/prior-distributions.js';

const TAIL = 0.01;
const LEAST_SHARE = 0.01;

/** Where no inverse gamma is found, as with two distinct values. */
const OTHERWISE: Prior = { distribution: 'normal', mean: 0, sd: 0.5 };

/** Shapes that are tried, as logarithms. */
const SMALLEST = -5;
const LARGEST = 12;
const HALVINGS = 80;

export function lengthScalePrior({
  leastGap,
  range,
}: Pick<GaussianProcessTerm, 'leastGap' | 'range'>): Prior {
  const least = Math.max(leastGap, LEAST_SHARE * range);
  const wanted = Math.log(range / least);
  const logRatio = (shape: number) =>
    logQuantile(shape, 1 - TAIL) - logQuantile(shape, TAIL) - wanted;
  if (!(logRatio(Math.exp(SMALLEST)) > 0 && logRatio(Math.exp(LARGEST)) < 0)) return OTHERWISE;
  const shape = Math.exp(bisected((log) => -logRatio(Math.exp(log)), SMALLEST, LARGEST));
  const scale = range * Math.exp(logQuantile(shape, TAIL));
  return { distribution: 'inv_gamma', shape: rounded(shape), scale: rounded(scale) };
}

/** log of the quantile of a gamma(shape, 1) variate. */
function logQuantile(shape: number, mass: number): number {
  const gamma: Prior = { distribution: 'gamma', shape, rate: 1 };
  // Between bounds beyond which there is less than 1%.
  const least = Math.min(0, Math.log(TAIL) / shape) + Math.log(Math.min(shape, 1)) - 5;
  const most = Math.log(shape + 10 * Math.sqrt(shape) + 20);
  return bisected((log) => priorMass(gamma, Math.exp(log)) - mass, least, most);
}

/** The zero of a rising function. */
function bisected(rising: (x: number) => number, from: number, to: number): number {
  let low = from;
  let high = to;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = 0.5 * (low + high);
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}

/** As brms prints it. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
