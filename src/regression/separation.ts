/**
 * Separation: is there a direction of the coefficients along which a likelihood never falls? Then it
 * has no peak, and a flat prior leaves the posterior without a finite mass (Albert & Anderson 1984,
 * Biometrika 71, of binary outcomes; Santos Silva & Tenreyro 2010, Economics Letters 107, of counts).
 *
 * A row whose likelihood rises for ever as its linear predictor grows asks for a_i·d ≥ 0, where a_i
 * are its columns; one whose likelihood falls for ever, for the same with the sign turned; a row with
 * a peak of its own for a_i·d = 0. Either there is such a direction d with Σ a_i·d > 0, or there are
 * weights above zero with Σ w_i a_i = 0 (Stiemke's lemma), as the score equations have at a maximum.
 * The vector of the cone {Σ w_i a_i, w ≥ 0} nearest to −Σ a_i tells which: what is left between the
 * two is zero, or is, turned, such a d.
 */
import { beyondCone } from '../linear-algebra/nearest-in-cone.js';
import { complement, dot, extend, norm } from '../linear-algebra/orthonormal.js';

/** What rows ask of a direction; all row-major, a number a coefficient. */
export interface Demands {
  readonly width: number;
  /** a·d ≥ 0. */
  readonly rising: readonly Float64Array[];
  /** a·d = 0. */
  readonly fixed: readonly Float64Array[];
  /** a·d ≥ 0, where a·d > 0 separates nothing: bounds of the coefficients. */
  readonly bounds: readonly Float64Array[];
}

/** Below this part of its length, what is left of a row is rounding. */
const ROUNDING = 1e-9;
/** Least part of its length by which a row must rise, to count. */
const STRICT = 1e-6;

/** Rows a coefficient that are looked at first: of outcomes that overlap they overlap. */
const FIRST_ROWS = 20;

/** A direction of length 1 that separates, checked row by row; null where none is found. */
export function separatingDirection(demands: Demands): Float64Array | null {
  const { width, rising, fixed, bounds } = demands;
  const some = (rows: readonly Float64Array[]) => everySo(rows, FIRST_ROWS * (width + 10));
  const few: Demands = { width, rising: some(rising), fixed: some(fixed), bounds };
  if (few.rising.length + few.fixed.length < rising.length + fixed.length && overlap(few)) {
    return null;
  }
  return directionOf(demands);
}

/** Whether these rows leave no direction but zero: then more rows do not either. */
function overlap(demands: Demands): boolean {
  const { width, rising, fixed } = demands;
  const basis: Float64Array[] = [];
  for (const row of [...fixed, ...rising]) {
    if (basis.length < width) extend(basis, row, ROUNDING);
  }
  return basis.length === width && directionOf(demands) === null;
}

/** About so many of the rows, evenly spread. */
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

/** Rows in coordinates of a basis, each of length 1; rows of which nothing is left are left out. */
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
