/**
 * The normal approximation of a density with one peak: its mode, by Newton's method, and the
 * curvature there. In the coordinates x of
 *
 *     q = mode + L⁻ᵀ x,    with L Lᵀ = −Hessian at the mode,
 *
 * the approximation is a standard normal, and the density nearly one if the data are many. Sampling
 * in these whitened coordinates with a unit metric is sampling with the inverse Hessian as a dense
 * metric (Neal 2011, §4.1), with the centre known besides.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { copyVector, evaluate, newEvaluatedPoint } from './hamiltonian.js';
import { moveUphill } from './mode.js';
import type { LogDensity, Model } from './model.js';
import { type SplitStep, splitStepOf } from './split-step.js';

export interface NormalApproximation {
  readonly mode: Float64Array;
  /** L⁻¹, lower triangular, row-major: products with it replace the solving of L. */
  readonly inverseFactor: Float64Array;
}

const MOST_ROUNDS = 50;
/** Half of gᵀ (−H)⁻¹ g is what the density may still rise: digits that no draw can tell. */
const CONVERGED = 1e-10;

/**
 * Null for a model that brings no Hessian, or where the search does not end at a peak.
 * @param start where it begins: the model's guess, or zero, where absent
 */
export function normalApproximation(
  model: Model,
  start: Float64Array | undefined = model.guess?.(),
): NormalApproximation | null {
  if (!model.hessian) return null;
  const point = newEvaluatedPoint(model.dimension);
  if (start) point.position.set(start);
  if (!evaluate(model, point)) return null;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const precision = curvature(model, point.position);
    const lower = cholesky(precision, model.dimension);
    const step = point.gradient.slice();
    if (lower === null) {
      // No peak near: along the gradient, each parameter by its own curvature, whatever its scale.
      for (let i = 0; i < step.length; i++) {
        step[i] /= Math.abs(precision[i * (model.dimension + 1)]) || 1;
      }
    } else {
      solveLower(lower, step);
      solveLowerTransposed(lower, step);
      if (dot(step, point.gradient) < CONVERGED) {
        return {
          mode: point.position,
          inverseFactor: invertLower(lower, model.dimension),
        };
      }
    }
    moveUphill(model, point, step);
  }
  return null;
}

/** −Hessian. */
function curvature(model: Model, position: Float64Array): Float64Array {
  const precision = new Float64Array(model.dimension * model.dimension);
  model.hessian?.(position, precision);
  for (let i = 0; i < precision.length; i++) precision[i] = -precision[i];
  return precision;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function invertLower(lower: Float64Array, dimension: number): Float64Array {
  const inverse = new Float64Array(dimension * dimension);
  const column = new Float64Array(dimension);
  for (let j = 0; j < dimension; j++) {
    column.fill(0);
    column[j] = 1;
    solveLower(lower, column);
    for (let i = j; i < dimension; i++) inverse[i * dimension + j] = column[i];
  }
  return inverse;
}

/** M⁻¹ = (−Hessian)⁻¹ = L⁻ᵀ L⁻¹, row-major. */
export function covarianceOf({ mode, inverseFactor }: NormalApproximation): Float64Array {
  const dimension = mode.length;
  const covariance = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < dimension; j++) {
      for (let k = Math.max(i, j); k < dimension; k++) {
        covariance[i * dimension + j] +=
          inverseFactor[k * dimension + i] * inverseFactor[k * dimension + j];
      }
    }
  }
  return covariance;
}

/** A model in whitened coordinates. */
export interface WhitenedModel extends Model {
  readonly splitStep: SplitStep;
}

/** The model in whitened coordinates: the same parameters are reported. */
export function whitened(
  model: Model,
  { mode, inverseFactor }: NormalApproximation,
): WhitenedModel {
  const { dimension } = model;
  const basis = transposed(inverseFactor, dimension);
  const position = new Float64Array(dimension);
  const unwhiten = (x: Float64Array): void => {
    for (let i = 0; i < dimension; i++) {
      let sum = mode[i];
      // The basis L⁻ᵀ is upper triangular.
      for (let k = i; k < dimension; k++) sum += basis[i * dimension + k] * x[k];
      position[i] = sum;
    }
  };
  const quick = model.quickDensity?.({ origin: mode, basis });
  const logDensity =
    quick?.logDensity ?? whitenedLogDensity(model, inverseFactor, position, unwhiten);
  return {
    dimension,
    parameterNames: model.parameterNames,
    logDensity,
    splitStep: quick?.splitStep ?? splitStepOf(logDensity),
    constrain(x, parameters, random) {
      unwhiten(x);
      if (model.constrain) model.constrain(position, parameters, random);
      else copyVector(position, parameters);
    },
  };
}

/** Through the model's own coordinates; the gradient by the chain rule: L⁻¹ g. */
function whitenedLogDensity(
  model: Model,
  inverseFactor: Float64Array,
  position: Float64Array,
  unwhiten: (x: Float64Array) => void,
): LogDensity {
  const { dimension } = model;
  const gradient = new Float64Array(dimension);
  return (x, xGradient) => {
    unwhiten(x);
    const logDensity = model.logDensity(position, gradient);
    for (let i = 0; i < dimension; i++) {
      let sum = 0;
      for (let k = 0; k <= i; k++) sum += inverseFactor[i * dimension + k] * gradient[k];
      xGradient[i] = sum;
    }
    return logDensity;
  };
}

function transposed(matrix: Float64Array, dimension: number): Float64Array {
  return matrix.map((_, at) => matrix[(at % dimension) * dimension + Math.floor(at / dimension)]);
}
