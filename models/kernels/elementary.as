/**
 * Elementary functions of many numbers in place, in AssemblyScript, two to a vector:
 *
 *     exp           e^x
 *     logistic      1/(1 + e^−x)
 *     logLogistic   log 1/(1 + e^−x) = min(x, 0) − log(1 + e^−|x|)
 *
 * Errors are at most 2 units in the last place where the result is a normal number. The numbers start at
 * `free`; their count is even. The JavaScript equivalents are in elementary-kernel.ts.
 */

/** First free address, after the constants. */
export const free: usize = (__heap_base + 15) & ~15;

/**
 * In memory: literals would be rebuilt in every iteration. First the reduction x = k log 2 + r, with
 * |r| ≤ ½ log 2 and log 2 in two parts, and the limits beyond which e^x is 0 or infinite. Then Q of
 * e^r = 1 + r + r² Q(r), a Chebyshev approximation of degree 10, right to 2e-19. Then R of
 * log(1 + e) = s (2 + s² R(s²)), s = e/(2 + e) ≤ 1/3, of degree 9, right to 5e-18.
 */
const constants = memory.data<f64>([
  1.4426950408889634, 6755399441055744.0, 0.6931471803691238, 1.9082149292705877e-10, -746.0, 710.0,
  0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333326141, 0.0013888888888883752,
  0.00019841269874800493, 2.4801587325533363e-05, 2.7557255425746435e-06, 2.7557273661348637e-07,
  2.510520637395701e-08, 2.0914679376583935e-09,
  0.6666666666666666, 0.40000000000014585, 0.2857142856710876, 0.22222222717427864,
  0.18181789436132859, 0.15385570064958623, 0.13314144209654935, 0.12001072809590713,
  0.08800738486144674, 0.1616404561194353,
], 16);
/** Offsets in `constants`. */
const LOG2_E = 0;
const SHIFTER = 1;
const LN2_HIGH = 2;
const LN2_LOW = 3;
const LEAST = 4;
const MOST = 5;
const EXP = 6;
const LOG = 17;
const ZERO = f64x2.splat(0.0);
const ONE = f64x2.splat(1.0);
const TWO = f64x2.splat(2.0);
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
function expOf(given: v128): v128 {
  // NaN stays: both take their first argument if they cannot compare.
  const x = f64x2.pmin(f64x2.pmax(given, constant(LEAST)), constant(MOST));
  const shifted = f64x2.add(f64x2.mul(x, constant(LOG2_E)), constant(SHIFTER));
  const k = f64x2.sub(shifted, constant(SHIFTER));
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, constant(LN2_HIGH))), f64x2.mul(k, constant(LN2_LOW)));
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const r8 = f64x2.mul(r4, r4);
  const low = f64x2.add(pair(EXP, r), f64x2.mul(pair(EXP + 2, r), r2));
  const middle = f64x2.add(pair(EXP + 4, r), f64x2.mul(pair(EXP + 6, r), r2));
  const high = f64x2.add(pair(EXP + 8, r), f64x2.mul(constant(EXP + 10), r2));
  const q = f64x2.add(f64x2.add(low, f64x2.mul(middle, r4)), f64x2.mul(high, r8));
  const power = f64x2.add(ONE, f64x2.add(r, f64x2.mul(r2, q)));
  return timesPower(power, i64x2.sub(shifted, constant(SHIFTER)));
}

/** log(1 + e), 0 ≤ e ≤ 1. */
@inline
function log1pOf(e: v128): v128 {
  const s = f64x2.div(e, f64x2.add(TWO, e));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const z4 = f64x2.mul(z2, z2);
  const z8 = f64x2.mul(z4, z4);
  const low = f64x2.add(pair(LOG, z), f64x2.mul(pair(LOG + 2, z), z2));
  const middle = f64x2.add(pair(LOG + 4, z), f64x2.mul(pair(LOG + 6, z), z2));
  const r = f64x2.add(f64x2.add(low, f64x2.mul(middle, z4)), f64x2.mul(pair(LOG + 8, z), z8));
  return f64x2.mul(s, f64x2.add(TWO, f64x2.mul(z, r)));
}

export function exp(count: usize): void {
  const end = free + (count << 3);
  for (let at: usize = free; at < end; at += 16) v128.store(at, expOf(v128.load(at)));
}

export function logistic(count: usize): void {
  const end = free + (count << 3);
  for (let at: usize = free; at < end; at += 16) {
    const x = v128.load(at);
    const e = expOf(f64x2.neg(f64x2.abs(x)));
    const share = v128.bitselect(ONE, e, f64x2.gt(x, ZERO));
    v128.store(at, f64x2.div(share, f64x2.add(ONE, e)));
  }
}

export function logLogistic(count: usize): void {
  const end = free + (count << 3);
  for (let at: usize = free; at < end; at += 16) {
    const x = v128.load(at);
    const loss = log1pOf(expOf(f64x2.neg(f64x2.abs(x))));
    v128.store(at, f64x2.sub(f64x2.pmin(x, ZERO), loss));
  }
}
