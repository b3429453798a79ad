/** `weighbridge view` on what is no result, on one that is damaged, and on one damaged while shown. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { startViewer } from '../../src/viewer/server.js';
import { hasBrowser, launchBrowser, skipReason } from '../support/browser.js';
import { GPT_4O } from '../support/small-study.js';
import { cli, errorLines, plainEnvironment, STACK_LINE, weighbridge } from './support.js';
import { type SmallResult, smallResult, watchedPage } from './view-support.js';

let small: SmallResult;
beforeAll(async () => {
  small = await smallResult();
});
afterAll(() => small?.remove());

/** Replaces the text of a file in a copy of the result. */
const edited = (name: string, change: (text: string) => string) => async (folder: string) => {
  const file = join(folder, name);
  await writeFile(file, change(await readFile(file, 'utf8')));
};
const half = (text: string) => text.slice(0, text.length / 2);

describe('a folder that cannot be shown is told in one line, with exit code 2', () => {
  test.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    [
      'of an older version',
      edited('result.json', (text) => text.replace('"format_version": 2', '"format_version": 0')),
      /written by an older weighbridge/,
    ],
    [
      'of another program',
      edited('result.json', () => '{"a":1}'),
      /is not a result of weighbridge/,
    ],
    [
      'whose result.json is cut in half',
      edited('result.json', half),
      /result\.json (ends early|is not JSON)/,
    ],
    [
      'whose fits.json is cut in half',
      edited('fits.json', half),
      /fits\.json has \d+ bytes, expected/,
    ],
    [
      'whose draws are cut in half',
      (folder) => truncate(join(folder, 'draws.f64'), 1000),
      /draws\.f64 has 1000 bytes, expected/,
    ],
  ])('a result %s', async (_what, spoil, line) => {
    const folder = await small.copy();
    await spoil(folder);
    await expectOneLine(folder, line);
  });

  test('a folder without results', async () => {
    const folder = join(await small.copy(), 'csv');
    await expectOneLine(folder, /holds no result\.json, expected a result folder/);
  });

  test('a folder that does not exist', async () => {
    await expectOneLine(join(small.folder, 'nowhere'), /nowhere does not exist/);
  });

  test('an empty folder', async () => {
    const folder = join(small.folder, 'empty');
    await mkdir(folder, { recursive: true });
    await expectOneLine(folder, /holds no result\.json/);
  });

  async function expectOneLine(folder: string, line: RegExp): Promise<void> {
    const outcome = await weighbridge(['view', folder, '--no-open']);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(errorLines(outcome)).toHaveLength(1);
    expect(errorLines(outcome)[0]).toMatch(line);
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome.stderr).not.toMatch(STACK_LINE);
  }
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  'the command prints its address, serves, and ends cleanly on %s',
  async (signal) => {
    const child = spawn(process.execPath, [cli, 'view', small.folder, '--no-open'], {
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [printed] = await once(child.stdout, 'data');
    expect(String(printed)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
    const url = String(printed).trim();
    expect(await (await fetch(url)).text()).toContain('<script type="module"');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
    await expect(fetch(url)).rejects.toThrow();
  },
);

describe.skipIf(!hasBrowser)(`a result that is damaged while it is shown${skipReason}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  const address = (tab: string) => {
    const context = small.fits.find((fit) => fit.model === GPT_4O && fit.setting === 'native');
    return `?model=${GPT_4O}&setting=native&context=${context?.context}&tab=${tab}`;
  };

  it.each([
    ['draws.f64', 'chains', /draws\.f64 ends within the draws of/],
    ['trials.json', 'choices', /trials\.json (ends early|is not JSON)/],
    ['reports.json', 'weights', /reports\.json (ends early|is not JSON)/],
  ])('%s: the page says so where it is missing, and never is blank', async (file, tab, words) => {
    const folder = await small.copy();
    const viewer = await startViewer(folder);
    try {
      await truncate(join(folder, file), 100);
      const { page } = await watchedPage(browser, viewer.url);
      await page.goto(address(tab));
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(words);
      expect(await page.locator('h1').count()).toBe(1);
      await page.getByRole('link', { name: 'Overview' }).click();
      await page.locator('[data-table="figures"]').waitFor();
      await page.context().close();
    } finally {
      await viewer.close();
    }
  });

  it('that is written anew meanwhile is told, and not mixed with what was read', async () => {
    const folder = await small.copy();
    const viewer = await startViewer(folder);
    const { page } = await watchedPage(browser, viewer.url);
    try {
      await page.goto(address('choices'));
      await page.locator('[data-table="choices"]').waitFor();
      await edited('result.json', (text) => text)(folder);
      await page.getByRole('tab', { name: 'Pairs' }).click();
      const alert = page.getByRole('alert');
      await alert.waitFor();
      expect(await alert.textContent()).toMatch(
        /was rewritten since it was opened: restart `weighbridge view`/,
      );
    } finally {
      await page.context().close();
      await viewer.close();
    }
  });

  it('a server that is gone is told, and asked again when the person wants it', async () => {
    const folder = await small.copy();
    const viewer = await startViewer(folder);
    const { page } = await watchedPage(browser, viewer.url);
    await page.goto(address('weights'));
    await page.locator('[data-plot="weights"]').waitFor();
    await viewer.close();
    await page.keyboard.press('j');
    await page.getByText('The server does not respond').first().waitFor();
    const again = await startViewer(folder, { port: Number(new URL(viewer.url).port) });
    try {
      await page.getByRole('button', { name: 'Try again' }).first().click();
      await page.getByText('log-odds').first().waitFor();
    } finally {
      await page.context().close();
      await again.close();
    }
  });
});
