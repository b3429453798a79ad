/**
 * Outcomes that are known to lie in an interval (censored), and rows that are in the data only if their outcome
 * lies in one (truncated). The likelihood of row i is
 *
 *     p(y_i)/P(after_i < Y ≤ upTo_i)                              for an outcome that is known, from_i = to_i = y_i
 *     P(from_i < Y ≤ to_i)/P(after_i < Y ≤ upTo_i)                for one that is known to lie in an interval
 *
 * A weight is a power of the whole of it. Derivatives of log P are exact; second derivatives are central
 * differences of them, with relative errors about 1e-9.
 */
import { distinctRows } from '../../src/linear-algebra/distinct-rows.js';
import {
  isCensored,
  isTruncated,
  type Limits,
  limitColumns,
  pickLimits,
} from '../../src/linear-algebra/limits.js';
import type { RowDensity } from './by-rows.js';
import { type Family, type Outcomes, traitsOf } from './family.js';
import { IntervalProbability, type RowTails } from './tails.js';

type LimitedOutcomes = Pick<Outcomes, 'values' | 'trials'> & { readonly limits: Limits };

/** Share of a parameter by which it is moved: the cube root of the relative rounding error. */
const STEP = Number.EPSILON ** (1 / 3);

/** The density of rows with limits; its outcomes are the places of the rows, from 0. */
export class LimitedRows implements RowDensity {
  readonly #outcomes: LimitedOutcomes;
  readonly #density: RowDensity;
  readonly #tails: RowTails;
  readonly #probability: IntervalProbability;
  readonly #hasLocation: boolean;
  readonly #width: number;
  #aux: Float64Array;
  readonly #moved: Float64Array;
  readonly #scratch: Float64Array;
  readonly #part: Float64Array;
  readonly #within: Float64Array;
  readonly #above: Float64Array;
  readonly #below: Float64Array;

  constructor(
    family: Pick<Family, 'family'>,
    outcomes: LimitedOutcomes,
    density: RowDensity,
    tails: RowTails,
  ) {
    const { auxiliary, mean } = traitsOf(family);
    this.#outcomes = outcomes;
    this.#density = density;
    this.#tails = tails;
    this.#width = 1 + auxiliary.length;
    this.#probability = new IntervalProbability(tails, this.#width);
    this.#hasLocation = mean === 'any';
    this.#aux = new Float64Array(auxiliary.length);
    this.#moved = new Float64Array(auxiliary.length);
    this.#scratch = new Float64Array(this.#width);
    this.#part = new Float64Array(this.#width);
    this.#within = new Float64Array(this.#width);
    this.#above = new Float64Array(this.#width);
    this.#below = new Float64Array(this.#width);
  }

  prepare(aux: Float64Array): void {
    this.#aux = aux;
    this.#density.prepare(aux);
    this.#tails.prepare(aux);
  }

  logDensity(
    place: number,
    _trials: number,
    mu: number,
    rest: number,
    slopes: Float64Array | null,
  ): number {
    const { values, trials, limits } = this.#outcomes;
    const n = trials ? trials[place] : 1;
    if (isCensored(limits, place)) return this.#logLimits(place, mu, rest, slopes ?? this.#scratch);
    const value = this.#density.logDensity(values[place], n, mu, rest, slopes);
    if (!isTruncated(limits, place)) return value;
    const logProbability = this.#logLimits(place, mu, rest, this.#part);
    if (slopes) for (let a = 0; a < this.#width; a++) slopes[a] += this.#part[a];
    return value + logProbability;
  }

  secondDerivatives(
    place: number,
    _trials: number,
    mu: number,
    rest: number,
    target: Float64Array,
  ): void {
    const { values, trials, limits } = this.#outcomes;
    const known = !isCensored(limits, place);
    if (known) {
      const n = trials ? trials[place] : 1;
      this.#density.secondDerivatives(values[place], n, mu, rest, target);
      if (!isTruncated(limits, place)) return;
    } else target.fill(0);
    const width = this.#width;
    for (let a = 0; a < width; a++) {
      const step = this.#move(a, place, mu, rest);
      for (let b = 0; b < width; b++) {
        // Half to each of the two entries, which differ by rounding.
        const half = (0.25 * (this.#above[b] - this.#below[b])) / step;
        target[a * width + b] += half;
        target[b * width + a] += half;
      }
    }
  }

  constant(place: number): number {
    const { values, trials, limits } = this.#outcomes;
    if (isCensored(limits, place)) return 0;
    return this.#density.constant(values[place], trials ? trials[place] : 1);
  }

  /** The part of the log likelihood that is of intervals, with its slopes. */
  #logLimits(place: number, mu: number, rest: number, slopes: Float64Array): number {
    const { trials, limits } = this.#outcomes;
    const { from, to, after, upTo } = limits;
    const n = trials ? trials[place] : 1;
    slopes.fill(0);
    let value = 0;
    if (isCensored(limits, place)) {
      value = this.#probability.log(from[place], to[place], n, mu, rest, slopes);
    }
    if (isTruncated(limits, place)) {
      value -= this.#probability.log(after[place], upTo[place], n, mu, rest, this.#within);
      for (let a = 0; a < this.#width; a++) slopes[a] -= this.#within[a];
    }
    return value;
  }

  /** Sets the slopes above and below, of parameter a moved by the step that is returned. */
  #move(a: number, place: number, mu: number, rest: number): number {
    const step = STEP * this.#sizeOf(a, mu, rest);
    const at = (sign: 1 | -1, slopes: Float64Array): void => {
      if (a === 0) {
        this.#logLimits(place, mu + sign * step, rest - sign * step, slopes);
        return;
      }
      this.#moved.set(this.#aux);
      this.#moved[a - 1] += sign * step;
      this.#tails.prepare(this.#moved);
      this.#logLimits(place, mu, rest, slopes);
    };
    at(1, this.#above);
    at(-1, this.#below);
    this.#tails.prepare(this.#aux);
    return step;
  }

  /** A location moves by the first auxiliary parameter, σ; other parameters by their own size. */
  #sizeOf(a: number, mu: number, rest: number): number {
    if (a > 0) return Math.abs(this.#aux[a - 1]) || 1;
    if (this.#hasLocation) return this.#aux[0];
    return rest < mu ? rest : Math.abs(mu);
  }
}

/**
 * The rows that differ in their outcomes or limits, and what each row's outcome is among them.
 *
 * @returns outcomes to be given to a likelihood of `LimitedRows` of `distinct`
 */
export function distinctLimited(outcomes: Outcomes & { readonly limits: Limits }): {
  readonly distinct: LimitedOutcomes;
  readonly places: Outcomes;
} {
  const { limits: _limits, ...others } = outcomes;
  const { rows, values, trials, limits } = outcomes;
  const { of, first } = distinctRows(rows, [
    { values, width: 1 },
    ...(trials ? [{ values: trials, width: 1 }] : []),
    ...limitColumns(limits),
  ]);
  const pick = (all: Float64Array) => Float64Array.from(first, (row) => all[row]);
  return {
    distinct: {
      values: pick(values),
      trials: trials && pick(trials),
      limits: pickLimits(limits, pick),
    },
    places: { ...others, values: Float64Array.from(of), trials: null },
  };
}
