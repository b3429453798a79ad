/**
 * Two analyses of one study as a table: what changes from the one to the other.
 */
import Table from 'cli-table3';
import pc from 'picocolors';
import type {
  CorrelationChange,
  ReadCorrelation,
  ReadingsComparison,
} from '../analysis/compare-readings.js';

/** What the two analyses are called: 'paper policy' and 'lenient', 'as made' and 'by probability'. */
export interface ReadingNames {
  readonly base: string;
  readonly other: string;
}

const COLUMNS = 5;

export function readingsTable(comparison: ReadingsComparison, names: ReadingNames): string {
  const table = new Table({
    head: ['', names.base, names.other, 'change', 'HDI width'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  const heading = (text: string) => table.push([{ colSpan: COLUMNS, content: pc.bold(text) }]);

  heading('correlations, r and 95% HDI');
  for (const change of comparison.correlations) table.push(correlationRow(change));
  if (comparison.correlations.some(reportsDiffer)) {
    heading('reports behind them');
    for (const { key, base, other } of comparison.correlations) {
      if (base.reports !== null && other.reports !== null) {
        table.push(countRow(key, base.reports, other.reports));
      }
    }
  }
  heading('mean width of the 95% HDIs of the weight slopes');
  for (const { model, setting, base, other, changePercent } of comparison.slopeWidths) {
    table.push([
      `${model}/${setting}`,
      base.toFixed(3),
      other.toFixed(3),
      signed(other - base, 3),
      percent(changePercent),
    ]);
  }
  heading('reports used');
  for (const { model, base, other } of comparison.reportsUsed) {
    table.push(countRow(model, base, other));
  }
  return table.toString();
}

function correlationRow({ key, base, other, changeInR, hdiWidthChangePercent }: CorrelationChange) {
  return [
    key,
    correlationText(base),
    correlationText(other),
    signed(changeInR, 3),
    percent(hdiWidthChangePercent),
  ];
}

function reportsDiffer({ base, other }: CorrelationChange): boolean {
  return base.reports !== other.reports;
}

function countRow(label: string, base: number, other: number): string[] {
  return [label, `${base}`, `${other}`, signed(other - base, 0), ''];
}

function correlationText({ r, hdi: [low, high] }: ReadCorrelation): string {
  return `${r.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function percent(value: number): string {
  return Number.isFinite(value) ? `${signed(value, 1)}%` : '-';
}

/** With its sign, also where it is plus; a change that rounds to nothing has none. */
function signed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '-' : '+'}${text}`;
}
