/**
 * The engine in a browser: a page that loads nothing but the bundles of `dist/browser` fits a
 * regression in web workers, and gets to the bit what it gets without them. This process gets the
 * same to Monte Carlo error: the last digits of Math.exp differ between versions of V8, and a chain
 * is chaotic.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { builtinModules } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bernoulli } from '../../src/regression/options.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { regression } from '../../src/regression/regression.js';
import type { WebWorker } from '../../src/workers/web-workers.js';
import { hasBrowser, launchBrowser, skipReason } from '../support/browser.js';

/** Statements stand at the beginning of a line; a property may be called `from` as well. */
const IMPORTED =
  /(?:^(?:import|export)\b[^;]*?\bfrom\s*|^import\s*|\bimport\s*\(\s*)["']([^"']+)["']/gm;

const bundles = new URL('../../dist/browser/', import.meta.url);

describe('the bundles for browsers', () => {
  it('import one another and nothing else', async () => {
    const names = (await readdir(bundles)).filter((name) => name.endsWith('.js'));
    expect(names).toEqual(
      expect.arrayContaining(['weighbridge.js', 'web-workers.js', 'worker.js']),
    );
    for (const name of names) {
      const code = await readFile(new URL(name, bundles), 'utf8');
      const imported = [...code.matchAll(IMPORTED)].map(([, from]) => from ?? '');
      expect(imported.filter((from) => !from.startsWith('./'))).toEqual([]);
      expect(builtinModules.filter((module) => code.includes(`node:${module}`))).toEqual([]);
      expect(code).not.toMatch(/\brequire\s*\(/);
    }
  });
});

/** y of three predictors' worth of made-up numbers: enough for a fit that takes a moment. */
const rows = Array.from({ length: 60 }, (_, i) => ({
  y: (i * 7919) % 10 < 5 + (i % 3) ? 1 : 0,
  x: ((i * 37) % 61) / 30 - 1,
  g: 'abcdef'[i % 6] ?? 'a',
}));
const call = {
  formula: 'y ~ x + (1 | g)',
  data: rows,
  seed: 7,
  chains: 2,
  warmup: 300,
  draws: 300,
};

/** Pages have it; the types of Node do not. */
declare const Worker: new (url: string, options: { type: 'module' }) => WebWorker;

/** What scripts on the page see. */
interface Bundles {
  readonly weighbridge: typeof import('../../src/index.js');
  readonly workers: typeof import('../../src/workers/web-workers.js');
}
type Asked = typeof call;

describe.skipIf(!hasBrowser)(`a page in a browser${skipReason}`, () => {
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const name = (request.url ?? '/').slice(1);
      if (name === '') {
        response.setHeader('content-type', 'text/html').end('<!doctype html><title>fit</title>');
        return;
      }
      const code = await readFile(fileURLToPath(new URL(name, bundles))).catch(() => null);
      response.setHeader('content-type', 'text/javascript');
      response.writeHead(code ? 200 : 404).end(code ?? '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    // Imports within functions for the page would be rewritten by the test runner.
    await page.addScriptTag({
      type: 'module',
      content: `import * as weighbridge from '/weighbridge.js';
        import * as workers from '/web-workers.js';
        Object.assign(globalThis, { weighbridge, workers });`,
    });
    await page.waitForFunction(() => 'workers' in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  it('fits in web workers what the page fits by itself, and tells how far it is', async () => {
    const told = await page.evaluate(async (asked: Asked) => {
      const { weighbridge, workers } = globalThis as unknown as Bundles;
      const runner = workers.webWorkers({
        create: () => new Worker('/worker.js', { type: 'module' }),
        workers: 2,
      });
      const shares: number[] = [];
      const options = {
        ...asked,
        family: weighbridge.bernoulli(),
        prior: [weighbridge.normal(0, 1).on('b')],
      };
      const fit = await weighbridge.regression({
        ...options,
        runner,
        onProgress: ({ done, total }) => shares.push(done / total),
      });
      const byItself = await weighbridge.regression(options);
      return {
        draws: [...fit.draws.values],
        drawsByItself: [...byItself.draws.values],
        shares,
        summary: fit.parameters,
        printed: String(fit.summary()),
      };
    }, call);
    expect(told.draws).toEqual(told.drawsByItself);
    expect(told.shares.at(-1)).toBe(1);
    expect(told.shares).toEqual([...told.shares].sort((a, b) => a - b));

    const here = await regression({
      ...call,
      family: bernoulli(),
      prior: [normal(0, 1).on('b')],
    });
    expect(told.printed).toMatch(/Population-Level Effects:/);
    expect(told.summary.map(({ name }) => name)).toEqual(here.draws.parameterNames);
    // Nine parameters: false alarms 1 in 1,700, were the seeds not fixed.
    for (const [i, { mean, mcseMean }] of here.parameters.entries()) {
      const there = told.summary[i];
      const error = Math.hypot(mcseMean, there?.mcseMean ?? Number.NaN);
      expect(Math.abs((there?.mean ?? Number.NaN) - mean)).toBeLessThan(4 * error);
    }
  });

  it('leaves no worker behind where a fit is cancelled', async () => {
    const heard = page.waitForEvent('worker');
    const stopped = page.evaluate(async (asked: Asked) => {
      const { weighbridge, workers } = globalThis as unknown as Bundles;
      const controller = new AbortController();
      const runner = workers.webWorkers({
        create: () => new Worker('/worker.js', { type: 'module' }),
        workers: 2,
      });
      return weighbridge
        .regression({
          ...asked,
          draws: 100_000,
          family: weighbridge.bernoulli(),
          runner,
          signal: controller.signal,
          onProgress: () => controller.abort(),
        })
        .then(
          () => 'done',
          (error: { code?: string }) => error.code,
        );
    }, call);
    await heard;
    expect(await stopped).toBe('interrupted');
    // Workers that were told to end take a moment.
    await expect.poll(() => page.workers().length).toBe(0);
  });

  it('says what is wrong with a worker that cannot be loaded', async () => {
    const message = await page.evaluate(async (asked: Asked) => {
      const { weighbridge, workers } = globalThis as unknown as Bundles;
      const runner = workers.webWorkers({
        create: () => new Worker('/nothing.js', { type: 'module' }),
        workers: 1,
      });
      return weighbridge.regression({ ...asked, family: weighbridge.bernoulli(), runner }).then(
        () => 'done',
        (error: Error) => error.message,
      );
    }, call);
    expect(message).toContain('a worker could not be run');
  });

  it('stays alive on the page itself, and stops there on request', async () => {
    const outcome = await page.evaluate(async (asked: Asked) => {
      const { weighbridge } = globalThis as unknown as Bundles;
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      return weighbridge
        .regression({
          ...asked,
          draws: 100_000,
          family: weighbridge.bernoulli(),
          signal: controller.signal,
        })
        .then(
          () => 'done',
          (error: { code?: string }) => error.code,
        );
    }, call);
    expect(outcome).toBe('interrupted');
  });
});
