/**
 * The paper's analysis from first to last: from choices to learned weights, from reports to their
 * correlation with the weights, and what introspection training adds. This file is the story;
 * each step stands in a file of its own.
 */
import { type Diagnostics, worstDiagnostics } from '../posterior/summary.js';
import type { FitResult, FitRunner } from '../regression/job.js';
import type { SamplerSettings } from '../sampler/settings.js';
import type { Study } from '../study/read-study.js';
import {
  type Comparison,
  comparisonsOf,
  type LargestWeights,
  largestChange,
  targetComparisonsOf,
  without,
} from './comparisons.js';
import {
  type CorrelationSet,
  correlationFit,
  correlationMap,
  correlationSetPlan,
} from './correlation-set.js';
import type { Correlation } from './correlations.js';
import type { ChoiceWeighing } from './learned-weights.js';
import { type ModelResult, modelResult } from './model-result.js';
import type { FitObserver, PlannedFit } from './planned-fits.js';
import {
  type FitsByName,
  modelData,
  modelWeights,
  requireProbabilities,
  weightFits,
} from './weights-of-study.js';

export interface Reproduction extends CorrelationSet {
  readonly models: readonly ModelResult[];
  /** What the correlations are of, pair by pair. */
  readonly comparisons: readonly Comparison[];
  /** Appendix D: reports against the target weights, keyed MODEL/before and MODEL/after training. */
  readonly reportsVsTarget: ReadonlyMap<string, Correlation>;
  /** Appendix D: everything again without the weights of ±100. */
  readonly withoutLargest: CorrelationSet;
  /** Largest absolute change in r, over all correlations, that leaving out the largest weights makes. */
  readonly largestChangeInR: Readonly<Record<LargestWeights, number>>;
  readonly diagnostics: Diagnostics;
  /** One line for each fit that falls short. */
  readonly warnings: readonly string[];
}

export interface ReproduceOptions {
  readonly settings: SamplerSettings;
  readonly run: FitRunner;
  /** What a choice counts as in the weight regressions; as it was made, where absent. */
  readonly weighChoices?: ChoiceWeighing;
  readonly onProgress?: (done: number, total: number) => void;
  /** Is shown the draws of every fit, of which none are kept. */
  readonly observe?: FitObserver;
}

/** @throws WeighbridgeError `bad-data`, also where choices lack the probabilities to weigh them by */
export async function reproduce(study: Study, options: ReproduceOptions): Promise<Reproduction> {
  const { weighChoices = 'as-made' } = options;
  const fits = countedFits(options);
  if (weighChoices === 'by-probability') study.models.forEach(requireProbabilities);

  const data = study.models.map((model) => modelData(model, study));
  const logisticFits = await fits.run(data.flatMap((ofModel) => weightFits(ofModel, weighChoices)));
  const models = data.map((ofModel) => modelWeights(ofModel, logisticFits));

  const comparisons = models.flatMap((model) => comparisonsOf(model, study));
  const appendix = models.flatMap((model) => targetComparisonsOf(model, study));
  const names = study.models.map(({ name }) => name);
  const everything = correlationSetPlan('', names, comparisons);
  const withoutLargest = correlationSetPlan(
    'without_100/',
    names,
    comparisons.map((one) => without('plus_and_minus_100', one)),
  );
  const linearFits = await fits.run([
    ...everything.fits,
    ...withoutLargest.fits,
    ...appendix.map((one) => correlationFit('', one)),
  ]);

  return {
    ...everything.read(linearFits),
    models: models.map((model) => modelResult(model, study)),
    comparisons,
    reportsVsTarget: correlationMap('', appendix, linearFits),
    withoutLargest: withoutLargest.read(linearFits),
    largestChangeInR: {
      plus_and_minus_100: largestChange('plus_and_minus_100', comparisons),
      plus_100: largestChange('plus_100', comparisons),
    },
    ...fits.verdict(),
  };
}

/** Runs jobs, counts what is done, and remembers how well the chains did. */
function countedFits({ settings, run, onProgress, observe }: ReproduceOptions) {
  const all: FitResult[] = [];
  let done = 0;
  let total = 0;
  return {
    async run(round: readonly PlannedFit[]): Promise<FitsByName> {
      total += round.length;
      const show = observe?.(round);
      const jobs = round.map(({ job }) =>
        show && !job.keepDraws ? ({ ...job, keepDraws: 'to-show' } as const) : job,
      );
      const results = await run(jobs, settings, (result) => {
        done++;
        show?.(result);
        onProgress?.(done, total);
      });
      all.push(...results);
      return new Map(results.map((result) => [result.name, result]));
    },
    verdict: () => ({
      diagnostics: worstDiagnostics(all.map((result) => result.diagnostics)),
      warnings: all
        .filter(({ warnings }) => warnings.length > 0)
        .map(({ name, warnings }) => `${name}: ${warnings.join('; ')}`),
    }),
  };
}
