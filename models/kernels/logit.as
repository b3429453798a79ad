/**
 * The posterior of a logistic regression, its gradient and a split step along it, in AssemblyScript
 * with two rows per vector, two vectors per iteration, and no branches on the data: real margins are
 * unordered, and a mispredicted sign costs as much as a row.
 *
 * For a position x it computes, up to constants,
 *
 *     −Σ log(1 + exp(−m_i)),  m_i = o_i + z_i·x       the rows, signed by their outcomes
 *     + b·x − ½ x·P x                                 what is quadratic: normal priors
 *     − (ν + 1)/2 · log(1 + u²/ν),  u = c + a·x       a Student-t prior
 *
 * and leaves the logarithms to its caller. The JavaScript equivalents are `logDensity` in
 * models/generalized-linear.ts and `splitStepOf` in src/sampler/split-hmc.ts. `npm run kernels` compiles
 * this file into models/kernels.
 *
 * A model is one block of doubles, laid out by models/kernels/logit-kernel.ts. The number of columns
 * d is padded with zeros to an even number:
 *
 *     results (4) · x (d) · momentum (d) · gradient (d, and room for d more) ·
 *     b (d) · P (d · d) · a (d) · c · ν · rows
 *
 * The rows: for each pair of them the two offsets, then for each column the two rows' values. Their
 * number is padded to a multiple of four by zeros.
 */

/** First free address, after the constants. */
export const free: usize = __heap_base;

/**
 * Constants of the exponential, in memory: literals would be rebuilt, number by number, in every
 * iteration. 1.5 · 2^52, added to a number, leaves its integer part in the last bits. The
 * polynomial is the economized one of degree 9 for 2^r, |r| ≤ ½, right to 1.4e-14.
 */
const constants = memory.data<f64>([
  1.4426950408889634, 1.4426950408889634,
  6755399441055744.0, 6755399441055744.0,
  -1021.0, -1021.0,
  1.0, 1.0,
  1.0000000000000135, 1.0000000000000135,
  0.6931471805599462, 0.6931471805599462,
  0.2402265069564034, 0.2402265069564034,
  0.05550410866465167, 0.05550410866465167,
  0.009618129193934313, 0.009618129193934313,
  0.0013333558200794592, 0.0013333558200794592,
  0.0001540343375125101, 0.0001540343375125101,
  1.5252672924850737e-05, 1.5252672924850737e-05,
  1.325964524488711e-06, 1.325964524488711e-06,
  1.0205905413765595e-07, 1.0205905413765595e-07,
], 16);
/** Offsets in `constants`. */
const LOG2_E = 0;
const SHIFTER = 1;
const LEAST = 2;
const ONE = 3;
/** The coefficient of r^k is at C0 + k. */
const C0 = 4;
const ZERO = f64x2.splat(0.0);
/** Set, it makes a number negative. */
const SIGN = i64x2.splat(0x8000000000000000);
const MANTISSA = i64x2.splat(0x000fffffffffffff);
const ONE_BITS = i64x2.splat(0x3ff0000000000000);
const BIAS = i64x2.splat(1023);

@inline
function constant(place: usize): v128 {
  return v128.load(constants + (place << 4));
}

/** c_k + c_(k + 2) · s. */
@inline
function line(k: usize, s: v128): v128 {
  return f64x2.add(constant(C0 + k), f64x2.mul(constant(C0 + k + 2), s));
}

/**
 * exp(−|x|) as 2^k · 2^r with integer k. The even and odd parts of the polynomial are evaluated
 * separately, without data dependencies. The result is at least 2^−1021.
 */
