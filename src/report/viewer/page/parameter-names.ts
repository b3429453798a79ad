/** Parameters of a weight regression under the names of what they weigh. */
import type { Draws } from '../../../posterior/draws.js';
import type { ContextRecord } from '../wire.js';
import { wordsOf } from './format.js';

/** brms' `b_d1`, `b_d2`, … by attribute; anything else keeps its name. */
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
