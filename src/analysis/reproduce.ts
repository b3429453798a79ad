/**
 * The paper's analysis from start to end: learned weights from choices, correlations of reports
 * with weights, and the effect of introspection training. Each step is a file of its own.
 */

import { requireNames } from '../checks/options.js';
import type { CancelSignal, FitResult, FitRunner } from '../fit/job.js';
import { runHere } from '../fit/run.js';
import { type Diagnostics, worstDiagnostics } from '../posterior/summary.js';
import {
  completeSettings,
  type SamplerSettings,
  settingNames,
  settingsAmong,
} from '../sampler/settings.js';
import { neverTrained, type Study } from '../study/study.js';
import { type PooledModel, pooledModels } from './choice-prediction.js';
import {
  type Comparison,
  comparisonsOf,
  type LargestWeights,
  largestChange,
  targetComparisonsOf,
  without,
} from './comparisons.js';
import {
  type Correlation,
  type CorrelationSet,
  correlationFit,
  correlationMap,
  correlationSet,
  correlationSetFits,
} from './correlations.js';
import { type LatentSet, latentPlan } from './latent.js';
import {
  type ChoiceWeighing,
  type FitObserver,
  type FitsByName,
  type ModelData,
  type ModelWeights,
  modelData,
  modelWeights,
  type PlannedFit,
  requireProbabilities,
  weightFits,
} from './learned-weights.js';
import { type ModelResult, modelResult } from './model-result.js';
import {
  ownJob,
  type PlannedJob,
  type Pooling,
  pooledWeightFits,
  requirePooling,
} from './pooled-weights.js';
import { withRoundingErrors } from './rounding-errors.js';

export interface Reproduction extends CorrelationSet {
  readonly models: readonly ModelResult[];
  /**
   * Names of the models that were never trained. Their reports after training are reports of the base
   * model.
   * @default none
   */
  readonly neverTrained?: readonly string[];
  /** The pairs of weights and reports of each correlation. */
  readonly comparisons: readonly Comparison[];
  /**
   * Appendix D: reports against target weights, keyed `MODEL/before` and `MODEL/after` training.
   */
  readonly reportsVsTarget: ReadonlyMap<string, Correlation>;
  /** Appendix D: all correlations and effects without the weights of ±100. */
  readonly withoutLargest: CorrelationSet;
  /** Largest absolute change in r over all correlations if the largest weights are left out. */
  readonly largestChangeInR: Readonly<Record<LargestWeights, number>>;
  /** Errors of `largestChangeInR` that uncertain weights cause. */
  readonly largestChangeMcse: Readonly<Record<LargestWeights, number>>;
  /** The regressions of all choices of a model and setting; absent without pooling. */
  readonly pooled?: readonly PooledModel[];
  /** Correlations free of measurement error; absent unless they were asked for. */
  readonly latent?: LatentSet;
  readonly diagnostics: Diagnostics;
  /** One line per fit with insufficient diagnostics. */
  readonly warnings: readonly string[];
}

export interface ReproduceOptions extends Partial<SamplerSettings> {
  /** Runs the fits. @default this thread */
  readonly runner?: FitRunner;
  /** Outcomes of the weight regressions. @default 'as-made' */
  readonly weighChoices?: ChoiceWeighing;
  /**
   * `partial`: the weights of a model and setting come from one multilevel regression of its choices
   * in all contexts.
   *
   * @default 'none'
   */
  readonly pooling?: Pooling;
  /** If true, the joint model of choices and reports is fitted for every comparison. @default false */
  readonly latent?: boolean;
  /** Receives the number of finished fits after each fit. */
  readonly onProgress?: ((progress: AnalysisProgress) => void) | undefined;
  /** Cancels the analysis, which then throws `interrupted`. */
  readonly signal?: CancelSignal | undefined;
  /** Receives every fit with its draws, which are not kept. */
  readonly observe?: FitObserver;
}

/** Numbers of fits. The total grows when the weights are known and the correlations start. */
interface AnalysisProgress {
  readonly done: number;
  readonly total: number;
}

const optionNames: readonly string[] = [
  ...settingNames,
  'runner',
  'weighChoices',
  'pooling',
  'latent',
  'onProgress',
  'signal',
  'observe',
];

/**
 * @throws WeighbridgeError `bad-data`, also if choices lack the probabilities that `by-probability`
 *   needs
 */
