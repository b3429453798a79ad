/**
 * Outcomes summed over the rows that share a linear predictor: of an exponential family, nothing
 * else of them is needed, and a factorial design of many rows costs as little as its cells.
 */
import type { Outcomes } from './family.js';

/** One number a cell; a cell is a row where none share a linear predictor. */
export interface Totals {
  /** Σ y. */
  readonly sums: Float64Array;
  /** Σ trials, or the number of rows where the family has no trials. */
  readonly counts: Float64Array;
}

/** Place of row i's linear predictor. */
export function cellOf({ cells }: Outcomes, row: number): number {
  return cells ? cells.of[row] : row;
}

export function numberOfCells({ rows, cells }: Outcomes): number {
  return cells ? cells.count : rows;
}

export function totalsOf(outcomes: Outcomes): Totals {
  const sums = new Float64Array(numberOfCells(outcomes));
  const counts = new Float64Array(sums.length);
  for (let i = 0; i < outcomes.rows; i++) {
    const cell = cellOf(outcomes, i);
    sums[cell] += outcomes.values[i];
    counts[cell] += outcomes.trials ? outcomes.trials[i] : 1;
  }
  return { sums, counts };
}
