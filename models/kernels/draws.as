/**
 * The loops over a parameter's draws that its summary needs, in AssemblyScript: the sort, the rank scores,
 * the sums of R-hat and ESS, and the errors of the mode and of the ends of the HDI.
 *
 * Their JavaScript twins stand where they are called, in src/posterior: ordering.ts, convergence.ts and
 * effective-size.ts in the folder `fast`, mode.ts and interval-errors.ts. `npm run kernels` compiles this file.
 * All arguments that are arrays are addresses in bytes.
 */

import { addLagProducts, centre, LAGS } from './lags';

/** First free address, after the constants. */
export const free: usize = __heap_base;

const ZERO = f64x2.splat(0.0);

@inline
function sumOfLanes(pair: v128): f64 {
  return f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1);
}

/** Digits of the radix sort: src/posterior/fast/ordering.ts. */
const DIGIT_BITS = 10;
const DIGITS = 1 << DIGIT_BITS;
const LAST_DIGIT: u32 = DIGITS - 1;
const MIDDLE: f64 = DIGITS * (DIGITS / 2);
const REACH: f64 = DIGITS * (DIGITS / 2) - 1;
const NUMBER_BITS: u32 = 32 - DIGIT_BITS;
const NUMBER: u32 = (1 << NUMBER_BITS) - 1;
const MOST_SHIFTS = 32;

const lastStarts = memory.data(DIGITS * 4, 16);
const firstStarts = memory.data(DIGITS * 4, 16);

/** The number of draws with a smaller digit, in place of the number with this one. */
function accumulate(starts: usize): void {
  let sum: u32 = 0;
  for (let at = starts; at < starts + DIGITS * 4; at += 4) {
    const count = load<u32>(at);
    store<u32>(at, sum);
    sum += count;
  }
}

@inline
function increment(at: usize): u32 {
  const value = load<u32>(at);
  store<u32>(at, value + 1);
  return value;
}

/** The places of the draws, and how many have each digit. */
function writePlaces(values: usize, n: i32, mean: f64, sd: f64, places: usize): void {
  memory.fill(lastStarts, 0, DIGITS * 4);
  memory.fill(firstStarts, 0, DIGITS * 4);
  const means = f64x2.splat(mean);
  const sds = f64x2.splat(sd);
  for (let i = 0; i < n; i += 2) {
    // If n is odd, the last vector has a number that is not used.
    const distance = f64x2.sub(v128.load(values), means);
    const share = f64x2.div(distance, f64x2.add(sds, f64x2.abs(distance)));
    const place = f64x2.add(f64x2.splat(MIDDLE), f64x2.mul(f64x2.splat(REACH), share));
    const two = i32x4.trunc_sat_f64x2_s_zero(place);
    v128.store64_lane(places, two, 0);
    const first = i32x4.extract_lane(two, 0);
    increment(lastStarts + ((<usize>(first & LAST_DIGIT)) << 2));
    increment(firstStarts + ((<usize>(first >>> DIGIT_BITS)) << 2));
    if (i + 1 < n) {
      const second = i32x4.extract_lane(two, 1);
      increment(lastStarts + ((<usize>(second & LAST_DIGIT)) << 2));
      increment(firstStarts + ((<usize>(second >>> DIGIT_BITS)) << 2));
    }
    values += 16;
    places += 8;
  }
}

/** False if it would take too long. */
function insertionSort(ascending: usize, order: usize, n: i32): bool {
  let left = MOST_SHIFTS * n;
  for (let i = 1; i < n; i++) {
    let at = ascending + ((<usize>i) << 3);
    const value = f64.load(at);
    if (f64.load(at - 8) <= value) continue;
    let place = order + ((<usize>i) << 2);
    const index = load<u32>(place);
    while (at > ascending && f64.load(at - 8) > value) {
      f64.store(at, f64.load(at - 8));
      store<u32>(place, load<u32>(place - 4));
      at -= 8;
      place -= 4;
      left--;
    }
    f64.store(at, value);
    store<u32>(place, index);
    if (left < 0) return false;
  }
  return true;
}

/**
 * Sorts finite draws.
 *
 * @param places and `byLastDigit`: room for n integers, and one more if n is odd
 * @returns false if they are to be sorted otherwise
 */