export async function reproduce(
  study: Study,
  options: ReproduceOptions = {},
): Promise<Reproduction> {
  requireNames(options, optionNames, 'reproduce');
  const { weighChoices = 'as-made', pooling = 'none', latent = false } = options;
  requirePooling(pooling);
  const fits = countedFits(options);
  if (weighChoices === 'by-probability') study.models.forEach(requireProbabilities);

  const data = study.models.map((model) => modelData(model, study));
  const weightJobs = data.flatMap((ofModel) =>
    pooling === 'none'
      ? weightFits(ofModel, weighChoices).map(ownJob)
      : pooledWeightFits(ofModel, { weighChoices, keepDraws: weighChoices === 'as-made' }),
  );
  const logisticFits = await fits.run(weightJobs);
  const models = data.map((ofModel) => modelWeights(ofModel, logisticFits));

  const exact = figuresFromWeights(models, study);
  const names = study.models.map(({ name }) => name);
  // The figures need no draws: these are for plots, diagnostics and result folders.
  await fits.run(
    [
      ...correlationSetFits('', names, exact.comparisons),
      ...correlationSetFits('without_100/', names, exact.comparisons.map(withoutLargest)),
      ...exact.targetComparisons.map((one) => correlationFit('', one)),
    ].map(ownJob),
  );

  const untrained = study.provenance ? neverTrained(study.provenance) : [];
  const joint = latent
    ? latentPlan(models, study, { weighChoices, neverTrained: untrained })
    : null;
  const { targetComparisons: _, ...figures } = withRoundingErrors(exact, models, (perturbed) =>
    figuresFromWeights(perturbed, study),
  );
  return {
    ...figures,
    ...(joint && { latent: joint.read(await fits.run(joint.fits.map(ownJob))) }),
    models: models.map((model) => modelResult(model, study)),
    neverTrained: untrained,
    ...(pooling === 'partial' && {
      pooled: await pooledOf(data, logisticFits, fits, options),
    }),
    ...fits.verdict(),
  };
}

/** What follows from weights and reports without draws. */
export interface WeightFigures
  extends Pick<
    Reproduction,
    | 'comparisons'
    | 'correlations'
    | 'effects'
    | 'reportsVsTarget'
    | 'withoutLargest'
    | 'largestChangeInR'
    | 'largestChangeMcse'
  > {
  readonly targetComparisons: readonly Comparison[];
}

function figuresFromWeights(models: readonly ModelWeights[], study: Study): WeightFigures {
  const names = models.map(({ record }) => record.name);
  const comparisons = models.flatMap((model) => comparisonsOf(model, study));
  const targetComparisons = models.flatMap((model) => targetComparisonsOf(model, study));
  return {
    comparisons,
    targetComparisons,
    ...correlationSet(names, comparisons),
    reportsVsTarget: correlationMap(targetComparisons),
    withoutLargest: correlationSet(names, comparisons.map(withoutLargest)),
    largestChangeInR: {
      plus_and_minus_100: largestChange('plus_and_minus_100', comparisons),
      plus_100: largestChange('plus_100', comparisons),
    },
    largestChangeMcse: { plus_and_minus_100: 0, plus_100: 0 },
  };
}

function withoutLargest(one: Comparison): Comparison {
  return without('plus_and_minus_100', one);
}

/** Draws in all of the contexts' own regressions if they are only compared with the pooled ones. */
const FEW_DRAWS = 1000;

/** Facts about the pooled fits; predictions only for choices as they were made. */
function pooledOf(
  data: readonly ModelData[],
  pooled: FitsByName,
  fits: CountedFits,
  { signal, weighChoices = 'as-made', ...options }: ReproduceOptions,
): Promise<PooledModel[]> {
  const { seed, chains } = completeSettings(settingsAmong(options));
  const runSeparate = (round: readonly PlannedFit[]) =>
    fits.run(
      round.map(({ job, subject }) => ownJob({ job: { ...job, keepDraws: true }, subject })),
      { shown: false, draws: Math.ceil(FEW_DRAWS / chains) },
    );
  return pooledModels(data, pooled, {
    seed,
    signal,
    runSeparate: weighChoices === 'as-made' ? runSeparate : null,
  });
}

type CountedFits = ReturnType<typeof countedFits>;

interface RoundOptions {
  /** If false, the fits are not observed, and left out of diagnostics and warnings. @default true */
  readonly shown?: boolean;
  /** Draws per chain, instead of the analysis' own number. */
  readonly draws?: number;
}

/** Runs jobs, counts finished fits and collects warnings. */
function countedFits(options: ReproduceOptions) {
  const { runner = runHere, onProgress, signal, observe } = options;
  const settings = completeSettings(settingsAmong(options));
  const all: FitResult[] = [];
  let done = 0;
  let total = 0;
  return {
    /** Jobs of a round have different names. */
    async run(
      round: readonly PlannedJob[],
      { shown = true, draws = settings.draws }: RoundOptions = {},
    ): Promise<FitsByName> {
      total += round.length;
      const show = shown && observe?.(round.flatMap(({ fits }) => fits));
      const jobs = round.map(({ job }) =>
        show && !job.keepDraws ? ({ ...job, keepDraws: 'for-onFit' } as const) : job,
      );
      const planned = new Map(round.map((one) => [one.job.name, one]));
      const fitsOf = (result: FitResult) => planned.get(result.name)?.read(result) ?? [];
      const onFit = (result: FitResult) => {
        done++;
        if (show) fitsOf(result).forEach(show);
        onProgress?.({ done, total });
      };
      const results = await runner(jobs, { ...settings, draws }, { onFit, signal });
      if (shown) all.push(...results);
      return new Map(
        [...results, ...results.flatMap(fitsOf)].map((result) => [result.name, result]),
      );
    },
    verdict: () => ({
      diagnostics: worstDiagnostics(all.map((result) => result.diagnostics)),
      warnings: all
        .filter(({ warnings }) => warnings.length > 0)
        .map(({ name, warnings }) => `${name}: ${warnings.join('; ')}`),
    }),
  };
}
