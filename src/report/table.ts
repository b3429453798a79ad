/**
 * The table of figures as text: the paper's and ours, side by side.
 */
import Table from 'cli-table3';
import pc from 'picocolors';
import { type Agreement, agreementOf, type Figure } from '../analysis/figures.js';
import { printable } from '../plots/label.js';
import type { Interval } from '../posterior/hdi.js';

const paint: Record<Agreement, (text: string) => string> = {
  same: pc.green,
  close: pc.yellow,
  differs: pc.red,
  'not published': pc.dim,
};

const LEGEND = pc.dim(
  'same: all published digits; close: within one and a half units of the last published digit',
);

/** `title` stands above the table; a note on simulated data belongs there. */
export function figureTable(figures: readonly Figure[], title: string): string {
  const table = new Table({
    head: ['figure', 'published', 'ours', '95% HDI', 'agreement'],
    colAligns: ['left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  let heading = '';
  for (const figure of figures) {
    if (headingOf(figure) !== heading) {
      heading = headingOf(figure);
      table.push([{ colSpan: 5, content: pc.bold(printable(heading)) }]);
    }
    const agreement = agreementOf(figure);
    table.push([
      printable(figure.label),
      published(figure),
      figure.ours.toFixed(figure.decimals),
      formatInterval(figure.interval, figure.decimals),
      paint[agreement](agreement),
    ]);
  }
  return `${title}\n${table.toString()}\n${LEGEND}`;
}

function headingOf({ section, model }: Figure): string {
  return model === null ? section : `${section} · ${model}`;
}

function published({ published, publishedInterval, decimals }: Figure): string {
  const parts = [
    published === null ? '' : published.toFixed(decimals),
    formatInterval(publishedInterval, decimals),
  ];
  return parts.filter((part) => part !== '').join(' ') || '-';
}

function formatInterval(interval: Interval | null, decimals: number): string {
  if (interval === null) return '';
  return `[${interval[0].toFixed(decimals)}, ${interval[1].toFixed(decimals)}]`;
}
