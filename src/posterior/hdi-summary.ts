/** Summary of a quantity by mean, standard deviation and highest-density interval, and its columns in tables. */
import { hdi } from './intervals.js';
import { significant, type TextColumn } from './printable.js';

export interface HdiSummary {
  readonly mean: number;
  readonly sd: number;
  readonly hdi: readonly [number, number];
}

/** @param mass probability of the HDI, in (0, 1) */
export function hdiSummary(draws: Float64Array, mass: number): HdiSummary {
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const squares = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (draws.length - 1)), hdi: hdi(draws, mass) };
}

export function hdiColumns(rows: readonly HdiSummary[], mass: number): TextColumn[] {
  const percent = Number((100 * mass).toPrecision(12));
  const column = (head: string, of: (row: HdiSummary) => number) => ({
    head,
    cells: significant(rows.map(of), 4),
  });
  return [
    column('Estimate', ({ mean }) => mean),
    column('Est.Error', ({ sd }) => sd),
    column(`l-${percent}% HDI`, ({ hdi }) => hdi[0]),
    column(`u-${percent}% HDI`, ({ hdi }) => hdi[1]),
  ];
}
