/**
 * The size of the paper's study, and how many of its reports were valid: counts of rows and of
 * contexts in the published files, which the replica repeats.
 */
import type { ReportFile } from '../study/layout.js';

export const CONTEXTS_PER_SETTING = 100;
export const CHOICES_PER_CONTEXT = { instilled: 50, native: 100 } as const;
export const REPORTS_PER_CONTEXT = 10;

/** Valid reports in a file, and contexts that have any. */
export interface ValidReports {
  readonly rows: number;
  readonly contexts: number;
}

const complete: ValidReports = { rows: 1000, contexts: 100 };
const completeHalf: ValidReports = { rows: 500, contexts: 50 };

export const validReports: Readonly<Record<string, Readonly<Record<ReportFile, ValidReports>>>> = {
  'gpt-4o-2024-08-06': {
    offTheShelfReports: complete,
    instilledReports: complete,
    firstHalfTrainedReports: completeHalf,
    lastHalfTrainedReports: completeHalf,
    nativeReports: { rows: 966, contexts: 100 },
    nativeTrainedReports: complete,
  },
  'gpt-4o-mini-2024-07-18': {
    offTheShelfReports: { rows: 877, contexts: 96 },
    instilledReports: { rows: 574, contexts: 79 },
    firstHalfTrainedReports: completeHalf,
    lastHalfTrainedReports: { rows: 494, contexts: 50 },
    nativeReports: { rows: 590, contexts: 76 },
    nativeTrainedReports: { rows: 999, contexts: 100 },
  },
};
