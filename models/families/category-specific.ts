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
import type { CurvaturePart, Family, Outcomes, ResponseFamily } from './family.js';
import { type CategoryLikelihood, categoryLikelihood, gapsFor } from './ordinal.js';
import { CurvaturePairs, type SeveralRows, severalRows } from './several-predictors.js';
import { type GapCoordinates, gapsOf, thresholdsOf } from './thresholds.js';

/** @param family with `cs1`, `cs2`, … predicted, one for each threshold */
export class CategorySpecific implements ResponseFamily {
  readonly family: Family;
  readonly auxiliary: readonly 'gap'[];
  readonly #rows: SeveralRows;
  readonly #likelihood: CategoryLikelihood;
  readonly #gaps: GapCoordinates;
  /** Number of thresholds. */
  readonly #count: number;
  /** A row's outcome as numbers of each category. */
  readonly #counts: Float64Array;
  readonly #offsets: Float64Array;
  /** t of a row, and derivatives by it: a vector, the cross ones with η, and a square. */
  readonly #own: Float64Array;
  readonly #slopes: Float64Array;
  readonly #cross: Float64Array;
  readonly #square: Float64Array;
  readonly #result = { value: 0, slope: 0 };
  readonly #pairs = new CurvaturePairs();

  constructor(family: Family, outcomes: Outcomes) {
    const count = thresholdsOf(family);
    this.family = family;
    this.auxiliary = new Array<'gap'>(gapsOf(family)).fill('gap');
    this.#rows = severalRows(outcomes, 1 + count);
    this.#likelihood = categoryLikelihood(family);
    this.#gaps = gapsFor(family, outcomes);
    this.#count = count;
    this.#counts = new Float64Array(count + 1);
    this.#offsets = new Float64Array(count);
    this.#own = new Float64Array(count);
    this.#slopes = new Float64Array(count);
    this.#cross = new Float64Array(count);
    this.#square = new Float64Array(count * count);
  }

  logLikelihood(
    eta: Float64Array,
    gaps: Float64Array,
    etaGradient: Float64Array,
    gapGradient: Float64Array,
  ): number {
    const { count: rows, cells, times } = this.#rows;
    const count = this.#count;
    const ofThresholds = new Float64Array(count);
    let value = 0;
    etaGradient.fill(0);
    this.#gaps.writeOffsets(gaps, this.#offsets);
    for (let i = 0; i < rows; i++) {
      const at = i * (count + 1);
      const location = this.#locate(i, eta);
      this.#slopes.fill(0);
      this.#result.value = 0;
      this.#result.slope = 0;
      this.#likelihood.add(this.#counts, 0, location, this.#own, this.#slopes, this.#result);
      value += times[i] * this.#result.value;
      etaGradient[cells[at]] += times[i] * this.#result.slope;
      for (let k = 0; k < count; k++) {
        const slope = times[i] * this.#slopes[k];
        etaGradient[cells[at + 1 + k]] -= slope;
        ofThresholds[k] += slope;
      }
    }
    this.#gaps.writeGradient(ofThresholds, gapGradient);
    return value;
  }

  curvature(
    eta: Float64Array,
    gaps: Float64Array,
    etaCurvature: Float64Array,
    cross: Float64Array,
    gapCurvature: Float64Array,
  ): void {
    const { count: rows, cells, times } = this.#rows;
    const count = this.#count;
    const all = new Float64Array(count * count);
    const ofThresholds = new Float64Array(count);
    const ofGaps = new Float64Array(this.auxiliary.length);
    etaCurvature.fill(0);
    cross.fill(0);
    this.#gaps.writeOffsets(gaps, this.#offsets);
    const addCross = (cell: number, factor: number, byThreshold: Float64Array): void => {
      this.#gaps.writeGradient(byThreshold, ofGaps);
      for (let j = 0; j < ofGaps.length; j++) cross[j * eta.length + cell] += factor * ofGaps[j];
    };
    for (let i = 0; i < rows; i++) {
      const at = i * (count + 1);
      etaCurvature[cells[at]] += times[i] * this.#differentiateTwice(i, eta);
      addCross(cells[at], times[i], this.#cross);
      for (let k = 0; k < count; k++) {
        for (let l = 0; l < count; l++) ofThresholds[l] = this.#square[k * count + l];
        etaCurvature[cells[at + 1 + k]] += times[i] * ofThresholds[k];
        addCross(cells[at + 1 + k], -times[i], ofThresholds);
      }
      for (let at = 0; at < all.length; at++) all[at] += times[i] * this.#square[at];
    }
    this.#gaps.writeCurvature(all, gapCurvature);
  }

  eachCurvaturePart(eta: Float64Array, gaps: Float64Array, onPart: CurvaturePart): void {
    const { count: rows, cells, times } = this.#rows;
    const count = this.#count;
    this.#gaps.writeOffsets(gaps, this.#offsets);
    for (let i = 0; i < rows; i++) {
      const at = i * (count + 1);
      this.#differentiateTwice(i, eta);
      for (let k = 0; k < count; k++) {
        const own = cells[at + 1 + k];
        this.#pairs.add(own, cells[at], -times[i] * this.#cross[k], onPart);
        for (let l = 0; l < k; l++) {
          const value = this.#square[k * count + l];
          // Only acat has any.
          if (value !== 0) this.#pairs.add(own, cells[at + 1 + l], times[i] * value, onPart);
        }
      }
    }
  }

  /** Sets t and the counts of a row; returns η. */
  #locate(row: number, eta: Float64Array): number {
    const { cells, outcomes } = this.#rows;
    const at = row * (this.#count + 1);
    for (let k = 0; k < this.#count; k++) this.#own[k] = this.#offsets[k] - eta[cells[at + 1 + k]];
    this.#counts.fill(0);
    this.#counts[outcomes[row] - 1] = 1;
    return eta[cells[at]];
  }

  /** Sets the second derivatives of the row by t and both; returns that by η. */
  #differentiateTwice(row: number, eta: Float64Array): number {
    const location = this.#locate(row, eta);
    this.#square.fill(0);
    this.#cross.fill(0);
    return this.#likelihood.addCurvature(
      this.#counts,
      0,
      location,
      this.#own,
      this.#square,
      this.#cross,
    );
  }
}
