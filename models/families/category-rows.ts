/**
 * Rows of ordered categories whose thresholds differ from row to row (discrimination.ts, category-specific.ts): the
 * likelihood of a row as a function of its own location and thresholds, with derivatives, and the sampled gaps behind
 * the thresholds that all rows have in common.
 */
import type { Family, Outcomes } from './family.js';
import { type CategoryLikelihood, categoryLikelihood, gapsFor } from './ordinal.js';
import { type SeveralRows, severalRows } from './several-predictors.js';
import { type GapCoordinates, gapsOf, thresholdsOf } from './thresholds.js';

export class CategoryRows {
  readonly rows: SeveralRows;
  readonly gaps: GapCoordinates;
  readonly auxiliary: readonly 'gap'[];
  /** Number of thresholds. */
  readonly count: number;
  /** The common thresholds, but for their place (thresholds.ts); set by `gaps`. */
  readonly offsets: Float64Array;
  /** The thresholds of the row that is looked at; set by the caller. */
  readonly own: Float64Array;
  /** log p of the row, and its derivative by the location. */
  readonly result = { value: 0, slope: 0 };
  /** Derivatives of the row by its thresholds: a vector, the cross ones with the location, and a square. */
  readonly slopes: Float64Array;
  readonly cross: Float64Array;
  readonly square: Float64Array;
  readonly #likelihood: CategoryLikelihood;
  /** The row's outcome as numbers of each category. */
  readonly #counts: Float64Array;

  /** @param height linear predictors of a row */
  constructor(family: Family, outcomes: Outcomes, height: number) {
    const count = thresholdsOf(family);
    this.rows = severalRows(outcomes, height);
    this.gaps = gapsFor(family, outcomes);
    this.auxiliary = new Array<'gap'>(gapsOf(family)).fill('gap');
    this.count = count;
    this.offsets = new Float64Array(count);
    this.own = new Float64Array(count);
    this.slopes = new Float64Array(count);
    this.cross = new Float64Array(count);
    this.square = new Float64Array(count * count);
    this.#likelihood = categoryLikelihood(family);
    this.#counts = new Float64Array(count + 1);
  }

  /** Sets `result` and `slopes` of a row at its own thresholds. */
  differentiate(row: number, location: number): void {
    this.#read(row);
    this.slopes.fill(0);
    this.result.value = 0;
    this.result.slope = 0;
    this.#likelihood.add(this.#counts, 0, location, this.own, this.slopes, this.result);
  }

  /** Sets `cross` and `square` of a row at its own thresholds; returns the second derivative by the location. */
  differentiateTwice(row: number, location: number): number {
    this.#read(row);
    this.square.fill(0);
    this.cross.fill(0);
    return this.#likelihood.addCurvature(
      this.#counts,
      0,
      location,
      this.own,
      this.square,
      this.cross,
    );
  }

  #read(row: number): void {
    this.#counts.fill(0);
    this.#counts[this.rows.outcomes[row] - 1] = 1;
  }
}

/** Adds factor times d²/dη dδ of a cell to `cross`, row-major (gap, cell), from the derivatives by the thresholds. */
export function crossAdder(
  { gaps, auxiliary }: Pick<CategoryRows, 'gaps' | 'auxiliary'>,
  cells: number,
  cross: Float64Array,
): (cell: number, factor: number, byThreshold: Float64Array) => void {
  const ofGaps = new Float64Array(auxiliary.length);
  return (cell, factor, byThreshold) => {
    gaps.writeGradient(byThreshold, ofGaps);
    for (let j = 0; j < ofGaps.length; j++) cross[j * cells + cell] += factor * ofGaps[j];
  };
}
