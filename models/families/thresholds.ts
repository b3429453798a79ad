/**
 * Thresholds τ_1, …, τ_{K−1} between the K categories of an ordinal outcome, as they are sampled. A
 * regression's likelihood depends on τ_k − η only, so that an intercept α of the linear predictor stands
 * for their common place. With weights w that sum to 1,
 *
 *     Σ_k w_k τ_k = −α,   τ_{k+1} − τ_k = δ_k,
 *
 * the sampled parameters are α and the gaps δ, which the cumulative family has above zero. The
 * Jacobian of the map is 1. Equidistant thresholds have one gap, δ_k = δ; those that sum to zero have equal
 * weights and no α, and their priors are restricted to Σ_k τ_k = 0. (brms gives the priors to thresholds with a
 * mean that the likelihood does not know: the same for equal normal priors.) On the logarithms of the gaps it is Π δ_k, that of Stan's ordered vector.
 *
 * Groups of rows may have thresholds of their own, `thres(gr = judge)`. They follow one another, group after group.
 * With the place p_g = Σ_k w_gk τ_gk of each group and weights W of groups that sum to 1,
 *
 *     Σ_g W_g p_g = −α,   p_g − p_1 = a_g,
 *
 * the sampled parameters are α, the gaps of all groups, and a_2, …, a_G, which may have either sign.
 */
import { meanOf, sumOf } from '../../src/linear-algebra/sums.js';
import { POSITIVE, WHOLE_LINE } from '../parameter-priors.js';
import type { Support } from '../prior-distributions.js';
import { auxiliaryOf, auxiliaryTraits, type Family, traitsOf } from './family.js';

/** True for a family of ordered categories. */
export function isOrdinal(family: Pick<Family, 'family' | 'custom'>): boolean {
  return traitsOf(family).outcome === 'ordinal';
}

/** True for a family of categories without an order. */
export function isNominal(family: Pick<Family, 'family' | 'custom'>): boolean {
  return traitsOf(family).outcome === 'nominal';
}

/** Number of thresholds of a family: one fewer than categories, of all groups; 0 for outcomes that are numbers. */
export function thresholdsOf(family: Family): number {
  return isOrdinal(family) ? (family.thresholds ?? 0) : 0;
}

/** The thresholds that apply to a group of rows. */
interface ThresholdSpan {
  /** Null for those of all rows. */
  readonly name: string | null;
  /** Place of the first among all thresholds. */
  readonly first: number;
  readonly count: number;
}

/** Those of each group in order; one of all rows for a family without groups; none without thresholds. */
export function thresholdSpans(family: Family): readonly ThresholdSpan[] {
  const all = thresholdsOf(family);
  if (all === 0) return [];
  let first = 0;
  return (
    family.thresholdGroups?.map(({ name, thresholds: count }) => {
      const span = { name, first, count };
      first += count;
      return span;
    }) ?? [{ name: null, first: 0, count: all }]
  );
}

/** Number of thresholds of the group that has most: one fewer than the categories that a row can have. */
export function mostThresholds(family: Family): number {
  return thresholdSpans(family).reduce((most, { count }) => Math.max(most, count), 0);
}

/** Names of the thresholds, without `b_`: `Intercept[1]`; of groups `Intercept[a,1]`, as in brms. */
export function thresholdNames(family: Family): string[] {
  return thresholdSpans(family).flatMap(({ name, count }) =>
    Array.from({ length: count }, (_, k) =>
      name === null ? `Intercept[${k + 1}]` : `Intercept[${name},${k + 1}]`,
    ),
  );
}

/** True if the family's thresholds ascend. */
export function hasOrder({ family }: Pick<Family, 'family'>): boolean {
  return family === 'cumulative';
}

/** Number of gaps between a family's thresholds, as parameters, and of differences between the places of groups. */
export function gapsOf(family: Family): number {
  const groups = thresholdSpans(family).length;
  return gapsWithin(family) + (hasPlace(family) ? Math.max(0, groups - 1) : 0);
}

