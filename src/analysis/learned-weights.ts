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

/** selection ~ d1 + d2 + …, slopes normal(0, 1), brms' intercept. */
export function weightJob(name: string, { context, choices }: ContextChoices): FitJob {
  const values = choices.flatMap((choice) => normalizedDifferences(context, choice));
  const predictors = {
    names: context.attributes.map((_, i) => `d${i + 1}`),
    rows: choices.length,
    values: Float64Array.from(values),
  };
  const outcomes = Uint8Array.from(choices, (choice) => (choice.choseA ? 1 : 0));
  return {
    name,
    specification: logisticSpecification(predictors, outcomes, { slopePrior: SLOPE_PRIOR }),
    controlMeans: true,
  };
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
