/**
 * Categories without an order: a linear predictor for each category but the first, the reference, whose is 0
 * (brms' `categorical`, the multinomial logit).
 *
 *     P(y = k) = exp(η_k) / Σ_j exp(η_j),   η_1 = 0
 *     ∂ℓ/∂η_k = [y = k] − p_k,   ∂²ℓ/∂η² = p pᵀ − diag(p)
 *
 * Outcomes are the numbers of the categories, from 1. The parameters of the distribution are η_2, …, η_K.
 */
import { drawnOption, toShares } from './conditional-logit.js';
import type {
  CurvaturePart,
  Family,
  LogDensities,
  Outcomes,
  OwnDistribution,
  ResponseFamily,
} from './family.js';
import { type SeveralRows, severalRows } from './several-predictors.js';

/** Number of categories of a family that is prepared. */
export function categoriesOfFamily({ predicted = [] }: Pick<Family, 'predicted'>): number {
  return 1 + predicted.length;
}

export function categoricalFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return new Categories(family, outcomes);
}

class Categories implements ResponseFamily {
  readonly auxiliary = [];
  readonly #rows: SeveralRows;
  readonly #count: number;
  readonly #shares: Float64Array;
  readonly #cells: Int32Array;

  constructor(
    readonly family: Family,
    outcomes: Outcomes,
  ) {
    this.#count = categoriesOfFamily(family);
    this.#rows = severalRows(outcomes, this.#count);
    this.#shares = new Float64Array(this.#count);
    this.#cells = new Int32Array(this.#count);
  }

  logLikelihood(eta: Float64Array, _: Float64Array, etaGradient: Float64Array): number {
    const { count, outcomes, times } = this.#rows;
    const cells = this.#cells;
    let value = 0;
    etaGradient.fill(0);
    for (let i = 0; i < count; i++) {
      const total = this.#locate(i, eta);
      const own = cells[outcomes[i] - 1];
      value += times[i] * (eta[own] - total);
      etaGradient[own] += times[i];
      for (let k = 0; k < cells.length; k++) etaGradient[cells[k]] -= times[i] * this.#shares[k];
    }
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  }

  curvature(eta: Float64Array, _: Float64Array, etaCurvature: Float64Array): void {
    etaCurvature.fill(0);
    for (let i = 0; i < this.#rows.count; i++) {
      this.#locate(i, eta);
      const times = this.#rows.times[i];
      for (let k = 0; k < this.#count; k++) {
        etaCurvature[this.#cells[k]] -= times * this.#shares[k];
      }
    }
  }

  eachCurvaturePart(eta: Float64Array, _: Float64Array, onPart: CurvaturePart): void {
    for (let i = 0; i < this.#rows.count; i++) {
      this.#locate(i, eta);
      onPart(this.#rows.times[i], this.#cells, this.#shares);
    }
  }

  /** Sets the cells and the probabilities of a row; returns log Σ exp η. */
  #locate(row: number, eta: Float64Array): number {
    const { cells } = this.#rows;
    for (let k = 0; k < this.#count; k++) {
      this.#cells[k] = cells[row * this.#count + k];
      this.#shares[k] = eta[this.#cells[k]];
    }
    return toShares(this.#shares);
  }
}

/** Writes the probabilities of a draw; η of the first category is given, those of the others are parameters. */
function writeShares(first: number, others: ArrayLike<number>, shares: Float64Array): number {
  shares[0] = first;
  for (let k = 0; k < others.length; k++) shares[k + 1] = others[k];
  return toShares(shares);
}

export function categoricalDistribution(family: Family): OwnDistribution {
  const count = categoriesOfFamily(family);
  const shares = new Float64Array(count);
  return {
    family,
    auxiliary: [],
    categories: {
      count,
      writeProbabilities: (eta, others, target) => {
        writeShares(eta, others, target);
      },
    },
    inverseLink: (eta) => eta,
    writeInverse: () => {},
    means: () => {
      throw new RangeError('categories without an order have no mean');
    },
    logDensities: (aux): LogDensities => {
      const own = new Float64Array(count - 1);
      return (outcome, _trials, eta) => {
        for (let s = 0; s < eta.length; s++) {
          for (let k = 0; k < own.length; k++) own[k] = aux[k][s];
          const total = writeShares(eta[s], own, shares);
          eta[s] = (outcome === 1 ? eta[s] : own[outcome - 2]) - total;
        }
      };
    },
    simulateAt: (eta, others, _trials, random) => {
      writeShares(eta, others, shares);
      return 1 + drawnOption(shares, random);
    },
    expected: (outcome) =>
      Number.isInteger(outcome) && outcome >= 1 && outcome <= count
        ? null
        : `a category, a whole number from 1 to ${count}`,
  };
}
