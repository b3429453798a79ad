/**
 * A likelihood whose rows have several linear predictors: η_0 of the location μ, and η_p of parameters θ_p of
 * the family, each by its link. With the derivatives of log p by (μ, aux …) of a `RowDensity`,
 *
 *     dℓ/dη_p = ℓ_p θ_p′,   d²ℓ/dη_p dη_q = ℓ_pq θ_p′ θ_q′,   and on the diagonal ℓ_pp θ_p′² + ℓ_p θ_p″,
 *
 * where θ_0 = μ. An entry c of the curvature off its diagonal is the sum of two parts,
 * ½ c (1, 1)(1, 1)ᵀ − ½ c (1, −1)(1, −1)ᵀ. Parameters without a linear predictor stay auxiliary.
 *
 * With S linear predictors, row i of the outcomes has the cells of the rows S i, …, S i + S − 1.
 */
import { distinctRows } from '../../src/linear-algebra/distinct-rows.js';
import { type LocatingFamily, locationOf, orNever, type RowDensity } from './by-rows.js';
import {
  type AuxiliaryName,
  auxiliaryOf,
  type CurvaturePart,
  type Family,
  type Outcomes,
  type ResponseFamily,
  traitsOf,
  weightOf,
  withoutPredicted,
} from './family.js';
import { type Location, newLocation } from './links.js';
import { type ParameterLink, parameterLink } from './parameter-links.js';

/** Distinct rows: outcome, trials, a cell for each linear predictor, and the sum of their weights. */
export interface SeveralRows {
  readonly count: number;
  readonly outcomes: Float64Array;
  readonly trials: Float64Array;
  /** Row-major (row, linear predictor). */
  readonly cells: Int32Array;
  readonly times: Float64Array;
}

export function severalRows(outcomes: Outcomes, height: number): SeveralRows {
  const { rows, values, trials, cells } = outcomes;
  const all = trials ?? new Float64Array(rows).fill(1);
  const ofRows = Int32Array.from({ length: rows * height }, (_, at) => cells?.of[at] ?? at);
  const { of, first } = distinctRows(rows, [
    { values: ofRows, width: height },
    { values, width: 1 },
    { values: all, width: 1 },
  ]);
  const times = new Float64Array(first.length);
  for (let i = 0; i < rows; i++) times[of[i]] += weightOf(outcomes, i);
  return {
    count: first.length,
    outcomes: Float64Array.from(first, (row) => values[row]),
    trials: Float64Array.from(first, (row) => all[row]),
    cells: Int32Array.from(
      { length: first.length * height },
      (_, at) => ofRows[first[Math.floor(at / height)] * height + (at % height)],
    ),
    times,
  };
}

/** Calls back with the two parts of an entry off the diagonal, or with that of a cell with itself. */
export class CurvaturePairs {
  readonly #cells = new Int32Array(2);
  readonly #one = new Int32Array(1);
  readonly #sum = Float64Array.of(1, 1);
  readonly #difference = Float64Array.of(1, -1);

