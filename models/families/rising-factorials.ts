/**
 * Rising factorials of counts, for the negative binomial and the beta-binomial family.
 *
 * A(φ) = Σ log Γ(y_i + φ) − log Γ(φ) over many counts, with its two derivatives: the part of a negative
 * binomial likelihood that depends only on the counts and the shape.
 *
 * Γ(y + φ)/Γ(φ) = φ (φ + 1) … (φ + y − 1), so that with N_j counts above j
 *
 *     A = Σ_j N_j log(φ + j),   A′ = Σ_j N_j/(φ + j),   A″ = −Σ_j N_j/(φ + j)²,
 *
 * without special functions, and without losing digits for large φ. N_j changes only at a count that
 * occurs, so one logarithm serves a product of factors. If there are many more j than distinct counts
 * (large counts), the gamma functions are evaluated once per distinct count instead.
 */
import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import trigamma from '@stdlib/math-base-special-trigamma';
import type { LogTerms } from './links.js';

interface RisingFactorials {
  /** A(φ); remembers A′(φ) as `slope`. */
  value(shape: number): number;
  slope(): number;
  /** A″(φ). */
  curvature(shape: number): number;
}

/** Stirling's series has all digits from here on with the terms that are taken. */
const LARGE = 30;

/**
 * log Γ(y + φ)/Γ(φ) − y log φ = Σ_{j<y} log(1 + j/φ), for one count. For large φ, by Stirling's
 * series with combined logarithms: the difference of two log Γ would lose all digits.
 */
export function logRisingRatio(y: number, shape: number): number {
  if (y === 0) return 0;
  if (shape < LARGE) return gammaln(y + shape) - gammaln(shape) - y * Math.log(shape);
  const both = y + shape;
  return (both - 0.5) * Math.log1p(y / shape) - y + (stirlingRest(both) - stirlingRest(shape));
}

/** log Γ(x) − (x − ½) log x + x − ½ log 2π, of a large x (Abramowitz & Stegun 1964, 6.1.41). */
function stirlingRest(x: number): number {
  const s = 1 / (x * x);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s / 1680))) / x;
}

/** Factors that cost as much as one logarithm of the gamma function with its derivative. */
const FACTORS_A_GAMMA = 50;
/** A product beyond these has its logarithm taken. */
const MOST = 1e250;
const LEAST = 1e-250;

/** @param weights factors of the counts' terms. @default 1 for each count */
export function risingFactorials(
  counts: ArrayLike<number>,
  weights?: ArrayLike<number>,
): RisingFactorials {
  const distinct = distinctCounts(counts, weights);
  const largest = distinct.values.length > 0 ? distinct.values[distinct.values.length - 1] : 0;
  return largest <= FACTORS_A_GAMMA * distinct.values.length
    ? byFactors(distinct)
    : byGamma(distinct);
}

interface DistinctCounts {
  /** Above zero, ascending. */
  readonly values: Float64Array;
  /** Total weight of the counts equal to this value. */
  readonly times: Float64Array;
  /** Total weight of the counts at least this large. */
  readonly atLeast: Float64Array;
}

function distinctCounts(counts: ArrayLike<number>, weights?: ArrayLike<number>): DistinctCounts {
  const times = new Map<number, number>();
  for (let i = 0; i < counts.length; i++) {
    if (counts[i] > 0) times.set(counts[i], (times.get(counts[i]) ?? 0) + (weights?.[i] ?? 1));
  }
  const values = Float64Array.from(times.keys()).sort();
  const timesOf = values.map((value) => times.get(value) ?? 0);
  const atLeast = timesOf.slice();
  for (let d = atLeast.length - 2; d >= 0; d--) atLeast[d] += atLeast[d + 1];
  return { values, times: timesOf, atLeast };
}

function byFactors({ values, atLeast }: DistinctCounts): RisingFactorials {
  let slope = 0;
  return {
    value(shape) {
      let value = 0;
      slope = 0;
      let j = 0;
      for (let d = 0; d < values.length; d++) {
        let logs = 0;
        let product = 1;
        let inverses = 0;
        for (; j < values[d]; j++) {
          const factor = shape + j;
          inverses += 1 / factor;
          product *= factor;
          if (product > MOST) {
            logs += Math.log(product);
            product = 1;
          }
        }
        value += atLeast[d] * (logs + Math.log(product));
        slope += atLeast[d] * inverses;
      }
      return value;
    },
    slope: () => slope,
    curvature(shape) {
      let sum = 0;
      let j = 0;
      for (let d = 0; d < values.length; d++) {
        for (; j < values[d]; j++) sum -= atLeast[d] / ((shape + j) * (shape + j));
      }
      return sum;
    },
  };
}

function byGamma({ values, times }: DistinctCounts): RisingFactorials {
  let slope = 0;
  return {
    value(shape) {
      const logShape = Math.log(shape);
      const slopeAtZero = digamma(shape);
      let value = 0;
      slope = 0;
      for (let d = 0; d < values.length; d++) {
        value += times[d] * (logRisingRatio(values[d], shape) + values[d] * logShape);
        slope += times[d] * (digamma(shape + values[d]) - slopeAtZero);
      }
      return value;
    },
    slope: () => slope,
    curvature(shape) {
      const atZero = trigamma(shape);
      let sum = 0;
      for (let d = 0; d < values.length; d++) {
        sum += times[d] * (trigamma(shape + values[d]) - atZero);
      }
      return sum;
    },
  };
}

/** Up to this count, sums over the factors are as quick as the gamma functions, and more accurate. */
const FEW = 40;

/**
 * log Γ(y + s)/Γ(s) = Σ_{j<y} log(s + j) of one count, with its derivatives by s.
 *
 * @param start s > 0; at 0 the value of a positive count is −∞
 */
export function writeRising(y: number, start: number, terms: LogTerms): void {
  terms.value = 0;
  terms.slope = 0;
  terms.curvature = 0;
  if (y > FEW) {
    terms.value = logRisingRatio(y, start) + y * Math.log(start);
    terms.slope = digamma(y + start) - digamma(start);
    terms.curvature = trigamma(y + start) - trigamma(start);
    return;
  }
  let product = 1;
  for (let j = 0; j < y; j++) {
    const factor = start + j;
    const inverse = 1 / factor;
    terms.slope += inverse;
    terms.curvature -= inverse * inverse;
    product *= factor;
    if (product > MOST || product < LEAST) {
      terms.value += Math.log(product);
      product = 1;
    }
  }
  terms.value += Math.log(product);
}