@inline
function expOfMinusAbs(x: v128): v128 {
  const power = f64x2.pmax(
    f64x2.mul(v128.or(x, SIGN), constant(LOG2_E)),
    constant(LEAST),
  );
  const shifted = f64x2.add(power, constant(SHIFTER));
  const r = f64x2.sub(power, f64x2.sub(shifted, constant(SHIFTER)));
  const s = f64x2.mul(r, r);
  const s2 = f64x2.mul(s, s);
  const evenHigh = f64x2.add(line(4, s), f64x2.mul(constant(C0 + 8), s2));
  const even = f64x2.add(line(0, s), f64x2.mul(evenHigh, s2));
  const oddHigh = f64x2.add(line(5, s), f64x2.mul(constant(C0 + 9), s2));
  const odd = f64x2.add(line(1, s), f64x2.mul(oddHigh, s2));
  return f64x2.mul(f64x2.add(even, f64x2.mul(r, odd)), i64x2.shl(i64x2.add(shifted, BIAS), 52));
}

/** logit⁻¹(−margin), given e = exp(−|margin|) and 1 + e. */
@inline
function weightOf(margin: v128, e: v128, factor: v128): v128 {
  return f64x2.div(v128.bitselect(e, constant(ONE), f64x2.gt(margin, ZERO)), factor);
}

/** The exponents' part of log(product), in powers of two; the product keeps its mantissa. */
@inline
function exponentsOf(product: v128): v128 {
  return i64x2.sub(i64x2.shr_u(product, 52), BIAS);
}

@inline
function mantissaOf(product: v128): v128 {
  return v128.or(v128.and(product, MANTISSA), ONE_BITS);
}

