/**
 * The sort that all summaries of a parameter share: its draws in ascending order with their indices,
 * from which ranks follow without a search.
 *
 * Draws are assigned to one of a million places by their distance from the mean, the places are
 * sorted (two digits of a radix sort, Knuth 1998, §5.2.5), and an insertion sort corrects the rest:
 * a tenth of the time of a sort by comparison for a continuous parameter.
 */
import { areInKernel, drawsKernel } from '../../../models/kernels/draws-kernel.js';
import { type Moments, meanAndSquares } from '../../linear-algebra/sums.js';
import { indexBuffer } from './buffers.js';

export interface Ordering {
  readonly ascending: Float64Array;
  /** `ascending[i]` is the draw number `order[i]`. */
  readonly order: Uint32Array;
}

/** Two digits: of their 2^20 places, 4,000 draws leave six pairs in disorder. */
const DIGIT_BITS = 10;
const DIGITS = 1 << DIGIT_BITS;
const LAST_DIGIT = DIGITS - 1;
/** Distances from −∞ to ∞ go to places from 1 to 2^20 − 1. */
const MIDDLE = DIGITS * (DIGITS / 2);
const REACH = MIDDLE - 1;
/** A first digit and a draw's number share 32 bits. */
const NUMBER_BITS = 32 - DIGIT_BITS;
const NUMBER = (1 << NUMBER_BITS) - 1;
/** Shifts per draw after which a sort by comparison is faster. */
const MOST_SHIFTS = 32;

/**
 * @param moments of the values. @default computed
 * @param into arrays for the result, of the length of the values. @default new arrays
 */
export function orderingOf(
  values: Float64Array,
  moments = meanAndSquares(values),
  into: Ordering = emptyOrdering(values.length),
): Ordering {
  return radixOrdering(values, moments, into) ?? comparedOrdering(values);
}

function emptyOrdering(length: number): Ordering {
  return { ascending: new Float64Array(length), order: new Uint32Array(length) };
}

function comparedOrdering(values: Float64Array): Ordering {
  const order = Uint32Array.from(values, (_, index) => index).sort(
    (a, b) => values[a] - values[b] || a - b,
  );
  // NaN has no order; the native sort puts it last.
  return { ascending: values.slice().sort(), order };
}

/** Null if a value is not finite, or the places leave too much disorder. */
function radixOrdering(
  values: Float64Array,
  { mean, squares }: Moments,
  { ascending, order }: Ordering,
): Ordering | null {
  const n = values.length;
  // Any value that is not finite shows here; sums that overflow are no loss.
  if (!Number.isFinite(mean) || n > NUMBER) return null;
  const places = indexBuffer('places', n);
  const byLastDigit = indexBuffer('by last digit', n);
  const sd = Math.sqrt(squares / n);
  if (drawsKernel && areInKernel(values, places, byLastDigit, order, ascending)) {
    const isSorted = drawsKernel.sortDraws(
      ...([values.byteOffset, n, mean, sd, places.byteOffset] as const),
      ...([byLastDigit.byteOffset, order.byteOffset, ascending.byteOffset] as const),
    );
    return isSorted ? { ascending, order } : null;
  }
  writePlaces(values, mean, sd, places);
  startsOfDigits(places);
  sortByLastDigit(places, byLastDigit);
  sortByFirstDigit(byLastDigit, order);
  for (let i = 0; i < n; i++) ascending[i] = values[order[i]];
  return insertionSort(ascending, order) ? { ascending, order } : null;
}

// Short loops over few buffers: with more buffers than registers they take twice the time.

/**
 * The place of each draw among 2^20. With its distance d from the mean, d / (sd + |d|) rises from −1
 * to 1 and is nearly uniform, for a normal and for longer tails.
 */
function writePlaces(values: Float64Array, mean: number, sd: number, places: Uint32Array): void {
  for (let i = 0; i < values.length; i++) {
    const distance = values[i] - mean;
    places[i] = (MIDDLE + REACH * (distance / (sd + Math.abs(distance)))) | 0;
  }
}

const lastStarts = new Uint32Array(DIGITS);
const firstStarts = new Uint32Array(DIGITS);

/** For both digits: the number of draws with a smaller digit. */
function startsOfDigits(places: Uint32Array): void {
  lastStarts.fill(0);
  firstStarts.fill(0);
  for (let i = 0; i < places.length; i++) {
    lastStarts[places[i] & LAST_DIGIT]++;
    firstStarts[places[i] >>> DIGIT_BITS]++;
  }
  let last = 0;
  let first = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const lastCount = lastStarts[digit];
    const firstCount = firstStarts[digit];
    lastStarts[digit] = last;
    firstStarts[digit] = first;
    last += lastCount;
    first += firstCount;
  }
}

/** First digits and indices of draws, in the order of the last digits. */
function sortByLastDigit(places: Uint32Array, byLastDigit: Uint32Array): void {
  for (let i = 0; i < places.length; i++) {
    const place = places[i];
    const at = lastStarts[place & LAST_DIGIT]++;
    byLastDigit[at] = ((place >>> DIGIT_BITS) << NUMBER_BITS) | i;
  }
}

/** Indices of draws in the order of both digits; stable. */
function sortByFirstDigit(byLastDigit: Uint32Array, order: Uint32Array): void {
  for (let i = 0; i < byLastDigit.length; i++) {
    const digitAndNumber = byLastDigit[i];
    order[firstStarts[digitAndNumber >>> NUMBER_BITS]++] = digitAndNumber & NUMBER;
  }
}

/** Sorts both in place; false if it would take too long. */
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
 *
 * @param folded arrays for the result. @default new arrays
 */
export function foldedOrdering(
  { ascending, order }: Ordering,
  centre: number,
  folded: Ordering = emptyOrdering(ascending.length),
): Ordering {
  const n = ascending.length;
  const distances = folded.ascending;
  const numbers = folded.order;
  let above = 0;
  while (above < n && ascending[above] < centre) above++;
  let below = above - 1;
  let i = 0;
  for (; below >= 0 && above < n; i++) {
    const down = centre - ascending[below];
    const up = ascending[above] - centre;
    if (down <= up) {
      distances[i] = down;
      numbers[i] = order[below--];
    } else {
      distances[i] = up;
      numbers[i] = order[above++];
    }
  }
  for (; below >= 0; i++) {
    distances[i] = centre - ascending[below];
    numbers[i] = order[below--];
  }
  for (; above < n; i++) {
    distances[i] = ascending[above] - centre;
    numbers[i] = order[above++];
  }
  return folded;
}
