/** Sections as text, CSV and HTML, and the viewer of them. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parseHTML } from 'linkedom';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TableColumn, TableRow } from '../../src/data-files/table-rows.js';
import { plotIntervals } from '../../src/plots/interval-plot.js';
import { answersHtml } from '../../src/report/html/answers.js';
import { answersCsv } from '../../src/report/sections/csv.js';
import { intervalDecimals, probabilityText } from '../../src/report/sections/shown.js';
import { sectionsText } from '../../src/report/sections/text.js';
import { writeAnswersResult } from '../../src/report/sections/write.js';
import type { AnswersDocument } from '../../src/result/answers-format.js';
import { startViewer, type Viewer } from '../../src/viewer/server.js';
import { answersFacts, smallSections } from '../support/small-answers.js';

const BAD = '<img src=x onerror=alert(1)> & "quoted" \'name\'';

const columns: readonly TableColumn[] = [
  { name: 'stage', kind: 'text' },
  { name: 'model', kind: 'text' },
  { name: 'text', kind: 'text' },
  { name: 'value', kind: 'number' },
  { name: 'valid', kind: 'boolean' },
  { name: 'reason', kind: 'text' },
];

const rows = Array.from({ length: 250 }, (_, i): TableRow => {
  const model = i % 2 === 0 ? 'model-a' : 'model-b';
  return i % 5 === 0
    ? ['ratings', model, `${BAD} no ${i}`, null, false, 'no-number']
    : ['ratings', model, `grade ${i}`, i, true, null];
});

let folder = '';
let result: AnswersDocument;
let viewer: Viewer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weighbridge-sections-'));
  result = await writeAnswersResult(folder, answersFacts, smallSections, { columns, rows });
  viewer = await startViewer(folder);
});
afterAll(async () => {
  await viewer?.close();
  await rm(folder, { recursive: true });
});

const pageAt = async (path: string) => {
  const response = await fetch(new URL(path, viewer.url));
  expect(response.status).toBe(200);
  return parseHTML(await response.text()).document;
};
const texts = (page: Awaited<ReturnType<typeof pageAt>>, selector: string) =>
  Array.from(page.querySelectorAll(selector), ({ textContent }) => textContent ?? '');

test('probabilities are not shown as certain, and decimals follow the narrowest interval', () => {
  expect([0.99999, 0, 0.5, Number.NaN, undefined].map(probabilityText)).toEqual([
    ...['> .999', '< .001', '.500', '', ''],
  ]);
  const interval = { label: '', mean: 0, mass: 0.95 };
  const decimals = (...widths: number[]) =>
    intervalDecimals(widths.map((upper) => ({ ...interval, lower: 0, upper })));
  expect([decimals(2), decimals(0.05, 30), decimals(500), decimals(0), decimals()]).toEqual([
    ...[2, 3, 0, 2, 2],
  ]);
});

test('the text of sections has their notes, tables, intervals, fits and no control characters', () => {
  const [section] = smallSections;
  if (!section) throw new Error('no section');
  const text = stripVTControlCharacters(
    sectionsText([{ ...section, title: 'A\u001b[2Jtitle', notes: ['one\u0007note'] }]),
  );
  expect(text).toContain('A [2Jtitle');
  expect(text).toContain('one note');
  expect(text).toMatch(/model-a\s+│\s+4\.3\s+│\s+1,200/);
  expect(text).toMatch(/a - b\s+│\s+0\.50\s+│\s+\[−0\.10, 1\.10\]\s+│\s+\.940/);
  expect(text).toMatch(/gaussian\(identity\), 2 rows, nuts; largest R-hat –/);
});

describe('the files of sections', () => {
  test('hold every number as it is, and missing ones as empty cells', () => {
    const files = answersCsv(result);
    expect([...files.keys()]).toEqual([
      ...['stages.csv', 'intervals.csv', 'parameters.csv', 'convergence.csv', 'table-1-1.csv'],
    ]);
    const read = (name: string) =>
      Papa.parse<Record<string, string>>((files.get(name) ?? '').trim(), { header: true }).data;
    expect(read('table-1-1.csv')).toEqual([
      { model: 'model-a', mean: '4.25', n: '1200' },
      { model: 'model-b', mean: '', n: '0' },
    ]);
    expect(read('intervals.csv')[0]).toMatchObject({
      hdi_low: '-0.1',
      reference: '0',
      above: '0.94',
    });
    expect(read('intervals.csv')[1]).toMatchObject({ label: 'b - c', reference: '', above: '' });
    expect(read('stages.csv')[0]).toMatchObject({ invalid: '1', reasons: 'not-a-number 1' });
    expect(read('convergence.csv')[0]).toMatchObject({ max_rhat: '', min_ess_bulk: '400' });
  });

  test('are in the folder, with the answers and the report', async () => {
    expect((await readdir(folder)).sort()).toEqual([
      ...['answers.jsonl', 'csv', 'draws.f64', 'report.html', 'result.json'],
    ]);
    const csv = await readFile(join(folder, 'csv', 'answers.csv'), 'utf8');
    expect(Papa.parse(csv.trim(), { header: true }).data).toHaveLength(rows.length);
  });
});

describe('the report of a described study', () => {
  test('shows names as they are and never as markup', async () => {
    const named = {
      ...result,
      study: BAD,
      models: [BAD],
      warnings: [BAD],
      command: BAD,
      stages: result.stages.map((one) => ({ ...one, stage: BAD, invalid: { [BAD]: 1 } })),
      sections: result.sections.map((one) => ({
        ...one,
        title: BAD,
        notes: [BAD],
        intervals: one.intervals.map((interval) => ({ ...interval, label: BAD, group: BAD })),
        fits: one.fits.map((fit) => ({ ...fit, formula: BAD, warnings: [BAD] })),
      })),
    };
    const text = await answersHtml(named, 'answers');
    const { document: page } = parseHTML(text);
    expect(page.querySelectorAll('img')).toHaveLength(0);
    expect(text).not.toContain('<img');
    expect(page.querySelector('h1')?.textContent).toBe(BAD);
    expect(texts(page, 'h2')).toContain(BAD);
  });

  test('has a forest plot and a table for each group of intervals, and says what is simulated', async () => {
    const page = await pageAt('/');
    expect(texts(page, 'h2')).toEqual(['Answers', 'Ratings', 'How this was made']);
    expect(page.querySelectorAll('svg[data-plot=intervals]')).toHaveLength(1);
    expect(page.querySelector('.banner')?.textContent).toContain('no language model answered');
    const ids = Array.from(page.querySelectorAll('[id]'), ({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of page.querySelectorAll('nav a')) {
      expect(ids).toContain(link.getAttribute('href')?.slice(1));
    }
  });
});

describe('the viewer of a described study', () => {
  test('shows the answers a page at a time', async () => {
    const first = await pageAt('/answers');
    expect(texts(first, 'tbody tr')).toHaveLength(100);
    expect(texts(first, 'caption')).toEqual(['Answers 1 to 100 of 250']);
    const next = first.querySelector('a[rel=next]')?.getAttribute('href') ?? '';
    const third = await pageAt(`/${next.replace('page=2', 'page=3')}`);
    expect(texts(third, 'caption')).toEqual(['Answers 201 to 250 of 250']);
    expect(third.querySelector('a[rel=next]')).toBeNull();
    for (const odd of ['page=-1', 'page=x', 'page=1e9', 'page=']) {
      expect(texts(await pageAt(`/answers?${odd}`), 'tbody tr').length).toBeGreaterThan(0);
    }
  });

  test('filters by stage, model and validity, and by words', async () => {
    const shown = async (query: string) => texts(await pageAt(`/answers?${query}`), 'caption')[0];
    expect(await shown('model=model-a')).toBe('Answers 1 to 100 of 125');
    expect(await shown('valid=false')).toBe('Answers 1 to 50 of 50');
    expect(await shown('valid=false&model=model-b&stage=ratings')).toBe('Answers 1 to 25 of 25');
    expect(await shown('words=GRADE+249')).toBe('Answers 1 to 1 of 1');
    expect(await shown('model=nobody')).toBe('Answers 0 to 0 of 0');
    const page = await pageAt('/answers?model=model-b&words=%22%3E%3Cb%3E');
    expect(page.querySelector('option[selected]')?.textContent).toBe('model-b');
    expect(page.querySelector('input')?.getAttribute('value')).toBe('"><b>');
  });

  test('shows texts of models as text, allows no script but its own, and answers to loopback only', async () => {
    const response = await fetch(new URL('/answers?valid=false', viewer.url));
    const text = await response.text();
    expect(text).not.toContain('<img');
    expect(texts(parseHTML(text).document, 'tbody td')[2]).toBe(`${BAD} no 0`);
    const policy = response.headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'; script-src 'sha256-[^']+'/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect((await fetch(viewer.url, { method: 'POST' })).status).toBe(405);
    expect((await fetch(new URL('/api/result', viewer.url))).status).toBe(404);
  });
});

describe('a plot of intervals', () => {
  const row = { label: 'x', mean: 1, lower: 0, upper: 2, mass: 0.95 };
  const marks = (intervals: Parameters<typeof plotIntervals>[0]) => {
    const { document } = parseHTML(`<body>${plotIntervals(intervals, 'points').svg}</body>`);
    const count = (name: string) =>
      document.querySelectorAll(`g.${name} > *, line.${name}, circle.${name}`).length;
    return { hdi: count('hdi'), mean: count('mean'), reference: count('reference') };
  };

  test('has a line and a point for each row with numbers, and one reference if it is shared', () => {
    expect(marks([row, { ...row, mean: null, lower: null, upper: null }])).toMatchObject({
      ...{ hdi: 1, mean: 1, reference: 0 },
    });
    const shared = marks([
      { ...row, reference: 0 },
      { ...row, reference: 0 },
    ]);
    const own = marks([
      { ...row, reference: 0.5 },
      { ...row, reference: 1.5 },
    ]);
    expect([shared.reference, own.reference]).toEqual([1, 2]);
    expect(marks([])).toMatchObject({ hdi: 0 });
  });
});
