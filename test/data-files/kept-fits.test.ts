/** Fits that a runner keeps: saved fits that load with all that a fit has, and what cannot be kept. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { loadFit } from '../../src/data-files/fit-folders.js';
import { keepingRunner, keptFitFolder, requireKept } from '../../src/data-files/kept-fits.js';
import type { FitJob, FitResult } from '../../src/fit/job.js';
import { runHere } from '../../src/fit/run.js';
import { logisticSpecification } from '../../src/regression/columns.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { regression } from '../../src/regression/regression.js';
import { smallJobs, smallSettings } from '../support/small-jobs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { folder: root, remove } = await temporaryFolder();
afterAll(remove);

const predictors = { names: ['d1', 'd2'], rows: 30, values: new Float64Array(60) };
predictors.values.forEach((_, i, all) => {
  all[i] = Math.sin(7 * i);
});
const choices = Array.from({ length: 30 }, (_, i) => ((i * 5) % 7 > 3 ? 1 : 0));
const job: FitJob = {
  name: 'gpt-4o/instilled/choosing a house',
  specification: logisticSpecification(predictors, choices, { slopePrior: normal(0, 1) }),
  controlMeans: { scaledTo: 100 },
};
const settings = { chains: 2, warmup: 100, draws: 60, seed: 7, algorithm: 'nuts' } as const;

describe('a runner that keeps fits', () => {
  it('gives what it gave before, and saves each fit with its draws', async () => {
    const folder = join(root, 'kept');
    const jobs: FitJob[] = [
      job,
      { ...job, name: 'with draws', keepDraws: true },
      { ...job, name: 'for onFit', keepDraws: 'for-onFit', keepChains: true },
    ];
    const told: FitResult[] = [];
    const results = await keepingRunner(runHere, folder)(jobs, settings, {
      onFit: (result) => void told.push(result),
    });
    const plainly: FitResult[] = [];
    const whole = await runHere(jobs, settings, { onFit: (result) => void plainly.push(result) });
    expect(results).toEqual(whole);
    expect(told).toEqual(plainly);
    expect(readdirSync(folder).toSorted()).toEqual(
      ['gpt-4o%2Finstilled%2Fchoosing%20a%20house', 'with%20draws', 'for%20onFit'].toSorted(),
    );
    const loaded = await loadFit(keptFitFolder(folder, 'with draws'));
    expect(loaded.draws).toEqual(results[1]?.draws);
    expect(loaded.specification).toEqual(job.specification);
    expect(loaded.settings).toMatchObject(settings);
    expect(loaded.formula).toBe('outcome ~ d1 + d2');
    expect(loaded.parameter('b_d1').mean).toBe(results[1]?.parameters[1]?.mean);
  });

  it('saves the fit that a regression of the same data is', async () => {
    const folder = join(root, 'same');
    const columns = [0, 1].map((j) => choices.map((_, i) => predictors.values[2 * i + j] ?? 0));
    await keepingRunner(runHere, folder)([{ ...job, name: 'regression' }], settings);
    const saved = await loadFit(keptFitFolder(folder, 'regression'));
    const fit = await regression({
      ...{ formula: 'outcome ~ d1 + d2', family: 'bernoulli', prior: normal(0, 1).on('b') },
      data: { d1: columns[0] ?? [], d2: columns[1] ?? [], outcome: choices },
      ...settings,
    });
    expect(String(saved)).toBe(String(fit));
    expect((await saved.loo()).elpdLoo).toEqual((await fit.loo()).elpdLoo);
    expect(saved.predict()).toEqual(fit.predict());
  });

  it('replaces the fit of an earlier run', async () => {
    const folder = join(root, 'again');
    const run = keepingRunner(runHere, folder);
    for (const seed of [1, 2]) await run([job], { ...settings, seed });
    const { settings: used } = await loadFit(keptFitFolder(folder, job.name));
    expect(used.seed).toBe(2);
  });

  it('has a folder for every name, which different names do not share', () => {
    const text = fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' });
    const property = fc.property(text, text, (one, other) => {
      const folders = [one, other].map((name) => keptFitFolder('/kept', name));
      for (const path of folders) expect(path).toMatch(/^\/kept\/[\w!'()~.%-]{1,200}$/);
      expect(folders[0] === folders[1]).toBe(one === other);
    });
    fc.assert(property);
    expect(keptFitFolder('/kept', '..')).toBe('/kept/%2E%2E');
  });

  it('refuses a model that is no regression before it fits', async () => {
    const measured = { values: new Float64Array(3), errors: new Float64Array(3) };
    const specification: FitJob['specification'] = {
      model: 'correlation-with-error',
      x: { ...measured, scaling: { origin: 0, unit: 1 } },
      y: { ...measured, scaling: { origin: 0, unit: 1 } },
      errorCorrelations: new Float64Array(3),
      rhoPrior: 1,
    };
    const none = () => Promise.reject(new Error('no fit is to be made'));
    const run = keepingRunner(none, join(root, 'joint'));
    await expect(run([{ name: 'joint', specification }], settings)).rejects.toThrow(
      'joint is no regression by formula',
    );
  });

  it('ends with one line if a fit cannot be written', async () => {
    const folder = join(root, 'taken');
    mkdirSync(join(folder, 'fit%203'), { recursive: true });
    writeFileSync(join(folder, 'fit%203', 'notes.txt'), 'mine');
    const run = keepingRunner(runHere, folder)([...smallJobs(12)], smallSettings);
    await expect(run).rejects.toThrow(/cannot write a saved fit to .*fit%203: it holds notes\.txt/);
    expect(readdirSync(join(folder, 'fit%203'))).toEqual(['notes.txt']);
  });

  it('names a fit that is missing', async () => {
    const folder = join(root, 'missing');
    await keepingRunner(runHere, folder)([...smallJobs(3)], smallSettings);
    const names = ['fit 0', 'fit 1', 'fit 2'];
    requireKept(folder, names);
    rmSync(join(keptFitFolder(folder, 'fit 1'), 'draws.f64'));
    expect(() => requireKept(folder, names)).toThrow(
      `${keptFitFolder(folder, 'fit 1')} is missing: expected the fits that --keep-draws`,
    );
    rmSync(keptFitFolder(folder, 'fit 2'), { recursive: true });
    expect(() => requireKept(folder, names)).toThrow('fit%201 is missing, and 1 more: expected');
  });
});
