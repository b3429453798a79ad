/**
 * Numbers as the report prints them.
 */
import { NONE } from '../words.js';

export { fixed, intervalText, NONE } from '../words.js';

/** 1234567 as 1,234,567 whatever the machine's language. */
export function whole(value: number | null): string {
  return value === null ? NONE : Math.round(value).toLocaleString('en-US');
}
