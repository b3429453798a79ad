/**
 * Sensitivity of a posterior to raising its prior, or its likelihood, to a power α near 1
 * (Kallioinen, Paananen, Bürkner & Vehtari 2023, Statistics and Computing 34, arXiv 2107.14054):
 *
 * p_α(θ | y) ∝ p(y | θ) p(θ)^α,   or   p(y | θ)^α p(θ)
 *
 * The existing draws are reweighted by p^(α − 1), smoothed (PSIS), and each parameter's distance
 * from the original posterior is measured.
 */
import { orderingOf } from './fast/ordering.js';
import { psis, relativeEfficiency, type SmoothedWeights } from './psis.js';

/** Powers for the numerical derivative: a step of 1% in either direction. */
const LOWER = 0.99;
const UPPER = 1.01;

/** Weights of the draws under a component raised to two powers around 1. */
export interface PowerScaling {
  readonly lower: SmoothedWeights;
  readonly upper: SmoothedWeights;
}

/**
 * @param logComponent log prior, or log likelihood, at each draw, chain after chain; finite
 * @returns null if the component is the same at all draws: its powers change nothing
 */
export function powerScaling(logComponent: Float64Array, chains: number): PowerScaling | null {
  if (logComponent.every((value) => value === logComponent[0])) return null;
  const scaled = (alpha: number) => {
    const logRatios = logComponent.map((value) => (alpha - 1) * (value - logComponent[0]));
    const greatest = logRatios.reduce((a, b) => Math.max(a, b));
    const ratios = logRatios.map((logRatio) => Math.exp(logRatio - greatest));
    return psis(logRatios, relativeEfficiency(ratios, chains));
  };
  return { lower: scaled(LOWER), upper: scaled(UPPER) };
}

/**
 * Derivative of the distance with respect to log₂ α, averaged over both sides: 0.055 for a normal
 * posterior that moves by a quarter of its sd per doubling of the power.
 *
 * @param draws of a parameter, in the order of the weights
 */
export function powerSensitivity(draws: Float64Array, { lower, upper }: PowerScaling): number {
  const slope = ({ weights }: SmoothedWeights, alpha: number) =>
    cumulativeJensenShannon(draws, weights) / Math.abs(Math.log2(alpha));
  return (slope(lower, LOWER) + slope(upper, UPPER)) / 2;
}

/**
 * The cumulative Jensen-Shannon distance (Nguyen & Vreeken 2015, ECML PKDD) between the unweighted
 * draws, P, and the same draws weighted, Q. In terms of their distribution functions,
 *
 * √( ∫ P log₂ (2P / (P + Q)) + Q log₂ (2Q / (P + Q)) dx  /  ∫ P + Q dx ),
 *
 * integrated from the smallest to the largest draw. Returns the larger of this and the same for the
 * mirrored draws, in [0, 1]. The integrals are sums, because the functions are step functions.
 *
 * @param weights one per draw, not negative, not necessarily normalized
 */
export function cumulativeJensenShannon(draws: Float64Array, weights: ArrayLike<number>): number {
  const { ascending, order } = orderingOf(draws);
  const forwards = Float64Array.from(order, (draw) => weights[draw]);
  const gaps = ascending.subarray(1).map((value, i) => value - ascending[i]);
  return Math.max(
    distance(gaps, forwards),
    distance(gaps.slice().reverse(), forwards.slice().reverse()),
  );
}

/**
 * @param gaps between neighbouring draws
 * @param weights of the sorted draws
 */
function distance(gaps: Float64Array, weights: Float64Array): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  let divergence = 0;
  let bound = 0;
  for (let i = 0; i < gaps.length; i++) {
    sum += weights[i];
    const p = (i + 1) / weights.length;
    const q = sum / total;
    divergence += gaps[i] * (fromMiddle(p, q) + fromMiddle(q, p));
    bound += gaps[i] * (p + q);
  }
  return bound > 0 ? Math.sqrt(Math.max(0, divergence / bound)) : 0;
}

/** a log₂ (2a / (a + b)), accurate for small differences. */
function fromMiddle(a: number, b: number): number {
  return a > 0 ? -a * Math.log1p((b - a) / (2 * a)) * Math.LOG2E : 0;
}
