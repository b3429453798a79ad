/**
 * The posterior of a logistic regression, its gradient and a split step along it, in AssemblyScript
 * with two rows per vector and no branches on the data: real margins are unordered, and a mispredicted sign
 * costs as much as a row.
 *
 * For a position x it computes, up to constants,
 *
 *     −Σ log(1 + exp(−m_i)),  m_i = o_i + z_i·x       the rows, signed by their outcomes
 *     + b·x − ½ x·P x                                 what is quadratic: normal priors
 *     − (ν + 1)/2 · log(1 + u²/ν),  u = c + a·x       a Student-t prior
 *
 * The JavaScript equivalents are `logDensity` in models/generalized-linear.ts, `PlainLogistic` in
 * models/kernels/plain-logit.ts, and `splitHmc` in src/sampler/split-hmc.ts. `npm run kernels` compiles this
 * file into models/kernels.
 *
 * The force in the middle of a step is computed in single precision, four rows per vector. A kick by any
 * function of the position preserves volume and can be reversed, so the draws stay exact: the density that
 * decides on acceptance is computed in double precision.
 *
 * A model is one block of doubles, laid out by models/kernels/logit-kernel.ts. The number of columns
 * d is padded with zeros to an even number:
 *
 *     results (4) · x (d) · momentum (d) · gradient (d, and room for d more) ·
 *     b (d) · P (d · d) · a (d) · c · ν · constant · number of padding rows · rows · single rows · copies of x
 *
 * The rows: for each pair of them the two offsets, then for each column the two rows' values. Their
 * number is padded to a multiple of four by zeros. The single rows are the same in single precision, for
 * each four of them. The copies of x fill a vector each (2 · d).
 *
 * Margins, exponentials, weights and sums of columns each have a loop of their own. A processor has so many
 * vector registers for results that are not final; a row of a single long loop uses up most of them, and the
 * next rows wait for its chain of dependent operations. With more vectors than registers in a loop, V8
 * moves them to the stack and back as well.
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

/** Iterations over four rows whose weights are stored together. */
const CHUNK = 64;
/** A chunk's weights, two rows per vector, and behind them its margins and exponentials. */
const weights = memory.data(CHUNK * 96, 16);
const MARGINS: usize = CHUNK * 32;
const EXPONENTIALS: usize = CHUNK * 64;

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

const STRIDE_OF_6: usize = 112;

/** o + z·x of pairs of rows with six columns. @param end address behind the weights of the pairs */
function storeMarginsOf6(row: usize, copies: usize, end: usize): void {
  const x0 = v128.load(copies);
  const x1 = v128.load(copies, 16);
  const x2 = v128.load(copies, 32);
  const x3 = v128.load(copies, 48);
  const x4 = v128.load(copies, 64);
  const x5 = v128.load(copies, 80);
  for (let at = weights; at < end; at += 16) {
    const low = f64x2.add(f64x2.mul(x0, v128.load(row, 16)), f64x2.mul(x1, v128.load(row, 32)));
    const middle = f64x2.add(f64x2.mul(x2, v128.load(row, 48)), f64x2.mul(x3, v128.load(row, 64)));
    const high = f64x2.add(f64x2.mul(x4, v128.load(row, 80)), f64x2.mul(x5, v128.load(row, 96)));
    v128.store(at, f64x2.add(f64x2.add(v128.load(row), low), f64x2.add(middle, high)), MARGINS);
    row += STRIDE_OF_6;
  }
}

@inline
function added(sum: v128, weight: v128, row: usize, column: usize): v128 {
  return f64x2.add(sum, f64x2.mul(weight, v128.load(row + ((column + 1) << 4))));
}

