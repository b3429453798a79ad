/**
 * All correlations of a study and the effects of training, as jobs and as results.
 */
import type { FitJob } from '../regression/job.js';
import type { Comparison } from './comparisons.js';
import { type Correlation, correlationJob, correlationOf, type Pairs } from './correlations.js';
import type { Setting } from './learned-weights.js';
import { type TrainingEffect, trainingEffectJob, trainingEffectOf } from './training-effect.js';
import { bothSettings, type FitsByName, fitNamed } from './weights-of-study.js';

/** Correlations keyed MODEL/COMPARISON, and the effects of training by setting. */
export interface CorrelationSet {
  readonly correlations: ReadonlyMap<string, Correlation>;
  readonly effects: Readonly<Record<Setting, TrainingEffect>>;
}

/** The jobs of a whole set of correlations and effects, and how their results are read. */
export interface CorrelationSetPlan {
  readonly jobs: readonly FitJob[];
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
    jobs: [
      ...comparisons.map(({ key, pairs }) => correlationJob(prefix + key, pairs)),
      ...bothSettings.map((setting) =>
        trainingEffectJob(effectName(setting), trainingPairs(setting)),
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
