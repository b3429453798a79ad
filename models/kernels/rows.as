/**
 * Log likelihoods of generalized linear models over many rows, with their gradients, in
 * AssemblyScript: two rows per vector, and no branches on the data.
 *
 * For coefficients (α, β) it computes η = offset + α + X β, then the family's log likelihood of each row
 * with y, the sum of its outcomes, and n, their number or trials, and finally (1, X)ᵀ ∂ℓ/∂η:
 *
 *     poisson        Σ y η − n e^η
 *     logistic       Σ y η − n log(1 + e^η)
 *     negbinomial    Σ y t − (y + n φ) log(1 + e^t),  t = η − log φ
 *     student        Σ log(1 + r²/s),  r = n (y − η), s = ν σ²
 *     probit         Σ y log Φ(η) + (n − y) log Φ(−η)
 *
 * with the sums for the derivatives by φ, σ and ν. The JavaScript equivalents are the loops of
 * models/families and of models/coefficient-design.ts. `npm run kernels` compiles this file.
 *
 * A model is one block of doubles, laid out by models/kernels/row-kernel.ts. The number of rows N is
 * padded with zeros to a multiple of four, the number of slopes K to an even number:
 *
 *     results (4) · α, 0, β (2 + K) · gradient (2 + K) ·
 *     offset (N) · η (N) · ∂ℓ/∂η (N) · y (N) · n (N) · columns of X (K · N)
 */

/** First free address, after the constants. */
export const free: usize = __heap_base;

/**
 * In memory: literals would be rebuilt in every iteration. First the constants of the exponential, as
 * in logit.as; then log(1 + e) = s P(s²) with s = e/(2 + e) ≤ 1/3 and P the economized polynomial of
 * degree 8, accurate to 2e-15; then Cody's rational function of the normal tail, as in
 * models/normal-tail.ts, right to 5e-12 from 0 to √32.
 */
const constants = memory.data<f64>([
  1.4426950408889634, 6755399441055744.0, -1021.0, 1021.0,
  1.0000000000000135, 0.6931471805599462, 0.2402265069564034, 0.05550410866465167,
  0.009618129193934313, 0.0013333558200794592, 0.0001540343375125101, 1.5252672924850737e-05,
  1.325964524488711e-06, 1.0205905413765595e-07,
  2.000000000000003, 0.6666666666618257, 0.4000000011581452, 0.2857141793475505,
  0.22222709754719172, 0.18169333991893807, 0.1557070720148144, 0.11744977819559474,
  0.18758019601047687,
  9842.714838383978, 11602.65143764735, 6848.190450536283, 2494.5375852903726,
  597.2702763948002, 93.50665613217785, 8.883149794388377, 0.39894151208813466,
  1.0765576773720192e-8,
  19685.429676859992, 38912.00328609327, 34900.95272114598, 18615.571640885097,
  6485.558298266761, 1519.377599407555, 235.387901782625, 22.266688044328117,
], 16);
/** Offsets in `constants`. */
const LOG2_E = 0;
const SHIFTER = 1;
const LEAST = 2;
const MOST = 3;
const EXP = 4;
const LOG = 14;
const TAIL_ABOVE = 23;
const TAIL_BELOW = 32;
const ZERO = f64x2.splat(0.0);
const ONE = f64x2.splat(1.0);
const TWO = f64x2.splat(2.0);
const HALF = f64x2.splat(0.5);
const MANTISSA = i64x2.splat(0x000fffffffffffff);
const ONE_BITS = i64x2.splat(0x3ff0000000000000);
const BIAS = i64x2.splat(1023);

@inline
function constant(place: usize): v128 {
  return v128.load64_splat(constants + (place << 3));
}

/** c_k + c_(k + 2) · s of the exponential's polynomial. */
@inline
function line(k: usize, s: v128): v128 {
  return f64x2.add(constant(EXP + k), f64x2.mul(constant(EXP + k + 2), s));
}

