/**
 * Logistic regression of outcomes between 0 and 1: the quasi-likelihood against a plain sum over
 * the rows, against made outcomes in the same shares, and at the parameters that made the
 * probabilities.
 */
import tLogpdf from '@stdlib/stats-base-dists-t-logpdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/sampler/model.js';
import { posteriorMode } from '../../src/sampler/normal-approximation.js';
import { type LogisticOptions, logistic, normal, studentT } from './paper-regressions.js';

const interceptPrior = studentT(3, 0, 2.5);
const slopePrior = normal(0.5, 1.5);
const number = fc.double({ min: -3, max: 3, noNaN: true });
const probability = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, 0.5, 1e-300, 1 - Number.EPSILON),
);

const list = (arbitrary: fc.Arbitrary<number>, length: number) =>
  fc.array(arbitrary, { minLength: length, maxLength: length });

function optionsOf(values: readonly number[], outcomes: readonly number[]): LogisticOptions {
  const rows = outcomes.length;
  const names = Array.from({ length: values.length / rows }, (_, j) => `x${j}`);
  const predictors = { names, rows, values: Float64Array.from(values) };
  return { predictors, outcomes, interceptPrior, slopePrior };
}

/** Data of 1 to 30 rows and 0 to 4 predictors, with two positions. */
const situation = fc
  .record({ rows: fc.integer({ min: 1, max: 30 }), slopes: fc.integer({ min: 0, max: 4 }) })
  .chain(({ rows, slopes }) =>
    fc.record({
      values: list(number, rows * slopes),
      outcomes: list(probability, rows),
      q: list(number, slopes + 1).map((q) => Float64Array.from(q)),
      r: list(number, slopes + 1).map((r) => Float64Array.from(r)),
    }),
  );

function evaluated(model: Model, position: Float64Array) {
  const gradient = new Float64Array(model.dimension);
  return { logDensity: model.logDensity(position, gradient), gradient };
}

/** Log odds of each row, by way of the intercept where the predictors are zero. */
function logOdds({ predictors }: LogisticOptions, q: Float64Array): number[] {
  const k = predictors.names.length;
  return Array.from({ length: predictors.rows }, (_, i) =>
    Array.from(q.subarray(1)).reduce((sum, slope, j) => {
      const column = predictors.values.filter((_, index) => index % k === j);
      const mean = column.reduce((total, x) => total + x, 0) / predictors.rows;
      return sum + slope * (predictors.values[i * k + j] - mean);
    }, q[0]),
  );
}

const logLogistic = (x: number) =>
  x > 0 ? -Math.log1p(Math.exp(-x)) : x - Math.log1p(Math.exp(x));

/** Σ y log p + (1 − y) log(1 − p). */
function quasiLikelihood(options: LogisticOptions, q: Float64Array): number {
  return logOdds(options, q).reduce((sum, x, i) => {
    const y = options.outcomes[i];
    return sum + y * logLogistic(x) + (1 - y) * logLogistic(-x);
  }, 0);
}

const likelier = (outcomes: ArrayLike<number>) => Array.from(outcomes, (y) => (y >= 0.5 ? 1 : 0));

