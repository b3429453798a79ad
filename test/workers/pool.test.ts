/**
 * Fits on worker threads, from the built package by its own name: a worker loads built files, as
 * it does for those who install the package.
 */
import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { normal, WeighbridgeError } from 'weighbridge';
import { type WorkerPool, workerPool } from 'weighbridge/node';
import type { FitJob, FitResult, RegressionJob } from 'weighbridge/paper';
import { defaultSettings, randomStream } from 'weighbridge/sampler';
import { linearSpecification, logisticSpecification } from '../../src/regression/columns.js';
import { release } from '../../src/workers/pool.js';

const settings = { ...defaultSettings, chains: 3, warmup: 80, draws: 40, seed: 7 };

/** A regression of 30 rows on two predictors, by its name. */
function job(name: string, family: 'bernoulli' | 'gaussian', keepDraws = false): RegressionJob {
  const random = randomStream(1, 'worker pool', name);
  const rows = 30;
  const values = Float64Array.from({ length: 2 * rows }, () => 2 * random.uniform() - 1);
  const predictors = { names: ['x1', 'x2'], rows, values };
  const outcome = Float64Array.from(
    { length: rows },
    (_, i) => values[2 * i] - 0.5 * values[2 * i + 1] + random.uniform() - 0.5,
  );
  const specification =
    family === 'gaussian'
      ? linearSpecification(predictors, outcome)
      : logisticSpecification(
          predictors,
          outcome.map((value) => (value > 0 ? 1 : 0)),
          { slopePrior: normal(0, 1) },
        );
  return { name, specification, keepDraws };
}

/** The second predictor is twice the first: flat slopes have no proper posterior. */
function collinear(name = 'collinear'): RegressionJob {
  const rows = 10;
  const values = Float64Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? i : 2 * (i - 1)));
  const outcome = Float64Array.from({ length: rows }, (_, i) => Math.sin(i));
  const predictors = { names: ['x1', 'x2'], rows, values };
  return { name, specification: linearSpecification(predictors, outcome) };
}

function withGap(): RegressionJob {
  const whole = job('gap', 'gaussian');
  const { predictors, outcomes } = whole.specification.data;
  const values = Float64Array.from(predictors.values);
  values[5] = Number.NaN;
  const specification = linearSpecification({ ...predictors, values }, outcomes);
  return { name: 'gap', specification };
}

const many = Array.from({ length: 19 }, (_, i) =>
  job(`fit ${i}`, i % 3 === 0 ? 'gaussian' : 'bernoulli', i % 4 === 0),
);
const single = [job('alone', 'bernoulli', true)];

// One fit of these is small, and would be sampled on this thread.
const ownPool = (workers: number) => workerPool(workers, { smallFits: 'workers' });

/** Pools that live as long as the tests, by their number of workers: threads take a second to load. */
const open = new Map<number, WorkerPool>();
function pool(workers: number): WorkerPool {
  const opened = open.get(workers) ?? ownPool(workers);
  open.set(workers, opened);
  return opened;
}
afterAll(async () => {
  for (const opened of open.values()) await opened.close();
});

async function failure(running: Promise<unknown>): Promise<WeighbridgeError> {
  const error: unknown = await running.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WeighbridgeError);
  return error as WeighbridgeError;
}

/** Bits, not values: a comparison of numbers would let −0 pass for 0 and rounding for equality. */
function bits(results: readonly FitResult[]): string {
  return JSON.stringify(results, (_key, value: unknown) => {
    if (typeof value === 'number')
      return Buffer.from(Float64Array.of(value).buffer).toString('hex');
    if (!(value instanceof Float64Array)) return value;
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex');
  });
}

