/**
 * Numbers with one tail longer than the other, by their mean μ and standard deviation σ, as brms has them.
 *
 *     y ~ skew_normal(μ, σ, α),  σ > 0,  α any number, 0 for a normal;   g(μ) = η;  links: identity, log, inverse
 *
 *     log p = log 2 − log σ + log k − ½ z² − ½ log 2π + log Φ(α z),   z = k (y − μ)/σ + m,
 *     m = √(2/π) α/√(1 + α²),   k = √(1 − m²)
 *
 * Default priors: sigma as of the normal family, alpha ~ normal(0, 4). Derivatives by q = (y − μ)/σ and α,
 * with A = −z + α (log Φ)′(α z):
 *
 *     d/dq = k A,   d/dα = k′/k + A z_α + z (log Φ)′,   z_α = k′ q + m′.
 */
import { byRows, type RowDensity, setBoth } from './by-rows.js';
import { newLogTerms } from './links.js';
import { normalLogCdf } from './normal-tail.js';

const ROOT = Math.sqrt(2 / Math.PI);
const CONSTANT = Math.log(2) - 0.5 * Math.log(2 * Math.PI);

/** m and k with two derivatives by α. */
interface Shape {
  m: number;
  m1: number;
  m2: number;
  k: number;
  k1: number;
  k2: number;
}

function writeShape(alpha: number, shape: Shape): void {
  const square = 1 + alpha * alpha;
  const root = Math.sqrt(square);
  const m = (ROOT * alpha) / root;
  const m1 = ROOT / (square * root);
  const m2 = (-3 * alpha * m1) / square;
  const k = Math.sqrt(1 - m * m);
  const k1 = (-m * m1) / k;
  shape.m = m;
  shape.m1 = m1;
  shape.m2 = m2;
  shape.k = k;
  shape.k1 = k1;
  shape.k2 = -(m1 * m1 + m * m2 + k1 * k1) / k;
}

function density(): RowDensity {
  const shape: Shape = { m: 0, m1: 0, m2: 0, k: 1, k1: 0, k2: 0 };
  const tail = newLogTerms();
  let sigma = Number.NaN;
  let alpha = Number.NaN;
  return {
    prepare(aux) {
      sigma = aux[0];
      alpha = aux[1];
      writeShape(alpha, shape);
    },
    logDensity(y, _trials, mu, _rest, slopes) {
      const { m, m1, k, k1 } = shape;
      const q = (y - mu) / sigma;
      const z = k * q + m;
      normalLogCdf(alpha * z, tail);
      if (slopes) {
        const a = alpha * tail.slope - z;
        slopes[0] = (-k * a) / sigma;
        slopes[1] = -(1 + k * a * q) / sigma;
        slopes[2] = k1 / k + a * (k1 * q + m1) + z * tail.slope;
      }
      return CONSTANT + Math.log(k / sigma) - 0.5 * z * z + tail.value;
    },
    secondDerivatives(y, _trials, mu, _rest, target) {
      const { m, m1, m2, k, k1, k2 } = shape;
      const q = (y - mu) / sigma;
      const z = k * q + m;
      normalLogCdf(alpha * z, tail);
      const { slope, curvature } = tail;
      const a = alpha * slope - z;
      const byZ = alpha * alpha * curvature - 1;
      const byAlpha = slope + alpha * z * curvature;
      const move = k1 * q + m1;
      const ofQ = k * a;
      const ofQq = k * k * byZ;
      const ofQAlpha = k1 * a + k * (byZ * move + byAlpha);
      const variance = sigma * sigma;
      target[0] = ofQq / variance;
      setBoth(target, 3, 0, 1, (ofQ + q * ofQq) / variance);
      setBoth(target, 3, 0, 2, -ofQAlpha / sigma);
      target[4] = (1 + 2 * q * ofQ + q * q * ofQq) / variance;
      setBoth(target, 3, 1, 2, (-q * ofQAlpha) / sigma);
      target[8] =
        k2 / k -
        (k1 / k) ** 2 +
        (byZ * move + byAlpha) * move +
        a * (k2 * q + m2) +
        curvature * z * (z + alpha * move) +
        slope * move;
    },
    constant: () => 0,
  };
}

export const skewNormal = byRows({
  density,
  simulateAt(mu, [sigma, alpha], _trials, random) {
    // δ |z₁| + √(1 − δ²) z₂, less its mean, over its standard deviation (Azzalini 1985).
    const delta = alpha / Math.sqrt(1 + alpha * alpha);
    const m = ROOT * delta;
    const variate =
      delta * Math.abs(random.normal()) + Math.sqrt(1 - delta * delta) * random.normal();
    return mu + (sigma * (variate - m)) / Math.sqrt(1 - m * m);
  },
  expected: (outcome) => (Number.isFinite(outcome) ? null : 'a finite number'),
});
