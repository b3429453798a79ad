/** The page of answers: the flat table, filtered by stage, model and validity, and by words. */
import { html } from 'hono/html';
import type { TableRow } from '../data-files/table-rows.js';
import { simulatedBanner } from '../report/html/answers.js';
import { htmlPage } from '../report/html/page.js';
import { plainTable } from '../report/html/sections.js';
import type { AnswersDocument } from '../result/answers-format.js';
import { hasWords, pageLinks, pageOf, pickOne, type Query, searchForm } from './table-pages.js';

/** Longest text of a cell, in characters. */
const MOST_SHOWN = 2000;

/** Columns by which rows can be picked. */
const picked = ['stage', 'model', 'after', 'valid', 'reason'] as const;

/** @param query `stage`, `model`, `after`, `valid`, `reason`, `words`, and `page` from 1 */
export async function answersPage(
  result: AnswersDocument,
  rows: readonly TableRow[],
  query: Query,
): Promise<string> {
  const { columns, study } = result;
  const shown = pageOf(matching(result, rows, query), query);
  const picks = picked.map((name) => pickOne({ name }, valuesOf(result, rows, name), query));
  const body = html`<header>
<h1>Answers of ${study}</h1>
<p class="lead"><a href="./">Results</a></p>
${simulatedBanner(result)}
</header>
<main>
${searchForm('answers', query, picks)}
${plainTable(
  `Answers ${shown.range}`,
  columns.map(({ name, kind }) => ({
    label: name,
    kind: kind === 'number' || kind === 'integer' ? 'number' : 'text',
  })),
  shown.rows.map((row) => columns.map((_, i) => cellText(row[i]))),
)}
${pageLinks('answers', query, shown)}
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
  const matches = hasWords(query);
  return rows.filter(
    (row) =>
      wanted.every(({ place, value }) => cellText(row[place]) === value) &&
      matches(row.map(String).join(' ')),
  );
}

function valuesOf(
  { columns }: AnswersDocument,
  rows: readonly TableRow[],
  name: (typeof picked)[number],
): string[] {
  const place = columns.findIndex((column) => column.name === name);
  return [...new Set(rows.map((row) => cellText(row[place])))].filter(Boolean).sort();
}

function cellText(cell: TableRow[number] | undefined): string {
  if (cell === null || cell === undefined) return '';
  const text = String(cell);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
