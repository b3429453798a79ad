/**
 * The way to a peak of a density in some of its coordinates, by Newton's method with the Hessian from
 * differences of the gradient.
 */
import type { LogDensity, Model } from '../../src/sampler/model.js';
import { normalApproximation } from '../../src/sampler/normal-approximation.js';
import { makePeaked, writeHessianByDifferences } from './curvature.js';

/** Moves `position` to the peak over the coordinates `free`; false where there is none. */
export function climb(
  density: LogDensity,
  position: Float64Array,
  free: readonly number[],
  scales: Float64Array,
): boolean {
  const whole = position.slice();
  const gradient = new Float64Array(position.length);
  const logDensity = (x: Float64Array, part: Float64Array) => {
    for (let a = 0; a < free.length; a++) whole[free[a]] = x[a] * scales[free[a]];
    const value = density(whole, gradient);
    for (let a = 0; a < free.length; a++) part[a] = gradient[free[a]] * scales[free[a]];
    return value;
  };
  const model: Model = {
    dimension: free.length,
    parameterNames: free.map(String),
    logDensity,
    hessian(x, hessian) {
      writeHessianByDifferences(logDensity, x, hessian);
      makePeaked(hessian, free.length);
    },
    guess: () => Float64Array.from(free, (j) => position[j] / scales[j]),
  };
  const peak = normalApproximation(model)?.mode;
  if (!peak) return false;
  free.forEach((j, a) => {
    position[j] = peak[a] * scales[j];
  });
  return true;
}
