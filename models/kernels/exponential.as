/**
 * The exponential of two numbers at once, in AssemblyScript: what elementary.as and columns.as share. Errors
 * are at most 2 units in the last place where the result is a normal number.
 */

/**
 * In memory: literals would be rebuilt in every iteration. First the reduction x = k log 2 + r, with
 * |r| ≤ ½ log 2 and log 2 in two parts, and the limits beyond which e^x is 0 or infinite. Then Q of
 * e^r = 1 + r + r² Q(r), a Chebyshev approximation of degree 10, right to 2e-19. Last, where normal numbers end.
 */
const constants = memory.data<f64>([
  1.4426950408889634, 6755399441055744.0, 0.6931471803691238, 1.9082149292705877e-10, -746.0, 710.0,
  0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326141, 0.0013888888888883752,
  0.00019841269874800493, 2.4801587325533563e-05, 2.7557255425746435e-06, 2.7557273661348637e-07,
  2.510520637395701e-08, 2.0914679376583935e-09, -708.0,
], 16);
/** Offsets in `constants`. */
const LOG2_E = 0;
const SHIFTER = 1;
const LN2_HIGH = 2;
const LN2_LOW = 3;
const LEAST = 4;
const MOST = 5;
const EXP = 6;
const LEAST_NORMAL = 17;
const ONE = f64x2.splat(1.0);
const BIAS = i64x2.splat(1023);

@inline
function constant(place: usize): v128 {
  return v128.load64_splat(constants + (place << 3));
}

/** c_k + c_(k + 1) · z, from the place of c_k. */
@inline
function pair(place: usize, z: v128): v128 {
  return f64x2.add(constant(place), f64x2.mul(constant(place + 1), z));
}

/** 2^k by two factors, so that k may lie beyond the exponents of normal numbers. */
@inline
function timesPower(x: v128, k: v128): v128 {
  const half = i64x2.shr_s(k, 1);
  const first = i64x2.shl(i64x2.add(half, BIAS), 52);
  const second = i64x2.shl(i64x2.add(i64x2.sub(k, half), BIAS), 52);
  return f64x2.mul(f64x2.mul(x, first), second);
}

@inline
export function expOf(given: v128): v128 {
  // NaN stays: both take their first argument if they cannot compare.
  const x = f64x2.pmin(f64x2.pmax(given, constant(LEAST)), constant(MOST));
  const shifted = shiftedOf(x);
  return timesPower(mantissaOf(x, shifted), i64x2.sub(shifted, constant(SHIFTER)));
}

/** e^x for x ≤ 709; e^−708 for lesser x. */
@inline
export function expOfNormal(given: v128): v128 {
  const x = f64x2.pmax(given, constant(LEAST_NORMAL));
  const shifted = shiftedOf(x);
  const k = i64x2.sub(shifted, constant(SHIFTER));
  return f64x2.mul(mantissaOf(x, shifted), i64x2.shl(i64x2.add(k, BIAS), 52));
}

/** k of x = k log 2 + r, in the last bits. */
@inline
function shiftedOf(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, constant(LOG2_E)), constant(SHIFTER));
}

/** e^r */
@inline
function mantissaOf(x: v128, shifted: v128): v128 {
  const k = f64x2.sub(shifted, constant(SHIFTER));
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, constant(LN2_HIGH))), f64x2.mul(k, constant(LN2_LOW)));
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const r8 = f64x2.mul(r4, r4);
  const low = f64x2.add(pair(EXP, r), f64x2.mul(pair(EXP + 2, r), r2));
  const middle = f64x2.add(pair(EXP + 4, r), f64x2.mul(pair(EXP + 6, r), r2));
  const high = f64x2.add(pair(EXP + 8, r), f64x2.mul(constant(EXP + 10), r2));
  const q = f64x2.add(f64x2.add(low, f64x2.mul(middle, r4)), f64x2.mul(high, r8));
  return f64x2.add(ONE, f64x2.add(r, f64x2.mul(r2, q)));
}
