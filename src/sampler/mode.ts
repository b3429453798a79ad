/**
 * The mode of a density with a single peak, such as the posterior of a logistic regression with a
 * normal prior. It is no substitute for sampling.
 */
import { WeighbridgeError } from '../errors.js';
import { writeHessianByDifferences } from '../linear-algebra/difference-hessian.js';
import { findPeak } from '../linear-algebra/newton.js';
import { quickStream } from '../random/quick-stream.js';
import type { Model } from './model.js';

/** Small enough for parameters whose scale is a thousandth. */
const DIFFERENCE = 1e-6;
/** The step that is left is then below a billionth of a standard deviation. */
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
  return reported(
    model,
    peak.position.map((value, i) => value + peak.step[i]),
  );
}

function reported(model: Model, position: Float64Array): Float64Array {
  if (!model.constrain) return position.slice();
  const parameters = new Float64Array(model.parameterNames.length);
  model.constrain(position, parameters, quickStream('mode'));
  return parameters;
}
