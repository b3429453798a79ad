/**
 * How often choices go where weights point, in percent.
 */
import { normalizedDifferences, utilityDifference } from '../study/context.js';
import type { ContextChoices } from './learned-weights.js';

/** Choices of the option with the higher utility by `weightsOf` the context; of equal ones, of B. */
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