/** Number of gaps within groups, which are the first of all: equidistant thresholds have one. */
export function gapsWithin(family: Family): number {
  const most = family.threshold === 'equidistant' ? 1 : Number.POSITIVE_INFINITY;
  return thresholdSpans(family).reduce((sum, { count }) => sum + Math.min(most, count - 1), 0);
}

/** False for gaps of thresholds that must ascend and do not. */
export function isInOrder(family: Family, gaps: Float64Array): boolean {
  if (!hasOrder(family)) return true;
  const within = gapsWithin(family);
  for (let j = 0; j < within; j++) if (!(gaps[j] > 0)) return false;
  return true;
}

/** True if the intercept α stands for the place of the thresholds; those that sum to zero have none. */
export function hasPlace(family: Family): boolean {
  return family.threshold !== 'sum_to_zero';
}

/** Natural ends of the auxiliary parameters of a family as they are sampled. */
export function sampledEnds(family: Family): Support[] {
  const gap = hasOrder(family) ? POSITIVE : WHOLE_LINE;
  const within = gapsWithin(family);
  return [
    ...auxiliaryOf(family).map((name) => auxiliaryTraits(family, name)),
    ...Array.from({ length: gapsOf(family) }, (_, j) => (j < within ? gap : WHOLE_LINE)),
  ];
}

/** Thresholds in terms of the gaps between them, τ_k = c_k − α. */
export interface GapCoordinates {
  /** w. */
  readonly weights: Float64Array;
  /** Number of gaps. */
  readonly gaps: number;
  /** Writes c_k, one more than there are gaps. */
  writeOffsets(gaps: Float64Array, offsets: Float64Array): void;
  /** Writes the gaps of thresholds, or those nearest to them. */
  writeGaps(thresholds: Float64Array, gaps: Float64Array): void;
  /** The adjoint: writes the gradient by the gaps from that by the thresholds. */
  writeGradient(slopes: Float64Array, gapGradient: Float64Array): void;
  /** Writes second derivatives by the gaps from those by the thresholds, both row-major and square. */
  writeCurvature(curvature: Float64Array, gapCurvature: Float64Array): void;
}

/** @param weights w, summing to 1 */
export function gapCoordinates(weights: Float64Array): GapCoordinates {
  const thresholds = weights.length;
  const gaps = thresholds - 1;
  const writeGradient = (slopes: Float64Array, gapGradient: Float64Array): void => {
    let total = 0;
    for (let k = 0; k < thresholds; k++) total += slopes[k];
    let sum = 0;
    for (let j = gaps - 1; j >= 0; j--) {
      sum += slopes[j + 1] - weights[j + 1] * total;
      gapGradient[j] = sum;
    }
  };
  return {
    weights,
    gaps,
    writeOffsets(given, offsets) {
      let mean = 0;
      offsets[0] = 0;
      for (let j = 0; j < gaps; j++) {
        offsets[j + 1] = offsets[j] + given[j];
        mean += weights[j + 1] * offsets[j + 1];
      }
      for (let k = 0; k < thresholds; k++) offsets[k] -= mean;
    },
    writeGaps(given, target) {
      for (let j = 0; j < gaps; j++) target[j] = given[j + 1] - given[j];
    },
    writeGradient,
    writeCurvature: curvatureBy(writeGradient, thresholds, gaps),
  };
}

/** The adjoint of both sides of a square. */
function curvatureBy(
  writeGradient: GapCoordinates['writeGradient'],
  thresholds: number,
  gaps: number,
): GapCoordinates['writeCurvature'] {
  const half = new Float64Array(thresholds * gaps);
  const column = new Float64Array(thresholds);
  const target = new Float64Array(gaps);
  return (curvature, gapCurvature) => {
    for (let k = 0; k < thresholds; k++) {
      const row = curvature.subarray(k * thresholds, (k + 1) * thresholds);
      writeGradient(row, half.subarray(k * gaps, (k + 1) * gaps));
    }
    for (let j = 0; j < gaps; j++) {
      for (let k = 0; k < thresholds; k++) column[k] = half[k * gaps + j];
      writeGradient(column, target);
      for (let i = 0; i < gaps; i++) gapCurvature[i * gaps + j] = target[i];
    }
  };
}

