/** Helpers of the replica: tables of weights, figures of the paper, shuffling. */

import { pairWeights } from '../analysis/correlations.js';
import type { WeightTable } from '../analysis/reported-weights.js';
import { correlation } from '../analysis/standardize.js';
import type { RandomStream } from '../random/stream.js';
import type { Context } from '../study/context.js';
import type { ReportFile } from '../study/study.js';

export interface ReplicaContexts {
  readonly instilled: readonly Context[];
  readonly native: readonly Context[];
  readonly targets: WeightTable;
}

/** A separate stream per purpose, so that no draw depends on how many another purpose took. */
export type StreamFor = (purpose: string) => RandomStream;

/** The paper's figure for one model. */
export function figure<T>(table: Readonly<Record<string, T>>, name: string): T {
  const value = table[name];
  if (value === undefined) throw new RangeError(`the paper has no figure for ${name}`);
  return value;
}

export function correlationBetween(weights: WeightTable, reports: WeightTable): number {
  const pairs = pairWeights(weights, reports);
  return correlation(pairs.reports, pairs.weights);
}

/** Fisher–Yates shuffle. */
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

export function byName(contexts: readonly Context[]): Map<string, Context> {
  return new Map(contexts.map((context) => [context.name, context]));
}

/** The table of the given contexts, with every value mapped. */
export function mapTable(
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

export const CONTEXTS_PER_SETTING = 100;
export const CHOICES_PER_CONTEXT = { instilled: 50, native: 100 } as const;
export const REPORTS_PER_CONTEXT = 10;

/** Number of valid reports in a file, and of contexts with at least one. */
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
