/**
 * All correlations of a study and the effects of training, as jobs and as results.
 */
import type { Comparison } from './comparisons.js';
import { type Correlation, correlationJob, correlationOf, type Pairs } from './correlations.js';
import type { Setting } from './learned-weights.js';
import type { PlannedFit } from './planned-fits.js';
import { type TrainingEffect, trainingEffectJob, trainingEffectOf } from './training-effect.js';
import { bothSettings, type FitsByName, fitNamed } from './weights-of-study.js';

/** Correlations keyed MODEL/COMPARISON, and the effects of training by setting. */
export interface CorrelationSet {
  readonly correlations: ReadonlyMap<string, Correlation>;
  readonly effects: Readonly<Record<Setting, TrainingEffect>>;
}

/** The fits of a whole set of correlations and effects, and how their results are read. */
export interface CorrelationSetPlan {
  readonly fits: readonly PlannedFit[];
  read(fits: FitsByName): CorrelationSet;
}

/** `prefix` sets the names of the jobs apart from those of another set. */
export function correlationSetPlan(
  prefix: string,
  models: readonly string[],
  comparisons: readonly Comparison[],
): CorrelationSetPlan {
  const pairsOf = (key: string): Pairs => {
    const found = comparisons.find((one) => one.key === key);
    if (!found) throw new RangeError(`no comparison named ${key}`);
    return found.pairs;
  };
  const trainingPairs = (setting: Setting) =>
    models.map((model) => ({
      untrained: pairsOf(`${model}/${setting}/reports`),
      trained: pairsOf(`${model}/${setting}/trained_reports`),
    }));
  const effectName = (setting: Setting) => `${prefix}effect/${setting}`;
  return {
    fits: [
      ...comparisons.map((one) => correlationFit(prefix, one)),
      ...bothSettings.map(
        (setting): PlannedFit => ({
          job: trainingEffectJob(effectName(setting), trainingPairs(setting)),
          subject: { kind: 'effect', setting },
        }),
      ),
    ],
    read(fits) {
      const effect = (setting: Setting) =>
        trainingEffectOf(trainingPairs(setting), fitNamed(fits, effectName(setting)));
      return {
        correlations: correlationMap(prefix, comparisons, fits),
        effects: { instilled: effect('instilled'), native: effect('native') },
      };
    },
  };
}

export function correlationFit(
  prefix: string,
  { key, model, setting, pairs }: Comparison,
): PlannedFit {
  return {
    job: correlationJob(prefix + key, pairs),
    subject: { kind: 'correlation', model, setting },
  };
}

/** Correlations by the keys of their comparisons. */
export function correlationMap(
  prefix: string,
  comparisons: readonly Comparison[],
  fits: FitsByName,
): Map<string, Correlation> {
  return new Map(
    comparisons.map(({ key, pairs }) => [key, correlationOf(pairs, fitNamed(fits, prefix + key))]),
  );
}