  add(a: number, b: number, value: number, onPart: CurvaturePart): void {
    if (a === b) {
      this.#one[0] = a;
      onPart(2 * value, this.#one, this.#sum.subarray(0, 1));
      return;
    }
    this.#cells[0] = a;
    this.#cells[1] = b;
    onPart(0.5 * value, this.#cells, this.#sum);
    onPart(-0.5 * value, this.#cells, this.#difference);
  }
}

/** @param family with `predicted` */
export class SeveralPredictors implements ResponseFamily {
  readonly family: Family;
  readonly auxiliary: readonly AuxiliaryName[];
  readonly #density: RowDensity;
  readonly #rows: SeveralRows;
  readonly #mean: LocatingFamily;
  readonly #links: readonly ParameterLink[];
  /** Linear predictors of a row. */
  readonly #height: number;
  /** Place among (μ, aux …) of each linear predictor, and of each auxiliary parameter. */
  readonly #places: readonly number[];
  readonly #auxPlaces: readonly number[];
  /** 1 and the number of the family's parameters. */
  readonly #width: number;
  /** The last row's locations, parameters and derivatives by (μ, aux …). */
  readonly #located: readonly Location[];
  readonly #own: Float64Array;
  readonly #slopes: Float64Array;
  readonly #second: Float64Array;
  readonly #pairs = new CurvaturePairs();

  constructor(family: Family, outcomes: Outcomes, density: RowDensity) {
    const names = traitsOf(family).auxiliary;
    const predicted = family.predicted ?? [];
    this.family = family;
    this.auxiliary = auxiliaryOf(family);
    this.#density = density;
    this.#mean = locationOf(withoutPredicted(family));
    this.#links = predicted.map((name) => parameterLink(name, family));
    this.#height = 1 + predicted.length;
    this.#rows = severalRows(outcomes, this.#height);
    this.#places = [0, ...predicted.map((name) => 1 + (names as readonly string[]).indexOf(name))];
    this.#auxPlaces = this.auxiliary.map((name) => 1 + names.indexOf(name));
    this.#width = 1 + names.length;
    this.#located = Array.from({ length: this.#height }, newLocation);
    this.#own = new Float64Array(names.length);
    this.#slopes = new Float64Array(this.#width);
    this.#second = new Float64Array(this.#width * this.#width);
  }

  logLikelihood(
    eta: Float64Array,
    aux: Float64Array,
    etaGradient: Float64Array,
    auxGradient: Float64Array,
  ): number {
    const { count, cells, times } = this.#rows;
    const slopes = this.#slopes;
    const places = this.#places;
    const auxPlaces = this.#auxPlaces;
    let value = 0;
    etaGradient.fill(0);
    auxGradient.fill(0);
    this.#readAux(aux);
    for (let i = 0, at = 0; i < count; i++) {
      if (!this.#locate(i, eta)) return Number.NEGATIVE_INFINITY;
      value += times[i] * this.#logDensity(i);
      for (let p = 0; p < places.length; p++, at++) {
        const slope = slopes[places[p]];
        // Without a slope, an infinite location must not give 0 · ∞.
        if (slope !== 0) etaGradient[cells[at]] += times[i] * slope * this.#located[p].first;
      }
      for (let a = 0; a < auxPlaces.length; a++) auxGradient[a] += times[i] * slopes[auxPlaces[a]];
    }
    return orNever(value);
  }

  curvature(
    eta: Float64Array,
    aux: Float64Array,
    etaCurvature: Float64Array,
    cross: Float64Array,
    auxCurvature: Float64Array,
  ): void {
    const { count: rows, cells, times } = this.#rows;
    const width = this.#width;
    const second = this.#second;
    const auxPlaces = this.#auxPlaces;
    const count = auxPlaces.length;
    etaCurvature.fill(0);
    cross.fill(0);
    auxCurvature.fill(0);
    this.#readAux(aux);
    for (let i = 0, at = 0; i < rows; i++) {
      this.#differentiate(i, eta);
      for (let p = 0; p < this.#height; p++, at++) {
        const { first, second: bend } = this.#located[p];
        const place = this.#places[p];
        const own = second[place * (width + 1)] * first * first + this.#slopes[place] * bend;
        etaCurvature[cells[at]] += times[i] * own;
        for (let a = 0; a < count; a++) {
          cross[a * eta.length + cells[at]] +=
            times[i] * second[auxPlaces[a] * width + place] * first;
        }
      }
      for (let a = 0; a < count; a++) {
        for (let b = 0; b < count; b++) {
          auxCurvature[a * count + b] += times[i] * second[auxPlaces[a] * width + auxPlaces[b]];
        }
      }
    }
  }

  eachCurvaturePart(eta: Float64Array, aux: Float64Array, onPart: CurvaturePart): void {
    const { count, cells, times } = this.#rows;
    const places = this.#places;
    const located = this.#located;
    this.#readAux(aux);
    for (let i = 0; i < count; i++) {
      this.#differentiate(i, eta);
      const at = i * this.#height;
      for (let p = 1; p < places.length; p++) {
        for (let q = 0; q < p; q++) {
          const value = this.#second[places[p] * this.#width + places[q]];
          const weight = times[i] * value * located[p].first * located[q].first;
          this.#pairs.add(cells[at + p], cells[at + q], weight, onPart);
        }
      }
    }
  }

  #readAux(aux: Float64Array): void {
    for (let a = 0; a < this.#auxPlaces.length; a++) this.#own[this.#auxPlaces[a] - 1] = aux[a];
  }

  /** Sets the locations and the density's parameters of a row; false outside of the family's range. */
  #locate(row: number, eta: Float64Array): boolean {
    const { cells } = this.#rows;
    const located = this.#located;
    const at = row * this.#height;
    this.#mean.link.locate(eta[cells[at]], located[0]);
    for (let p = 1; p < this.#height; p++) {
      this.#links[p - 1].locate(eta[cells[at + p]], located[p]);
      this.#own[this.#places[p] - 1] = located[p].mu;
    }
    this.#density.prepare(this.#own);
    return !this.#mean.isOutside(located[0].mu, located[0].rest);
  }

  /** The log density of the row last located; sets the slopes. */
  #logDensity(row: number): number {
    const { mu, rest } = this.#located[0];
    const { outcomes, trials } = this.#rows;
    return this.#density.logDensity(outcomes[row], trials[row], mu, rest, this.#slopes);
  }

  /** Sets the first and second derivatives of a row by (μ, aux …). */
  #differentiate(row: number, eta: Float64Array): void {
    this.#locate(row, eta);
    this.#logDensity(row);
    const { mu, rest } = this.#located[0];
    const { outcomes, trials } = this.#rows;
    this.#density.secondDerivatives(outcomes[row], trials[row], mu, rest, this.#second);
  }
}
