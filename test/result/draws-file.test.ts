import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlannedFit } from '../../src/analysis/learned-weights.js';
import { type FitResult, runJob } from '../../src/fit/job.js';
import { linearSpecification, logisticSpecification } from '../../src/regression/columns.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { openDrawsFile } from '../../src/result/draws-file.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const settings = completeSettings({ chains: 2, warmup: 50, draws: 10, seed: 4 });

/** Fits of one to three predictors, of both families. */
const round: PlannedFit[] = [1, 2, 3, 1].map((count, index) => {
  const rows = 8;
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  const values = Float64Array.from({ length: rows * count }, (_, i) => Math.sin(i * (index + 1)));
  const predictors = { names, rows, values };
  const specification =
    index % 2 === 0
      ? logisticSpecification(
          predictors,
          Uint8Array.from({ length: rows }, (_, i) => i % 2),
          {
            slopePrior: normal(0, 1),
          },
        )
      : linearSpecification(
          predictors,
          Float64Array.from({ length: rows }, (_, i) => Math.cos(i)),
        );
  return {
    job: { name: `fit ${index}`, specification, keepDraws: true },
    subject: { kind: index % 2 === 0 ? 'weights' : 'correlation', setting: 'native' },
  };
});
const results = round.map(({ job }) => runJob(job, settings));

/** The bytes of the file where fits are done in this order. */
async function written(order: readonly FitResult[]): Promise<Buffer> {
  const { folder, remove } = await temporaryFolder();
  const file = openDrawsFile(folder, settings);
  const done = file.observe(round);
  for (const result of order) done(result);
  expect(file.fits().map(({ name }) => name)).toEqual(round.map(({ job }) => job.name));
  file.keep();
  const bytes = await readFile(join(folder, 'draws.f64'));
  await remove();
  return bytes;
}

describe('the file of draws', () => {
  test('is the same in whatever order fits are done', async () => {
    const expected = await written(results);
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(results, { minLength: results.length }),
        async (order) => {
          expect((await written(order)).equals(expected)).toBe(true);
        },
      ),
      { numRuns: 10 },
    );
  });

  test('holds the draws of one fit after another, little-endian', async () => {
    const bytes = await written(results);
    const expected = results.flatMap(({ draws }) => [...(draws?.values ?? [])]);
    expect(Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i))).toEqual(
      expected,
    );
  });

  test('is read back fit by fit, also while others are missing', async () => {
    const { folder, remove } = await temporaryFolder();
    const file = openDrawsFile(folder, settings);
    const done = file.observe(round);
    done(results[2]);
    expect(file.read('weights', 'fit 2')).toEqual(results[2].draws);
    expect(() => file.read('correlation', 'fit 1')).toThrow('no fit of correlation named fit 1');
    expect(() => file.fits()).toThrow('a planned fit is missing');
    file.discard();
    await expect(readFile(join(folder, 'draws.f64.partial'))).rejects.toThrow('ENOENT');
    await remove();
  });

  test('is removed where it could not be given its name', async () => {
    const { folder, remove } = await temporaryFolder();
    const file = openDrawsFile(folder, settings);
    await mkdir(join(folder, 'draws.f64'));
    expect(() => file.keep()).toThrow(/cannot write .*draws\.f64/);
    file.discard();
    expect(await readdir(folder)).toEqual(['draws.f64']);
    await remove();
  });

  test('refuses a fit that was not planned and one without draws', async () => {
    const { folder, remove } = await temporaryFolder();
    const file = openDrawsFile(folder, settings);
    const done = file.observe(round.slice(1));
    expect(() => done(results[0])).toThrow('no fit named fit 0 was planned');
    const { draws: _, ...without } = results[1];
    expect(() => done(without)).toThrow('the draws of fit 1 were not kept');
    file.discard();
    await remove();
  });
});
