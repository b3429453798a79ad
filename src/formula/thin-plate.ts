/**
 * Thin plate regression splines of one variable, `s(x, k = 10)` (Wood 2003, J. R. Statist. Soc. B 65, 95–114), in
 * the parametrization of mgcv's `smoothCon` and `smooth2random`, which brms takes:
 *
 *     f(x) = β x₁ + Σ_j s_j z_j(x),   s_j ~ normal(0, sds²)
 *
 * With η(r) = |r|³/12 and the distinct values u of the data, E_ij = η(|u_i − u_j|). Its k eigenpairs of largest
 * magnitude are E ≈ U D Uᵀ (with as many columns as distinct values U = I and D = E). The wiggly part is U D Q δ with T' U Q = 0 for T = (1, u), and has the penalty
 * δᵀ S δ, S = Qᵀ D Q, the integral of f″² (times a constant). The z_j are the directions in which the penalty is
 * Σ s_j²: with S = V Λ Vᵀ, z = U D Q V Λ^{−½}, as U D = E U a sum of η(|x − u_i|) also between and beyond the data,
 * where f is straight. As in mgcv, columns have mean 0 in the data, S is divided by
 * ‖S‖₁ / ‖X‖_∞², with the columns of X of mean square 1, and x₁ is a multiple of x − mean(x) whose mean square is
 * that of the z_j. Their signs and order have no meaning.
 */
import { largestEigen } from '../linear-algebra/lanczos.js';
import { largestOf } from '../linear-algebra/powers-of-two.js';
import { dot, meanOf, sumOf } from '../linear-algebra/sums.js';
import { symmetricEigen } from '../linear-algebra/symmetric-eigen.js';

/** The functions of 1 and x, which have no penalty. */
const NULL_SPACE = 2;

/** Smallest dimension of a basis: one penalized column. */
export const LEAST_K = NULL_SPACE + 1;

/**
 * Distinct values beyond these, evenly thinned by rank, are not knots. mgcv takes a random sample of 2,000.
 */
const MOST_KNOTS = 2000;

/**
 * The basis of a fit as a flat list, with n knots: n; mean of x; its unit; multiple of x₁; knots (in units from the
 * mean); for each penalized column its mean and its n weights.
 */
type ThinPlateBasis = readonly number[];

/** @param k dimension of the basis with the constant, from `LEAST_K` to the number of distinct values */
export function thinPlateBasis(x: Float64Array, k: number): ThinPlateBasis {
  const mean = meanOf(x);
  const unit = largestOf(x.map((value) => value - mean));
  const scaled = x.map((value) => (value - mean) / unit);
  const knots = thinned(Float64Array.from(new Set(scaled)).sort());
  const n = knots.length;
  const { vectors, product } = leading(knots, k);
  const wiggly = withoutNullSpace(vectors, knots);
  const width = wiggly.length;
  // δ to weights of η(|x − u_i|), so that each column has the mean square 1 in the data.
  const weights = wiggly.map((direction) => combined(vectors, direction));
  const columns = weights.map((own) => splineColumn(scaled, knots, own));
  const sizes = columns.map((column) => Math.sqrt(dot(column, column) / x.length));
  const penalty = new Float64Array(width * width);
  wiggly.forEach((direction, b) => {
    const image = product(direction);
    for (let a = 0; a < width; a++) {
      penalty[a * width + b] = dot(wiggly[a], image) / (sizes[a] * sizes[b]);
    }
  });
  const units = columns.map((column, a) => column.map((value) => value / sizes[a]));
  const scale = penaltyScale(penalty, [...units, standardized(scaled)]);
  const { values: penalties, vectors: directions } = symmetricEigen(penalty, width);
  const order = Array.from(penalties.keys()).sort((a, b) => penalties[b] - penalties[a]);
  const final = order.map((place) => {
    const factors = weights.map(
      (_, a) => directions[a * width + place] / (sizes[a] * Math.sqrt(penalties[place] / scale)),
    );
    const own = combined(weights, Float64Array.from(factors));
    const column = splineColumn(scaled, knots, own);
    return { own, mean: meanOf(column), column };
  });
  const meanSquare = meanOf(
    final.map(({ column, mean: own }) => meanOf(column.map((value) => (value - own) ** 2))),
  );
  const multiple = Math.sqrt(meanSquare / (dot(scaled, scaled) / x.length));
  return [n, mean, unit, multiple, ...knots, ...final.flatMap(({ own, mean: m }) => [m, ...own])];
}

