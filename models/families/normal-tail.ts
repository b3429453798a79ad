/**
 * Φ and log Φ with two derivatives, accurate to the last digits everywhere in the lower tail.
 *
 * With the scaled tail T(x) = Φ(−x) exp(x²/2), x ≥ 0, which decays only as 1/x,
 *
 *     log Φ(−x) = log T(x) − x²/2,     m(−x) = φ(x)/Φ(−x) = 1/(√(2π) T(x)),
 *
 * and in general (log Φ)′ = m, (log Φ)″ = −m (m + η). T by the rational functions of Cody (1969,
 * Math. Comp. 23; 1993, ACM TOMS 19, Algorithm 715), as in R's pnorm.
 */
import quantile from '@stdlib/stats-base-dists-normal-quantile';
import type { LogTerms } from './links.js';

/** φ(0) = 1/√(2π). */
export const DENSITY_AT_ZERO = 1 / Math.sqrt(2 * Math.PI);
const NEAR = 0.67448975;
const FAR = Math.sqrt(32);

/** T(x), x ≥ 0. */
export function scaledTail(x: number): number {
  if (x < NEAR) return (0.5 - x * nearRatio(x * x)) * Math.exp(0.5 * x * x);
  return x < FAR ? middleTail(x) : (DENSITY_AT_ZERO - farShortfall(x)) / x;
}

/** (Φ(x) − ½)/x at s = x². */
function nearRatio(s: number): number {
  let above = 0.06568233791820745 * s + 2.2352520354606837;
  above = above * s + 161.02823106855587;
  above = above * s + 1067.6894854603709;
  above = above * s + 18154.98125334356;
  let below = s + 47.202581904688245;
  below = below * s + 976.0985517377767;
  below = below * s + 10260.932208618979;
  below = below * s + 45507.789335026726;
  return above / below;
}

/** T(x) of 0.674 ≤ x ≤ √32. */
function middleTail(x: number): number {
  let above = 1.0765576773720192e-8 * x + 0.39894151208813466;
  above = above * x + 8.883149794388377;
  above = above * x + 93.50665613217785;
  above = above * x + 597.2702763948002;
  above = above * x + 2494.5375852903726;
  above = above * x + 6848.190450536283;
  above = above * x + 11602.65143764735;
  above = above * x + 9842.714838383978;
  let below = x + 22.266688044328117;
  below = below * x + 235.387901782625;
  below = below * x + 1519.377599407555;
  below = below * x + 6485.558298266761;
  below = below * x + 18615.571640885097;
  below = below * x + 34900.95272114598;
  below = below * x + 38912.00328609327;
  below = below * x + 19685.429676859992;
  return above / below;
}

/** 1/√(2π) − x T(x), x ≥ √32: the asymptotic series without its first term. */
function farShortfall(x: number): number {
  const s = 1 / (x * x);
  let above = 0.02307344176494017 * s + 0.215898534057957;
  above = above * s + 0.1274011611602474;
  above = above * s + 0.022235277870649807;
  above = above * s + 0.0014216191932278934;
  above = above * s + 2.9112874951168793e-5;
  let below = s + 1.284260096144911;
  below = below * s + 0.4682382124808651;
  below = below * s + 0.06598813786892856;
  below = below * s + 0.0037823963320275824;
  below = below * s + 7.2975155508396618e-5;
  return (s * above) / below;
}

/** log Φ(η) with its derivatives. */
export function normalLogCdf(eta: number, terms: LogTerms): void {
  if (eta < 0) {
    const tail = scaledTail(-eta);
    const slope = DENSITY_AT_ZERO / tail;
    terms.value = Math.log(tail) - 0.5 * eta * eta;
    terms.slope = slope;
    // m + η: beyond √32 without the difference of two numbers that are nearly the same.
    const excess = eta < -FAR ? farShortfall(-eta) / tail : slope + eta;
    terms.curvature = -slope * excess;
  } else {
    const density = Math.exp(-0.5 * eta * eta);
    const failure = scaledTail(eta) * density;
    const slope = (DENSITY_AT_ZERO * density) / (1 - failure);
    terms.value = Math.log1p(-failure);
    terms.slope = slope;
    terms.curvature = slope === 0 ? 0 : -slope * (slope + eta);
  }
}

/** Φ(x). */
export function normalCdf(x: number): number {
  const tail = scaledTail(Math.abs(x)) * Math.exp(-0.5 * x * x);
  return x < 0 ? tail : 1 - tail;
}

/** Φ⁻¹(p). */
export function normalQuantile(p: number): number {
  return quantile(p, 0, 1);
}
