/**
 * A table whose columns sort and whose rows can be searched. Without its script, and on paper, it
 * is a plain table with all its rows.
 */
import { html, raw } from 'hono/html';

export type Html = ReturnType<typeof html>;

export interface Cell {
  readonly text: string | Html;
  /** What the column sorts by; its text where absent. */
  readonly value?: number | null;
  /** Beside the look that its column gives it. */
  readonly class?: string;
  /** Custom properties of its style, for small drawings. */
  readonly style?: string;
}

export interface Column {
  readonly label: string;
  /** What the column holds, shown where a pointer rests. */
  readonly hint?: string;
  readonly kind: 'text' | 'number' | 'drawing';
  /** Rows can be picked by the column's few values. */
  readonly pick?: boolean;
  /** Share of the table's width. */
  readonly width: string;
}

export interface DataTable {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

export function dataTable({ id, caption, columns, rows }: DataTable): Html {
  return html`<div class="data-table" data-table>
<div class="controls">
<label>Search <input type="search" data-search aria-controls="${id}" placeholder="words in any column"></label>
${columns.map((column, i) => (column.pick ? pickFrom(column, i, rows, id) : ''))}
<p class="count" aria-live="polite" data-count>${rows.length} rows</p>
</div>
<div class="scroller" role="region" aria-label="${caption}" tabindex="0">
<table id="${id}">
<caption>${caption}</caption>
<colgroup>${columns.map(({ width }) => html`<col style="width:${width}">`)}</colgroup>
<thead><tr>${columns.map(headCell)}</tr></thead>
<tbody>
${raw(rows.map((row) => rowHtml(columns, row)).join('\n'))}
</tbody>
</table>
</div>
</div>`;
}

/** A name that may break into lines where its words end. */
export function breakable(name: string): Html {
  return html`${name.split(/(?<=[_/])/).map((part, i) => html`${i > 0 ? raw('<wbr>') : ''}${part}`)}`;
}

function headCell({ label, hint, kind }: Column): Html {
  const look = kind === 'number' ? 'number' : '';
  const title = hint ?? '';
  return kind === 'drawing'
    ? html`<th scope="col" class="drawing" title="${title}">${label}</th>`
    : html`<th scope="col" class="${look}" aria-sort="none"><button type="button" data-sort="${kind}" title="${title}">${label}</button></th>`;
}

function pickFrom({ label }: Column, index: number, rows: DataTable['rows'], id: string): Html {
  const values = [...new Set(rows.map((row) => String(row[index]?.text ?? '')))];
  if (values.length < 2) return html``;
  return html`<label>${label} <select data-pick="${index}" aria-controls="${id}"><option value="">all</option>${values.map((value) => html`<option>${value}</option>`)}</select></label>`;
}

function rowHtml(columns: readonly Column[], row: readonly Cell[]): string {
  const cells = columns.map(({ kind }, i) => {
    const { text, value, class: own, style } = row[i] ?? { text: '' };
    const look = [kind === 'text' ? '' : kind, own ?? ''].filter((name) => name !== '').join(' ');
    const attributes = [
      look === '' ? '' : html` class="${look}"`,
      value === undefined ? '' : html` data-value="${value ?? ''}"`,
      style === undefined ? '' : html` style="${style}"`,
    ].join('');
    return html`<td${raw(attributes)}>${text}</td>`;
  });
  return `<tr>${cells.join('')}</tr>`;
}
