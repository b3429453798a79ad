/** `weighbridge view` in a browser: the numbers on the page are those of the result. */
import { describe, expect, it } from 'vitest';
import { type ReportRecord, reportSettings } from '../../src/result/format.js';
import { decisionPrompt, parsePrompt } from '../../src/study/prompts.js';
import type { ReportFile } from '../../src/study/study.js';
import { startViewer } from '../../src/viewer/server.js';
import { hasBrowser, skipReason } from '../support/browser.js';
import { GPT_4O } from '../support/small-study.js';
import { cellsOf, editJson, link, numberOf, viewedResult } from './view-support.js';

describe.skipIf(!hasBrowser)(`the viewer shows the result${skipReason}`, () => {
  const viewed = viewedResult();

  describe('the overview', () => {
    it('shows the figures of the result, and that its data are simulated', async () => {
      const page = await viewed.open();
      expect(await page.locator('.simulated').textContent()).toMatch(/^Simulated data\./);
      const rows = await cellsOf(page, 'figures');
      expect(rows).toHaveLength(viewed.small.result.figures.length);
      viewed.small.result.figures.forEach((figure, i) => {
        const [label, , ours, , agreement] = rows[i] ?? [];
        expect(label).toBe(figure.figure);
        expect(numberOf(ours)).toBeCloseTo(figure.ours ?? Number.NaN, figure.decimals - 0.31);
        expect(agreement).toBe(figure.agreement);
      });
    });

    it('leads from every figure that a regression is behind to its chains', async () => {
      const page = await viewed.open();
      const links = page.locator('[data-table="figures"] a');
      const behind = viewed.small.result.figures.filter(({ hdi }) => hdi !== null);
      expect(behind.length).toBeGreaterThan(0);
      expect(await links.allTextContents()).toEqual(behind.map(({ figure }) => figure));
      await links.first().click();
      await page.locator('[data-plot="trace"]').waitFor();
      const name = new URL(page.url()).searchParams.get('fit');
      expect(viewed.small.fits.find((fit) => fit.name === name)?.kind).toBe('correlation');
    });

    it('lists every fit that is of no context', async () => {
      const page = await viewed.open();
      await page.locator('summary', { hasText: 'over all contexts' }).click();
      const names = await page.locator('[data-table="others"] a').allTextContents();
      const others = viewed.small.fits.filter(({ kind }) => kind !== 'weights');
      expect(names).toEqual(others.map(({ name }) => name));
    });

    it('shows both figures as pictures', async () => {
      const page = await viewed.open();
      const images = page.locator('.picture img');
      expect(await images.count()).toBe(2);
      for (const image of await images.all()) {
        await expect
          .poll(() =>
            image.evaluate((shown) => (shown as unknown as { naturalWidth: number }).naturalWidth),
          )
          .toBeGreaterThan(0);
      }
    });

    it('puts the fit with the largest R-hat first and leads to its chains', async () => {
      const page = await viewed.open();
      const [[name = '', rhat] = []] = await cellsOf(page, 'worst');
      const falling = viewed.small.fits.filter(({ warnings }) => warnings.length > 0);
      const of = falling.length > 0 ? falling : viewed.small.fits;
      const worst = Math.max(...of.map(({ diagnostics }) => diagnostics.max_rhat ?? Infinity));
      expect(numberOf(rhat)).toBeCloseTo(worst, 3.7);
      await page.locator('[data-table="worst"] a').first().click();
      await page.locator('[data-plot="trace"]').waitFor();
      const opened = new URL(page.url()).searchParams;
      const fit = viewed.small.fits.find((one) => one.name === name);
      expect(opened.get('context') ?? opened.get('fit')).toBe(fit?.context ?? name);
    });
  });

  describe('a context', () => {
    it('has the weights of the result, with target, range and interval', async () => {
      const page = await viewed.open(link(viewed.first()));
      await page.locator('[data-plot="weights"]').waitFor();
      const weights = viewed.small.result.weights[`${GPT_4O}/instilled`]?.find(
        ({ scenario }) => scenario === viewed.first(),
      );
      const context = viewed.small.contexts.find(({ name }) => name === viewed.first());
      const rows = await cellsOf(page, 'weights');
      const factor = 100 / Math.max(...(weights?.b ?? []).map((b) => Math.abs(b ?? 0)));
      expect(rows).toHaveLength(context?.attributes.length ?? 0);
      context?.attributes.forEach(({ name, range }, i) => {
        const [label, shownRange, target, mean, scaled, interval] = rows[i] ?? [];
        expect(label).toBe(name.replaceAll('_', ' '));
        expect(numberOf(shownRange?.split(' to ')[0])).toBe(range[0]);
        expect(numberOf(target)).toBe(context.target?.[i]);
        expect(numberOf(mean)).toBeCloseTo(weights?.b[i] ?? Number.NaN, 1.69);
        expect(numberOf(scaled)).toBe(weights?.scaled[i]);
        const low = numberOf(/\[(.+),/.exec(interval ?? '')?.[1]);
        expect(low).toBeCloseTo((weights?.hdi[i]?.[0] ?? Number.NaN) * factor, -0.31);
      });
    });

    it('draws a mark for each weight, target and report', async () => {
      const page = await viewed.open(link(viewed.first()));
      const plot = page.locator('[data-plot="weights"]');
      await plot.waitFor();
      const attributes = viewed.small.contexts.find(({ name }) => name === viewed.first())
        ?.attributes.length;
      expect(await plot.locator('.weights-point circle, .weights-point path').count()).toBe(
        attributes,
      );
      expect(await plot.locator('.weights-target path').count()).toBe(attributes);
      const legend = await page.locator('.legend').innerText();
      const reports = [...legend.matchAll(/(\d+) reports?/g)].map(([, count]) => Number(count));
      const total = reports.reduce((sum, count) => sum + count, 0);
      expect(total).toBeGreaterThan(0);
      expect(await plot.locator('.weights-report circle').count()).toBe(total * (attributes ?? 0));
    });

    it('has the summary of its fit, and says what is wrong in the words of the result', async () => {
      const page = await viewed.open(link(viewed.first(), '&tab=chains'));
      await page.locator('[data-plot="rank"]').waitFor();
      const fit = viewed.small.fits.find(
        (one) => one.context === viewed.first() && one.model === GPT_4O,
      );
      const rows = await cellsOf(page, 'summary');
      fit?.summary.forEach((row, i) => {
        const [name, mean, , , , , rhat, ess] = rows[i] ?? [];
        expect(name).toContain(row.name);
        expect(numberOf(mean)).toBeCloseTo(row.mean ?? Number.NaN, 2.69);
        expect(numberOf(rhat)).toBeCloseTo(row.rhat ?? Number.NaN, 3.69);
        expect(numberOf(ess)).toBe(Math.round(row.ess_bulk ?? Number.NaN));
      });
      // So few draws cannot do.
      expect(fit?.warnings.length).toBeGreaterThan(0);
      for (const line of fit?.warnings ?? []) {
        expect(await page.locator('.warnings').innerText()).toContain(line);
      }
    });

    it('has every choice with both options', async () => {
      const page = await viewed.open(link(viewed.first(), '&tab=choices'));
      await page.locator('[data-table="choices"]').waitFor();
      const trials = viewed.small.trials[`${GPT_4O}/instilled`]?.[viewed.first()] ?? [];
      const rows = await cellsOf(page, 'choices');
      expect(rows).toHaveLength(trials.length);
      trials.forEach(({ a, b, choice, probability }, i) => {
        const cells = rows[i] ?? [];
        expect(cells[1]).toBe(choice);
        const values = cells.slice(probability === undefined ? 2 : 3).map(numberOf);
        expect(values).toEqual(a.flatMap((value, k) => [value, b[k]]));
      });
    });

    it.each([
      ['pairs', ['pairs']],
      ['check', ['ppc', 'choices', 'ppc']],
    ])('draws its tab %s', async (tab, plots) => {
      const page = await viewed.open(link(viewed.first(), `&tab=${tab}`));
      await page
        .locator('[data-plot]')
        .nth(plots.length - 1)
        .waitFor();
      const drawn = await page
        .locator('[data-plot]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-plot')));
      expect(drawn).toEqual(plots);
    });

    it('shows the prompt of a trial word for word, and goes from trial to trial by keys', async () => {
      const page = await viewed.open(link(viewed.first(), '&tab=choices'));
      const context = viewed.small.contexts.find(({ name }) => name === viewed.first());
      const trials = viewed.small.trials[`${GPT_4O}/instilled`]?.[viewed.first()] ?? [];
      const promptOf = (number: number) =>
        decisionPrompt(
          {
            name: viewed.first(),
            question: context?.question ?? '',
            attributes: (context?.attributes ?? []).map(({ name, units, range: [min, max] }) => ({
              name,
              units,
              min,
              max,
            })),
          },
          trials[number - 1] ?? { a: [], b: [] },
        );
      await page.locator('[data-table="choices"] a').nth(1).click();
      const prompt = page.locator('[data-prompt="decision"]');
      await expect.poll(() => prompt.textContent()).toBe(promptOf(2));
      await page.keyboard.press('n');
      await expect.poll(() => prompt.textContent()).toBe(promptOf(3));
      await page.keyboard.press('p');
      await page.keyboard.press('p');
      await expect.poll(() => prompt.textContent()).toBe(promptOf(1));
      await page.getByLabel('Introspection').check();
      expect(await page.locator('[data-prompt="introspection"]').textContent()).toMatch(
        /^\[INTROSPECTION TASK\]/,
      );
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
      // The focus is back on the link that opened it.
      expect(await page.locator(':focus').textContent()).toBe('2');
      expect(new URL(page.url()).searchParams.get('trial')).toBeNull();
    });

    it('has every report, and opens the question and the words of one that is invalid', async () => {
      const folder = await viewed.small.copy();
      const words = 'I cannot tell <b>why</b>.';
      const asked = viewed.small.trials[`${GPT_4O}/instilled`]?.[viewed.first()]?.[0];
      let expected: (readonly number[] | null)[] = [];
      await editJson(folder, 'reports.json', (json) => {
        const files = json.reports as Record<string, Record<string, ReportRecord[]>>;
        const given = files[`${GPT_4O}/instilledReports`]?.[viewed.first()] ?? [];
        given.splice(0, 1, { weights: null, raw: words, a: asked?.a ?? [], b: asked?.b ?? [] });
        expected = Object.keys(reportSettings)
          .filter((file) => reportSettings[file as ReportFile] === 'instilled')
          .flatMap((file) => files[`${GPT_4O}/${file}`]?.[viewed.first()] ?? [])
          .map(({ weights }) => weights);
      });
      const other = await startViewer(folder);
      try {
        const page = await viewed.open(link(viewed.first(), '&tab=choices'), {}, other.url);
        const table = page.locator('[data-table="reports"]');
        await table.waitFor();
        const rows = await cellsOf(page, 'reports');
        expect(
          rows.map((cells) => (cells[2] === 'invalid' ? null : cells.slice(2).map(numberOf))),
        ).toEqual(expected);
        await table.getByRole('row', { name: 'invalid' }).getByRole('link').click();
        await page.locator('[data-prompt="introspection"]').waitFor();
        expect(await page.locator('[data-raw]').textContent()).toBe(words);
        const prompt = (await page.locator('[data-prompt="introspection"]').textContent()) ?? '';
        expect(parsePrompt(prompt)).toMatchObject({
          task: 'introspection',
          a: asked?.a,
          b: asked?.b,
        });
        // The link brings it back; the next one is without words in these data.
        await page.reload();
        await expect.poll(() => page.locator('[data-raw]').textContent()).toBe(words);
        await page.keyboard.press('n');
        await page.getByText('do not have the text').waitFor();
        expect(await page.locator('[data-report-weights]').count()).toBe(1);
        expect(new URL(page.url()).searchParams.get('report')).toBe('2');
        await page.keyboard.press('Escape');
        await page.locator('dialog').waitFor({ state: 'detached' });
      } finally {
        await viewed.leave();
        await other.close();
      }
    });

    it('shows the words of an answer as they are, markup and all', async () => {
      const folder = await viewed.small.copy();
      const words = '<b>A</b> & "why not"?\n<script>alert(1)</script>';
      await editJson(folder, 'trials.json', (json) => {
        const trials = json.trials as Record<string, Record<string, object[]>>;
        Object.assign(trials[`${GPT_4O}/instilled`]?.[viewed.first()]?.[0] ?? {}, {
          raw: words,
          choice: null,
          probability: 0.125,
        });
      });
      const other = await startViewer(folder);
      try {
        const page = await viewed.open(link(viewed.first(), '&tab=choices&trial=1'), {}, other.url);
        const raw = page.locator('[data-raw]');
        await raw.waitFor();
        expect(await raw.textContent()).toBe(words);
        expect(await page.getByRole('dialog').innerText()).toMatch(
          /Neither A nor B, with P\(A\) = 0\.125/,
        );
        const [row] = await cellsOf(page, 'choices');
        expect(row?.slice(0, 3)).toEqual(['1', 'neither', '0.125']);
      } finally {
        await viewed.leave();
        await other.close();
      }
    });
  });
});
