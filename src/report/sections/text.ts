/** Sections for the terminal. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { printable } from '../../plots/label.js';
import type { SectionTable } from '../../result/sections.js';
import { fixed, formatCount, intervalText, largestEndErrorText } from '../words.js';
import {
  aboveLabel,
  cellText,
  fitLine,
  type IntervalGroup,
  intervalDecimals,
  intervalGroups,
  probabilityText,
  type ShownSection,
} from './shown.js';

/** All sections, one below the other. */
export function sectionsText(sections: readonly ShownSection[]): string {
  return sections.map(sectionText).join('\n\n');
}

function sectionText({ title, notes, tables, intervals, fits }: ShownSection): string {
  return [
    pc.bold(printable(title)),
    ...notes.map((note) => printable(note)),
    ...tables.map(tableText),
    ...intervalGroups(intervals).map(groupText),
    ...fits.map((fit) => fitText(fit, title)),
  ].join('\n');
}

type Alignment = 'left' | 'right';

function textTable(
  head: readonly string[],
  aligns: readonly Alignment[],
  rows: readonly (readonly string[])[],
): string {
  const table = new Table({
    head: head.map((label) => printable(label)),
    colAligns: [...aligns],
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push(row.map((cell) => printable(cell)));
  return table.toString();
}

function tableText({ caption, columns, rows }: SectionTable): string {
  const text = textTable(
    columns.map(({ label }) => label),
    columns.map(({ kind }) => (kind === 'text' ? 'left' : 'right')),
    rows.map((row) => columns.map((column, i) => cellText(row[i], column))),
  );
  return `${printable(caption)}\n${text}`;
}

function groupText({ group, intervals }: IntervalGroup): string {
  const decimals = intervalDecimals(intervals);
  const above = aboveLabel(intervals);
  const references = intervals.some(({ reference }) => (reference ?? 0) !== 0);
  const masses = [...new Set(intervals.map(({ mass }) => `${Number((100 * mass).toFixed(1))}%`))];
  const head = [group, 'mean', `${masses.join(', ')} HDI`];
  const text = textTable(
    [...head, ...(references ? ['reference'] : []), ...(above === null ? [] : [above])],
    ['left', 'right', 'right', 'right', 'right'],
    intervals.map(({ label, mean, lower, upper, reference, above: share }) => [
      ...[label, fixed(mean, decimals), intervalText([lower, upper], decimals)],
      ...(references ? [reference === undefined ? '' : fixed(reference, decimals)] : []),
      ...(above === null ? [] : [probabilityText(share)]),
    ]),
  );
  const errors = largestEndErrorText(intervals.map(({ mcse }) => ({ hdi_mcse: mcse })));
  return errors === null ? text : `${text}\n${pc.dim(errors)}`;
}

function fitText(fit: ShownSection['fits'][number], title: string): string {
  const { formula, summary, warnings } = fit;
  const errors = largestEndErrorText(summary);
  const text = textTable(
    ['parameter', 'mean', 'sd', '95% HDI', 'R-hat', 'ESS'],
    ['left', 'right', 'right', 'right', 'right', 'right'],
    summary.map(({ name, mean, sd, hdi, rhat, ess_bulk }) => [
      ...[name, fixed(mean, 3), fixed(sd, 3), intervalText(hdi, 3)],
      ...[fixed(rhat, 3), formatCount(ess_bulk)],
    ]),
  );
  return [
    ...(formula === title ? [] : [printable(formula)]),
    text,
    ...(errors === null ? [] : [pc.dim(errors)]),
    pc.dim(printable(fitLine(fit))),
    ...warnings.map((line) => pc.yellow(printable(line))),
  ].join('\n');
}
