/**
 * The normal approximation of a density with one peak: its mode, by Newton's method, and the
 * curvature there. In the coordinates x of
 *
 *     q = mode + L⁻ᵀ x,    with L Lᵀ = −Hessian at the mode,
 *
 * the approximation is a standard normal, and with enough data the density is close to one. Sampling
 * in these whitened coordinates with a unit metric is sampling with the inverse Hessian as a dense
 * metric (Neal 2011, §4.1) and a known centre.
 */
import { WeighbridgeError } from '../errors.js';
import { invertLower } from '../linear-algebra/cholesky.js';
import { findPeak, writeHessianByDifferences } from '../linear-algebra/newton.js';
import { quickStream } from '../random/quick-stream.js';
import { copyVector } from './hamiltonian.js';
import type { LinearReport, LogDensity, Model, QuickDensity } from './model.js';
import { type SplitStep, splitStepOf } from './split-hmc.js';

export interface NormalApproximation {
  readonly mode: Float64Array;
  /** L⁻¹, lower triangular, row-major. */
  readonly inverseFactor: Float64Array;
}

/**
 * Finds the approximation. Null for a model without a Hessian, or if the search does not end at a peak.
 *
 * @param start start of the search. @default the model's guess, or zero
 */
export function normalApproximation(
  model: Model,
  start: Float64Array | undefined = model.guess?.(),
): NormalApproximation | null {
  const { dimension } = model;
  if (!model.hessian) return null;
  const peak = findPeak(
    {
      logDensity: (position, gradient) => model.logDensity(position, gradient),
      writeHessian: (position, matrix) => model.hessian?.(position, matrix),
    },
    start ?? new Float64Array(dimension),
  );
  return peak && { mode: peak.position, inverseFactor: invertLower(peak.lower, dimension) };
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
export interface WhitenedModel
  extends Model,
    Pick<QuickDensity, 'fusedTransitions' | 'addMoments'> {
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
  const linearReport = model.linear ? linearReportOf(model, mode, basis) : null;
  const quick = model.quickDensity?.({ origin: mode, basis });
  const logDensity =
    quick?.logDensity ?? whitenedLogDensity(model, inverseFactor, position, unwhiten);
  return {
    dimension,
    parameterNames: model.parameterNames,
    logDensity,
    splitStep: splitStepOf(quick ?? { logDensity }),
    ...(quick?.fusedTransitions && { fusedTransitions: quick.fusedTransitions }),
    ...(quick?.addMoments && { addMoments: quick.addMoments }),
    ...(linearReport && { linearReport }),
    constrain(x, parameters, random) {
      if (linearReport) return writeLinear(linearReport, x, parameters);
      unwhiten(x);
      if (model.constrain) model.constrain(position, parameters, random);
      else copyVector(position, parameters);
    },
  };
}

/** The reported parameters as linear functions of x: faster than by the position. */
function linearReportOf(model: Model, mode: Float64Array, basis: Float64Array): LinearReport {
  const { dimension } = model;
  const origin = reportedAt(model, mode);
  const columns = Array.from({ length: dimension }, (_, k) => {
    const unit = reportedAt(
      model,
      mode.map((value, i) => value + basis[i * dimension + k]),
    );
    return unit.map((value, p) => value - origin[p]);
  });
  const size = origin.length;
  const matrix = Float64Array.from({ length: size * dimension }, (_, at) => {
    return columns[at % dimension][Math.floor(at / dimension)];
  });
  return { origin, matrix };
}

function writeLinear(
  { origin, matrix }: LinearReport,
  x: Float64Array,
  parameters: Float64Array,
): void {
  let at = 0;
  for (let p = 0; p < origin.length; p++) {
    let sum = origin[p];
    for (let k = 0; k < x.length; k++) sum += matrix[at++] * x[k];
    parameters[p] = sum;
  }
}

/** A model whose own coordinates are whitened. */
export function asItIs(model: Model): WhitenedModel {
  const logDensity = model.logDensity.bind(model);
  return { ...model, splitStep: splitStepOf({ logDensity }) };
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

/**
 * The mode of a density with a single peak, such as the posterior of a logistic regression with a
 * normal prior. It is no substitute for sampling.
 */

/** Small enough for parameters whose scale is a thousandth. */
const DIFFERENCE = 1e-6;
/** The remaining step is then below a billionth of a standard deviation. */
const CONVERGED = 1e-18;

/**
 * The reported parameters at the mode, found from zero.
 *
 * @throws WeighbridgeError `improper-posterior` if the density has no single peak.
 */
export function posteriorMode(model: Model): Float64Array {
  const { dimension } = model;
  const logDensity = model.logDensity.bind(model);
  const writeHessian = (position: Float64Array, hessian: Float64Array) =>
    writeHessianByDifferences(logDensity, position, hessian, dimension, DIFFERENCE);
  const peak = findPeak({ logDensity, writeHessian }, new Float64Array(dimension), CONVERGED);
  if (!peak) {
    throw new WeighbridgeError(
      'improper-posterior',
      'no mode found: the density has no single peak',
    );
  }
  return reportedAt(
    model,
    peak.position.map((value, i) => value + peak.step[i]),
  );
}

/** The reported parameters at a position. */
export function reportedAt(model: Model, position: Float64Array): Float64Array {
  if (!model.constrain) return position.slice();
  const parameters = new Float64Array(model.parameterNames.length);
  model.constrain(position, parameters, quickStream('mode'));
  return parameters;
}
