/**
 * Fits on worker threads, from the built package by its own name: a worker loads built files, as
 * it does for those who install the package.
 */
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  defaultSettings,
  type FitJob,
  type FitResult,
  linearSpecification,
  logisticSpecification,
  randomStream,
  WeighbridgeError,
} from 'weighbridge';
import { type WorkerPool, workerPool } from 'weighbridge/node';

const settings = { ...defaultSettings, chains: 3, warmup: 80, draws: 40, seed: 7 };

/** A regression of 30 rows on two predictors, by its name. */
function job(name: string, family: 'bernoulli' | 'gaussian', keepDraws = false): FitJob {
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
          { slopePrior: { mean: 0, sd: 1 } },
        );
  return { name, specification, keepDraws };
}

/** The second predictor is twice the first: flat slopes have no proper posterior. */
function collinear(name = 'collinear'): FitJob {
  const rows = 10;
  const values = Float64Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? i : 2 * (i - 1)));
  const outcome = Float64Array.from({ length: rows }, (_, i) => Math.sin(i));
  const predictors = { names: ['x1', 'x2'], rows, values };
  return { name, specification: linearSpecification(predictors, outcome) };
}

function withGap(): FitJob {
  const whole = job('gap', 'gaussian');
  const { predictors, outcomes } = whole.specification;
  const values = Float64Array.from(predictors.values);
  values[5] = Number.NaN;
  const specification = linearSpecification({ ...predictors, values }, outcomes);
  return { name: 'gap', specification };
}

const many = Array.from({ length: 19 }, (_, i) =>
  job(`fit ${i}`, i % 3 === 0 ? 'gaussian' : 'bernoulli', i % 4 === 0),
);
const single = [job('alone', 'bernoulli', true)];

const open: WorkerPool[] = [];
function pool(workers: number): WorkerPool {
  const opened = workerPool(workers);
  open.push(opened);
  return opened;
}
afterEach(async () => {
  for (const opened of open.splice(0)) await opened.close();
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
    const alone = await pool(1).run(many, settings);
    expect(alone.map(({ name }) => name)).toEqual(many.map(({ name }) => name));
    for (const workers of [2, 3]) {
      expect(bits(await pool(workers).run(many, settings))).toBe(bits(alone));
    }
  });

  it('are the same, bit for bit, where fewer fits than workers go out chain by chain', async () => {
    const alone = await pool(1).run(single, settings);
    expect(alone[0].draws?.chains).toBe(3);
    for (const workers of [2, 3, 4]) {
      expect(bits(await pool(workers).run(single, settings))).toBe(bits(alone));
    }
  });

  it('are others from another seed', async () => {
    const { run } = pool(2);
    const other = await run(single, { ...settings, seed: 8 });
    expect(bits(other)).not.toBe(bits(await run(single, settings)));
  });

  it('bring their draws only where these were asked for', async () => {
    const results = await pool(2).run(many, settings);
    expect(results.map(({ draws }) => draws !== undefined)).toEqual(
      many.map(({ keepDraws }) => keepDraws),
    );
  });

  it('are none where there are no jobs', async () => {
    for (const workers of [1, 2]) expect(await pool(workers).run([], settings)).toEqual([]);
  });

  it.each([1, 2, 3])('are told one by one with %i workers', async (workers) => {
    const { run } = pool(workers);
    for (const jobs of [many, single]) {
      let told = 0;
      await run(jobs, settings, () => {
        told++;
      });
      expect(told).toBe(jobs.length);
    }
  });
});

