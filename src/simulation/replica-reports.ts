/**
 * Reports whose insight matches the paper's correlations and whose counts of valid reports match
 * the published files.
 */

import type { PaperFigures } from '../analysis/figures.js';
import {
  joinTables,
  meanReports,
  standardizeTable,
  type WeightTable,
} from '../analysis/reported-weights.js';
import type { RandomStream } from '../random/stream.js';
import type { Context, WeightReport } from '../study/context.js';
import type { ReportFile } from '../study/study.js';
import { solveMonotone, solvePair } from './calibrate.js';
import type { Agent } from './replica-agents.js';
import {
  correlationBetween,
  figure,
  mapTable,
  REPORTS_PER_CONTEXT,
  type ReplicaContexts,
  type StreamFor,
  shuffle,
  type ValidReports,
  validReports,
} from './replica-tables.js';
import { type ReportLuck, report } from './simulated-model.js';

/** Reports off the shelf, before introspection training, and after training on either half. */
export function instilledReports(
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
    figure(experiment1['instilled/reports'], name).r,
    figure(appendixD.reports_vs_target_r_before_training, name),
  );
  const [firstHalf = [], lastHalf = []] = reportsBy(
    [
      luckFor('firstHalfTrainedReports', instilled.slice(half)),
      luckFor('lastHalfTrainedReports', instilled.slice(0, half)),
    ],
    figure(experiment2['instilled/trained_reports'], name).r,
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
      figure(experiment1['instilled/off_the_shelf_reports'], name).r,
    ),
  };
}

export function nativeReports(
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
    nativeReports: reports('nativeReports', figure(experiment3['native/reports'], name).r),
    nativeTrainedReports: reports(
      'nativeTrainedReports',
      figure(experiment3['native/trained_reports'], name).r,
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

/** Each reporter's means, standardized within the reporter as in the analysis. */
function standardizedReports(reporters: readonly WeightReport[][]): WeightTable {
  return joinTables(...reporters.map((reports) => standardizeTable(meanReports(reports))));
}

function validFor(name: string, file: ReportFile): ValidReports {
  return figure(validReports, name)[file];
}

/**
 * Random numbers for the valid reports. Some contexts get no valid report, and in half of the
 * others reports are missing at random, until the counts match the published ones.
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
