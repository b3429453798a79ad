/**
 * Rounding as in R 4. Halves are rounded to the even whole number. With decimals, the result is the
 * nearer of the two neighbouring decimals as doubles, or the even one in a tie.
 */

export function roundTo(x: number, digits: number): number {
  const places = Math.floor(digits + 0.5);
  if (!Number.isFinite(x) || x === 0 || places > 323) return x;
  if (places === 0) return roundHalfEven(x);
  if (places < -308) return 0;
  return Math.sign(x) * roundPositive(Math.abs(x), places);
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Number of decimal digits that a double always preserves. */
const HELD_DIGITS = 15;

function roundPositive(x: number, places: number): number {
  // There are more places than digits, so there is nothing to round.
  if (places + (Math.floor(Math.log2(x)) + 0.5) * Math.LOG10E * Math.LN2 > HELD_DIGITS) return x;
  const scaled = (count: number) => (places > 0 ? count / 10 ** places : count * 10 ** -places);
  const counted = places > 0 ? x * 10 ** places : x / 10 ** -places;
  const below = Math.floor(counted);
  const lower = scaled(below);
  const upper = scaled(Math.ceil(counted));
  const up = upper - x;
  const down = x - lower;
  return down < up || (down === up && below % 2 === 0) ? lower : upper;
}

/** R's `signif`: rounds to significant digits, at least one. */
export function roundSignificant(x: number, digits: number): number {
  const places = Math.max(1, Math.floor(digits + 0.5));
  if (!Number.isFinite(x) || x === 0 || places > 22) return x;
  const power = places - 1 - Math.floor(Math.log10(Math.abs(x)));
  // 10^power would overflow.
  if (Math.abs(power) > 300) return Number(x.toPrecision(places));
  return power > 0
    ? roundHalfEven(x * 10 ** power) / 10 ** power
    : roundHalfEven(x / 10 ** -power) * 10 ** -power;
}
