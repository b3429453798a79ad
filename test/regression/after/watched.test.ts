/** Methods of a fit with progress and a signal: what they report, and that their results stay the same. */
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../../src/errors.js';
import { type RegressionFit, withMethods } from '../../../src/regression/regression-fit.js';
import { bernoulliFit, gaussianFit } from './brms-fits.js';

const fit: RegressionFit = withMethods(gaussianFit, async () => fit);
const binary: RegressionFit = withMethods(bernoulliFit, async () => binary);

const methods = [
  'fitted',
  'linpred',
  'predict',
  'posteriorLinpred',
  'posteriorEpred',
  'posteriorPredict',
  'waic',
] as const;

describe.each(methods)('%s with something to watch', (method) => {
  it('is a promise of what it returns at once, and tells the rows that are done', async () => {
    for (const one of [fit, binary]) {
      const rows = one.specification.data.rows;
      const reports: { readonly done: number; readonly total: number }[] = [];
      const promised = one[method]({ onProgress: (progress) => reports.push(progress) });
      expect(promised).toBeInstanceOf(Promise);
      const result = await promised;
      expect(JSON.stringify(result)).toBe(JSON.stringify(one[method]()));
      expect(String(result)).toBe(String(one[method]()));
      expect(reports.at(-1)).toEqual({ done: rows, total: rows });
      const done = reports.map((report) => report.done);
      expect(done).toEqual([...done].sort((a, b) => a - b));
    }
  });

  it('is stopped by its signal', async () => {
    const stopped = fit[method]({ signal: AbortSignal.abort('enough') });
    await expect(stopped).rejects.toBeInstanceOf(WeighbridgeError);
    await expect(stopped).rejects.toMatchObject({ code: 'interrupted', cause: 'enough' });
  });

  it('returns at once without onProgress and signal', () => {
    expect(fit[method]()).not.toBeInstanceOf(Promise);
    expect(fit[method]({ signal: undefined })).not.toBeInstanceOf(Promise);
  });
});

it('a long prediction is stopped on its way', async () => {
  const rows = 60_000;
  const data = {
    x: Float64Array.from({ length: rows }, (_, i) => i / rows),
    f: Array<string>(rows).fill('b'),
    late: Array<boolean>(rows).fill(true),
    g: Array<string>(rows).fill('g1'),
  };
  const stop = new AbortController();
  let told = 0;
  const promised = fit.predict({
    data,
    signal: stop.signal,
    onProgress: ({ done }) => {
      told = done;
      stop.abort();
    },
  });
  await expect(promised).rejects.toMatchObject({ code: 'interrupted' });
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThan(rows);
});