/** Adds the weighted rows of a chunk to six sums of a vector each. */
function addRowsOfSix(pairs: i32, sums: usize, rows: usize): void {
  let sum0 = v128.load(sums);
  let sum1 = v128.load(sums, 16);
  let sum2 = v128.load(sums, 32);
  let sum3 = v128.load(sums, 48);
  let sum4 = v128.load(sums, 64);
  let sum5 = v128.load(sums, 80);
  let at = weights;
  for (let pair = 0; pair < pairs; pair++) {
    const weight = v128.load(at);
    sum0 = added(sum0, weight, rows, 0);
    sum1 = added(sum1, weight, rows, 1);
    sum2 = added(sum2, weight, rows, 2);
    sum3 = added(sum3, weight, rows, 3);
    sum4 = added(sum4, weight, rows, 4);
    sum5 = added(sum5, weight, rows, 5);
    rows += STRIDE_OF_6;
    at += 16;
  }
  v128.store(sums, sum0);
  v128.store(sums, sum1, 16);
  v128.store(sums, sum2, 32);
  v128.store(sums, sum3, 48);
  v128.store(sums, sum4, 64);
  v128.store(sums, sum5, 80);
}

/**
 * The same for six columns: five attributes and an intercept in the paper. Fewer columns are padded
 * with zeros.
 */
