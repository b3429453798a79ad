/**
 * Intervals, probability of direction and region of practical equivalence of a regression's
 * coefficients, as in bayestestR. Default: all population-level coefficients.
 */
import { traitsOf } from '../../../models/families/family.js';
import {
  etiRows,
  type HdiOptions,
  hdiRows,
  type IntervalOptions,
  type NamedDraws,
  type PdOptions,
  pdRows,
  type RopeOptions,
  ropeRows,
} from '../../fit/intervals.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import type { Interval } from '../../posterior/intervals.js';
import type { FittedRegression } from '../fitted-regression.js';
import { layoutOf } from './layout.js';

/** Highest-density intervals, as bayestestR's `hdi`. */
export function hdiOf(fit: FittedRegression, options?: HdiOptions) {
  return hdiRows(coefficientsOf(fit), options);
}

/** Equal-tailed intervals, as bayestestR's `eti`. */
export function etiOf(fit: FittedRegression, options?: IntervalOptions) {
  return etiRows(coefficientsOf(fit), options);
}

/** Probabilities of direction, as bayestestR's `p_direction`. */
export function pdOf(fit: FittedRegression, options?: PdOptions) {
  return pdRows(coefficientsOf(fit), options);
}

/** Shares of the posterior in the region of practical equivalence, as bayestestR's `rope`. */
export function ropeOf(fit: FittedRegression, options: RopeOptions = {}) {
  return ropeRows(coefficientsOf(fit), { range: ropeRange(fit), ...options });
}

function coefficientsOf(fit: FittedRegression): NamedDraws {
  const { draws } = fit;
  return { draws, names: draws.parameterNames.slice(0, layoutOf(fit).coefficients.length) };
}

/**
 * The default region of bayestestR's `rope_range` (0.13): ±0.1 sd(y) for an identity link; ±0.1
 * π/√3 on the logit scale, where π/√3 is the standard deviation of the logistic distribution; ±0.01
 * for a log-transformed outcome or a Gaussian family with a log link; ±0.1 otherwise.
 */
export function ropeRange(fit: FittedRegression): Interval {
  const half = halfRopeRange(fit);
  return [-half, half];
}

function halfRopeRange({ family, frame }: FittedRegression): number {
  const { link } = family;
  const { hasScale, isLogarithmic } = traitsOf(family);
  const { name, values } = frame.response;
  if (/log\w*\(/.test(name) || isLogarithmic) return 0.01;
  if (link === 'log' && hasScale) return 0.01;
  if (link === 'identity') {
    return 0.1 * Math.sqrt(meanAndSquares(values).squares / (values.length - 1));
  }
  if (link === 'logit') return (0.1 * Math.PI) / Math.sqrt(3);
  return 0.1;
}
