/**
 * Separation: searches for a direction of the coefficients along which the likelihood never falls.
 * If there is one, the likelihood has no maximum, and with a flat prior the posterior has no finite
 * mass (Albert & Anderson 1984, Biometrika 71, for binary outcomes; Santos Silva & Tenreyro 2010,
 * Economics Letters 107, for counts).
 *
 * Let a_i be the columns of row i. A row whose likelihood rises without end as its linear predictor
 * grows requires a_i·d ≥ 0; one whose likelihood falls without end requires the same with the sign
 * of a_i flipped; a row with a maximum requires a_i·d = 0. Either there is such a direction d with
 * Σ a_i·d > 0, or there are positive weights with Σ w_i a_i = 0 (Stiemke's lemma), as in the score
 * equations at a maximum. To decide, compute the vector of the cone {Σ w_i a_i, w ≥ 0} nearest to
 * −Σ a_i: the residual is zero or, with its sign flipped, such a d.
 */
import { beyondCone, complement, extend } from '../linear-algebra/orthonormal.js';
import { dot, norm } from '../linear-algebra/sums.js';

/** Constraints of the rows on a direction d; each vector has one number per coefficient. */
export interface Demands {
  readonly width: number;
  /** Rows a with a·d ≥ 0. */
  readonly rising: readonly Float64Array[];
  /** Rows a with a·d = 0. */
  readonly fixed: readonly Float64Array[];
  /** Bounds of the coefficients: a·d ≥ 0, but a·d > 0 alone does not separate. */
  readonly bounds: readonly Float64Array[];
}

/** Tolerance relative to a row's length; a smaller residual is rounding error. */
const ROUNDING = 1e-9;
/** Least a·d, relative to the length of a, that counts as a rise. */
const STRICT = 1e-6;

/** Number of rows per coefficient that are checked first; if these overlap, all do. */
const FIRST_ROWS = 20;

/** A separating direction of length 1, verified for every row; null if none is found. */
export function separatingDirection(demands: Demands): Float64Array | null {
  const { width, rising, fixed, bounds } = demands;
  const some = (rows: readonly Float64Array[]) => everySo(rows, FIRST_ROWS * (width + 10));
  const few: Demands = { width, rising: some(rising), fixed: some(fixed), bounds };
  if (few.rising.length + few.fixed.length < rising.length + fixed.length && overlap(few)) {
    return null;
  }
  return directionOf(demands);
}

/** True if these rows admit no direction but zero; then no superset does either. */
function overlap(demands: Demands): boolean {
  const { width, rising, fixed } = demands;
  const basis: Float64Array[] = [];
  for (const row of [...fixed, ...rising]) {
    if (basis.length < width) extend(basis, row, ROUNDING);
  }
  return basis.length === width && directionOf(demands) === null;
}

/** About `most` of the rows, evenly spaced. */
function everySo(rows: readonly Float64Array[], most: number): readonly Float64Array[] {
  const stride = Math.ceil(rows.length / most);
  return stride > 1 ? rows.filter((_, i) => i % stride === 0) : rows;
}

function directionOf(demands: Demands): Float64Array | null {
  const { width, rising, fixed, bounds } = demands;
  const held: Float64Array[] = [];
  for (const row of fixed) {
    if (held.length === width) return null;
    extend(held, row, ROUNDING);
  }
  if (held.length === width) return null;
  const free = complement(held, width);
  const strict = inBasis(rising, free);
  const rays = [...strict, ...inBasis(bounds, free)];
  if (strict.length === 0) return null;

  const target = new Float64Array(free.length);
  for (const ray of strict) for (let k = 0; k < target.length; k++) target[k] -= ray[k];
  const flat = new Float64Array(rays.length * free.length);
  rays.forEach((ray, i) => {
    flat.set(ray, i * free.length);
  });
  const left = beyondCone(flat, target);
  const length = left ? norm(left) : 0;
  if (left === null || !(length > 0)) return null;
  const along = left.map((value) => -value / length);
  if (rays.some((ray) => dot(ray, along) < -ROUNDING)) return null;
  if (!strict.some((ray) => dot(ray, along) > STRICT)) return null;
  const direction = new Float64Array(width);
  free.forEach((vector, k) => {
    for (let j = 0; j < width; j++) direction[j] += along[k] * vector[j];
  });
  return direction;
}

/** Rows in coordinates of a basis, each normalized to length 1; rows that vanish are dropped. */
function inBasis(
  rows: readonly Float64Array[],
  basis: readonly Float64Array[],
): readonly Float64Array[] {
  return rows.flatMap((row) => {
    const inside = Float64Array.from(basis, (vector) => dot(vector, row));
    const length = norm(inside);
    return length > ROUNDING * norm(row) ? [inside.map((value) => value / length)] : [];
  });
}
