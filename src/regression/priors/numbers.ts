/**
 * Numbers as R prints them in a prior, `student_t(3, 0, 2.5)`: so that a prior can be copied from
 * one to the other.
 */

/** The shortest digits that are this number, in whichever notation is shorter, fixed where even. */
export function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return 'Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (!Number.isFinite(value)) return 'NaN';
  const [mantissa, exponent] = value.toExponential().split('e');
  const sign = exponent.startsWith('-') ? '-' : '+';
  const scientific = `${mantissa}e${sign}${exponent.slice(1).padStart(2, '0')}`;
  const fixed = fixedNotation(value, mantissa, Number(exponent));
  return fixed.length <= scientific.length ? fixed : scientific;
}

/** JavaScript's own notation is fixed from 1e-6 up to 1e21; beyond, scientific is the shorter. */
function fixedNotation(value: number, mantissa: string, exponent: number): string {
  const digits = mantissa.replace(/\D/g, '').length;
  return exponent < -6 ? value.toFixed(Math.min(100, digits - 1 - exponent)) : String(value);
}
