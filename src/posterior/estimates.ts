/**
 * Sums over observations with their standard errors, and the way R prints them.
 */
import { meanAndSquares } from '../linear-algebra/sums.js';

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

/** As R's `format(round(value, digits), nsmall = digits)`: NA for what is none, no minus zero. */
export function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NA';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/**
 * Rows under a header: the first column to the left, the others to the right, R's way of numbers;
 * or all to the left, its way of text.
 */
export function printTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  align: 'right' | 'left' = 'right',
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 || align === 'left'
            ? cell.padEnd(widths[column])
            : cell.padStart(widths[column]),
        )
        .join(' '),
    )
    .join('\n');
}

/** Numbers of a common width, as R's `format` gives a vector or a matrix. */
export function commonWidth(texts: readonly string[]): string[] {
  const width = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => text.padStart(width));
}
