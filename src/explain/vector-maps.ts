/**
 * Maps of vectors from a target's residual stream to an explainer's: rotation, its inverse, a ridge regression, and a
 * matrix that is trained. Trained weights read directions, so an explainer that is given rotated vectors has to
 * learn the rotation. Each place that vectors are taken from may have its own map.
 */
import { createHeap, type Heap } from '../../models/transformer/operations.js';
import { badArgument } from '../checks/values.js';
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { extend } from '../linear-algebra/orthonormal.js';
import { quickStream } from '../random/quick-stream.js';

/** @param place number of the block or layer that the vector is of */
export type VectorMap = (vector: Float32Array, place: number) => Float32Array;

/** A random rotation (or reflection) of a stream, and its inverse. */
export function rotation(
  width: number,
  seed: number | string,
): { there: VectorMap; back: VectorMap } {
  const random = quickStream('rotation', seed, width);
  const basis: Float64Array[] = [];
  while (basis.length < width) {
    const vector = new Float64Array(width);
    random.normals(vector);
    extend(basis, vector, 1e-6);
  }
  return {
    there: (vector) =>
      Float32Array.from(basis, (row) => row.reduce((sum, x, j) => sum + x * vector[j], 0)),
    back: (vector) =>
      Float32Array.from({ length: width }, (_, j) =>
        basis.reduce((sum, row, i) => sum + row[j] * vector[i], 0),
      ),
  };
}

/** Pairs of vectors, row by row. */
export interface VectorPairs {
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** Width of each row of `from` and of `to`. */
  readonly widths: readonly [number, number];
}

interface FittedMap {
  /** Where a vector of the first kind stands among those of the second. */
  point(vector: Float32Array): Float32Array;
  /** A difference of two vectors, at its own length. */
  direction(vector: Float32Array): Float32Array;
}

/**
 * Ridge regression of the second vectors on the first, both about their means:
 * W = (XᵀX + λ tr(XᵀX)/p · I)⁻¹ XᵀY for p columns of X.
 * @param penalty λ
 * @throws WeighbridgeError `bad-argument` for numbers that are not finite
 */
export function ridgeMap({ from, to, widths }: VectorPairs, penalty = 1e-3): FittedMap {
  const [p, q] = widths;
  const n = from.length / p;
  const [x, y] = [aboutMeans(from, p), aboutMeans(to, q)];
  const gram = crossProducts(x.rows, p, x.rows, p, n);
  let trace = 0;
  for (let i = 0; i < p; i++) trace += gram[i * p + i];
  // A stream that never varies in some direction needs a penalty above zero.
  for (let i = 0; i < p; i++) gram[i * p + i] += Math.max((penalty * trace) / p, 1e-12);
  const lower = cholesky(gram, p);
  if (lower === null) throw badArgument('a map cannot be fitted to vectors that are not finite');
  const products = crossProducts(x.rows, p, y.rows, q, n);
  const weights = new Float64Array(p * q);
  for (let j = 0; j < q; j++) {
    const column = Float64Array.from({ length: p }, (_, i) => products[i * q + j]);
    solveLower(lower, column);
    solveLowerTransposed(lower, column);
    for (let i = 0; i < p; i++) weights[i * q + j] = column[i];
  }
  const times = (vector: ArrayLike<number>) => {
    const result = new Float64Array(q);
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < q; j++) result[j] += vector[i] * weights[i * q + j];
    }
    return result;
  };
  return {
    point: (vector) => {
      const mapped = times(Array.from(vector, (value, i) => value - x.means[i]));
      return Float32Array.from(mapped, (value, j) => value + y.means[j]);
    },
    direction: (vector) => {
      const mapped = times(vector);
      const scale = Math.hypot(...vector) / Math.max(Math.hypot(...mapped), 1e-12);
      return Float32Array.from(mapped, (value) => scale * value);
    },
  };
}

function aboutMeans(values: Float32Array, width: number) {
  const n = values.length / width;
  const means = new Float64Array(width);
  values.forEach((value, i) => {
    means[i % width] += value / n;
  });
  return { means, rows: Float64Array.from(values, (value, i) => value - means[i % width]) };
}

/** AᵀB for matrices of n rows. */
function crossProducts(a: Float64Array, p: number, b: Float64Array, q: number, n: number) {
  const sums = new Float64Array(p * q);
  for (let row = 0; row < n; row++) {
    for (let i = 0; i < p; i++) {
      const value = a[row * p + i];
      for (let j = 0; j < q; j++) sums[i * q + j] += value * b[row * q + j];
    }
  }
  return sums;
}

/** The decay of AdamW's moments, as in models/transformer/transformer.ts. */
const BETAS = [0.9, 0.98] as const;

/**
 * A matrix for each place, learned with the explainer: the loss's gradient by the mapped vectors tells how.
 * At first, a vector's numbers become the first of the explainer's, and the others are zero.
 */
export class LearnedMap {
  readonly #from: number;
  readonly #to: number;
  readonly #count: number;
  readonly #heap: Heap;
  #steps = 0;

  constructor(from: number, to: number, places: number) {
    this.#from = from;
    this.#to = to;
    this.#count = places * from * to;
    this.#heap = createHeap(4 * this.#count, 'single');
    const { numbers, start } = this.#heap;
    numbers.fill(0, start, start + 4 * this.#count);
    for (let place = 0; place < places; place++) {
      for (let i = 0; i < Math.min(from, to); i++) numbers[start + this.#at(place, i) + i] = 1;
    }
  }

  #at(place: number, row: number): number {
    return (place * this.#from + row) * this.#to;
  }

  readonly apply: VectorMap = (vector, place) => {
    const { numbers, start } = this.#heap;
    const mapped = new Float32Array(this.#to);
    for (let i = 0; i < this.#from; i++) {
      const row = start + this.#at(place, i);
      for (let j = 0; j < this.#to; j++) mapped[j] += vector[i] * numbers[row + j];
    }
    return mapped;
  };

  /** Adds to the gradient by the matrix: that by a mapped vector, for the vector that was mapped. */
  addGradient(vector: Float32Array, place: number, gradient: ArrayLike<number>): void {
    const { numbers, start } = this.#heap;
    for (let i = 0; i < this.#from; i++) {
      const row = start + this.#count + this.#at(place, i);
      for (let j = 0; j < this.#to; j++) numbers[row + j] += vector[i] * gradient[j];
    }
  }

  /** A step of AdamW along the gradients added since the last one. */
  step(rate: number): void {
    const { numbers, start, operations } = this.#heap;
    const count = this.#count;
    const [weights, gradient, first, second] = [0, 1, 2, 3].map((i) => start + i * count);
    this.#steps++;
    const [c1, c2] = BETAS.map((beta) => 1 / (1 - beta ** this.#steps));
    operations.adam(count, weights, gradient, first, second, 1, rate, 0, ...BETAS, c1, c2, 1e-8);
    numbers.fill(0, gradient, gradient + count);
  }
}
