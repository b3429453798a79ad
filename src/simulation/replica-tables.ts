/**
 * Small tools of the replica: tables of weights, figures of the paper, shuffling.
 */
import { pairWeights } from '../analysis/correlations.js';
import type { WeightTable } from '../analysis/reported-weights.js';
import { correlation } from '../analysis/standardize.js';
import type { RandomStream } from '../random/stream.js';
import type { Context } from '../study/context.js';

export interface ReplicaContexts {
  readonly instilled: readonly Context[];
  readonly native: readonly Context[];
  readonly targets: WeightTable;
}

/** A stream for each purpose, so that no draw depends on how many another purpose took. */
export type StreamFor = (purpose: string) => RandomStream;

/** A figure of the paper for one model. */
export function figure<T>(table: Readonly<Record<string, T>>, name: string): T {
  const value = table[name];
  if (value === undefined) throw new RangeError(`the paper has no figure for ${name}`);
  return value;
}

export function correlationBetween(weights: WeightTable, reports: WeightTable): number {
  const pairs = pairWeights(weights, reports);
  return correlation(pairs.reports, pairs.weights);
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

export function byName(contexts: readonly Context[]): Map<string, Context> {
  return new Map(contexts.map((context) => [context.name, context]));
}

/** The table of the given contexts with every value mapped. */
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
