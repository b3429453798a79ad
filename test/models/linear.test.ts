/**
 * Linear regression over sufficient statistics against the plain sum over the raw rows, finite
 * differences, and the data that leave its posterior improper.
 */
import normalLogpdf from '@stdlib/stats-base-dists-normal-logpdf';
import tLogpdf from '@stdlib/stats-base-dists-t-logpdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/random/stream.js';
import type { Model } from '../../src/sampler/model.js';
import {
  type LinearOptions,
  linear,
  normal,
  simulateLinear,
  studentT,
} from './paper-regressions.js';

const EPSILON = Number.EPSILON;
const interceptPrior = studentT(3, 0.5, 2.5);
const sigmaPrior = studentT(3, 0, 2.5);
const slopePrior = normal(-0.5, 1.5);
const number = fc.double({ min: -1, max: 1, noNaN: true });

const list = (length: number) => fc.array(number, { minLength: length, maxLength: length });

function optionsOf(values: readonly number[], outcomes: readonly number[]): LinearOptions {
  const rows = outcomes.length;
  const names = Array.from({ length: values.length / rows }, (_, j) => `x${j}`);
  const predictors = { names, rows, values: Float64Array.from(values) };
  return { predictors, outcomes, interceptPrior, sigmaPrior };
}

/**
 * Data of 5 to 30 rows and 0 to 3 predictors, with two positions. The predictors are orthogonal
 * cosines of amplitude 4 plus at most 1: never close to collinear.
 */
const situation = fc
  .record({ rows: fc.integer({ min: 5, max: 30 }), slopes: fc.integer({ min: 0, max: 3 }) })
  .chain(({ rows, slopes }) =>
    fc.record({
      values: list(rows * slopes).map((noise) =>
        noise.map((value, index) => {
          const [i, j] = [Math.floor(index / slopes), index % slopes];
          return value + 4 * Math.cos((Math.PI * (j + 1) * (i + 0.5)) / rows);
        }),
      ),
      outcomes: list(rows).map((ys) => ys.map((y) => 3 * y)),
      flat: fc.boolean(),
      q: list(slopes + 2).map((q) => q.map((x) => 2 * x)),
      r: list(slopes + 2).map((q) => q.map((x) => 2 * x)),
    }),
  )
  .map(({ values, outcomes, flat, q, r }) => {
    const options = { ...optionsOf(values, outcomes), ...(flat ? {} : { slopePrior }) };
    return { options, q: Float64Array.from(q), r: Float64Array.from(r) };
  });

function evaluated(model: Model, position: Float64Array) {
  const gradient = new Float64Array(model.dimension);
  return { logDensity: model.logDensity(position, gradient), gradient };
}

function naiveLogPrior(options: LinearOptions, q: Float64Array): number {
  const logSigma = q[q.length - 1];
  const { interceptPrior: a, sigmaPrior: s, slopePrior: b } = options;
  // The last term is the log Jacobian of σ = exp(log σ).
  let sum = tLogpdf((q[0] - a.location) / a.scale, a.df);
  sum += tLogpdf((Math.exp(logSigma) - s.location) / s.scale, s.df) + logSigma;
  for (const slope of q.subarray(1, -1)) sum += b ? normalLogpdf(slope, b.mean, b.sd) : 0;
  return sum;
}

/** Σ log normal(y_i | μ_i, σ), row by row over the raw predictors. */
function naiveLogLikelihood({ predictors, outcomes }: LinearOptions, q: Float64Array): number {
  const { rows, values, names } = predictors;
  const k = names.length;
  let atZero = q[0];
  for (let j = 0; j < k; j++) {
    const column = values.filter((_, index) => index % k === j);
    atZero -= (q[j + 1] * column.reduce((total, x) => total + x, 0)) / rows;
  }
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    let mean = atZero;
    for (let j = 0; j < k; j++) mean += q[j + 1] * values[i * k + j];
    sum += normalLogpdf(outcomes[i], mean, Math.exp(q[k + 1]));
  }
  return sum;
}

const naive = (options: LinearOptions, q: Float64Array) =>
  naiveLogLikelihood(options, q) + naiveLogPrior(options, q);

