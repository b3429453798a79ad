/**
 * The incomplete gamma functions P(a, x) = γ(a, x)/Γ(a) and Q = 1 − P on the scale of logarithms, with their
 * derivatives by a and x. With D = x^a e^−x/Γ(a):
 *
 *     P = D/a · Σ_n x^n/((a + 1) … (a + n))                                     for x < a + 1
 *     Q = D/(x + 1 − a + K_n −n(n − a)/(x + 2n + 1 − a))                         otherwise
 *
 * (NIST DLMF 8.11.4 and 8.9.2). The derivative by a is that of each term of the series, and of each step of
 * Lentz's recurrence (Lentz 1976; Press et al. 2007, §6.2) for the continued fraction. Relative errors of P, Q and
 * of the derivatives of their logarithms are about 1e-14 at shapes of 1, and grow in proportion to the shape.
 */
import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import { log1mexp } from './links.js';

/** Logarithms of both, with derivatives. */
interface IncompleteGamma {
  lower: number;
  lowerByShape: number;
  lowerByX: number;
  upper: number;
  upperByShape: number;
  upperByX: number;
}

export function newIncompleteGamma(): IncompleteGamma {
  return { lower: 0, lowerByShape: 0, lowerByX: 0, upper: 0, upperByShape: 0, upperByX: 0 };
}

const MOST_TERMS = 1_000_000;

/** @param x above 0, finite @param shape above 0 */
export function writeIncompleteGamma(shape: number, x: number, target: IncompleteGamma): void {
  const logX = Math.log(x);
  const logD = shape * logX - x - gammaln(shape);
  const slopeOfD = logX - digamma(shape);
  if (x < shape + 1) {
    // Σ t_n and Σ t_n′, with t_n′ = −t_n Σ_k 1/(a + k).
    let term = 1;
    let inverses = 0;
    let sum = 1;
    let slope = 0;
    for (let n = 1; n < MOST_TERMS; n++) {
      term *= x / (shape + n);
      inverses += 1 / (shape + n);
      sum += term;
      slope -= term * inverses;
      if (term * (1 + inverses) < 1e-17 * sum) break;
    }
    target.lower = Math.min(0, logD - Math.log(shape) + Math.log(sum));
    target.lowerByShape = slopeOfD - 1 / shape + slope / sum;
    target.lowerByX = Math.exp(logD - logX - target.lower);
    target.upper = log1mexp(target.lower);
    const odds = Math.exp(target.lower - target.upper);
    target.upperByShape = odds === 0 ? 0 : -odds * target.lowerByShape;
    target.upperByX = odds === 0 ? 0 : -odds * target.lowerByX;
    return;
  }
  const { log, slope } = logFraction(shape, x);
  target.upper = logD - log;
  target.upperByShape = slopeOfD - slope;
  target.upperByX = -Math.exp(logD - logX - target.upper);
  target.lower = log1mexp(target.upper);
  const odds = Math.exp(target.upper - target.lower);
  target.lowerByShape = odds === 0 ? 0 : -odds * target.upperByShape;
  target.lowerByX = odds === 0 ? 0 : -odds * target.upperByX;
}

/** log of x + 1 − a + K_n −n(n − a)/(x + 2n + 1 − a), with its derivative by a. */
function logFraction(shape: number, x: number): { log: number; slope: number } {
  let denominator = x + 1 - shape;
  let c = denominator;
  let cSlope = -1;
  let d = 0;
  let dSlope = 0;
  let log = Math.log(denominator);
  let slope = -1 / denominator;
  for (let n = 1; n < MOST_TERMS; n++) {
    denominator += 2;
    const numerator = -n * (n - shape);
    const below = denominator + numerator * d;
    dSlope = -(n * d + numerator * dSlope - 1) / (below * below);
    d = 1 / below;
    cSlope = -1 + n / c - (numerator * cSlope) / (c * c);
    c = denominator + numerator / c;
    const step = c * d;
    const move = cSlope / c + dSlope / d;
    log += Math.log(step);
    slope += move;
    if (Math.abs(step - 1) < 1e-16 && Math.abs(move) < 1e-16 * Math.max(1, Math.abs(slope))) break;
  }
  return { log, slope };
}