/** exp(x) as 2^k · 2^r with integer k, limited to 2^±1021. */
@inline
function exp(x: v128): v128 {
  const power = f64x2.pmin(
    f64x2.pmax(f64x2.mul(x, constant(LOG2_E)), constant(LEAST)),
    constant(MOST),
  );
  const shifted = f64x2.add(power, constant(SHIFTER));
  const r = f64x2.sub(power, f64x2.sub(shifted, constant(SHIFTER)));
  const s = f64x2.mul(r, r);
  const s2 = f64x2.mul(s, s);
  const evenHigh = f64x2.add(line(4, s), f64x2.mul(constant(EXP + 8), s2));
  const even = f64x2.add(line(0, s), f64x2.mul(evenHigh, s2));
  const oddHigh = f64x2.add(line(5, s), f64x2.mul(constant(EXP + 9), s2));
  const odd = f64x2.add(line(1, s), f64x2.mul(oddHigh, s2));
  return f64x2.mul(f64x2.add(even, f64x2.mul(r, odd)), i64x2.shl(i64x2.add(shifted, BIAS), 52));
}

/** c_k + c_(k + 1) · z, from the place of c_k. */
@inline
function pair(place: usize, z: v128): v128 {
  return f64x2.add(constant(place), f64x2.mul(constant(place + 1), z));
}

/** log(1 + e), 0 ≤ e ≤ 1; the polynomial is evaluated in pairs without data dependencies. */
@inline
function log1p(e: v128): v128 {
  const s = f64x2.div(e, f64x2.add(TWO, e));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const z4 = f64x2.mul(z2, z2);
  const low = f64x2.add(pair(LOG, z), f64x2.mul(pair(LOG + 2, z), z2));
  const middle = f64x2.add(pair(LOG + 4, z), f64x2.mul(pair(LOG + 6, z), z2));
  const high = f64x2.add(middle, f64x2.mul(constant(LOG + 8), z4));
  return f64x2.mul(s, f64x2.add(low, f64x2.mul(high, z4)));
}

