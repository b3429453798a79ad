/**
 * The probability between two points of the distribution function F of a link, a > b, with δ = a − b:
 *
 *     P = F(a) − F(b),   F′ = f,   ψ = f′/f.
 *
 * The difference of two values of F loses its digits in the tails and for small δ. Each link
 * therefore has a form of its own:
 *
 *     logit    P = F(a) F(−b) (1 − e^−δ)
 *     cloglog  P = e^−u (1 − e^−D),  u = e^b,  D = e^a − e^b = u (e^δ − 1)
 *     cauchit  P = atan2(δ, 1 + a b)/π
 *     probit   P = e^(−a²/2) (T(−a) − T(−b) e^(−δ |a + b|/2)) in the lower tail, with the scaled tail
 *              T of normal-tail.ts; for small δ, Gauss-Legendre quadrature of the density
 *
 * With A = f(a)/P, B = −f(b)/P and S = A + B, the derivatives of log P are A by a and B by b; S, the one
 * by a shift of both, is computed without the difference. Second derivatives follow from these and ψ.
 */
import type { LinkName } from './family.js';
import { DENSITY_AT_ZERO, scaledTail } from './normal-tail.js';

/** log P with its first derivatives, written by `LinkInterval.between`. */
export interface IntervalTerms {
  value: number;
  /** A, the derivative by a. */
  upper: number;
  /** B, the derivative by b. */
  lower: number;
  /** S, the derivative by a shift of both. */
  shift: number;
}

export interface LinkInterval {
  /** @param gap δ = a − b, which is not computed from a and b because these may be nearly the same */
  between(a: number, b: number, gap: number, terms: IntervalTerms): void;
  /** ψ(x) = f′(x)/f(x). */
  score(x: number): number;
}

export function newIntervalTerms(): IntervalTerms {
  return { value: 0, upper: 0, lower: 0, shift: 0 };
}

/** 1/(1 + e^−x). */
function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x > 0 ? 1 : e) / (1 + e);
}

/** log(1 + e^x). */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** log(1 − e^−x), x > 0 (Mächler 2012, "log1mexp"). */
function logOneLess(x: number): number {
  return x < Math.LN2 ? Math.log(-Math.expm1(-x)) : Math.log1p(-Math.exp(-x));
}

const logit: LinkInterval = {
  between(a, b, gap, terms) {
    const odds = 1 / Math.expm1(gap);
    const above = logistic(-a);
    const below = logistic(b);
    terms.value = logOneLess(gap) - softplus(-a) - softplus(b);
    terms.upper = above + odds;
    terms.lower = -below - odds;
    terms.shift = above - below;
  },
  score: (x) => -Math.tanh(0.5 * x),
};

/** Beyond this D, e^−D is nothing to 1, and D e^−D to any number that matters. */
const MOST_LOSS = 700;

const cloglog: LinkInterval = {
  between(a, b, gap, terms) {
    const u = Math.exp(b);
    const loss = gap > 1 ? Math.exp(a) - u : u * Math.expm1(gap);
    // Losses below the least number have a logarithm: e^a (1 − e^−δ).
    terms.value = loss > 1e-290 ? logOneLess(loss) - u : a + logOneLess(gap);
    if (loss > MOST_LOSS) {
      terms.upper = 0;
      terms.lower = -u;
      terms.shift = -u;
      return;
    }
    // D/(e^D − 1), which e^a/D = 1/(1 − e^−δ) makes A.
    const ratio = loss < 1e-17 ? 1 : loss / Math.expm1(loss);
    terms.upper = ratio / -Math.expm1(-gap);
    terms.lower = -u - ratio / Math.expm1(gap);
    terms.shift = ratio - u;
  },
  score: (x) => 1 - Math.exp(x),
};

const cauchit: LinkInterval = {
  between(a, b, gap, terms) {
    const angle = Math.atan2(gap, 1 + a * b);
    const atA = 1 / (1 + a * a);
    const atB = 1 / (1 + b * b);
    terms.value = Math.log(angle / Math.PI);
    terms.upper = atA / angle;
    terms.lower = -atB / angle;
    terms.shift = (-gap * (a + b) * atA * atB) / angle;
  },
  score: (x) => (-2 * x) / (1 + x * x),
};

/** Nodes and weights of Gauss-Legendre quadrature on [−1, 1] with five points (weights sum to 1). */
const NODES = [0, 0.5384693101056831, -0.5384693101056831, 0.906179845938664, -0.906179845938664];
const WEIGHTS = [
  0.28444444444444444, 0.23931433524968324, 0.23931433524968324, 0.11846344252809454,
  0.11846344252809454,
];

/** Below this δ (1 + |a + b|/2) the quadrature has all digits: its error is of the order of its tenth power. */
const NARROW = 0.1;

/** For a + b ≤ 0; the other side by symmetry. */
function lowerNormal(a: number, b: number, gap: number, terms: IntervalTerms): void {
  const middle = 0.5 * (a + b);
  if (gap * (1 - middle) < NARROW) {
    narrowNormal(middle, 0.5 * gap, terms);
    return;
  }
  const fall = gap * middle;
  if (a <= 0) {
    const rest = scaledTail(-a) - scaledTail(-b) * Math.exp(fall);
    terms.value = Math.log(rest) - 0.5 * a * a;
    terms.upper = DENSITY_AT_ZERO / rest;
    terms.lower = -terms.upper * Math.exp(fall);
    terms.shift = -terms.upper * Math.expm1(fall);
    return;
  }
  const density = Math.exp(-0.5 * a * a);
  const densityBelow = Math.exp(-0.5 * b * b);
  const outside = scaledTail(a) * density + scaledTail(-b) * densityBelow;
  const inside = 1 - outside;
  terms.value = Math.log1p(-outside);
  terms.upper = (DENSITY_AT_ZERO * density) / inside;
  terms.lower = (-DENSITY_AT_ZERO * densityBelow) / inside;
  terms.shift = -terms.upper * Math.expm1(fall);
}

function narrowNormal(middle: number, half: number, terms: IntervalTerms): void {
  let sum = 0;
  let slopes = 0;
  for (let i = 0; i < NODES.length; i++) {
    const t = half * NODES[i];
    const share = WEIGHTS[i] * Math.exp(-t * (middle + 0.5 * t));
    sum += share;
    slopes -= share * (middle + t);
  }
  const width = 2 * half * sum;
  terms.value = Math.log(DENSITY_AT_ZERO * width) - 0.5 * middle * middle;
  terms.upper = Math.exp(-half * (middle + 0.5 * half)) / width;
  terms.lower = -Math.exp(half * (middle - 0.5 * half)) / width;
  terms.shift = slopes / sum;
}

const probit: LinkInterval = {
  between(a, b, gap, terms) {
    if (a + b <= 0) {
      lowerNormal(a, b, gap, terms);
      return;
    }
    lowerNormal(-b, -a, gap, terms);
    const { upper, lower } = terms;
    terms.upper = -lower;
    terms.lower = -upper;
    terms.shift = -terms.shift;
  },
  score: (x) => -x,
};

const intervals: Partial<Record<LinkName, LinkInterval>> = { logit, probit, cloglog, cauchit };

/** @throws RangeError for a link without a distribution function on the whole line */
export function linkInterval(name: LinkName): LinkInterval {
  const interval = intervals[name];
  if (!interval) throw new RangeError(`${name} is no link of an ordinal family`);
  return interval;
}
