/**
 * A base model's weights, revealed by its choices. For each context, a Bayesian logistic regression
 * of the choices on the normalized differences between the options (Plunkett et al. 2025, §2.3);
 * the slopes are scaled to a largest absolute value of 100.
 */

import { modelFiles, probabilityColumn } from '../authors-files/layout.js';
import { WeighbridgeError } from '../errors.js';
import { type UncertainShare, uncertainShares } from '../fit/integrated-means.js';
import type { FitJob, FitResult, RegressionJob } from '../fit/job.js';
import type { Interval } from '../posterior/intervals.js';
import { logisticSpecification } from '../regression/columns.js';
import { normal } from '../regression/priors/constructors.js';
import { type Choice, type Context, normalizedDifferences } from '../study/context.js';
import type { BaseModelRecord, Setting, Study } from '../study/study.js';
import { type ReportTables, reportTables } from './reported-weights.js';
import { scaleWeights } from './standardize.js';

/** A context and one model's choices in it. */
export interface ContextChoices {
  readonly context: Context;
  readonly choices: readonly Choice[];
}

export interface LearnedWeights {
  readonly context: Context;
  readonly n: number;
  /** Posterior means of the slopes by integration, or with control variates (fit/job.ts). */
  readonly slopes: readonly number[];
  readonly slopeHdis: readonly Interval[];
  /** Monte Carlo standard errors of the ends of `slopeHdis`. */
  readonly slopeHdiMcses: readonly Interval[];
  /** Posterior mean of the intercept at differences of zero. */
  readonly intercept: number;
  /** Weights on the paper's scale: integers, largest absolute value 100. */
  readonly scaled: readonly number[];
  /** Weights whose rounding the error of the means leaves open. */
  readonly uncertain: readonly UncertainShare[];
}

/** The largest absolute weight on the paper's scale. */
const LARGEST = 100;

/** The paper's prior of the slopes. */
const SLOPE_PRIOR = normal(0, 1);

/** Choices by context, in order of first appearance. */
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
 * The outcome that a choice contributes. `as-made`: the chosen option. `by-probability`: the
 * model's own probability of A, if known.
 *
 * `by-probability` gives a Bernoulli likelihood with fractional outcomes, a quasi-likelihood (Papke
 * & Wooldridge 1996) with the same curvature at the same weights as the likelihood of the choices.
 * It removes the randomness of the choices (at temperature 0, their rounding to 0 or 1) and with it
 * the noise of the posterior means. The HDIs are not necessarily narrower: their width still
 * depends on the number of choices and on the location of the means.
 */
export type ChoiceWeighing = 'as-made' | 'by-probability';

/** selection ~ d1 + d2 + …; slopes normal(0, 1), brms' default prior of the intercept. */
export function weightJob(
  name: string,
  { context, choices }: ContextChoices,
  weighChoices: ChoiceWeighing = 'as-made',
): RegressionJob {
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
  return { name, specification, controlMeans: { scaledTo: LARGEST } };
}

function madeOutcome({ choseA }: Choice): 0 | 1 {
  return choseA ? 1 : 0;
}

/** 1 for A and 0 for B, or a probability of A. */
export function choiceOutcome(choice: Choice, weighChoices: ChoiceWeighing): number {
  return weighChoices === 'as-made' ? madeOutcome(choice) : weighedOutcome(choice);
}

/** The outcome of a choice; a choice without a probability counts as made. */
function weighedOutcome(choice: Choice): number {
  return choice.probabilityA ?? madeOutcome(choice);
}

export function outcomeOf(choice: Choice, weighChoices: ChoiceWeighing): number {
  return weighChoices === 'as-made' ? madeOutcome(choice) : weighedOutcome(choice);
}

export function learnedWeights(
  { context, choices }: ContextChoices,
  { name, parameters, controlledMeans }: FitResult,
): LearnedWeights {
  if (!controlledMeans) throw new RangeError(`the means of ${name} were not controlled`);
  const [intercept, ...slopes] = controlledMeans;
  const means = slopes.map(({ mean }) => mean);
  return {
    context,
    n: choices.length,
    slopes: means,
    slopeHdis: parameters.slice(1).map((slope) => slope.hdi),
    slopeHdiMcses: parameters.slice(1).map((slope) => slope.hdiMcse),
    intercept: intercept?.mean ?? Number.NaN,
    scaled: scaleWeights(means),
    uncertain: uncertainShares(slopes, LARGEST),
  };
}

export const bothSettings: readonly Setting[] = ['instilled', 'native'];

/** Results keyed by job name. */
export type FitsByName = ReadonlyMap<string, FitResult>;

/** A base model's choices, by setting and context, and its reports. */
export interface ModelData {
  readonly record: BaseModelRecord;
  readonly groups: Readonly<Record<Setting, readonly ContextChoices[]>>;
  readonly reports: ReportTables;
}

export function modelData(record: BaseModelRecord, { contexts }: Study): ModelData {
  return {
    record,
    groups: {
      instilled: groupByContext(record.instilledChoices, contexts),
      native: groupByContext(record.nativeChoices, contexts),
    },
    reports: reportTables(record),
  };
}

export function weightJobName(model: string, setting: Setting, context: string): string {
  return `${model}/${setting}/${context}`;
}

export function weightFits(
  { record: { name: model }, groups }: ModelData,
  weighChoices: ChoiceWeighing = 'as-made',
): PlannedFit[] {
  return bothSettings.flatMap((setting) =>
    groups[setting].map((group) => {
      const context = group.context.name;
      return {
        job: weightJob(weightJobName(model, setting, context), group, weighChoices),
        subject: { kind: 'weights', model, setting, context },
      };
    }),
  );
}

/** @throws WeighbridgeError `bad-data` if a file of choices has no probabilities at all */
export function requireProbabilities(record: BaseModelRecord): void {
  for (const kind of ['instilledChoices', 'nativeChoices'] as const) {
    if (record[kind].some(({ probabilityA }) => probabilityA !== undefined)) continue;
    throw new WeighbridgeError(
      'bad-data',
      `${record.name}${modelFiles[kind].suffix}: no choice has a probability, expected some in a column ${probabilityColumn} to weigh the choices by`,
    );
  }
}

/** A base model's data and the weights revealed by its choices. */
export interface ModelWeights extends ModelData {
  readonly weights: Readonly<Record<Setting, readonly LearnedWeights[]>>;
}

export function modelWeights(data: ModelData, fits: FitsByName): ModelWeights {
  const of = (setting: Setting) =>
    data.groups[setting].map((group) =>
      learnedWeights(
        group,
        fitNamed(fits, weightJobName(data.record.name, setting, group.context.name)),
      ),
    );
  return { ...data, weights: { instilled: of('instilled'), native: of('native') } };
}

export function fitNamed(fits: FitsByName, name: string): FitResult {
  const fit = fits.get(name);
  if (!fit) throw new RangeError(`no fit named ${name}`);
  return fit;
}

/** The subject of a fit. */
export interface FitSubject {
  readonly kind: 'weights' | 'correlation' | 'effect';
  /** The base model; absent for an effect over all of them. */
  readonly model?: string;
  readonly setting: Setting;
  /** The context; only for a weight regression. */
  readonly context?: string;
}

export interface PlannedFit {
  readonly job: FitJob;
  readonly subject: FitSubject;
}

/**
 * Observer of the fits of a study. Called once before each round of fits; the function it returns
 * is called with each finished fit, draws included. Rounds do not overlap.
 */
export type FitObserver = (round: readonly PlannedFit[]) => (fit: FitResult) => void;
