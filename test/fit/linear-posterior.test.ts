/** The exact posterior of slopes against closed forms, integration by brute force, and sampling. */
import normalCdf from '@stdlib/stats-base-dists-normal-cdf';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priorDensity } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { isWeighbridgeError } from '../../src/errors.js';
import { type LinearPosterior, linearPosterior } from '../../src/fit/linear-posterior.js';
import { runHere } from '../../src/fit/run.js';
import { meanOf } from '../../src/linear-algebra/sums.js';
import { essQuantile, mcseMean, mcseSd } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { mcseQuantile } from '../../src/posterior/mcse-quantile.js';
import { randomStream } from '../../src/random/stream.js';
import {
  type LinearRegressionOptions,
  linearSpecification,
  logisticSpecification,
  toRows,
} from '../../src/regression/columns.js';
import { flat, normal, studentT } from '../../src/regression/priors/constructors.js';

/** y = 1 + Σ ½ x_j + noise · normal, with correlated columns x1, x2 … */
function linearData(seed: number, rows: number, columns: number, noise = 1) {
  const random = randomStream('linear data', seed);
  const common = Array.from({ length: rows }, () => random.normal());
  const predictors = Object.fromEntries(
    Array.from({ length: columns }, (_, j) => [
      `x${j + 1}`,
      common.map((value) => 0.5 * value + random.normal()),
    ]),
  );
  const outcome = common.map(
    (_, i) =>
      1 +
      Object.values(predictors).reduce((sum, column) => sum + 0.5 * (column[i] ?? 0), 0) +
      noise * random.normal(),
  );
  return { outcome, predictors };
}

function specificationOf(
  data: ReturnType<typeof linearData>,
  priors: LinearRegressionOptions = {},
): RegressionSpecification {
  return linearSpecification(toRows(data), data.outcome, priors);
}

function posteriorOf(specification: RegressionSpecification): LinearPosterior {
  const posterior = linearPosterior(specification);
  if (!posterior) throw new Error('no exact posterior');
  return posterior;
}

const anyData = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  rows: fc.integer({ min: 5, max: 60 }),
  noise: fc.constantFrom(0.01, 0.5, 1, 4, 8),
});

