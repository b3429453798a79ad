/**
 * What models say of their weights: the mean over a context's valid reports, standardized within
 * one reporting model on one set of contexts.
 */
import type { WeightReport } from '../study/context.js';
import { standardize } from './standardize.js';

/** One value per attribute, by context. */
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

/** Standardizes all values of a table together, over contexts and attributes. */
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

/** Tables over different contexts as one: the two halves of introspection training. */
export function joinTables(...tables: readonly WeightTable[]): WeightTable {
  return new Map(tables.flatMap((table) => [...table]));
}

/** The share of reports that were asked for and could not be used, in percent. */
export function invalidReportsPercent(counts: readonly { asked: number; used: number }[]): number {
  const asked = counts.reduce((sum, count) => sum + count.asked, 0);
  const used = counts.reduce((sum, count) => sum + count.used, 0);
  return (100 * (asked - used)) / asked;
}

/** The paper asked for ten reports in each context. */
const REPORTS_PER_CONTEXT = 10;

/** Reports asked for in a context: as the data say, or the paper's ten; more where one has more. */
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
