/** A result to view, made by the built command once, and pages that tell what goes wrong in them. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type {
  ContextRecord,
  FitRecord,
  ResultDocument,
  TrialRecord,
} from '../../src/result/format.js';
import { startViewer, type Viewer } from '../../src/viewer/server.js';
import { launchBrowser } from '../support/browser.js';
import { GPT_4O, smallStudy } from '../support/small-study.js';
import { reproduce } from './support.js';

export interface SmallResult {
  readonly folder: string;
  readonly result: ResultDocument;
  readonly fits: readonly FitRecord[];
  readonly contexts: readonly ContextRecord[];
  readonly trials: Readonly<Record<string, Readonly<Record<string, readonly TrialRecord[]>>>>;
  /** Another folder with the same result, for a test to spoil. */
  copy(): Promise<string>;
  remove(): Promise<void>;
}

/** Six instilled and six native contexts of two models, few draws. */
export async function smallResult(): Promise<SmallResult> {
  const study = await smallStudy();
  const root = await mkdtemp(join(tmpdir(), 'weighbridge-view-'));
  const folder = join(root, 'result');
  const { code, stderr } = await reproduce(study.folder, '--out', folder, '--quiet');
  await study.remove();
  if (code !== 0) throw new Error(`no result to view: ${stderr}`);
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));
  let copies = 0;
  return {
    folder,
    result: await read('result.json'),
    fits: (await read('fits.json')).fits,
    contexts: (await read('contexts.json')).contexts,
    trials: (await read('trials.json')).trials,
    async copy() {
      const other = join(root, `copy-${++copies}`);
      await cp(folder, other, { recursive: true });
      return other;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Changes a JSON file of a result, whose sizes of files then say nothing. */
export async function editJson(
  folder: string,
  name: string,
  change: (json: Record<string, unknown>) => void,
): Promise<void> {
  for (const file of new Set([name, 'result.json'])) {
    const path = join(folder, file);
    const json = JSON.parse(await readFile(path, 'utf8'));
    if (file === name) change(json);
    if (file === 'result.json') delete json.files;
    await writeFile(path, JSON.stringify(json));
  }
}

/** The same folder with `count` contexts for each model and setting, all with the same draws. */
export async function withManyContexts(folder: string, count: number): Promise<void> {
  const numbered = (name: string, number: number) => `${name}_${number}`;
  const times = Array.from({ length: count }, (_, number) => number + 1);
  await editJson(folder, 'contexts.json', (json) => {
    const [first] = json.contexts as ContextRecord[];
    json.contexts = times.map((number) => ({ ...first, name: numbered('context', number) }));
  });
  await editJson(folder, 'fits.json', (json) => {
    const fits = json.fits as FitRecord[];
    const kept = fits.filter(({ kind }) => kind !== 'weights');
    const firsts = new Map(
      fits
        .filter(({ kind }) => kind === 'weights')
        .map((fit) => [`${fit.model}/${fit.setting}`, fit]),
    );
    const many = [...firsts].flatMap(([key, fit]) =>
      times.map((number) => {
        const context = numbered('context', number);
        return { ...fit, name: `${key}/${context}`, context };
      }),
    );
    json.fits = [...kept, ...many];
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, and requests to anywhere else. */
  readonly troubles: readonly string[];
}

export async function watchedPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    baseURL: url,
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) troubles.push(`request to ${request.url()}`);
  });
  return { page, troubles };
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds on the page that is serious or worse, and landmarks of the same name. */
export async function seriousViolations(page: Page): Promise<string[]> {
  // Evaluated by the debugger: the page's own policy lets no other script in.
  await page.evaluate(await axeSource);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; impact: string; nodes: { html: string }[] }[];
        }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(
        ({ id, impact }) => ['serious', 'critical'].includes(impact) || id === 'landmark-unique',
      )
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`);
  });
}

/** The cells of a table of the page, row by row. */
export function cellsOf(page: Page, table: string): Promise<string[][]> {
  return page
    .locator(`[data-table="${table}"] tbody tr:not(.heading)`)
    .evaluateAll((rows) =>
      rows.map((row) =>
        [...row.querySelectorAll('th, td')].map((cell) => (cell.textContent ?? '').trim()),
      ),
    );
}

/** A number as the page writes it. */
export function numberOf(text: string | undefined): number {
  return Number((text ?? '').replaceAll(',', '').replace('−', '-'));
}

/** What tests of one file share: a result, its viewer, a browser, and a page for each test. */
export interface ViewedResult {
  readonly small: SmallResult;
  readonly viewer: Viewer;
  readonly page: WatchedPage | undefined;
  /** A page at a query of the viewer, its frame there. */
  open(query?: string, options?: BrowserContextOptions, url?: string): Promise<Page>;
  /** Closes the page, so that no request of it is on its way when its server ends. */
  leave(): Promise<void>;
  contextsOf(model: string, setting: string): string[];
  /** The first instilled context of GPT-4o. */
  first(): string;
}

/** To be called in a suite: what it returns is filled before its tests. */
export function viewedResult(): ViewedResult {
  let browser: Browser;
  let small: SmallResult;
  let viewer: Viewer;
  let watched: WatchedPage | undefined;
  beforeAll(async () => {
    small = await smallResult();
    viewer = await startViewer(small.folder);
    browser = await launchBrowser();
  });
  afterEach(async () => {
    const troubles = watched?.troubles ?? [];
    await watched?.page.context().close();
    watched = undefined;
    expect(troubles, 'errors of the page, and requests to elsewhere').toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await viewer?.close();
    await small?.remove();
  });
  const contextsOf = (model: string, setting: string) =>
    small.fits
      .filter((fit) => fit.model === model && fit.setting === setting && fit.kind === 'weights')
      .map((fit) => fit.context ?? '');
  return {
    get small() {
      return small;
    },
    get viewer() {
      return viewer;
    },
    get page() {
      return watched;
    },
    leave: async () => watched?.page.context().close(),
    async open(query = '', options = {}, url = viewer.url) {
      watched = await watchedPage(browser, url, options);
      await watched.page.goto(query);
      await watched.page.locator('#main').waitFor();
      return watched.page;
    },
    contextsOf,
    first: () => contextsOf(GPT_4O, 'instilled')[0] ?? '',
  };
}

/** The query of an instilled context of GPT-4o. */
export function link(context: string, more = ''): string {
  return `?model=${GPT_4O}&setting=instilled&context=${context}${more}`;
}

/** The select of models has options as well. */
export function optionsOf(page: Page, name?: { readonly name: string }): Locator {
  return page.getByRole('listbox').getByRole('option', name);
}

export function headingOf(page: Page): Locator {
  return page.locator('#main h1');
}

/** How a title begins that is made of a context's name. */
export function titled(context: string): RegExp {
  return new RegExp(`^${context.replaceAll('_', ' ')}`, 'i');
}
