/**
 * A coefficient's posterior without sampling: exact for Gaussian regressions without groups, otherwise by
 * the normal approximation at the mode.
 */
import type { RegressionSpecification } from '../../models/regression-data.js';
import { linearPosterior } from '../fit/linear-posterior.js';
import { modelOf } from '../fit/specification.js';
import { quickStream } from '../random/quick-stream.js';
import type { Model } from '../sampler/model.js';
import { covarianceOf, normalApproximation } from '../sampler/normal-approximation.js';
import type { SimulatedEstimate } from './plan.js';

/** How a simulated data set was fitted. */
export type FitKind = 'exact' | 'approximate' | 'sampled';

export interface Approximate extends SimulatedEstimate {
  readonly kind: 'exact' | 'approximate';
  readonly sd: number;
}

/** Half a central 95% interval of the normal distribution, in standard deviations. */
const NORMAL_95 = 1.959963984540054;

/**
 * @param index of the parameter among the reported ones
 * @returns null if the posterior has no mode, or the model no curvature
 */
export function approximateFit(
  specification: RegressionSpecification,
  index: number,
): Approximate | null {
  return exactSlope(specification, index) ?? approximateAt(modelOf(specification), index);
}

function exactSlope(specification: RegressionSpecification, index: number): Approximate | null {
  const { predictors, intercept } = specification.data;
  const name = predictors.names[index - (intercept ? 1 : 0)];
  const posterior = name === undefined ? null : linearPosterior(specification);
  if (name === undefined || posterior === null) return null;
  const marginal = posterior.contrast({ [name]: 1 });
  return { kind: 'exact', estimate: marginal.mean, sd: marginal.sd, hdi: marginal.hdi() };
}

/** The reported parameter at the mode, and its sd by the delta method. */
function approximateAt(model: Model, index: number): Approximate | null {
  const approximation = normalApproximation(model);
  if (!approximation) return null;
  const { mode } = approximation;
  const reported = reporter(model, index);
  const covariance = covarianceOf(approximation);
  const dimension = mode.length;
  const slope = Float64Array.from(mode, (_, j) => {
    const step = 1e-4 * Math.sqrt(covariance[j * (dimension + 1)] ?? 0);
    const moved = mode.slice();
    moved[j] = (moved[j] ?? 0) + step;
    const above = reported(moved);
    moved[j] = (mode[j] ?? 0) - step;
    return (above - reported(moved)) / (2 * step);
  });
  let variance = 0;
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < dimension; j++) {
      variance += (slope[i] ?? 0) * (slope[j] ?? 0) * (covariance[i * dimension + j] ?? 0);
    }
  }
  const estimate = reported(mode);
  const sd = Math.sqrt(variance);
  const hdi = [estimate - NORMAL_95 * sd, estimate + NORMAL_95 * sd] as const;
  return Number.isFinite(sd) && sd > 0 ? { kind: 'approximate', estimate, sd, hdi } : null;
}

/** The value of a reported parameter at a position. */
function reporter(model: Model, index: number): (position: Float64Array) => number {
  const parameters = new Float64Array(model.parameterNames.length);
  return (position) => {
    if (!model.constrain) return position[index] ?? Number.NaN;
    // The same random numbers each time: effects that are drawn given the others do not move it.
    model.constrain(position, parameters, quickStream('plan'));
    return parameters[index] ?? Number.NaN;
  };
}
