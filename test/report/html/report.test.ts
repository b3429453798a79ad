import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Report, reportHtml } from '../../../src/report/html/report.js';
import { fixed, formatCount, intervalText, worstFirst } from '../../../src/report/words.js';
import { type ResultFolder, readResult } from '../../../src/result/read-result.js';
import { type SmallResult, smallResult } from '../../support/small-result.js';

let made: SmallResult;
let read: ResultFolder;
let report: Report;

beforeAll(async () => {
  made = await smallResult();
  read = await readResult(made.folder);
  const { result, fits, contexts } = read;
  report = { result, fits, contexts, figures: [], modelName: (model) => model };
});
afterAll(async () => {
  await read.close();
  await made.remove();
});

const pageOf = async (changed: Partial<Report> = {}) =>
  parseHTML(await reportHtml({ ...report, ...changed })).document;
const texts = (nodes: Iterable<{ textContent: string | null }>) =>
  Array.from(nodes, ({ textContent }) => textContent ?? '');

describe('numbers of the report', () => {
  test('have a true minus, no negative zero, and a dash where they do not exist', () => {
    expect([fixed(-0.126, 2), fixed(-0.001, 2), fixed(null, 2), fixed(Number.NaN, 2)]).toEqual([
      ...['−0.13', '0.00', '–', '–'],
    ]);
    expect(intervalText([-1, null], 1)).toBe('[−1.0, –]');
    expect([formatCount(1234567), formatCount(null)]).toEqual(['1,234,567', '–']);
  });
});

describe('the report', () => {
  test('shows names as they are and never as markup', async () => {
    const bad = '<img src=x onerror=alert(1)> & "quoted" \'name\'';
    const [fit, ...others] = report.fits;
    const [context, ...contexts] = report.contexts;
    const page = await pageOf({
      result: {
        ...report.result,
        models: [bad],
        command: bad,
        warnings: [bad],
        data: { folder: bad, simulated: true, description: bad },
        checksums: { [bad]: bad },
        figures: report.result.figures.map((one) => ({ ...one, model: bad, figure: bad })),
      },
      fits: [{ ...fit, name: bad, context: bad }, ...others],
      contexts: [
        { ...context, attributes: context.attributes.map((one) => ({ ...one, name: bad })) },
        ...contexts,
      ],
      figures: [{ name: 'figure-2', title: bad, caption: bad, svg: '<svg></svg>' }],
      modelName: () => bad,
    });
    expect(page.querySelectorAll('img').length).toBe(0);
    expect(page.querySelectorAll('script').length).toBe(1);
    expect(page.querySelector('.banner')?.textContent).toContain(bad);
    expect(page.querySelector('#paper tbody tr th[scope=row]')?.textContent).toBe(bad);
    expect(texts(page.querySelectorAll('#weights td'))).toContain(bad);
    expect(texts(page.querySelectorAll('#convergence td'))).toContain(bad);
    expect(texts(page.querySelectorAll('.facts dd'))).toContain(bad);
  });

  test('says at its top that data are simulated, and only where they are', async () => {
    expect((await pageOf()).querySelector('header .banner')?.textContent).toMatch(
      /^SIMULATED DATA.*calibrated to the paper/,
    );
    const data = { folder: 'mine', simulated: false };
    const page = await pageOf({ result: { ...report.result, data } });
    expect(page.querySelectorAll('.banner').length).toBe(0);
    expect(page.body.textContent).not.toMatch(/simulated/i);
  });

  test('lists the worst fits first: those that fall short, then by R-hat', () => {
    const [first] = read.fits;
    const like = (name: string, max_rhat: number | null, warnings: string[] = []) => ({
      ...first,
      name,
      warnings,
      diagnostics: { ...first.diagnostics, max_rhat },
    });
    const fits = [
      like('good', 1.001),
      like('constant', null, ['R-hat is NaN']),
      like('fair', 1.009),
      like('bad', 1.2, ['R-hat is 1.200']),
      like('divergent', 1.002, ['divergent transitions: 3']),
    ];
    expect(worstFirst(fits).map(({ name }) => name)).toEqual([
      ...['constant', 'bad', 'divergent', 'fair', 'good'],
    ]);
  });

  test('gives the reasons for which reports could not be used, as far as they are known', async () => {
    const [count] = report.result.report_counts;
    const rows = await Promise.all(
      [{}, { 'not-json': 2, 'invented-name': 1 }, { 'not-json': 5 }].map(async (reasons) => {
        const report_counts = [{ ...count, asked: 20, used: 15, reasons }];
        const page = await pageOf({ result: { ...report.result, report_counts } });
        return page.querySelector('#reports tbody tr td:last-child')?.textContent;
      }),
    );
    expect(rows).toEqual([
      ...['not in the data', 'not json 2, invented name 1, others 2', 'not json 5'],
    ]);
  });

  test('is one file that refers to no other, and forbids itself all requests', async () => {
    const html = await readFile(join(made.folder, 'report.html'), 'utf8');
    const page = parseHTML(html).document;
    const policy = page.querySelector('meta[http-equiv=Content-Security-Policy]');
    expect(policy?.getAttribute('content')).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect(page.querySelectorAll('[src], link, iframe, object, embed').length).toBe(0);
    for (const link of page.querySelectorAll('[href]')) {
      expect(link.getAttribute('href')).toMatch(/^#/);
    }
    expect(page.querySelectorAll('figure > .picture > svg').length).toBe(2);
    const ids = [...page.querySelectorAll('[id]')].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
