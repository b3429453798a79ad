/**
 * Both tails of the gamma distribution of rate 1: the regularized incomplete gamma functions
 *
 *     P(a, x) = x^a e^−x / Γ(a + 1) · (1 + x/(a+1) + x²/((a+1)(a+2)) + …)             DLMF 8.11.4
 *     Q(a, x) = x^a e^−x / Γ(a) · 1/(x + 1−a − 1·(1−a)/(x + 3−a − 2·(2−a)/(x + 5−a − …)))  DLMF 8.9.2
 *
 * the series below a + 1, the fraction above. Written here as the library has the lower tail alone,
 * and that wrong in the third decimal beyond a shape of 200. The factor in front rounds at
 * ε · a log a.
 */
import gammaln from '@stdlib/math-base-special-gammaln';

export interface GammaTails {
  /** P(a, x), mass below. */
  readonly below: number;
  /** Q(a, x), mass above. */
  readonly above: number;
}

/** @param a positive */
export function gammaTails(a: number, x: number): GammaTails {
  if (!(x > 0)) return { below: 0, above: 1 };
  if (x === Number.POSITIVE_INFINITY) return { below: 1, above: 0 };
  const factor = Math.exp(a * Math.log(x) - x - gammaln(a));
  if (x < a + 1) {
    const below = (factor / a) * series(a, x);
    return { below, above: 1 - below };
  }
  const above = factor / fraction(a, x);
  return { below: 1 - above, above };
}

/** Terms fall once n passes x − a: some √a of them count where x is near a. */
function series(a: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * Number.EPSILON; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

/** The denominator by Lentz's method (Press et al. 2007, section 5.2). */
function fraction(a: number, x: number): number {
  const tiny = Number.MIN_VALUE / Number.EPSILON;
  let b = x + 1 - a;
  let value = Math.abs(b) < tiny ? tiny : b;
  let c = value;
  let d = 0;
  for (let n = 1; ; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = b + numerator * d;
    d = 1 / (d === 0 ? tiny : d);
    c = b + numerator / c;
    if (c === 0) c = tiny;
    const change = c * d;
    value *= change;
    if (!(Math.abs(change - 1) > 2 * Number.EPSILON)) return value;
  }
}
