/**
 * Ordered categories whose discrimination d differs by row, as brms has it (`disc`): the thresholds and the linear
 * predictor of a row enter as d τ_k and d η, with log d a linear predictor of its own. A row with d = ½ answers as
 * if its latent scale were twice as wide.
 *
 * With the derivatives of log p by η′ = d η and τ′ = d τ, and u = log d,
 *
 *     ℓ_η = d ℓ′_η,   ℓ_τ = d ℓ′_τ,   ℓ_u = d (η ℓ′_η + τ·ℓ′_τ),
 *     ℓ_uη = ℓ_η + d² (η ℓ″_ηη + τ·ℓ″_ητ),   ℓ_uτ = ℓ_τ + d² (η ℓ″_ητ + ℓ″_ττ τ),
 *     ℓ_uu = ℓ_u + d² (η² ℓ″_ηη + 2 η τ·ℓ″_ητ + τ·ℓ″_ττ τ).
 */
import { CategoryRows, crossAdder } from './category-rows.js';
import type { CurvaturePart, Family, Outcomes, ResponseFamily } from './family.js';
import { CurvaturePairs } from './several-predictors.js';
import { isInOrder } from './thresholds.js';

/** Linear predictors of a row: of the latent mean, and of log d. */
const HEIGHT = 2;

/** @param family with `disc` predicted */
export class DiscriminatedCategories implements ResponseFamily {
  readonly family: Family;
  readonly auxiliary: readonly 'gap'[];
  readonly #at: CategoryRows;
  readonly #pairs = new CurvaturePairs();

  constructor(family: Family, outcomes: Outcomes) {
    this.family = family;
    this.#at = new CategoryRows(family, outcomes, HEIGHT);
    this.auxiliary = this.#at.auxiliary;
  }

  logLikelihood(
    eta: Float64Array,
    gapValues: Float64Array,
    etaGradient: Float64Array,
    gapGradient: Float64Array,
  ): number {
    if (!isInOrder(this.family, gapValues)) return Number.NEGATIVE_INFINITY;
    const { rows, count, gaps, offsets, result, slopes } = this.#at;
    gaps.writeOffsets(gapValues, offsets);
    etaGradient.fill(0);
    const ofThresholds = new Float64Array(count);
    let value = 0;
    for (let i = 0; i < rows.count; i++) {
      const [mean, disc] = this.#cellsOf(i);
      const d = this.#differentiate(i, eta[mean], eta[disc]);
      const times = rows.times[i];
      value += times * result.value;
      etaGradient[mean] += times * d * result.slope;
      etaGradient[disc] += times * this.#slopeOfLog(d, eta[mean]);
      for (let k = 0; k < count; k++) ofThresholds[k] += times * d * slopes[k];
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
    const { rows, count, gaps, offsets, slopes, square: bends, cross: ofRow } = this.#at;
    const all = new Float64Array(count * count);
    const ofMean = new Float64Array(count);
    const ofDisc = new Float64Array(count);
    etaCurvature.fill(0);
    cross.fill(0);
    gaps.writeOffsets(gapValues, offsets);
    const addCross = crossAdder(this.#at, eta.length, cross);
    for (let i = 0; i < rows.count; i++) {
      const [mean, disc] = this.#cellsOf(i);
      const times = rows.times[i];
      const location = eta[mean];
      const d = this.#differentiate(i, location, eta[disc]);
      const bend = this.#at.differentiateTwice(i, d * location);
      let product = 0;
      let square = 0;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let l = 0; l < count; l++) {
          const entry = bends[k * count + l];
          all[k * count + l] += times * d * d * entry;
          sum += entry * offsets[l];
        }
        product += offsets[k] * ofRow[k];
        square += offsets[k] * sum;
        ofMean[k] = d * d * ofRow[k];
        ofDisc[k] = d * slopes[k] + d * d * (location * ofRow[k] + sum);
      }
      etaCurvature[mean] += times * d * d * bend;
      etaCurvature[disc] +=
        times *
        (this.#slopeOfLog(d, location) +
          d * d * (location * location * bend + 2 * location * product + square));
      addCross(mean, times, ofMean);
      addCross(disc, times, ofDisc);
    }
    gaps.writeCurvature(all, gapCurvature);
  }

  eachCurvaturePart(eta: Float64Array, gapValues: Float64Array, onPart: CurvaturePart): void {
    const { rows, count, gaps, offsets, result, cross } = this.#at;
    gaps.writeOffsets(gapValues, offsets);
    for (let i = 0; i < rows.count; i++) {
      const [mean, disc] = this.#cellsOf(i);
      const d = this.#differentiate(i, eta[mean], eta[disc]);
      const bend = this.#at.differentiateTwice(i, d * eta[mean]);
      let product = eta[mean] * bend;
      for (let k = 0; k < count; k++) product += offsets[k] * cross[k];
      const weight = rows.times[i] * (d * result.slope + d * d * product);
      this.#pairs.add(disc, mean, weight, onPart);
    }
  }

  #cellsOf(row: number): [number, number] {
    const { cells } = this.#at.rows;
    return [cells[row * HEIGHT], cells[row * HEIGHT + 1]];
  }

  /** Sets the value and the slopes by η′ and τ′ of a row; returns d. */
  #differentiate(row: number, location: number, logDisc: number): number {
    const { count, offsets, own } = this.#at;
    const d = Math.exp(logDisc);
    for (let k = 0; k < count; k++) own[k] = d * offsets[k];
    this.#at.differentiate(row, d * location);
    return d;
  }

  /** ℓ_u. */
  #slopeOfLog(d: number, location: number): number {
    const { count, offsets, result, slopes } = this.#at;
    let sum = location * result.slope;
    for (let k = 0; k < count; k++) sum += offsets[k] * slopes[k];
    return d * sum;
  }
}