describe('fits on workers', () => {
  it('are the same, bit for bit, for any number of workers, in the order of the jobs', async () => {
    const alone = await pool(1).runner(many, settings);
    expect(alone.map(({ name }) => name)).toEqual(many.map(({ name }) => name));
    for (const workers of [2, 3]) {
      expect(bits(await pool(workers).runner(many, settings))).toBe(bits(alone));
    }
  });

  it('are the same, bit for bit, where fewer fits than workers go out chain by chain', async () => {
    const alone = await pool(1).runner(single, settings);
    expect(alone[0].draws?.chains).toBe(3);
    for (const workers of [2, 3, 4]) {
      expect(bits(await pool(workers).runner(single, settings))).toBe(bits(alone));
    }
  });

  it('are others from another seed', async () => {
    const { runner } = pool(2);
    const other = await runner(single, { ...settings, seed: 8 });
    expect(bits(other)).not.toBe(bits(await runner(single, settings)));
  });

  it('bring their draws only where these were asked for', async () => {
    const results = await pool(2).runner(many, settings);
    expect(results.map(({ draws }) => draws !== undefined)).toEqual(
      many.map(({ keepDraws }) => keepDraws),
    );
  });

  it('are none where there are no jobs', async () => {
    for (const workers of [1, 2]) expect(await pool(workers).runner([], settings)).toEqual([]);
  });

  it.each([1, 2, 3])('are told one by one with %i workers', async (workers) => {
    const { runner } = pool(workers);
    for (const jobs of [many, single]) {
      let told = 0;
      await runner(jobs, settings, {
        onFit: () => {
          told++;
        },
      });
      expect(told).toBe(jobs.length);
    }
  });
});

describe('draws to show', () => {
  const toShow = (jobs: readonly FitJob[]) =>
    jobs.map((one) => ({ ...one, keepDraws: 'for-onFit' }) as const);

  it.each([1, 2, 3])('are seen whole, and then gone: %i workers', async (workers) => {
    for (const jobs of [many, single]) {
      const kept = await pool(1).runner(
        jobs.map((one) => ({ ...one, keepDraws: true })),
        settings,
      );
      const seen = new Map<string, Float64Array>();
      const results = await pool(workers).runner(toShow(jobs), settings, {
        onFit: ({ name, draws }) => {
          seen.set(name, draws?.values.slice() ?? new Float64Array());
        },
      });
      expect(results.every(({ draws }) => draws === undefined)).toBe(true);
      for (const { name, draws } of kept) expect(seen.get(name)).toEqual(draws?.values);
    }
  });

  it('end the run where whoever sees them fails', async () => {
    const { runner } = pool(2);
    const stopping = runner(toShow(many), settings, {
      onFit: () => {
        throw new WeighbridgeError('disk-full', 'the disk is full');
      },
    });
    expect((await failure(stopping)).code).toBe('disk-full');
  });
});

describe('an error in a worker', () => {
  it.each([
    [1, 'on this thread', [collinear()]],
    [2, 'chain by chain', [collinear()]],
    [2, 'in batches', [...many.slice(0, 3), collinear(), ...many.slice(3, 6)]],
  ])('arrives with its class, code and message: %i workers, %s', async (workers, _how, jobs) => {
    const error = await failure(pool(workers).runner(jobs, settings));
    expect(error.code).toBe('improper-posterior');
    expect(error.message).toBe(
      'collinear: x2: constant, or a linear combination of other predictors, so that the slope is not identified under a flat prior: leave the column out or give it a prior',
    );
  });

  it.each([1, 2])('may be of another code: %i workers', async (workers) => {
    const error = await failure(pool(workers).runner([withGap()], settings));
    expect(error.code).toBe('bad-data');
    expect(error.message).toBe('gap: row 3: x2 is NaN, expected a finite number');
  });

  it('leaves the pool at work', async () => {
    const { runner } = pool(2);
    await failure(runner([collinear(), collinear('again')], settings));
    expect(await runner(single, settings)).toHaveLength(1);
  });
});

