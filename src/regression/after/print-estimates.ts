/**
 * Estimates in print, as brms' matrices of them: a row each, under Estimate, Est.Error and the names
 * of the quantiles. Of long lists the first rows are shown.
 */
import type { PointSummary } from '../../posterior/point-summary.js';
import { significant, type TextColumn, textTable } from '../../posterior/printable.js';

/** Significant digits of the number of a column that needs the most decimals. */
const DIGITS = 4;
const MOST_ROWS = 100;

export interface EstimateTable<Row extends PointSummary> {
  readonly rows: readonly Row[];
  /** Probability of the intervals. */
  readonly prob: number;
  /** Default brms' `[1,]`, `[2,]` …. */
  readonly label?: (row: Row) => string;
  /** Columns before the estimates; of the rows that are shown. */
  readonly leading?: (rows: readonly Row[]) => readonly TextColumn[];
  /** Rows that are shown; default 100. */
  readonly most?: number;
}

/** Lines of the table; a last one says how many rows are not shown. */
export function estimateLines<Row extends PointSummary>({
  rows,
  prob,
  label,
  leading = () => [],
  most = MOST_ROWS,
}: EstimateTable<Row>): string[] {
  const shown = rows.slice(0, most);
  const numbers = (head: string, value: (row: Row) => number) => ({
    head,
    cells: significant(shown.map(value), DIGITS),
  });
  const [lower, upper] = quantileNames(prob);
  const lines = textTable(
    shown.map((row, i) => (label ? label(row) : `[${i + 1},]`)),
    [
      ...leading(shown),
      numbers('Estimate', (row) => row.estimate),
      numbers('Est.Error', (row) => row.estError),
      numbers(lower, (row) => row.lower),
      numbers(upper, (row) => row.upper),
    ],
  );
  const hidden = rows.length - shown.length;
  return hidden === 0 ? lines : [...lines, `… and ${hidden} more rows`];
}

/** brms' names of the ends of an equal-tailed interval: Q2.5 and Q97.5. */
function quantileNames(prob: number): readonly [string, string] {
  const name = (p: number) => `Q${Number((100 * p).toPrecision(12))}`;
  return [name((1 - prob) / 2), name((1 + prob) / 2)];
}
