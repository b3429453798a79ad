/**
 * Marginal trends and means in print, as emmeans prints them, with what it says beneath: what was
 * averaged over, and on which scale the numbers are.
 */
import type { LinkName } from '../../../models/families/family.js';
import { fixed, textTable } from '../../posterior/printable.js';
import { cellText } from './grid.js';
import type { Marginal, MarginalRow } from './trends.js';

/** Of what numbers are shown: slopes, the linear predictor, or the response. */
export type MarginalScale = 'trend' | 'linear' | 'response';

export interface MarginalFacts {
  /** Predictors with several values that results are averaged over. */
  readonly averaged: readonly string[];
  readonly by: readonly string[];
  /** Whether there are contrasts. */
  readonly contrasts: boolean;
  readonly scale: MarginalScale;
  readonly link: LinkName;
}

export function marginalNotes({
  averaged,
  by,
  contrasts,
  scale,
  link,
}: MarginalFacts): readonly string[] {
  const over = averaged.length > 0;
  const crossed = by.length > 1 && contrasts;
  return [
    ...(over ? [`Results are averaged over the levels of: ${averaged.join(', ')}`] : []),
    ...(crossed ? [`Contrasts are of all pairs over ${by.join(' and ')}.`] : []),
    ...(link === 'identity' ? [] : scaleNotes(scale, link, contrasts)),
  ];
}

function scaleNotes(scale: MarginalScale, link: LinkName, contrasts: boolean): readonly string[] {
  const onLink = `given on the ${link} (not the response) scale.`;
  if (scale === 'trend') return [`Trends are ${onLink}`];
  if (scale === 'linear') return [`Results are ${onLink}`];
  return [
    `Intervals are back-transformed from the ${link} scale.`,
    ...(contrasts ? [`Contrasts are ${onLink}`] : []),
  ];
}

/** @param name of the column of results */
export function marginalText({ by, prob, rows, contrasts, notes }: Marginal, name: string): string {
  const numbers = (head: string, of: readonly Omit<MarginalRow, 'at'>[]) => [
    { head, cells: of.map((row) => fixed(row.estimate, 3)) },
    { head: 'lower.HPD', cells: of.map((row) => fixed(row.lower, 3)) },
    { head: 'upper.HPD', cells: of.map((row) => fixed(row.upper, 3)) },
  ];
  const levels = by.map((column) => ({
    head: column,
    cells: rows.map((row) => cellText(row.at[column])),
  }));
  const ofContrasts = textTable(
    contrasts.map(({ contrast }) => contrast),
    numbers('estimate', contrasts),
  );
  return [
    ...textTable(
      rows.map(() => ''),
      [...levels, ...numbers(name, rows)],
    ),
    ...(contrasts.length === 0 ? [] : ['', ...ofContrasts]),
    '',
    ...notes,
    `Point estimate displayed: median; HPD interval probability: ${prob}`,
  ].join('\n');
}
