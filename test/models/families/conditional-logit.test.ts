/** Choices of sets: against the logistic regression, sums over all rankings, and differences. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawnOption,
  logProbabilityOfChoices,
  toShares,
} from '../../../models/families/conditional-logit.js';
import type { Family } from '../../../models/families/family.js';
import { responseFamily } from '../../../models/families/index.js';
import { randomStream } from '../../../src/random/stream.js';

const family: Family = { family: 'conditional_logit', link: 'logit' };
const none = new Float64Array();

const utility = fc.double({ min: -4, max: 4, noNaN: true });

/** Options of one set, with the ranks of some of them. */
interface Choice {
  readonly eta: readonly number[];
  readonly ranks: readonly number[];
}

/** Two to five options of which one or more are ranked, in any order. */
const choices: fc.Arbitrary<Choice> = fc
  .array(utility, { minLength: 2, maxLength: 5 })
  .chain((eta) =>
    fc.record({
      eta: fc.constant(eta),
      order: fc.shuffledSubarray([...eta.keys()], { minLength: 1 }),
    }),
  )
  .map(({ eta, order }) => ({ eta, ranks: eta.map((_, j) => order.indexOf(j) + 1) }));

/** The sets of the choices, with their rows mixed. */
function responseOf(all: readonly Choice[]) {
  const rows = all.flatMap(({ eta, ranks }, set) =>
    eta.map((one, j) => ({ eta: one, rank: ranks[j] ?? 0, set })),
  );
  const mixed = rows
    .map((row, i) => ({ row, at: (7 * i) % 11 }))
    .sort((a, b) => a.at - b.at)
    .map(({ row }) => row);
  const response = responseFamily(family, {
    rows: mixed.length,
    values: Float64Array.from(mixed, ({ rank }) => rank),
    trials: null,
    sets: { count: all.length, of: Int32Array.from(mixed, ({ set }) => set) },
  });
  return { response, eta: Float64Array.from(mixed, (row) => row.eta) };
}

/** η of the chosen, best first, and of the others. */
function inOrder({ eta, ranks }: Choice): { eta: Float64Array; chosen: number } {
  const order = [...eta.keys()].sort(
    (a, b) => (ranks[a] || Number.POSITIVE_INFINITY) - (ranks[b] || Number.POSITIVE_INFINITY),
  );
  return {
    eta: Float64Array.from(order, (j) => eta[j] ?? 0),
    chosen: ranks.filter((rank) => rank > 0).length,
  };
}

describe('the likelihood of choices', () => {
  it('is that of a logistic regression on the difference of two options', () => {
    fc.assert(
      fc.property(utility, utility, (a, b) => {
        const { response, eta } = responseOf([{ eta: [a, b], ranks: [0, 1] }]);
        const value = response.logLikelihood(eta, none, new Float64Array(2), none);
        expect(value).toBeCloseTo(-Math.log1p(Math.exp(a - b)), 12);
      }),
    );
  });

  it('has probabilities that sum to 1 over all rankings of a set', () => {
    const orders = (items: readonly number[]): number[][] =>
      items.length === 0
        ? [[]]
        : items.flatMap((first) =>
            orders(items.filter((other) => other !== first)).map((rest) => [first, ...rest]),
          );
    fc.assert(
      fc.property(fc.array(utility, { minLength: 2, maxLength: 4 }), (eta) => {
        const all = orders([...eta.keys()]).map((order) =>
          logProbabilityOfChoices(
            Float64Array.from(order, (j) => eta[j] ?? 0),
            order.length,
          ),
        );
        expect(all.reduce((sum, one) => sum + Math.exp(one), 0)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('is the sum over sets, in whatever order their rows are', () => {
    fc.assert(
      fc.property(fc.array(choices, { minLength: 1, maxLength: 4 }), (all) => {
        const { response, eta } = responseOf(all);
        const value = response.logLikelihood(eta, none, new Float64Array(eta.length), none);
        const sum = all.reduce((total, choice) => {
          const { eta: ordered, chosen } = inOrder(choice);
          return total + logProbabilityOfChoices(ordered, chosen);
        }, 0);
        expect(value).toBeCloseTo(sum, 10);
      }),
    );
  });

  it('has the gradient and the curvature of differences', () => {
    fc.assert(
      fc.property(fc.array(choices, { minLength: 1, maxLength: 3 }), (all) => {
        const { response, eta } = responseOf(all);
        const n = eta.length;
        const slopesAt = (at: Float64Array) => {
          const slopes = new Float64Array(n);
          return { value: response.logLikelihood(at, none, slopes, none), slopes };
        };
        const curvature = new Float64Array(n);
        response.curvature(eta, none, curvature, none, none);
        const matrix = new Float64Array(n * n);
        for (let i = 0; i < n; i++) matrix[i * n + i] = curvature[i] ?? 0;
        response.eachCurvaturePart?.(eta, none, (weight, cells, values) => {
          cells.forEach((a, j) => {
            cells.forEach((b, k) => {
              const at = a * n + b;
              matrix[at] = (matrix[at] ?? 0) + weight * (values[j] ?? 0) * (values[k] ?? 0);
            });
          });
        });
        const { slopes } = slopesAt(eta);
        const step = 1e-5;
        for (let i = 0; i < n; i++) {
          const moved = (by: number) =>
            slopesAt(eta.map((value, k) => (k === i ? value + by : value)));
          const up = moved(step);
          const down = moved(-step);
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

  it('stays finite where one option is far better', () => {
    const eta = Float64Array.of(800, 0, -800);
    expect(logProbabilityOfChoices(eta, 2)).toBe(0);
    expect(logProbabilityOfChoices(Float64Array.of(0, 800, -800), 2)).toBe(-800);
    toShares(eta);
    expect([...eta]).toEqual([1, 0, 0]);
  });
});

describe('drawn choices', () => {
  it('have the shares of the options', () => {
    const shares = Float64Array.of(0.2, 1.4, -0.7);
    toShares(shares);
    const random = randomStream(1, 'drawn choices');
    const draws = 20_000;
    const drawn = Array.from({ length: draws }, () => drawnOption(shares, random));
    shares.forEach((share, k) => {
      // Four standard errors.
      const error = 4 * Math.sqrt((share * (1 - share)) / draws);
      const count = drawn.filter((option) => option === k).length;
      expect(Math.abs(count / draws - share)).toBeLessThan(error);
    });
  });
});
