/**
 * Summary of a quantity, as brms' `posterior_summary`: centre, spread, and an equal-tailed
 * interval.
 */
import { columnKernel } from '../../models/kernels/columns-kernel.js';
import { comfortable, comfortableIn } from '../linear-algebra/powers-of-two.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { equalTails } from './fast/tails.js';
import { etiOfSorted } from './intervals.js';
import { significant, type TextColumn, textTable } from './printable.js';
import { quantileOfSorted } from './quantiles.js';

export interface PointSummary {
  readonly mean: number;
  readonly sd: number;
  /** Median of the draws; only in a robust summary. */
  readonly median?: number;
  /** Median absolute deviation times 1.4826; only in a robust summary. */
  readonly mad?: number;
  /** Lower end of the equal-tailed interval: brms' Q2.5 for a mass of 0.95. */
  readonly lower: number;
  /** Upper end: brms' Q97.5. */
  readonly upper: number;
}

export interface PointSummaryOptions {
  /** Probability of the interval, in (0, 1). @default 0.95 */
  readonly mass?: number;
  /** Adds and prints the median and the median absolute deviation. @default false */
  readonly robust?: boolean;
}

/** All NaN if a draw is NaN. */
export function pointSummary(
  draws: Float64Array,
  { mass = 0.95, robust = false }: PointSummaryOptions = {},
): PointSummary {
  const moments = meanAndSd(draws);
  const ends = robust ? null : equalTails(draws, mass, moments);
  if (ends) return { mean: moments.mean, sd: moments.sd, lower: ends[0], upper: ends[1] };
  const ascending = draws.slice().sort();
  const [lower, upper] = etiOfSorted(ascending, mass);
  return { ...moments, ...(robust && medianAndMad(ascending)), lower, upper };
}

/** brms' Estimate: the median of a robust summary, otherwise the mean. */
export function centreOf({ mean, median }: Pick<PointSummary, 'mean' | 'median'>): number {
  return median ?? mean;
}

/** brms' Est.Error: the median absolute deviation of a robust summary, otherwise the sd. */
export function spreadOf({ sd, mad }: Pick<PointSummary, 'sd' | 'mad'>): number {
  return mad ?? sd;
}

function meanAndSd(draws: Float64Array): Pick<PointSummary, 'mean' | 'sd'> {
  const kernel = columnKernel();
  if (kernel && draws.length > 0) {
    kernel.load(draws);
    const { least, greatest, mean, squares } = kernel.moments();
    const { origin, unit } = comfortableIn(least, greatest, least);
    if (origin === 0 && unit === 1) return { mean, sd: Math.sqrt(squares / (draws.length - 1)) };
  }
  const { origin, unit } = comfortable(draws);
  const plain = origin === 0 && unit === 1;
  const { mean, squares } = meanAndSquares(
    plain ? draws : draws.map((value) => (value - origin) / unit),
  );
  const sd = Math.sqrt(squares / (draws.length - 1));
  return plain ? { mean, sd } : { mean: origin + unit * mean, sd: unit * sd };
}

function medianAndMad(ascending: Float64Array): { median: number; mad: number } {
  const median = quantileOfSorted(ascending, 0.5);
  const distances = ascending.map((value) => Math.abs(value - median)).sort();
  return { median, mad: 1.4826 * quantileOfSorted(distances, 0.5) };
}

/** Significant digits of the number that needs the most decimals in its column. */
const DIGITS = 4;
const MOST_ROWS = 100;

interface EstimateTable<Row extends PointSummary> {
  readonly rows: readonly Row[];
  /** Probability of the intervals. */
  readonly mass: number;
  /** @default brms' `[1,]`, `[2,]` … */
  readonly label?: (row: Row) => string;
  /** Columns before the estimates, for the rows that are shown. */
  readonly leading?: (rows: readonly Row[]) => readonly TextColumn[];
  /** Maximum number of rows shown. @default 100 */
  readonly most?: number;
}

/** Lines of the table; a final line counts the rows that are not shown. */
export function estimateLines<Row extends PointSummary>({
  rows,
  mass,
  label,
  leading = () => [],
  most = MOST_ROWS,
}: EstimateTable<Row>): string[] {
  const shown = rows.slice(0, most);
  const numbers = (head: string, value: (row: Row) => number) => ({
    head,
    cells: significant(shown.map(value), DIGITS),
  });
  const [lower, upper] = quantileNames(mass);
  const lines = textTable(
    shown.map((row, i) => (label ? label(row) : `[${i + 1},]`)),
    [
      ...leading(shown),
      numbers('Estimate', centreOf),
      numbers('Est.Error', spreadOf),
      numbers(lower, (row) => row.lower),
      numbers(upper, (row) => row.upper),
    ],
  );
  const hidden = rows.length - shown.length;
  return hidden === 0 ? lines : [...lines, `… and ${hidden} more rows`];
}

/** brms' names of the ends of an equal-tailed interval: Q2.5 and Q97.5. */
function quantileNames(mass: number): readonly [string, string] {
  const name = (p: number) => `Q${Number((100 * p).toPrecision(12))}`;
  return [name((1 - mass) / 2), name((1 + mass) / 2)];
}
