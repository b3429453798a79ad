/**
 * What is known of the numbers of rows in place of their values, and where numbers outside are not among the rows:
 * intervals, one of each kind a row.
 */

/** Intervals of outcomes, one number per row; an open end is −∞ or ∞. */
export interface Limits {
  /** The outcome is above it; the outcome itself where that is known. */
  readonly from: Float64Array;
  /** The outcome is at most this; the outcome itself where that is known. */
  readonly to: Float64Array;
  /** Rows have outcomes above it: for whole numbers, one below the least of them. */
  readonly after: Float64Array;
  /** Rows have outcomes of at most this. */
  readonly upTo: Float64Array;
}

const ends = ['from', 'to', 'after', 'upTo'] as const;

/** The limits with each number changed. @param change takes the number and its row */
export function mapLimits(limits: Limits, change: (end: number, row: number) => number): Limits {
  const of = (name: (typeof ends)[number]) => limits[name].map(change);
  return { from: of('from'), to: of('to'), after: of('after'), upTo: of('upTo') };
}

/** The limits of some rows. @param pick takes one number per row to one per row picked */
export function pickLimits(limits: Limits, pick: (values: Float64Array) => Float64Array): Limits {
  const of = (name: (typeof ends)[number]) => pick(limits[name]);
  return { from: of('from'), to: of('to'), after: of('after'), upTo: of('upTo') };
}

/** The limits as columns, to tell rows apart. */
export function limitColumns(limits: Limits): { values: Float64Array; width: 1 }[] {
  return ends.map((name) => ({ values: limits[name], width: 1 }));
}

/** True of a row whose outcome is known to lie in an interval only. */
export function isCensored({ from, to }: Limits, row: number): boolean {
  return from[row] !== to[row];
}

/** True of a row that is in the data only if its outcome is within bounds. */
export function isTruncated({ after, upTo }: Limits, row: number): boolean {
  return after[row] > Number.NEGATIVE_INFINITY || upTo[row] < Number.POSITIVE_INFINITY;
}

/** True if any row is truncated. */
export function hasBounds(limits: Limits): boolean {
  return limits.after.some((_, row) => isTruncated(limits, row));
}

/** True if any outcome is known to lie in an interval only. */
export function hasIntervals(limits: Limits): boolean {
  return limits.from.some((_, row) => isCensored(limits, row));
}

/** Limits of other outcomes, all of which are known. */
export function limitsOfKnown(limits: Limits, outcomes: Float64Array): Limits {
  return { ...limits, from: outcomes, to: outcomes };
}
