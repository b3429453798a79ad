/** Weights of models against the R package loo (test/reference/loo.R), closed forms, and the conditions of an optimum. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logLikelihoodOf } from '../../src/posterior/log-likelihood.js';
import { loo } from '../../src/posterior/loo.js';
import {
  type LooModelWeightsOptions,
  looModelWeights,
} from '../../src/posterior/loo-model-weights.js';
import reference from '../reference/loo.json' with { type: 'json' };

/** Criteria with these pointwise log densities, one array for each model. */
function criteria(elpd: readonly (readonly number[])[]) {
  const rows = elpd[0]?.length ?? 0;
  return Object.fromEntries(
    elpd.map((own, k) => {
      const draws = 20;
      const values = Float64Array.from({ length: draws * rows }, (_, i) => own[i % rows] ?? 0);
      return [`model${k + 1}`, loo(logLikelihoodOf(values, rows, 1))];
    }),
  );
}

const weightsOf = (elpd: readonly (readonly number[])[], options?: LooModelWeightsOptions) =>
  looModelWeights(criteria(elpd), options).weights.map(({ weight }) => weight);

describe('weights against R', () => {
  const { names, rows, chains, logLikelihoods, weights: expected } = reference.comparison;
  const models = Object.fromEntries(
    names.map((name, i) => [
      name,
      loo(logLikelihoodOf(Float64Array.from(logLikelihoods[i] ?? []), rows, chains)),
    ]),
  );

  it('by stacking, whose optimum is flat to 1e-4', () => {
    const { weights } = looModelWeights(models);
    expect(weights.map(({ model }) => model)).toEqual(names);
    weights.forEach(({ weight }, k) => {
      expect(Math.abs(weight - (expected.stacking[k] ?? Number.NaN))).toBeLessThan(1e-4);
    });
  });

  it('by pseudo-BMA', () => {
    const { weights } = looModelWeights(models, { method: 'pseudo-bma' });
    weights.forEach(({ weight }, k) => {
      expect(weight).toBeCloseTo(expected.pseudobma[k] ?? Number.NaN, 9);
    });
  });

  it('as it is printed', () => {
    expect(String(looModelWeights(models)).split('\n')).toEqual([
      'Method: stacking',
      '------',
      expect.stringMatching(/^ +weight$/),
      expect.stringMatching(/^centred +0.000 *$/),
      expect.stringMatching(/^a longer name +0.605 *$/),
      expect.stringMatching(/^wide +0.395 *$/),
      expect.stringMatching(/^far +0.000 *$/),
    ]);
  });
});

describe('stacking', () => {
  it('gives models that are right about different rows the shares of these rows', () => {
    const right = [0, 0, 0, 0, 0, 0, 0, -40, -40, -40];
    const [first, second] = weightsOf([right, right.map((value) => -40 - value)]);
    expect(first).toBeCloseTo(0.7, 12);
    expect(second).toBeCloseTo(0.3, 12);
  });

  it('shares a weight between equal models, and finds the better of two', () => {
    const one = [-1, -2, -1.5, -3];
    weightsOf([one, one, one]).forEach((weight) => {
      expect(weight).toBeCloseTo(1 / 3, 9);
    });
    expect(weightsOf([one, one.map((value) => value - 0.1)])).toEqual([1, expect.closeTo(0, 9)]);
  });

  const densities = fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 30 }))
    .chain(([models, rows]) =>
      fc.array(
        fc.array(fc.double({ min: -30, max: 2, noNaN: true }), {
          minLength: rows,
          maxLength: rows,
        }),
        { minLength: models, maxLength: models },
      ),
    );
  it('meets the conditions of an optimum: no weight can be raised with profit', () => {
    fc.assert(
      fc.property(densities, (elpd) => {
        const weights = weightsOf(elpd);
        expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
        const rows = elpd[0]?.length ?? 0;
        const slopes = elpd.map((own) =>
          own.reduce((sum, value, i) => {
            const mixture = elpd.reduce(
              (total, other, k) => total + (weights[k] ?? 0) * Math.exp((other[i] ?? 0) - value),
              0,
            );
            return sum + 1 / mixture / rows;
          }, 0),
        );
        slopes.forEach((slope, k) => {
          expect(weights[k]).toBeGreaterThanOrEqual(0);
          expect(slope).toBeLessThan(1 + 1e-8);
          if ((weights[k] ?? 0) > 1e-3) expect(slope).toBeCloseTo(1, 5);
        });
      }),
      { seed: 2025, numRuns: 200 },
    );
  });
});

describe('pseudo-BMA+', () => {
  it('is between pseudo-BMA and equal weights, and the same for a seed', () => {
    const better = Array.from({ length: 40 }, (_, i) => -1 + Math.sin(5 * i));
    const models = [better.map((value, i) => value + 0.1 + Math.cos(3 * i)), better];
    const [plain = 0] = weightsOf(models, { method: 'pseudo-bma' });
    const [averaged = 0] = weightsOf(models, { method: 'pseudo-bma+' });
    expect(averaged).toBeGreaterThan(0.5);
    expect(averaged).toBeLessThan(plain);
    expect(weightsOf(models, { method: 'pseudo-bma+', seed: 2025 })[0]).toBe(averaged);
    expect(weightsOf(models, { method: 'pseudo-bma+', seed: 1 })[0]).not.toBe(averaged);
  });

  it('averages, of two rows, over a uniform share', () => {
    // n Σ a (elpd1 − elpd2) = 2 (a d − (1 − a) d) = 2 d (2 a − 1), a uniform: by symmetry 1/2 each; with d = 1 on
    // the first row alone, E logistic(2 a) = ∫ = log((1 + e²) / 2) / 2.
    const [first = 0] = weightsOf(
      [
        [0, 0],
        [-1, 0],
      ],
      { method: 'pseudo-bma+', replications: 100_000 },
    );
    // The sd of logistic(2 a) is below 0.12, so that five standard errors are 0.002.
    expect(Math.abs(first - Math.log((1 + Math.exp(2)) / 2) / 2)).toBeLessThan(0.002);
  });
});

describe('looModelWeights', () => {
  it('refuses what it cannot average', () => {
    const one = criteria([[-1, -2]]);
    expect(() => looModelWeights(one)).toThrow(/^there is 1 model to average: expected at least/);
    const two = criteria([
      [-1, -2],
      [-2, -1],
    ]);
    const any = looModelWeights as (...given: readonly unknown[]) => unknown;
    expect(() => any(two, { method: 'bma' })).toThrow(
      /^method is bma, but must be one of stacking/,
    );
    expect(() => any(two, { replications: 0 })).toThrow(/^replications is 0, but must be a whole/);
    expect(() => any(two, { BB: true })).toThrow(/no option 'BB' of looModelWeights/);
    expect(() => any({ a: 1, b: 2 })).toThrow(
      /^'a' is not what loo\(\), waic\(\) or kfold\(\) of a fit gives/,
    );
  });
});
