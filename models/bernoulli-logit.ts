/**
 * Logistic regression with brms' treatment of the intercept.
 *
 *     y_i ~ Bernoulli(logit⁻¹(α + Σ_j β_j (x_ij − x̄_j)))          i = 1 … n, j = 1 … k
 *     β_j ~ normal(mean, sd), or flat where no prior is given
 *     α   ~ student_t(ν, m, s)                                     the intercept at the centre
 *
 * Position: (α, β_1 … β_k), all unconstrained.
 * Reported: (b_Intercept, b_1 … b_k) with b_j = β_j and the intercept moved back to where the
 * predictors are zero, b_Intercept = α − Σ_j β_j x̄_j.
 *
 * With s_i = 1 for y_i = 1 and −1 for y_i = 0, and z_i = s_i · (1, x_i − x̄), the log likelihood
 * is −Σ log(1 + exp(−z_i·q)) and its gradient Σ logit⁻¹(−z_i·q) z_i: one exponential a row.
 *
 * An outcome may lie between 0 and 1, as the probability of a 1: its row then adds
 *
 *     y_i log p_i + (1 − y_i) log(1 − p_i),    p_i = logit⁻¹(α + Σ_j β_j (x_ij − x̄_j)),
 *
 * the quasi-likelihood of Papke & Wooldridge (1996). With s_i = 1 for y_i ≥ ½ and −1 below, and
 * r_i = min(y_i, 1 − y_i), that is −log(1 + exp(−z_i·q)) − r_i z_i·q: the row of the likelier
 * outcome, less a term that is linear in q, so that Σ r_i z_i is summed once and never again.
 */
import { mirrorLower } from '../src/linear-algebra/cholesky.js';
import type { RandomStream } from '../src/random/stream.js';
import type { LogDensity, Model } from '../src/sampler/model.js';
import { compiledPosterior, type SignedOutcomes } from './bernoulli-logit-compiled.js';
import { centrePredictors, interceptAtZero, type Predictors } from './predictors.js';
import {
  addNormal,
  addStudentT,
  type NormalPrior,
  type StudentTPrior,
  studentTSecondDerivative,
} from './priors.js';

export interface BernoulliLogitOptions {
  readonly predictors: Predictors;
  /** 0 or 1, or the probability of a 1; one per row. */
  readonly outcomes: ArrayLike<number>;
  /** Prior of each slope; flat where absent. */
  readonly slopePrior?: NormalPrior;
  /** Prior of the intercept at the centre of the predictors. */
  readonly interceptPrior: StudentTPrior;
}

/** Rows whose factors 1 + e, each in (1, 2], are multiplied before one logarithm is taken. */
const ROWS_PER_LOGARITHM = 512;

export function bernoulliLogit(options: BernoulliLogitOptions): Model {
  const { predictors, outcomes, slopePrior, interceptPrior } = options;
  const { means, centred } = centrePredictors(predictors);
  const dimension = predictors.names.length + 1;
  const data = signedOutcomes(centred, outcomes, predictors.rows, dimension);
  const logLikelihood = logitLikelihood(data);
  const quickDensity = compiledPosterior(data, slopePrior, interceptPrior);

  return {
    dimension,
    parameterNames: ['b_Intercept', ...predictors.names.map((name) => `b_${name}`)],
    logDensity(position, gradient) {
      let logDensity = logLikelihood(position, gradient);
      logDensity += addStudentT(interceptPrior, position, gradient, 0);
      if (slopePrior) {
        for (let j = 1; j < dimension; j++) {
          logDensity += addNormal(slopePrior, position, gradient, j);
        }
      }
      return logDensity;
    },
    ...(quickDensity && { quickDensity }),
    constrain(position, parameters) {
      for (let j = 1; j < dimension; j++) parameters[j] = position[j];
      parameters[0] = interceptAtZero(position, means);
    },
    hessian(position, hessian) {
      writeLikelihoodHessian(centred, predictors.rows, position, hessian);
      hessian[0] += studentTSecondDerivative(interceptPrior, position[0]);
      if (slopePrior) {
        for (let j = 1; j < dimension; j++) {
          hessian[j * (dimension + 1)] -= 1 / (slopePrior.sd * slopePrior.sd);
        }
      }
    },
  };
}

/** −Σ p_i (1 − p_i) x_i x_iᵀ with x_i = (1, centred row): whatever the outcomes were. */
function writeLikelihoodHessian(
  centred: Float64Array,
  rows: number,
  position: Float64Array,
  hessian: Float64Array,
): void {
  const dimension = position.length;
  const row = new Float64Array(dimension).fill(1);
  hessian.fill(0);
  for (let i = 0; i < rows; i++) {
    row.set(centred.subarray(i * (dimension - 1), (i + 1) * (dimension - 1)), 1);
    let logOdds = 0;
    for (let j = 0; j < dimension; j++) logOdds += position[j] * row[j];
    const e = Math.exp(-Math.abs(logOdds));
    const variance = e / ((1 + e) * (1 + e));
    for (let a = 0; a < dimension; a++) {
      const scaled = variance * row[a];
      for (let b = 0; b <= a; b++) hessian[a * dimension + b] -= scaled * row[b];
    }
  }
  mirrorLower(hessian, dimension);
}

