/**
 * The ends of an equal-tailed interval, equal to those of sorted draws, without sorting all of them:
 * only the draws beyond a cutoff, which a normal distribution suggests, are sorted. If there are too few
 * beyond it, order statistics are selected by partition (Hoare 1961, algorithm 65: Find).
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type { Interval } from '../intervals.js';
import { interpolated } from '../quantiles.js';
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
  const distance = sd * reachOf(Math.max(below, above), n);
  const beyond = numberBuffer('draws in a tail', n);
  const least = gatherBelow(draws, mean - distance, beyond);
  if (least < below) return selected(draws, low, high);
  const lower = interpolated(beyond.subarray(0, least).sort(), low);
  const most = gatherAbove(draws, mean + distance, beyond);
  if (most < above) return selected(draws, low, high);
  return [lower, interpolated(beyond.subarray(0, most).sort(), high - (n - most))];
}

/** Twice as many draws as needed, and ten, are expected beyond it: in sds. */
function reachOf(needed: number, draws: number): number {
  const share = Math.min(0.45, (2 * needed + 10) / draws);
  if (share !== reach.share) reach = { share, sds: -normalQuantile(share, 0, 1) };
  return reach.sds;
}
let reach = { share: 0, sds: 0 };

function gatherBelow(draws: Float64Array, cutoff: number, target: Float64Array): number {
  let count = 0;
  for (let i = 0; i < draws.length; i++) if (draws[i] < cutoff) target[count++] = draws[i];
  return count;
}

function gatherAbove(draws: Float64Array, cutoff: number, target: Float64Array): number {
  let count = 0;
  for (let i = 0; i < draws.length; i++) if (draws[i] > cutoff) target[count++] = draws[i];
  return count;
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

/** Moves the value of this rank, from 0, to its place: no value before it is larger, none behind smaller. */
function partition(values: Float64Array, rank: number): void {
  let first = 0;
  let last = values.length - 1;
  while (first < last) {
    const pivot = values[rank];
    let i = first;
    let j = last;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const swapped = values[i];
      values[i++] = values[j];
      values[j--] = swapped;
    }
    if (j < rank) first = i;
    if (i > rank) last = j;
  }
}
