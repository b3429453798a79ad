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
import { expOf } from './exponential';

/** First free address, after the constants. */
export const free: usize = (__heap_base + 15) & ~15;

/**
 * In memory: literals would be rebuilt in every iteration. R of log(1 + e) = s (2 + s² R(s²)),
 * s = e/(2 + e) ≤ 1/3, of degree 9, right to 5e-18.
 */
const constants = memory.data<f64>([
  0.6666666666666666, 0.40000000000014585, 0.2857142856710876, 0.22222222717427864,
  0.18181789436132859, 0.15385570064958623, 0.13314144209654935, 0.12001072809590713,
  0.08800738486144674, 0.1616404561194353,
], 16);
const ZERO = f64x2.splat(0.0);
const ONE = f64x2.splat(1.0);
const TWO = f64x2.splat(2.0);

/** c_k + c_(k + 1) · z. */
@inline
function pair(k: usize, z: v128): v128 {
  const at = constants + (k << 3);
  return f64x2.add(v128.load64_splat(at), f64x2.mul(v128.load64_splat(at, 8), z));
}

/** log(1 + e), 0 ≤ e ≤ 1. */
@inline
function log1pOf(e: v128): v128 {
  const s = f64x2.div(e, f64x2.add(TWO, e));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const z4 = f64x2.mul(z2, z2);
  const z8 = f64x2.mul(z4, z4);
  const low = f64x2.add(pair(0, z), f64x2.mul(pair(2, z), z2));
  const middle = f64x2.add(pair(4, z), f64x2.mul(pair(6, z), z2));
  const r = f64x2.add(f64x2.add(low, f64x2.mul(middle, z4)), f64x2.mul(pair(8, z), z8));
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
