/**
 * The regularized incomplete beta function I_x(a, b) and its complement I_{1−x}(b, a) on the scale of logarithms,
 * with their derivatives by a, b and x. With D = x^a (1 − x)^b/B(a, b), for x below (a + 1)/(a + b + 2),
 *
 *     I = D/a · 1/(1 + K_n d_n/1),   d_{2m} = m(b − m)x/((a + 2m − 1)(a + 2m)),
 *     d_{2m+1} = −(a + m)(a + b + m)x/((a + 2m)(a + 2m + 1))
 *
 * (NIST DLMF 8.17.22), otherwise from its complement. The derivatives by a and b are those of each step of Lentz's
 * recurrence (Boik & Robison-Cox 1998, "Derivatives of the incomplete beta function", J. Stat. Software 3).
 * Relative errors of both and of the derivatives of their logarithms are about 1e-14 at parameters near 1, and grow
 * in proportion to the parameters.
 */
import betaln from '@stdlib/math-base-special-betaln';
import digamma from '@stdlib/math-base-special-digamma';
import { log1mexp } from './links.js';

/** log I and log(1 − I), with derivatives. */
interface IncompleteBeta {
  lower: number;
  lowerByA: number;
  lowerByB: number;
  lowerByX: number;
  upper: number;
  upperByA: number;
  upperByB: number;
  upperByX: number;
}

export function newIncompleteBeta(): IncompleteBeta {
  return {
    ...{ lower: 0, lowerByA: 0, lowerByB: 0, lowerByX: 0 },
    ...{ upper: 0, upperByA: 0, upperByB: 0, upperByX: 0 },
  };
}

/**
 * @param x above 0 and below 1
 * @param rest 1 − x, with its own digits
 */
export function writeIncompleteBeta(
  a: number,
  b: number,
  x: number,
  rest: number,
  target: IncompleteBeta,
): void {
  const isLower = x * (a + b + 2) < a + 1;
  const ofBoth = digamma(a + b);
  const logX = Math.log(x);
  const logRest = Math.log(rest);
  const logD = a * logX + b * logRest - betaln(a, b);
  const first = isLower ? a : b;
  const { log, byFirst, bySecond } = isLower ? logFraction(a, b, x) : logFraction(b, a, rest);
  const byA = (isLower ? byFirst : bySecond) - logX - ofBoth + digamma(a) + (isLower ? 1 / a : 0);
  const byB =
    (isLower ? bySecond : byFirst) - logRest - ofBoth + digamma(b) + (isLower ? 0 : 1 / b);
  const value = Math.min(0, logD - Math.log(first) - log);
  const other = log1mexp(value);
  const odds = Math.exp(value - other);
  const density = Math.exp(logD - logX - logRest - value);
  const complement = (slope: number) => (odds === 0 ? 0 : -odds * slope);
  if (isLower) {
    target.lower = value;
    target.lowerByA = -byA;
    target.lowerByB = -byB;
    target.lowerByX = density;
    target.upper = other;
    target.upperByA = complement(-byA);
    target.upperByB = complement(-byB);
    target.upperByX = complement(density);
  } else {
    target.upper = value;
    target.upperByA = -byA;
    target.upperByB = -byB;
    target.upperByX = -density;
    target.lower = other;
    target.lowerByA = complement(-byA);
    target.lowerByB = complement(-byB);
    target.lowerByX = complement(-density);
  }
}

const MOST_TERMS = 1_000_000;
const fraction = { log: 0, byFirst: 0, bySecond: 0 };

/** log(1 + K_n d_n/1), with its derivatives; valid until the next call. */
function logFraction(a: number, b: number, x: number): typeof fraction {
  let c = 1;
  let d = 0;
  let [cByA, cByB, dByA, dByB] = [0, 0, 0, 0];
  let log = 0;
  let byA = 0;
  let byB = 0;
  for (let n = 1; n < MOST_TERMS; n++) {
    const m = n >> 1;
    const low = a + n - 1;
    const high = a + n;
    const share = x / (low * high);
    const isOdd = n % 2 === 1;
    const coefficient = isOdd ? -(a + m) * (a + b + m) * share : m * (b - m) * share;
    const inverses = 1 / low + 1 / high;
    const ofA = isOdd
      ? -(2 * a + b + 2 * m) * share - coefficient * inverses
      : -coefficient * inverses;
    const ofB = isOdd ? -(a + m) * share : m * share;
    const below = 1 + coefficient * d;
    const square = -1 / (below * below);
    dByA = square * (ofA * d + coefficient * dByA);
    dByB = square * (ofB * d + coefficient * dByB);
    d = 1 / below;
    const inverse = 1 / c;
    cByA = (ofA - coefficient * cByA * inverse) * inverse;
    cByB = (ofB - coefficient * cByB * inverse) * inverse;
    c = 1 + coefficient * inverse;
    const step = c * d;
    const moveA = cByA / c + dByA * below;
    const moveB = cByB / c + dByB * below;
    log += Math.log(step);
    byA += moveA;
    byB += moveB;
    const isSmall =
      Math.abs(moveA) < 1e-16 * Math.max(1, Math.abs(byA)) &&
      Math.abs(moveB) < 1e-16 * Math.max(1, Math.abs(byB));
    // The first steps of small parameters may be small by chance.
    if (n > 2 && Math.abs(step - 1) < 1e-16 && isSmall) break;
  }
  fraction.log = log;
  fraction.byFirst = byA;
  fraction.bySecond = byB;
  return fraction;
}
