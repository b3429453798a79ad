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
import type { CurvaturePart, Family, Outcomes, ResponseFamily } from './family.js';
import { type CategoryLikelihood, categoryLikelihood, gapsFor } from './ordinal.js';
import { CurvaturePairs, type SeveralRows, severalRows } from './several-predictors.js';
import { type GapCoordinates, gapsOf, isInOrder, thresholdsOf } from './thresholds.js';

/** Linear predictors of a row: of the latent mean, and of log d. */
const HEIGHT = 2;

/** @param family with `disc` predicted */
export class DiscriminatedCategories implements ResponseFamily {
  readonly family: Family;
  readonly auxiliary: readonly 'gap'[];
  readonly #rows: SeveralRows;
  readonly #likelihood: CategoryLikelihood;
  readonly #gaps: GapCoordinates;
  readonly #count: number;
  /** A row's outcome as numbers of each category. */
  readonly #counts: Float64Array;
  readonly #offsets: Float64Array;
  /** d τ of a row, and derivatives by it: a vector, the cross ones with η′, and a square. */
  readonly #scaled: Float64Array;
  readonly #slopes: Float64Array;
  readonly #cross: Float64Array;
  readonly #square: Float64Array;
  readonly #result = { value: 0, slope: 0 };
  readonly #pairs = new CurvaturePairs();

  constructor(family: Family, outcomes: Outcomes) {
    const count = thresholdsOf(family);
    this.family = family;
    this.auxiliary = new Array<'gap'>(gapsOf(family)).fill('gap');
    this.#rows = severalRows(outcomes, HEIGHT);
    this.#likelihood = categoryLikelihood(family);
    this.#gaps = gapsFor(family, outcomes);
    this.#count = count;
    this.#counts = new Float64Array(count + 1);
    this.#offsets = new Float64Array(count);
    this.#scaled = new Float64Array(count);
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
    if (!isInOrder(this.family, gaps)) return Number.NEGATIVE_INFINITY;
    this.#gaps.writeOffsets(gaps, this.#offsets);
    etaGradient.fill(0);
    const ofThresholds = new Float64Array(this.#count);
    let value = 0;
    for (let i = 0; i < this.#rows.count; i++) {
      const [mean, disc] = this.#cellsOf(i);
      const d = this.#differentiate(i, eta[mean], eta[disc]);
      const times = this.#rows.times[i];
      value += times * this.#result.value;
      etaGradient[mean] += times * d * this.#result.slope;
      etaGradient[disc] += times * this.#slopeOfLog(d, eta[mean]);
      for (let k = 0; k < this.#count; k++) ofThresholds[k] += times * d * this.#slopes[k];
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
    const count = this.#count;
    const all = new Float64Array(count * count);
    const ofMean = new Float64Array(count);
    const ofDisc = new Float64Array(count);
    const ofGaps = new Float64Array(this.auxiliary.length);
    etaCurvature.fill(0);
    cross.fill(0);
    this.#gaps.writeOffsets(gaps, this.#offsets);
    const addCross = (cell: number, times: number, byThreshold: Float64Array): void => {
      this.#gaps.writeGradient(byThreshold, ofGaps);
      for (let j = 0; j < ofGaps.length; j++) cross[j * eta.length + cell] += times * ofGaps[j];
    };
    for (let i = 0; i < this.#rows.count; i++) {
      const [mean, disc] = this.#cellsOf(i);
      const times = this.#rows.times[i];
      const location = eta[mean];
      const d = this.#differentiate(i, location, eta[disc]);
      const bend = this.#differentiateTwice(d * location);
      let product = 0;
      let square = 0;
      for (let k = 0; k < count; k++) {
        let sum = 0;
        for (let l = 0; l < count; l++) {
          const entry = this.#square[k * count + l];
          all[k * count + l] += times * d * d * entry;
          sum += entry * this.#offsets[l];
        }
        product += this.#offsets[k] * this.#cross[k];
        square += this.#offsets[k] * sum;
        ofMean[k] = d * d * this.#cross[k];
        ofDisc[k] = d * this.#slopes[k] + d * d * (location * this.#cross[k] + sum);
      }
      etaCurvature[mean] += times * d * d * bend;
      etaCurvature[disc] +=
        times *
        (this.#slopeOfLog(d, location) +
          d * d * (location * location * bend + 2 * location * product + square));
      addCross(mean, times, ofMean);
      addCross(disc, times, ofDisc);
    }
    this.#gaps.writeCurvature(all, gapCurvature);
  }

  eachCurvaturePart(eta: Float64Array, gaps: Float64Array, onPart: CurvaturePart): void {
    this.#gaps.writeOffsets(gaps, this.#offsets);
    for (let i = 0; i < this.#rows.count; i++) {
      const [mean, disc] = this.#cellsOf(i);
      const d = this.#differentiate(i, eta[mean], eta[disc]);
      const bend = this.#differentiateTwice(d * eta[mean]);
      let product = eta[mean] * bend;
      for (let k = 0; k < this.#count; k++) product += this.#offsets[k] * this.#cross[k];
      const weight = this.#rows.times[i] * (d * this.#result.slope + d * d * product);
      this.#pairs.add(disc, mean, weight, onPart);
    }
  }

  #cellsOf(row: number): [number, number] {
    const { cells } = this.#rows;
    return [cells[row * HEIGHT], cells[row * HEIGHT + 1]];
  }

  /** Sets the value and the slopes by η′ and τ′ of a row; returns d. */
  #differentiate(row: number, location: number, logDisc: number): number {
    const d = Math.exp(logDisc);
    for (let k = 0; k < this.#count; k++) this.#scaled[k] = d * this.#offsets[k];
    this.#counts.fill(0);
    this.#counts[this.#rows.outcomes[row] - 1] = 1;
    this.#slopes.fill(0);
    this.#result.value = 0;
    this.#result.slope = 0;
    const at = d * location;
    this.#likelihood.add(this.#counts, 0, at, this.#scaled, this.#slopes, this.#result);
    return d;
  }

  /** Sets the second derivatives of the row by τ′ and both; returns that by η′. */
  #differentiateTwice(location: number): number {
    this.#square.fill(0);
    return this.#likelihood.addCurvature(
      this.#counts,
      0,
      location,
      this.#scaled,
      this.#square,
      this.#cross,
    );
  }

  /** ℓ_u. */
  #slopeOfLog(d: number, location: number): number {
    let sum = location * this.#result.slope;
    for (let k = 0; k < this.#count; k++) sum += this.#offsets[k] * this.#slopes[k];
    return d * sum;
  }
}
