/**
 * A family from the density of one outcome at its location μ = g⁻¹(η): the log likelihood is the sum over
 * rows, its derivatives by η follow from those by μ,
 *
 *     ℓ = Σ log p(y_i | μ_i, aux),   dℓ/dη = ℓ_μ μ′,   d²ℓ/dη² = ℓ_μμ μ′² + ℓ_μ μ″,   d²ℓ/dη da = ℓ_μa μ′.
 *
 * Rows with the same outcome, trials and linear predictor are evaluated once.
 */
import { distinctRows } from '../../src/linear-algebra/distinct-rows.js';
import {
  auxiliaryOf,
  cellOf,
  type Family,
  type LogDensities,
  type Outcomes,
  type OwnDistribution,
  type ResponseDistribution,
  type ResponseFamily,
  traitsOf,
  weightOf,
} from './family.js';
import { type LocationLink, locationLink, newLocation } from './links.js';
import type { RowTails } from './tails.js';

/** The density of one outcome, with the auxiliary parameters in the order of the family's. */
export interface RowDensity {
  /** Takes over the auxiliary parameters; what depends on them alone is computed here. */
  prepare(aux: Float64Array): void;
  /**
   * log p(y | μ, aux) − constant(y, trials). Overwrites `slopes`, if it is not null, with d/dμ and d/daux.
   *
   * @param rest 1 − μ of a probability, with its own digits
   */
  logDensity(
    y: number,
    trials: number,
    mu: number,
    rest: number,
    slopes: Float64Array | null,
  ): number;
  /** Overwrites `target` with the second derivatives by (μ, aux …), row-major. */
  secondDerivatives(
    y: number,
    trials: number,
    mu: number,
    rest: number,
    target: Float64Array,
  ): void;
  /** The part of log p that depends on the data alone. */
  constant(y: number, trials: number): number;
}

export interface FamilyByRows extends Pick<OwnDistribution, 'means' | 'simulateAt' | 'expected'> {
  readonly density: () => RowDensity;
  /** For censored and truncated outcomes. @default none */
  readonly tails?: () => RowTails;
}

/** The likelihood and the distribution of a family, for the table of families. */
export function byRows({ density, tails, ...own }: FamilyByRows) {
  return {
    density,
    ...(tails && { tails }),
    response: (family: Family, outcomes: Outcomes): ResponseFamily =>
      new SumOverRows(family, outcomes, density()),
    distribution: (family: Family): OwnDistribution => {
      const link = linkOf(family);
      return {
        ...own,
        family,
        auxiliary: auxiliaryOf(family),
        inverseLink: link.inverse,
        writeInverse: link.writeInverse,
        logDensities: (aux) => logDensitiesOf(family, density(), aux),
      };
    },
  };
}

/** The link of a family, and its range. */
export interface LocatingFamily {
  readonly link: LocationLink;
  /** True of a location at which the family has no distribution. */
  readonly isOutside: (mu: number, rest: number) => boolean;
}

export function locationOf(family: Family): LocatingFamily {
  return { link: linkOf(family), isOutside: outsideOf(family) };
}

function linkOf(family: Family): LocationLink {
  return locationLink(family.link, traitsOf(family).mean === 'probability');
}

/** True of a location at which the family has no distribution. */
function outsideOf(family: Family): (mu: number, rest: number) => boolean {
  switch (traitsOf(family).mean) {
    case 'positive':
      return (mu) => mu < 0;
    case 'probability':
      return (mu, rest) => mu + rest < 0.5;
    default:
      return () => false;
  }
}

/** −∞ where rounding or a domain leaves no number. */
export function orNever(value: number): number {
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
}

/** Log densities of many η by the density of one row. */
export function logDensitiesOf(
  family: Family,
  density: RowDensity,
  aux: readonly Float64Array[],
): LogDensities {
  const link = linkOf(family);
  const isOutside = outsideOf(family);
  const location = newLocation();
  const own = new Float64Array(aux.length);
  return (outcome, trials, eta) => {
    const constant = density.constant(outcome, trials);
    for (let s = 0; s < eta.length; s++) {
      if (Number.isNaN(eta[s])) continue;
      for (let a = 0; a < own.length; a++) own[a] = aux[a][s];
      density.prepare(own);
      link.locate(eta[s], location);
      const { mu, rest } = location;
      eta[s] = isOutside(mu, rest)
        ? Number.NEGATIVE_INFINITY
        : orNever(constant + density.logDensity(outcome, trials, mu, rest, null));
    }
  };
}