describe('draws to show', () => {
  const toShow = (jobs: readonly FitJob[]) =>
    jobs.map((one) => ({ ...one, keepDraws: 'to-show' }) as const);

  it.each([1, 2, 3])('are seen whole, and then gone: %i workers', async (workers) => {
    for (const jobs of [many, single]) {
      const kept = await pool(1).run(
        jobs.map((one) => ({ ...one, keepDraws: true })),
        settings,
      );
      const seen = new Map<string, Float64Array>();
      const results = await pool(workers).run(toShow(jobs), settings, ({ name, draws }) => {
        seen.set(name, draws?.values.slice() ?? new Float64Array());
      });
      expect(results.every(({ draws }) => draws === undefined)).toBe(true);
      for (const { name, draws } of kept) expect(seen.get(name)).toEqual(draws?.values);
    }
  });

  it('end the run where whoever sees them fails', async () => {
    const { run } = pool(2);
    const stopping = run(toShow(many), settings, () => {
      throw new WeighbridgeError('disk-full', 'the disk is full');
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
    const error = await failure(pool(workers).run(jobs, settings));
    expect(error.code).toBe('improper-posterior');
    expect(error.message).toBe(
      'collinear: the predictors x1, x2 are constant or linearly dependent: their slopes cannot be told apart',
    );
  });

  it.each([1, 2])('may be of another code: %i workers', async (workers) => {
    const error = await failure(pool(workers).run([withGap()], settings));
    expect(error.code).toBe('bad-data');
    expect(error.message).toBe('gap: row 3: x2 is NaN, expected a finite number');
  });

  it('leaves the pool at work', async () => {
    const { run } = pool(2);
    await failure(run([collinear(), collinear('again')], settings));
    expect(await run(single, settings)).toHaveLength(1);
  });
});

describe('a job that is none', () => {
  const broken = (changes: Record<string, unknown>): unknown => {
    const sound = job('broken', 'gaussian');
    return { ...sound, specification: { ...sound.specification, ...changes } };
  };
  const jobs: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['null', null, 'bad-argument', /^job 1 is null, expected a record/],
    ['no specification', { name: 'a' }, 'bad-argument', /^job 1 is incomplete/],
    ['a family', broken({ family: 'weibull' }), 'bad-argument', /family is the text 'weibull'/],
    ['a family by a name of objects', broken({ family: '__proto__' }), 'bad-argument', /family is/],
    [
      'null outcomes',
      broken({ outcomes: null }),
      'bad-data',
      /the outcome is null, expected an ar/,
    ],
    ['texts', broken({ outcomes: Array(30).fill('1') }), 'bad-data', /row 1: the outcome is the t/],
    [
      'NaN',
      broken({ outcomes: Array(30).fill(Number.NaN) }),
      'bad-data',
      /row 1: the outcome is Na/,
    ],
    [
      'a gap',
      broken({ outcomes: Array(30).fill(undefined) }),
      'bad-data',
      /the outcome is undefined/,
    ],
    ['1e308', broken({ outcomes: Array(30).fill(1e308) }), 'bad-data', /row 1: .* out of range/],
    ['constant outcomes', broken({ outcomes: Array(30).fill(5) }), 'improper-posterior', /are 5/],
    ['few rows', broken({ outcomes: [1, 2] }), 'bad-data', /has 2 rows, the predictors 30/],
    ['no predictors', broken({ predictors: null }), 'bad-argument', /predictors are null/],
    ['no prior', broken({ sigmaPrior: undefined }), 'bad-argument', /sigmaPrior is undefined/],
    ['an sd of 0', broken({ slopePrior: { mean: 0, sd: 0 } }), 'bad-argument', /sd is 0, expected/],
    [
      'an sd of NaN',
      broken({ slopePrior: { mean: 0, sd: Number.NaN } }),
      'bad-argument',
      /sd is NaN/,
    ],
  ];

  // What callers without a compiler hand over.
  const run = (pool: WorkerPool, given: unknown) =>
    Reflect.apply(pool.run, null, [given, settings]);

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
      expect(await own.run(single, settings)).toHaveLength(1);
    },
  );

  it('is refused before it is sent where it cannot be sent', async () => {
    const own = pool(2);
    const error = await failure(run(own, Array(9).fill(broken({ more: () => 1 }))));
    expect(error.code).toBe('bad-argument');
    expect(error.message).toMatch(
      /^broken: cannot be sent to a worker thread, expected plain data/,
    );
    expect(await own.run(single, settings)).toHaveLength(1);
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
    const { run, close } = pool(3);
    await run(single, settings);
    const before = threads();
    await close();
    expect(threads()).toBeLessThanOrEqual(before - 3);
  });

  it('of one worker is this thread, and closes too', async () => {
    const { run, close } = pool(1);
    const promised = run(single, settings);
    await close();
    expect(await promised).toHaveLength(1);
  });
});
