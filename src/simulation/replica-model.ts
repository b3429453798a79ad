/**
 * One base model of the replica: its choices and all its reports, with noise set so that the
 * sample figures of the paper come out. Learned weights are the modes of the same regressions
 * whose means the analysis samples: the correlations differ by thousandths at most.
 */

import { choicesPredictedPercent } from '../analysis/agreement.js';
import { pairWeights } from '../analysis/correlations.js';
import type { PaperFigures } from '../analysis/figures.js';
import { groupByContext, weightJob } from '../analysis/learned-weights.js';
import {
  joinTables,
  meanReports,
  standardizeTable,
  type WeightTable,
} from '../analysis/reported-weights.js';
import { correlation, scaleWeights } from '../analysis/standardize.js';
import { type RandomStream, randomStream } from '../random/stream.js';
import { modelOf } from '../regression/specification.js';
import { posteriorMode } from '../sampler/mode.js';
import type { Choice, Context, WeightReport } from '../study/context.js';
import type { ReportFile } from '../study/layout.js';
import { drawTargetWeights } from '../study/trials.js';
import { solveMonotone, solvePair } from './calibrate.js';
import {
  CHOICES_PER_CONTEXT,
  REPORTS_PER_CONTEXT,
  type ValidReports,
  validReports,
} from './replica-plan.js';
import { choose, drawTrials, type ReportLuck, report, type Trial } from './simulated-model.js';

export interface SimulatedRecord {
  readonly name: string;
  readonly choices: { readonly instilled: Choice[]; readonly native: Choice[] };
  readonly reports: Readonly<Record<ReportFile, WeightReport[]>>;
}

export interface ReplicaContexts {
  readonly instilled: readonly Context[];
  readonly native: readonly Context[];
  readonly targets: WeightTable;
}

export function simulateBaseModel(
  name: string,
  contexts: ReplicaContexts,
  figures: PaperFigures,
  seed: number,
): SimulatedRecord {
  const stream = (purpose: string) => randomStream(seed, 'replica', name, purpose);
  const instilled = instilledAgent(name, contexts, figures, stream);
  const native = nativeAgent(name, contexts, figures, stream);
  return {
    name,
    choices: { instilled: instilled.choices, native: native.choices },
    reports: {
      ...instilledReports(name, contexts, figures, instilled, stream),
      ...nativeReports(name, contexts, figures, native, stream),
    },
  };
}

type StreamFor = (purpose: string) => RandomStream;

/** A model that has chosen: the weights it used, and those that its choices reveal. */
interface Agent {
  readonly used: WeightTable;
  readonly choices: Choice[];
  readonly learned: WeightTable;
}

function figure(table: Readonly<Record<string, number>>, name: string): number {
  const value = table[name];
  if (value === undefined) throw new RangeError(`the paper has no figure for ${name}`);
  return value;
}

const correlationFigure = (table: Readonly<Record<string, { r: number }>>, name: string): number =>
  figure({ [name]: table[name]?.r ?? Number.NaN }, name);

/** Used weights drift from their targets as far as r(learned, target) and agreement say. */
function instilledAgent(
  name: string,
  { instilled, targets }: ReplicaContexts,
  { experiment1 }: PaperFigures,
  stream: StreamFor,
): Agent {
  const trials = drawTrials(instilled, CHOICES_PER_CONTEXT.instilled, stream('instilled trials'));
  const noise = normalTable(instilled, stream('drift'));
  const agentFor = (drift: number, sharpness: number): Agent => {
    const used = mapTable(targets, instilled, (weight, context, i) => {
      return weight / 100 + drift * (noise.get(context)?.[i] ?? 0);
    });
    return chooseAndLearn(trials, used, sharpness);
  };
  const { inner, outer } = solvePair(
    (drift, sharpness) => {
      const { choices, learned } = agentFor(drift, sharpness);
      const groups = groupByContext(choices, byName(instilled));
      return [
        correlationBetween(learned, targets),
        choicesPredictedPercent(groups, (context) => targets.get(context)),
      ];
    },
    [
      figure(experiment1.learned_vs_target_r, name),
      figure(experiment1.choices_agreeing_with_target_pct, name),
    ],
    { inner: [0, 1.5], outer: [1, 30] },
    12,
  );
  return agentFor(inner, outer);
}

