/**
 * The exact posterior of the slopes of a linear regression with normal errors and flat slopes,
 * without sampling.
 *
 * With n rows, k centred columns X, G = XᵀX, least-squares slopes β̂, residual sum of squares R, and
 * the mean z̄ of y − offset, the likelihood separates into three factors
 * (models/generalized-linear/gaussian-likelihood.ts), so that given σ slopes and intercept are
 * independent and
 *
 *     cᵀβ | σ, y ~ normal(cᵀβ̂, σ² cᵀG⁻¹c)
 *     p(σ | y) ∝ p(σ) σ^−(n−k) exp(−R/2σ²) A(σ),   A(σ) = ∫ p(α) exp(−n (z̄ − α)²/2σ²) dα;
 *
 * A = 1 without an intercept. A contrast cᵀβ is therefore a mixture of normals around one centre:
 * symmetric and unimodal, with mean, median and mode cᵀβ̂, and with a highest-density interval that is
 * also the equal-tailed one. With flat priors of σ and of the intercept it is Student's t with
 * ν = n − k − 2 degrees of freedom and scale √(cᵀG⁻¹c · R/ν) (Gelman et al. 2013, Bayesian Data Analysis,
 * ch. 14.2, for another prior of σ).
 *
 * Both integrals use the trapezoidal rule on the real line, in log σ and in α, which converges
 * exponentially for analytic integrands (Trefethen & Weideman 2014, SIAM Review 56). The steps are a
 * fraction of the width of the integrands and of their distance to the nearest pole, so that errors
 * are below `NUMERICAL_ERROR` posterior standard deviations.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { DENSITY_AT_ZERO, scaledTail } from '../../models/families/normal-tail.js';
import {
  coefficientDesign,
  independentColumns,
} from '../../models/generalized-linear/coefficient-design.js';
import { sufficientStatistics } from '../../models/generalized-linear/gaussian-likelihood.js';
import { type Prior, type PriorDensity, priorDensity } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { didYouMean, listed } from '../checks/names.js';
import { badArgument } from '../checks/values.js';
import type { WeighbridgeError } from '../errors.js';
import { cholesky, solveLower } from '../linear-algebra/cholesky.js';
import { studentTKernel } from '../linear-algebra/student-t.js';
import { squaresOf } from '../linear-algebra/sums.js';
import type { Interval } from '../posterior/intervals.js';
import { modelOf } from './specification.js';

/** Bound on numerical errors of ends and quantiles, in posterior standard deviations. */
export const NUMERICAL_ERROR = 1e-7;

/** A posterior distribution that is known without draws: symmetric, with one mode. */
interface ExactMarginal {
  /** Mean, median and mode. */
  readonly mean: number;
  /** Infinity if the second moment does not exist. */
  readonly sd: number;
  /** Highest-density interval: the limit of the intervals of more and more draws. @param mass in (0, 1), @default 0.95 */
  hdi(mass?: number): Interval;
  density(x: number): number;
  cdf(x: number): number;
  /** @param probability in (0, 1) */
  quantile(probability: number): number;
}

export interface LinearPosterior {
  /** Names of the predictors, in the order of the specification, without `b_`. */
  readonly names: readonly string[];
  /**
   * The posterior of Σ weight · slope.
   *
   * @param weights by name of predictor, not all zero; predictors without one have weight 0
   * @throws WeighbridgeError `bad-argument`
   */
  contrast(weights: Readonly<Record<string, number>>): ExactMarginal;
}

/**
 * Returns null if the posterior has no such form: another family or link, group effects, a slope with
 * a prior, bounds or a discontinuous prior of the intercept or of σ, or a Student-t prior of the
 * intercept that is so far from the data that its peak competes with theirs.
 *
 * @throws WeighbridgeError `bad-data`, `bad-argument`, `improper-posterior`, as the sampled fit
 */
