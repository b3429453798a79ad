/**
 * Numbers as the report prints them.
 */

/** Where a number does not exist. */
export const NONE = '–';

/** With a true minus sign, and no zero with one. */
export function fixed(value: number | null | undefined, decimals: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = value.toFixed(decimals);
  return /^-[0.]*$/.test(text) ? text.slice(1) : text.replace('-', '−');
}

export function intervalText(
  interval: readonly [number | null, number | null] | null | undefined,
  decimals: number,
): string {
  if (!interval) return '';
  return `[${fixed(interval[0], decimals)}, ${fixed(interval[1], decimals)}]`;
}

/** 1234567 as 1,234,567 whatever the machine's language. */
export function whole(value: number | null): string {
  return value === null ? NONE : Math.round(value).toLocaleString('en-US');
}