/** Native weights were never instilled: drawn like targets, and only their sharpness is set. */
function nativeAgent(
  name: string,
  { native }: ReplicaContexts,
  { experiment3 }: PaperFigures,
  stream: StreamFor,
): Agent {
  const trials = drawTrials(native, CHOICES_PER_CONTEXT.native, stream('native trials'));
  const random = stream('native weights');
  const used = new Map(
    native.map(({ name: context, attributes }) => [
      context,
      drawTargetWeights(attributes.length, random).map((weight) => weight / 100),
    ]),
  );
  const sharpness = solveMonotone(
    (candidate) => {
      const { choices, learned } = chooseAndLearn(trials, used, candidate);
      return choicesPredictedPercent(groupByContext(choices, byName(native)), (context) =>
        learned.get(context),
      );
    },
    figure(experiment3.native_choices_predicted_pct, name),
    1,
    30,
    14,
  );
  return chooseAndLearn(trials, used, sharpness);
}

function chooseAndLearn(trials: readonly Trial[], used: WeightTable, sharpness: number): Agent {
  const choices = choose(trials, (context) => used.get(context) ?? [], sharpness);
  const contexts = byName(trials.map((trial) => trial.context));
  const learned = groupByContext(choices, contexts).map((group): [string, number[]] => {
    const model = modelOf(weightJob(group.context.name, group).specification);
    const [, ...slopes] = posteriorMode(model);
    return [group.context.name, scaleWeights(slopes)];
  });
  return { used, choices, learned: new Map(learned) };
}

/** Reports before training, off the shelf, and after training on either half. */
function instilledReports(
  name: string,
  { instilled, targets }: ReplicaContexts,
  { experiment1, experiment2, appendixD }: PaperFigures,
  { used, learned }: Agent,
  stream: StreamFor,
) {
  const luckFor = (file: ReportFile, contexts: readonly Context[]) =>
    drawReportLuck(contexts, validFor(name, file), stream(file));
  const half = instilled.length / 2;
  const zUsed = standardizeTable(used);
  const zTargets = standardizeTable(mapTable(targets, instilled, (weight) => weight));

  /** Insight into the used weights, and memory of the targets: both correlations are published. */
  const reportsBy = (
    luckOfReporters: readonly ReportLuck[][],
    rLearned: number,
    rTarget: number,
  ): WeightReport[][] => {
    const reportsFor = (insight: number, memory: number) => {
      const signal = standardizeTable(
        mapTable(zUsed, instilled, (weight, context, i) => {
          return weight + memory * (zTargets.get(context)?.[i] ?? 0);
        }),
      );
      return luckOfReporters.map((luck) => report(luck, (c) => signal.get(c) ?? [], insight));
    };
    const { inner, outer } = solvePair(
      (insight, memory) => {
        const table = standardizedReports(reportsFor(insight, memory));
        return [correlationBetween(learned, table), correlationBetween(targets, table)];
      },
      [rLearned, rTarget],
      { inner: [-1, 1], outer: [-0.9, 3] },
    );
    return reportsFor(inner, outer);
  };

  const [before = []] = reportsBy(
    [luckFor('instilledReports', instilled)],
    correlationFigure(experiment1['instilled/reports'], name),
    figure(appendixD.reports_vs_target_r_before_training, name),
  );
  const [firstHalf = [], lastHalf = []] = reportsBy(
    [
      luckFor('firstHalfTrainedReports', instilled.slice(half)),
      luckFor('lastHalfTrainedReports', instilled.slice(0, half)),
    ],
    correlationFigure(experiment2['instilled/trained_reports'], name),
    figure(appendixD.reports_vs_target_r_after_training, name),
  );
  return {
    instilledReports: before,
    firstHalfTrainedReports: firstHalf,
    lastHalfTrainedReports: lastHalf,
    offTheShelfReports: reportsWithInsight(
      luckFor('offTheShelfReports', instilled),
      zUsed,
      learned,
      correlationFigure(experiment1['instilled/off_the_shelf_reports'], name),
    ),
  };
}

