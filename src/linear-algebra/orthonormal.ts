/**
 * Builds an orthonormal basis one vector at a time: Gram–Schmidt with one reorthogonalization,
 * which is enough (Giraud, Langou & Rozložník 2005).
 */
import { dot, norm } from './sums.js';

/**
 * Subtracts a vector's projection onto the basis, in place. Returns its coefficient on each basis
 * vector.
 */
export function takeOut(basis: readonly Float64Array[], vector: Float64Array): Float64Array {
  const along = new Float64Array(basis.length);
  for (let pass = 0; pass < 2; pass++) {
    basis.forEach((direction, k) => {
      const product = dot(direction, vector);
      for (let i = 0; i < vector.length; i++) vector[i] -= product * direction[i];
      along[k] += product;
    });
  }
  return along;
}

/**
 * Adds the normalized component of a vector orthogonal to the basis if it is longer than
 * `tolerance` times the vector's length. Returns true if it was added.
 */
export function extend(basis: Float64Array[], vector: Float64Array, tolerance: number): boolean {
  const length = norm(vector);
  if (!(length > 0)) return false;
  const rest = vector.map((value) => value / length);
  takeOut(basis, rest);
  const left = norm(rest);
  if (!(left > tolerance)) return false;
  basis.push(rest.map((value) => value / left));
  return true;
}

/** Vectors that complete a basis to one of the whole space. */
export function complement(basis: readonly Float64Array[], width: number): Float64Array[] {
  const all = [...basis];
  while (all.length < width) {
    let longest = new Float64Array(width);
    for (let j = 0; j < width; j++) {
      const unit = new Float64Array(width);
      unit[j] = 1;
      takeOut(all, unit);
      if (norm(unit) > norm(longest)) longest = unit;
    }
    extend(all, longest, 0);
  }
  return all.slice(basis.length);
}

/**
 * Nearest vector in a cone: non-negative least squares by the active-set method of Lawson &
 * Hanson (1974, Solving Least Squares Problems, ch. 23).
 */

/** Smallest cosine that counts as an angle below 90°. */
const ANGLE = 1e-11;

/**
 * The residual of `target` after subtracting the nearest vector in the cone {Σ w_i ray_i, w ≥ 0}.
 * Null if no solution is found, which happens only if rays differ by rounding error alone.
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

/** The ray at the smallest angle to a vector, or null if no angle is below 90°. */
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

/**
 * The largest step from the old weights to the new ones, at most 1, that keeps all weights
 * non-negative.
 */
function stepInside(used: readonly { readonly weight: number }[], weights: Float64Array): number {
  let step = 1;
  used.forEach(({ weight }, j) => {
    if (weights[j] < 0) step = Math.min(step, weight / (weight - weights[j]));
  });
  return step;
}

/**
 * Least-squares weights of the vectors for the target; null if the vectors are linearly
 * dependent.
 */
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