export function linearPosterior(specification: RegressionSpecification): LinearPosterior | null {
  const { family, data, priors } = specification;
  if (family.family !== 'gaussian' || family.link !== 'identity') return null;
  if (data.groups.length > 0 || data.weights || data.errors || data.limits) return null;
  const sigmaPrior = priors.auxiliary[0];
  const intercept: Prior | null = data.intercept
    ? (priors.intercept ?? { distribution: 'flat' })
    : null;
  if (!priors.coefficients.every(isFlat) || !isSmoothPositive(sigmaPrior)) return null;
  if (intercept !== null && !isSmoothEverywhere(intercept)) return null;

  const design = coefficientDesign(data, 'by-row');
  const { estimate, residual, gram } = sufficientStatistics(data, design);
  const slopes = slopesOf(estimate, gram, design.intercept);
  // The model's own checks say what is wrong; they are slow, and most data need none.
  if (!slopes || !isScattered(residual, data.outcomes)) modelOf(specification);
  if (!slopes) return null;
  const centre = { mean: estimate[0], rows: data.rows };
  const marginal = intercept === null ? () => 0 : interceptIntegral(intercept, centre);
  if (marginal === null) return null;
  const scales = scaleMixture({
    power: data.rows - slopes.estimate.length,
    residual,
    prior: priorDensity(sigmaPrior),
    marginal,
  });
  return scales && posteriorOf(data.predictors.names, slopes, scales);
}

/**
 * The posterior of a contrast of a regression that has one of this form.
 *
 * @throws RangeError if it has not; WeighbridgeError as `linearPosterior` and `contrast`
 */
export function exactContrast(
  specification: RegressionSpecification,
  weights: Readonly<Record<string, number>>,
): ExactMarginal {
  const posterior = linearPosterior(specification);
  if (!posterior) throw new RangeError('the regression has no exact posterior');
  return posterior.contrast(weights);
}

function isFlat({ distribution, lower, upper }: Prior): boolean {
  return distribution === 'flat' && lower === undefined && upper === undefined;
}

function isSmoothPositive({ distribution, lower = 0, upper, scaling }: Prior): boolean {
  const smooth = !['uniform', 'beta', 'double_exponential', 'constant'].includes(distribution);
  return smooth && lower <= 0 && upper === undefined && scaling === undefined;
}

function isSmoothEverywhere({ distribution, lower, upper, scaling }: Prior): boolean {
  const smooth = ['flat', 'normal', 'student_t', 'cauchy'].includes(distribution);
  return smooth && lower === undefined && upper === undefined && scaling === undefined;
}

/** Least share of residuals in the outcomes' squares that is surely not rounding error. */
const LEAST_SCATTER = 1e-16;

function isScattered(residual: number, outcomes: Float64Array): boolean {
  return residual > LEAST_SCATTER * squaresOf(outcomes) && Number.isFinite(residual);
}

interface Slopes {
  readonly estimate: Float64Array;
  /** L with L Lᵀ = G, row-major. */
  readonly lower: Float64Array;
}

/** Null if columns are linearly dependent. */
function slopesOf(estimate: Float64Array, gram: Float64Array, intercept: number): Slopes | null {
  const k = estimate.length;
  const slopes = k - intercept;
  if (independentColumns(gram, k).length < k) return null;
  const block = Float64Array.from({ length: slopes * slopes }, (_, at) => {
    const row = intercept + Math.floor(at / slopes);
    return gram[row * k + intercept + (at % slopes)];
  });
  const lower = cholesky(block, slopes);
  return lower && { estimate: estimate.subarray(intercept), lower };
}

/** log A(σ) up to a constant; NaN where the rule cannot be trusted. */
type LogIntegral = (sigma: number) => number;

/** Half the range of the rule in standard deviations of the likelihood: its end is e^−24. */
const REACH = 7;
/** A prior that is lower than this at the data, relative to its peak, may have its own peak. */
const LEAST_LOG_PRIOR = -25;

/** Null if the prior's own peak competes with that of the data. */
function interceptIntegral(
  prior: Prior,
  { mean, rows }: { readonly mean: number; readonly rows: number },
): LogIntegral | null {
  const widthOf = (sigma: number) => sigma / Math.sqrt(rows);
  switch (prior.distribution) {
    case 'flat':
      return (sigma) => Math.log(widthOf(sigma));
    case 'normal':
      return (sigma) => {
        const width = widthOf(sigma);
        const variance = width * width + prior.sd * prior.sd;
        return Math.log(width) - 0.5 * Math.log(variance) - (mean - prior.mean) ** 2 / 2 / variance;
      };
    case 'student_t':
    case 'cauchy': {
      const nu = prior.distribution === 'cauchy' ? 1 : prior.df;
      const distance = (mean - prior.location) / prior.scale;
      const near = studentTKernel(distance * distance, nu) > LEAST_LOG_PRIOR;
      return near
        ? (sigma) => logStudentIntegral(widthOf(sigma) / prior.scale, distance, nu)
        : null;
    }
    default:
      return null;
  }
}

