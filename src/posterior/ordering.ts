/**
 * The one sort that all summaries of a parameter share: its draws in ascending order, and which
 * draw stands where, from which ranks follow without searching.
 *
 * Draws are sorted by the leading bits of their distance from the mean (a radix sort, Knuth 1998,
 * §5.2.5), and what those bits leave in disorder is put right by insertion: for draws of a
 * continuous parameter a fifth of the time of a sort by comparison.
 */

export interface Ordering {
  readonly ascending: Float64Array;
  /** `ascending[i]` is the draw number `order[i]`. */
  readonly order: Uint32Array;
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
/** Beyond so many draws two digits, of sign, exponent and 10 bits, leave too much to insertion. */
const TWO_DIGITS_UP_TO = 8192;
/** Shifts a draw beyond which the leading bits have told too little. */
const MOST_SHIFTS = 32;

export function orderingOf(values: Float64Array): Ordering {
  return radixOrdering(values) ?? comparedOrdering(values);
}

function comparedOrdering(values: Float64Array): Ordering {
  const order = Uint32Array.from(values, (_, index) => index).sort(
    (a, b) => values[a] - values[b] || a - b,
  );
  // NaN stands in no order with anything: the native sort puts it last.
  return { ascending: values.slice().sort(), order };
}

/** Null where a value is not finite, or the values defy the leading bits. */
function radixOrdering(values: Float64Array): Ordering | null {
  const n = values.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i];
  // Any value that is not finite shows here; sums that overflow are no loss.
  if (!Number.isFinite(sum)) return null;
  if (keyBuffer.length !== n) keyBuffer = new Uint32Array(n);
  const keys = leadingBits(values, sum / n, keyBuffer);
  let order = new Uint32Array(n);
  let spare = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (let shift = n > TWO_DIGITS_UP_TO ? -1 : DIGIT_BITS - 1; shift < 32; shift += DIGIT_BITS) {
    sortByDigit(keys, Math.max(shift, 0), order, spare);
    const sortedOrder = spare;
    spare = order;
    order = sortedOrder;
  }
  const ascending = new Float64Array(n);
  for (let i = 0; i < n; i++) ascending[i] = values[order[i]];
  return insertionSort(ascending, order) ? { ascending, order } : null;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Where the sign and the exponent are depends on the machine's order of bytes. */
const HIGH_WORD = (() => {
  double[0] = -0;
  return words[1] === 0 ? 0 : 1;
})();

/** Kept from one sort to the next of as many draws. */
let keyBuffer = new Uint32Array(0);

/** The first 32 bits of each distance from the centre, as whole numbers of the same order. */
function leadingBits(values: Float64Array, centre: number, keys: Uint32Array): Uint32Array {
  for (let i = 0; i < values.length; i++) {
    double[0] = values[i] - centre;
    const bits = words[HIGH_WORD];
    keys[i] = bits & 0x80000000 ? ~bits : bits | 0x80000000;
  }
  return keys;
}

const counts = new Uint32Array(DIGITS);

/** A stable counting sort of `from` into `to` by the digit at `shift`. */
function sortByDigit(keys: Uint32Array, shift: number, from: Uint32Array, to: Uint32Array): void {
  counts.fill(0);
  for (let i = 0; i < keys.length; i++) counts[(keys[i] >>> shift) & (DIGITS - 1)]++;
  let start = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const count = counts[digit];
    counts[digit] = start;
    start += count;
  }
  for (let i = 0; i < from.length; i++) {
    const index = from[i];
    to[counts[(keys[index] >>> shift) & (DIGITS - 1)]++] = index;
  }
}

/** Sorts both in place; false where it would take too long. */
function insertionSort(ascending: Float64Array, order: Uint32Array): boolean {
  let left = MOST_SHIFTS * ascending.length;
  for (let i = 1; i < ascending.length; i++) {
    const value = ascending[i];
    if (ascending[i - 1] <= value) continue;
    const index = order[i];
    let at = i;
    while (at > 0 && ascending[at - 1] > value) {
      ascending[at] = ascending[at - 1];
      order[at] = order[at - 1];
      at--;
    }
    ascending[at] = value;
    order[at] = index;
    left -= i - at;
    if (left < 0) return false;
  }
  return true;
}

/**
 * The ordering of the distances |value − centre| from that of the values: those below and those
 * above the centre, each in order already, are merged from the centre outwards.
 */
export function foldedOrdering({ ascending, order }: Ordering, centre: number): Ordering {
  const n = ascending.length;
  const folded = { ascending: new Float64Array(n), order: new Uint32Array(n) };
  let above = 0;
  while (above < n && ascending[above] < centre) above++;
  let below = above - 1;
  for (let i = 0; i < n; i++) {
    const down = below >= 0 ? centre - ascending[below] : Number.POSITIVE_INFINITY;
    const up = above < n ? ascending[above] - centre : Number.POSITIVE_INFINITY;
    const at = down <= up && below >= 0 ? below-- : above++;
    folded.ascending[i] = Math.min(down, up);
    folded.order[i] = order[at];
  }
  return folded;
}

/** Calls back with each run of equal values: its first and last place, from 0, in the ordering. */
export function eachRun(
  ascending: Float64Array,
  onRun: (first: number, last: number) => void,
): void {
  let first = 0;
  while (first < ascending.length) {
    let last = first;
    while (last + 1 < ascending.length && ascending[last + 1] === ascending[first]) last++;
    onRun(first, last);
    first = last + 1;
  }
}
