/**
 * Gaussian regressions whose group effects are integrated out, against the multivariate normal of
 * their outcomes, against quadrature over the effects, and the effects drawn afterwards against
 * their conditional distribution.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussianMultilevel } from '../../../models/multilevel/gaussian.js';
import { groupFactors } from '../../../models/multilevel/rows.js';
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { etaOf, reportedLayout } from '../../../models/reported-parameters.js';
import {
  cholesky,
  solveLower,
  solveLowerTransposed,
} from '../../../src/linear-algebra/cholesky.js';
import { randomStream } from '../../../src/random/stream.js';
import {
  covariancesOf,
  gradientError,
  type Layout,
  layouts,
  logPrior,
  normalLogDensity,
  plainLogDensity,
  positionOf,
  reportedAt,
  specificationOf,
} from './support.js';

const gaussians = layouts.map(
  (layout): Layout => ({ ...layout, family: { family: 'gaussian', link: 'identity' } }),
);

/** Terms over the factor that is integrated out, and the others. */
function termsOf({ data }: RegressionSpecification) {
  const factors = groupFactors(data.groups, data.rows);
  const last = factors[factors.length - 1].terms.map(({ term }) => term);
  return { last, others: data.groups.map((_, t) => t).filter((t) => !last.includes(t)) };
}

/** Places of the effects of terms among the reported parameters. */
function effectPlaces(specification: RegressionSpecification, terms: readonly number[]): number[] {
  const { groupEffects } = reportedLayout(specification);
  return terms.flatMap((t) => {
    const { coefficients, levels } = specification.data.groups[t];
    return Array.from(
      { length: coefficients.length * levels.length },
      (_, at) => groupEffects[t] + at,
    );
  });
}

/** Residuals y − η without the effects of `terms`, and the covariance of y given the rest. */
function marginal(
  specification: RegressionSpecification,
  terms: readonly number[],
  reported: Float64Array,
) {
  const { data } = specification;
  const { rows } = data;
  const rest = reported.slice();
  for (const place of effectPlaces(specification, terms)) rest[place] = 0;
  const eta = new Float64Array(rows);
  etaOf(specification)(rest, eta);
  const residuals = data.outcomes.map((y, i) => y - eta[i]);
  const sigma = reported[reportedLayout(specification).auxiliary];
  const covariance = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) covariance[i * (rows + 1)] = sigma * sigma;
  const covariances = covariancesOf(specification, reported);
  for (const t of terms) {
    const { coefficients, values, levelOf } = data.groups[t];
    const size = coefficients.length;
    for (let at = 0; at < rows * rows * size * size; at++) {
      const [i, j] = [Math.floor(at / (rows * size * size)), Math.floor(at / (size * size)) % rows];
      const [a, b] = [Math.floor(at / size) % size, at % size];
      if (levelOf[i] !== levelOf[j]) continue;
      covariance[i * rows + j] +=
        values[i * size + a] * covariances[t][a * size + b] * values[j * size + b];
    }
  }
  return { residuals, covariance };
}

