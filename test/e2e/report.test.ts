/** The report of a result in a browser, opened from a disk as its readers open it. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayName } from '../../src/report/figures/study-figure.js';
import { fixed, formatCount, intervalText } from '../../src/report/words.js';
import { type ResultFolder, readResult } from '../../src/result/read-result.js';
import { hasBrowser, launchBrowser, skipReason } from '../support/browser.js';
import { powered } from '../support/deep.js';
import { type SmallStudy, smallStudy } from '../support/small-study.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { reproduce } from './support.js';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Contexts of each model and setting; 100 are the whole replica. */
const CONTEXTS = powered(20, 100);
/** Rows of the table of weights: two models, two settings, five attributes. */
const ROWS = 20 * CONTEXTS;

interface Opened {
  readonly page: Page;
  /** What the browser complained of, and what it asked for beyond the file. */
  readonly complaints: readonly string[];
}

describe.skipIf(!hasBrowser)(`the report in a browser${skipReason}`, () => {
  let browser: Browser;
  let study: SmallStudy;
  let out = '';
  let remove = async () => {};
  let result: ResultFolder;
  let opened: Opened;

  beforeAll(async () => {
    const scratch = await temporaryFolder();
    remove = scratch.remove;
    out = join(scratch.folder, 'out');
    study = await smallStudy({ contexts: CONTEXTS });
    const { code, stderr } = await reproduce(
      study.folder,
      '--out',
      out,
      '--quiet',
      '--chains',
      '2',
    );
    expect(stderr).not.toContain('error:');
    expect(code).toBe(0);
    result = await readResult(out);
    browser = await launchBrowser();
    opened = await open();
  });
  afterAll(async () => {
    await browser?.close();
    await result?.close();
    await study?.remove();
    await remove();
  });

  async function open(options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(120_000);
    const complaints: string[] = [];
    const url = pathToFileURL(join(out, 'report.html')).href;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== url) complaints.push(`requested ${request.url()}`);
    });
    await page.goto(url);
    return { page, complaints };
  }

  /** The text of a table's cells, row by row, those that are shown. */
  const cells = async (page: Page, table: string): Promise<string[][]> => {
    // A sorted table has its first rows at once and the others a moment later.
    await page.waitForSelector(`#${table}:not([aria-busy])`);
    return page.$$eval(`#${table} tbody tr:not([hidden])`, (rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  };
  const column = async (page: Page, table: string, index: number) =>
    (await cells(page, table)).map((row) => row[index]);
  const numberIn = (text: string) => Number(text.replace('−', '-').replace(',', ''));
  const box = (page: Page, table: string) =>
    page.locator('[data-table]', { has: page.locator(`#${table}`) });

  it('opens without a complaint and without a request', async () => {
    expect(opened.complaints).toEqual([]);
    expect(await opened.page.title()).toContain('models do');
    expect(await opened.page.locator('.banner').innerText()).toContain('SIMULATED DATA');
  });

  it('has the figures of result.json beside the published ones', async () => {
    const rows = await opened.page.$$eval('#paper tbody tr:not(.heading)', (all) =>
      all.map((row) =>
        [...row.children].map((cell) => cell.textContent?.replaceAll(/\s+/g, ' ').trim()),
      ),
    );
    expect(rows).toEqual(
      result.result.figures.map(
        ({ figure, published, published_hdi, ours, hdi, decimals, agreement }) => [
          figure,
          `${published === null && published_hdi ? '' : fixed(published, decimals)} ${intervalText(published_hdi, decimals)}`.trim(),
          `${fixed(ours, decimals)} ${intervalText(hdi, decimals)}`.trim(),
          agreement,
        ],
      ),
    );
  });

  it('has the weights of result.json, a row an attribute', async () => {
    const contexts = new Map(result.contexts.map((context) => [context.name, context]));
    const expected = Object.entries(result.result.weights).flatMap(([key, ofModel]) =>
      ofModel.flatMap(({ scenario, b, scaled, hdi }) =>
        b.map((slope, i) => {
          const [model = '', setting = ''] = key.split('/');
          const context = contexts.get(scenario);
          return [
            ...[scenario, context?.attributes[i].name, displayName(model), setting],
            context?.target && setting === 'instilled' ? fixed(context.target[i], 0) : '',
            ...[fixed(scaled[i], 0), fixed(slope, 2), intervalText(hdi[i], 2), ''],
          ];
        }),
      ),
    );
    expect(expected).toHaveLength(ROWS);
    expect(await cells(opened.page, 'weights')).toEqual(expected);
  });

  it('has the convergence of every fit', async () => {
    const rows = await cells(opened.page, 'convergence');
    expect(rows).toHaveLength(result.fits.length);
    const shown = rows.map((row) => row.slice(4, 7).join(' ')).sort();
    expect(shown).toEqual(
      result.fits
        .map(({ diagnostics: { max_rhat, min_ess_bulk, min_ess_tail } }) =>
          [fixed(max_rhat, 4), formatCount(min_ess_bulk), formatCount(min_ess_tail)].join(' '),
        )
        .sort(),
    );
  });

  it('searches for words in any column, and says how many rows it found', async () => {
    const { page } = await open();
    const weights = box(page, 'weights');
    const context = result.contexts[3].name;
    await weights.getByLabel('Search').fill(context.toUpperCase());
    const found = await cells(page, 'weights');
    expect(found.map(([name]) => name)).toEqual(Array(10).fill(context));
    expect(await weights.locator('[data-count]').innerText()).toBe(`10 of ${ROWS} rows`);
    await weights.getByLabel('Search').fill(`instilled ${context} mini`);
    expect(await column(page, 'weights', 2)).toEqual(Array(5).fill('GPT-4o-mini'));
    await weights.getByLabel('Search').fill('no such words');
    expect(await cells(page, 'weights')).toEqual([]);
    await weights.getByLabel('Search').fill('');
    expect(await weights.locator('[data-count]').innerText()).toBe(`${ROWS} rows`);
    // The other table has a search of its own.
    expect(await cells(page, 'convergence')).toHaveLength(result.fits.length);
    await page.close();
  });

  it('picks rows by model and setting', async () => {
    const { page } = await open();
    const weights = box(page, 'weights');
    await weights.getByLabel('Model').selectOption('GPT-4o');
    await weights.getByLabel('Setting').selectOption('native');
    const found = await cells(page, 'weights');
    expect(found).toHaveLength(ROWS / 4);
    expect(new Set(found.map((row) => `${row[2]} ${row[3]}`))).toEqual(new Set(['GPT-4o native']));
    await page.close();
  });

  it('sorts a column by its numbers, up and down, by pointer and by keyboard', async () => {
    const { page } = await open();
    const header = page.locator('#weights th', { hasText: 'Weight' });
    const sorted = async () => (await column(page, 'weights', 5)).map(numberIn);
    await header.getByRole('button').click();
    expect(await header.getAttribute('aria-sort')).toBe('ascending');
    const up = await sorted();
    expect(up).toEqual(up.toSorted((a, b) => a - b));
    await header.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await header.getAttribute('aria-sort')).toBe('descending');
    expect(await sorted()).toEqual(up.toReversed());

    const attribute = page.locator('#weights th', { hasText: 'Attribute' });
    await attribute.getByRole('button').focus();
    await page.keyboard.press('Space');
    expect([
      await header.getAttribute('aria-sort'),
      await attribute.getAttribute('aria-sort'),
    ]).toEqual(['none', 'ascending']);
    const names = await column(page, 'weights', 1);
    const collator = new Intl.Collator('en', { numeric: true });
    expect(names).toEqual(names.toSorted(collator.compare));
    await page.close();
  });

  it('sorts what does not exist last, up and down', async () => {
    const { page } = await open();
    const header = page.locator('#weights th', { hasText: 'Target' }).getByRole('button');
    for (const _ of ['up', 'down']) {
      await header.click();
      const targets = await column(page, 'weights', 4);
      expect(targets.slice(0, ROWS / 2)).not.toContain('');
      expect(new Set(targets.slice(ROWS / 2))).toEqual(new Set(['']));
    }
    await page.close();
  });

  it('draws each interval where its numbers say', async () => {
    const rows = await opened.page.$$eval('#weights tbody tr', (all) =>
      all.slice(0, 200).map((row) => {
        const style = (
          row.lastElementChild as unknown as { style: { getPropertyValue(name: string): string } }
        ).style;
        return ['--low', '--mean', '--high'].map((name) => Number(style.getPropertyValue(name)));
      }),
    );
    const slopes = Object.values(result.result.weights).flat();
    const largest = Math.max(
      ...slopes.flatMap(({ hdi }) => hdi.flat().map((end) => Math.abs(end ?? 0))),
    );
    const expected = slopes.flatMap(({ b, hdi }) =>
      b.map((slope, i) =>
        [hdi[i][0], slope, hdi[i][1]].map((value) => 0.5 + (value ?? 0) / largest / 2),
      ),
    );
    rows.forEach((row, i) => {
      row.forEach((place, j) => {
        expect(place).toBeCloseTo(expected[i][j], 2);
      });
    });
  });

  it.each([
    ['light', 1280],
    ['dark', 1280],
    ['light', 400],
  ] as const)('has nothing that axe finds serious: %s, %i px', async (colorScheme, width) => {
    const { page } = await open({ colorScheme, viewport: { width, height: 800 }, bypassCSP: true });
    // All rows of a table are alike: a few of them do.
    await box(page, 'weights').getByLabel('Search').fill(result.contexts[0].name);
    await box(page, 'convergence').getByLabel('Search').fill(result.contexts[0].name);
    await page.addScriptTag({ path: axe });
    const serious = await page.evaluate(async () => {
      const tool = (
        globalThis as unknown as {
          axe: {
            run(
              options: object,
            ): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
          };
        }
      ).axe;
      const { violations } = await tool.run({ resultTypes: ['violations'] });
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
    });
    expect(serious).toEqual([]);
    await page.close();
  });

  it.each([400, 1280, 3840])('is no wider than the window at %i px', async (width) => {
    const { page } = await open({ viewport: { width, height: 800 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await page.close();
  });

  it('shows all of it on paper, without its controls', async () => {
    const { page } = await open();
    await box(page, 'weights').getByLabel('Search').fill('native');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.controls').first().isVisible()).toBe(false);
    expect(await page.locator('#convergence tbody tr').last().isVisible()).toBe(true);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
    await page.close();
  });

  it('needs no script to be read', async () => {
    const { page } = await open({ javaScriptEnabled: false });
    expect(await page.locator('#weights tbody tr').count()).toBe(ROWS);
    expect(await page.locator('.controls').first().isVisible()).toBe(false);
    await page.close();
  });
});