/**
 * log ∫ (1 + z²/ν)^−(ν+1)/2 exp(−(z − d)²/2w²) dz. The prior has poles at ±i√ν; a step of 0.3 √ν
 * leaves an error of e^−21, and one of w e^−20 for the normal factor.
 */
function logStudentIntegral(width: number, distance: number, nu: number): number {
  const root = Math.sqrt(nu);
  if (width > WIDE * root) return logWideIntegral(width / root, distance / root, nu);
  const step = Math.min(width, 0.3 * root);
  const steps = Math.ceil((REACH * width) / step);
  let sum = 0;
  for (let i = -steps; i <= steps; i++) {
    const along = (i * step) / width;
    const z = distance + i * step;
    sum += Math.exp(studentTKernel(z * z, nu) - 0.5 * along * along);
  }
  return Math.log(sum * step);
}

/** The normal factor is wide if its sd is more than this many √ν. */
const WIDE = 50;

/**
 * The same for a wide normal factor, with z = √ν sinh u: log ∫ √ν cosh(u)^−ν exp(−(sinh u − d)²/2w²) du,
 * w and d in units of √ν. The integrand is analytic for |Im u| < π/4 at least, so that a step of 0.1
 * leaves an error of e^−49, and its normal factor is wider than the step wherever it matters.
 */
function logWideIntegral(width: number, distance: number, nu: number): number {
  const step = 0.1;
  const end = Math.min(
    Math.asinh(Math.abs(distance) + REACH * width),
    Math.asinh(Math.abs(distance)) + 2 * (NEGLIGIBLE / nu),
  );
  const steps = Math.ceil(end / step);
  let sum = 0;
  for (let i = -steps; i <= steps; i++) {
    const u = i * step;
    const along = (Math.sinh(u) - distance) / width;
    sum += Math.exp(-nu * Math.log(Math.cosh(u)) - 0.5 * along * along);
  }
  return Math.log(sum * step) + 0.5 * Math.log(nu);
}

/** A discrete mixture that stands for p(σ | y). */
interface ScaleMixture {
  readonly sigmas: Float64Array;
  /** They sum to one. */
  readonly weights: Float64Array;
  /** The mode of log σ, as σ. */
  readonly sigma: number;
  /** E σ². */
  readonly meanSquare: number;
}

interface ScaleDensity {
  /** n − k. */
  readonly power: number;
  readonly residual: number;
  readonly prior: PriorDensity;
  readonly marginal: LogIntegral;
}

/** Log densities below the peak by this much are left out: e^−30 is 10⁻¹³. */
const NEGLIGIBLE = 30;
const MOST_NODES = 2000;
const MOST_ROUNDS = 200;

/**
 * The rule in u = log σ. The density is analytic for |Im u| < π/4, where exp(−R/2σ²) starts to grow,
 * so that a step of 0.2 leaves an error of e^−25; 0.8 standard deviations are enough if that is
 * less. Null if the density does not fall off, which only a flat prior of σ and few rows allow.
 */
function scaleMixture({ power, residual, prior, marginal }: ScaleDensity): ScaleMixture | null {
  const logDensity = (u: number) => {
    const sigma = Math.exp(u);
    return (
      (1 - power) * u - residual / 2 / (sigma * sigma) + marginal(sigma) + prior.logDensity(sigma)
    );
  };
  const { mode, peak, step } = peakOf(logDensity, 0.5 * Math.log(residual / Math.max(power, 1)));
  const nodes: { readonly u: number; readonly log: number }[] = [];
  for (const direction of [-1, 1]) {
    for (let i = direction === 1 ? 0 : 1; ; i++) {
      const u = mode + direction * i * step;
      const log = logDensity(u) - peak;
      if (Number.isNaN(log) || i > MOST_NODES) return null;
      nodes.push({ u, log });
      // E σ² needs the tail of σ² p as well.
      if (log < -NEGLIGIBLE && (log + 2 * (u - mode) < -NEGLIGIBLE || i > MOST_NODES / 2)) break;
    }
  }
  const total = nodes.reduce((sum, { log }) => sum + Math.exp(log), 0);
  const sigmas = Float64Array.from(nodes, ({ u }) => Math.exp(u));
  const weights = Float64Array.from(nodes, ({ log }) => Math.exp(log) / total);
  const last = nodes[nodes.length - 1];
  const isFinal = last.log + 2 * (last.u - mode) < -NEGLIGIBLE;
  const square = sigmas.reduce((sum, sigma, i) => sum + weights[i] * sigma * sigma, 0);
  return {
    sigmas,
    weights,
    sigma: Math.exp(mode),
    meanSquare: isFinal ? square : Number.POSITIVE_INFINITY,
  };
}