describe('the exact posterior of slopes', () => {
  it('is Student’s t if all priors are flat', () => {
    fc.assert(
      fc.property(
        fc.record({ seed: fc.nat(1e6), rows: fc.integer({ min: 7, max: 60 }) }),
        ({ seed, rows }) => {
          const data = linearData(seed, rows, 2);
          const options = { interceptPrior: flat(), sigmaPrior: flat() };
          const { mean, sd, ...slope } = posteriorOf(specificationOf(data, options)).contrast({
            x1: 1,
            x2: -2,
          });
          const nu = rows - 4;
          const { estimate, error } = leastSquares(data, [1, -2], nu);
          expect(mean).toBeCloseTo(estimate, 10);
          expect(sd / (error * Math.sqrt(nu / (nu - 2)))).toBeCloseTo(1, nu > 4 ? 7 : 4);
          for (const t of [-6, -2, -0.3, 0, 1, 4]) {
            expect(slope.cdf(mean + t * error)).toBeCloseTo(tCdf(t, nu), 7);
          }
          const [low, high] = slope.hdi(0.9);
          expect(tCdf((high - mean) / error, nu)).toBeCloseTo(0.95, 8);
          expect(low + high).toBeCloseTo(2 * mean, 9);
        },
      ),
      { numRuns: 30, seed: 1 },
    );
  });

  it('equals integration by brute force, with default priors and others', () => {
    const priors = [
      {},
      { interceptPrior: normal(0, 1.5), sigmaPrior: normal(0, 2) },
      { interceptPrior: studentT(3, 0, 1), sigmaPrior: studentT(4, 0, 1) },
    ];
    fc.assert(
      fc.property(anyData, fc.constantFrom(...priors), ({ seed, rows, noise }, options) => {
        const data = linearData(seed, rows, 1, noise);
        const specification = specificationOf(data, options);
        const slope = posteriorOf(specification).contrast({ x1: 1 });
        const [low] = slope.hdi(0.95);
        const cdf = cdfByBruteForce(specification);
        for (const x of [low, slope.quantile(0.8), slope.mean + 0.3 * slope.sd]) {
          expect(slope.cdf(x)).toBeCloseTo(cdf(x), 7);
        }
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  it('equals integration by brute force where the prior of the intercept is narrow beside the data', () => {
    const { outcome, predictors } = linearData(6, 8, 1);
    const centred = outcome.map((value) => value - meanOf(outcome));
    // At these scales some of the mass of sigma is on either side of the wide rule's threshold.
    for (const scale of [0.002, 0.004, 0.008]) {
      const priors = { interceptPrior: studentT(3, 0, scale) };
      const specification = specificationOf({ outcome: centred, predictors }, priors);
      const slope = posteriorOf(specification).contrast({ x1: 1 });
      const cdf = cdfByBruteForce(specification, 0.001);
      for (const p of [0.025, 0.3]) expect(cdf(slope.quantile(p))).toBeCloseTo(p, 7);
    }
  });

  it('is where long chains settle: mean, sd and quantiles of a contrast', async () => {
    const specification = specificationOf(linearData(3, 12, 3));
    const weights = { x1: 1, x3: -0.5 };
    const exact = posteriorOf(specification).contrast(weights);
    const [fit] = await runHere([{ name: 'long', specification, keepDraws: true }], {
      draws: 20_000,
      seed: 1,
    });
    if (!fit?.draws) throw new Error('no draws');
    const { draws } = fit;
    const x3 = parameterDraws(draws, 'b_x3');
    const contrast = parameterDraws(draws, 'b_x1').map((value, i) => value - 0.5 * (x3[i] ?? 0));
    // Six comparisons at 4 standard errors: false alarms 1 in 2,600, were the seed not fixed.
    expect(Math.abs(meanOf(contrast) - exact.mean)).toBeLessThan(4 * mcseMean(contrast, 4));
    const sd = Math.sqrt(meanOf(contrast.map((value) => (value - exact.mean) ** 2)));
    expect(Math.abs(sd - exact.sd)).toBeLessThan(4 * mcseSd(contrast, 4));
    const ascending = contrast.slice().sort();
    for (const p of [0.025, 0.25, 0.75, 0.975]) {
      const found = ascending[Math.floor(p * ascending.length)] ?? Number.NaN;
      const error = mcseQuantile(contrast, 4, p);
      expect(essQuantile(contrast, 4, p)).toBeGreaterThan(1000);
      expect(Math.abs(found - exact.quantile(p))).toBeLessThan(4 * error);
    }
  });

  it('has a density, a cdf and quantiles that agree', () => {
    const { density, cdf, quantile, hdi, mean } = posteriorOf(
      specificationOf(linearData(4, 20, 2)),
    ).contrast({ x2: 3 });
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), (p) => {
        const x = quantile(p);
        expect(cdf(x)).toBeCloseTo(p, 10);
        const h = 1e-4;
        expect((cdf(x + h) - cdf(x - h)) / (2 * h)).toBeCloseTo(density(x), 5);
      }),
      { numRuns: 50, seed: 3 },
    );
    const [low, high] = hdi();
    expect(density(low)).toBeCloseTo(density(high), 10);
    expect(quantile(0.5)).toBe(mean);
  });

  it('follows the units of predictor and outcome', () => {
    const data = linearData(5, 15, 1);
    const options = (unit: number) => ({
      interceptPrior: studentT(3, 0, 2.5 * unit),
      sigmaPrior: studentT(3, 0, 2.5 * unit),
    });
    const scaled = {
      outcome: data.outcome.map((y) => 1e3 * y),
      predictors: { x1: (data.predictors.x1 ?? []).map((x) => 1e-2 * x) },
    };
    const [low, high] = posteriorOf(specificationOf(data, options(1)))
      .contrast({ x1: 1 })
      .hdi();
    const other = posteriorOf(specificationOf(scaled, options(1e3))).contrast({ x1: 1e-5 });
    expect(other.hdi()[0]).toBeCloseTo(low, 9);
    expect(other.hdi()[1]).toBeCloseTo(high, 9);
  });

  it('is null for models without this form', () => {
    const data = linearData(6, 10, 1);
    const binary = data.outcome.map((y) => (y > 0 ? 1 : 0));
    expect(linearPosterior(logisticSpecification(toRows(data), binary))).toBeNull();
    expect(linearPosterior(specificationOf(data, { slopePrior: normal(0, 1) }))).toBeNull();
    const far = { interceptPrior: studentT(3, 1e9, 1e-3) };
    expect(linearPosterior(specificationOf(data, far))).toBeNull();
  });

  it('refuses what sampling refuses: dependent columns, a perfect fit, unknown names', () => {
    const { outcome, predictors } = linearData(7, 10, 1);
    const x1 = predictors.x1 ?? [];
    const refused = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        if (isWeighbridgeError(error)) return error.code;
        throw error;
      }
      return 'accepted';
    };
    const double = { outcome, predictors: { x1, x2: x1.map((x) => 2 * x) } };
    expect(refused(() => linearPosterior(specificationOf(double)))).toBe('improper-posterior');
    const perfect = { outcome: x1.map((x) => 1 + x), predictors: { x1 } };
    expect(refused(() => linearPosterior(specificationOf(perfect)))).toBe('improper-posterior');
    const slopes = posteriorOf(specificationOf({ outcome, predictors }));
    expect(refused(() => slopes.contrast({ x7: 1 }))).toBe('bad-argument');
    expect(refused(() => slopes.contrast({ x1: 0 }))).toBe('bad-argument');
  });
});

