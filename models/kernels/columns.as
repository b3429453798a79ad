/**
 * Statistics of one column of draws, in AssemblyScript, two draws to a vector: what summaries of
 * predictions, LOO and WAIC compute of every row. Addresses are in bytes. The JavaScript equivalents are in
 * src/posterior: point-summary.ts, fast/tails.ts, fast/effective-size.ts, psis.ts and loo.ts.
 */
import { expOfNormal } from './exponential';

/** First free address, after the constants. */
export const free: usize = (__heap_base + 15) & ~15;

const ZERO = f64x2.splat(0.0);
const ONE = f64x2.splat(1.0);

@inline
function sum2(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Writes the least, the greatest, the mean, and the sum of squared deviations from it. count ≥ 1 */
export function moments(from: usize, count: i32, to: usize): void {
  const end = from + (<usize>count << 3);
  const fours = from + (<usize>(count & ~3) << 3);
  let least = f64x2.splat(Infinity);
  let most = f64x2.splat(-Infinity);
  let a = ZERO;
  let b = ZERO;
  let at = from;
  for (; at < fours; at += 32) {
    const x = v128.load(at);
    const y = v128.load(at, 16);
    // NaN is passed over, and shows in the mean.
    least = f64x2.pmin(f64x2.pmin(least, x), y);
    most = f64x2.pmax(f64x2.pmax(most, x), y);
    a = f64x2.add(a, x);
    b = f64x2.add(b, y);
  }
  let low = min(f64x2.extract_lane(least, 0), f64x2.extract_lane(least, 1));
  let high = max(f64x2.extract_lane(most, 0), f64x2.extract_lane(most, 1));
  let sum = sum2(f64x2.add(a, b));
  for (; at < end; at += 8) {
    const x = load<f64>(at);
    low = min(low, x);
    high = max(high, x);
    sum += x;
  }
  const mean = sum / <f64>count;
  const means = f64x2.splat(mean);
  a = ZERO;
  b = ZERO;
  for (at = from; at < fours; at += 32) {
    const x = f64x2.sub(v128.load(at), means);
    const y = f64x2.sub(v128.load(at, 16), means);
    a = f64x2.add(a, f64x2.mul(x, x));
    b = f64x2.add(b, f64x2.mul(y, y));
  }
  let squares = sum2(f64x2.add(a, b));
  for (; at < end; at += 8) {
    const x = load<f64>(at) - mean;
    squares += x * x;
  }
  store<f64>(to, low);
  store<f64>(to, high, 8);
  store<f64>(to, mean, 16);
  store<f64>(to, squares, 24);
}

/**
 * Writes the values below a cutoff in ascending order and returns their number. Behind `to` there is room
 * for three times `count` numbers and 200 more.
 */
export function sortedBelow(from: usize, count: i32, cutoff: f64, to: usize): i32 {
  const end = from + (<usize>count << 3);
  let next = to;
  for (let at = from; at < end; at += 8) {
    const x = load<f64>(at);
    store<f64>(next, x);
    next += <usize>(x < cutoff) << 3;
  }
  const found = <i32>((next - to) >> 3);
  sort(to, found, next);
  return found;
}

/** `sortedBelow` of the values above a cutoff. */
export function sortedAbove(from: usize, count: i32, cutoff: f64, to: usize): i32 {
  const end = from + (<usize>count << 3);
  let next = to;
  for (let at = from; at < end; at += 8) {
    const x = load<f64>(at);
    store<f64>(next, x);
    next += <usize>(x > cutoff) << 3;
  }
  const found = <i32>((next - to) >> 3);
  sort(to, found, next);
  return found;
}

/** Places between the least and the greatest value, and bytes of their counters. */
const PLACES = 256;
const COUNTERS = PLACES << 2;
/** Fewer values are sorted by insertion at once. */
const FEW = 16;
/** Shifts per value after which values are merged instead. */
const MOST_SHIFTS = 16;

/**
 * Sorts in place. Values go to one of 256 places by their distance from the least, and an insertion sort
 * corrects the rest; values that crowd in few places are merged.
 */
function sort(start: usize, count: i32, spare: usize): void {
  const size = <usize>count << 3;
  if (count > FEW && !distribute(start, count, spare)) return;
  if (!insertion(start, start + size, count * MOST_SHIFTS)) mergeSort(start, size, spare);
}

/** False if all values are equal. Spare: counters · places of the values, one byte each · values. */
function distribute(start: usize, count: i32, spare: usize): bool {
  const end = start + (<usize>count << 3);
  let low = v128.load64_splat(start);
  let high = low;
  for (let at = start; at < end; at += 8) {
    const x = v128.load64_splat(at);
    low = f64x2.pmin(low, x);
    high = f64x2.pmax(high, x);
  }
  const least = f64x2.extract_lane(low, 0);
  const range = f64x2.extract_lane(high, 0) - least;
  if (!(range > 0)) return false;
  const scale = <f64>(PLACES - 1) / range;
  const places = spare + COUNTERS;
  const target = (places + <usize>count + 7) & ~7;
  memory.fill(spare, 0, COUNTERS);
  for (let i = 0; i < count; i++) {
    // If the range overflows, or is very small, all are in one place, or in the last.
    const place = min(<i32>((load<f64>(start + (i << 3)) - least) * scale), PLACES - 1);
    store<u8>(places + i, <u8>place);
    const counter = spare + (place << 2);
    store<i32>(counter, load<i32>(counter) + 1);
  }
  let before = 0;
  for (let at = spare; at < places; at += 4) {
    const here = load<i32>(at);
    store<i32>(at, before);
    before += here;
  }
  for (let i = 0; i < count; i++) {
    const counter = spare + (<usize>load<u8>(places + i) << 2);
    const to = load<i32>(counter);
    store<i32>(counter, to + 1);
    store<f64>(target + (to << 3), load<f64>(start + (i << 3)));
  }
  memory.copy(start, target, end - start);
  return true;
}

/** False, and the values in any order, if more than so many shifts are needed. */
function insertion(start: usize, end: usize, most: i32): bool {
  let left = most;
  for (let at = start + 8; at < end; at += 8) {
    const x = load<f64>(at);
    let place = at;
    while (place > start && load<f64>(place - 8) > x) {
      store<f64>(place, load<f64>(place - 8));
      place -= 8;
    }
    store<f64>(place, x);
    left -= <i32>((at - place) >> 3);
    if (left < 0) return false;
  }
  return true;
}

/** Merges runs of one, two, four … values to and fro between the values and `spare`. */
function mergeSort(start: usize, size: usize, spare: usize): void {
  let from = start;
  let to = spare;
  for (let width: usize = 8; width < size; width <<= 1) {
    for (let run: usize = 0; run < size; run += width << 1) {
      const middle = from + min(run + width, size);
      merge(from + run, middle, from + min(run + (width << 1), size), to + run);
    }
    const other = from;
    from = to;
    to = other;
  }
  if (from != start) memory.copy(start, from, size);
}

function merge(left: usize, middle: usize, end: usize, target: usize): void {
  let a = left;
  let b = middle;
  for (let to = target; a < middle || b < end; to += 8) {
    if (b >= end || (a < middle && load<f64>(a) <= load<f64>(b))) {
      store<f64>(to, load<f64>(a));
      a += 8;
    } else {
      store<f64>(to, load<f64>(b));
      b += 8;
    }
  }
}

/** Writes e^(x − shift) and returns the sum; shift is the greatest x. Below e^−708 it is that. */
export function shiftedExp(from: usize, count: i32, shift: f64, to: usize): f64 {
  const last = from + (<usize>(count & ~1) << 3);
  const by = f64x2.splat(shift);
  let sum = ZERO;
  let target = to;
  let at = from;
  for (; at < last; at += 16) {
    const e = expOfNormal(f64x2.sub(v128.load(at), by));
    v128.store(target, e);
    sum = f64x2.add(sum, e);
    target += 16;
  }
  if ((count & 1) == 0) return sum2(sum);
  const e = f64x2.extract_lane(expOfNormal(f64x2.sub(v128.load64_splat(at), by)), 0);
  store<f64>(target, e);
  return sum2(sum) + e;
}

export { addLagProducts, centre } from './lags';

/**
 * Writes the number of weights w = least/x of all values x ≥ cutoff, Σ w and Σ w².
 */
export function weightSums(from: usize, count: i32, least: f64, cutoff: f64, to: usize): void {
  const end = from + (<usize>count << 3);
  const twos = from + (<usize>(count & ~1) << 3);
  const leasts = f64x2.splat(least);
  const cutoffs = f64x2.splat(cutoff);
  let number = ZERO;
  let sum = ZERO;
  let squares = ZERO;
  let at = from;
  for (; at < twos; at += 16) {
    const x = v128.load(at);
    const within = f64x2.ge(x, cutoffs);
    const w = v128.and(within, f64x2.div(leasts, x));
    number = f64x2.add(number, v128.and(within, ONE));
    sum = f64x2.add(sum, w);
    squares = f64x2.add(squares, f64x2.mul(w, w));
  }
  let n = sum2(number);
  let s = sum2(sum);
  let q = sum2(squares);
  for (; at < end; at += 8) {
    const x = load<f64>(at);
    if (x >= cutoff) {
      const w = least / x;
      n += 1;
      s += w;
      q += w * w;
    }
  }
  store<f64>(to, n);
  store<f64>(to, s, 8);
  store<f64>(to, q, 16);
}

/** Σ (w − centre)² over the weights w = least/x of all values x ≥ cutoff. */
export function weightSpread(from: usize, count: i32, least: f64, cutoff: f64, centre: f64): f64 {
  const end = from + (<usize>count << 3);
  const twos = from + (<usize>(count & ~1) << 3);
  const leasts = f64x2.splat(least);
  const cutoffs = f64x2.splat(cutoff);
  const centres = f64x2.splat(centre);
  let squares = ZERO;
  let at = from;
  for (; at < twos; at += 16) {
    const x = v128.load(at);
    const d = v128.and(f64x2.ge(x, cutoffs), f64x2.sub(f64x2.div(leasts, x), centres));
    squares = f64x2.add(squares, f64x2.mul(d, d));
  }
  let sum = sum2(squares);
  for (; at < end; at += 8) {
    const x = load<f64>(at);
    if (x >= cutoff) {
      const d = least / x - centre;
      sum += d * d;
    }
  }
  return sum;
}

/** Values whose factors are multiplied. */
const BLOCK = 64;

/**
 * For each θ and each block of 64 ascending values: Π (1 + u) with u = −θ x, or Π (1 + u) − 1 where the
 * largest |u| is at most `small`, which keeps the digits of small u. Row-major (θ, block). Up to a multiple
 * of eight, zeros stand behind the values.
 */
export function paretoProducts(
  thetas: usize,
  candidates: i32,
  values: usize,
  count: i32,
  small: f64,
  to: usize,
): void {
  const end = values + (<usize>((count + 7) & ~7) << 3);
  let target = to;
  for (let j = 0; j < candidates; j++) {
    const theta = load<f64>(thetas + (j << 3));
    const minus = f64x2.splat(-theta);
    for (let block = values; block < end; block += BLOCK << 3) {
      const stop = min(block + (BLOCK << 3), end);
      const last = min(block + (BLOCK << 3), values + (<usize>count << 3)) - 8;
      const size = abs(theta * load<f64>(last));
      store<f64>(target, size <= small ? smallProduct(block, stop, minus) : product(block, stop, minus));
      target += 8;
    }
  }
}

/** Π (1 + u) − 1, by (1 + p) (1 + u) − 1 = p + u + p u. */
@inline
function smallProduct(from: usize, end: usize, minus: v128): f64 {
  let a = ZERO;
  let b = ZERO;
  let c = ZERO;
  let d = ZERO;
  for (let at = from; at < end; at += 64) {
    a = joined(a, f64x2.mul(minus, v128.load(at)));
    b = joined(b, f64x2.mul(minus, v128.load(at, 16)));
    c = joined(c, f64x2.mul(minus, v128.load(at, 32)));
    d = joined(d, f64x2.mul(minus, v128.load(at, 48)));
  }
  const all = joined(joined(a, b), joined(c, d));
  const p = f64x2.extract_lane(all, 0);
  const q = f64x2.extract_lane(all, 1);
  return p + q + p * q;
}

@inline
function joined(p: v128, u: v128): v128 {
  return f64x2.add(f64x2.add(p, u), f64x2.mul(p, u));
}

@inline
function product(from: usize, end: usize, minus: v128): f64 {
  let a = ONE;
  let b = ONE;
  let c = ONE;
  let d = ONE;
  for (let at = from; at < end; at += 64) {
    a = f64x2.mul(a, f64x2.add(ONE, f64x2.mul(minus, v128.load(at))));
    b = f64x2.mul(b, f64x2.add(ONE, f64x2.mul(minus, v128.load(at, 16))));
    c = f64x2.mul(c, f64x2.add(ONE, f64x2.mul(minus, v128.load(at, 32))));
    d = f64x2.mul(d, f64x2.add(ONE, f64x2.mul(minus, v128.load(at, 48))));
  }
  const all = f64x2.mul(f64x2.mul(a, b), f64x2.mul(c, d));
  return f64x2.extract_lane(all, 0) * f64x2.extract_lane(all, 1);
}
