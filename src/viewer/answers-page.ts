/** The page of answers: the flat table, filtered by stage, model and validity, and by words. */
import { html } from 'hono/html';
import type { TableRow } from '../data-files/table-rows.js';
import { simulatedBanner } from '../report/html/answers.js';
import { htmlPage } from '../report/html/page.js';
import { plainTable } from '../report/html/sections.js';
import { formatCount } from '../report/words.js';
import type { AnswersDocument } from '../result/answers-format.js';

const ROWS_A_PAGE = 100;
/** Longest text of a cell, in characters. */
const MOST_SHOWN = 2000;

/** Columns by which rows can be picked. */
const picked = ['stage', 'model', 'after', 'valid', 'reason'] as const;

type Query = Readonly<Record<string, string | undefined>>;

/** @param query `stage`, `model`, `after`, `valid`, `reason`, `words`, and `page` from 1 */
export async function answersPage(
  result: AnswersDocument,
  rows: readonly TableRow[],
  query: Query,
): Promise<string> {
  const { columns, study } = result;
  const found = matching(result, rows, query);
  const pages = Math.max(1, Math.ceil(found.length / ROWS_A_PAGE));
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(query.page)) || 1));
  const shown = found.slice((page - 1) * ROWS_A_PAGE, page * ROWS_A_PAGE);
  const first = (page - 1) * ROWS_A_PAGE;
  const range = `${formatCount(Math.min(first + 1, found.length))} to ${formatCount(first + shown.length)}`;
  const caption = `Answers ${range} of ${formatCount(found.length)}`;
  const body = html`<header>
<h1>Answers of ${study}</h1>
<p class="lead"><a href="./">Results</a></p>
${simulatedBanner(result)}
</header>
<main>
<form class="controls" style="display: flex" action="answers">
${picked.map((name) => pick(result, rows, name, query[name] ?? ''))}
<label>Words <input type="search" name="words" value="${query.words ?? ''}"></label>
<button>Show</button>
</form>
${plainTable(
  caption,
  columns.map(({ name, kind }) => ({
    label: name,
    kind: kind === 'number' || kind === 'integer' ? 'number' : 'text',
  })),
  shown.map((row) => columns.map((_, i) => cellText(row[i]))),
)}
<nav aria-label="Pages"><ul>
${page > 1 ? html`<li><a rel="prev" href="${address(query, page - 1)}">Previous</a></li>` : ''}
<li>Page ${page} of ${pages}</li>
${page < pages ? html`<li><a rel="next" href="${address(query, page + 1)}">Next</a></li>` : ''}
</ul></nav>
</main>`;
  return htmlPage(`${study}: answers`, body, "'self'");
}

/** The rows that a query asks for. */
function matching(
  { columns }: AnswersDocument,
  rows: readonly TableRow[],
  query: Query,
): readonly TableRow[] {
  const wanted = picked.flatMap((name) => {
    const place = columns.findIndex((column) => column.name === name);
    const value = query[name] ?? '';
    return place === -1 || value === '' ? [] : [{ place, value }];
  });
  const words = (query.words ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((row) => {
    if (!wanted.every(({ place, value }) => cellText(row[place]) === value)) return false;
    if (words.length === 0) return true;
    const text = row.map(String).join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function pick(
  { columns }: AnswersDocument,
  rows: readonly TableRow[],
  name: (typeof picked)[number],
  chosen: string,
) {
  const place = columns.findIndex((column) => column.name === name);
  const values = [...new Set(rows.map((row) => cellText(row[place])))].filter(Boolean).sort();
  if (place === -1 || values.length < 2) return '';
  const options = values.map(
    (value) =>
      html`<option value="${value}" ${value === chosen ? 'selected' : ''}>${value}</option>`,
  );
  return html`<label>${name} <select name="${name}"><option value="">all</option>${options}</select></label>`;
}

function cellText(cell: TableRow[number] | undefined): string {
  if (cell === null || cell === undefined) return '';
  const text = String(cell);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** The same query with another page. */
function address(query: Query, page: number): string {
  const asked = Object.entries({ ...query, page: String(page) }).flatMap(
    ([name, value]): [string, string][] => (value ? [[name, value]] : []),
  );
  return `answers?${new URLSearchParams(asked)}`;
}
