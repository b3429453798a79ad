/** Forms and links of pages that show a part of a long table; they need no script. */
import { html } from 'hono/html';
import type { Html } from '../report/html/data-table.js';
import { formatCount } from '../report/words.js';

export type Query = Readonly<Record<string, string | undefined>>;

const ROWS_A_PAGE = 100;

interface TablePage<Row> {
  readonly rows: readonly Row[];
  /** From 1. */
  readonly page: number;
  readonly pages: number;
  /** `101 to 200 of 1,234`. */
  readonly range: string;
}

/** The rows of the page that a query asks for by `page`. */
export function pageOf<Row>(found: readonly Row[], query: Query): TablePage<Row> {
  const pages = Math.max(1, Math.ceil(found.length / ROWS_A_PAGE));
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(query.page)) || 1));
  const first = (page - 1) * ROWS_A_PAGE;
  const rows = found.slice(first, first + ROWS_A_PAGE);
  const start = formatCount(Math.min(first + 1, found.length));
  const range = `${start} to ${formatCount(first + rows.length)} of ${formatCount(found.length)}`;
  return { rows, page, pages, range };
}

/** Links to the pages before and after. @param path of the page, without its query */
export function pageLinks(path: string, query: Query, { page, pages }: TablePage<unknown>): Html {
  const to = (other: number) => addressOf(path, { ...query, page: String(other) });
  return html`<nav aria-label="Pages"><ul>
${page > 1 ? html`<li><a rel="prev" href="${to(page - 1)}">Previous</a></li>` : ''}
<li>Page ${page} of ${pages}</li>
${page < pages ? html`<li><a rel="next" href="${to(page + 1)}">Next</a></li>` : ''}
</ul></nav>`;
}

/** A path with the parts of a query that have a value. */
export function addressOf(path: string, query: Query): string {
  const asked = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value ? [[name, value]] : [],
  );
  return asked.length === 0 ? path : `${path}?${new URLSearchParams(asked)}`;
}

/** A form that asks the page at `path`. */
export function searchForm(path: string, query: Query, picks: readonly (Html | '')[]): Html {
  return html`<form class="controls" style="display: flex" action="${path}">
${picks}
<label>Words <input type="search" name="words" value="${query.words ?? ''}"></label>
<button>Show</button>
</form>`;
}

/** A choice of one value, or all; '' for fewer than two values. */
export function pickOne(
  { name, label = name }: { readonly name: string; readonly label?: string },
  values: readonly string[],
  query: Query,
): Html | '' {
  if (values.length < 2) return '';
  const options = values.map(
    (value) =>
      html`<option value="${value}" ${value === query[name] ? 'selected' : ''}>${value}</option>`,
  );
  return html`<label>${label} <select name="${name}"><option value="">all</option>${options}</select></label>`;
}

/** Whether a text has all words of a query, whatever their case. */
export function hasWords(query: Query): (text: string) => boolean {
  const wanted = wordsIn(query);
  return (text) => {
    const lower = text.toLowerCase();
    return wanted.every((word) => lower.includes(word));
  };
}

/** As `hasWords`, with whole numbers: `entity3` is not found in `entity31`. */
export function hasNames(query: Query): (text: string) => boolean {
  const wanted = wordsIn(query).map((word) => {
    const before = /^\d/.test(word) ? '(?<!\\d)' : '';
    const after = /\d$/.test(word) ? '(?!\\d)' : '';
    return new RegExp(before + word.replaceAll(/[^\w\s]/g, '\\$&') + after);
  });
  return (text) => {
    const lower = text.toLowerCase();
    return wanted.every((word) => word.test(lower));
  };
}

function wordsIn({ words = '' }: Query): string[] {
  return words.toLowerCase().split(/\s+/).filter(Boolean);
}
