/**
 * Reported weights: the mean over a context's valid reports, standardized within one reporting
 * model on one set of contexts.
 */

import { modelFiles } from '../authors-files/layout.js';
import { WeighbridgeError } from '../errors.js';
import type { WeightReport } from '../study/context.js';
import type { BaseModelRecord, ReportFile } from '../study/study.js';
import { standardize } from './standardize.js';

/** One value per attribute, keyed by context. */
export type WeightTable = ReadonlyMap<string, readonly number[]>;

export function meanReports(reports: readonly WeightReport[]): WeightTable {
  const sums = new Map<string, { count: number; sum: number[] }>();
  for (const { context, weights } of reports) {
    const entry = sums.get(context) ?? { count: 0, sum: weights.map(() => 0) };
    entry.count++;
    weights.forEach((weight, i) => {
      entry.sum[i] = (entry.sum[i] ?? 0) + weight;
    });
    sums.set(context, entry);
  }
  return new Map([...sums].map(([name, { count, sum }]) => [name, sum.map((s) => s / count)]));
}

/** Standardizes all values of a table together, across contexts and attributes. */
export function standardizeTable(table: WeightTable): WeightTable {
  const standardized = standardize([...table.values()].flat());
  let next = 0;
  const entries = [...table].map(([name, weights]): [string, number[]] => {
    const values = standardized.slice(next, next + weights.length);
    next += weights.length;
    return [name, values];
  });
  return new Map(entries);
}

/** Merges tables over different contexts, for example the two halves of introspection training. */
export function joinTables(...tables: readonly WeightTable[]): WeightTable {
  return new Map(tables.flatMap((table) => [...table]));
}

/** Percentage of requested reports that are not usable. */
export function invalidReportsPercent(counts: readonly { asked: number; used: number }[]): number {
  const asked = counts.reduce((sum, count) => sum + count.asked, 0);
  const used = counts.reduce((sum, count) => sum + count.used, 0);
  return (100 * (asked - used)) / asked;
}

/** The paper requests ten reports per context. */
const REPORTS_PER_CONTEXT = 10;

/**
 * Number of reports requested per context: as in the data, or the paper's ten; more if a context
 * has more.
 */
export function reportsPerContext(
  files: readonly (readonly WeightReport[])[],
  asked: number = REPORTS_PER_CONTEXT,
): number {
  let largest = asked;
  for (const reports of files) {
    const counts = new Map<string, number>();
    for (const { context } of reports) counts.set(context, (counts.get(context) ?? 0) + 1);
    largest = Math.max(largest, ...counts.values());
  }
  return largest;
}

export interface ReportTables {
  readonly offTheShelf: WeightTable;
  readonly instilled: WeightTable;
  readonly instilledTrained: WeightTable;
  readonly native: WeightTable;
  readonly nativeTrained: WeightTable;
}

/** @throws WeighbridgeError `bad-data` if all reports of a file are equal */
export function reportTables(record: BaseModelRecord): ReportTables {
  const table = (file: ReportFile) => standardizedReports(record, file);
  requireDisjointHalves(record);
  return {
    offTheShelf: table('offTheShelfReports'),
    instilled: table('instilledReports'),
    // A model trained on one half of the contexts reports on the other: two reporting models.
    instilledTrained: joinTables(table('firstHalfTrainedReports'), table('lastHalfTrainedReports')),
    native: table('nativeReports'),
    nativeTrained: table('nativeTrainedReports'),
  };
}

/** Throws if a context is in both halves: a model trained on it would report on it. */
function requireDisjointHalves(record: BaseModelRecord): void {
  const first = new Set(record.firstHalfTrainedReports.map(({ context }) => context));
  const twice = record.lastHalfTrainedReports.find(({ context }) => first.has(context));
  if (twice) {
    throw new WeighbridgeError(
      'bad-data',
      `${record.name}${modelFiles.lastHalfTrainedReports.suffix}: ${twice.context} is also in ${record.name}${modelFiles.firstHalfTrainedReports.suffix}, expected each context in one of the two`,
    );
  }
}

/** Standardized mean reports of one model on one set of contexts. Throws if all are equal. */
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
