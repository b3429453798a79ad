/** `weighbridge view` in a browser: for keyboards, screen readers, telephones and walls. */
import { describe, expect, it } from 'vitest';
import { hasBrowser, skipReason } from '../support/browser.js';
import { link, optionsOf, seriousViolations, viewedResult } from './view-support.js';

describe.skipIf(!hasBrowser)(`the viewer is for everyone${skipReason}`, () => {
  const viewed = viewedResult();

  describe('for everyone', () => {
    it('the first stop of the keyboard skips to the content', async () => {
      const page = await viewed.open(link(viewed.first()));
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').textContent()).toMatch(/Skip to the content/);
      await page.keyboard.press('Enter');
      expect(
        await page.evaluate(
          () =>
            (globalThis as unknown as { document: { activeElement: { id: string } } }).document
              .activeElement.id,
        ),
      ).toBe('main');
    });

    it('arrow keys go through the tabs, and keys that act can be turned off', async () => {
      const page = await viewed.open(link(viewed.first()));
      await page.getByRole('tab', { name: 'Weights' }).focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      expect(await page.locator(':focus').textContent()).toBe('Pairs');
      expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Pairs');
      await page.keyboard.press('?');
      await page.getByLabel('Single-key shortcuts').uncheck();
      await page.keyboard.press('Escape');
      const before = page.url();
      await page.keyboard.press('o');
      await page.keyboard.press('j');
      expect(page.url()).toBe(before);
      await page.goto(link(viewed.first(), '&tab=choices&trial=1'));
      await page.locator('[data-prompt]').waitFor();
      await page.keyboard.press('n');
      expect(new URL(page.url()).searchParams.get('trial')).toBe('1');
    });

    it('a table that is wider than its room says that it scrolls', async () => {
      const narrow = await viewed.open(link(viewed.first()), {
        viewport: { width: 400, height: 900 },
      });
      await narrow.locator('[data-table="weights"]').waitFor();
      await narrow.getByText('More columns to the right').waitFor();
      await narrow.setViewportSize({ width: 1600, height: 900 });
      await expect.poll(() => narrow.getByText('More columns to the right').count()).toBe(0);
    });

    const views = [
      '',
      'weights',
      'chains',
      'pairs',
      'check',
      'choices',
      'choices&trial=1',
      'choices&file=instilledReports&report=1',
    ];
    const other = { light: 'Dark', dark: 'Light' } as const;
    it.each(views)('axe-core finds nothing serious, light or dark: %s', async (tab) => {
      const page = await viewed.open(tab === '' ? '' : link(viewed.first(), `&tab=${tab}`));
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        // The button of the theme names the other one: scripts have followed the machine too.
        await page.getByRole('button', { name: other[colorScheme], exact: true }).waitFor();
        await page
          .locator(
            tab === '' ? '[data-table="worst"]' : '#tab-panel :is([data-plot], [data-table])',
          )
          .first()
          .waitFor();
        if (tab.includes('trial')) await page.locator('[data-prompt]').waitFor();
        if (tab.includes('report')) await page.locator('dialog h3').first().waitFor();
        await expect.poll(() => page.locator('.waiting').count()).toBe(0);
        expect(await seriousViolations(page), colorScheme).toEqual([]);
      }
    });

    it('the theme follows the machine until it is chosen, and then stays', async () => {
      const page = await viewed.open('', { colorScheme: 'dark' });
      const ground = () =>
        page.locator('body').evaluate((body) => {
          const { getComputedStyle } = globalThis as unknown as {
            getComputedStyle(of: unknown): { backgroundColor: string };
          };
          return getComputedStyle(body).backgroundColor;
        });
      const dark = await ground();
      await page.keyboard.press('t');
      await expect.poll(ground).not.toBe(dark);
      const light = await ground();
      await page.reload();
      await page.locator('#main').waitFor();
      expect(await ground()).toBe(light);
    });

    it.each([400, 1280, 3840])('nothing is wider than a page of %i pixels', async (width) => {
      const page = await viewed.open('', { viewport: { width, height: 900 } });
      for (const query of [
        '',
        ...['weights', 'chains', 'check', 'choices'].map((tab) =>
          link(viewed.first(), `&tab=${tab}`),
        ),
      ]) {
        if (query !== '') await page.goto(query);
        await page.locator('#main :is([data-plot], [data-table])').first().waitFor();
        const wide = await page.locator('html').evaluate((html) => html.scrollWidth);
        expect(wide, query).toBe(width);
        if (query !== '' && width === 400) {
          await page.getByRole('button', { name: 'Find' }).click();
          await optionsOf(page).last().click();
          await expect.poll(() => page.locator('.picker').isVisible()).toBe(false);
        }
        expect(viewed.page?.troubles, query).toEqual([]);
      }
    });

    it('nothing moves where less motion is asked for', async () => {
      const page = await viewed.open(link(viewed.first()), { reducedMotion: 'reduce' });
      await page.locator('[data-plot="weights"]').waitFor();
      const moving = await page.evaluate(
        () =>
          (
            globalThis as unknown as { document: { getAnimations(): unknown[] } }
          ).document.getAnimations().length,
      );
      expect(moving).toBe(0);
    });
  });
});
