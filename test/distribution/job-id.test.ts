import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jobId } from '../../src/distribution/job-id.js';
import type { FitJob } from '../../src/fit/job.js';
import { linearSpecification } from '../../src/regression/columns.js';
import { completeSettings } from '../../src/sampler/settings.js';

const settings = completeSettings({ chains: 2, warmup: 100, draws: 50, seed: 3 });

function job(name = 'a', last = 5): FitJob {
  const predictors = { names: ['x'], rows: 5, values: Float64Array.of(1, 2, 3, 4, last) };
  return { name, specification: linearSpecification(predictors, [2, 4, 5, 8, 11]) };
}

/** The same record with its keys the other way round, at all depths. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  const entries = Object.entries(value).map(([key, held]) => [key, turned(held)] as const);
  return Object.fromEntries(entries.toReversed());
}

describe('the id of a job', () => {
  test('is the same on every machine', () => {
    const known = '61416fbc9e0c6a6fede1e4591c9468e74ec9275783756f428f9382888641c4e3';
    expect(jobId(job(), settings, '1.2.3')).toBe(known);
  });

  test('does not depend on the order of keys, nor on keys without a value', () => {
    const other = turned({ ...job(), keepChains: undefined }) as FitJob;
    expect(jobId(other, turned(settings) as typeof settings)).toBe(jobId(job(), settings));
  });

  test('differs if any number differs by one bit', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true }),
        fc.double({ noNaN: true }),
        fc.nat(4),
        (one, other, i) => {
          const withValue = (value: number): FitJob => {
            const made = job();
            if ('data' in made.specification) made.specification.data.outcomes[i] = value;
            return made;
          };
          const same = jobId(withValue(one), settings) === jobId(withValue(other), settings);
          expect(same).toBe(Object.is(one, other));
        },
      ),
    );
  });

  test.each<[string, () => string]>([
    ['name', () => jobId(job('b'), settings)],
    ['seed', () => jobId(job(), { ...settings, seed: '3' })],
    ['settings', () => jobId(job(), { ...settings, draws: 51 })],
    ['draws', () => jobId({ ...job(), keepDraws: true }, settings)],
    ['chains', () => jobId({ ...job(), keepChains: true }, settings)],
    ['gradients', () => jobId({ ...job(), keepGradients: true }, settings)],
    ['means', () => jobId({ ...job(), controlMeans: true }, settings)],
    ['scaled means', () => jobId({ ...job(), controlMeans: { scaledTo: 100 } }, settings)],
    ['version', () => jobId(job(), settings, '0.0.1')],
  ])('differs with the %s', (_, other) => {
    expect(other()).not.toBe(jobId(job(), settings));
  });

  test('is the same for draws that are only shown, and with or without the name in errors', () => {
    const kept = jobId({ ...job(), keepDraws: true }, settings);
    expect(jobId({ ...job(), keepDraws: 'for-onFit' }, settings)).toBe(kept);
    expect(jobId({ ...job(), nameInErrors: false }, settings)).toBe(jobId(job(), settings));
  });

  test('takes plain data only', () => {
    const bad = { ...job(), specification: { ...job().specification, extra: () => 1 } };
    expect(() => jobId(bad, settings)).toThrow('specification.extra is a function');
  });
});