describe('outcomes between 0 and 1', () => {
  it('add y log p + (1 − y) log(1 − p) each to the log density', () => {
    fc.assert(
      fc.property(situation, ({ values, outcomes, q, r }) => {
        const options = optionsOf(values, outcomes);
        const made = { ...options, outcomes: likelier(outcomes) };
        // The priors fall away between two likelihoods at one position.
        const difference = (position: Float64Array) =>
          evaluated(logistic(options), position).logDensity -
          evaluated(logistic(made), position).logDensity;
        for (const position of [q, r]) {
          const expected = quasiLikelihood(options, position) - quasiLikelihood(made, position);
          const size =
            outcomes.length * (1 + position.reduce((sum, x) => sum + 6 * Math.abs(x), 0));
          expect(Math.abs(difference(position) - expected)).toBeLessThan(1e-13 * (size + 100));
        }
      }),
      { seed: 2025, numRuns: 500 },
    );
  });

  it('have the gradient that central differences find', () => {
    // Truncation h²/6 · (22 a row + 1 of the priors), rounding 8 ε of the terms over h: as for made
    // outcomes, whose third derivatives these have.
    const h = Math.cbrt(Number.EPSILON);
    fc.assert(
      fc.property(situation, ({ values, outcomes, q }) => {
        const model = logistic(optionsOf(values, outcomes));
        const size = outcomes.length * (1 + q.reduce((sum, x) => sum + 6 * Math.abs(x), 0)) + 100;
        const tolerance =
          (h * h * (22 * outcomes.length + 1)) / 6 + (8 * Number.EPSILON * size) / h;
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

  it('of a quarter count as one made 1 and three made 0s do, each by a quarter', () => {
    const quarters = fc.constantFrom(0, 0.25, 0.5, 0.75, 1);
    const data = fc.integer({ min: 1, max: 10 }).chain((rows) =>
      fc.record({
        values: list(number, 2 * rows),
        outcomes: list(quarters, rows),
        q: list(number, 3),
      }),
    );
    const times4 = (options: LogisticOptions, outcomes: (y: number, copy: number) => number) => {
      const { predictors } = options;
      const rows = [...Array(predictors.rows).keys()].flatMap((i) => [i, i, i, i]);
      const values = rows.flatMap((i) => [...predictors.values.subarray(2 * i, 2 * i + 2)]);
      return optionsOf(
        values,
        rows.map((i, row) => outcomes(options.outcomes[i], row % 4)),
      );
    };
    fc.assert(
      fc.property(data, ({ values, outcomes, q }) => {
        const options = optionsOf(values, outcomes);
        const fractional = times4(options, (y) => y);
        const made = times4(options, (y, copy) => (copy < 4 * y ? 1 : 0));
        const position = Float64Array.from(q);
        const [a, b] = [fractional, made].map((one) => evaluated(logistic(one), position));
        const size = 4 * outcomes.length * (1 + 18 * q.length) + 100;
        expect(Math.abs(a.logDensity - b.logDensity)).toBeLessThan(1e-14 * size);
        a.gradient.forEach((slope, j) => {
          expect(Math.abs(slope - b.gradient[j])).toBeLessThan(1e-14 * size);
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('have the curvature of made outcomes: the change of gradient between two positions is the same', () => {
    fc.assert(
      fc.property(situation, ({ values, outcomes, q, r }) => {
        const options = optionsOf(values, outcomes);
        const change = (of: LogisticOptions) => {
          const [a, b] = [q, r].map((position) => evaluated(logistic(of), position).gradient);
          return a.map((slope, j) => slope - b[j]);
        };
        const made = change({ ...options, outcomes: likelier(outcomes) });
        change(options).forEach((slope, j) => {
          expect(Math.abs(slope - made[j])).toBeLessThan(1e-12 * (outcomes.length + 10));
        });
      }),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('that are the probabilities of some parameters have their likelihood’s only maximum there', () => {
    // Columns of mean 0, so that the reported intercept is the one at the centre.
    const xs = [-2, -1.5, -1, 0.3, 0.2, 1.4, 1.1, -1.6, 2.3, 0.5, -0.6, 1.9, -1, 0.6, 1, -1.6];
    const truth = Float64Array.of(0.4, 1.5, -1);
    const options = optionsOf(xs, Array(8).fill(0));
    const outcomes = logOdds(options, truth).map((x) => 1 / (1 + Math.exp(-x)));
    const flat = normal(0, 1e8);
    const wide = studentT(3, 0, 1e8);
    const mode = posteriorMode(
      logistic({ ...options, outcomes, slopePrior: flat, interceptPrior: wide }),
    );
    mode.forEach((value, j) => {
      expect(value).toBeCloseTo(truth[j], 6);
    });
  });

  it('that are all 0 or 1 give the same bits as made ones', () => {
    fc.assert(
      fc.property(situation, ({ values, outcomes, q }) => {
        const options = optionsOf(values, outcomes);
        const made = likelier(outcomes);
        const [a, b] = [Float64Array.from(made), Uint8Array.from(made)].map((of) =>
          evaluated(logistic({ ...options, outcomes: of }), q),
        );
        expect(a).toEqual(b);
      }),
      { seed: 2025, numRuns: 100 },
    );
  });

  it('do not overflow for margins of ±800', () => {
    const { slopePrior: _, ...options } = optionsOf([-1, 1], [0.25, 0.25]);
    // Log odds −800 and 800, P(1) = 0 and 1: ¼ · 800 lost in the first row and ¾ · 800 in the second;
    // Σ (y − p) is ¼ + ¼ − 1, Σ (y − p) x is −¼ − ¾.
    const { logDensity, gradient } = evaluated(logistic(options), Float64Array.of(0, 800));
    const prior = tLogpdf(0, 3) - Math.log(2.5);
    expect(logDensity).toBeCloseTo(-800 + prior, 9);
    expect(gradient[0]).toBeCloseTo(-0.5, 12);
    expect(gradient[1]).toBeCloseTo(-1, 12);
  });
});
