/**
 * A table whose columns sort and whose rows can be searched. Without its script, and on paper, it
 * is a plain table with all its rows.
 */
import { html, raw } from 'hono/html';

export type Html = ReturnType<typeof html>;

export interface Cell {
  readonly text: string | Html;
  /** Sort key. @default the text */
  readonly value?: number | null;
  /** Added to the class of its column. */
  readonly class?: string;
  /** Custom properties, for small drawings. */
  readonly style?: string;
}

export interface Column {
  readonly label: string;
  /** Explanation, shown under the pointer. */
  readonly hint?: string;
  readonly kind: 'text' | 'number' | 'drawing';
  /** Whether rows can be filtered by the column's values. */
  readonly pick?: boolean;
  /** Share of the width of the table. */
  readonly width: string;
}

interface DataTable {
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

/** A name that may break into lines after its words. */
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

/**
 * The script of the report: sorting, searching and picking rows of tables. It makes no request and
 * reads only the tables. It is plain text here, so that the report needs no build of its own; the
 * end-to-end test runs it.
 */
export const script = String.raw`
'use strict';
for (const box of document.querySelectorAll('[data-table]')) {
  const table = box.querySelector('table');
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const words = new Map(rows.map((row) => [row, [...row.cells].map((cell) => cell.textContent).join(' ').toLowerCase()]));
  const search = box.querySelector('[data-search]');
  const picks = [...box.querySelectorAll('[data-pick]')];
  const count = box.querySelector('[data-count]');

  const filter = () => {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const picked = picks.filter((pick) => pick.value !== '');
    let shown = 0;
    for (const row of rows) {
      const fits =
        wanted.every((word) => words.get(row).includes(word)) &&
        picked.every((pick) => row.cells[pick.dataset.pick].textContent === pick.value);
      row.hidden = !fits;
      if (fits) shown++;
    }
    count.textContent = shown === rows.length ? rows.length + ' rows' : shown + ' of ' + rows.length + ' rows';
  };
  search.addEventListener('input', filter);
  for (const pick of picks) pick.addEventListener('change', filter);
  // A browser may restore the search when the page is reloaded.
  filter();

  // Rows are moved outside of the page, which takes half the time.
  const place = (some) => {
    body.remove();
    body.replaceChildren(...some);
    table.append(body);
  };
  // The layout of thousands of rows takes half a second: the first ones are shown before it.
  const showSorted = () => {
    const shown = rows.filter((row) => !row.hidden);
    if (shown.length <= 200 || table.parentElement.scrollTop > 0) return place(rows);
    table.setAttribute('aria-busy', 'true');
    place(shown.slice(0, 60));
    requestAnimationFrame(() => setTimeout(() => {
      place(rows);
      table.removeAttribute('aria-busy');
    }));
  };

  const collator = new Intl.Collator('en', { numeric: true });
  const byText = (a, b) => collator.compare(a, b);
  const missing = (value) => value === null;
  const keyOf = {
    text: (cell) => cell.textContent,
    number: (cell) => (cell.dataset.value === '' ? null : Number(cell.dataset.value)),
  };
  const compare = {
    text: byText,
    number: (a, b) => a - b,
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = head.querySelector('[data-sort]');
    button?.addEventListener('click', () => {
      const direction = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending';
      for (const other of heads) if (other.hasAttribute('aria-sort')) other.setAttribute('aria-sort', 'none');
      head.setAttribute('aria-sort', direction);
      const kind = button.dataset.sort;
      const sign = direction === 'ascending' ? 1 : -1;
      const keys = new Map(rows.map((row) => [row, keyOf[kind](row.cells[column])]));
      // Missing values come last in both directions.
      rows.sort((a, b) => {
        const x = keys.get(a);
        const y = keys.get(b);
        if (missing(x) || missing(y)) return Number(missing(x)) - Number(missing(y));
        return sign * compare[kind](x, y);
      });
      showSorted();
    });
  });
}
`;
