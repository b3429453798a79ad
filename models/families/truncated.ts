/**
 * Outcomes within bounds, after < Y ≤ upTo: draws and means.
 *
 * A draw is the first of 20 ordinary draws that is within the bounds. If none is, it is the quantile of a uniform
 * number by bisection of log P(after < Y ≤ y), which reaches bounds of any small probability. Both are exact, so that
 * it does not matter which of them a draw is from.
 */
import type { RandomStream } from '../../src/random/stream.js';
import { type Family, type OwnDistribution, traitsOf } from './family.js';
import { IntervalProbability, type RowTails } from './tails.js';

/** The interval of one row's outcome, open at `after`. */
export interface Bounds {
  readonly after: number;
  readonly upTo: number;
}

/** A family's distribution within bounds. */
export interface TruncatedDistribution {
  /**
   * Overwrites each inverse link by an outcome drawn at it.
   *
   * @param aux one array per auxiliary parameter, each with one number per inverse link
   */
  outcomes(
    aux: readonly Float64Array[],
  ): (locations: Float64Array, trials: number, bounds: Bounds, random: RandomStream) => void;
  /** Overwrites each inverse link by the mean of an outcome. @default not available */
  means?(
    aux: readonly Float64Array[],
  ): (locations: Float64Array, trials: number, bounds: Bounds) => void;
  /** Draws an outcome at an inverse link. */
  simulateAt(
    location: number,
    aux: Float64Array,
    trials: number,
    bounds: Bounds,
    random: RandomStream,
  ): number;
}

const TRIES = 20;
/** Enough to halve any interval of floating-point numbers down to neighbours of like size. */
const HALVINGS = 200;

export function truncatedDistribution(
  family: Family,
  { simulateAt: simulate }: Pick<OwnDistribution, 'simulateAt'>,
  tails: RowTails,
): TruncatedDistribution {
  const { outcome, auxiliary } = traitsOf(family);
  const isWhole = outcome === 'count' || outcome === 'binomial';
  const width = 1 + auxiliary.length;
  const probability = new IntervalProbability(tails, width);
  const slopes = new Float64Array(width);
  const quantileWithin = quantiles(probability, slopes, isWhole);
  const simulateAt: TruncatedDistribution['simulateAt'] = (mu, aux, trials, bounds, random) => {
    if (Number.isNaN(mu)) return Number.NaN;
    for (let t = 0; t < TRIES; t++) {
      const drawn = simulate(mu, aux, trials, random);
      if (drawn > bounds.after && drawn <= bounds.upTo) return drawn;
    }
    tails.prepare(aux);
    return quantileWithin(mu, trials, bounds, random.uniform());
  };
  const own = new Float64Array(auxiliary.length);
  const readAux = (aux: readonly Float64Array[], s: number): void => {
    for (let a = 0; a < own.length; a++) own[a] = aux[a][s];
  };
  const { truncatedMean } = tails;
  return {
    simulateAt,
    outcomes: (aux) => (locations, trials, bounds, random) => {
      for (let s = 0; s < locations.length; s++) {
        readAux(aux, s);
        locations[s] = simulateAt(locations[s], own, trials, bounds, random);
      }
    },
    ...(truncatedMean && {
      means: (aux) => (locations, trials, bounds) => {
        const { after, upTo } = bounds;
        for (let s = 0; s < locations.length; s++) {
          readAux(aux, s);
          tails.prepare(own);
          const mu = locations[s];
          const rest = 1 - mu;
          const logProbability = probability.log(after, upTo, trials, mu, rest, slopes);
          const within = { after, upTo, logProbability, slope: slopes[0] };
          // Rounding may leave the bounds of a narrow interval.
          const mean = truncatedMean(mu, rest, trials, within);
          locations[s] = Math.min(Math.max(mean, after), upTo);
        }
      },
    }),
  };
}

/** The y within bounds with P(after < Y ≤ y) = u P(after < Y ≤ upTo); of whole numbers the least with as much. */
function quantiles(probability: IntervalProbability, slopes: Float64Array, isWhole: boolean) {
  return (mu: number, trials: number, { after, upTo }: Bounds, u: number): number => {
    const logUpTo = (y: number) => probability.log(after, y, trials, mu, 1 - mu, slopes);
    const wanted = Math.log(u) + logUpTo(upTo);
    let [low, high] = bracket(after, upTo, mu);
    for (let width = 1; high < upTo && logUpTo(high) < wanted; width *= 2) high += width;
    for (let width = 1; low > after && logUpTo(low) >= wanted; width *= 2) low -= width;
    low = Math.max(low, after);
    high = Math.min(high, upTo);
    for (let i = 0; i < HALVINGS; i++) {
      const middle = isWhole ? Math.floor(0.5 * (low + high)) : 0.5 * (low + high);
      if (middle <= low || middle >= high) break;
      if (logUpTo(middle) >= wanted) high = middle;
      else low = middle;
    }
    return high;
  };
}

/** Finite numbers to start from. */
function bracket(after: number, upTo: number, mu: number): [number, number] {
  const low = after > Number.NEGATIVE_INFINITY ? after : Math.min(mu, upTo) - 1;
  const high = upTo < Number.POSITIVE_INFINITY ? upTo : Math.max(mu, after) + 1;
  return [low, high];
}