@inline
function sumOfLanes(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** Factors are at most 2: 256 iterations give at most 2^512 per lane. */
const TURNS_A_PRODUCT = 256;

@inline
function storeLogarithm(result: usize, product: v128, exponents: v128): void {
  f64.store(result, f64x2.extract_lane(product, 0) * f64x2.extract_lane(product, 1));
  f64.store(result, <f64>(i64x2.extract_lane(exponents, 0) + i64x2.extract_lane(exponents, 1)), 8);
}

/**
 * The rows' part for any number of columns.
 *
 * @param turns rows, padded, over four
 * @param sums address of the gradient: `dimension` numbers, with room for twice as many
 * @param result address of two numbers, a product and its separate power of two;
 *   the logarithm of both is part of the loss
 * @returns the part of the loss that is linear in the margins
 */
function rowsOfAny(
  turns: i32,
  dimension: i32,
  x: usize,
  sums: usize,
  rows: usize,
  result: usize,
): f64 {
  const columns = (<usize>dimension) << 4;
  const stride = columns + 16;
  const xEnd = x + ((<usize>dimension) << 3);
  for (let at = sums; at < sums + columns; at += 16) v128.store(at, ZERO);
  let linear = ZERO;
  let product = constant(ONE);
  let exponents = i64x2.splat(0);
  for (let turn = 0; turn < turns; turn++) {
    let marginA = v128.load(rows);
    let marginB = v128.load(rows + stride);
    let row = rows + 16;
    for (let at = x; at < xEnd; at += 16) {
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
    const eA = expOfMinusAbs(marginA);
    const eB = expOfMinusAbs(marginB);
    const factorA = f64x2.add(constant(ONE), eA);
    const factorB = f64x2.add(constant(ONE), eB);
    const weightA = weightOf(marginA, eA, factorA);
    const weightB = weightOf(marginB, eB, factorB);
    linear = f64x2.sub(
      linear,
      f64x2.add(f64x2.pmin(ZERO, marginA), f64x2.pmin(ZERO, marginB)),
    );
    product = f64x2.mul(product, f64x2.mul(factorA, factorB));
    if ((turn & (TURNS_A_PRODUCT - 1)) === TURNS_A_PRODUCT - 1) {
      exponents = i64x2.add(exponents, exponentsOf(product));
      product = mantissaOf(product);
    }
    row = rows + 16;
    for (let at = sums; at < sums + columns; at += 32) {
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
    rows += stride << 1;
  }
  // The two lanes of each sum, side by side.
  let to = sums;
  for (let at = sums; at < sums + columns; at += 16) {
    f64.store(to, f64.load(at) + f64.load(at, 8));
    to += 8;
  }
  storeLogarithm(result, product, exponents);
  return sumOfLanes(linear);
}

/** o + z·x of a pair of rows with six columns. */
@inline
function marginOf6(row: usize, x0: v128, x1: v128, x2: v128, x3: v128, x4: v128, x5: v128): v128 {
  const low = f64x2.add(
    f64x2.mul(x0, v128.load(row, 16)),
    f64x2.mul(x1, v128.load(row, 32)),
  );
  const middle = f64x2.add(
    f64x2.mul(x2, v128.load(row, 48)),
    f64x2.mul(x3, v128.load(row, 64)),
  );
  const high = f64x2.add(
    f64x2.mul(x4, v128.load(row, 80)),
    f64x2.mul(x5, v128.load(row, 96)),
  );
  return f64x2.add(f64x2.add(v128.load(row), low), f64x2.add(middle, high));
}

/** The weighted sum of one column over two pairs of rows. */
@inline
function columnSum(row: usize, column: usize, weightA: v128, weightB: v128): v128 {
  const at = row + ((column + 1) << 4);
  return f64x2.add(
    f64x2.mul(weightA, v128.load(at)),
    f64x2.mul(weightB, v128.load(at + STRIDE_OF_6)),
  );
}

const STRIDE_OF_6: usize = 112;

/**
 * The same for six columns, five attributes and an intercept in the paper, with position and sums
 * in registers: a fifth faster, at the price of a duplicated loop body. Fewer columns are
 * padded with zeros.
 */
function rowsOfSix(turns: i32, x: usize, sums: usize, rows: usize, result: usize): f64 {
  const x0 = v128.load64_splat(x);
  const x1 = v128.load64_splat(x, 8);
  const x2 = v128.load64_splat(x, 16);
  const x3 = v128.load64_splat(x, 24);
  const x4 = v128.load64_splat(x, 32);
  const x5 = v128.load64_splat(x, 40);
  let sum0 = ZERO;
  let sum1 = ZERO;
  let sum2 = ZERO;
  let sum3 = ZERO;
  let sum4 = ZERO;
  let sum5 = ZERO;
  let linear = ZERO;
  let product = constant(ONE);
  let exponents = i64x2.splat(0);
  for (let turn = 0; turn < turns; turn++) {
    const marginA = marginOf6(rows, x0, x1, x2, x3, x4, x5);
    const marginB = marginOf6(rows + STRIDE_OF_6, x0, x1, x2, x3, x4, x5);
    const eA = expOfMinusAbs(marginA);
    const eB = expOfMinusAbs(marginB);
    const factorA = f64x2.add(constant(ONE), eA);
    const factorB = f64x2.add(constant(ONE), eB);
    const weightA = weightOf(marginA, eA, factorA);
    const weightB = weightOf(marginB, eB, factorB);
    linear = f64x2.sub(
      linear,
      f64x2.add(f64x2.pmin(ZERO, marginA), f64x2.pmin(ZERO, marginB)),
    );
    product = f64x2.mul(product, f64x2.mul(factorA, factorB));
    if ((turn & (TURNS_A_PRODUCT - 1)) === TURNS_A_PRODUCT - 1) {
      exponents = i64x2.add(exponents, exponentsOf(product));
      product = mantissaOf(product);
    }
    sum0 = f64x2.add(sum0, columnSum(rows, 0, weightA, weightB));
    sum1 = f64x2.add(sum1, columnSum(rows, 1, weightA, weightB));
    sum2 = f64x2.add(sum2, columnSum(rows, 2, weightA, weightB));
    sum3 = f64x2.add(sum3, columnSum(rows, 3, weightA, weightB));
    sum4 = f64x2.add(sum4, columnSum(rows, 4, weightA, weightB));
    sum5 = f64x2.add(sum5, columnSum(rows, 5, weightA, weightB));
    rows += 2 * STRIDE_OF_6;
  }
  f64.store(sums, sumOfLanes(sum0));
  f64.store(sums, sumOfLanes(sum1), 8);
  f64.store(sums, sumOfLanes(sum2), 16);
  f64.store(sums, sumOfLanes(sum3), 24);
  f64.store(sums, sumOfLanes(sum4), 32);
  f64.store(sums, sumOfLanes(sum5), 40);
  storeLogarithm(result, product, exponents);
  return sumOfLanes(linear);
}

/** Adds b − P x to the sums; returns b·x − ½ x·P x. */
@inline
function quadratic(length: usize, x: usize, sums: usize, form: usize): f64 {
  let value = ZERO;
  for (let at: usize = 0; at < length; at += 16) {
    const b = v128.load(form + at);
    let px = ZERO;
    let column = form + length + at;
    for (let xAt = x; xAt < x + length; xAt += 8) {
      px = f64x2.add(px, f64x2.mul(v128.load64_splat(xAt), v128.load(column)));
      column += length;
    }
    v128.store(sums + at, f64x2.add(v128.load(sums + at), f64x2.sub(b, px)));
    const half = f64x2.sub(b, f64x2.mul(f64x2.splat(0.5), px));
    value = f64x2.add(value, f64x2.mul(v128.load(x + at), half));
  }
  return sumOfLanes(value);
}

/** Adds the Student-t prior's gradient to the sums; returns u². */
@inline
function student(length: usize, x: usize, sums: usize, a: usize): f64 {
  let dot = ZERO;
  for (let at: usize = 0; at < length; at += 16) {
    dot = f64x2.add(dot, f64x2.mul(v128.load(x + at), v128.load(a + at)));
  }
  const u = f64.load(a + length) + sumOfLanes(dot);
  const nu = f64.load(a + length, 8);
  const slope = f64x2.splat((-(nu + 1) * u) / (nu + u * u));
  for (let at: usize = 0; at < length; at += 16) {
    v128.store(sums + at, f64x2.add(v128.load(sums + at), f64x2.mul(slope, v128.load(a + at))));
  }
  return u * u;
}

/**
 * Writes the gradient, and as results a product, an exponent and u²: the log density is the value
 * returned less log(product) + exponent · log 2 + (ν + 1)/2 · log(1 + u²/ν).
 */
export function logDensity(turns: i32, dimension: i32, block: usize): f64 {
  const length = (<usize>dimension) << 3;
  const x = block + 32;
  const sums = x + 2 * length;
  const form = sums + 2 * length;
  const a = form + length * (dimension + 1);
  const rows = a + length + 16;
  const linear =
    dimension === 6
      ? rowsOfSix(turns, x, sums, rows, block)
      : rowsOfAny(turns, dimension, x, sums, rows, block);
  const value = quadratic(length, x, sums, form) - linear;
  f64.store(block, student(length, x, sums, a), 16);
  return value;
}

/** p + kick · (gradient + x), with the rest of a standard normal's force. */
@inline
function kicked(x: usize, length: usize, kick: v128): v128 {
  const force = f64x2.add(v128.load(x + 2 * length), v128.load(x));
  return f64x2.add(v128.load(x + length), f64x2.mul(kick, force));
}

@inline
function kickAndRotate(x: usize, length: usize, kick: f64, cosine: f64, sine: f64): void {
  const cosines = f64x2.splat(cosine);
  const sines = f64x2.splat(sine);
  for (let at = x; at < x + length; at += 16) {
    const position = v128.load(at);
    const momentum = kicked(at, length, f64x2.splat(kick));
    v128.store(at, f64x2.add(f64x2.mul(cosines, position), f64x2.mul(sines, momentum)));
    v128.store(at + length, f64x2.sub(f64x2.mul(cosines, momentum), f64x2.mul(sines, position)));
  }
}

/** Kick, rotate, kick, rotate, kick; returns and leaves at the end what `logDensity` does. */
export function splitStep(
  turns: i32,
  dimension: i32,
  block: usize,
  end: f64,
  middle: f64,
  cosine: f64,
  sine: f64,
): f64 {
  const length = (<usize>dimension) << 3;
  const x = block + 32;
  kickAndRotate(x, length, end, cosine, sine);
  logDensity(turns, dimension, block);
  kickAndRotate(x, length, middle, cosine, sine);
  const value = logDensity(turns, dimension, block);
  for (let at = x; at < x + length; at += 16) {
    v128.store(at + length, kicked(at, length, f64x2.splat(end)));
  }
  return value;
}
