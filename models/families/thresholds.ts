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
 */
import { sumOf } from '../../src/linear-algebra/sums.js';
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

/** Number of thresholds of a family: one fewer than categories; 0 for outcomes that are numbers. */
export function thresholdsOf(family: Family): number {
  return isOrdinal(family) ? (family.thresholds ?? 0) : 0;
}

/** True if the family's thresholds ascend. */
export function hasOrder({ family }: Pick<Family, 'family'>): boolean {
  return family === 'cumulative';
}

/** Number of gaps between a family's thresholds, as parameters: equidistant thresholds have one. */
export function gapsOf(family: Family): number {
  const gaps = Math.max(0, thresholdsOf(family) - 1);
  return family.threshold === 'equidistant' ? Math.min(1, gaps) : gaps;
}

/** True if the intercept α stands for the place of the thresholds; those that sum to zero have none. */
export function hasPlace(family: Family): boolean {
  return family.threshold !== 'sum_to_zero';
}

/** Natural ends of the auxiliary parameters of a family as they are sampled. */
export function sampledEnds(family: Family): Support[] {
  const gap = hasOrder(family) ? POSITIVE : WHOLE_LINE;
  return [
    ...auxiliaryOf(family).map((name) => auxiliaryTraits(family, name)),
    ...new Array<Support>(gapsOf(family)).fill(gap),
  ];
}

/** Thresholds in terms of the gaps between them, τ_k = c_k − α. */
export interface GapCoordinates {
  /** w. */
  readonly weights: Float64Array;
  /** Writes c_k, one more than there are gaps. */
  writeOffsets(gaps: Float64Array, offsets: Float64Array): void;
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
    writeOffsets(given, offsets) {
      let mean = 0;
      offsets[0] = 0;
      for (let j = 0; j < gaps; j++) {
        offsets[j + 1] = offsets[j] + given[j];
        mean += weights[j + 1] * offsets[j + 1];
      }
      for (let k = 0; k < thresholds; k++) offsets[k] -= mean;
    },
    writeGradient,
    writeCurvature(curvature, gapCurvature) {
      const half = new Float64Array(thresholds * gaps);
      for (let k = 0; k < thresholds; k++) {
        const row = curvature.subarray(k * thresholds, (k + 1) * thresholds);
        writeGradient(row, half.subarray(k * gaps, (k + 1) * gaps));
      }
      const column = new Float64Array(thresholds);
      const target = new Float64Array(gaps);
      for (let j = 0; j < gaps; j++) {
        for (let k = 0; k < thresholds; k++) column[k] = half[k * gaps + j];
        writeGradient(column, target);
        for (let i = 0; i < gaps; i++) gapCurvature[i * gaps + j] = target[i];
      }
    },
  };
}

/** The same with one gap between all thresholds. */
export function equalGaps(coordinates: GapCoordinates): GapCoordinates {
  const { weights, writeOffsets, writeGradient, writeCurvature } = coordinates;
  const gaps = new Float64Array(weights.length - 1);
  const square = new Float64Array(gaps.length * gaps.length);
  return {
    weights,
    writeOffsets: ([gap], offsets) => writeOffsets(gaps.fill(gap), offsets),
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
