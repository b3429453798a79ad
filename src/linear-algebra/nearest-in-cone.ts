/**
 * The vector of a cone that is nearest to a given one: non-negative least squares by the active sets
 * of Lawson & Hanson (1974, Solving Least Squares Problems, ch. 23).
 */
import { dot, norm, takeOut } from './orthonormal.js';

/** Of the lengths of a ray and of what is left: an angle that is no right one. */
const ANGLE = 1e-11;

/**
 * What is left of `target` when the nearest vector of the cone {Σ w_i ray_i, w ≥ 0} is taken from
 * it; null where no answer is found, which takes rays of which rounding alone tells one from
 * another.
 *
 * @param rays row-major, each of length `target.length` and of norm 1
 */
export function beyondCone(rays: Float64Array, target: Float64Array): Float64Array | null {
  const width = target.length;
  const rayAt = (i: number) => rays.subarray(i * width, (i + 1) * width);
  let used: { ray: number; weight: number }[] = [];
  let left: Float64Array = target.slice();
  const rounds = 50 * (width + 2);
  for (let round = 0; round < rounds; round++) {
    const nearest = nearestRay(rays, left);
    if (nearest === null) return left;
    if (used.some(({ ray }) => ray === nearest)) return null;
    used.push({ ray: nearest, weight: 0 });
    for (;;) {
      const weights = leastSquares(
        used.map(({ ray }) => rayAt(ray)),
        target,
      );
      if (weights === null) return null;
      const step = stepInside(used, weights);
      used = used.map(({ ray, weight }, j) => ({
        ray,
        weight: weight + step * (weights[j] - weight),
      }));
      if (step === 1) break;
      const least = Math.min(...used.map(({ weight }) => weight));
      used = used.filter(({ weight }) => weight > Math.max(0, least));
    }
    left = target.slice();
    for (const { ray, weight } of used) {
      const direction = rayAt(ray);
      for (let k = 0; k < width; k++) left[k] -= weight * direction[k];
    }
  }
  return null;
}

/** The ray at the smallest angle to a vector, of those at less than a right angle. */
function nearestRay(rays: Float64Array, vector: Float64Array): number | null {
  const width = vector.length;
  let most = ANGLE * norm(vector);
  let nearest: number | null = null;
  for (let i = 0; i * width < rays.length; i++) {
    let product = 0;
    for (let k = 0; k < width; k++) product += rays[i * width + k] * vector[k];
    if (!(product > most)) continue;
    most = product;
    nearest = i;
  }
  return nearest;
}

/** How far from the old weights to the new ones none is below zero: 1 for all the way. */
function stepInside(used: readonly { readonly weight: number }[], weights: Float64Array): number {
  let step = 1;
  used.forEach(({ weight }, j) => {
    if (weights[j] < 0) step = Math.min(step, weight / (weight - weights[j]));
  });
  return step;
}

/** Weights of the vectors whose sum comes nearest to the target; null where they depend. */
function leastSquares(vectors: readonly Float64Array[], target: Float64Array): Float64Array | null {
  const basis: Float64Array[] = [];
  const upper: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    const along = takeOut(basis, rest);
    const length = norm(rest);
    if (!(length > 1e-14)) return null;
    basis.push(rest.map((value) => value / length));
    upper.push(Float64Array.from([...along, length]));
  }
  const weights = Float64Array.from(basis, (direction) => dot(direction, target));
  for (let j = weights.length - 1; j >= 0; j--) {
    weights[j] /= upper[j][j];
    for (let k = 0; k < j; k++) weights[k] -= upper[j][k] * weights[j];
  }
  return weights;
}
