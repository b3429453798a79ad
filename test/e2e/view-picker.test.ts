/** `weighbridge view` in a browser: what is picked is what is shown, and addresses bring it back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startViewer, type Viewer } from '../../src/viewer/server.js';
import { hasBrowser, skipReason } from '../support/browser.js';
import { GPT_4O, GPT_4O_MINI } from '../support/small-study.js';
import {
  headingOf,
  link,
  optionsOf,
  titled,
  viewedResult,
  withManyContexts,
} from './view-support.js';

describe.skipIf(!hasBrowser)(`the viewer shows what is picked${skipReason}`, () => {
  const viewed = viewedResult();

  describe('the picker', () => {
    it('searches names, agents, questions and attributes, and opens by keys alone', async () => {
      const page = await viewed.open();
      const all = viewed.contextsOf(GPT_4O, 'instilled');
      const wanted = all.at(-1) ?? '';
      await page.keyboard.press('/');
      await page.keyboard.type(wanted.replaceAll('_', ' '));
      await expect.poll(() => optionsOf(page).first().textContent()).toMatch(titled(wanted));
      await page.keyboard.press('Enter');
      await expect.poll(() => headingOf(page).textContent()).toMatch(titled(wanted));
      await page.getByRole('combobox', { name: 'Context' }).fill('no such words');
      await page.getByText('No context matches these words.').waitFor();
      const attribute = viewed.small.contexts.find(({ name }) => name === wanted)?.attributes[0]
        ?.name;
      await page.getByRole('combobox', { name: 'Context' }).fill(attribute ?? '');
      await expect
        .poll(() => optionsOf(page).allTextContents())
        .toContainEqual(expect.stringMatching(titled(wanted)));
    });

    it('moves by arrow keys, and shows what is chosen as chosen', async () => {
      const page = await viewed.open(link(viewed.first()));
      const all = viewed.contextsOf(GPT_4O, 'instilled');
      await page.getByRole('listbox').focus();
      for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'Enter']) {
        await page.keyboard.press(key);
      }
      await expect.poll(() => headingOf(page).textContent()).toMatch(titled(all[1] ?? ''));
      const chosen = page.locator('[role="option"][aria-selected="true"]');
      await expect.poll(() => chosen.textContent()).toMatch(titled(all[1] ?? ''));
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await expect.poll(() => headingOf(page).textContent()).toMatch(titled(all.at(-1) ?? ''));
    });

    it('keeps the context where another model has it, and lists the other setting', async () => {
      const page = await viewed.open(link(viewed.first(), '&tab=choices'));
      await page.getByLabel('Model').selectOption(GPT_4O_MINI);
      await expect
        .poll(() => new URL(page.url()).search)
        .toBe(`?model=${GPT_4O_MINI}&setting=instilled&context=${viewed.first()}&tab=choices`);
      await page.getByLabel('Native').check();
      const native = viewed.contextsOf(GPT_4O_MINI, 'native');
      await page
        .getByRole('option')
        .filter({ hasText: titled(native[0] ?? '') })
        .click();
      expect(new URL(page.url()).searchParams.get('setting')).toBe('native');
      await expect.poll(() => headingOf(page).textContent()).toMatch(titled(native[0] ?? ''));
    });
  });

  describe('addresses', () => {
    it('bring back context, tab and trial, on reloading too', async () => {
      const page = await viewed.open(link(viewed.first(), '&tab=choices&trial=4'));
      const dialog = page.getByRole('dialog');
      const title = () => dialog.getByRole('heading').first().textContent();
      await expect.poll(title).toMatch(/, trial 4$/);
      await page.reload();
      await expect.poll(title).toMatch(/, trial 4$/);
      await page.getByRole('button', { name: 'Close' }).click();
      await dialog.waitFor({ state: 'detached' });
      expect(page.url()).toBe(`${viewed.viewer.url}${link(viewed.first(), '&tab=choices')}`);
    });

    it('go back and forward as they were', async () => {
      const page = await viewed.open();
      const visited = [page.url()];
      const remember = async (step: Promise<unknown>) => {
        await step;
        visited.push(page.url());
      };
      await remember(page.getByRole('link', { name: 'Contexts' }).click());
      await remember(page.getByRole('tab', { name: 'Chains' }).click());
      await remember(page.keyboard.press('j'));
      await remember(page.keyboard.press('5'));
      expect(new Set(visited).size).toBe(visited.length);
      for (const url of visited.slice(0, -1).reverse()) {
        await page.goBack();
        expect(page.url()).toBe(url);
      }
      await expect.poll(() => headingOf(page).textContent()).toBe('Overview');
      for (const url of visited.slice(1)) {
        await page.goForward();
        expect(page.url()).toBe(url);
      }
      await page.locator('[data-table="choices"]').waitFor();
    });

    it.each([
      [
        'a context that is not there',
        '?model=gpt-4o-2024-08-06&setting=native&context=moon_base',
        /made no native choices in a context named moon_base/,
      ],
      [
        'a model that is not there',
        '?model=x&setting=native&context=moon_base',
        /^This cannot be shown\. x made no native choices/,
      ],
      ['a fit that is not there', '?fit=moon', /no fit named moon/],
    ])('say so where they lead to %s', async (_what, query, words) => {
      const page = await viewed.open(query);
      expect(await page.getByRole('alert').textContent()).toMatch(words);
      expect(await optionsOf(page).count()).toBeGreaterThan(0);
    });

    it('lead to fits of no context too', async () => {
      const name = viewed.small.fits.find(({ kind }) => kind !== 'weights')?.name ?? '';
      const page = await viewed.open(`?fit=${encodeURIComponent(name)}`);
      await page.locator('[data-plot="trace"]').waitFor();
      expect(await headingOf(page).textContent()).toContain(name);
    });
  });

  describe('400 contexts', () => {
    let many: Viewer;
    beforeAll(async () => {
      const folder = await viewed.small.copy();
      await withManyContexts(folder, 400);
      many = await startViewer(folder);
    });
    afterAll(() => many?.close());

    it('stay few rows of the document, from the first to the last', async () => {
      const page = await viewed.open(link('context_1'), {}, many.url);
      await page.getByText('400 contexts', { exact: false }).first().waitFor();
      const list = page.getByRole('listbox');
      const rows = () => optionsOf(page).count();
      expect(await rows()).toBeGreaterThan(5);
      expect(await rows()).toBeLessThan(40);
      await list.focus();
      await page.keyboard.press('End');
      await optionsOf(page, { name: 'Context 400' }).waitFor();
      expect(await rows()).toBeLessThan(40);
      await page.keyboard.press('Enter');
      await expect.poll(() => headingOf(page).textContent()).toMatch(/^Context 400/);
      await list.evaluate((element) => {
        element.scrollTop = element.scrollHeight / 2;
      });
      await optionsOf(page, { name: 'Context 200' }).waitFor();
      expect(await rows()).toBeLessThan(40);
      await page.getByRole('combobox', { name: 'Context' }).fill('context 17');
      await page.getByText('14 of 400 contexts', { exact: false }).waitFor();
    });

    it('are passed by quickly: draws that are no longer wanted are cut, the last are shown', async () => {
      const page = await viewed.open(link('context_1', '&tab=chains'), {}, many.url);
      await page.locator('[data-plot="rank"]').waitFor();
      const asked: string[] = [];
      await page.route('**/draws', async (route) => {
        asked.push(route.request().url());
        if (asked.length < 6) return;
        await route.continue();
      });
      for (let pressed = 1; pressed <= 6; pressed++) {
        const waiting = page.waitForRequest('**/draws');
        await page.keyboard.press('j');
        await waiting;
      }
      await expect.poll(() => headingOf(page).textContent()).toMatch(/^Context 7/);
      await page.locator('[data-plot="rank"]').waitFor();
      expect(asked).toHaveLength(6);
      expect(asked.at(-1)).toContain(encodeURIComponent('/context_7'));
    });
  });
});
