/**
 * Log densities of priors with their first two derivatives, normalized, including truncation:
 *
 *     flat           0, or −log(upper − lower) between two bounds
 *     normal         −½ z² − log(sd √(2π)),                          z = (x − mean) / sd
 *     student_t      −(ν+1)/2 · log(1 + z²/ν) + log Γ((ν+1)/2) − log Γ(ν/2) − ½ log(νπ) − log scale
 *     cauchy         −log(1 + z²) − log(π scale)
 *     exponential    −rate x + log rate
 *     gamma          (shape−1) log x − rate x + shape log rate − log Γ(shape)
 *     beta           (α−1) log x + (β−1) log(1−x) − log B(α, β)
 *     lognormal      −½ z² − log x − log(sd √(2π)),                  z = (log x − meanlog) / sd
 *     uniform        −log(to − from)
 *     inv_gamma      −(shape+1) log x − scale/x + shape log scale − log Γ(shape)
 *     double_exponential   −|z| − log(2 scale),                      z = (x − location) / scale
 *     logistic       −|z| − 2 log(1 + e^−|z|) − log scale
 *
 *      constant       0, at its value
 *
 * minus the log of the mass within the bounds; −Infinity outside them.
 */
import betaln from '@stdlib/math-base-special-betaln';
import gammaln from '@stdlib/math-base-special-gammaln';
import { studentTConstant, studentTKernel } from '../../src/linear-algebra/student-t.js';
import type { Prior, Scaling } from '../prior-distributions.js';
import { isProper, massBetween, type Support, supportOf } from './mass.js';

/**
 * Created once and called in every gradient: its methods never allocate or throw. Derivatives are
 * meaningful only inside the support.
 */
export interface PriorDensity extends Support {
  logDensity(x: number): number;
  /** d/dx of the log density. */
  derivative(x: number): number;
  /** d²/dx² of the log density. */
  secondDerivative(x: number): number;
}

type Functions = Pick<PriorDensity, 'logDensity' | 'derivative' | 'secondDerivative'>;

const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** The density of a valid prior (`validatePrior`). */
export function priorDensity(prior: Prior): PriorDensity {
  if (prior.scaling) return scaledDensity(prior, prior.scaling);
  const { lower, upper } = supportOf(prior);
  const isCut =
    prior.distribution !== 'constant' && (prior.lower !== undefined || prior.upper !== undefined);
  const cut = isCut && isProper(prior) ? -Math.log(massBetween(prior, lower, upper)) : 0;
  const density = { ...functionsOf(prior, cut), lower, upper };
  if (lower === Number.NEGATIVE_INFINITY && upper === Number.POSITIVE_INFINITY) return density;
  const { logDensity } = density;
  return { ...density, logDensity: (x) => (x >= lower && x <= upper ? logDensity(x) : outside(x)) };
}

/** The density in other units, up to the constant log unit. */
function scaledDensity(prior: Prior, scaling: Scaling): PriorDensity {
  const { origin, unit } = scaling;
  const { scaling: _, ...own } = prior;
  const density = priorDensity(own);
  return {
    logDensity: (u) => density.logDensity(origin + unit * u),
    derivative: (u) => unit * density.derivative(origin + unit * u),
    secondDerivative: (u) => unit * (unit * density.secondDerivative(origin + unit * u)),
    ...supportOf(prior),
  };
}

function outside(x: number): number {
  return Number.isNaN(x) ? x : Number.NEGATIVE_INFINITY;
}

/** @param constant is added to the log density */
function functionsOf(prior: Prior, constant: number): Functions {
  switch (prior.distribution) {
    case 'flat':
      return constantDensity(constant);
    case 'constant':
    case 'horseshoe':
    case 'R2D2':
    case 'shared_scale':
      return constantDensity(0);
    case 'uniform':
      return constantDensity(constant - Math.log(prior.to - prior.from));
    case 'normal':
      return normal(prior.mean, prior.sd, constant);
    case 'student_t':
      return studentT(prior.df, prior.location, prior.scale, constant);
    case 'cauchy':
      return studentT(1, prior.location, prior.scale, constant);
    case 'exponential':
      return exponential(prior.rate, constant);
    case 'gamma':
      return gamma(prior.shape, prior.rate, constant);
    case 'beta':
      return beta(prior.alpha, prior.beta, constant);
    case 'lognormal':
      return lognormal(prior.meanlog, prior.sdlog, constant);
    case 'inv_gamma':
      return inverseGamma(prior.shape, prior.scale, constant);
    case 'double_exponential':
      return doubleExponential(prior.location, prior.scale, constant);
    case 'logistic':
      return logistic(prior.location, prior.scale, constant);
  }
}

