/**
 * The paper's analysis from first to last: from choices to learned weights, from reports to their
 * correlation with the weights, and what introspection training adds. This file is the story;
 * each step stands in a file of its own.
 */
import { WeighbridgeError } from '../errors.js';
import { type Diagnostics, worstDiagnostics } from '../posterior/summary.js';
import type { FitJob, FitResult, FitRunner } from '../regression/job.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { modelFiles, type ReportFile } from '../study/layout.js';
import type { BaseModelRecord, Study } from '../study/read-study.js';
import { choicesPredictedPercent } from './agreement.js';
import {
  type Correlation,
  correlationJob,
  correlationOf,
  type Pairs,
  pairWeights,
} from './correlations.js';
import {
  type ContextChoices,
  groupByContext,
  type LearnedWeights,
  learnedWeights,
  type Setting,
  weightJob,
} from './learned-weights.js';
import {
  invalidReportsPercent,
  joinTables,
  meanReports,
  reportsPerContext,
  standardizeTable,
  type WeightTable,
} from './reported-weights.js';
import { correlation } from './standardize.js';
import { type TrainingEffect, trainingEffectJob, trainingEffectOf } from './training-effect.js';

export interface ModelResult {
  readonly name: string;
  readonly weights: Readonly<Record<Setting, readonly LearnedWeights[]>>;
  readonly choicesAgreeingWithTargetPercent: number;
  readonly nativeChoicesPredictedPercent: number;
  readonly invalidReportsPercent: number;
}

/** Correlations keyed MODEL/COMPARISON, and the effects of training by setting. */
export interface CorrelationSet {
  readonly correlations: ReadonlyMap<string, Correlation>;
  readonly effects: Readonly<Record<Setting, TrainingEffect>>;
}

