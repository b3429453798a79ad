/**
 * The ends of an equal-tailed interval, equal to those of sorted draws, without sorting all of them:
 * only the draws beyond a cutoff, which a normal distribution suggests, are sorted. If there are too few
 * beyond it, order statistics are selected by partition.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import { columnKernel } from '../../../models/kernels/columns-kernel.js';
import type { Interval } from '../intervals.js';
import { interpolated, partition } from '../quantiles.js';
import { numberBuffer } from './buffers.js';

interface CentreAndSpread {
  readonly mean: number;
  readonly sd: number;
}

/** With fewer draws, sorting them all costs no more. */
const LEAST_DRAWS = 100;

/**
 * `etiOfSorted` of draws in any order.
 *
 * @param moments of the draws
 * @returns null if these draws are to be sorted: few draws, wide tails, or a draw that is not finite
 */
export function equalTails(
  draws: Float64Array,
  mass: number,
  { mean, sd }: CentreAndSpread,
): Interval | null {
  const n = draws.length;
  const low = (n - 1) * ((1 - mass) / 2);
  const high = (n - 1) * ((1 + mass) / 2);
  const below = Math.ceil(low) + 1;
  const above = n - Math.floor(high);
  if (n < LEAST_DRAWS || !(sd >= 0 && sd < Number.POSITIVE_INFINITY)) return null;
  if (4 * Math.max(below, above) > n) return null;
  const ofCounts = countedTails(draws, low, high);
  if (ofCounts) return ofCounts;
  const distance = sd * reachOf(Math.max(below, above), n);
  const kernel = columnKernel();
  kernel?.load(draws);
  const least = kernel?.sortedBelow(mean - distance) ?? sortedBelow(draws, mean - distance);
  if (least.length < below) return selected(draws, low, high);
  const lower = interpolated(least, low);
  const most = kernel?.sortedAbove(mean + distance) ?? sortedAbove(draws, mean + distance);
  if (most.length < above) return selected(draws, low, high);
  return [lower, interpolated(most, high - (n - most.length))];
}

/** Whole numbers from 0 to below it are counted. */
const MOST_COUNT = 1024;
const places = new Uint32Array(MOST_COUNT);

/** The ends of small whole numbers, by how often there is each; null if there are others. */
function countedTails(draws: Float64Array, low: number, high: number): Interval | null {
  const n = draws.length;
  let most = 0;
  let s = 0;
  for (; s < n; s++) {
    const count = draws[s] | 0;
    if (count !== draws[s] || count < 0 || count >= MOST_COUNT) break;
    places[count]++;
    if (count > most) most = count;
  }
  const ends: Interval | null = s === n ? [countedAt(low), countedAt(high)] : null;
  places.fill(0, 0, most + 1);
  return ends;
}

/** The value at a place in ascending order, from 0, interpolated as `interpolated` does. */
function countedAt(at: number): number {
  const below = valueAt(Math.floor(at));
  const above = valueAt(Math.ceil(at));
  return interpolated(Float64Array.of(below, above), at - Math.floor(at));
}

function valueAt(rank: number): number {
  let value = 0;
  for (let passed = places[0]; passed <= rank; passed += places[value]) value++;
  return value;
}

/** Twice as many draws as needed, and ten, are expected beyond it: in sds. */
function reachOf(needed: number, draws: number): number {
  const share = Math.min(0.45, (2 * needed + 10) / draws);
  if (share !== reach.share) reach = { share, sds: -normalQuantile(share, 0, 1) };
  return reach.sds;
}
let reach = { share: 0, sds: 0 };

/** Draws below a cutoff in ascending order, valid until the next call. */
function sortedBelow(draws: Float64Array, cutoff: number): Float64Array {
  const beyond = numberBuffer('draws in a tail', draws.length);
  let count = 0;
  for (let i = 0; i < draws.length; i++) if (draws[i] < cutoff) beyond[count++] = draws[i];
  return beyond.subarray(0, count).sort();
}

/** Draws above a cutoff in ascending order, valid until the next call. */
function sortedAbove(draws: Float64Array, cutoff: number): Float64Array {
  const beyond = numberBuffer('draws in a tail', draws.length);
  let count = 0;
  for (let i = 0; i < draws.length; i++) if (draws[i] > cutoff) beyond[count++] = draws[i];
  return beyond.subarray(0, count).sort();
}

/** @param low place of the lower end among the ascending draws, from 0; also between two of them */
function selected(draws: Float64Array, low: number, high: number): Interval {
  const values = numberBuffer('draws in a tail', draws.length);
  values.set(draws);
  for (const place of [low, high]) {
    partition(values, Math.floor(place));
    partition(values, Math.ceil(place));
  }
  return [interpolated(values, low), interpolated(values, high)];
}