function constantDensity(constant: number): Functions {
  return { logDensity: () => constant, derivative: () => 0, secondDerivative: () => 0 };
}

function normal(mean: number, sd: number, constant: number): Functions {
  const atMean = constant - Math.log(sd) - LOG_ROOT_TWO_PI;
  const precision = 1 / (sd * sd);
  return {
    logDensity: (x) => atMean - 0.5 * precision * (x - mean) * (x - mean),
    derivative: (x) => -precision * (x - mean),
    secondDerivative: () => -precision,
  };
}

function studentT(nu: number, location: number, scale: number, constant: number): Functions {
  const atLocation = constant + studentTConstant(nu) - Math.log(scale);
  return {
    logDensity(x) {
      const z = (x - location) / scale;
      return atLocation + studentTKernel(z * z, nu);
    },
    derivative(x) {
      const z = (x - location) / scale;
      return (-(nu + 1) * z) / (scale * (nu + z * z));
    },
    // Positive in the tails: the density is not log-concave there.
    secondDerivative(x) {
      const z = (x - location) / scale;
      const spread = nu + z * z;
      return (-(nu + 1) * (nu - z * z)) / (scale * scale * spread * spread);
    },
  };
}

function exponential(rate: number, constant: number): Functions {
  const atZero = constant + Math.log(rate);
  return {
    logDensity: (x) => atZero - rate * x,
    derivative: () => -rate,
    secondDerivative: () => 0,
  };
}

function gamma(shape: number, rate: number, constant: number): Functions {
  const atOne = constant + shape * Math.log(rate) - gammaln(shape);
  return {
    logDensity: (x) => atOne + timesLog(shape - 1, x) - rate * x,
    derivative: (x) => over(shape - 1, x) - rate,
    secondDerivative: (x) => -over(shape - 1, x * x),
  };
}

function beta(alpha: number, beta: number, constant: number): Functions {
  const scaled = constant - betaln(alpha, beta);
  return {
    logDensity: (x) => scaled + timesLog(alpha - 1, x) + timesLog(beta - 1, 1 - x),
    derivative: (x) => over(alpha - 1, x) - over(beta - 1, 1 - x),
    secondDerivative: (x) => -over(alpha - 1, x * x) - over(beta - 1, (1 - x) * (1 - x)),
  };
}

function lognormal(meanlog: number, sdlog: number, constant: number): Functions {
  const { logDensity, derivative, secondDerivative } = normal(meanlog, sdlog, constant);
  return {
    // At zero the squared logarithm outweighs the other.
    logDensity: (x) => (x > 0 ? logDensity(Math.log(x)) - Math.log(x) : Number.NEGATIVE_INFINITY),
    derivative: (x) => (derivative(Math.log(x)) - 1) / x,
    secondDerivative: (x) => (secondDerivative(0) - derivative(Math.log(x)) + 1) / (x * x),
  };
}

function inverseGamma(shape: number, scale: number, constant: number): Functions {
  const atOne = constant + shape * Math.log(scale) - gammaln(shape);
  return {
    // At zero the reciprocal outweighs the logarithm.
    logDensity: (x) =>
      x > 0 ? atOne - (shape + 1) * Math.log(x) - scale / x : Number.NEGATIVE_INFINITY,
    derivative: (x) => (scale / x - (shape + 1)) / x,
    secondDerivative: (x) => (shape + 1 - (2 * scale) / x) / (x * x),
  };
}

function doubleExponential(location: number, scale: number, constant: number): Functions {
  const atLocation = constant - Math.log(2 * scale);
  return {
    logDensity: (x) => atLocation - Math.abs(x - location) / scale,
    // Zero at the kink.
    derivative: (x) => -Math.sign(x - location) / scale,
    secondDerivative: () => 0,
  };
}

function logistic(location: number, scale: number, constant: number): Functions {
  const atLocation = constant - Math.log(scale);
  return {
    logDensity(x) {
      const size = Math.abs(x - location) / scale;
      return atLocation - size - 2 * Math.log1p(Math.exp(-size));
    },
    derivative: (x) => -Math.tanh((0.5 * (x - location)) / scale) / scale,
    secondDerivative(x) {
      const e = Math.exp(-Math.abs(x - location) / scale);
      return (-2 * e) / ((1 + e) * (1 + e) * scale * scale);
    },
  };
}

/** factor · log x, with 0 · log 0 = 0. */
function timesLog(factor: number, x: number): number {
  return factor === 0 ? 0 : factor * Math.log(x);
}

/** factor / x, with 0 / 0 = 0. */
function over(factor: number, x: number): number {
  return factor === 0 ? 0 : factor / x;
}
