/**
 * Shares from 0 to 1, both included, whose ends the linear predictor decides as well (Kubinec 2023,
 * "Ordered beta regression", doi 10.1017/pan.2022.20): 0 and 1 are the outer of three ordered categories, with
 * thresholds k₁ = cutzero and k₂ = cutzero + cutgap, and a share between them is beta (beta.ts).
 *
 *     P(0) = 1 − s₁,   P(1) = s₂,   p(y) = (s₁ − s₂) beta(y | μ φ, (1 − μ) φ) between them,
 *     s_j = logistic(η − k_j),   logit μ = η;   link: logit
 *
 * E(y) = s₂ + (s₁ − s₂) μ. Default priors: φ ~ gamma(0.01, 0.01), cutzero ~ normal(0, 3), cutgap ~ normal(0, 3)
 * above 0; the paper has a Dirichlet prior of the three probabilities, which is of both thresholds at once.
 * With d = e^−cutgap, s₁ − s₂ = s₁ (1 − s₂) (1 − d), whose logarithm has the derivatives
 *
 *     by η: 1 − s₁ − s₂,   by cutzero: the negative,   by cutgap: s₂ + d/(1 − d).
 */
import type { RandomStream } from '../../src/random/stream.js';
import { betaRow, drawShare } from './beta.js';
import { byRows, type RowDensity, setBoth } from './by-rows.js';
import { log1mexp } from './links.js';

/** Places of the derivatives by (μ, φ, cutzero, cutgap). */
const PHI = 1;
const ZERO = 2;
const GAP = 3;
const WIDTH = 4;

/** log(1 + e^x). */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** The log probability of an end, or of the shares between them, with derivatives by η and the cuts. */
interface Place {
  value: number;
  byEta: number;
  byGap: number;
  /** d²/dη². By cutzero all derivatives are those by η with the opposite sign. */
  byEtaEta: number;
  byEtaGap: number;
  byGapGap: number;
}

function writePlace(y: number, eta: number, cutzero: number, cutgap: number, place: Place): void {
  const first = eta - cutzero;
  const second = first - cutgap;
  const above = logistic(first);
  const top = logistic(second);
  if (y === 0) {
    place.value = -softplus(first);
    place.byEta = -above;
    place.byEtaEta = -above * logistic(-first);
    place.byGap = place.byEtaGap = place.byGapGap = 0;
    return;
  }
  const spread = top * logistic(-second);
  if (y === 1) {
    place.value = -softplus(-second);
    place.byEta = logistic(-second);
    place.byEtaEta = -spread;
    place.byGap = -place.byEta;
    place.byEtaGap = spread;
    place.byGapGap = -spread;
    return;
  }
  const odds = 1 / Math.expm1(cutgap);
  place.value = -softplus(-first) - softplus(second) + log1mexp(-cutgap);
  place.byEta = logistic(-first) - top;
  place.byEtaEta = -above * logistic(-first) - spread;
  place.byGap = top + odds;
  place.byEtaGap = spread;
  place.byGapGap = -spread - odds * (1 + odds);
}

function density(): RowDensity {
  const inside = betaRow();
  const slopes = new Float64Array(2);
  const second = new Float64Array(4);
  const place: Place = { value: 0, byEta: 0, byGap: 0, byEtaEta: 0, byEtaGap: 0, byGapGap: 0 };
  let cutzero = Number.NaN;
  let cutgap = Number.NaN;
  const isInside = (y: number) => y > 0 && y < 1;
  /** dη/dμ; 0 where μ has rounded to an end, at which nothing depends on η any more. */
  const etaSlope = (mu: number, rest: number) => (mu > 0 && rest > 0 ? 1 / (mu * rest) : 0);
  const locate = (y: number, mu: number, rest: number) =>
    writePlace(y, Math.log(mu) - Math.log(rest), cutzero, cutgap, place);
  return {
    prepare(aux) {
      inside.prepare(aux);
      cutzero = aux[1];
      cutgap = aux[2];
    },
    logDensity(y, trials, mu, rest, target) {
      locate(y, mu, rest);
      const within = isInside(y)
        ? inside.logDensity(y, trials, mu, rest, target && slopes)
        : slopes.fill(0)[0];
      if (target) {
        target[0] = slopes[0] + place.byEta * etaSlope(mu, rest);
        target[PHI] = slopes[1];
        target[ZERO] = -place.byEta;
        target[GAP] = place.byGap;
      }
      return place.value + within;
    },
    secondDerivatives(y, trials, mu, rest, target) {
      locate(y, mu, rest);
      if (isInside(y)) inside.secondDerivatives(y, trials, mu, rest, second);
      else second.fill(0);
      const e = etaSlope(mu, rest);
      target.fill(0);
      target[0] = second[0] + place.byEtaEta * e * e + place.byEta * (mu - rest) * e * e;
      setBoth(target, WIDTH, 0, PHI, second[1]);
      setBoth(target, WIDTH, 0, ZERO, -place.byEtaEta * e);
      setBoth(target, WIDTH, 0, GAP, place.byEtaGap * e);
      target[PHI * (WIDTH + 1)] = second[3];
      target[ZERO * (WIDTH + 1)] = place.byEtaEta;
      setBoth(target, WIDTH, ZERO, GAP, -place.byEtaGap);
      target[GAP * (WIDTH + 1)] = place.byGapGap;
    },
    constant: () => 0,
  };
}

/** P(y > 0) and P(y = 1) at μ. */
function probabilities(mu: number, cutzero: number, cutgap: number) {
  const first = Math.log(mu / (1 - mu)) - cutzero;
  return { above: logistic(first), top: logistic(first - cutgap) };
}

export const orderedBeta = byRows({
  density,
  means:
    ([, zeros, gaps]) =>
    (locations) => {
      for (let s = 0; s < locations.length; s++) {
        const { above, top } = probabilities(locations[s], zeros[s], gaps[s]);
        locations[s] = top + (above - top) * locations[s];
      }
    },
  simulateAt(mu, [phi, cutzero, cutgap], _trials, random: RandomStream) {
    const { above, top } = probabilities(mu, cutzero, cutgap);
    const u = random.uniform();
    if (u < top) return 1;
    return u < above ? drawShare(mu, phi, random) : 0;
  },
  expected: (outcome) => (outcome >= 0 && outcome <= 1 ? null : 'a number from 0 to 1'),
});
