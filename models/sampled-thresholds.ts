/**
 * The thresholds of an ordinal regression among its sampled parameters, an intercept α and the gaps of
 * the thresholds (families/thresholds.ts), with their priors: those of
 *
 *     τ_k = c_k − α,   c_k by the gaps,
 *
 * at the means of the predictors, as brms has them; thresholds that sum to zero have no α. The derivatives of Σ_k log p_k(τ_k) are −1 times
 * its sum by α, and by the gaps as in families/thresholds.ts.
 */
import { gapsFor } from './families/ordinal.js';
import { gapsOf, hasPlace, thresholdsOf } from './families/thresholds.js';
import { priorDensity } from './prior-distributions.js';
import { outcomesOf, type RegressionSpecification } from './regression-data.js';

export interface SampledThresholds {
  readonly count: number;
  /** Adds the log prior's gradient; returns the log prior. */
  addPrior(parameters: Float64Array, gradient: Float64Array): number;
  /** Adds the log prior's second derivatives to a square, row-major matrix. */
  addPriorToHessian(parameters: Float64Array, hessian: Float64Array): void;
  /** The derivative of the log prior by α; 0 without one. */
  locationSlope(parameters: Float64Array): number;
  /**
   * Writes the thresholds at the start of `reported`.
   *
   * @param intercept α at predictors of zero; 0 without one
   */
  report(parameters: Float64Array, intercept: number, reported: Float64Array): void;
}

/**
 * Null for a family without thresholds.
 *
 * @param firstGap place of the first gap among the parameters; the intercept has place 0
 */
export function sampledThresholds(
  { family, data, priors }: RegressionSpecification,
  firstGap: number,
): SampledThresholds | null {
  const count = thresholdsOf(family);
  if (count === 0) return null;
  const densities = (priors.thresholds ?? []).map(priorDensity);
  const gaps = gapsOf(family);
  const placed = hasPlace(family);
  const locationIn = (parameters: Float64Array): number => (placed ? parameters[0] : 0);
  const coordinates = gapsFor(family, outcomesOf(data));
  const offsets = new Float64Array(count);
  const slopes = new Float64Array(count);
  const gapSlopes = new Float64Array(gaps);
  const read = (parameters: Float64Array): void => {
    coordinates.writeOffsets(parameters.subarray(firstGap, firstGap + gaps), offsets);
  };
  const writeSlopes = (location: number): number => {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      slopes[k] = densities[k].derivative(offsets[k] - location);
      sum += slopes[k];
    }
    return sum;
  };

  return {
    count,
    addPrior(parameters, gradient) {
      read(parameters);
      const location = locationIn(parameters);
      let value = 0;
      for (let k = 0; k < count; k++) value += densities[k].logDensity(offsets[k] - location);
      const slope = writeSlopes(location);
      if (placed) gradient[0] -= slope;
      coordinates.writeGradient(slopes, gapSlopes);
      for (let j = 0; j < gaps; j++) gradient[firstGap + j] += gapSlopes[j];
      return value;
    },
    addPriorToHessian(parameters, hessian) {
      read(parameters);
      const dimension = Math.round(Math.sqrt(hessian.length));
      const own = densities.map((density, k) =>
        density.secondDerivative(offsets[k] - locationIn(parameters)),
      );
      const curvature = new Float64Array(count * count);
      own.forEach((value, k) => {
        curvature[k * (count + 1)] = value;
        if (placed) hessian[0] += value;
      });
      coordinates.writeGradient(Float64Array.from(own), gapSlopes);
      const ofGaps = new Float64Array(gaps * gaps);
      coordinates.writeCurvature(curvature, ofGaps);
      for (let j = 0; j < gaps; j++) {
        if (placed) {
          hessian[firstGap + j] -= gapSlopes[j];
          hessian[(firstGap + j) * dimension] -= gapSlopes[j];
        }
        for (let i = 0; i < gaps; i++) {
          hessian[(firstGap + j) * dimension + firstGap + i] += ofGaps[j * gaps + i];
        }
      }
    },
    locationSlope(parameters) {
      read(parameters);
      return placed ? -writeSlopes(parameters[0]) : 0;
    },
    report(parameters, intercept, reported) {
      read(parameters);
      for (let k = 0; k < count; k++) reported[k] = offsets[k] - intercept;
    },
  };
}