/** The unpenalized column, then the penalized ones. */
export function thinPlateColumns(x: Float64Array, basis: ThinPlateBasis): readonly Float64Array[] {
  const [n, mean, unit, multiple] = basis;
  const scaled = x.map((value) => (value - mean) / unit);
  const all = Float64Array.from(basis);
  const knots = all.subarray(4, 4 + n);
  const columns = [scaled.map((value) => multiple * value)];
  for (let at = 4 + n; at < all.length; at += n + 1) {
    const column = splineColumn(scaled, knots, all.subarray(at + 1, at + 1 + n));
    columns.push(column.map((value) => value - all[at]));
  }
  return columns;
}

interface Leading {
  /** The columns of U. */
  readonly vectors: readonly Float64Array[];
  /** D times a vector. */
  readonly product: (vector: Float64Array) => Float64Array;
}

/** The k leading eigenpairs of E; all of E itself, with U = I and D = E, for as many columns as knots. */
function leading(knots: Float64Array, k: number): Leading {
  const n = knots.length;
  const multiply = (vector: Float64Array, product: Float64Array): void => {
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += radial(knots[i] - knots[j]) * vector[j];
      product[i] = sum;
    }
  };
  if (k < n) {
    const { values, vectors } = largestEigen(multiply, n, k);
    return { vectors, product: (vector) => vector.map((entry, j) => entry * values[j]) };
  }
  const units = Array.from({ length: n }, (_, i) => {
    const unit = new Float64Array(n);
    unit[i] = 1;
    return unit;
  });
  const product = (vector: Float64Array): Float64Array => {
    const image = new Float64Array(n);
    multiply(vector, image);
    return image;
  };
  return { vectors: units, product };
}

function radial(distance: number): number {
  return Math.abs(distance * distance * distance) / 12;
}

/** Σ_i w_i η(|x − u_i|). */
function splineColumn(
  x: Float64Array,
  knots: Float64Array,
  weights: Float64Array,
): Float64Array<ArrayBuffer> {
  return x.map((value) => {
    let sum = 0;
    for (let i = 0; i < knots.length; i++) sum += weights[i] * radial(value - knots[i]);
    return sum;
  });
}

function thinned(sorted: Float64Array): Float64Array {
  if (sorted.length <= MOST_KNOTS) return sorted;
  return Float64Array.from(
    { length: MOST_KNOTS },
    (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (MOST_KNOTS - 1))],
  );
}

/** Σ_j factor_j vector_j. */
function combined(vectors: readonly Float64Array[], factors: Float64Array): Float64Array {
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((vector, j) => {
    for (let i = 0; i < sum.length; i++) sum[i] += factors[j] * vector[i];
  });
  return sum;
}

/**
 * The columns of Q, k − 2 of them: an orthonormal basis of the combinations of the eigenvectors that are orthogonal to 1 and u. It
 * is that of Householder reflections that zero the rows of Tᵀ U from the left, as the scale of the penalty
 * depends on it.
 */
function withoutNullSpace(
  vectors: readonly Float64Array[],
  knots: Float64Array,
): readonly Float64Array[] {
  const k = vectors.length;
  const rows = [
    Float64Array.from(vectors, (vector) => sumOf(vector)),
    Float64Array.from(vectors, (vector) => dot(vector, knots)),
  ];
  const reflections: Float64Array[] = [];
  rows.forEach((row, t) => {
    for (const reflection of reflections) reflect(reflection, row);
    const last = k - 1 - t;
    const normal = row.map((entry, j) => (j > last ? 0 : entry));
    normal[last] += (row[last] < 0 ? -1 : 1) * Math.sqrt(dot(normal, normal));
    reflections.push(normal);
  });
  return Array.from({ length: k - NULL_SPACE }, (_, j) => {
    const column = new Float64Array(k);
    column[j] = 1;
    for (const reflection of reflections.toReversed()) reflect(reflection, column);
    return column;
  });
}

/** The reflection at the plane with this normal, in place. */
function reflect(normal: Float64Array, vector: Float64Array): void {
  const factor = (2 * dot(normal, vector)) / dot(normal, normal);
  for (let j = 0; j < vector.length; j++) vector[j] -= factor * normal[j];
}

function standardized(x: Float64Array): Float64Array {
  const size = Math.sqrt(dot(x, x) / x.length);
  return x.map((value) => value / size);
}

/** ‖S‖₁ / ‖X‖_∞²; X has a column of ones in addition to these. */
function penaltyScale(penalty: Float64Array, columns: readonly Float64Array[]): number {
  const width = columns.length - 1;
  const sums = new Float64Array(width);
  penalty.forEach((entry, at) => {
    sums[at % width] += Math.abs(entry);
  });
  let widest = 0;
  for (let i = 0; i < columns[0].length; i++) {
    widest = Math.max(
      widest,
      columns.reduce((sum, column) => sum + Math.abs(column[i]), 1),
    );
  }
  return largestOf(sums) / (widest * widest);
}