/** The data as the likelihood has them. */
function signedOutcomes(
  centred: Float64Array,
  outcomes: ArrayLike<number>,
  rows: number,
  dimension: number,
): SignedOutcomes {
  const paddedDimension = dimension + (dimension % 2);
  const columns = signedColumns(centred, outcomes, rows, dimension, paddedDimension);
  const remainders = remainderSums(columns, outcomes, rows, paddedDimension);
  return { rows, dimension, columns, remainders };
}

/**
 * The log likelihood, which overwrites the gradient. The signed rows are stored by column, and
 * columns are taken two at a time: half the passes over the margins, and twice as fast as row by
 * row. An odd number of columns is padded with one of zeros.
 */
function logitLikelihood({ rows, dimension, columns, remainders }: SignedOutcomes): LogDensity {
  /** The padded position on the way in, the padded gradient on the way out. */
  const q = new Float64Array(dimension + (dimension % 2));
  /** z_i·q on the way in, logit⁻¹(−z_i·q) on the way out. */
  const margins = new Float64Array(rows);

  return (position, gradient) => {
    for (let j = 0; j < dimension; j++) q[j] = position[j];
    writeMargins(columns, q, margins);
    let logLikelihood = -lossOfMargins(margins);
    writeColumnSums(columns, margins, q);
    for (let j = 0; j < dimension; j++) gradient[j] = q[j];
    if (remainders) {
      for (let j = 0; j < dimension; j++) {
        logLikelihood -= remainders[j] * position[j];
        gradient[j] -= remainders[j];
      }
    }
    return logLikelihood;
  };
}

/** Σ r_i z_i, or null where all outcomes are 0 or 1 and there is nothing to add. */
function remainderSums(
  columns: Float64Array,
  outcomes: ArrayLike<number>,
  rows: number,
  paddedDimension: number,
): Float64Array | null {
  const remainders = Float64Array.from({ length: rows }, (_, i) =>
    Math.min(outcomes[i], 1 - outcomes[i]),
  );
  if (remainders.every((remainder) => remainder === 0)) return null;
  const sums = new Float64Array(paddedDimension);
  writeColumnSums(columns, remainders, sums);
  return sums;
}

/** margins_i = Σ_j q_j z_ij. */
function writeMargins(columns: Float64Array, q: Float64Array, margins: Float64Array): void {
  const rows = margins.length;
  margins.fill(0);
  for (let j = 0; j < q.length; j += 2) {
    const first = q[j];
    const second = q[j + 1];
    const a = j * rows;
    const b = a + rows;
    for (let i = 0; i < rows; i++) margins[i] += first * columns[a + i] + second * columns[b + i];
  }
}

/** sums_j = Σ_i weights_i z_ij. */
function writeColumnSums(columns: Float64Array, weights: Float64Array, sums: Float64Array): void {
  const rows = weights.length;
  for (let j = 0; j < sums.length; j += 2) {
    const a = j * rows;
    const b = a + rows;
    let first = 0;
    let second = 0;
    for (let i = 0; i < rows; i++) {
      first += weights[i] * columns[a + i];
      second += weights[i] * columns[b + i];
    }
    sums[j] = first;
    sums[j + 1] = second;
  }
}

/** Column-major z_i = s_i · (1, x_i − x̄). */
function signedColumns(
  centred: Float64Array,
  outcomes: ArrayLike<number>,
  rows: number,
  dimension: number,
  paddedDimension: number,
): Float64Array {
  const slopes = dimension - 1;
  const columns = new Float64Array(rows * paddedDimension);
  for (let i = 0; i < rows; i++) {
    const sign = outcomes[i] >= 0.5 ? 1 : -1;
    columns[i] = sign;
    for (let j = 0; j < slopes; j++) columns[(j + 1) * rows + i] = sign * centred[i * slopes + j];
  }
  return columns;
}

/** Σ log(1 + exp(−margin)), without overflow; turns each margin into logit⁻¹(−margin). */
function lossOfMargins(margins: Float64Array): number {
  let loss = 0;
  let product = 1;
  for (let i = 0; i < margins.length; i++) {
    const margin = margins[i];
    // exp(−|margin|) keeps the factor in (1, 2] on either side.
    const e = Math.exp(-Math.abs(margin));
    const factor = 1 + e;
    product *= factor;
    if (margin > 0) {
      margins[i] = e / factor;
    } else {
      margins[i] = 1 / factor;
      loss -= margin;
    }
    if (i % ROWS_PER_LOGARITHM === ROWS_PER_LOGARITHM - 1) {
      loss += Math.log(product);
      product = 1;
    }
  }
  return loss + Math.log(product);
}

/** Outcomes drawn from the model at reported parameters (b_Intercept, b_1 … b_k). */
export function simulateBernoulliLogit(
  predictors: Predictors,
  parameters: ArrayLike<number>,
  random: RandomStream,
): Uint8Array {
  const slopes = predictors.names.length;
  return Uint8Array.from({ length: predictors.rows }, (_, i) => {
    let logOdds = parameters[0];
    for (let j = 0; j < slopes; j++) {
      logOdds += parameters[j + 1] * predictors.values[i * slopes + j];
    }
    return random.uniform() < 1 / (1 + Math.exp(-logOdds)) ? 1 : 0;
  });
}
