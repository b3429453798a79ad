/**
 * Probabilities of intervals from those of both tails, with their digits: with F = P(Y ≤ y) and S = P(Y > y),
 *
 *     P(a < Y ≤ b) = F(b) − F(a) = S(a) − S(b),
 *
 * of which the difference of the smaller numbers is taken, on the scale of logarithms.
 */
import { log1mexp } from './links.js';

/** log P(Y ≤ y) and log P(Y > y), with their derivatives by (μ, aux …). */
interface Tails {
  lower: number;
  upper: number;
  readonly lowerSlopes: Float64Array;
  readonly upperSlopes: Float64Array;
}

/** @param width number of the family's parameters, with μ */
function newTails(width: number): Tails {
  return {
    lower: 0,
    upper: 0,
    lowerSlopes: new Float64Array(width),
    upperSlopes: new Float64Array(width),
  };
}

/** The tails of a family, with its auxiliary parameters in the order of the family's. */
export interface RowTails {
  /** Takes over the auxiliary parameters. */
  prepare(aux: Float64Array): void;
  /**
   * Overwrites the tails at y, finite.
   *
   * @param rest 1 − μ of a probability, with its own digits
   */
  write(y: number, trials: number, mu: number, rest: number, tails: Tails): void;
  /** E(Y | after < Y ≤ upTo). @default not available */
  truncatedMean?(mu: number, rest: number, trials: number, within: Interval): number;
}

/** An interval of outcomes, `after` < Y ≤ `upTo`, with its log probability. */
interface Interval {
  readonly after: number;
  readonly upTo: number;
  readonly logProbability: number;
  /** d log P/dμ. */
  readonly slope: number;
}

/** Sets the upper tail from the lower one, which is not close to 1: S′ = −F′. */
export function setUpper(tails: Tails): void {
  tails.upper = log1mexp(tails.lower);
  complement(tails.lower - tails.upper, tails.lowerSlopes, tails.upperSlopes);
}

/** Sets the lower tail from the upper one, which is not close to 1. */
export function setLower(tails: Tails): void {
  tails.lower = log1mexp(tails.upper);
  complement(tails.upper - tails.lower, tails.upperSlopes, tails.lowerSlopes);
}

function complement(logOdds: number, from: Float64Array, to: Float64Array): void {
  const odds = Math.exp(logOdds);
  for (let a = 0; a < to.length; a++) to[a] = odds === 0 ? 0 : -odds * from[a];
}

/** Sets the tails where all outcomes are above y. */
export function setBelowAll(tails: Tails): void {
  tails.lower = Number.NEGATIVE_INFINITY;
  tails.upper = 0;
  tails.lowerSlopes.fill(0);
  tails.upperSlopes.fill(0);
}

/** Sets the tails where no outcome is above y. */
export function setAboveAll(tails: Tails): void {
  setBelowAll(tails);
  tails.lower = 0;
  tails.upper = Number.NEGATIVE_INFINITY;
}

/** Sets the tails of a count outside of its range, or of one that is always 0; false for any other. */
export function setCertain(y: number, mu: number, tails: Tails): boolean {
  if (y < 0) setBelowAll(tails);
  else if (mu === 0) setAboveAll(tails);
  return y < 0 || mu === 0;
}

/** log P(after < Y ≤ upTo) at a location, for ends that may be infinite. */
export class IntervalProbability {
  readonly #tails: RowTails;
  readonly #atStart: Tails;
  readonly #atEnd: Tails;

  /** @param width number of the family's parameters, with μ */
  constructor(tails: RowTails, width: number) {
    this.#tails = tails;
    this.#atStart = newTails(width);
    this.#atEnd = newTails(width);
  }

  /** Overwrites `slopes` with the derivatives by (μ, aux …); −∞ for an interval without outcomes. */
  log(
    after: number,
    upTo: number,
    trials: number,
    mu: number,
    rest: number,
    slopes: Float64Array,
  ): number {
    const start = this.#atStart;
    const end = this.#atEnd;
    if (after === Number.NEGATIVE_INFINITY) setBelowAll(start);
    else this.#tails.write(after, trials, mu, rest, start);
    if (upTo === Number.POSITIVE_INFINITY) setAboveAll(end);
    else this.#tails.write(upTo, trials, mu, rest, end);
    return start.lower < start.upper
      ? difference(end.lower, end.lowerSlopes, start.lower, start.lowerSlopes, slopes)
      : difference(start.upper, start.upperSlopes, end.upper, end.upperSlopes, slopes);
  }
}

/** log(e^large − e^small), with derivatives. */
function difference(
  large: number,
  largeSlopes: Float64Array,
  small: number,
  smallSlopes: Float64Array,
  slopes: Float64Array,
): number {
  if (!(large > small)) {
    slopes.fill(0);
    return Number.NEGATIVE_INFINITY;
  }
  // Relative to the larger: e^(small − large).
  const value = log1mexp(small - large);
  const ofLarge = Math.exp(-value);
  const ofSmall = Math.exp(small - large - value);
  for (let a = 0; a < slopes.length; a++) {
    slopes[a] = ofLarge * largeSlopes[a] - (ofSmall === 0 ? 0 : ofSmall * smallSlopes[a]);
  }
  return large + value;
}

/**
 * The truncated mean of a family whose score is linear in y, d log p/dμ = (y − E y)/v: the mean of the score within
 * bounds is d log P/dμ, so that E(Y | bounds) = E y + v d log P/dμ.
 */
export function meanByScore(mean: number, v: number, { slope }: Interval): number {
  return mean + v * slope;
}
