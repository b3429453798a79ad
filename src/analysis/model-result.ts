/**
 * What the analysis says of one base model beside its correlations.
 */
import type { ReportFile } from '../study/layout.js';
import type { Study } from '../study/read-study.js';
import { choicesPredictedPercent } from './agreement.js';
import type { LearnedWeights, Setting } from './learned-weights.js';
import { invalidReportsPercent, reportsPerContext } from './reported-weights.js';
import type { ModelWeights } from './weights-of-study.js';

export interface ModelResult {
  readonly name: string;
  readonly weights: Readonly<Record<Setting, readonly LearnedWeights[]>>;
  readonly choicesAgreeingWithTargetPercent: number;
  readonly nativeChoicesPredictedPercent: number;
  readonly invalidReportsPercent: number;
  /** Reports that the analysis used, by file. */
  readonly reportsUsed: Readonly<Record<ReportFile, number>>;
}

export function modelResult(model: ModelWeights, { targets, provenance }: Study): ModelResult {
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
    invalidReportsPercent: invalidPercent(model, provenance?.reports_per_context),
    reportsUsed: {
      offTheShelfReports: record.offTheShelfReports.length,
      instilledReports: record.instilledReports.length,
      firstHalfTrainedReports: record.firstHalfTrainedReports.length,
      lastHalfTrainedReports: record.lastHalfTrainedReports.length,
      nativeReports: record.nativeReports.length,
      nativeTrainedReports: record.nativeTrainedReports.length,
    },
  };
}

function invalidPercent({ record, groups }: ModelWeights, asked: number | undefined): number {
  const { offTheShelfReports, instilledReports, nativeReports, nativeTrainedReports } = record;
  const halves = [...record.firstHalfTrainedReports, ...record.lastHalfTrainedReports];
  const onInstilled = [offTheShelfReports, instilledReports, halves];
  const onNative = [nativeReports, nativeTrainedReports];
  return invalidReportsPercent(
    [
      ...onInstilled.map((reports) => ({ reports, contexts: groups.instilled.length })),
      ...onNative.map((reports) => ({ reports, contexts: groups.native.length })),
    ],
    reportsPerContext([...onInstilled, ...onNative], asked),
  );
}