describe('a Gaussian regression with its group effects integrated out', () => {
  it('has the gradient that differences have', () => {
    fc.assert(
      fc.property(gaussians, (layout) => {
        const model = gaussianMultilevel(specificationOf(layout));
        // Rounding over the step of the differences is 1e-12, many times over.
        expect(gradientError(model, positionOf(model, layout.seed))).toBeLessThan(1e-6);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('has the density of the multivariate normal that its outcomes have', () => {
    fc.assert(
      fc.property(gaussians, (layout) => {
        const specification = specificationOf(layout);
        const { data } = specification;
        const model = gaussianMultilevel(specification);
        const { last, others } = termsOf(specification);
        const { groupEffects } = reportedLayout(specification);
        const places = [
          ...Array.from({ length: groupEffects[0] }, (_, place) => place),
          ...effectPlaces(specification, others),
        ];
        expect(places.length).toBe(model.dimension);
        const rest = [1, 2].map((which) => {
          const position = positionOf(model, layout.seed, which);
          const { reported, logJacobian } = reportedAt(model, position, places);
          const { residuals, covariance } = marginal(specification, last, reported);
          let expected =
            normalLogDensity(residuals, covariance) + logPrior(specification, reported);
          const covariances = covariancesOf(specification, reported);
          for (const t of others) {
            const { levels, coefficients } = data.groups[t];
            for (let level = 0; level < levels.length; level++) {
              const u = Float64Array.from(
                coefficients,
                (_, c) => reported[groupEffects[t] + c * levels.length + level],
              );
              expected += normalLogDensity(u, covariances[t]);
            }
          }
          const gradient = new Float64Array(model.dimension);
          return model.logDensity(position, gradient) - expected - logJacobian;
        });
        expect(Math.abs(rest[0] - rest[1])).toBeLessThan(1e-5 * (1 + Math.abs(rest[0])));
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it('has the density that quadrature over two effects gives', () => {
    const specification = twoLevels();
    const model = gaussianMultilevel(specification);
    const { groupEffects, sds } = reportedLayout(specification);
    const places = Array.from({ length: groupEffects[0] }, (_, place) => place);
    const rest = [1, 2].map((which) => {
      const position = positionOf(model, 'quadrature', which);
      const { reported, logJacobian } = reportedAt(model, position, places);
      // The trapezoid rule over ±8 sd: of a smooth density it errs by less than exp(−100).
      const step = reported[sds] / 5;
      let sum = 0;
      for (let a = -40; a <= 40; a++) {
        for (let b = -40; b <= 40; b++) {
          reported[groupEffects[0]] = a * step;
          reported[groupEffects[0] + 1] = b * step;
          sum += Math.exp(plainLogDensity(specification, reported)) * step * step;
        }
      }
      const gradient = new Float64Array(model.dimension);
      return model.logDensity(position, gradient) - Math.log(sum) - logJacobian;
    });
    expect(Math.abs(rest[0] - rest[1])).toBeLessThan(1e-6);
  });

  it('draws effects from their distribution given the parameters', () => {
    const specification = specificationOf({
      family: { family: 'gaussian', link: 'identity' },
      rows: 16,
      slopes: 1,
      intercept: true,
      offset: true,
      terms: [
        { factor: 0, coefficients: 2, correlated: true },
        { factor: 0, coefficients: 1, correlated: false },
      ],
      seed: 7,
    });
    // The second term has a slope, not another intercept.
    specification.data.groups[1].values.set(specification.data.predictors.values);
    const model = gaussianMultilevel(specification);
    const position = positionOf(model, 'effects');
    const terms = [0, 1];
    const places = effectPlaces(specification, terms);
    const draws = 20_000;
    const random = randomStream('effects');
    const reported = new Float64Array(model.parameterNames.length);
    const sums = new Float64Array(places.length);
    const products = new Float64Array(places.length ** 2);
    const { mean, covariance } = conditional(specification, model, position, terms);
    for (let draw = 0; draw < draws; draw++) {
      model.constrain?.(position, reported, random);
      const apart = places.map((place, a) => reported[place] - mean[a]);
      apart.forEach((x, a) => {
        sums[a] += x / draws;
        apart.forEach((y, b) => {
          products[a * places.length + b] += (x * y) / draws;
        });
      });
    }
    // 12 means and 78 covariances beyond 4.8 standard errors: a false alarm once in 7,000 seeds.
    const n = places.length;
    for (let a = 0; a < n; a++) {
      const variance = covariance[a * (n + 1)];
      expect(Math.abs(sums[a])).toBeLessThan(4.8 * Math.sqrt(variance / draws));
      for (let b = 0; b <= a; b++) {
        const c = covariance[a * n + b];
        const error = Math.sqrt((variance * covariance[b * (n + 1)] + c * c) / draws);
        expect(Math.abs(products[a * n + b] - c)).toBeLessThan(4.8 * error);
      }
    }
  });

  it('keeps its digits where outcomes are far from zero', () => {
    const layout: Layout = {
      family: { family: 'gaussian', link: 'identity' },
      rows: 16,
      slopes: 1,
      intercept: true,
      offset: false,
      terms: [{ factor: 0, coefficients: 1, correlated: false }],
      seed: 9,
    };
    const near = specificationOf(layout);
    const outcomes = near.data.outcomes.map((y) => Math.round(1024 * y) / 1024);
    const flat = { distribution: 'flat' } as const;
    const at = (shift: number) =>
      gaussianMultilevel({
        ...near,
        data: { ...near.data, outcomes: outcomes.map((y) => y + shift) },
        priors: { ...near.priors, intercept: flat },
      });
    const [here, far] = [at(0), at(2 ** 30)];
    const position = positionOf(here, 'far');
    const gradient = new Float64Array(here.dimension);
    // 2^30 leaves 23 bits below the point, beneath which the mean is rounded.
    const difference = here.logDensity(position, gradient) - far.logDensity(position, gradient);
    expect(Math.abs(difference)).toBeLessThan(1e-4);
  });
});

function twoLevels(): RegressionSpecification {
  const specification = specificationOf({
    family: { family: 'gaussian', link: 'identity' },
    rows: 12,
    slopes: 0,
    intercept: true,
    offset: false,
    terms: [{ factor: 0, coefficients: 1, correlated: false }],
    seed: 5,
  });
  const [group] = specification.data.groups;
  const levelOf = group.levelOf.map((level) => level % 2);
  return {
    ...specification,
    data: { ...specification.data, groups: [{ ...group, levels: ['a', 'b'], levelOf }] },
  };
}

/** normal(Σ Zᵀ V⁻¹ r, Σ − Σ Zᵀ V⁻¹ Z Σ) of the effects of terms, by the whole covariance V of y. */
function conditional(
  specification: RegressionSpecification,
  model: ReturnType<typeof gaussianMultilevel>,
  position: Float64Array,
  terms: readonly number[],
) {
  const { data } = specification;
  const reported = new Float64Array(model.parameterNames.length);
  model.constrain?.(position, reported, randomStream('any'));
  const { residuals, covariance } = marginal(specification, terms, reported);
  const covariances = covariancesOf(specification, reported);
  const effects = terms.flatMap((t) => {
    const { coefficients, levels } = data.groups[t];
    return coefficients.flatMap((_, c) => levels.map((_, level) => ({ t, c, level })));
  });
  /** Cov(y, effect): a column an effect. */
  const columns = effects.map(({ t, c, level }) => {
    const { values, levelOf, coefficients } = data.groups[t];
    const size = coefficients.length;
    return Float64Array.from({ length: data.rows }, (_, i) => {
      if (levelOf[i] !== level) return 0;
      return coefficients.reduce(
        (sum, _, m) => sum + values[i * size + m] * covariances[t][m * size + c],
        0,
      );
    });
  });
  const lower = cholesky(covariance, data.rows) ?? new Float64Array(0);
  const solved = columns.map((column) => {
    const copy = column.slice();
    solveLower(lower, copy);
    solveLowerTransposed(lower, copy);
    return copy;
  });
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const n = effects.length;
  const mean = solved.map((column) => dot(column, residuals));
  const result = Float64Array.from({ length: n * n }, (_, at) => {
    const [a, b] = [effects[Math.floor(at / n)], effects[at % n]];
    const size = data.groups[a.t].coefficients.length;
    const prior = a.t === b.t && a.level === b.level ? covariances[a.t][a.c * size + b.c] : 0;
    return prior - dot(columns[Math.floor(at / n)], solved[at % n]);
  });
  return { mean, covariance: result };
}
