/**
 * Linear regression with brms' default priors, over sufficient statistics.
 *
 *     y_i ~ normal(α + Σ_j β_j (x_ij − x̄_j), σ)                   i = 1 … n, j = 1 … k
 *     β_j flat, or normal(mean, sd) where a prior is given
 *     α   ~ student_t(ν, m, s)                                     the intercept at the centre
 *     σ   ~ half student_t(ν, 0, s'), σ > 0
 *
 * Position: (α, β_1 … β_k, log σ).
 * Reported: (b_Intercept, b_1 … b_k, sigma), the intercept moved back to where the predictors
 * are zero.
 *
 * With the least-squares slopes β̂, the residual sum of squares at them R̂, and G = XᵀX of the
 * centred predictors,
 *
 *     Σ (y_i − μ_i)² = R̂ + n (ȳ − α)² + (β − β̂)ᵀ G (β − β̂),
 *
 * three terms that cannot be negative, so that no digits are lost to cancellation however well
 * the line fits; and an evaluation costs k², whatever the number of rows.
 */
import { WeighbridgeError } from '../src/errors.js';
import {
  cholesky,
  mirrorLower,
  solveLower,
  solveLowerTransposed,
} from '../src/linear-algebra/cholesky.js';
import type { RandomStream } from '../src/random/stream.js';
import type { Model } from '../src/sampler/model.js';
import { centrePredictors, interceptAtZero, type Predictors } from './predictors.js';
import {
  addNormal,
  addStudentT,
  type NormalPrior,
  type StudentTPrior,
  studentTDerivative,
  studentTLogDensity,
  studentTSecondDerivative,
} from './priors.js';
import { positive } from './transforms.js';

export interface GaussianOptions {
  readonly predictors: Predictors;
  /** One per row. */
  readonly outcomes: ArrayLike<number>;
  /** Prior of each slope; flat where absent. */
  readonly slopePrior?: NormalPrior;
  /** Prior of the intercept at the centre of the predictors. */
  readonly interceptPrior: StudentTPrior;
  /** Prior of σ, cut off at zero. */
  readonly sigmaPrior: StudentTPrior;
}

export function gaussian(options: GaussianOptions): Model {
  const { predictors, slopePrior, interceptPrior, sigmaPrior } = options;
  const { names, rows } = predictors;
  const { means, centred } = centrePredictors(predictors);
  const statistics = sufficientStatistics(centred, means, options.outcomes, names, rows);
  const { mean, slopes, residual, gram } = statistics;
  const k = names.length;
  const logSigma = k + 1;

  return {
    dimension: k + 2,
    parameterNames: ['b_Intercept', ...names.map((name) => `b_${name}`), 'sigma'],
    logDensity(position, gradient) {
      const sigma = positive.constrain(position[logSigma]);
      const precision = 1 / (sigma * sigma);
      const offset = position[0] - mean;
      let squares = residual + rows * offset * offset;
      gradient[0] = -precision * rows * offset;
      for (let i = 0; i < k; i++) {
        let product = 0;
        for (let j = 0; j < k; j++) product += gram[i * k + j] * (position[j + 1] - slopes[j]);
        squares += product * (position[i + 1] - slopes[i]);
        gradient[i + 1] = -precision * product;
      }
      let logDensity = -rows * position[logSigma] - 0.5 * precision * squares;
      gradient[logSigma] = -rows + precision * squares;

      logDensity += addStudentT(interceptPrior, position, gradient, 0);
      if (slopePrior) {
        for (let j = 1; j <= k; j++) logDensity += addNormal(slopePrior, position, gradient, j);
      }
      logDensity +=
        studentTLogDensity(sigmaPrior, sigma) + positive.logJacobian(position[logSigma]);
      gradient[logSigma] += studentTDerivative(sigmaPrior, sigma) * sigma + 1;
      return logDensity;
    },
    constrain(position, parameters) {
      parameters.set(position);
      parameters[0] = interceptAtZero(position, means);
      parameters[logSigma] = positive.constrain(position[logSigma]);
    },
    hessian(position, hessian) {
      writeHessian(statistics, options, position, hessian);
    },
    guess() {
      // Least squares; a line through all points has no scale to guess.
      const scale = residual > 0 ? Math.sqrt(residual / rows) : sigmaPrior.scale;
      return Float64Array.of(mean, ...slopes, Math.log(scale));
    },
  };
}

