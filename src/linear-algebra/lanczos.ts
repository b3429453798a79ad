/**
 * Eigenpairs of largest magnitude of a large symmetric matrix, by Lanczos' method with full reorthogonalization
 * (Golub & Van Loan 2013, Matrix Computations, §10.1 and §10.3.4).
 */
import { takeOut } from './orthonormal.js';
import { norm } from './sums.js';
import { symmetricEigen } from './symmetric-eigen.js';

interface LargestEigen {
  /** In descending order, positive ones first. */
  readonly values: Float64Array;
  /** One unit eigenvector for each value. */
  readonly vectors: readonly Float64Array[];
}

/** Steps beyond those for the wanted pairs. */
const FURTHER_STEPS = 40;

/** A new direction below this share of the largest entry is rounding error. */
const BREAKDOWN = 1e-13;

/**
 * The eigenpairs whose values are largest in magnitude.
 *
 * @param multiply writes the product of the matrix and a vector
 * @param count of the pairs, at most the dimension
 */
export function largestEigen(
  multiply: (vector: Float64Array, product: Float64Array) => void,
  dimension: number,
  count: number,
): LargestEigen {
  const steps = Math.min(dimension, 2 * count + FURTHER_STEPS);
  const basis: Float64Array[] = [];
  const projected = new Float64Array(steps * steps);
  const product = new Float64Array(dimension);
  let largest = 0;
  let next = startVector(dimension, 0);
  for (let step = 0; step < steps; step++) {
    takeOut(basis, next);
    const length = norm(next);
    basis.push(next.map((value) => value / length));
    multiply(basis[step], product);
    const along = takeOut(basis, product);
    along.forEach((entry, j) => {
      largest = Math.max(largest, Math.abs(entry));
      projected[step * steps + j] = entry;
      projected[j * steps + step] = entry;
    });
    // The space is exhausted by a start without a part in some eigenvector: goes on from another start.
    next = norm(product) > BREAKDOWN * largest ? product.slice() : startVector(dimension, step + 1);
  }
  const { values, vectors } = symmetricEigen(projected, steps);
  const places = Array.from(values.keys())
    .sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]))
    .slice(0, count)
    .sort((a, b) => values[b] - values[a]);
  return {
    values: Float64Array.from(places, (place) => values[place]),
    vectors: places.map((place) => {
      const vector = new Float64Array(dimension);
      basis.forEach((direction, step) => {
        const weight = vectors[step * steps + place];
        for (let i = 0; i < dimension; i++) vector[i] += weight * direction[i];
      });
      return vector;
    }),
  };
}

/** Numbers without a pattern: multiples of the golden ratio, less their whole parts. */
function startVector(dimension: number, which: number): Float64Array {
  const golden = 0.5 * (Math.sqrt(5) - 1);
  return Float64Array.from(
    { length: dimension },
    (_, i) => (((i + 1) * (which + 1) * golden + which / 7) % 1) - 0.5,
  );
}