describe('a job that is none', () => {
  const broken = (changes: Record<string, unknown>): unknown => {
    const sound = job('broken', 'gaussian');
    return { ...sound, specification: { ...sound.specification, ...changes } };
  };
  const brokenData = (changes: Record<string, unknown>): unknown =>
    broken({ data: { ...job('broken', 'gaussian').specification.data, ...changes } });
  const brokenPriors = (changes: Record<string, unknown>): unknown =>
    broken({ priors: { ...job('broken', 'gaussian').specification.priors, ...changes } });
  const slopes = (sd: number) => Array(2).fill({ distribution: 'normal', mean: 0, sd });
  const jobs: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['null', null, 'bad-argument', /^job 1 is null, expected a record/],
    ['no specification', { name: 'a' }, 'bad-argument', /^job 1 is incomplete/],
    ['a family', broken({ family: 'wiener' }), 'bad-argument', /family is wiener of brms/],
    ['a family by a name of objects', broken({ family: '__proto__' }), 'bad-argument', /family is/],
    [
      'null outcomes',
      brokenData({ outcomes: null }),
      'bad-data',
      /the outcome is null, expected an ar/,
    ],
    [
      'texts',
      brokenData({ outcomes: Array(30).fill('1') }),
      'bad-data',
      /row 1: the outcome is the t/,
    ],
    [
      'NaN',
      brokenData({ outcomes: Array(30).fill(Number.NaN) }),
      'bad-data',
      /row 1: the outcome is Na/,
    ],
    [
      'a gap',
      brokenData({ outcomes: Array(30).fill(undefined) }),
      'bad-data',
      /the outcome is undefined/,
    ],
    [
      '1e308',
      brokenData({ outcomes: Array(30).fill(1e308) }),
      'bad-data',
      /row 1: .* out of range/,
    ],
    [
      'constant outcomes',
      brokenData({ outcomes: Array(30).fill(5) }),
      'improper-posterior',
      /are 5/,
    ],
    ['few rows', brokenData({ outcomes: [1, 2] }), 'bad-data', /has 2 rows, the predictors 30/],
    ['no predictors', brokenData({ predictors: null }), 'bad-argument', /predictors are null/],
    ['no prior', brokenPriors({ auxiliary: [undefined] }), 'bad-argument', /sigma is undefined/],
    ['no priors', brokenPriors({ auxiliary: [] }), 'bad-argument', /auxiliary: found 0/],
    ['no specification of priors', broken({ priors: null }), 'bad-argument', /incomplete/],
    ['an sd of 0', brokenPriors({ coefficients: slopes(0) }), 'bad-argument', /sd is 0, expected/],
    [
      'an sd of NaN',
      brokenPriors({ coefficients: slopes(Number.NaN) }),
      'bad-argument',
      /sd is NaN/,
    ],
  ];

  // What callers without a compiler hand over.
  const run = (pool: WorkerPool, given: unknown) =>
    Reflect.apply(pool.runner, null, [given, settings]);

  it.each([1, 2])(
    'is refused by what is wrong with it, and the next is done: %i workers',
    async (workers) => {
      const own = pool(workers);
      for (const [name, one, code, message] of jobs) {
        const error = await failure(run(own, [one]));
        expect(error.code, name).toBe(code);
        expect(error.message, name).toMatch(message);
      }
      expect((await failure(run(own, null))).code).toBe('bad-argument');
      expect(await own.runner(single, settings)).toHaveLength(1);
    },
  );

  it('is refused before it is sent where it cannot be sent', async () => {
    const own = pool(2);
    const error = await failure(run(own, Array(9).fill(broken({ more: () => 1 }))));
    expect(error.code).toBe('bad-argument');
    expect(error.message).toMatch(
      /^broken: cannot be sent to a worker thread, expected plain data/,
    );
    expect(await own.runner(single, settings)).toHaveLength(1);
  });
});

describe('a pool', () => {
  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'cannot have %d workers',
    (workers) => {
      const opening = () => workerPool(workers);
      expect(opening).toThrow(WeighbridgeError);
      expect(opening).toThrow(
        expect.objectContaining({
          code: 'bad-argument',
          message: `workers is ${workers}, but must be a whole number of at least 1`,
        }),
      );
    },
  );

  it.runIf(process.platform === 'linux')('ends its threads when it is closed', async () => {
    const threads = () => readdirSync('/proc/self/task').length;
    const { runner, close } = ownPool(3);
    await runner(single, settings);
    const before = threads();
    await close();
    expect(threads()).toBeLessThanOrEqual(before - 3);
  });

  it('of one worker is this thread, and closes too', async () => {
    const { runner, close } = ownPool(1);
    const promised = runner(single, settings);
    await close();
    expect(await promised).toHaveLength(1);
  });
});

it('a released buffer is empty, and so are its views; a shared one stays', () => {
  const numbers = Float64Array.of(1, 2, 3);
  const view = numbers.subarray(1);
  release(numbers.buffer);
  expect([numbers.length, view.length, numbers.buffer.byteLength]).toEqual([0, 0, 0]);
  const shared = new SharedArrayBuffer(8);
  release(shared);
  expect(shared.byteLength).toBe(8);
});