/** Half the distance of the points of a second difference. */
const APART = 0.01;

/** The mode of a function with one peak, near enough for the rule, and the rule's step. */
function peakOf(logDensity: (u: number) => number, start: number) {
  let mode = start;
  let curvature = 1;
  for (let round = 0; round < 20; round++) {
    const [below, here, above] = [-APART, 0, APART].map((by) => logDensity(mode + by));
    const slope = (above - below) / (2 * APART);
    curvature = (2 * here - above - below) / (APART * APART);
    const move = Math.max(-1, Math.min(1, curvature > 0 ? slope / curvature : Math.sign(slope)));
    mode += move;
    if (Math.abs(move) * Math.sqrt(Math.abs(curvature)) < 0.01) break;
  }
  return {
    mode,
    peak: logDensity(mode),
    step: Math.min(0.8 / Math.sqrt(Math.max(curvature, 1e-4)), 0.2),
  };
}

function posteriorOf(
  names: readonly string[],
  { estimate, lower }: Slopes,
  scales: ScaleMixture,
): LinearPosterior {
  return {
    names,
    contrast(weights) {
      const c = new Float64Array(names.length);
      for (const [name, weight] of Object.entries(weights)) {
        const at = names.indexOf(name);
        if (at < 0 || !Number.isFinite(weight)) throw badWeight(name, weight, names);
        c[at] = weight;
      }
      if (!c.some((weight) => weight !== 0)) {
        throw badArgument('all weights of the contrast are zero, expected one that is not');
      }
      const mean = c.reduce((sum, weight, j) => sum + weight * estimate[j], 0);
      solveLower(lower, c);
      return mixtureAround(mean, Math.sqrt(squaresOf(c)), scales);
    },
  };
}

function badWeight(name: string, weight: number, names: readonly string[]): WeighbridgeError {
  if (names.includes(name)) {
    return badArgument(`the weight of ${name} is ${weight}, expected a finite number`);
  }
  return badArgument(
    `no predictor '${name}'${didYouMean(name, names)}: the regression has ${listed(names)}`,
    { option: 'weights', found: name },
  );
}

/** The mixture of normal(centre, (σ · unit)²) over σ. */
function mixtureAround(centre: number, unit: number, scales: ScaleMixture): ExactMarginal {
  const { sigmas, weights, meanSquare } = scales;
  /** P(|cᵀβ − centre| / unit > z) / 2 and its density, z ≥ 0. */
  const tailAt = (z: number) => {
    let tail = 0;
    let density = 0;
    for (let i = 0; i < sigmas.length; i++) {
      const t = z / sigmas[i];
      const height = weights[i] * Math.exp(-0.5 * t * t);
      tail += height * scaledTail(t);
      density += (height * DENSITY_AT_ZERO) / sigmas[i];
    }
    return { tail, density };
  };
  /** z with P(|cᵀβ − centre| / unit > z) / 2 = `wanted`, by Newton's method within a bracket. */
  const reach = (wanted: number) => {
    let z = -normalQuantile(wanted, 0, 1) * scales.sigma;
    let low = 0;
    let high = Number.POSITIVE_INFINITY;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { tail, density } = tailAt(z);
      if (tail > wanted) low = z;
      else high = z;
      const newton = z + (tail - wanted) / density;
      const inside = newton > low && newton < high;
      const next = inside ? newton : high === Number.POSITIVE_INFINITY ? 2 * z : (low + high) / 2;
      if (Math.abs(next - z) <= 1e-12 * next) return next;
      z = next;
    }
    return z;
  };
  return {
    mean: centre,
    sd: unit * Math.sqrt(meanSquare),
    hdi(mass = 0.95) {
      const half = unit * reach((1 - mass) / 2);
      return [centre - half, centre + half];
    },
    density: (x) => tailAt(Math.abs(x - centre) / unit).density / unit,
    cdf(x) {
      const { tail } = tailAt(Math.abs(x - centre) / unit);
      return x < centre ? tail : 1 - tail;
    },
    quantile(probability) {
      if (probability === 0.5) return centre;
      const half = unit * reach(Math.min(probability, 1 - probability));
      return probability < 0.5 ? centre - half : centre + half;
    },
  };
}
