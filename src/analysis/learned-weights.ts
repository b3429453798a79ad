/**
 * The weights that a model really uses, context by context: a Bayesian logistic regression of its
 * choices on the normalized differences between the options (Plunkett et al. 2025, §2.3), one for
 * each context, scaled to a largest absolute value of 100.
 */

import type { Interval } from '../posterior/hdi.js';
import type { FitJob, FitResult } from '../regression/job.js';
import { logisticSpecification } from '../regression/regressions.js';
import { type Choice, type Context, normalizedDifferences } from '../study/context.js';
import { scaleWeights } from './standardize.js';

export type Setting = 'instilled' | 'native';

/** A context with the choices that one model made in it. */
export interface ContextChoices {
  readonly context: Context;
  readonly choices: readonly Choice[];
}

export interface LearnedWeights {
  readonly context: Context;
  /** Number of choices. */
  readonly n: number;
  /** Posterior means of the slopes, by control variates: hardly any Monte Carlo error is left. */
  readonly slopes: readonly number[];
  readonly slopeHdis: readonly Interval[];
  /** Posterior mean of the intercept where all differences are zero. */
  readonly intercept: number;
  /** The paper's scale: whole numbers, largest absolute value 100. */
  readonly scaled: readonly number[];
}

/** The slopes' prior in the paper. */
const SLOPE_PRIOR = { mean: 0, sd: 1 };

/** Choices by context, in the order in which the contexts first appear. */
export function groupByContext(
  choices: readonly Choice[],
  contexts: ReadonlyMap<string, Context>,
): ContextChoices[] {
  const groups = new Map<string, Choice[]>();
  for (const choice of choices) {
    const group = groups.get(choice.context);
    if (group) group.push(choice);
    else groups.set(choice.context, [choice]);
  }
  return [...groups].flatMap(([name, group]) => {
    const context = contexts.get(name);
    return context ? [{ context, choices: group }] : [];
  });
}

/**
 * What a choice counts as: 'as-made', the option that was chosen; 'by-probability', the model's own
 * probability of A where it is known. The latter is a Bernoulli likelihood with fractional
 * outcomes, a quasi-likelihood (Papke & Wooldridge 1996): the same curvature at the same weights
 * as that of the made choices, as if each probability had been one choice. What it takes away is
 * the luck of the choices (at temperature 0, their rounding to 0 or 1), and with it the noise of
 * the weights' means. The HDIs of the weights need not be narrower for it: they move to where the
 * means are, and are as wide as so many choices leave them there.
 */
export type ChoiceWeighing = 'as-made' | 'by-probability';

/** selection ~ d1 + d2 + …, slopes normal(0, 1), brms' intercept. */
export function weightJob(
  name: string,
  { context, choices }: ContextChoices,
  weighChoices: ChoiceWeighing = 'as-made',
): FitJob {
  const values = choices.flatMap((choice) => normalizedDifferences(context, choice));
  const predictors = {
    names: context.attributes.map((_, i) => `d${i + 1}`),
    rows: choices.length,
    values: Float64Array.from(values),
  };
  const specification =
    weighChoices === 'as-made'
      ? logisticSpecification(predictors, Uint8Array.from(choices, madeOutcome), {
          slopePrior: SLOPE_PRIOR,
        })
      : logisticSpecification(predictors, Float64Array.from(choices, weighedOutcome), {
          slopePrior: SLOPE_PRIOR,
          outcomeKind: 'fractional',
        });
  return { name, specification, controlMeans: true };
}

function madeOutcome({ choseA }: Choice): 0 | 1 {
  return choseA ? 1 : 0;
}

/** A choice without a probability counts as made. */
function weighedOutcome(choice: Choice): number {
  return choice.probabilityA ?? madeOutcome(choice);
}

export function learnedWeights(
  { context, choices }: ContextChoices,
  { name, summary, controlledMeans }: FitResult,
): LearnedWeights {
  if (!controlledMeans) throw new RangeError(`the means of ${name} were not controlled`);
  const [intercept = Number.NaN, ...means] = controlledMeans.map(({ mean }) => mean);
  return {
    context,
    n: choices.length,
    slopes: means,
    slopeHdis: summary.slice(1).map((slope) => slope.hdi),
    intercept,
    scaled: scaleWeights(means),
  };
}