export function sortDraws(
  values: usize,
  n: i32,
  mean: f64,
  sd: f64,
  places: usize,
  byLastDigit: usize,
  order: usize,
  ascending: usize,
): bool {
  writePlaces(values, n, mean, sd, places);
  accumulate(lastStarts);
  accumulate(firstStarts);
  for (let i = 0; i < n; i++) {
    const place = load<u32>(places + ((<usize>i) << 2));
    const at = increment(lastStarts + ((<usize>(place & LAST_DIGIT)) << 2));
    store<u32>(byLastDigit + ((<usize>at) << 2), ((place >>> DIGIT_BITS) << NUMBER_BITS) | i);
  }
  for (let i = 0; i < n; i++) {
    const both = load<u32>(byLastDigit + ((<usize>i) << 2));
    const number = both & NUMBER;
    const at = <usize>increment(firstStarts + ((<usize>(both >>> NUMBER_BITS)) << 2));
    store<u32>(order + (at << 2), number);
    f64.store(ascending + (at << 3), f64.load(values + ((<usize>number) << 3)));
  }
  return insertionSort(ascending, order, n);
}

/**
 * The score of the mean of two ranks, from 0, which equal draws share.
 *
 * @param whole scores of the ranks
 * @param half scores half a rank above them
 */
@inline
function scoreBetween(first: i32, last: i32, whole: usize, half: usize): f64 {
  const at = (<usize>((first + last) >>> 1)) << 3;
  return f64.load(((first + last) & 1 ? half : whole) + at);
}

/** Gives each draw the score of its rank. */
export function scatterScores(
  ascending: usize,
  order: usize,
  n: i32,
  whole: usize,
  half: usize,
  scores: usize,
): void {
  for (let first = 0; first < n; ) {
    const value = f64.load(ascending + ((<usize>first) << 3));
    let last = first;
    while (last + 1 < n && f64.load(ascending + ((<usize>(last + 1)) << 3)) === value) last++;
    const score = scoreBetween(first, last, whole, half);
    for (; first <= last; first++) {
      const draw = <usize>load<u32>(order + ((<usize>first) << 2));
      f64.store(scores + (draw << 3), score);
    }
  }
}

/** The products of all chains. @param products four numbers, which are replaced */
export function lagProducts(
  deviations: usize,
  chains: i32,
  length: i32,
  lag: i32,
  products: usize,
): void {
  v128.store(products, ZERO);
  v128.store(products, ZERO, 16);
  for (let chain = 0; chain < chains; chain++) {
    addLagProducts(deviations, length, lag, products);
    deviations += (<usize>(length + LAGS)) << 3;
  }
}

/**
 * The deviations of draws from their chains' means, with zeros after each chain, and the products of lags
 * 0 to 3.
 *
 * @param means room for a number of each chain
 * @param products room for four numbers
 */
export function centreChains(
  values: usize,
  chains: i32,
  length: i32,
  deviations: usize,
  means: usize,
  products: usize,
): void {
  const first = deviations;
  for (let chain = 0; chain < chains; chain++) {
    f64.store(means, centre(values, length, deviations));
    values += (<usize>length) << 3;
    deviations += (<usize>(length + LAGS)) << 3;
    means += 8;
  }
  lagProducts(first, chains, length, 0, products);
}

/** Adds a score to the sums of these chains, and its square to the number after the sums, for each. */
@inline
function addScore(chains: i32, run: usize, count: i32, score: f64, sums: usize): void {
  for (let k = 0; k < count; k++) {
    const at = sums + ((<usize>load<u32>(run + ((<usize>k) << 2))) << 3);
    f64.store(at, f64.load(at) + score);
  }
  const squares = sums + ((<usize>chains) << 3);
  f64.store(squares, f64.load(squares) + <f64>count * score * score);
}

/**
 * Adds up, by chain, the scores of the ranks of the distances from a centre: these go outwards from it.
 *
 * @param above number of the least draw above the centre
 * @param run room for n integers
 * @param sums room for a number of each chain, and one more for the sum of squares
 */
export function foldedSums(
  ascending: usize,
  order: usize,
  n: i32,
  centre: f64,
  above: i32,
  whole: usize,
  half: usize,
  chains: i32,
  run: usize,
  sums: usize,
): void {
  for (let chain = 0; chain <= chains; chain++) f64.store(sums + ((<usize>chain) << 3), 0);
  const perChain = <f64>chains / <f64>n;
  let below = above - 1;
  let last: f64 = -1;
  let first = 0;
  for (let i = 0; i < n; i++) {
    let down = Infinity;
    let up = Infinity;
    if (below >= 0) down = centre - f64.load(ascending + ((<usize>below) << 3));
    if (above < n) up = f64.load(ascending + ((<usize>above) << 3)) - centre;
    const isDown = down <= up;
    const nearest = select<f64>(down, up, isDown);
    const draw = load<u32>(order + ((<usize>select<i32>(below, above, isDown)) << 2));
    below -= <i32>isDown;
    above += 1 - <i32>isDown;
    if (nearest !== last) {
      if (i > 0) addScore(chains, run, i - first, scoreBetween(first, i - 1, whole, half), sums);
      first = i;
      last = nearest;
    }
    // Half a draw, so that rounding does not move a draw to another chain.
    store<u32>(run + ((<usize>(i - first)) << 2), <u32>((<f64>draw + 0.5) * perChain));
  }
  addScore(chains, run, n - first, scoreBetween(first, n - 1, whole, half), sums);
}

