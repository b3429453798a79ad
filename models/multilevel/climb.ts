/** The peak of a density in some of its coordinates, with the others fixed. */
import { writeHessianByDifferences } from '../../src/linear-algebra/difference-hessian.js';
import { findPeak } from '../../src/linear-algebra/newton.js';
import type { LogDensity } from '../../src/sampler/model.js';
import { makePeaked } from './curvature.js';

/** Moves `position` to the peak over the coordinates `free`; false if none is found. */
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
  const peak = findPeak(
    {
      logDensity,
      writeHessian(x, hessian) {
        writeHessianByDifferences(logDensity, x, hessian);
        makePeaked(hessian, free.length);
      },
    },
    Float64Array.from(free, (j) => position[j] / scales[j]),
  );
  if (!peak) return false;
  free.forEach((j, a) => {
    position[j] = peak.position[a] * scales[j];
  });
  return true;
}
