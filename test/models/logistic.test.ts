/**
 * Logistic regression against a plain sum over the raw rows, finite differences, and the
 * symmetries of the model.
 */
import normalLogpdf from '@stdlib/stats-base-dists-normal-logpdf';
import tLogpdf from '@stdlib/stats-base-dists-t-logpdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import type { Model } from '../../src/sampler/model.js';
import {
  type LogisticOptions,
  logistic,
  normal,
  simulateLogistic,
  studentT,
} from './paper-regressions.js';

const EPSILON = Number.EPSILON;
const interceptPrior = studentT(3, 0, 2.5);
const slopePrior = normal(0.5, 1.5);
const number = fc.double({ min: -3, max: 3, noNaN: true });

const list = (arbitrary: fc.Arbitrary<number>, length: number) =>
  fc.array(arbitrary, { minLength: length, maxLength: length });

function optionsOf(values: readonly number[], outcomes: readonly number[]): LogisticOptions {
  const rows = outcomes.length;
  const names = Array.from({ length: values.length / rows }, (_, j) => `x${j}`);
  return {
    predictors: { names, rows, values: Float64Array.from(values) },
    outcomes,
    interceptPrior,
  };
}

/** Data of 1 to 30 rows and 0 to 4 predictors, with two positions. */
const situation = fc
  .record({ rows: fc.integer({ min: 1, max: 30 }), slopes: fc.integer({ min: 0, max: 4 }) })
  .chain(({ rows, slopes }) =>
    fc.record({
      values: list(number, rows * slopes),
      outcomes: list(fc.constantFrom(0, 1), rows),
      flat: fc.boolean(),
      q: list(number, slopes + 1),
      r: list(number, slopes + 1),
    }),
  )
  .map(({ values, outcomes, flat, q, r }) => {
    const options = { ...optionsOf(values, outcomes), ...(flat ? {} : { slopePrior }) };
    return { options, q: Float64Array.from(q), r: Float64Array.from(r) };
  });

/** Whether the slopes have a proper posterior. */
function isIdentified(options: LogisticOptions): boolean {
  try {
    return logistic(options).dimension > 0;
  } catch {
    return false;
  }
}

function evaluated(model: Model, position: Float64Array) {
  const gradient = new Float64Array(model.dimension);
  return { logDensity: model.logDensity(position, gradient), gradient };
}

/** Σ log P(y_i) + log priors, row by row over the raw predictors. */
function naiveLogDensity(options: LogisticOptions, q: Float64Array): number {
  const { predictors, outcomes } = options;
  const k = predictors.names.length;
  const { df, location, scale } = options.interceptPrior;
  let sum = tLogpdf((q[0] - location) / scale, df);
  let atZero = q[0];
  for (let j = 0; j < k; j++) {
    const column = predictors.values.filter((_, index) => index % k === j);
    atZero -= (q[j + 1] * column.reduce((total, x) => total + x, 0)) / predictors.rows;
    if (options.slopePrior) {
      sum += normalLogpdf(q[j + 1], options.slopePrior.mean, options.slopePrior.sd);
    }
  }
  for (let i = 0; i < predictors.rows; i++) {
    let logOdds = atZero;
    for (let j = 0; j < k; j++) logOdds += q[j + 1] * predictors.values[i * k + j];
    sum += outcomes[i] === 1 ? -Math.log1p(Math.exp(-logOdds)) : -Math.log1p(Math.exp(logOdds));
  }
  return sum;
}

/** The largest term that a position's sums can hold: rows times the largest margin. */
function sizeOf({ predictors }: LogisticOptions, q: Float64Array): number {
  const margin = 1 + q.reduce((sum, value) => sum + 6 * Math.abs(value), 0);
  return predictors.rows * margin + 100;
}

