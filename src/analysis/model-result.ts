/** Results for one base model other than its correlations. */
import type { ReportFile, Setting, Study } from '../study/study.js';
import { choicesPredictedPercent } from './agreement.js';
import type { LearnedWeights, ModelWeights } from './learned-weights.js';
import { invalidReportsPercent, reportsPerContext } from './reported-weights.js';

export interface ModelResult {
  readonly name: string;
  readonly weights: Readonly<Record<Setting, readonly LearnedWeights[]>>;
  readonly choicesAgreeingWithTargetPercent: number;
  readonly nativeChoicesPredictedPercent: number;
  readonly invalidReportsPercent: number;
  /** Number of reports used in the analysis, by file. */
  readonly reportsUsed: Readonly<Record<ReportFile, number>>;
  readonly reportCounts: readonly ReportCount[];
}

/** Numbers of requested and usable reports. */
interface ReportCount {
  readonly setting: Setting;
  /** The files counted together: the two halves of introspection training are one entry. */
  readonly files: readonly ReportFile[];
  readonly asked: number;
  readonly used: number;
}

export function modelResult(model: ModelWeights, { targets, provenance }: Study): ModelResult {
  const { record, groups, weights } = model;
  const reportCounts = countReports(model, provenance?.reports_per_context);
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
    invalidReportsPercent: invalidReportsPercent(reportCounts),
    reportsUsed: {
      offTheShelfReports: record.offTheShelfReports.length,
      instilledReports: record.instilledReports.length,
      firstHalfTrainedReports: record.firstHalfTrainedReports.length,
      lastHalfTrainedReports: record.lastHalfTrainedReports.length,
      nativeReports: record.nativeReports.length,
      nativeTrainedReports: record.nativeTrainedReports.length,
    },
    reportCounts,
  };
}

const askedTogether: readonly Pick<ReportCount, 'setting' | 'files'>[] = [
  { setting: 'instilled', files: ['offTheShelfReports'] },
  { setting: 'instilled', files: ['instilledReports'] },
  { setting: 'instilled', files: ['firstHalfTrainedReports', 'lastHalfTrainedReports'] },
  { setting: 'native', files: ['nativeReports'] },
  { setting: 'native', files: ['nativeTrainedReports'] },
];

function countReports({ record, groups }: ModelWeights, asked: number | undefined): ReportCount[] {
  const reportsOf = (files: readonly ReportFile[]) => files.flatMap((file) => record[file]);
  const perContext = reportsPerContext(
    askedTogether.map(({ files }) => reportsOf(files)),
    asked,
  );
  return askedTogether.map(({ setting, files }) => ({
    setting,
    files,
    asked: groups[setting].length * perContext,
    used: reportsOf(files).length,
  }));
}
