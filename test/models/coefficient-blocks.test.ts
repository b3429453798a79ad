/**
 * Regressions whose coefficients are a function of other parameters: densities and gradients of every kind of block,
 * with and without group effects and several linear predictors; what terms report; simplexes by their shares.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharePriors } from '../../models/coefficient-blocks/simplex.js';
import { termFunction } from '../../models/coefficient-blocks.js';
import { priorDensity } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { regressionModel } from '../../models/regression-model.js';
import { etaOf, reportedNames } from '../../models/reported-parameters.js';
import { randomStream } from '../../src/random/stream.js';
import { prepare } from '../../src/regression/prepare.js';
import { parsePrior } from '../../src/regression/priors/prior-text.js';

/** 30 rows with an ordered predictor x from 1 to 4 and levels of two groups. */
function rows() {
  const random = randomStream('blocks');
  const x = Array.from({ length: 30 }, (_, i) => 1 + ((i * 7) % 4));
  const z = x.map(() => random.normal());
  const w = x.map(() => random.normal());
  const y = x.map((value, i) => 0.4 * value + (z[i] ?? 0) + random.normal());
  return {
    x,
    z,
    w,
    y,
    g: x.map((_, i) => `g${i % 5}`),
    h: x.map((_, i) => `h${(i * 3) % 8}`),
    one: y.map((value) => Number(value > 1)),
    rating: y.map((value) => (value < 0.5 ? 1 : value < 1.5 ? 2 : 3)),
  };
}

const families = {
  y: { family: 'gaussian', link: 'identity' },
  one: { family: 'bernoulli', link: 'logit' },
  rating: { family: 'cumulative', link: 'logit' },
} as const;

/** Each with priors of its parameters. */
const shrinkage: readonly (readonly string[])[] = [
  ['horseshoe(3, scale_global = 0.7) class=b'],
  ['R2D2(0.3, 3, c(1, 0.5, 2)) class=b'],
  ['normal(0.5, tau) class=b', 'student_t(3, 0, 1) class=scale coef=tau'],
  [
    'student_t(4, 0, tau) class=b',
    'normal(0, 2) class=b coef=w',
    'exponential(1) class=scale coef=tau',
  ],
];

/** Right sides, and priors of class b. */
const situations: readonly (readonly [string, readonly string[]])[] = [
  ...shrinkage.map((prior) => ['z * w', prior] as const),
  ['mo(x)', []],
  ['mo(x) * z + w', ['normal(0, 2) class=b', 'dirichlet(c(2, 1, 0.5)) class=simo coef=mox1']],
];

function specificationOf(
  outcome: keyof typeof families,
  right: string,
  prior: readonly string[],
): RegressionSpecification {
  const formula = right.startsWith('bf(') ? right : `${outcome} ~ ${right}`;
  const asked = { formula, family: families[outcome], data: rows() };
  return prepare({ ...asked, prior: prior.map(parsePrior) }).specification;
}

const cases = [
  ...situations.flatMap(([right, prior]) =>
    (['y', 'one', 'rating'] as const).flatMap((outcome) =>
      ['', ' + (1 | g)', ' + (1 + z | g) + (1 | h)'].map(
        (groups) => [outcome, right + groups, prior] as const,
      ),
    ),
  ),
  ...situations.map(
    ([right, prior]) => ['y', `bf(y ~ ${right} + (1 | g), sigma ~ mo(x) + z)`, prior] as const,
  ),
];

describe('the density of a regression with blocks', () => {
  it.each(cases)('has the gradient that differences find: %s ~ %s', (outcome, right, prior) => {
    const model = regressionModel(specificationOf(outcome, right, prior));
    const { dimension } = model;
    const at = (position: Float64Array) => model.logDensity(position, new Float64Array(dimension));
    const coordinates = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(coordinates, { minLength: dimension, maxLength: dimension }),
        (drawn) => {
          const position = Float64Array.from(drawn);
          const gradient = new Float64Array(dimension);
          const value = model.logDensity(position, gradient);
          expect(value).toBe(at(position));
          position.forEach((x, i) => {
            const moved = (step: number) => {
              const next = position.slice();
              next[i] = x + step;
              return at(next);
            };
            const difference = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            const error = Math.abs((gradient[i] ?? Number.NaN) - difference);
            expect(error).toBeLessThan(1e-4 * (1 + Math.abs(difference) + 1e-3 * Math.abs(value)));
          });
        },
      ),
      { seed: 1, numRuns: 5 },
    );
  });
});

/** log p of a Dirichlet vector, by its definition. */
function dirichletDensity(concentration: readonly number[], shares: readonly number[]): number {
  // Up to a constant, which differences of densities do not have.
  return shares.reduce((sum, share, l) => sum + ((concentration[l] ?? 0) - 1) * Math.log(share), 0);
}

describe('monotonic effects', () => {
  const concentrations = fc.array(fc.double({ min: 0.3, max: 5, noNaN: true }), {
    minLength: 2,
    maxLength: 6,
  });

  it('have shares with the density of a Dirichlet vector', () => {
    fc.assert(
      fc.property(
        concentrations,
        fc.infiniteStream(fc.double({ min: 0.05, max: 0.95, noNaN: true })),
        (concentration, stream) => {
          const count = concentration.length;
          const { report } = termFunction({ kind: 'monotonic', name: 'mox', columns: count });
          const priors = sharePriors(concentration).map(priorDensity);
          /** Density of the shares ζ less that of the Dirichlet distribution: v_l has dζ_l/dv_l = what is left. */
          const excess = () => {
            const own = Float64Array.of(
              1,
              ...Array.from({ length: count - 1 }, () => stream.next().value ?? 0.5),
            );
            const reported = new Float64Array(count + 1);
            const none = new Float64Array(0);
            report({ own, further: none, sigma: none }, none, reported);
            const shares = [...reported.subarray(1)];
            expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
            let left = 1;
            let density = 0;
            priors.forEach((prior, l) => {
              density += prior.logDensity(own[l + 1] ?? 0) - Math.log(left);
              left -= shares[l] ?? 0;
            });
            return density - dirichletDensity(concentration, shares);
          };
          expect(excess()).toBeCloseTo(excess(), 8);
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  it('report what gives their coefficients back, and the linear predictor of their rows', () => {
    const specification = specificationOf('y', 'mo(x) * z + w + (1 | g)', []);
    const model = regressionModel(specification);
    const names = reportedNames(specification);
    const reported = new Float64Array(names.length);
    const random = randomStream('reports');
    const position = Float64Array.from({ length: model.dimension }, () => random.normal());
    model.constrain?.(position, reported, random);
    const value = (name: string) => reported[names.indexOf(name)] ?? Number.NaN;
    const eta = new Float64Array(30);
    etaOf(specification)(reported, eta);
    const { x, z, w, g } = rows();
    /** Equation 2 of Bürkner and Charpentier (2020). */
    const mo = (name: string, steps: number) => {
      let sum = 0;
      for (let l = 1; l <= steps; l++) sum += value(`simo_${name}1[${l}]`);
      return 3 * value(`bsp_${name}`) * sum;
    };
    x.forEach((level, i) => {
      const [zi = 0, wi = 0] = [z[i], w[i]];
      const expected =
        value('b_Intercept') +
        value('b_z') * zi +
        value('b_w') * wi +
        mo('mox', level - 1) +
        mo('mox:z', level - 1) * zi +
        value(`r_g[${g[i]},Intercept]`);
      expect(eta[i]).toBeCloseTo(expected, 10);
    });
  });
});
