import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compressed,
  decodeOutcome,
  encodeJobs,
  encodeOutcome,
  type FitOutcome,
  openJobs,
} from '../../src/distribution/codec.js';
import { bytesOf } from '../../src/distribution/plain-bytes.js';
import { WeighbridgeError } from '../../src/errors.js';
import { type FitJob, type FitResult, runJob } from '../../src/fit/job.js';
import { linearSpecification } from '../../src/regression/columns.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { outcomeOf } from '../../src/workers/protocol.js';

const settings = completeSettings({ chains: 2, warmup: 50, draws: 20, seed: 3 });

function job(values: readonly number[], more: Partial<FitJob> = {}): FitJob {
  const rows = values.length;
  const predictors = { names: ['x'], rows, values: Float64Array.from(values, (_, i) => i * i) };
  return { name: 'a', specification: linearSpecification(predictors, values), ...more };
}

const anyNumber = fc.double();
const everything: Partial<FitJob> = {
  keepDraws: true,
  keepChains: true,
  keepGradients: true,
  controlMeans: true,
};

/** Jest's equality takes all NaN for one, and the codec keeps their bits. */
function bits(values: Float64Array): BigUint64Array {
  return new BigUint64Array(Float64Array.from(values).buffer);
}

describe('jobs as bytes', () => {
  test('are read back bit for bit, whatever their numbers', () => {
    fc.assert(
      fc.property(
        fc.array(anyNumber, { minLength: 1, maxLength: 50 }),
        fc.string({ unit: 'binary' }),
        fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true })),
        (values, name, seed) => {
          const made = job([1, 2, 4]);
          if (!('data' in made.specification)) throw new Error('no regression');
          const { specification } = made;
          const data = { ...specification.data, outcomes: Float64Array.from(values) };
          const batch = {
            settings: { ...settings, seed },
            jobs: [{ ...made, name, specification: { ...specification, data } }],
          };
          const read = openJobs(encodeJobs(batch)).read();
          expect(read).toStrictEqual(batch);
          const [back] = read.jobs;
          if (!back || !('data' in back.specification)) throw new Error('no regression');
          expect(bits(back.specification.data.outcomes)).toEqual(bits(data.outcomes));
        },
      ),
    );
  });

  test('are read with all that a job may ask for', () => {
    const jobs = [
      job([1, 2, 4], everything),
      job([1, 2, 4], { keepDraws: 'for-onFit', controlMeans: { scaledTo: 100 } }),
      job([1, 2, 4], { nameInErrors: false }),
    ];
    expect(openJobs(encodeJobs({ settings, jobs })).read()).toStrictEqual({ settings, jobs });
  });

  test('with a part that no job has are refused', () => {
    const odd = { ...job([1, 2, 4]), run: 'rm' };
    expect(() => openJobs(encodeJobs({ settings, jobs: [odd] })).read()).toThrow(
      /a batch of fits cannot be read: jobs.0: .*run/,
    );
    const foreign = compressed(bytesOf({ settings, jobs: [{ name: 'a', specification: {} }] }));
    expect(() => openJobs(foreign).read()).toThrow('a batch of fits cannot be read: jobs.0');
  });
});

describe('outcomes as bytes', () => {
  const fit = runJob(job([2, 4, 5, 8, 11, 10, 15], everything), settings);

  test('are read back bit for bit, with all that a fit may keep', () => {
    const outcome: FitOutcome = { kind: 'done', value: fit };
    expect(fit.draws?.values.length).toBeGreaterThan(100);
    expect(fit.gradients?.values.length).toBeGreaterThan(100);
    expect(decodeOutcome(encodeOutcome(outcome))).toStrictEqual(outcome);
  });

  test('are read back whatever the numbers of a summary are', () => {
    fc.assert(
      fc.property(anyNumber, anyNumber, fc.array(fc.string()), (mean, essBulk, warnings) => {
        const { name, algorithm, diagnostics } = fit;
        const parameters = fit.parameters.map((one) => ({ ...one, mean, essBulk }));
        const value: FitResult = { name, algorithm, diagnostics, parameters, warnings };
        const read = decodeOutcome(encodeOutcome({ kind: 'done', value }));
        expect(read).toStrictEqual({ kind: 'done', value });
      }),
    );
  });

  test('of failures keep the message, the code and the details', () => {
    const failed = outcomeOf((): FitResult => {
      throw new WeighbridgeError('bad-data', 'row 3: NaN', { details: { row: 3, found: NaN } });
    });
    expect(decodeOutcome(encodeOutcome(failed))).toStrictEqual(failed);
  });

  const { draws: _draws, chains: _chains, gradients: _gradients, ...summary } = fit;

  test.each<[string, FitResult]>([
    ['small', summary],
    ['large', fit],
  ])('that are %s and damaged are refused in one line', (_, value) => {
    const whole = encodeOutcome({ kind: 'done', value });
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Uint8Array.from(whole, (byte, i) => (i === at ? byte ^ change : byte));
        expect(() => decodeOutcome(changed)).toThrow(/^a result cannot be read: .+$/);
        expect(() => decodeOutcome(whole.subarray(0, at))).toThrow(/^a result cannot be read: .+$/);
      }),
    );
  });

  test('that are too large are refused before they fill the memory', () => {
    const bomb = compressed(Buffer.alloc(1_000_000));
    expect(() => decodeOutcome(bomb, 100_000)).toThrow(
      'a result cannot be read: it is larger than 100000 bytes',
    );
  });

  test('that are nested without end are refused', () => {
    const text = Buffer.from(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(text.length);
    expect(() => decodeOutcome(compressed(Buffer.concat([head, text])))).toThrow(
      /^a result cannot be read: .+$/,
    );
  });
});
