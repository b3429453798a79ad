/**
 * The regularized horseshoe of all slopes together (Piironen & Vehtari 2017, Electronic J. of Statistics 11,
 * eq. 2.8), as brms states it:
 *
 *     β_j = z_j τ λ̃_j,   λ̃_j² = c² λ_j² / (c² + τ² λ_j²),   z_j ~ normal(0, 1)
 *     λ_j ~ half-t(df, 0, 1),   τ ~ half-t(dfGlobal, 0, scaleGlobal σ),   c² = scaleSlab² v
 *     v ~ inv-gamma(½ dfSlab, ½ dfSlab)
 *
 * with σ = 1 for families without it, or without `autoscale`. `parRatio`, the expected number of slopes
 * that are not zero over that of the others, gives the global scale parRatio / √rows in place of
 * `scaleGlobal`.
 *
 * Reported are the slopes, as by brms, and not λ, τ and v. Position: that of the regression (generalized-linear.ts) with z in place of β, then log λ_1 … log λ_k,
 * log τ, log v. With s = τ λ_j and q = c²/(c² + s²), log |β_j| rises by q with log λ_j and log τ, and by
 * ½ (1 − q) with log v.
 */
import { WeighbridgeError } from '../src/errors.js';
import type { RandomStream } from '../src/random/stream.js';
import type { Model } from '../src/sampler/model.js';
import { auxiliaryOf } from './families/family.js';
import { generalizedLinear } from './generalized-linear.js';
import { drawPrior, type HorseshoePrior, supportOf } from './prior-distributions.js';
import type { RegressionSpecification } from './regression-data.js';

/** The horseshoe prior of the slopes; null if they have others. */
export function horseshoeOf({
  priors,
}: Pick<RegressionSpecification, 'priors'>): HorseshoePrior | null {
  const found = priors.coefficients.find(({ distribution }) => distribution === 'horseshoe');
  return found?.distribution === 'horseshoe' ? found : null;
}

/** @param rows of the data */
function globalScale({ scaleGlobal, parRatio }: HorseshoePrior, rows: number): number {
  return parRatio === undefined ? scaleGlobal : parRatio / Math.sqrt(rows);
}

/** β_j / z_j. */
function scaleOfSlope(lambda: number, tau: number, slab: number): number {
  const s = tau * lambda;
  return s * Math.sqrt(slab / (slab + s * s));
}

/** @throws WeighbridgeError `bad-argument` with group effects, or with a bounded σ that scales the prior */
export function horseshoeRegression(
  specification: RegressionSpecification,
  prior: HorseshoePrior,
): Model {
  const { data } = specification;
  const inner = generalizedLinear(specification);
  const slopes = data.predictors.names.length;
  const shrinkage = shrinkageOf(specification, prior, inner.dimension);
  const innerPosition = new Float64Array(inner.dimension);
  const innerGradient = new Float64Array(inner.dimension);
  return {
    dimension: inner.dimension + slopes + 2,
    parameterNames: inner.parameterNames,
    logDensity(position, gradient) {
      shrinkage.writeInner(position, innerPosition);
      const value = inner.logDensity(innerPosition, innerGradient);
      return value + shrinkage.addPrior(position, innerPosition, innerGradient, gradient);
    },
    constrain(position, reported, random) {
      shrinkage.writeInner(position, innerPosition);
      inner.constrain?.(innerPosition, reported, random);
    },
  };
}

interface Shrinkage {
  /** Writes the position of the regression, with β in place of z. */
  writeInner(position: Float64Array, inner: Float64Array): void;
  /** Writes the gradient, from that of the regression by its position; returns the log prior. */
  addPrior(
    position: Float64Array,
    inner: Float64Array,
    innerGradient: Float64Array,
    gradient: Float64Array,
  ): number;
}

