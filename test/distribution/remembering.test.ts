import { describe, expect, test } from 'vitest';
import { rememberingRunner } from '../../src/distribution/remembering.js';
import type { FitJob, FitResult, FitRunner } from '../../src/fit/job.js';
import { runHere } from '../../src/fit/run.js';
import { linearSpecification } from '../../src/regression/columns.js';
import { completeSettings } from '../../src/sampler/settings.js';

const settings = completeSettings({ chains: 2, warmup: 100, draws: 50, seed: 3 });

function job(name: string, last: number): FitJob {
  const predictors = { names: ['x'], rows: 5, values: Float64Array.of(1, 2, 3, 4, last) };
  return { name, specification: linearSpecification(predictors, [2, 4, 5, 8, 11]) };
}

function counting(): { run: FitRunner; fitted: string[] } {
  const fitted: string[] = [];
  return {
    fitted,
    run: (jobs, using, options) => {
      fitted.push(...jobs.map(({ name }) => name));
      return runHere(jobs, using, options);
    },
  };
}

describe('a runner that remembers', () => {
  test('fits each job once and gives what a plain runner gives, in the order asked', async () => {
    const { run, fitted } = counting();
    const remembering = rememberingRunner(run);
    const jobs = [job('a', 5), job('b', 6), job('c', 7)];
    const plain = await runHere(jobs, settings);
    await remembering(jobs.slice(0, 2), settings);
    expect(await remembering(jobs.toReversed(), settings)).toEqual(plain.toReversed());
    expect(fitted).toEqual(['a', 'b', 'c']);
  });

  test('takes nothing for the same that differs in name, in one number or in the settings', async () => {
    const { run, fitted } = counting();
    const remembering = rememberingRunner(run);
    await remembering([job('a', 5)], settings);
    await remembering([job('a', 5.000000000000001), job('b', 5)], settings);
    await remembering([job('a', 5)], { ...settings, seed: '4' });
    expect(fitted).toEqual(['a', 'a', 'b', 'a']);
  });

  test('tells of every fit, remembered or not', async () => {
    const remembering = rememberingRunner(runHere);
    let told = 0;
    const onFit = () => void told++;
    await remembering([job('a', 5)], settings, { onFit });
    await remembering([job('a', 5), job('b', 5)], settings, { onFit });
    expect(told).toBe(3);
  });

  test('shows draws anew and keeps none of them', async () => {
    const { run, fitted } = counting();
    const remembering = rememberingRunner(run);
    const shown: number[] = [];
    const show = { ...job('a', 5), keepDraws: 'for-onFit' } as const;
    const onFit = ({ draws }: FitResult) => void shown.push(draws?.values.length ?? 0);
    const [first] = await remembering([show], settings, { onFit });
    const [second] = await remembering([show], settings, { onFit });
    expect(shown).toEqual([300, 300]);
    expect(fitted).toEqual(['a', 'a']);
    expect(first).not.toHaveProperty('draws');
    // Whoever needs no draws gets what is known, and whoever keeps them gets a fit of his own.
    expect(await remembering([job('a', 5)], settings)).toEqual([second]);
    const [kept] = await remembering([{ ...job('a', 5), keepDraws: true }], settings);
    expect(kept.draws?.values).toHaveLength(300);
    expect(fitted).toEqual(['a', 'a', 'a']);
  });
});
