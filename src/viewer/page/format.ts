/** Numbers and names as the page shows them. */

import type { Draws } from '../../posterior/draws.js';
import { formatCount } from '../../report/words.js';
import type { ContextRecord } from '../wire.js';

export { endErrorsText, fixed, formatCount, intervalText } from '../../report/words.js';

/** A minus sign in place of a hyphen. */
function withMinus(text: string): string {
  return text.replace('-', '−');
}

/** A value of an attribute, with commas between thousands. */
export function valueText(value: number): string {
  return withMinus(value.toLocaleString('en-US', { maximumFractionDigits: 6 }));
}

/** Mountain hut for `mountain_hut`. */
export function titleOf(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

/** mountain hut for `mountain_hut`. */
export function wordsOf(name: string): string {
  return name.replaceAll('_', ' ');
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** The attribute for brms' `b_d1`, `b_d2`, …; the name itself for other parameters. */
export function parameterTitle(name: string, { attributes }: ContextRecord): string {
  if (name === 'b_Intercept') return 'intercept';
  const [, number] = /^b_d(\d+)$/.exec(name) ?? [];
  const attribute = number === undefined ? undefined : attributes[Number(number) - 1];
  return attribute ? wordsOf(attribute.name) : name;
}

export function withNames(draws: Draws, context: ContextRecord): Draws {
  return {
    ...draws,
    parameterNames: draws.parameterNames.map((name) => parameterTitle(name, context)),
  };
}