/** The model's difference between two positions is the naive one's, to 1e-9 relative. */
function expectSameDifference(options: LinearOptions, q: Float64Array, r: Float64Array) {
  const model = linear(options);
  const found = evaluated(model, q).logDensity - evaluated(model, r).logDensity;
  const [atQ, atR] = [naive(options, q), naive(options, r)];
  const size = Math.max(1, Math.abs(atQ), Math.abs(atR));
  expect(Math.abs(found - (atQ - atR))).toBeLessThan(1e-9 * size);
}

describe('the log density of a linear regression', () => {
  it('is the sum of normal terms, log priors and log Jacobian, up to a constant', () => {
    fc.assert(
      fc.property(situation, ({ options, q, r }) => expectSameDifference(options, q, r)),
      { seed: 2025, numRuns: 500 },
    );
  });

  it('loses no digits where a line fits well far from zero', () => {
    // Powers of two: the naive sum is exact. Outcomes near 10^6 with residuals of 1/1024.
    const x = Array.from({ length: 16 }, (_, i) => 1024 + i);
    const outcomes = x.map((value, i) => 2 ** 20 + 3 * value + (i % 2 === 0 ? 1 : -1) * 2 ** -10);
    const options = optionsOf(x, outcomes);
    const centre = 2 ** 20 + 3 * (1024 + 7.5);
    const [q, r] = [3, 3 + 2 ** -13].map((slope) =>
      Float64Array.of(centre + 2 ** -11, slope, Math.log(2 ** -10)),
    );
    expectSameDifference(options, q, r);
  });

  it('has the gradient that central differences find', () => {
    // Truncation: h²/6 of a third derivative, 4 Σ(y − μ)²/σ² along log σ (times e^2h), that of
    // the priors below 10. Rounding: 8 ε of the terms over h; with the sums of squares split in
    // three, and |log σ| <= 2, the terms are below 3 n + n Σ(y − μ)²/σ².
    const h = Math.cbrt(EPSILON);
    fc.assert(
      fc.property(situation, ({ options, q }) => {
        const model = linear(options);
        const { rows } = options.predictors;
        const constant = normalLogpdf(0, 0, 1) * rows - rows * q[q.length - 1];
        const squares = 2 * (constant - naiveLogLikelihood(options, q));
        const rounding = (8 * EPSILON * rows * (3 + squares)) / h;
        const tolerance = (h * h * (4.1 * squares + 10)) / 6 + rounding;
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

  it('of rows repeated 100 times is 100 times the log likelihood, and the log priors once', () => {
    fc.assert(
      fc.property(situation, ({ options, q, r }) => {
        const { predictors, outcomes } = options;
        const repeat = <T>(once: Iterable<T>) =>
          Array.from({ length: 100 }, () => [...once]).flat();
        const repeated = {
          ...options,
          predictors: {
            ...predictors,
            rows: 100 * predictors.rows,
            values: Float64Array.from(repeat(predictors.values)),
          },
          outcomes: repeat(Array.from(outcomes)),
        };
        const difference = (model: Model) =>
          evaluated(model, q).logDensity - evaluated(model, r).logDensity;
        const prior = naiveLogPrior(options, q) - naiveLogPrior(options, r);
        const expected = 100 * (difference(linear(options)) - prior) + prior;
        const size = Math.max(...[q, r].map((one) => Math.abs(100 * naive(options, one))), 100);
        expect(Math.abs(difference(linear(repeated)) - expected)).toBeLessThan(1e-9 * size);
      }),
      { seed: 2025, numRuns: 100 },
    );
  });

  it('does not depend on the order of the rows', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 1, max: 29 }), ({ options, q }, shift) => {
        const { predictors, outcomes } = options;
        const { rows } = predictors;
        const k = predictors.names.length;
        const order = Array.from({ length: rows }, (_, i) => (i + shift) % rows);
        const values = order.flatMap((i) => [...predictors.values.subarray(i * k, (i + 1) * k)]);
        const permuted = {
          ...options,
          predictors: { ...predictors, values: Float64Array.from(values) },
          outcomes: order.map((i) => outcomes[i]),
        };
        const [found, expected] = [permuted, options].map((one) => evaluated(linear(one), q));
        // n terms, each below 16 · (3 + 2 + 3 · 2 · 10)² / σ² with 1/σ² < e^4, in another order;
        // the slopes of least squares as well, whose normal equations have condition below 100.
        const tolerance = 100 * rows * EPSILON * 65 ** 2 * Math.exp(-2 * q[k + 1]) * 4;
        expect(Math.abs(found.logDensity - expected.logDensity)).toBeLessThan(tolerance);
        found.gradient.forEach((slope, i) => {
          expect(Math.abs(slope - expected.gradient[i])).toBeLessThan(tolerance);
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('is minus infinity or not a number, never an error, at an absurd sigma', () => {
    const model = linear(optionsOf([1, 2, 4], [1, 0, 5]));
    for (const logSigma of [-800, 800]) {
      const { logDensity } = evaluated(model, Float64Array.of(0, 0, logSigma));
      expect(Number.isFinite(logDensity)).toBe(false);
      expect(logDensity).not.toBe(Number.POSITIVE_INFINITY);
    }
  });
});

describe('a linear regression with flat slopes refuses predictors that leave it improper', () => {
  const refused = (values: readonly number[], rows: number) => {
    const outcomes = Array.from({ length: rows }, (_, i) => Math.sin(i));
    expect(() => linear(optionsOf(values, outcomes))).toThrow(
      expect.objectContaining({ name: 'WeighbridgeError', code: 'improper-posterior' }),
    );
  };
  const rowCounts = fc.integer({ min: 3, max: 100 });

  it('a predictor of zeros, or two predictors of which one is twice the other', () => {
    refused([0, 0, 0, 0], 4);
    refused([1, 2, 2, 4, 3, 6, 5, 10], 4);
  });

  it('a predictor that is constant, whatever its value and the number of rows', () => {
    // 0.1 and its like, whose mean comes out a rounding away from them.
    const constant = fc.double({ min: 1e-3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(constant, rowCounts, (value, rows) => {
        refused(
          Array.from({ length: rows }, () => value),
          rows,
        );
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('a predictor that is a weighted sum of the others, to rounding', () => {
    fc.assert(
      fc.property(fc.integer(), number, rowCounts, (seed, weight, rows) => {
        const random = randomStream('collinear', seed, rows);
        const values = Array.from({ length: rows }, () => {
          const [a, b] = [random.normal(), random.normal()];
          return [a, b, a + weight * b];
        });
        refused(values.flat(), rows);
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('but takes correlations of 0.999999, which can be told apart', () => {
    const random = randomStream('correlated', 2025);
    const values = Array.from({ length: 50 }, () => {
      const a = random.normal();
      return [a, a + 1e-3 * random.normal()];
    });
    const outcomes = Array.from({ length: 50 }, random.normal);
    expect(() => linear(optionsOf(values.flat(), outcomes))).not.toThrow();
  });
});

describe('a linear regression reports', () => {
  it('the intercept where the predictors are zero, and sigma, under the names of brms', () => {
    const model = linear(optionsOf([1, 10, 3, 20, 5, 0], [1, 2, 7]));
    const parameters = new Float64Array(4);
    model.constrain?.(
      Float64Array.of(0.7, 2, -0.5, Math.log(3)),
      parameters,
      randomStream('unused'),
    );
    // Means are 3 and 10: 0.7 − 2 · 3 + 0.5 · 10.
    expect(parameters[0]).toBeCloseTo(-0.3, 12);
    expect([...parameters.subarray(1, 3)]).toEqual([2, -0.5]);
    expect(parameters[3]).toBeCloseTo(3, 12);
    expect(model.parameterNames).toEqual(['b_Intercept', 'b_x0', 'b_x1', 'sigma']);
  });

  it('outcomes that lie around its line with sigma for sd (false alarms 1 in 50,000)', () => {
    const rows = 10_000;
    const values = Float64Array.from({ length: rows }, (_, i) => Math.cos(i));
    const random = randomStream('outcomes', 2025);
    const outcomes = simulateLinear({ names: ['x'], rows, values }, [2, -3, 0.5], random);
    const errors = outcomes.map((y, i) => (y - 2 + 3 * values[i]) / 0.5);
    const mean = errors.reduce((sum, z) => sum + z, 0) / rows;
    const square = errors.reduce((sum, z) => sum + z * z, 0) / rows;
    expect(Math.abs(mean) * Math.sqrt(rows)).toBeLessThan(4.42);
    expect(Math.abs(square - 1) * Math.sqrt(rows / 2)).toBeLessThan(4.42);
  });
});