function nativeReports(
  name: string,
  { native }: ReplicaContexts,
  { experiment3 }: PaperFigures,
  { used, learned }: Agent,
  stream: StreamFor,
) {
  const zUsed = standardizeTable(used);
  const reports = (file: ReportFile, r: number) =>
    reportsWithInsight(
      drawReportLuck(native, validFor(name, file), stream(file)),
      zUsed,
      learned,
      r,
    );
  return {
    nativeReports: reports('nativeReports', correlationFigure(experiment3['native/reports'], name)),
    nativeTrainedReports: reports(
      'nativeTrainedReports',
      correlationFigure(experiment3['native/trained_reports'], name),
    ),
  };
}

/** Reports whose sample correlation with the learned weights is `r`. */
function reportsWithInsight(
  luck: readonly ReportLuck[],
  signal: WeightTable,
  learned: WeightTable,
  r: number,
): WeightReport[] {
  const reportsFor = (insight: number) => report(luck, (c) => signal.get(c) ?? [], insight);
  const insight = solveMonotone(
    (candidate) => correlationBetween(learned, standardizedReports([reportsFor(candidate)])),
    r,
    -1,
    1,
  );
  return reportsFor(insight);
}

/** Each reporter's means standardized by themselves, as the analysis does it. */
function standardizedReports(reporters: readonly WeightReport[][]): WeightTable {
  return joinTables(...reporters.map((reports) => standardizeTable(meanReports(reports))));
}

function correlationBetween(weights: WeightTable, reports: WeightTable): number {
  const pairs = pairWeights(weights, reports);
  return correlation(pairs.reports, pairs.weights);
}

function validFor(name: string, file: ReportFile): ValidReports {
  const counts = validReports[name];
  if (!counts) throw new RangeError(`no counts of valid reports for ${name}`);
  return counts[file];
}

/**
 * Luck for the reports that will be valid: some contexts get none at all, and in half of the
 * others reports are missing at random, until the counts are the published ones.
 */
function drawReportLuck(
  contexts: readonly Context[],
  valid: ValidReports,
  random: RandomStream,
): ReportLuck[] {
  const order = shuffle(contexts, random);
  const counts = new Map(
    order.slice(0, valid.contexts).map(({ name }) => [name, REPORTS_PER_CONTEXT]),
  );
  const hesitant = order.slice(0, Math.ceil(valid.contexts / 2));
  for (let missing = valid.contexts * REPORTS_PER_CONTEXT - valid.rows; missing > 0; ) {
    const { name } = hesitant[Math.floor(random.uniform() * hesitant.length)] ?? { name: '' };
    const count = counts.get(name) ?? 0;
    if (count <= 1) continue;
    counts.set(name, count - 1);
    missing--;
  }
  return contexts
    .filter(({ name }) => counts.has(name))
    .map((context) => {
      const normals = () => context.attributes.map(() => random.normal());
      return {
        context,
        view: normals(),
        slips: Array.from({ length: counts.get(context.name) ?? 0 }, normals),
      };
    });
}

/** Fisher and Yates. */
export function shuffle<T>(items: readonly T[], random: { uniform(): number }): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    const [a, b] = [shuffled[i], shuffled[j]];
    if (a === undefined || b === undefined) continue;
    shuffled[i] = b;
    shuffled[j] = a;
  }
  return shuffled;
}

function byName(contexts: readonly Context[]): Map<string, Context> {
  return new Map(contexts.map((context) => [context.name, context]));
}

function normalTable(contexts: readonly Context[], random: RandomStream): WeightTable {
  return new Map(
    contexts.map(({ name, attributes }) => [name, attributes.map(() => random.normal())]),
  );
}

/** The table of the given contexts with every value mapped. */
function mapTable(
  table: WeightTable,
  contexts: readonly Context[],
  f: (value: number, context: string, attribute: number) => number,
): WeightTable {
  return new Map(
    contexts.map(({ name }) => [
      name,
      (table.get(name) ?? []).map((value, i) => f(value, name, i)),
    ]),
  );
}
