/**
 * Sums over observations with their standard errors, and the way R prints them.
 */
import { meanAndSquares } from '../linear-algebra/sums.js';
import { rounded, textTable } from './printable.js';

export interface Estimate {
  readonly estimate: number;
  /** By the spread over observations: √(n · variance). */
  readonly se: number;
}

export function sumWithError(pointwise: Float64Array): Estimate {
  const n = pointwise.length;
  const { mean, squares } = meanAndSquares(pointwise);
  return { estimate: n * mean, se: Math.sqrt(n * (squares / (n - 1))) };
}

/** The table of estimates as R prints that of `loo` and of `waic`. */
export function printEstimates(estimates: Readonly<Record<string, Estimate>>): string[] {
  const rows = Object.values(estimates);
  return textTable(Object.keys(estimates), [
    { head: 'Estimate', cells: rows.map(({ estimate }) => rounded(estimate, 1)) },
    { head: 'SE', cells: rows.map(({ se }) => rounded(se, 1)) },
  ]);
}
