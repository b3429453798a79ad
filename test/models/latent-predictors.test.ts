/**
 * Regressions with predictors that are not known exactly against their density written down plainly, as brms' Stan
 * code has it, in the parameters that are reported.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priorDensity } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { regressionModel } from '../../models/regression-model.js';
import { cholesky, logDeterminant, solveLower } from '../../src/linear-algebra/cholesky.js';
import { randomStream } from '../../src/random/stream.js';
import { prepare } from '../../src/regression/prepare.js';
import { gradientError, positionOf, reportedAt } from './multilevel/support.js';

const formulas = [
  ['y ~ me(x, s) + z', 'gaussian'],
  ['y ~ me(x, s) * z', 'bernoulli'],
  ['y ~ 0 + me(x, s):f + z', 'gaussian'],
  ['y ~ me(x, s) + me(w, t)', 'gaussian'],
  ['bf(y ~ me(x, s) + me(w, t)) + set_mecor(FALSE)', 'bernoulli'],
  ['y ~ me(lx, ls, gr = f)', 'gaussian'],
  ['bf(y ~ mi(m) * z) + bf(m | mi() ~ z + f)', 'gaussian'],
  ['bf(y ~ mi(m) + me(x, s)) + bf(m | mi(t) ~ 1)', 'bernoulli'],
] as const;

const rows = 12;

function specificationOf(
  [formula, family]: (typeof formulas)[number],
  seed: number,
): RegressionSpecification {
  const random = randomStream('latents', seed);
  const normals = (count = rows) => Array.from({ length: count }, () => random.normal());
  const errors = () => normals().map((value) => Math.exp(value - 0.5));
  const f = Array.from({ length: rows }, (_, i) => 'abc'[i % 3]);
  const ofLevel = (values: number[]) => f.map((level) => values['abc'.indexOf(level)]);
  const y = normals();
  return prepare({
    formula,
    family,
    data: {
      y: family === 'gaussian' ? y : y.map((value) => Number(value > 0)),
      ...{ x: normals(), s: errors(), w: normals(), t: errors(), z: normals(), f },
      m: normals().map((value, i) => (i % 4 === 1 ? null : value)),
      lx: ofLevel(normals(3)),
      ls: ofLevel([0.5, 0.7, 2]),
    },
    prior: [
      ...(formula.includes('me(')
        ? ['normal(0, 2) class=meanme', 'exponential(1) class=sdme']
        : []),
      ...(formula === 'y ~ me(x, s) + me(w, t)' ? ['lkj(1.7) class=corme'] : []),
      'normal(0, 1) class=b',
    ],
  }).specification;
}

const normal = (x: number, mean: number, sd: number) =>
  -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd);

/** The log density of reported parameters up to a constant, as brms' Stan code has it; the intercept as prior at the means of exact predictors. */
function plainLogDensity(
  { data, priors, family }: RegressionSpecification,
  names: readonly string[],
  reported: Float64Array,
): number {
  const at = (name: string) => {
    const place = names.indexOf(name);
    if (place < 0) throw new RangeError(`no ${name}`);
    return reported[place];
  };
  const { latents, predictors, intercept } = data;
  if (!latents || !priors.latents) throw new RangeError('no latent predictors');
  const width = predictors.names.length;
  let value = 0;
  const add = (prior: Parameters<typeof priorDensity>[0], x: number) => {
    value += priorDensity(prior).logDensity(x);
  };
  const values = latents.variables.map((variable, k) => {
    const isNoisy = variable.kind === 'noisy';
    const { name } = variable;
    const own = priors.latents?.variables[k];
    const sd = at(isNoisy ? `sdme_${name}` : `sigma_${name}`);
    const alpha = at(isNoisy ? `meanme_${name}` : `b_${name}_Intercept`);
    const gammas = variable.predictors.names.map((column) => at(`b_${name}_${column}`));
    const count = gammas.length;
    const column = (j: number) =>
      Array.from(variable.observed, (_, unit) => variable.predictors.values[unit * count + j]);
    const atMeans = gammas.reduce(
      (sum, gamma, j) => sum + (gamma * column(j).reduce((a, b) => a + b, 0)) / column(j).length,
      alpha,
    );
    if (own?.intercept) add(own.intercept, atMeans);
    gammas.forEach((gamma, j) => {
      if (own) add(own.coefficients[j], gamma);
    });
    if (own) add(own.sd, sd);
    return Array.from(variable.observed, (observed, unit) => {
      const error = variable.errors[unit];
      const label = variable.labels?.[unit] ?? String(unit + 1);
      const latent = error === 0 ? observed : at(`${isNoisy ? 'Xme' : 'Ymi'}_${name}[${label}]`);
      if (error > 0 && Number.isFinite(error)) value += normal(observed, latent, error);
      const mean = gammas.reduce((sum, gamma, j) => sum + gamma * column(j)[unit], alpha);
      const isAlone = priors.latents?.correlation === null || !isNoisy;
      if (isAlone) value += normal(latent, mean, sd);
      return latent;
    });
  });
  if (priors.latents.correlation !== null) {
    const [a, b] = latents.variables;
    const [sa, sb] = [at(`sdme_${a.name}`), at(`sdme_${b.name}`)];
    const cor = at(`corme__${a.name}__${b.name}`);
    const lower = cholesky(Float64Array.of(sa * sa, cor * sa * sb, cor * sa * sb, sb * sb), 2);
    if (lower === null) throw new RangeError('no covariance');
    value += (priors.latents.correlation - 1) * Math.log(1 - cor * cor);
    values[0].forEach((latent, unit) => {
      const e = Float64Array.of(
        latent - at(`meanme_${a.name}`),
        values[1][unit] - at(`meanme_${b.name}`),
      );
      solveLower(lower, e);
      value -= 0.5 * (e[0] * e[0] + e[1] * e[1]) + 0.5 * logDeterminant(lower, 2);
    });
  }
  const special = new Map(latents.terms.map((term) => [term.column, term]));
  const slopes = predictors.names.map((name, j) => at(`${special.has(j) ? 'bsp' : 'b'}_${name}`));
  slopes.forEach((slope, j) => {
    add(priors.coefficients[j], slope);
  });
  const start = intercept ? at('b_Intercept') : 0;
  const mean = (j: number) =>
    Array.from({ length: data.rows }, (_, i) => predictors.values[i * width + j]).reduce(
      (sum, x) => sum + x / data.rows,
      0,
    );
  if (priors.intercept) {
    add(
      priors.intercept,
      slopes.reduce((sum, slope, j) => sum + (special.has(j) ? 0 : slope * mean(j)), start),
    );
  }
  if (family.family === 'gaussian') add(priors.auxiliary[0], at('sigma'));
  for (let i = 0; i < data.rows; i++) {
    const eta = slopes.reduce((sum, slope, j) => {
      const term = special.get(j);
      if (!term) return sum + slope * predictors.values[i * width + j];
      const { unitOf } = latents.variables[term.variable];
      return sum + slope * term.factors[i] * values[term.variable][unitOf[i]];
    }, start);
    const y = data.outcomes[i];
    value +=
      family.family === 'gaussian'
        ? normal(y, eta, at('sigma'))
        : y * eta - Math.log1p(Math.exp(eta));
  }
  return value;
}