/** Σ log p of rows. */
export class SumOverRows implements ResponseFamily {
  readonly family: Family;
  readonly auxiliary: ResponseDistribution['auxiliary'];
  readonly #density: RowDensity;
  readonly #link: LocationLink;
  readonly #isOutside: (mu: number, rest: number) => boolean;
  /** Distinct rows: outcome, trials, cell, and their total weight. */
  readonly #outcomes: Float64Array;
  readonly #trials: Float64Array;
  readonly #cells: Int32Array;
  readonly #times: Float64Array;
  readonly #location = newLocation();
  readonly #slopes: Float64Array;
  readonly #second: Float64Array;

  constructor(family: Family, outcomes: Outcomes, density: RowDensity) {
    const { rows, values, trials } = outcomes;
    const cells = Int32Array.from({ length: rows }, (_, i) => cellOf(outcomes, i));
    const all = trials ?? new Float64Array(rows).fill(1);
    const { of, first } = distinctRows(rows, [
      { values: cells, width: 1 },
      { values, width: 1 },
      { values: all, width: 1 },
    ]);
    this.family = family;
    this.auxiliary = auxiliaryOf(family);
    this.#density = density;
    this.#link = linkOf(family);
    this.#isOutside = outsideOf(family);
    this.#outcomes = Float64Array.from(first, (row) => values[row]);
    this.#trials = Float64Array.from(first, (row) => all[row]);
    this.#cells = Int32Array.from(first, (row) => cells[row]);
    this.#times = new Float64Array(first.length);
    of.forEach((place, row) => {
      this.#times[place] += weightOf(outcomes, row);
    });
    const dimension = 1 + this.auxiliary.length;
    this.#slopes = new Float64Array(dimension);
    this.#second = new Float64Array(dimension * dimension);
  }

  logLikelihood(
    eta: Float64Array,
    aux: Float64Array,
    etaGradient: Float64Array,
    auxGradient: Float64Array,
  ): number {
    const slopes = this.#slopes;
    const location = this.#location;
    let value = 0;
    etaGradient.fill(0);
    auxGradient.fill(0);
    this.#density.prepare(aux);
    for (let i = 0; i < this.#outcomes.length; i++) {
      const cell = this.#cells[i];
      this.#link.locate(eta[cell], location);
      const { mu, rest } = location;
      if (this.#isOutside(mu, rest)) return Number.NEGATIVE_INFINITY;
      const times = this.#times[i];
      value +=
        times * this.#density.logDensity(this.#outcomes[i], this.#trials[i], mu, rest, slopes);
      // Without a slope, an infinite location must not give 0 · ∞.
      if (slopes[0] !== 0) etaGradient[cell] += times * slopes[0] * location.first;
      for (let a = 0; a < auxGradient.length; a++) auxGradient[a] += times * slopes[a + 1];
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
    const slopes = this.#slopes;
    const second = this.#second;
    const location = this.#location;
    const count = aux.length;
    const width = count + 1;
    etaCurvature.fill(0);
    cross.fill(0);
    auxCurvature.fill(0);
    this.#density.prepare(aux);
    for (let i = 0; i < this.#outcomes.length; i++) {
      const cell = this.#cells[i];
      this.#link.locate(eta[cell], location);
      const { mu, rest, first } = location;
      const y = this.#outcomes[i];
      const trials = this.#trials[i];
      const times = this.#times[i];
      this.#density.logDensity(y, trials, mu, rest, slopes);
      this.#density.secondDerivatives(y, trials, mu, rest, second);
      etaCurvature[cell] += times * (second[0] * first * first + slopes[0] * location.second);
      for (let a = 0; a < count; a++) {
        cross[a * eta.length + cell] += times * second[a + 1] * first;
        for (let b = 0; b < count; b++) {
          auxCurvature[a * count + b] += times * second[(a + 1) * width + b + 1];
        }
      }
    }
  }
}

/** Overwrites the entry and its mirror image of a symmetric matrix, row-major. */
export function setBoth(
  matrix: Float64Array,
  width: number,
  row: number,
  column: number,
  value: number,
): void {
  matrix[row * width + column] = value;
  matrix[column * width + row] = value;
}

/** What is expected of an outcome that is a length of time, a price, a size. */
export function expectedPositive(outcome: number): string | null {
  return outcome > 0 && outcome < Number.POSITIVE_INFINITY ? null : 'a finite number above 0';
}
