/** What the terminal, CSV, HTML and the viewer show of a section, in one form. */
import type { Section, SectionInterval, SectionTable } from '../../result/sections.js';
import { fixed, formatCount } from '../words.js';

/** A section from memory or from a file: its draws are not shown. */
export interface ShownSection extends Omit<Section, 'fits'> {
  readonly fits: readonly Omit<Section['fits'][number], 'draws'>[];
}

/** Intervals with one axis. */
export interface IntervalGroup {
  readonly group: string;
  readonly intervals: readonly SectionInterval[];
}

/** In the order of their first intervals. */
export function intervalGroups(intervals: readonly SectionInterval[]): IntervalGroup[] {
  const names = [...new Set(intervals.map(({ group = '' }) => group))];
  return names.map((group) => ({
    group,
    intervals: intervals.filter((one) => (one.group ?? '') === group),
  }));
}

const NUMBER_DECIMALS = 2;

/** A cell of a table as text; '' for none. */
export function cellText(
  cell: string | number | null | undefined,
  { kind, decimals = NUMBER_DECIMALS }: SectionTable['columns'][number],
): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'string') return cell;
  return kind === 'count' ? formatCount(cell) : fixed(cell, decimals);
}

/** Decimals that show two digits or more of the narrowest interval, from 0 to 6. */
export function intervalDecimals(intervals: readonly SectionInterval[]): number {
  const widths = intervals.flatMap(({ lower, upper }) =>
    lower === null || upper === null || !(upper > lower) ? [] : [upper - lower],
  );
  if (widths.length === 0) return NUMBER_DECIMALS;
  const size = Math.floor(Math.log10(Math.min(...widths)));
  return size >= 1 ? Math.max(0, 2 - size) : Math.min(6, Math.max(NUMBER_DECIMALS, 1 - size));
}

/** `P(> 0)`, if the intervals of a group share their reference. */
export function aboveLabel(intervals: readonly SectionInterval[]): string | null {
  const with_ = intervals.filter(({ above }) => above !== undefined);
  if (with_.length === 0) return null;
  const references = new Set(with_.map(({ reference }) => reference ?? 0));
  return references.size === 1 ? `P(> ${[...references][0]})` : 'P(> reference)';
}

/** A probability without a false certainty: draws cannot show more than their number. */
export function probabilityText(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '';
  if (value > 0.999) return '> .999';
  if (value < 0.001) return '< .001';
  return value.toFixed(3).replace(/^0/, '');
}

/** One line on a fit: family, rows, algorithm and convergence. */
export function fitLine({ family, rows, algorithm, diagnostics }: ShownSection['fits'][number]) {
  const { max_rhat, min_ess_bulk, min_ess_tail, divergences } = diagnostics;
  return [
    `${family}, ${formatCount(rows)} rows, ${algorithm}`,
    `largest R-hat ${fixed(max_rhat, 3)}`,
    `least ESS ${formatCount(min_ess_bulk)} bulk and ${formatCount(min_ess_tail)} tail`,
    `${divergences} divergences`,
  ].join('; ');
}