export interface Reproduction extends CorrelationSet {
  readonly models: readonly ModelResult[];
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

/**
 * Every context has a weight of +100 or −100 by construction. Leaving out both is what Appendix D
 * describes; leaving out those of +100 alone is what gives its published figure.
 */
export type LargestWeights = 'plus_and_minus_100' | 'plus_100';

export interface ReproduceOptions {
  readonly settings: SamplerSettings;
  readonly run: FitRunner;
  readonly onProgress?: (done: number, total: number) => void;
}

export async function reproduce(study: Study, options: ReproduceOptions): Promise<Reproduction> {
  const fits = countedFits(options);

  const choices = study.models.map((model) => choicesOf(model, study));
  const weightFits = await fits.run(choices.flatMap(weightJobs));
  const models = choices.map((ofModel) => modelWeights(ofModel, weightFits));

  const comparisons = models.flatMap((model) => comparisonsOf(model, study));
  const appendix = models.flatMap((model) => targetComparisonsOf(model, study));
  const everything = correlationSetPlan('', models, comparisons);
  const withoutLargest = correlationSetPlan(
    'without_100/',
    models,
    comparisons.map((one) => without('plus_and_minus_100', one)),
  );
  const linearFits = await fits.run([
    ...everything.jobs,
    ...withoutLargest.jobs,
    ...appendix.map(({ key, pairs }) => correlationJob(key, pairs)),
  ]);

  return {
    ...everything.read(linearFits),
    models: models.map((model) => modelResult(model, study)),
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
function countedFits({ settings, run, onProgress }: ReproduceOptions) {
  const all: FitResult[] = [];
  let done = 0;
  let total = 0;
  return {
    async run(jobs: readonly FitJob[]): Promise<ReadonlyMap<string, FitResult>> {
      total += jobs.length;
      const results = await run(jobs, settings, () => {
        done++;
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

interface ModelChoices {
  readonly record: BaseModelRecord;
  readonly groups: Readonly<Record<Setting, readonly ContextChoices[]>>;
}

function choicesOf(record: BaseModelRecord, { contexts }: Study): ModelChoices {
  return {
    record,
    groups: {
      instilled: groupByContext(record.instilledChoices, contexts),
      native: groupByContext(record.nativeChoices, contexts),
    },
  };
}

const settings: readonly Setting[] = ['instilled', 'native'];

function weightJobName(model: string, setting: Setting, context: string): string {
  return `${model}/${setting}/${context}`;
}

function weightJobs({ record, groups }: ModelChoices): FitJob[] {
  return settings.flatMap((setting) =>
    groups[setting].map((group) =>
      weightJob(weightJobName(record.name, setting, group.context.name), group),
    ),
  );
}

interface ModelWeights extends ModelChoices {
  readonly weights: Readonly<Record<Setting, readonly LearnedWeights[]>>;
}

function modelWeights(choices: ModelChoices, fits: ReadonlyMap<string, FitResult>): ModelWeights {
  const of = (setting: Setting) =>
    choices.groups[setting].map((group) =>
      learnedWeights(
        group,
        fitNamed(fits, weightJobName(choices.record.name, setting, group.context.name)),
      ),
    );
  return { ...choices, weights: { instilled: of('instilled'), native: of('native') } };
}

function fitNamed(fits: ReadonlyMap<string, FitResult>, name: string): FitResult {
  const fit = fits.get(name);
  if (!fit) throw new RangeError(`no fit named ${name}`);
  return fit;
}

/** One correlation to be estimated, with the weights as they were before standardization. */
interface Comparison {
  /** MODEL/what against what. */
  readonly key: string;
  readonly weights: WeightTable;
  readonly reports: WeightTable;
  readonly scaledWeights: WeightTable;
  readonly pairs: Pairs;
}

function comparison(
  key: string,
  scaledWeights: WeightTable,
  weights: WeightTable,
  reports: WeightTable,
): Comparison {
  const pairs = pairWeights(weights, reports);
  if (pairs.weights.length === 0) {
    throw new WeighbridgeError(
      'bad-data',
      `${key}: none of the contexts with reports has choices, expected some that have both`,
    );
  }
  return { key, scaledWeights, weights, reports, pairs };
}

/** The same comparison where the attributes with the largest weights are left out. */
function without(largest: LargestWeights, full: Comparison): Comparison {
  const keep = (context: string, attribute: number) => {
    const weight = full.scaledWeights.get(context)?.[attribute] ?? 0;
    return weight !== 100 && (largest === 'plus_100' || weight !== -100);
  };
  return { ...full, pairs: pairWeights(full.weights, full.reports, keep) };
}

function largestChange(largest: LargestWeights, comparisons: readonly Comparison[]): number {
  const r = ({ pairs }: Comparison) => correlation(pairs.reports, pairs.weights);
  return Math.max(...comparisons.map((one) => Math.abs(r(without(largest, one)) - r(one))));
}

function scaledTable(weights: readonly LearnedWeights[]): WeightTable {
  return new Map(weights.map(({ context, scaled }) => [context.name, scaled]));
}

/** Target weights of the contexts in which preferences were instilled. */
function targetTable({ weights }: ModelWeights, { targets }: Study): WeightTable {
  return new Map(
    weights.instilled.map(({ context }) => [context.name, targets.get(context.name) ?? []]),
  );
}

/** One reporting model's means on one set of contexts, standardized; they must differ. */
function standardizedReports(record: BaseModelRecord, file: ReportFile): WeightTable {
  const means = meanReports(record[file]);
  const [first, ...others] = [...means.values()].flat();
  if (others.every((mean) => mean === first)) {
    throw new WeighbridgeError(
      'bad-data',
      `${record.name}${modelFiles[file].suffix}: all mean reports are ${first}, expected some that differ`,
    );
  }
  return standardizeTable(means);
}

/** After training on one half of the contexts a model reports on the other: two reporting models. */
function trainedReports({ record }: ModelWeights): WeightTable {
  return joinTables(
    standardizedReports(record, 'firstHalfTrainedReports'),
    standardizedReports(record, 'lastHalfTrainedReports'),
  );
}

function comparisonsOf(model: ModelWeights, study: Study): Comparison[] {
  const { record } = model;
  const key = (what: string) => `${record.name}/${what}`;
  const instilled = scaledTable(model.weights.instilled);
  const native = scaledTable(model.weights.native);
  const z = { instilled: standardizeTable(instilled), native: standardizeTable(native) };
  const targets = standardizeTable(targetTable(model, study));
  const reports = (file: ReportFile) => standardizedReports(record, file);
  const onInstilled = (what: string, of: WeightTable) =>
    comparison(key(what), instilled, z.instilled, of);
  const onNative = (what: string, of: WeightTable) => comparison(key(what), native, z.native, of);
  return [
    onInstilled('learned_vs_target', targets),
    onInstilled('instilled/reports', reports('instilledReports')),
    onInstilled('instilled/off_the_shelf_reports', reports('offTheShelfReports')),
    onInstilled('instilled/trained_reports', trainedReports(model)),
    onNative('native/reports', reports('nativeReports')),
    onNative('native/trained_reports', reports('nativeTrainedReports')),
  ];
}

function targetComparisonsOf(model: ModelWeights, study: Study): Comparison[] {
  const targets = targetTable(model, study);
  const z = standardizeTable(targets);
  const { name } = model.record;
  return [
    comparison(`${name}/before`, targets, z, standardizedReports(model.record, 'instilledReports')),
    comparison(`${name}/after`, targets, z, trainedReports(model)),
  ];
}

/** The jobs of a whole set of correlations and effects, and how their results are read. */
function correlationSetPlan(
  prefix: string,
  models: readonly ModelWeights[],
  comparisons: readonly Comparison[],
) {
  const pairsOf = (key: string): Pairs => {
    const found = comparisons.find((one) => one.key === key);
    if (!found) throw new RangeError(`no comparison named ${key}`);
    return found.pairs;
  };
  const trainingPairs = (setting: Setting) =>
    models.map(({ record }) => ({
      untrained: pairsOf(`${record.name}/${setting}/reports`),
      trained: pairsOf(`${record.name}/${setting}/trained_reports`),
    }));
  const effectName = (setting: Setting) => `${prefix}effect/${setting}`;
  return {
    jobs: [
      ...comparisons.map(({ key, pairs }) => correlationJob(prefix + key, pairs)),
      ...settings.map((setting) => trainingEffectJob(effectName(setting), trainingPairs(setting))),
    ],
    read(fits: ReadonlyMap<string, FitResult>): CorrelationSet {
      const effect = (setting: Setting) =>
        trainingEffectOf(trainingPairs(setting), fitNamed(fits, effectName(setting)));
      return {
        correlations: correlationMap(prefix, comparisons, fits),
        effects: { instilled: effect('instilled'), native: effect('native') },
      };
    },
  };
}

function correlationMap(
  prefix: string,
  comparisons: readonly Comparison[],
  fits: ReadonlyMap<string, FitResult>,
): Map<string, Correlation> {
  return new Map(
    comparisons.map(({ key, pairs }) => [key, correlationOf(pairs, fitNamed(fits, prefix + key))]),
  );
}

function modelResult(model: ModelWeights, { targets }: Study): ModelResult {
  const { record, groups, weights } = model;
  const slopes = new Map(weights.native.map((one) => [one.context.name, one.slopes]));
  return {
    name: record.name,
    weights,
    choicesAgreeingWithTargetPercent: choicesPredictedPercent(groups.instilled, (context) =>
      targets.get(context),
    ),
    nativeChoicesPredictedPercent: choicesPredictedPercent(groups.native, (context) =>
      slopes.get(context),
    ),
    invalidReportsPercent: invalidPercent(model),
  };
}

function invalidPercent({ record, groups }: ModelWeights): number {
  const { offTheShelfReports, instilledReports, nativeReports, nativeTrainedReports } = record;
  const halves = [...record.firstHalfTrainedReports, ...record.lastHalfTrainedReports];
  const onInstilled = [offTheShelfReports, instilledReports, halves];
  const onNative = [nativeReports, nativeTrainedReports];
  return invalidReportsPercent(
    [
      ...onInstilled.map((reports) => ({ reports, contexts: groups.instilled.length })),
      ...onNative.map((reports) => ({ reports, contexts: groups.native.length })),
    ],
    reportsPerContext([...onInstilled, ...onNative]),
  );
}
