/**
 * The mode of a logistic regression with independent normal priors, without the general model of a
 * specification: for thousands of small fits that need a point and its curvature, and no draws.
 *
 *     y_i ~ Bernoulli-logit(b_0 + Σ_j b_j x_ij),    b_j ~ normal(mean_j, sd_j)
 *
 * The log density is strictly concave, so Newton's method finds its only mode.
 */
import { solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { findPeak, type SmoothDensity } from '../linear-algebra/newton.js';
import { studentTKernel } from '../linear-algebra/student-t.js';
import { squaresOf } from '../linear-algebra/sums.js';
import type { RandomStream } from '../random/stream.js';

/** Binary outcomes with their predictors. */
export interface BinaryRows {
  /** Row-major (row, predictor), no column of ones. */
  readonly predictors: Float64Array;
  /** One outcome per row, 0 or 1. */
  readonly outcomes: Uint8Array;
}

/** Means and standard deviations of the normal priors: the intercept first, then each predictor. */
export interface NormalPriors {
  readonly means: Float64Array;
  readonly sds: Float64Array;
}

interface LogisticMode {
  /** The intercept at predictors of zero, then the slopes. */
  readonly mode: Float64Array;
  /** L, lower triangular and row-major, with L Lᵀ = −Hessian at the mode. */
  readonly lower: Float64Array;
}

/**
 * Bound on gᵀ (−H)⁻¹ g, the squared length of the remaining step in posterior standard deviations. The
 * step is taken at the end, and Newton's method converges quadratically: what is left is below a
 * hundredth of a standard deviation.
 */
const CONVERGED = 1e-2;
const LARGE = 1e300;

/** @param start start of the search. @default the means of the priors */
export function logisticMode(
  rows: BinaryRows,
  priors: NormalPriors,
  start: Float64Array = priors.means,
): LogisticMode {
  const peak = findPeak(logisticDensity(rows, priors), start, CONVERGED);
  // A strictly concave density has a mode, and Newton's method with step halving reaches it.
  if (!peak) throw new RangeError('no mode of a logistic regression with normal priors');
  return { mode: peak.position.map((value, j) => value + peak.step[j]), lower: peak.lower };
}

function logisticDensity(
  { predictors, outcomes }: BinaryRows,
  { means, sds }: NormalPriors,
): SmoothDensity {
  const rows = outcomes.length;
  const width = means.length - 1;
  const dimension = width + 1;
  /** p (1 − p) of each row at the position of the last density. */
  const curvature = new Float64Array(rows);
  return {
    logDensity(position, gradient) {
      let logDensity = 0;
      for (let j = 0; j < dimension; j++) {
        const z = (position[j] - means[j]) / sds[j];
        logDensity -= 0.5 * z * z;
        gradient[j] = -z / sds[j];
      }
      let product = 1;
      for (let i = 0; i < rows; i++) {
        const at = i * width;
        let eta = position[0];
        for (let j = 0; j < width; j++) eta += position[j + 1] * predictors[at + j];
        // exp(−|η|) never overflows.
        const e = Math.exp(-Math.abs(eta));
        const p = eta > 0 ? 1 / (1 + e) : e / (1 + e);
        logDensity += Math.min(outcomes[i] === 1 ? eta : -eta, 0);
        // One logarithm for many rows: each factor is at most 2.
        product *= 1 + e;
        if (product > LARGE) {
          logDensity -= Math.log(product);
          product = 1;
        }
        curvature[i] = p * (1 - p);
        const residual = outcomes[i] - p;
        gradient[0] += residual;
        for (let j = 0; j < width; j++) gradient[j + 1] += residual * predictors[at + j];
      }
      return logDensity - Math.log(product);
    },
    // The search asks for the Hessian where it last asked for the density.
    writeHessian(_, hessian) {
      hessian.fill(0);
      for (let j = 0; j < dimension; j++) hessian[j * (dimension + 1)] = -1 / (sds[j] * sds[j]);
      for (let i = 0; i < rows; i++) {
        const at = i * width;
        const c = curvature[i];
        hessian[0] -= c;
        for (let j = 0; j < width; j++) {
          const cx = c * predictors[at + j];
          const row = (j + 1) * dimension;
          hessian[row] -= cx;
          for (let k = 0; k <= j; k++) hessian[row + k + 1] -= cx * predictors[at + k];
        }
      }
      for (let j = 0; j < dimension; j++) {
        for (let k = 0; k < j; k++) hessian[k * dimension + j] = hessian[j * dimension + k];
      }
    },
  };
}

/** Draws from a Student-t of unit scale, for importance sampling around a mode. */
interface Proposals {
  /** Row-major (draw, parameter). */
  readonly values: Float64Array;
  /** Log density of each draw, up to a constant. */
  readonly logDensities: Float64Array;
}

const DRAWS = 400;
/** Heavier tails than a normal, as posteriors of few choices have. */
const DEGREES_OF_FREEDOM = 5;

export function drawProposals(dimension: number, random: RandomStream): Proposals {
  const values = new Float64Array(DRAWS * dimension);
  random.normals(values);
  const chi = new Float64Array(DEGREES_OF_FREEDOM);
  const logDensities = Float64Array.from({ length: DRAWS }, (_, draw) => {
    random.normals(chi);
    const scale = Math.sqrt(DEGREES_OF_FREEDOM / squaresOf(chi));
    const row = values.subarray(draw * dimension, (draw + 1) * dimension);
    for (let j = 0; j < dimension; j++) row[j] *= scale;
    return studentTKernel(squaresOf(row), DEGREES_OF_FREEDOM, dimension);
  });
  return { values, logDensities };
}

/** Draws around the mode of a posterior, whose weights are known for any normal priors. */
export interface ImportanceSample {
  /** Row-major (draw, parameter). */
  readonly positions: Float64Array;
  /** Log likelihood of each draw minus its log proposal density. */
  readonly logRatios: Float64Array;
}

/** @param priors those of the mode around which the draws lie */
export function importanceSample(
  rows: BinaryRows,
  priors: NormalPriors,
  { values, logDensities }: Proposals,
): ImportanceSample {
  const { mode, lower } = logisticMode(rows, priors);
  const dimension = mode.length;
  const density = logisticDensity(rows, priors);
  const gradient = new Float64Array(dimension);
  const positions = values.slice();
  const logRatios = logDensities.map((logProposal, draw) => {
    const position = positions.subarray(draw * dimension, (draw + 1) * dimension);
    solveLowerTransposed(lower, position);
    for (let j = 0; j < dimension; j++) position[j] += mode[j];
    const logPrior = normalLogDensity(position, 0, priors);
    return density.logDensity(position, gradient) - logPrior - logProposal;
  });
  return { positions, logRatios };
}

/** Log density of the priors at the draw that starts at `start`, up to a constant of the priors. */
function normalLogDensity(
  positions: Float64Array,
  start: number,
  { means, sds }: NormalPriors,
): number {
  let sum = 0;
  for (let j = 0; j < means.length; j++) {
    const z = (positions[start + j] - means[j]) / sds[j];
    sum -= 0.5 * z * z;
  }
  return sum;
}

/** E[b_j] and E[b_j²] over the posterior with these priors, by self-normalized importance weights. */
export function posteriorMoments(
  { positions, logRatios }: ImportanceSample,
  priors: NormalPriors,
): { readonly means: Float64Array; readonly squares: Float64Array } {
  const dimension = priors.means.length;
  const logWeights = logRatios.map(
    (logRatio, draw) => logRatio + normalLogDensity(positions, draw * dimension, priors),
  );
  const largest = logWeights.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
  const means = new Float64Array(dimension);
  const squares = new Float64Array(dimension);
  let total = 0;
  logWeights.forEach((logWeight, draw) => {
    const weight = Math.exp(logWeight - largest);
    total += weight;
    for (let j = 0; j < dimension; j++) {
      const value = positions[draw * dimension + j];
      means[j] += weight * value;
      squares[j] += weight * value * value;
    }
  });
  return { means: means.map((sum) => sum / total), squares: squares.map((sum) => sum / total) };
}