const cases = fc.record({
  formula: fc.constantFrom(...formulas),
  seed: fc.integer({ min: 1, max: 1000 }),
});

describe('a regression with predictors that are not known exactly', () => {
  it('has the gradient that differences have', () => {
    fc.assert(
      fc.property(cases, ({ formula, seed }) => {
        const model = regressionModel(specificationOf(formula, seed));
        expect(gradientError(model, positionOf(model, seed))).toBeLessThan(1e-6);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it('has the density of its reported parameters times the Jacobian of the map to them', () => {
    fc.assert(
      fc.property(cases, ({ formula, seed }) => {
        const specification = specificationOf(formula, seed);
        const model = regressionModel(specification);
        const gradient = new Float64Array(model.dimension);
        const places = model.parameterNames.map((_, place) => place);
        expect(places.length).toBe(model.dimension);
        const rest = [1, 2].map((which) => {
          const position = positionOf(model, seed, which);
          const { reported, logJacobian } = reportedAt(model, position, places);
          const plain = plainLogDensity(specification, model.parameterNames, reported);
          return model.logDensity(position, gradient) - plain - logJacobian;
        });
        expect(Math.abs(rest[0] - rest[1])).toBeLessThan(1e-5 * (1 + Math.abs(rest[0])));
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  it('is plain data, from which a worker makes the same model', () => {
    for (const formula of formulas) {
      const specification = specificationOf(formula, 7);
      const own = regressionModel(specification);
      const other = regressionModel(structuredClone(specification));
      const position = positionOf(own, 3);
      const gradient = new Float64Array(own.dimension);
      expect(other.parameterNames).toEqual(own.parameterNames);
      expect(other.logDensity(position, gradient)).toBe(own.logDensity(position, gradient));
    }
  });
});