/** @param start of λ in the position */
function shrinkageOf(
  specification: RegressionSpecification,
  prior: HorseshoePrior,
  start: number,
): Shrinkage {
  const { data } = specification;
  const slopes = data.predictors.names.length;
  const first = data.intercept ? 1 : 0;
  const global = start + slopes;
  const slabPlace = global + 1;
  const { place: sigma, value: fixedSigma } = unitOf(specification, prior);
  const scale = globalScale(prior, data.rows);
  const tauOf = (position: Float64Array) => Math.exp(position[global]);
  const slabOf = (position: Float64Array) =>
    prior.scaleSlab * prior.scaleSlab * Math.exp(position[slabPlace]);
  return {
    writeInner(position, inner) {
      const tau = tauOf(position);
      const slab = slabOf(position);
      inner.set(position.subarray(0, start));
      for (let j = 0; j < slopes; j++) {
        inner[first + j] *= scaleOfSlope(Math.exp(position[start + j]), tau, slab);
      }
    },
    addPrior(position, inner, innerGradient, gradient) {
      const tau = tauOf(position);
      const slab = slabOf(position);
      gradient.set(innerGradient);
      gradient[global] = 0;
      gradient[slabPlace] = 0;
      let value = 0;
      for (let j = 0; j < slopes; j++) {
        const z = position[first + j];
        const lambda = Math.exp(position[start + j]);
        const s = tau * lambda;
        const q = slab / (slab + s * s);
        const along = innerGradient[first + j] * inner[first + j];
        gradient[first + j] = innerGradient[first + j] * s * Math.sqrt(q) - z;
        gradient[start + j] = along * q + halfTSlope(lambda, prior.df);
        gradient[global] += along * q;
        gradient[slabPlace] += 0.5 * along * (1 - q);
        value += halfT(lambda, prior.df) - 0.5 * z * z;
      }
      const ratio = tau / (scale * (sigma < 0 ? fixedSigma : Math.exp(position[sigma])));
      const slope = halfTSlope(ratio, prior.dfGlobal);
      gradient[global] += slope;
      if (sigma >= 0) gradient[sigma] -= slope;
      const half = 0.5 * prior.dfSlab;
      const reciprocal = Math.exp(-position[slabPlace]);
      gradient[slabPlace] += half * (reciprocal - 1);
      return value + halfT(ratio, prior.dfGlobal) - half * (position[slabPlace] + reciprocal);
    },
  };
}

/** The unit of the global scale: the place of log σ in the position, or −1 and a constant. */
function unitOf(
  { family, data, priors }: RegressionSpecification,
  { autoscale }: HorseshoePrior,
): { readonly place: number; readonly value: number } {
  if (data.groups.length > 0) {
    throw new WeighbridgeError(
      'bad-argument',
      'a horseshoe prior with group effects is not supported: expected a formula without them, or another prior of class b',
    );
  }
  if (data.parts) {
    throw new WeighbridgeError(
      'bad-argument',
      'a horseshoe prior with predictors of several parameters is not supported: expected a formula of the mean alone, or another prior of class b',
    );
  }
  const sigma = auxiliaryOf(family).indexOf('sigma');
  if (!autoscale || sigma < 0) return { place: -1, value: (autoscale && family.fixed?.sigma) || 1 };
  const { lower, upper } = supportOf(priors.auxiliary[sigma]);
  if (lower > 0 || upper < Number.POSITIVE_INFINITY) {
    throw new WeighbridgeError(
      'bad-argument',
      'a horseshoe prior is scaled by sigma, whose prior has bounds: expected one without, or autoscale = FALSE',
    );
  }
  const coefficients = (data.intercept ? 1 : 0) + data.predictors.names.length;
  return { place: coefficients + sigma, value: 1 };
}

/** log of x p(x) of a half-t variate of scale 1, the density of its logarithm, up to a constant. */
function halfT(x: number, df: number): number {
  return Math.log(x) - 0.5 * (df + 1) * Math.log1p((x * x) / df);
}

/** Its derivative by log x. */
function halfTSlope(x: number, df: number): number {
  return 1 - ((df + 1) * x * x) / (df + x * x);
}

/**
 * Draws slopes from the prior.
 *
 * @param sigma σ of the family; 1 if it has none
 */
export function drawHorseshoe(
  prior: HorseshoePrior,
  { slopes, rows, sigma }: { slopes: number; rows: number; sigma: number },
  random: RandomStream,
): Float64Array {
  const halfStudent = (df: number, scale: number) =>
    drawPrior({ distribution: 'student_t', df, location: 0, scale, lower: 0 }, random);
  const tau = halfStudent(prior.dfGlobal, globalScale(prior, rows) * (prior.autoscale ? sigma : 1));
  const half = 0.5 * prior.dfSlab;
  const slab =
    prior.scaleSlab ** 2 *
    drawPrior({ distribution: 'inv_gamma', shape: half, scale: half }, random);
  return Float64Array.from(
    { length: slopes },
    () => random.normal() * scaleOfSlope(halfStudent(prior.df, 1), tau, slab),
  );
}