describe('the log density of a logistic regression', () => {
  it('is the sum of Bernoulli terms and log priors, up to a constant', () => {
    fc.assert(
      fc.property(situation, ({ options, q, r }) => {
        fc.pre(isIdentified(options));
        const model = logistic(options);
        const found = evaluated(model, q).logDensity - evaluated(model, r).logDensity;
        const expected = naiveLogDensity(options, q) - naiveLogDensity(options, r);
        const size = Math.max(...[q, r].map((one) => Math.abs(naiveLogDensity(options, one))));
        expect(Math.abs(found - expected)).toBeLessThan(1e-9 * Math.max(1, size));
      }),
      { seed: 2025, numRuns: 500 },
    );
  });

  it('holds beyond the 512 rows whose factors are multiplied, and at each number around it', () => {
    const random = randomStream('many rows', 2025);
    for (const rows of [511, 512, 513, 1024, 1500]) {
      const values = Array.from({ length: 3 * rows }, random.normal);
      const outcomes = Array.from({ length: rows }, () => (random.coin() ? 1 : 0));
      const options = optionsOf(values, outcomes);
      const model = logistic(options);
      // Zero has every factor at its largest, 2: the product comes to 2^512.
      const at = (q: Float64Array) => evaluated(model, q).logDensity - naiveLogDensity(options, q);
      const [zero, other] = [new Float64Array(4), Float64Array.of(0.5, -1, 2, 0.3)];
      expect(Math.abs(at(zero) - at(other))).toBeLessThan(1e-9 * rows);
    }
  });

  it('has the gradient that central differences find', () => {
    // Truncation: h²/6 of a third derivative, for the likelihood at most Σ|x|³/10 < 22 a row with
    // |x − x̄| < 6, for the priors below 1; rounding: 8 ε of the terms over h.
    const h = Math.cbrt(EPSILON);
    fc.assert(
      fc.property(situation, ({ options, q }) => {
        fc.pre(isIdentified(options));
        const model = logistic(options);
        const tolerance =
          (h * h * (22 * options.predictors.rows + 1)) / 6 + (8 * EPSILON * sizeOf(options, q)) / h;
        evaluated(model, q).gradient.forEach((slope, i) => {
          const [above, below] = [h, -h].map((offset) => {
            const moved = q.slice();
            moved[i] += offset;
            return evaluated(model, moved).logDensity;
          });
          expect(Math.abs((above - below) / (2 * h) - slope)).toBeLessThan(tolerance);
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('does not overflow for margins of ±800', () => {
    const options = optionsOf([-1, 1], [0, 1]);
    const model = logistic(options);
    const prior = (x: number) => tLogpdf(x / 2.5, 3) - Math.log(2.5);
    // Both rows right by 800: certain. Both wrong by 800: −800 each, and a gradient of 2.
    const right = evaluated(model, Float64Array.of(0, 800));
    expect(right.logDensity).toBeCloseTo(prior(0), 12);
    expect(right.gradient).toEqual(Float64Array.of(0, 0));
    const wrong = evaluated(model, Float64Array.of(0, -800));
    expect(wrong.logDensity).toBeCloseTo(-1600 + prior(0), 9);
    expect(wrong.gradient).toEqual(Float64Array.of(0, 2));
    // One right, one wrong.
    const intercept = evaluated(model, Float64Array.of(800, 0));
    expect(intercept.logDensity).toBeCloseTo(-800 + prior(800), 9);
    expect(intercept.gradient.every(Number.isFinite)).toBe(true);
  });
});

/** Both sides sum the same terms in another order. */
function expectSame(
  options: LogisticOptions,
  q: Float64Array,
  found: ReturnType<typeof evaluated>,
  expected: ReturnType<typeof evaluated>,
  sign = (_: number) => 1,
) {
  const tolerance = 8 * EPSILON * options.predictors.rows * sizeOf(options, q);
  expect(Math.abs(found.logDensity - expected.logDensity)).toBeLessThan(tolerance);
  found.gradient.forEach((slope, j) => {
    expect(Math.abs(slope - sign(j) * expected.gradient[j])).toBeLessThan(tolerance);
  });
}

describe('the symmetries of a logistic regression', () => {
  const symmetric = situation.map(({ options, q }) => ({
    options: { ...options, slopePrior: normal(0, 1.5) },
    q,
  }));
  const flip = (outcomes: ArrayLike<number>) => Array.from(outcomes, (y) => 1 - y);
  const negate = ({ predictors }: LogisticOptions) => ({
    ...predictors,
    values: predictors.values.map((x) => -x),
  });

  it('rows may come in any order', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 1, max: 29 }), ({ options, q }, shift) => {
        fc.pre(isIdentified(options));
        const { predictors, outcomes } = options;
        const k = predictors.names.length;
        const order = Array.from(
          { length: predictors.rows },
          (_, i) => (i + shift) % predictors.rows,
        );
        const values = order.flatMap((i) => [...predictors.values.subarray(i * k, (i + 1) * k)]);
        const permuted = {
          ...options,
          predictors: { ...predictors, values: Float64Array.from(values) },
          outcomes: order.map((i) => outcomes[i]),
        };
        const [found, expected] = [permuted, options].map((one) => evaluated(logistic(one), q));
        expectSame(options, q, found, expected);
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('other names for the outcomes negate all parameters', () => {
    fc.assert(
      fc.property(symmetric, ({ options, q }) => {
        const flipped = logistic({ ...options, outcomes: flip(options.outcomes) });
        const expected = evaluated(logistic(options), q);
        expectSame(
          options,
          q,
          evaluated(
            flipped,
            q.map((x) => -x),
          ),
          expected,
          () => -1,
        );
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('predictors with the other sign negate the slopes', () => {
    fc.assert(
      fc.property(symmetric, ({ options, q }) => {
        const negated = logistic({ ...options, predictors: negate(options) });
        const expected = evaluated(logistic(options), q);
        const image = q.map((x, j) => (j === 0 ? x : -x));
        expectSame(options, q, evaluated(negated, image), expected, (j) => (j === 0 ? 1 : -1));
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('swapping A and B, differences negated and choices flipped, negates the intercept alone', () => {
    fc.assert(
      fc.property(symmetric, ({ options, q }) => {
        const swapped = logistic({
          ...options,
          predictors: negate(options),
          outcomes: flip(options.outcomes),
        });
        const expected = evaluated(logistic(options), q);
        const image = q.map((x, j) => (j === 0 ? -x : x));
        expectSame(options, q, evaluated(swapped, image), expected, (j) => (j === 0 ? -1 : 1));
      }),
      { seed: 2025, numRuns: 300 },
    );
  });
});

describe('a logistic regression reports', () => {
  it('the intercept where the predictors are zero, under the names of brms', () => {
    const options = { ...optionsOf([1, 10, 3, 20], [0, 1]), slopePrior };
    const model = logistic(options);
    const parameters = new Float64Array(3);
    model.constrain?.(Float64Array.of(0.7, 2, -0.5), parameters, randomStream('unused'));
    // Means are 2 and 15: 0.7 − 2 · 2 + 0.5 · 15.
    expect(parameters[0]).toBeCloseTo(4.2, 12);
    expect([...parameters.subarray(1)]).toEqual([2, -0.5]);
    expect(model.parameterNames).toEqual(['b_Intercept', 'b_x0', 'b_x1']);
  });

  it('outcomes drawn with the probabilities of their rows (false alarms 1 in 100,000)', () => {
    // 10,000 rows in two groups with log odds 0.4 ± 1; a count is binomial.
    const rows = 10_000;
    const values = Float64Array.from({ length: rows }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const predictors = { names: ['x'], rows, values };
    const outcomes = simulateLogistic(predictors, [0.4, 1], randomStream('choices', 2025));
    for (const sign of [1, -1]) {
      const p = 1 / (1 + Math.exp(-0.4 - sign));
      const count = outcomes.filter((_, i) => values[i] === sign).reduce((sum, y) => sum + y, 0);
      const z = (count - (rows / 2) * p) / Math.sqrt((rows / 2) * p * (1 - p));
      // Two tests at 4.56 standard errors.
      expect(Math.abs(z)).toBeLessThan(4.56);
    }
  });
});