@inline
function sumOfLanes(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** Bytes before the rows: results, coefficients, gradient. */
@inline
function rowsOf(columns: usize, block: usize): usize {
  return block + 32 + 2 * ((columns + 2) << 3);
}

/** η of all rows. */
function writeEta(rows: usize, columns: usize, block: usize): void {
  const length = rows << 3;
  const offset = rowsOf(columns, block);
  const eta = offset + length;
  const alpha = v128.load64_splat(block + 32);
  for (let at: usize = 0; at < length; at += 16) {
    v128.store(eta + at, f64x2.add(alpha, v128.load(offset + at)));
  }
  let column = offset + 5 * length;
  let beta = block + 48;
  for (let j: usize = 0; j < columns; j += 2) {
    const first = v128.load64_splat(beta);
    const second = v128.load64_splat(beta, 8);
    const other = column + length;
    for (let at: usize = 0; at < length; at += 32) {
      const a = f64x2.add(
        f64x2.mul(first, v128.load(column + at)),
        f64x2.mul(second, v128.load(other + at)),
      );
      const b = f64x2.add(
        f64x2.mul(first, v128.load(column + at, 16)),
        f64x2.mul(second, v128.load(other + at, 16)),
      );
      v128.store(eta + at, f64x2.add(v128.load(eta + at), a));
      v128.store(eta + at, f64x2.add(v128.load(eta + at, 16), b), 16);
    }
    column += 2 * length;
    beta += 16;
  }
}

/** (1, X)ᵀ ∂ℓ/∂η. */
function writeColumnSums(rows: usize, columns: usize, block: usize): void {
  const length = rows << 3;
  const offset = rowsOf(columns, block);
  const slopes = offset + 2 * length;
  let sums = block + 32 + ((columns + 2) << 3);
  let total = ZERO;
  for (let at: usize = 0; at < length; at += 16) total = f64x2.add(total, v128.load(slopes + at));
  f64.store(sums, sumOfLanes(total));
  sums += 16;
  let column = offset + 5 * length;
  for (let j: usize = 0; j < columns; j += 2) {
    const other = column + length;
    let firstA = ZERO;
    let firstB = ZERO;
    let secondA = ZERO;
    let secondB = ZERO;
    for (let at: usize = 0; at < length; at += 32) {
      const a = v128.load(slopes + at);
      const b = v128.load(slopes + at, 16);
      firstA = f64x2.add(firstA, f64x2.mul(a, v128.load(column + at)));
      firstB = f64x2.add(firstB, f64x2.mul(b, v128.load(column + at, 16)));
      secondA = f64x2.add(secondA, f64x2.mul(a, v128.load(other + at)));
      secondB = f64x2.add(secondB, f64x2.mul(b, v128.load(other + at, 16)));
    }
    f64.store(sums, sumOfLanes(f64x2.add(firstA, firstB)));
    f64.store(sums, sumOfLanes(f64x2.add(secondA, secondB)), 8);
    column += 2 * length;
    sums += 16;
  }
}

export function poisson(rows: usize, columns: usize, block: usize): f64 {
  writeEta(rows, columns, block);
  const length = rows << 3;
  const start = rowsOf(columns, block) + length;
  let value = ZERO;
  for (let at = start; at < start + length; at += 16) {
    const eta = v128.load(at);
    const y = v128.load(at + 2 * length);
    const expected = f64x2.mul(v128.load(at + 3 * length), exp(eta));
    value = f64x2.add(value, f64x2.sub(f64x2.mul(y, eta), expected));
    v128.store(at + length, f64x2.sub(y, expected));
  }
  writeColumnSums(rows, columns, block);
  return sumOfLanes(value);
}

export function logistic(rows: usize, columns: usize, block: usize): f64 {
  writeEta(rows, columns, block);
  const length = rows << 3;
  const start = rowsOf(columns, block) + length;
  let value = ZERO;
  for (let at = start; at < start + length; at += 16) {
    const eta = v128.load(at);
    const y = v128.load(at + 2 * length);
    const n = v128.load(at + 3 * length);
    const e = exp(f64x2.neg(f64x2.abs(eta)));
    const loss = f64x2.add(f64x2.pmax(ZERO, eta), log1p(e));
    value = f64x2.add(value, f64x2.sub(f64x2.mul(y, eta), f64x2.mul(n, loss)));
    const share = v128.bitselect(ONE, e, f64x2.gt(eta, ZERO));
    const p = f64x2.div(share, f64x2.add(ONE, e));
    v128.store(at + length, f64x2.sub(y, f64x2.mul(n, p)));
  }
  writeColumnSums(rows, columns, block);
  return sumOfLanes(value);
}

/** y and ∂ℓ/∂η of two rows whose number is 1, or 0 for padding; returns 1 + n e^−|η|. */
@inline
function logisticPair(at: usize, length: usize): v128 {
  const eta = v128.load(at);
  const n = v128.load(at + 3 * length);
  const e = f64x2.mul(n, exp(f64x2.neg(f64x2.abs(eta))));
  const factor = f64x2.add(ONE, e);
  const share = v128.bitselect(n, e, f64x2.gt(eta, ZERO));
  v128.store(at + length, f64x2.sub(v128.load(at + 2 * length), f64x2.div(share, factor)));
  return factor;
}

/** y η − n max(0, η) of two rows. */
@inline
function logisticLine(at: usize, length: usize): v128 {
  const eta = v128.load(at);
  return f64x2.sub(
    f64x2.mul(v128.load(at + 2 * length), eta),
    f64x2.mul(v128.load(at + 3 * length), f64x2.pmax(ZERO, eta)),
  );
}

/**
 * The same for rows of one trial: the factors 1 + e^−|η| are multiplied, so that one logarithm serves all
 * rows. A product and a power of two are results; their logarithm is to be subtracted.
 */
export function logisticOfSingles(rows: usize, columns: usize, block: usize): f64 {
  writeEta(rows, columns, block);
  const length = rows << 3;
  const start = rowsOf(columns, block) + length;
  let value = ZERO;
  let product = ONE;
  let exponents = i64x2.splat(0);
  for (let at = start; at < start + length; at += 32) {
    const first = logisticPair(at, length);
    const second = logisticPair(at + 16, length);
    value = f64x2.add(value, f64x2.add(logisticLine(at, length), logisticLine(at + 16, length)));
    product = f64x2.mul(product, f64x2.mul(first, second));
    exponents = i64x2.add(exponents, i64x2.sub(i64x2.shr_u(product, 52), BIAS));
    product = mantissaOf(product);
  }
  writeColumnSums(rows, columns, block);
  storeLogarithm(block, product, exponents);
  return sumOfLanes(value);
}

/** Writes the derivative by φ, without the part of the counts alone, as a result. */
export function negbinomial(
  rows: usize,
  columns: usize,
  block: usize,
  shape: f64,
  logShape: f64,
): f64 {
  writeEta(rows, columns, block);
  const length = rows << 3;
  const start = rowsOf(columns, block) + length;
  const phi = f64x2.splat(shape);
  const inverseShape = f64x2.splat(1.0 / shape);
  const shift = f64x2.splat(logShape);
  let value = ZERO;
  let slope = ZERO;
  for (let at = start; at < start + length; at += 16) {
    const t = f64x2.sub(v128.load(at), shift);
    const y = v128.load(at + 2 * length);
    const n = v128.load(at + 3 * length);
    const trials = f64x2.mul(n, phi);
    const e = exp(f64x2.neg(f64x2.abs(t)));
    const loss = f64x2.add(f64x2.pmax(ZERO, t), log1p(e));
    value = f64x2.add(
      value,
      f64x2.sub(f64x2.mul(y, t), f64x2.mul(f64x2.add(y, trials), loss)),
    );
    const above = f64x2.gt(t, ZERO);
    const scale = f64x2.div(ONE, f64x2.add(ONE, e));
    const p = f64x2.mul(v128.bitselect(ONE, e, above), scale);
    const missed = f64x2.mul(y, f64x2.mul(v128.bitselect(e, ONE, above), scale));
    v128.store(at + length, f64x2.sub(missed, f64x2.mul(trials, p)));
    slope = f64x2.add(
      slope,
      f64x2.sub(f64x2.mul(n, f64x2.sub(p, loss)), f64x2.mul(missed, inverseShape)),
    );
  }
  writeColumnSums(rows, columns, block);
  f64.store(block, sumOfLanes(slope));
  return sumOfLanes(value);
}

/** A factor stays at 2^500: two and a mantissa do not overflow. */
const MOST_FACTOR = f64x2.splat(3.273390607896142e150);

@inline
function mantissaOf(product: v128): v128 {
  return v128.or(v128.and(product, MANTISSA), ONE_BITS);
}

@inline
function storeLogarithm(result: usize, product: v128, exponents: v128): void {
  f64.store(result, f64x2.extract_lane(product, 0) * f64x2.extract_lane(product, 1));
  f64.store(result, <f64>(i64x2.extract_lane(exponents, 0) + i64x2.extract_lane(exponents, 1)), 8);
}

/**
 * Leaves as results a product and a power of two, which multiplied have the sum as logarithm, and
 * Σ r²/(s + r²).
 */
export function student(
  rows: usize,
  columns: usize,
  block: usize,
  spread: f64,
  nuPlusOne: f64,
): void {
  writeEta(rows, columns, block);
  const length = rows << 3;
  const start = rowsOf(columns, block) + length;
  const s = f64x2.splat(spread);
  const inverseSpread = f64x2.splat(1.0 / spread);
  const power = f64x2.splat(nuPlusOne);
  let shares = ZERO;
  let product = ONE;
  let exponents = i64x2.splat(0);
  for (let at = start; at < start + length; at += 16) {
    const n = v128.load(at + 3 * length);
    const r = f64x2.mul(n, f64x2.sub(v128.load(at + 2 * length), v128.load(at)));
    const square = f64x2.mul(r, r);
    const inverse = f64x2.div(ONE, f64x2.add(s, square));
    v128.store(at + length, f64x2.mul(power, f64x2.mul(r, inverse)));
    shares = f64x2.add(shares, f64x2.mul(square, inverse));
    const factor = f64x2.add(ONE, f64x2.mul(square, inverseSpread));
    product = f64x2.mul(product, f64x2.pmin(factor, MOST_FACTOR));
    exponents = i64x2.add(exponents, i64x2.sub(i64x2.shr_u(product, 52), BIAS));
    product = mantissaOf(product);
  }
  writeColumnSums(rows, columns, block);
  storeLogarithm(block, product, exponents);
  f64.store(block, sumOfLanes(shares), 16);
}

/** T(x) = Φ(−x) exp(x²/2), 0 ≤ x ≤ √32. */
@inline
function scaledTail(x: v128): v128 {
  let above = constant(TAIL_ABOVE + 8);
  let below = f64x2.add(x, constant(TAIL_BELOW + 7));
  for (let k = 7; k >= 0; k--) above = f64x2.add(constant(TAIL_ABOVE + k), f64x2.mul(above, x));
  for (let k = 6; k >= 0; k--) below = f64x2.add(constant(TAIL_BELOW + k), f64x2.mul(below, x));
  return f64x2.div(above, below);
}

const DENSITY_AT_ZERO = f64x2.splat(0.3989422804014327);
const LN2 = f64x2.splat(0.6931471805599453);

/** log(x) of a normal positive number: of its mantissa m, with s = (m − 1)/(m + 1), and its exponent. */
@inline
function log(x: v128): v128 {
  // The exponent's bits on the end of 2^52, less 2^52, are the exponent.
  const bits = v128.or(i64x2.shr_u(x, 52), i64x2.splat(0x4330000000000000));
  const exponent = f64x2.sub(bits, f64x2.splat(4503599627371519.0));
  const e = f64x2.sub(mantissaOf(x), ONE);
  return f64x2.add(f64x2.mul(exponent, LN2), log1p(e));
}

/**
 * Outcomes on the side of η (successes for η > 0) have probability 1 − T exp(−η²/2), the others
 * T exp(−η²/2), with T = T(|η|). Writes the largest |η| of each lane as results: beyond √32 the
 * values are wrong.
 *
 * @param single each row is either a success or a failure: then, as of Student-t rows, a product and
 *   a power of two are results, and the logarithm of both is to be added
 */
@inline
function probitRows(rows: usize, columns: usize, block: usize, single: bool): f64 {
  writeEta(rows, columns, block);
  const length = rows << 3;
  const start = rowsOf(columns, block) + length;
  let value = ZERO;
  let largest = ZERO;
  let product = ONE;
  let exponents = i64x2.splat(0);
  for (let at = start; at < start + length; at += 16) {
    const eta = v128.load(at);
    const y = v128.load(at + 2 * length);
    const failures = f64x2.sub(v128.load(at + 3 * length), y);
    const below = f64x2.lt(eta, ZERO);
    const usual = v128.bitselect(failures, y, below);
    const unusual = v128.bitselect(y, failures, below);
    const size = f64x2.abs(eta);
    largest = f64x2.pmax(largest, size);
    const halfSquare = f64x2.mul(HALF, f64x2.mul(eta, eta));
    const density = exp(f64x2.neg(halfSquare));
    const tail = scaledTail(size);
    const share = f64x2.sub(ONE, f64x2.mul(tail, density));
    value = f64x2.sub(value, f64x2.mul(unusual, halfSquare));
    let slope: v128;
    if (single) {
      // A padding row is neither: its factor is 1 and its slope 0.
      const factor = v128.bitselect(
        share,
        v128.bitselect(tail, ONE, f64x2.ne(unusual, ZERO)),
        f64x2.ne(usual, ZERO),
      );
      product = f64x2.mul(product, factor);
      exponents = i64x2.add(exponents, i64x2.sub(i64x2.shr_u(product, 52), BIAS));
      product = mantissaOf(product);
      slope = f64x2.div(f64x2.sub(f64x2.mul(usual, density), unusual), factor);
    } else {
      value = f64x2.add(value, f64x2.mul(usual, log(share)));
      value = f64x2.add(value, f64x2.mul(unusual, log(tail)));
      slope = f64x2.sub(
        f64x2.div(f64x2.mul(usual, density), share),
        f64x2.div(unusual, tail),
      );
    }
    const scaled = f64x2.mul(DENSITY_AT_ZERO, slope);
    v128.store(at + length, v128.bitselect(f64x2.neg(scaled), scaled, below));
  }
  writeColumnSums(rows, columns, block);
  storeLogarithm(block, product, exponents);
  f64.store(block, f64x2.extract_lane(largest, 0), 16);
  f64.store(block, f64x2.extract_lane(largest, 1), 24);
  return sumOfLanes(value);
}

export function probit(rows: usize, columns: usize, block: usize): f64 {
  return probitRows(rows, columns, block, false);
}

export function probitOfSingles(rows: usize, columns: usize, block: usize): f64 {
  return probitRows(rows, columns, block, true);
}

/**
 * Loops over the rows of a multilevel regression, which are ordered by the levels of one factor: the
 * rows of its level j end before row ends[j]. Arguments that are arrays are addresses. `column` is a
 * column of numbers by row, or 0 for a column of ones. `stride` is the number of bytes from one level
 * to the next in an array by level. models/kernels/group-rows.ts calls these.
 */

/** target_i = numbers_j, plus offset_i if `offset` is not 0, for the rows i of each level j. */
export function fillRuns(
  levels: usize,
  ends: usize,
  numbers: usize,
  offset: usize,
  target: usize,
): void {
  let at: usize = 0;
  for (let j: usize = 0; j < levels; j++) {
    const end = <usize>i32.load(ends + (j << 2)) << 3;
    const number = f64.load(numbers + (j << 3));
    const both = f64x2.splat(number);
    if (offset) {
      for (; at + 8 < end; at += 16) {
        v128.store(target + at, f64x2.add(both, v128.load(offset + at)));
      }
      if (at < end) {
        f64.store(target + at, number + f64.load(offset + at));
        at += 8;
      }
    } else {
      for (; at + 8 < end; at += 16) v128.store(target + at, both);
      if (at < end) {
        f64.store(target + at, number);
        at += 8;
      }
    }
  }
}

/** target_i += column_i · numbers_j, for the rows i of each level j. */
export function addRuns(
  levels: usize,
  ends: usize,
  numbers: usize,
  stride: usize,
  column: usize,
  target: usize,
): void {
  let at: usize = 0;
  for (let j: usize = 0; j < levels; j++) {
    const end = <usize>i32.load(ends + (j << 2)) << 3;
    const number = f64.load(numbers + j * stride);
    const both = f64x2.splat(number);
    if (column) {
      for (; at + 8 < end; at += 16) {
        v128.store(
          target + at,
          f64x2.add(v128.load(target + at), f64x2.mul(both, v128.load(column + at))),
        );
      }
      if (at < end) {
        f64.store(target + at, f64.load(target + at) + number * f64.load(column + at));
        at += 8;
      }
    } else {
      for (; at + 8 < end; at += 16) {
        v128.store(target + at, f64x2.add(v128.load(target + at), both));
      }
      if (at < end) {
        f64.store(target + at, f64.load(target + at) + number);
        at += 8;
      }
    }
  }
}

/** sums_j += Σ column_i numbers_i over the rows i of each level j. */
export function sumRuns(
  levels: usize,
  ends: usize,
  column: usize,
  numbers: usize,
  sums: usize,
  stride: usize,
): void {
  let at: usize = 0;
  for (let j: usize = 0; j < levels; j++) {
    const end = <usize>i32.load(ends + (j << 2)) << 3;
    let pair = ZERO;
    let odd = 0.0;
    if (column) {
      for (; at + 8 < end; at += 16) {
        pair = f64x2.add(pair, f64x2.mul(v128.load(column + at), v128.load(numbers + at)));
      }
      if (at < end) {
        odd = f64.load(column + at) * f64.load(numbers + at);
        at += 8;
      }
    } else {
      for (; at + 8 < end; at += 16) pair = f64x2.add(pair, v128.load(numbers + at));
      if (at < end) {
        odd = f64.load(numbers + at);
        at += 8;
      }
    }
    const place = sums + j * stride;
    f64.store(place, f64.load(place) + (sumOfLanes(pair) + odd));
  }
}

/** target_i += column_i · numbers[level of row i], for levels in any order. */
export function addGathered(
  rows: usize,
  levelOf: usize,
  numbers: usize,
  stride: usize,
  column: usize,
  target: usize,
): void {
  for (let i: usize = 0; i < rows; i++) {
    const at = i << 3;
    const number = f64.load(numbers + <usize>i32.load(levelOf + (i << 2)) * stride);
    const term = column ? number * f64.load(column + at) : number;
    f64.store(target + at, f64.load(target + at) + term);
  }
}

/** sums[level of row i] += column_i · numbers_i, for levels in any order. */
export function scatter(
  rows: usize,
  levelOf: usize,
  column: usize,
  numbers: usize,
  sums: usize,
  stride: usize,
): void {
  for (let i: usize = 0; i < rows; i++) {
    const at = i << 3;
    const number = f64.load(numbers + at);
    const term = column ? number * f64.load(column + at) : number;
    const place = sums + <usize>i32.load(levelOf + (i << 2)) * stride;
    f64.store(place, f64.load(place) + term);
  }
}
