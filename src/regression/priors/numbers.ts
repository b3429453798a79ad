/**
 * Numbers formatted as R prints them in a prior, for example `student_t(3, 0, 2.5)`, so that priors
 * can be copied between R and this package.
 */

/** The shortest exact digits, in the shorter of fixed and scientific notation; fixed if equal. */
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

/** JavaScript uses fixed notation from 1e-6 to 1e21; beyond, scientific is the shorter. */
function fixedNotation(value: number, mantissa: string, exponent: number): string {
  const digits = mantissa.replace(/\D/g, '').length;
  return exponent < -6 ? value.toFixed(Math.min(100, digits - 1 - exponent)) : String(value);
}