/** cᵀβ̂ and its standard error with `nu` degrees of freedom, for two columns. */
function leastSquares(
  { outcome, predictors }: ReturnType<typeof linearData>,
  [c1, c2]: readonly [number, number],
  nu: number,
) {
  const centred = (values: readonly number[]) => values.map((value) => value - meanOf(values));
  const product = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  const [y, x1, x2] = [outcome, predictors.x1 ?? [], predictors.x2 ?? []].map(centred) as [
    number[],
    number[],
    number[],
  ];
  const [a, b, d] = [product(x1, x1), product(x1, x2), product(x2, x2)];
  const [e, f] = [product(x1, y), product(x2, y)];
  const determinant = a * d - b * b;
  const b1 = (d * e - b * f) / determinant;
  const b2 = (a * f - b * e) / determinant;
  const residual = product(y, y) - b1 * e - b2 * f;
  const variance = (c1 * c1 * d - 2 * c1 * c2 * b + c2 * c2 * a) / determinant;
  return { estimate: c1 * b1 + c2 * b2, error: Math.sqrt((variance * residual) / nu) };
}

/** P(slope ≤ x | y) of one predictor, summed over a fine grid of σ and α. */
function cdfByBruteForce(
  { data, priors }: RegressionSpecification,
  step = 0.02,
): (x: number) => number {
  const { rows, outcomes, predictors } = data;
  const mean = meanOf(predictors.values);
  const centred = predictors.values.map((value) => value - mean);
  const g = centred.reduce((sum, value) => sum + value * value, 0);
  const slope = centred.reduce((sum, value, i) => sum + value * (outcomes[i] ?? 0), 0) / g;
  const middle = meanOf(outcomes);
  const residual = outcomes.reduce(
    (sum, y, i) => sum + (y - middle - slope * (centred[i] ?? 0)) ** 2,
    0,
  );
  if (!priors.intercept || !priors.auxiliary[0]) throw new Error('no priors');
  const ofIntercept = priorDensity(priors.intercept);
  const ofSigma = priorDensity(priors.auxiliary[0]);
  const scale = Math.sqrt(residual / rows);
  const sigmas = Array.from({ length: 560 }, (_, i) => scale * Math.exp(-2 + 0.025 * i));
  const weights = sigmas.map((sigma) => {
    const width = sigma / Math.sqrt(rows);
    let inner = 0;
    // α = middle + width sinh v, with its Jacobian.
    for (let v = -3.5; v < 3.5; v += step) {
      const z = Math.sinh(v);
      const prior = Math.exp(ofIntercept.logDensity(middle + width * z));
      inner += prior * Math.exp(-0.5 * z * z) * width * Math.cosh(v);
    }
    const likelihood = Math.exp(-residual / 2 / (sigma * sigma)) * (sigma / scale) ** (1 - rows);
    return Math.exp(ofSigma.logDensity(sigma)) * likelihood * inner * sigma;
  });
  const total = weights.reduce((sum, weight) => sum + weight);
  return (x) =>
    sigmas.reduce(
      (sum, sigma, i) =>
        sum + ((weights[i] ?? 0) / total) * normalCdf(x, slope, sigma / Math.sqrt(g)),
      0,
    );
}