function rowsOfSix(
  turns: i32,
  x: usize,
  sums: usize,
  rows: usize,
  result: usize,
  copies: usize,
): f64 {
  for (let j: usize = 0; j < 6; j++) {
    v128.store(copies + (j << 4), v128.load64_splat(x + (j << 3)));
    v128.store(sums + (j << 4), ZERO);
  }
  let linear = ZERO;
  let product = constant(ONE);
  let exponents = i64x2.splat(0);
  for (let left = 2 * turns; left > 0; left -= 2 * CHUNK) {
    const pairs = min(left, 2 * CHUNK);
    const first = rows;
    const end = weights + ((<usize>pairs) << 4);
    storeMarginsOf6(rows, copies, end);
    for (let at = weights; at < end; at += 16) {
      linear = f64x2.sub(linear, f64x2.pmin(ZERO, v128.load(at, MARGINS)));
    }
    rows += STRIDE_OF_6 * <usize>pairs;
    for (let at = weights; at < end; at += 16) {
      v128.store(at, expOfMinusAbs(v128.load(at, MARGINS)), EXPONENTIALS);
    }
    for (let at = weights; at < end; at += 16) {
      const e = v128.load(at, EXPONENTIALS);
      const factor = f64x2.add(constant(ONE), e);
      v128.store(at, weightOf(v128.load(at, MARGINS), e, factor));
      product = f64x2.mul(product, factor);
    }
    // The factors of a chunk are at most 2^(2 · CHUNK).
    exponents = i64x2.add(exponents, exponentsOf(product));
    product = mantissaOf(product);
    addRowsOfSix(pairs, sums, first);
  }
  for (let j: usize = 0; j < 6; j++) {
    f64.store(sums + (j << 3), f64.load(sums + (j << 4)) + f64.load(sums + (j << 4), 8));
  }
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

/** x_k · P_k for two elements of a column of P. */
@inline
function times(x: usize, column: usize, k: usize): v128 {
  return f64x2.mul(v128.load64_splat(x + (k << 3)), v128.load(column + k * 48));
}

/** The same as `quadratic` for two of six elements, without a loop. */
@inline
function quadraticOfTwo(x: usize, sums: usize, form: usize, at: usize): v128 {
  const b = v128.load(form + at);
  const column = form + 48 + at;
  const low = f64x2.add(times(x, column, 0), times(x, column, 1));
  const middle = f64x2.add(times(x, column, 2), times(x, column, 3));
  const high = f64x2.add(times(x, column, 4), times(x, column, 5));
  const px = f64x2.add(f64x2.add(low, middle), high);
  v128.store(sums + at, f64x2.add(v128.load(sums + at), f64x2.sub(b, px)));
  const half = f64x2.sub(b, f64x2.mul(f64x2.splat(0.5), px));
  return f64x2.mul(v128.load(x + at), half);
}

@inline
function quadraticOfSix(x: usize, sums: usize, form: usize): f64 {
  const low = f64x2.add(quadraticOfTwo(x, sums, form, 0), quadraticOfTwo(x, sums, form, 16));
  return sumOfLanes(f64x2.add(low, quadraticOfTwo(x, sums, form, 32)));
}

const slopeOfStudent = memory.data(8, 8);

/** Adds the Student-t prior's gradient to the sums; returns u². */
@inline
function student(length: usize, x: usize, sums: usize, a: usize): f64 {
  let dot = ZERO;
  for (let at: usize = 0; at < length; at += 16) {
    dot = f64x2.add(dot, f64x2.mul(v128.load(x + at), v128.load(a + at)));
  }
  const u = f64.load(a + length) + sumOfLanes(dot);
  const nu = f64.load(a + length, 8);
  // Stored, so that it is not computed anew in each iteration.
  f64.store(slopeOfStudent, (-(nu + 1) * u) / (nu + u * u));
  const slope = v128.load64_splat(slopeOfStudent);
  for (let at: usize = 0; at < length; at += 16) {
    v128.store(sums + at, f64x2.add(v128.load(sums + at), f64x2.mul(slope, v128.load(a + at))));
  }
  return u * u;
}

/** Writes the gradient; returns the log density. Each padding row has added log 2, which is subtracted here. */
export function logDensity(turns: i32, dimension: i32, block: usize): f64 {
  const length = (<usize>dimension) << 3;
  const x = block + 32;
  const sums = x + 2 * length;
  const form = sums + 2 * length;
  const a = form + length * (dimension + 1);
  const rows = a + length + 32;
  const value =
    dimension === 6
      ? -rowsOfSix(turns, x, sums, rows, block, copiesOf(turns, dimension, rows)) +
        quadraticOfSix(x, sums, form)
      : -rowsOfAny(turns, dimension, x, sums, rows, block) + quadratic(length, x, sums, form);
  const square = student(length, x, sums, a);
  const nu = f64.load(a + length, 8);
  const powers = f64.load(block, 8) - f64.load(a + length, 24);
  return (
    f64.load(a + length, 16) +
    value -
    Math.log(f64.load(block)) -
    powers * Math.LN2 -
    0.5 * (nu + 1) * Math.log1p(square / nu)
  );
}

/** Address of the single rows, and of what follows them. */
@inline
function singlesOf(turns: i32, dimension: i32, rows: usize): usize {
  return rows + ((<usize>turns * <usize>(dimension + 1)) << 5);
}

@inline
function copiesOf(turns: i32, dimension: i32, rows: usize): usize {
  return singlesOf(turns, dimension, rows) + ((<usize>turns * <usize>(dimension + 1)) << 4);
}

/**
 * Constants of the exponential in single precision: log2 e; 1.5 · 2^23, which leaves an integer in the last
 * bits, plus the bias of exponents; the bounds of powers; the polynomial of degree 5, right to 1e-7.
 */
const singleConstants = memory.data<f32>([
  1.4426950408889634, 1.4426950408889634, 1.4426950408889634, 1.4426950408889634,
  12583039.0, 12583039.0, 12583039.0, 12583039.0,
  -126.0, -126.0, -126.0, -126.0,
  126.0, 126.0, 126.0, 126.0,
  1.0, 1.0, 1.0, 1.0,
  1.0000001192092896, 1.0000001192092896, 1.0000001192092896, 1.0000001192092896,
  0.6931471824645996, 0.6931471824645996, 0.6931471824645996, 0.6931471824645996,
  0.2402210682630539, 0.2402210682630539, 0.2402210682630539, 0.2402210682630539,
  0.055503569543361664, 0.055503569543361664, 0.055503569543361664, 0.055503569543361664,
  0.009676031768321991, 0.009676031768321991, 0.009676031768321991, 0.009676031768321991,
  0.0013390863314270973, 0.0013390863314270973, 0.0013390863314270973, 0.0013390863314270973,
], 16);
const SINGLE_SHIFTER = 1;
const SINGLE_LEAST = 2;
const SINGLE_MOST = 3;
const SINGLE_ONE = 4;
/** The coefficient of r^k is at SINGLE_C0 + k. */
const SINGLE_C0 = 5;

@inline
function single(place: usize): v128 {
  return v128.load(singleConstants + (place << 4));
}

/** exp(margin), in single precision. */
@inline
function singleExp(margin: v128): v128 {
  const power = f32x4.pmin(
    f32x4.pmax(f32x4.mul(margin, single(0)), single(SINGLE_LEAST)),
    single(SINGLE_MOST),
  );
  const shifted = f32x4.add(power, single(SINGLE_SHIFTER));
  const r = f32x4.sub(power, f32x4.sub(shifted, single(SINGLE_SHIFTER)));
  const s = f32x4.mul(r, r);
  const evenHigh = f32x4.add(single(SINGLE_C0 + 2), f32x4.mul(s, single(SINGLE_C0 + 4)));
  const oddHigh = f32x4.add(single(SINGLE_C0 + 3), f32x4.mul(s, single(SINGLE_C0 + 5)));
  const even = f32x4.add(single(SINGLE_C0), f32x4.mul(s, evenHigh));
  const odd = f32x4.add(single(SINGLE_C0 + 1), f32x4.mul(s, oddHigh));
  return f32x4.mul(f32x4.add(even, f32x4.mul(r, odd)), i32x4.shl(shifted, 23));
}

/** From margins to logit⁻¹(−margin) = 1 / (1 + exp(margin)), in place. */
function weightsOfSingles(turns: i32): void {
  const end = weights + ((<usize>turns) << 4);
  for (let at = weights; at < end; at += 16) {
    v128.store(at, singleExp(v128.load(at, MARGINS)), EXPONENTIALS);
  }
  for (let at = weights; at < end; at += 16) {
    const factor = f32x4.add(single(SINGLE_ONE), v128.load(at, EXPONENTIALS));
    v128.store(at, f32x4.div(single(SINGLE_ONE), factor));
  }
}

/** The same in single precision, four rows per vector. */
function storeSingleMarginsOf6(row: usize, copies: usize, end: usize): void {
  const x0 = v128.load(copies);
  const x1 = v128.load(copies, 16);
  const x2 = v128.load(copies, 32);
  const x3 = v128.load(copies, 48);
  const x4 = v128.load(copies, 64);
  const x5 = v128.load(copies, 80);
  for (let at = weights; at < end; at += 16) {
    const low = f32x4.add(f32x4.mul(x0, v128.load(row, 16)), f32x4.mul(x1, v128.load(row, 32)));
    const middle = f32x4.add(f32x4.mul(x2, v128.load(row, 48)), f32x4.mul(x3, v128.load(row, 64)));
    const high = f32x4.add(f32x4.mul(x4, v128.load(row, 80)), f32x4.mul(x5, v128.load(row, 96)));
    v128.store(at, f32x4.add(f32x4.add(v128.load(row), low), f32x4.add(middle, high)), MARGINS);
    row += STRIDE_OF_6;
  }
}

/** The offset and pairs of columns, in order. */
@inline
function singleMarginOfAny(row: usize, copies: usize, end: usize): v128 {
  let margin = v128.load(row);
  for (let at = copies; at < end; at += 32) {
    const first = f32x4.mul(v128.load(at), v128.load(row, 16));
    const second = f32x4.mul(v128.load(at, 16), v128.load(row, 32));
    margin = f32x4.add(margin, f32x4.add(first, second));
    row += 32;
  }
  return margin;
}

/**
 * Adds Σ weight · z over a chunk, in single precision, to the sums, which are double. Columns are in
 * pairs, as their number is even.
 */
function addSingleRows(turns: i32, dimension: i32, sums: usize, rows: usize): void {
  const stride = (<usize>(dimension + 1)) << 4;
  for (let j = 0; j < dimension; j += 2) {
    let first = f32x4.splat(0);
    let second = f32x4.splat(0);
    let row = rows + ((<usize>(j + 1)) << 4);
    let at = weights;
    for (let turn = 0; turn < turns; turn++) {
      const weight = v128.load(at);
      first = f32x4.add(first, f32x4.mul(weight, v128.load(row)));
      second = f32x4.add(second, f32x4.mul(weight, v128.load(row, 16)));
      row += stride;
      at += 16;
    }
    const to = sums + ((<usize>j) << 3);
    f64.store(to, f64.load(to) + sumOfFour(first));
    f64.store(to, f64.load(to, 8) + sumOfFour(second), 8);
  }
}

@inline
function singleAdded(sum: v128, weight: v128, row: usize, column: usize): v128 {
  return f32x4.add(sum, f32x4.mul(weight, v128.load(row + ((column + 1) << 4))));
}

@inline
function addSumOfFour(to: usize, four: v128): void {
  f64.store(to, f64.load(to) + sumOfFour(four));
}

/** The same for six columns. */
function addSingleRowsOfSix(turns: i32, sums: usize, rows: usize): void {
  let sum0 = f32x4.splat(0);
  let sum1 = sum0;
  let sum2 = sum0;
  let sum3 = sum0;
  let sum4 = sum0;
  let sum5 = sum0;
  let at = weights;
  for (let turn = 0; turn < turns; turn++) {
    const weight = v128.load(at);
    sum0 = singleAdded(sum0, weight, rows, 0);
    sum1 = singleAdded(sum1, weight, rows, 1);
    sum2 = singleAdded(sum2, weight, rows, 2);
    sum3 = singleAdded(sum3, weight, rows, 3);
    sum4 = singleAdded(sum4, weight, rows, 4);
    sum5 = singleAdded(sum5, weight, rows, 5);
    rows += STRIDE_OF_6;
    at += 16;
  }
  addSumOfFour(sums, sum0);
  addSumOfFour(sums + 8, sum1);
  addSumOfFour(sums + 16, sum2);
  addSumOfFour(sums + 24, sum3);
  addSumOfFour(sums + 32, sum4);
  addSumOfFour(sums + 40, sum5);
}

@inline
function sumOfFour(four: v128): f64 {
  const low = f64x2.promote_low_f32x4(four);
  const high = f64x2.promote_low_f32x4(i32x4.shuffle(four, four, 2, 3, 2, 3));
  return sumOfLanes(f64x2.add(low, high));
}

/** The gradient with rows in single precision. */
export function coarseGradient(turns: i32, dimension: i32, block: usize): void {
  const length = (<usize>dimension) << 3;
  const x = block + 32;
  const sums = x + 2 * length;
  const form = sums + 2 * length;
  const a = form + length * (dimension + 1);
  const rows = a + length + 32;
  const copies = copiesOf(turns, dimension, rows);
  let end = copies;
  for (let at: usize = 0; at < length; at += 8) {
    v128.store(end, f32x4.splat(<f32>f64.load(x + at)));
    f64.store(sums + at, 0);
    end += 16;
  }
  let row = singlesOf(turns, dimension, rows);
  const stride = (<usize>(dimension + 1)) << 4;
  for (let left = turns; left > 0; left -= CHUNK) {
    const count = min(left, CHUNK);
    const first = row;
    let at = weights;
    if (dimension === 6) {
      storeSingleMarginsOf6(row, copies, weights + ((<usize>count) << 4));
      row += STRIDE_OF_6 * <usize>count;
      weightsOfSingles(count);
      addSingleRowsOfSix(count, sums, first);
    } else {
      for (let turn = 0; turn < count; turn++) {
        v128.store(at, singleMarginOfAny(row, copies, end), MARGINS);
        row += stride;
        at += 16;
      }
      weightsOfSingles(count);
      addSingleRows(count, dimension, sums, first);
    }
  }
  if (dimension === 6) quadraticOfSix(x, sums, form);
  else quadratic(length, x, sums, form);
  student(length, x, sums, a);
}

/**
 * Adds, over points x with the weight w = π(x) / π(peak): w, w x, w ∇ log π and w x ⊗ ∇ log π.
 *
 * @param used dimension without padding
 * @param points `count` times `used` numbers
 * @param peak log π at the peak, the largest
 * @param sums 1 + `used` · (2 + `used`) numbers, the products row-major (coordinate of x, of ∇)
 */
export function addMoments(
  turns: i32,
  dimension: i32,
  block: usize,
  used: i32,
  points: usize,
  count: i32,
  peak: f64,
  sums: usize,
): void {
  const length = (<usize>dimension) << 3;
  const width = (<usize>used) << 3;
  const x = block + 32;
  const gradient = x + 2 * length;
  const ofX = sums + 8;
  const ofGradient = ofX + width;
  for (let at: usize = 0; at < length; at += 16) v128.store(x + at, ZERO);
  for (let point = 0; point < count; point++) {
    for (let at: usize = 0; at < width; at += 8) f64.store(x + at, f64.load(points + at));
    points += width;
    const value = logDensity(turns, dimension, block);
    const weight = f64x2.extract_lane(expOfMinusAbs(f64x2.splat(value - peak)), 0);
    f64.store(sums, f64.load(sums) + weight);
    let product = ofGradient + width;
    for (let i: usize = 0; i < width; i += 8) {
      const weighted = weight * f64.load(x + i);
      f64.store(ofX + i, f64.load(ofX + i) + weighted);
      f64.store(ofGradient + i, f64.load(ofGradient + i) + weight * f64.load(gradient + i));
      for (let j: usize = 0; j < width; j += 8) {
        f64.store(product, f64.load(product) + weighted * f64.load(gradient + j));
        product += 8;
      }
    }
  }
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
  coarseGradient(turns, dimension, block);
  kickAndRotate(x, length, middle, cosine, sine);
  const value = logDensity(turns, dimension, block);
  for (let at = x; at < x + length; at += 16) {
    v128.store(at + length, kicked(at, length, f64x2.splat(end)));
  }
  return value;
}

/**
 * Random numbers: equivalent to src/random/quick-stream.ts, with the same state of four words. The edges
 * of the ziggurat's layers are written by the caller.
 */
export const edges: usize = memory.data(129 * 8, 8);
const LAST_LAYER = 127;
const SIGN_BIT = 128;

function nextWord(state: usize): u32 {
  const a = load<u32>(state);
  const b = load<u32>(state, 4);
  const last = load<u32>(state, 12);
  const c = load<u32>(state, 8) ^ a;
  const d = last ^ b;
  store<u32>(state, a ^ d);
  store<u32>(state, b ^ c, 4);
  store<u32>(state, c ^ (b << 9), 8);
  store<u32>(state, rotl<u32>(d, 11), 12);
  return rotl<u32>(a + last, 7) + a;
}

function uniform(state: usize): f64 {
  const high = <f64>(nextWord(state) >>> 5);
  return (high * 67108864 + <f64>(nextWord(state) >>> 6)) / 9007199254740992;
}

@inline
function edge(layer: u32): f64 {
  return f64.load(edges + (<usize>layer << 3));
}

function normal(state: usize): f64 {
  const bits = nextWord(state);
  const more = nextWord(state);
  const layer = bits & LAST_LAYER;
  const share = (<f64>(bits >>> 8) * 134217728 + <f64>(more >>> 5)) / 2251799813685248;
  const x = share * edge(layer);
  const sign: f64 = (bits & SIGN_BIT) === 0 ? 1 : -1;
  return x < edge(layer + 1) ? sign * x : beyondEdge(layer, sign, x, state);
}

function beyondEdge(layer: u32, sign: f64, x: f64, state: usize): f64 {
  if (layer === 0) return sign * beyondTail(state);
  const high = density(edge(layer + 1));
  const low = density(edge(layer));
  return low + uniform(state) * (high - low) < density(x) ? sign * x : normal(state);
}

function density(x: f64): f64 {
  return Math.exp(-0.5 * x * x);
}

function beyondTail(state: usize): f64 {
  const tail = edge(1);
  let x: f64;
  do {
    x = -Math.log(1 - uniform(state)) / tail;
  } while (-2 * Math.log(1 - uniform(state)) < x * x);
  return tail + x;
}

/** ½ pᵀ p − log π; NaN counts as infinitely high. */
@inline
function energyOf(momentum: usize, dimension: i32, value: f64): f64 {
  let squares: f64 = 0;
  for (let i = 0; i < dimension; i++) {
    const p = f64.load(momentum + ((<usize>i) << 3));
    squares += p * p;
  }
  const energy = 0.5 * squares - value;
  return energy === energy ? energy : Infinity;
}

/** Copies an even number of doubles. */
@inline
function copyNumbers(to: usize, from: usize, length: usize): void {
  for (let at: usize = 0; at < length; at += 16) v128.store(to + at, v128.load(from + at));
}

/** Sine and cosine of an angle below π/4, by the polynomials of fdlibm. */
function sineOf(x: f64): f64 {
  const z = x * x;
  const high = 2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10);
  const low = 8.33333333332248946124e-3 + z * (-1.98412698298579493134e-4 + z * high);
  return x + x * z * (-1.66666666666666324348e-1 + z * low);
}

