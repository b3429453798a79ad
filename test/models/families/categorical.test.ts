/** Categories without an order: against the logistic regression and choices, and by differences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Family } from '../../../models/families/family.js';
import { responseDistribution, responseFamily } from '../../../models/families/index.js';
import { randomStream } from '../../../src/random/stream.js';

const of = (...predicted: `mu${string}`[]): Family => ({
  family: 'categorical',
  link: 'logit',
  predicted,
});
const family = of('muB', 'muC');
const none = new Float64Array();
const number = fc.double({ min: -4, max: 4, noNaN: true });

/** Rows of three linear predictors, some of which share cells, with outcomes from 1 to 3. */
const situations = fc
  .array(fc.record({ eta: fc.tuple(number, number, number), outcome: fc.nat({ max: 2 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((rows) => ({
    outcomes: {
      rows: rows.length,
      values: Float64Array.from(rows, ({ outcome }) => outcome + 1),
      trials: null,
      cells: {
        count: 3 * rows.length,
        // The last row has the cells of the first.
        of: Int32Array.from({ length: 3 * rows.length }, (_, at) =>
          at < 3 * (rows.length - 1) ? at : at % 3,
        ),
      },
    },
    eta: Float64Array.from(rows.flatMap(({ eta }) => eta)),
  }));

describe('the likelihood of categories', () => {
  it('of two is that of a logistic regression', () => {
    fc.assert(
      fc.property(number, fc.boolean(), (eta, isSecond) => {
        const outcomes = { rows: 1, values: Float64Array.of(isSecond ? 2 : 1), trials: null };
        const response = responseFamily(of('muB'), outcomes);
        const value = response.logLikelihood(
          Float64Array.of(0, eta),
          none,
          new Float64Array(2),
          none,
        );
        expect(value).toBeCloseTo(-Math.log1p(Math.exp(isSecond ? -eta : eta)), 12);
      }),
    );
  });

  it('has the gradient and the curvature of differences, also where rows share cells', () => {
    fc.assert(
      fc.property(situations, ({ outcomes, eta }) => {
        const response = responseFamily(family, outcomes);
        const n = eta.length;
        const at = (moved: Float64Array) => {
          const slopes = new Float64Array(n);
          return { value: response.logLikelihood(moved, none, slopes, none), slopes };
        };
        const matrix = new Float64Array(n * n);
        const diagonal = new Float64Array(n);
        response.curvature(eta, none, diagonal, none, none);
        diagonal.forEach((value, i) => {
          matrix[i * n + i] = value;
        });
        response.eachCurvaturePart?.(eta, none, (weight, cells, values) => {
          cells.forEach((a, j) => {
            cells.forEach((b, k) => {
              const entry = weight * (values[j] ?? 0) * (values[k] ?? 0);
              matrix[a * n + b] = (matrix[a * n + b] ?? 0) + entry;
            });
          });
        });
        const { slopes } = at(eta);
        const step = 1e-5;
        for (let i = 0; i < n; i++) {
          const moved = (by: number) => at(eta.map((value, k) => (k === i ? value + by : value)));
          const [up, down] = [moved(step), moved(-step)];
          expect(slopes[i]).toBeCloseTo((up.value - down.value) / (2 * step), 7);
          for (let k = 0; k < n; k++) {
            const difference = ((up.slopes[k] ?? 0) - (down.slopes[k] ?? 0)) / (2 * step);
            expect(matrix[i * n + k]).toBeCloseTo(difference, 7);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the distribution of categories', () => {
  const distribution = responseDistribution(family);

  it('has log probabilities whose exponentials sum to 1, and are those of the categories', () => {
    fc.assert(
      fc.property(number, number, (b, c) => {
        const write = distribution.logDensities([Float64Array.of(b), Float64Array.of(c)]);
        const shares = new Float64Array(3);
        distribution.categories?.writeProbabilities(0, Float64Array.of(b, c), shares);
        const total = [1, 2, 3].reduce((sum, outcome) => {
          const one = new Float64Array(1);
          write(outcome, 1, one);
          expect(Math.exp(one[0] ?? 0)).toBeCloseTo(shares[outcome - 1] ?? 0, 12);
          return sum + Math.exp(one[0] ?? 0);
        }, 0);
        expect(total).toBeCloseTo(1, 12);
        expect(shares[1]).toBeCloseTo(Math.exp(b) / (1 + Math.exp(b) + Math.exp(c)), 12);
      }),
    );
  });

  it('draws categories as often as they are probable, and expects no others', () => {
    const random = randomStream('categories');
    const parameters = Float64Array.of(0.7, -0.4);
    const draws = 20_000;
    const drawn = Array.from({ length: draws }, () =>
      distribution.simulateAt(0, parameters, 1, random),
    );
    const shares = new Float64Array(3);
    distribution.categories?.writeProbabilities(0, parameters, shares);
    shares.forEach((share, k) => {
      const found = drawn.filter((outcome) => outcome === k + 1).length / draws;
      expect(Math.abs(found - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / draws));
    });
    expect(distribution.expected(3, 1)).toBeNull();
    expect(distribution.expected(4, 1)).toBe('a category, a whole number from 1 to 3');
  });
});