/** The Hessian in (α, β, log σ); with τ = σ⁻², d/d(log σ) of τ is −2τ. */
function writeHessian(
  { mean, slopes, residual, gram }: SufficientStatistics,
  { predictors, slopePrior, interceptPrior, sigmaPrior }: GaussianOptions,
  position: Float64Array,
  hessian: Float64Array,
): void {
  const { rows } = predictors;
  const k = slopes.length;
  const dimension = k + 2;
  const last = dimension - 1;
  const sigma = positive.constrain(position[last]);
  const precision = 1 / (sigma * sigma);
  const offset = position[0] - mean;
  let squares = residual + rows * offset * offset;
  hessian.fill(0);
  hessian[0] = -precision * rows + studentTSecondDerivative(interceptPrior, position[0]);
  hessian[last * dimension] = 2 * precision * rows * offset;
  for (let i = 0; i < k; i++) {
    let product = 0;
    for (let j = 0; j < k; j++) {
      product += gram[i * k + j] * (position[j + 1] - slopes[j]);
      hessian[(i + 1) * dimension + j + 1] = -precision * gram[i * k + j];
    }
    squares += product * (position[i + 1] - slopes[i]);
    hessian[last * dimension + i + 1] = 2 * precision * product;
    if (slopePrior) hessian[(i + 1) * (dimension + 1)] -= 1 / (slopePrior.sd * slopePrior.sd);
  }
  hessian[last * (dimension + 1)] =
    -2 * precision * squares +
    studentTSecondDerivative(sigmaPrior, sigma) * sigma * sigma +
    studentTDerivative(sigmaPrior, sigma) * sigma;
  mirrorLower(hessian, dimension);
}

interface SufficientStatistics {
  /** ȳ. */
  readonly mean: number;
  /** β̂. */
  readonly slopes: Float64Array;
  /** R̂. */
  readonly residual: number;
  /** G, row-major. */
  readonly gram: Float64Array;
}

function sufficientStatistics(
  centred: Float64Array,
  means: Float64Array,
  outcomes: ArrayLike<number>,
  names: readonly string[],
  rows: number,
): SufficientStatistics {
  const k = names.length;
  let mean = 0;
  for (let i = 0; i < rows; i++) mean += outcomes[i] / rows;
  const gram = new Float64Array(k * k);
  const slopes = new Float64Array(k);
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < k; a++) {
      const value = centred[i * k + a];
      slopes[a] += value * (outcomes[i] - mean);
      for (let b = 0; b < k; b++) gram[a * k + b] += value * centred[i * k + b];
    }
  }
  solveNormalEquations(gram, slopes, names, means, rows);

  let residual = 0;
  for (let i = 0; i < rows; i++) {
    let error = outcomes[i] - mean;
    for (let j = 0; j < k; j++) error -= slopes[j] * centred[i * k + j];
    residual += error * error;
  }
  return { mean, slopes, residual, gram };
}

/** Turns Xᵀy into β̂ in place; flat slopes need predictors that are linearly independent. */
function solveNormalEquations(
  gram: Float64Array,
  products: Float64Array,
  names: readonly string[],
  means: Float64Array,
  rows: number,
): void {
  const k = names.length;
  const lower = cholesky(gram, k);
  for (let j = 0; j < k; j++) {
    // The pivot is what remains of a column's length after the columns before it.
    const remaining = lower === null ? 0 : lower[j * k + j] / Math.sqrt(gram[j * k + j]);
    // A pivot rounds at some n·ε of its column's square, and the centring at n·ε of its mean.
    const constant = Math.sqrt(gram[j * k + j]) <= 1e-10 * Math.abs(means[j]) * Math.sqrt(rows);
    if (constant || !(remaining > 1e-6)) {
      throw new WeighbridgeError(
        'improper-posterior',
        `the predictors ${names.join(', ')} are constant or linearly dependent: their slopes cannot be told apart`,
      );
    }
  }
  if (lower === null) return;
  solveLower(lower, products);
  solveLowerTransposed(lower, products);
}

/** Outcomes drawn from the model at reported parameters (b_Intercept, b_1 … b_k, sigma). */
export function simulateGaussian(
  predictors: Predictors,
  parameters: ArrayLike<number>,
  random: RandomStream,
): Float64Array {
  const k = predictors.names.length;
  return Float64Array.from({ length: predictors.rows }, (_, i) => {
    let mean = parameters[0];
    for (let j = 0; j < k; j++) mean += parameters[j + 1] * predictors.values[i * k + j];
    return mean + parameters[k + 1] * random.normal();
  });
}
