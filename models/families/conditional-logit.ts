/**
 * Choices among options: the conditional logit (McFadden 1974), and by exploding for ranked choices the model
 * of Plackett and Luce (Beggs, Cardell & Hausman 1981, J. Econometrics 17). A row is an option of a choice set.
 * A set with options j = 1 … J, of which c_1, …, c_m are chosen, best first, has the probability
 *
 *     p = Π_s exp(η_{c_s}) / Σ_{j ∉ {c_1, …, c_{s−1}}} exp(η_j),
 *
 * so that m = 1 is a choice of one, and m = J − 1 or J a full ranking. With p_s the probabilities of stage s,
 * zero for the options that are gone,
 *
 *     ∂ℓ/∂η_j = [j chosen] − Σ_s p_sj,    ∂²ℓ/∂η² = Σ_s (p_s p_sᵀ − diag(p_s)).
 *
 * An outcome is the rank of an option, 1 for the best; 0 for an option that was not chosen.
 */
import { WeighbridgeError } from '../../src/errors.js';
import type { RandomStream } from '../../src/random/stream.js';
import {
  type CurvaturePart,
  cellOf,
  type Family,
  type Outcomes,
  type OwnDistribution,
  type ResponseFamily,
} from './family.js';

/** The options of all sets, those of a set one after another: the chosen, best first, then the others. */
interface Stages {
  /** Cells of the linear predictor; rows if rows have no cells. */
  readonly options: Int32Array;
  /** First option of each set, and the number of options. */
  readonly starts: Int32Array;
  /** Options of each set that were chosen. */
  readonly chosen: Int32Array;
}

export function conditionalLogitFamily(family: Family, outcomes: Outcomes): ResponseFamily {
  return new ChoicesOfSets(family, stagesOf(outcomes));
}

/** @throws RangeError for outcomes without sets */
export function stagesOf(outcomes: Outcomes): Stages {
  const { rows, values, sets } = outcomes;
  if (!sets) throw new RangeError('choices without choice sets');
  const order = Int32Array.from({ length: rows }, (_, i) => i).sort(
    (a, b) =>
      sets.of[a] - sets.of[b] ||
      (values[a] || Number.POSITIVE_INFINITY) - (values[b] || Number.POSITIVE_INFINITY) ||
      a - b,
  );
  const starts = new Int32Array(sets.count + 1);
  const chosen = new Int32Array(sets.count);
  for (let i = 0; i < rows; i++) {
    starts[sets.of[i] + 1]++;
    if (values[i] > 0) chosen[sets.of[i]]++;
  }
  for (let set = 0; set < sets.count; set++) starts[set + 1] += starts[set];
  return { options: order.map((row) => cellOf(outcomes, row)), starts, chosen };
}

class ChoicesOfSets implements ResponseFamily {
  readonly auxiliary = [];
  readonly #shares: Float64Array;
  readonly #cells: Int32Array;

  constructor(
    readonly family: Family,
    private readonly stages: Stages,
  ) {
    const { starts, chosen } = stages;
    const largest = chosen.reduce(
      (most, _, set) => Math.max(most, starts[set + 1] - starts[set]),
      0,
    );
    this.#shares = new Float64Array(largest);
    this.#cells = new Int32Array(largest);
  }

  logLikelihood(eta: Float64Array, _: Float64Array, etaGradient: Float64Array): number {
    const { options, starts, chosen } = this.stages;
    const shares = this.#shares;
    let value = 0;
    etaGradient.fill(0);
    for (let set = 0; set < chosen.length; set++) {
      const end = starts[set + 1];
      for (let s = 0; s < chosen[set]; s++) {
        const first = starts[set] + s;
        value += eta[options[first]] - this.#writeShares(first, end, eta);
        etaGradient[options[first]]++;
        for (let k = first; k < end; k++) etaGradient[options[k]] -= shares[k - first];
      }
    }
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  }

  curvature(eta: Float64Array, _: Float64Array, etaCurvature: Float64Array): void {
    etaCurvature.fill(0);
    this.#eachStage(eta, (cells, shares) => {
      for (let k = 0; k < cells.length; k++) etaCurvature[cells[k]] -= shares[k];
    });
  }

  eachCurvaturePart(eta: Float64Array, _: Float64Array, onPart: CurvaturePart): void {
    this.#eachStage(eta, (cells, shares) => onPart(1, cells, shares));
  }

  #eachStage(eta: Float64Array, onStage: (cells: Int32Array, shares: Float64Array) => void): void {
    const { options, starts, chosen } = this.stages;
    for (let set = 0; set < chosen.length; set++) {
      const end = starts[set + 1];
      for (let s = 0; s < chosen[set]; s++) {
        const first = starts[set] + s;
        this.#writeShares(first, end, eta);
        this.#cells.set(options.subarray(first, end));
        const count = end - first;
        onStage(this.#cells.subarray(0, count), this.#shares.subarray(0, count));
      }
    }
  }

  /** Writes the probabilities of the options from `first` to `end`; returns log Σ exp η. */
  #writeShares(first: number, end: number, eta: Float64Array): number {
    const { options } = this.stages;
    for (let k = first; k < end; k++) this.#shares[k - first] = eta[options[k]];
    return toShares(this.#shares, end - first);
  }
}

/**
 * log p of a set's choices.
 *
 * @param eta of its options, the chosen first, best first
 * @param chosen number of options that were chosen
 */
export function logProbabilityOfChoices(eta: Float64Array, chosen: number): number {
  let value = 0;
  for (let s = 0; s < chosen; s++) value += eta[s] - logTotal(eta, s, eta.length);
  return value;
}

/**
 * Overwrites the linear predictors of a set's options by the probabilities that each is chosen.
 *
 * @returns log Σ exp η
 */
export function toShares(eta: Float64Array, options = eta.length): number {
  const total = logTotal(eta, 0, options);
  for (let k = 0; k < options; k++) eta[k] = Math.exp(eta[k] - total);
  return total;
}

/** log Σ exp η of the options from `first` to `end`. */
function logTotal(eta: Float64Array, first: number, end: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let k = first; k < end; k++) most = Math.max(most, eta[k]);
  let sum = 0;
  for (let k = first; k < end; k++) sum += Math.exp(eta[k] - most);
  return most + Math.log(sum);
}

/** Draws the option that is chosen. @param shares probabilities of the options */
export function drawnOption(shares: Float64Array, random: RandomStream): number {
  let left = random.uniform();
  for (let k = 0; k < shares.length - 1; k++) {
    left -= shares[k];
    if (left < 0) return k;
  }
  return shares.length - 1;
}

function ofASet(): never {
  throw new WeighbridgeError('bad-argument', 'a choice is of a set of options, not of a row');
}

/** Nothing can be said of a row without the other options of its set. */
export function conditionalLogitDistribution(family: Family): OwnDistribution {
  return {
    family,
    auxiliary: [],
    inverseLink: (eta) => eta,
    writeInverse: () => {},
    means: ofASet,
    logDensities: ofASet,
    simulateAt: ofASet,
    expected: (outcome) =>
      Number.isInteger(outcome) && outcome >= 0
        ? null
        : 'a rank from 1, or 0 for an option that was not chosen',
  };
}