/** The kernel's slope at two numbers: `splineSlope` in src/posterior/mode.ts. */
@inline
function slopeAt(u: v128): v128 {
  const one = f64x2.splat(1);
  const half = f64x2.splat(0.5);
  const rising = f64x2.max(ZERO, f64x2.sub(one, f64x2.abs(f64x2.add(u, half))));
  return f64x2.sub(rising, f64x2.max(ZERO, f64x2.sub(one, f64x2.abs(f64x2.sub(u, half)))));
}

/** Adds the kernel's slope at factor · value + shift. @param count even */
export function addSlopes(values: usize, count: i32, factor: f64, shift: f64, slopes: usize): void {
  const factors = f64x2.splat(factor);
  const shifts = f64x2.splat(shift);
  for (let i = 0; i < count; i += 2) {
    const u = f64x2.add(f64x2.mul(factors, v128.load(values)), shifts);
    v128.store(slopes, f64x2.add(v128.load(slopes), slopeAt(u)));
    values += 16;
    slopes += 16;
  }
}

/** The high ends of two paths at each point. */
const highEnds = memory.data(32 * 16, 16);

/**
 * Sums and squares of the ends of the narrowest window, over paths of the quantile processes: two paths
 * a vector. `spreadOfEnds` in src/posterior/interval-errors.ts.
 *
 * @param low of the low tail: its quantiles, and then 1/f, at `points` points, at most 32
 * @param high the same of the high tail
 * @param normals for two paths at a time, the two of each number together
 * @param sums room for four numbers: sum and squares of the low ends, and of the high ends
 */
export function addEnds(
  low: usize,
  high: usize,
  points: i32,
  paths: i32,
  lowStart: f64,
  lowStep: f64,
  highStart: f64,
  highStep: f64,
  normals: usize,
  sums: usize,
): void {
  const width = (<usize>points) << 3;
  let lowSum = ZERO;
  let lowSquares = ZERO;
  let highSum = ZERO;
  let highSquares = ZERO;
  for (let path = 0; path < paths; path += 2) {
    let process = f64x2.mul(f64x2.splat(highStart), v128.load(normals));
    normals += 16;
    let ends = highEnds + (<usize>points << 4);
    for (let at = high + width; at > high; ) {
      at -= 8;
      ends -= 16;
      const spread = f64x2.mul(process, v128.load64_splat(at + width));
      v128.store(ends, f64x2.add(v128.load64_splat(at), spread));
      process = f64x2.add(process, f64x2.mul(f64x2.splat(highStep), v128.load(normals)));
      normals += 16;
    }
    process = f64x2.mul(f64x2.splat(lowStart), v128.load(normals));
    normals += 16;
    let least = f64x2.splat(Infinity);
    let lowest = ZERO;
    let highest = ZERO;
    ends = highEnds;
    for (let at = low; at < low + width; at += 8) {
      const spread = f64x2.mul(process, v128.load64_splat(at + width));
      const end = f64x2.add(v128.load64_splat(at), spread);
      process = f64x2.add(process, f64x2.mul(f64x2.splat(lowStep), v128.load(normals)));
      normals += 16;
      const other = v128.load(ends);
      ends += 16;
      const size = f64x2.sub(other, end);
      const isLess = f64x2.lt(size, least);
      least = v128.bitselect(size, least, isLess);
      lowest = v128.bitselect(end, lowest, isLess);
      highest = v128.bitselect(other, highest, isLess);
    }
    lowSum = f64x2.add(lowSum, lowest);
    lowSquares = f64x2.add(lowSquares, f64x2.mul(lowest, lowest));
    highSum = f64x2.add(highSum, highest);
    highSquares = f64x2.add(highSquares, f64x2.mul(highest, highest));
  }
  f64.store(sums, sumOfLanes(lowSum));
  f64.store(sums, sumOfLanes(lowSquares), 8);
  f64.store(sums, sumOfLanes(highSum), 16);
  f64.store(sums, sumOfLanes(highSquares), 24);
}
