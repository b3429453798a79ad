/**
 * Ordered categories with effects of their own at each threshold, as brms has them (`cs(x)`): threshold k of a row is
 *
 *     t_k = τ_k − c_k,   c_k = x·γ_k,
 *
 * with c_1, …, c_{K−1} linear predictors of the row in addition to η. The likelihood depends on t_k − η only. With
 * its derivatives by η and t (ordinal.ts),
 *
 *     ∂ℓ/∂c_k = −ℓ_k,   ∂²ℓ/∂c_k ∂c_l = ℓ_kl,   ∂²ℓ/∂c_k ∂η = −ℓ_kη,   ∂²ℓ/∂c_k ∂τ_l = −ℓ_kl.
 *
 * The families are those whose thresholds need no order, sratio, cratio and acat: those of the cumulative family could
 * cross in some rows.
 */
import { CategoryRows, crossAdder } from './category-rows.js';
import type { CurvaturePart, Family, Outcomes, ResponseFamily } from './family.js';
import { CurvaturePairs } from './several-predictors.js';
import { thresholdsOf } from './thresholds.js';

/** @param family with `cs1`, `cs2`, … predicted, one for each threshold */
export class CategorySpecific implements ResponseFamily {
  readonly family: Family;
  readonly auxiliary: readonly 'gap'[];
  readonly #at: CategoryRows;
  readonly #pairs = new CurvaturePairs();

  constructor(family: Family, outcomes: Outcomes) {
    this.family = family;
    this.#at = new CategoryRows(family, outcomes, 1 + thresholdsOf(family));
    this.auxiliary = this.#at.auxiliary;
  }

  logLikelihood(
    eta: Float64Array,
    gapValues: Float64Array,
    etaGradient: Float64Array,
    gapGradient: Float64Array,
  ): number {
    const { rows, count, gaps, offsets, result, slopes } = this.#at;
    const { cells, times } = rows;
    const ofThresholds = new Float64Array(count);
    let value = 0;
    etaGradient.fill(0);
    gaps.writeOffsets(gapValues, offsets);
    for (let i = 0; i < rows.count; i++) {
      const at = i * (count + 1);
      this.#at.differentiate(i, this.#locate(i, eta));
      value += times[i] * result.value;
      etaGradient[cells[at]] += times[i] * result.slope;
      for (let k = 0; k < count; k++) {
        const slope = times[i] * slopes[k];
        etaGradient[cells[at + 1 + k]] -= slope;
        ofThresholds[k] += slope;
      }
    }
    gaps.writeGradient(ofThresholds, gapGradient);
    return value;
  }

  curvature(
    eta: Float64Array,
    gapValues: Float64Array,
    etaCurvature: Float64Array,
    cross: Float64Array,
    gapCurvature: Float64Array,
  ): void {
    const { rows, count, gaps, offsets, square, cross: ofRow } = this.#at;
    const { cells, times } = rows;
    const all = new Float64Array(count * count);
    const ofThresholds = new Float64Array(count);
    etaCurvature.fill(0);
    cross.fill(0);
    gaps.writeOffsets(gapValues, offsets);
    const addCross = crossAdder(this.#at, eta.length, cross);
    for (let i = 0; i < rows.count; i++) {
      const at = i * (count + 1);
      etaCurvature[cells[at]] += times[i] * this.#at.differentiateTwice(i, this.#locate(i, eta));
      addCross(cells[at], times[i], ofRow);
      for (let k = 0; k < count; k++) {
        for (let l = 0; l < count; l++) ofThresholds[l] = square[k * count + l];
        etaCurvature[cells[at + 1 + k]] += times[i] * ofThresholds[k];
        addCross(cells[at + 1 + k], -times[i], ofThresholds);
      }
      for (let entry = 0; entry < all.length; entry++) all[entry] += times[i] * square[entry];
    }
    gaps.writeCurvature(all, gapCurvature);
  }

  eachCurvaturePart(eta: Float64Array, gapValues: Float64Array, onPart: CurvaturePart): void {
    const { rows, count, gaps, offsets, square, cross } = this.#at;
    const { cells, times } = rows;
    gaps.writeOffsets(gapValues, offsets);
    for (let i = 0; i < rows.count; i++) {
      const at = i * (count + 1);
      this.#at.differentiateTwice(i, this.#locate(i, eta));
      for (let k = 0; k < count; k++) {
        const own = cells[at + 1 + k];
        this.#pairs.add(own, cells[at], -times[i] * cross[k], onPart);
        for (let l = 0; l < k; l++) {
          const value = square[k * count + l];
          // Zero for sratio and cratio.
          if (value !== 0) this.#pairs.add(own, cells[at + 1 + l], times[i] * value, onPart);
        }
      }
    }
  }

  /** Sets t of a row; returns η. */
  #locate(row: number, eta: Float64Array): number {
    const { rows, count, offsets, own } = this.#at;
    const at = row * (count + 1);
    for (let k = 0; k < count; k++) own[k] = offsets[k] - eta[rows.cells[at + 1 + k]];
    return eta[rows.cells[at]];
  }
}