/** The same with one gap between all thresholds. */
export function equalGaps(coordinates: GapCoordinates): GapCoordinates {
  const { weights, writeOffsets, writeGaps, writeGradient, writeCurvature } = coordinates;
  const gaps = new Float64Array(weights.length - 1);
  const square = new Float64Array(gaps.length * gaps.length);
  return {
    weights,
    gaps: 1,
    writeOffsets: ([gap], offsets) => writeOffsets(gaps.fill(gap), offsets),
    writeGaps(thresholds, target) {
      writeGaps(thresholds, gaps);
      target[0] = meanOf(gaps);
    },
    writeGradient(slopes, gapGradient) {
      writeGradient(slopes, gaps);
      gapGradient[0] = sumOf(gaps);
    },
    writeCurvature(curvature, gapCurvature) {
      writeCurvature(curvature, square);
      gapCurvature[0] = sumOf(square);
    },
  };
}

/**
 * The thresholds of groups one after another: the gaps of each, then the differences a_2, …, a_G of their places from
 * that of the first.
 *
 * @param shares W, summing to 1; null for thresholds that have no place, and no differences
 */
export function gapsOfGroups(
  groups: readonly GapCoordinates[],
  shares: Float64Array | null,
): GapCoordinates {
  const spans = groups.map((group, g) => {
    const before = groups.slice(0, g);
    const first = before.reduce((sum, { weights }) => sum + weights.length, 0);
    const gap = before.reduce((sum, { gaps }) => sum + gaps, 0);
    return { group, first, end: first + group.weights.length, gap, last: gap + group.gaps };
  });
  const { end: thresholds, last: within } = spans[spans.length - 1];
  const gaps = within + (shares ? groups.length - 1 : 0);
  const totals = new Float64Array(groups.length);
  const writeGradient = (slopes: Float64Array, gapGradient: Float64Array): void => {
    spans.forEach(({ group, first, end, gap, last }, g) => {
      const own = slopes.subarray(first, end);
      group.writeGradient(own, gapGradient.subarray(gap, last));
      totals[g] = sumOf(own);
    });
    if (!shares) return;
    const total = sumOf(totals);
    for (let g = 1; g < groups.length; g++) {
      gapGradient[within + g - 1] = totals[g] - shares[g] * total;
    }
  };
  return {
    weights: Float64Array.from(
      groups.flatMap(({ weights }, g) =>
        Array.from(weights, (weight) => weight * (shares?.[g] ?? 1 / groups.length)),
      ),
    ),
    gaps,
    writeOffsets(given, offsets) {
      let mean = 0;
      if (shares) for (let g = 1; g < groups.length; g++) mean += shares[g] * given[within + g - 1];
      spans.forEach(({ group, first, end, gap, last }, g) => {
        group.writeOffsets(given.subarray(gap, last), offsets.subarray(first, end));
        const place = shares && g > 0 ? given[within + g - 1] : 0;
        for (let k = first; k < end; k++) offsets[k] += place - mean;
      });
    },
    writeGaps(given, target) {
      const placeOf = ({ group, first }: (typeof spans)[number]) =>
        group.weights.reduce((sum, weight, k) => sum + weight * given[first + k], 0);
      spans.forEach((span, g) => {
        const { group, first, end, gap, last } = span;
        group.writeGaps(given.subarray(first, end), target.subarray(gap, last));
        if (shares && g > 0) target[within + g - 1] = placeOf(span) - placeOf(spans[0]);
      });
    },
    writeGradient,
    writeCurvature: curvatureBy(writeGradient, thresholds, gaps),
  };
}
