/**
 * The log likelihood of a logistic regression and its gradient, in AssemblyScript with two rows to
 * a vector, two vectors to a turn of the loop, and no branch on what the rows say: real margins
 * come in no order, and a guess of their sign that fails costs as much as a row.
 *
 * Of rows z_i (signed by their outcomes) and a position q it sums log(1 + exp(−z_i·q)) and
 * logit⁻¹(−z_i·q) z_i. The plain twin is `logitLikelihood` in models/bernoulli-logit.ts.
 *
 * Layout of `data`: for each pair of rows, for each column, the two rows' values. Rows are padded
 * to a multiple of four with zeros. `npm run kernels` compiles this file into models/kernels.
 */

const LOG2_E = f64x2.splat(1.4426950408889634);
/** ln 2 in two parts, the first with zeros at its end, so that k · ln 2 is exact. */
const LN2_HIGH = f64x2.splat(6.931471803691238e-1);
const LN2_LOW = f64x2.splat(1.9082149292705877e-10);
/** 1.5 · 2^52: added to a number it leaves its whole part in the last bits. */
const SHIFTER = f64x2.splat(6755399441055744.0);
const ZERO = f64x2.splat(0.0);
const ONE = f64x2.splat(1.0);
/** Set, it makes a number negative. */
const SIGN = i64x2.splat(0x8000000000000000);
const MANTISSA = i64x2.splat(0x000fffffffffffff);
const ONE_BITS = i64x2.splat(0x3ff0000000000000);
const BIAS = i64x2.splat(1023);

/** c + x · slope. */
@inline
function line(c: f64, slope: f64, x: v128): v128 {
  return f64x2.add(f64x2.splat(c), f64x2.mul(f64x2.splat(slope), x));
}

/**
 * exp(x) for x ≤ 0: 2^k · exp(r) with |r| ≤ ½ ln 2, and the Taylor polynomial of degree 12 for
 * exp(r), whose even and odd parts do not wait for each other. Below −708 it stays at 3e-308.
 */
@inline
function exp(given: v128): v128 {
  const x = f64x2.pmax(given, f64x2.splat(-708.0));
  const shifted = f64x2.add(f64x2.mul(x, LOG2_E), SHIFTER);
  const k = f64x2.sub(shifted, SHIFTER);
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, LN2_HIGH)), f64x2.mul(k, LN2_LOW));
  const s = f64x2.mul(r, r);
  const s2 = f64x2.mul(s, s);
  // Even powers: 1, 1/2!, … 1/12!; odd powers: 1, 1/3!, … 1/11!.
  const evenHigh = f64x2.add(
    line(2.48015873015873e-5, 2.7557319223985893e-7, s),
    f64x2.mul(f64x2.splat(2.08767569878681e-9), s2),
  );
  const even = f64x2.add(
    f64x2.add(line(1.0, 0.5, s), f64x2.mul(line(4.1666666666666664e-2, 1.388888888888889e-3, s), s2)),
    f64x2.mul(evenHigh, f64x2.mul(s2, s2)),
  );
  const odd = f64x2.add(
    f64x2.add(
      line(1.0, 1.6666666666666666e-1, s),
      f64x2.mul(line(8.333333333333333e-3, 1.984126984126984e-4, s), s2),
    ),
    f64x2.mul(line(2.7557319223985893e-6, 2.505210838544172e-8, s), f64x2.mul(s2, s2)),
  );
  const power = i64x2.shl(i64x2.add(shifted, BIAS), 52);
  return f64x2.mul(f64x2.add(even, f64x2.mul(r, odd)), power);
}

/**
 * @param turns rows, padded, over four
 * @param dimension padded to an even number
 * @param q where the position is: `dimension` numbers
 * @param sums where the gradient goes: `dimension` numbers, in room for twice as many
 * @param result where two numbers go: a product, and a power of two that it is to be multiplied by;
 *   the logarithm of both is part of the loss
 * @returns the part of the loss that is linear in the margins
 */
export function logit(
  turns: i32,
  dimension: i32,
  q: usize,
  sums: usize,
  data: usize,
  result: usize,
): f64 {
  const stride = (<usize>dimension) << 4;
  const qEnd = q + ((<usize>dimension) << 3);
  for (let at = sums; at < sums + stride; at += 16) v128.store(at, f64x2.splat(0));
  let linear = f64x2.splat(0);
  let product = ONE;
  let exponents = i64x2.splat(0);
  for (let turn = 0; turn < turns; turn++) {
    let marginA = f64x2.splat(0);
    let marginB = f64x2.splat(0);
    let row = data;
    for (let at = q; at < qEnd; at += 16) {
      const first = v128.load64_splat(at);
      const second = v128.load64_splat(at, 8);
      const other = row + stride;
      marginA = f64x2.add(
        marginA,
        f64x2.add(f64x2.mul(first, v128.load(row)), f64x2.mul(second, v128.load(row, 16))),
      );
      marginB = f64x2.add(
        marginB,
        f64x2.add(f64x2.mul(first, v128.load(other)), f64x2.mul(second, v128.load(other, 16))),
      );
      row += 32;
    }
    const eA = exp(v128.or(marginA, SIGN));
    const eB = exp(v128.or(marginB, SIGN));
    const factorA = f64x2.add(ONE, eA);
    const factorB = f64x2.add(ONE, eB);
    const likelyA = f64x2.gt(marginA, f64x2.splat(0));
    const likelyB = f64x2.gt(marginB, f64x2.splat(0));
    const weightA = f64x2.div(v128.bitselect(eA, ONE, likelyA), factorA);
    const weightB = f64x2.div(v128.bitselect(eB, ONE, likelyB), factorB);
    linear = f64x2.sub(
      linear,
      f64x2.add(f64x2.pmin(ZERO, marginA), f64x2.pmin(ZERO, marginB)),
    );
    product = f64x2.mul(product, f64x2.mul(factorA, factorB));
    // Factors are at most 2: of 256 turns, at most 2^512 a lane.
    if ((turn & 255) === 255) {
      exponents = i64x2.add(exponents, i64x2.sub(i64x2.shr_u(product, 52), BIAS));
      product = v128.or(v128.and(product, MANTISSA), ONE_BITS);
    }
    row = data;
    for (let at = sums; at < sums + stride; at += 32) {
      const other = row + stride;
      const first = f64x2.add(
        f64x2.mul(weightA, v128.load(row)),
        f64x2.mul(weightB, v128.load(other)),
      );
      const second = f64x2.add(
        f64x2.mul(weightA, v128.load(row, 16)),
        f64x2.mul(weightB, v128.load(other, 16)),
      );
      v128.store(at, f64x2.add(v128.load(at), first));
      v128.store(at, f64x2.add(v128.load(at, 16), second), 16);
      row += 32;
    }
    data += stride << 1;
  }
  // The two lanes of each sum, side by side.
  let to = sums;
  for (let at = sums; at < sums + stride; at += 16) {
    f64.store(to, f64.load(at) + f64.load(at, 8));
    to += 8;
  }
  f64.store(result, f64x2.extract_lane(product, 0) * f64x2.extract_lane(product, 1));
  f64.store(result, <f64>(i64x2.extract_lane(exponents, 0) + i64x2.extract_lane(exponents, 1)), 8);
  return f64x2.extract_lane(linear, 0) + f64x2.extract_lane(linear, 1);
}