function cosineOf(x: f64): f64 {
  const z = x * x;
  const high = -2.75573143513906633035e-7 + z * (2.08757232129817482790e-9 + z * -1.13596475577881948265e-11);
  const low = -1.38888888888741095749e-3 + z * (2.48015872894767294178e-5 + z * high);
  return 1 - 0.5 * z + z * z * (4.16666666666666019037e-2 + z * low);
}

/** Codes of a transition. */
const ACCEPTED: f64 = 1;
const DIVERGENT: f64 = 2;

/**
 * Makes up to `count` transitions of split HMC, with steps below π, as `splitHmc` does one, and stops after one that diverges;
 * its last position is then that of the block.
 *
 * @param used dimension without padding
 * @param end share of the step that the first and the last kick have; those between have the rest
 * @param state four words of random numbers, log density, a free number, position, gradient
 * @param out for each transition: log density, energy, acceptance, code (0 for rejected), gradient
 *   evaluations and three free numbers, position, gradient
 * @returns the number of transitions made
 */
export function transitions(
  turns: i32,
  dimension: i32,
  block: usize,
  used: i32,
  count: i32,
  steps: i32,
  stepSize: f64,
  jitter: f64,
  end: f64,
  threshold: f64,
  state: usize,
  out: usize,
): i32 {
  const length = (<usize>dimension) << 3;
  const x = block + 32;
  const momentum = x + length;
  const gradient = momentum + length;
  const current = state + 32;
  for (let made = 0; made < count; made++) {
    const size = stepSize * (1 + jitter * (2 * uniform(state) - 1));
    copyNumbers(x, current, length);
    copyNumbers(gradient, current + length, length);
    for (let i = 0; i < dimension; i++) {
      f64.store(momentum + ((<usize>i) << 3), i < used ? normal(state) : 0);
    }
    const quarterSine = sineOf(0.25 * size);
    const cosine = 1 - 2 * quarterSine * quarterSine;
    const sine = 2 * quarterSine * cosineOf(0.25 * size);
    const initial = energyOf(momentum, used, f64.load(state, 16));
    let value: f64 = 0;
    let last = initial;
    let lowest = initial;
    let highest = initial;
    let taken = 0;
    while (taken < steps && highest - lowest <= threshold) {
      value = splitStep(turns, dimension, block, end * size, (1 - 2 * end) * size, cosine, sine);
      last = energyOf(momentum, used, value);
      lowest = min(lowest, last);
      highest = max(highest, last);
      taken++;
    }
    const divergent = highest - lowest > threshold;
    const acceptance = min(1, Math.exp(initial - last));
    const accepted = !divergent && uniform(state) < acceptance;
    if (accepted) {
      copyNumbers(current, x, length);
      copyNumbers(current + length, gradient, length);
      f64.store(state, value, 16);
    }
    f64.store(out, f64.load(state, 16));
    f64.store(out, accepted ? last : initial, 8);
    f64.store(out, acceptance, 16);
    f64.store(out, divergent ? DIVERGENT : accepted ? ACCEPTED : 0, 24);
    f64.store(out, 2 * <f64>taken, 32);
    copyNumbers(out + 64, current, 2 * length);
    out += 64 + 2 * length;
    if (divergent) return made + 1;
  }
  return count;
}
