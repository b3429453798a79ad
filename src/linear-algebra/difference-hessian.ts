/** The Hessian of a log density by central differences of its gradient. */

/** For coordinates of unit scale: the error is h² / 6 times the third derivative, 1e-9. */
const DIFFERENCE = 1e-4;

/**
 * Overwrites `hessian`, row-major and symmetric.
 *
 * @param count over the first so many coordinates; all of them by default
 * @param difference half the distance of the two gradients
 */
export function writeHessianByDifferences(
  logDensity: (position: Float64Array, gradient: Float64Array) => number,
  position: Float64Array,
  hessian: Float64Array,
  count = position.length,
  difference = DIFFERENCE,
): void {
  const moved = position.slice();
  const above = new Float64Array(position.length);
  const below = new Float64Array(position.length);
  hessian.fill(0);
  for (let j = 0; j < count; j++) {
    moved[j] = position[j] + difference;
    logDensity(moved, above);
    moved[j] = position[j] - difference;
    logDensity(moved, below);
    moved[j] = position[j];
    for (let i = 0; i < count; i++) {
      const half = (above[i] - below[i]) / (4 * difference);
      hessian[i * count + j] += half;
      if (i !== j) hessian[j * count + i] += half;
      else hessian[i * count + j] += half;
    }
  }
}
