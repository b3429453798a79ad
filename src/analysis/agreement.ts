/** Percentage of choices that agree with the weights. */
import { normalizedDifferences, utilityDifference } from '../study/context.js';
import type { ContextChoices } from './learned-weights.js';

/**
 * Percentage of choices of the option with the higher utility under the weights that `weightsOf`
 * returns for the context. Ties count as B.
 */
export function choicesPredictedPercent(
  groups: readonly ContextChoices[],
  weightsOf: (context: string) => readonly number[] | undefined,
): number {
  let agreeing = 0;
  let total = 0;
  for (const { context, choices } of groups) {
    const weights = weightsOf(context.name) ?? [];
    for (const choice of choices) {
      const difference = utilityDifference(weights, normalizedDifferences(context, choice));
      total++;
      if (difference > 0 === choice.choseA) agreeing++;
    }
  }
  return (100 * agreeing) / total;
}
