/**
 * The mode of a log-concave density by Newton's method, with the Hessian from differences of the
 * analytic gradient. For models whose posterior has one peak, as logistic regression with a normal
 * prior has; it is no substitute for sampling.
 */
import { WeighbridgeError } from '../errors.js';
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { quickStream } from '../random/quick-stream.js';
import { evaluate, newEvaluatedPoint } from './hamiltonian.js';
import type { Model } from './model.js';

/** Gradient differences lose half the digits at this step, which costs Newton a round at most. */
const DIFFERENCE = 1e-6;
const MAX_ROUNDS = 100;

/**
 * The reported parameters at the mode, starting from zero.
 * @throws WeighbridgeError `improper-posterior` where the density has no single peak to be found.
 */
export function posteriorMode(model: Model): Float64Array {
  const point = newEvaluatedPoint(model.dimension);
  evaluate(model, point);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const step = newtonStep(model, point.position, point.gradient);
    const size = Math.sqrt(step.reduce((sum, value) => sum + value * value, 0));
    moveUphill(model, point, step);
    if (size < 1e-9) return reported(model, point.position);
  }
  throw new WeighbridgeError('improper-posterior', 'no mode found: the density has no single peak');
}

/** −H⁻¹ g; where the curvature is not that of a peak, along the gradient. */
function newtonStep(model: Model, position: Float64Array, gradient: Float64Array): Float64Array {
  const dimension = model.dimension;
  const precision = new Float64Array(dimension * dimension);
  const moved = position.slice();
  const shifted = new Float64Array(dimension);
  for (let j = 0; j < dimension; j++) {
    moved[j] = position[j] + DIFFERENCE;
    model.logDensity(moved, shifted);
    moved[j] = position[j];
    for (let i = 0; i < dimension; i++) {
      const half = (gradient[i] - shifted[i]) / DIFFERENCE / 2;
      precision[i * dimension + j] += half;
      precision[j * dimension + i] += half;
    }
  }
  const step = gradient.slice();
  const lower = cholesky(precision, dimension);
  if (lower === null) return step;
  solveLower(lower, step);
  solveLowerTransposed(lower, step);
  return step;
}

/** Takes the step, or the largest of its halves that does not go down. */
export function moveUphill(
  model: Model,
  point: ReturnType<typeof newEvaluatedPoint>,
  step: Float64Array,
): void {
  const start = point.position.slice();
  const height = point.logDensity;
  for (let scale = 1; scale > 1e-12; scale /= 2) {
    for (let i = 0; i < start.length; i++) point.position[i] = start[i] + scale * step[i];
    // At the mode itself the last digits of the density are noise.
    if (evaluate(model, point) && point.logDensity >= height - 1e-12 * Math.abs(height)) return;
  }
}

function reported(model: Model, position: Float64Array): Float64Array {
  if (!model.constrain) return position.slice();
  const parameters = new Float64Array(model.parameterNames.length);
  model.constrain(position, parameters, quickStream('mode'));
  return parameters;
}
