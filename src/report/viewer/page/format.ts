/**
 * Numbers and names as the page writes them.
 */
import { NONE } from '../../words.js';

export { fixed, intervalText } from '../../words.js';

/** A minus sign is as wide as a plus, a hyphen is not. */
function withMinus(text: string): string {
  return text.replace('-', '−');
}

/** A value of an attribute: as it is, with thousands set apart. */
export function valueText(value: number): string {
  return withMinus(value.toLocaleString('en-US', { maximumFractionDigits: 6 }));
}

export function countText(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  return withMinus(Math.round(value).toLocaleString('en-US'));
}

/** `mountain_hut` as a person writes it. */
export function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

/** An attribute or parameter within a sentence. */
export function wordsOf(name: string): string {
  return name.replaceAll('_', ' ');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}
