/**
 * Families of a user's own: the house's families stated again as expressions must have their densities, derivatives
 * and fits; a family that the house lacks goes through every method, is calibrated, saved and sent to threads.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workerPool } from 'weighbridge/node';
import type { Family, FamilyName, LinkName } from '../../models/families/family.js';
import { linksOf, responseDistribution, responseFamily } from '../../models/families/index.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { calibrateRegression } from '../../src/index.js';
import { randomStream } from '../../src/random/stream.js';
import { type CustomFamilyOptions, customFamily } from '../../src/regression/custom-family.js';
import { fitFromData, regression } from '../../src/regression/regression.js';
import { hasTrials } from '../models/families/examples.js';
import { powered } from '../support/deep.js';

const positive = { lower: 0, prior: 'exponential(1)' } as const;

const gumbelOptions: CustomFamilyOptions = {
  name: 'gumbel',
  parameters: { beta: { lower: 0, prior: 'gamma(4, 4)' } },
  where: { z: '(y - mu) / beta' },
  logDensity: '-z - exp(-z) - log(beta)',
  mean: 'mu + 0.5772156649015329 * beta',
  random: 'mu - beta * log(rexp(1))',
};
const gumbel = customFamily(gumbelOptions);

/** The house's families as expressions, with the same order of parameters. */
const twins: Partial<Record<FamilyName, Omit<CustomFamilyOptions, 'name' | 'link'>>> = {
  gaussian: { parameters: { sigma: positive }, logDensity: 'normal_lpdf(y, mu, sigma)' },
  student: {
    parameters: { sigma: positive, nu: { lower: 1, prior: 'gamma(2, 0.1)' } },
    logDensity: 'student_t_lpdf(y, nu, mu, sigma)',
  },
  bernoulli: { outcome: 'binary', logDensity: 'bernoulli_lpmf(y, mu)' },
  binomial: { outcome: 'binomial', logDensity: 'binomial_lpmf(y, trials, mu)' },
  poisson: { outcome: 'count', logDensity: 'poisson_lpmf(y, mu)' },
  negbinomial: {
    outcome: 'count',
    parameters: { shape: positive },
    logDensity: 'neg_binomial_2_lpmf(y, mu, shape)',
  },
  beta_binomial: {
    outcome: 'binomial',
    parameters: { phi: positive },
    where: { a: 'mu * phi', b: '(1 - mu) * phi' },
    logDensity: 'lchoose(trials, y) + lbeta(y + a, trials - y + b) - lbeta(a, b)',
  },
  beta: {
    parameters: { phi: positive },
    logDensity: 'beta_lpdf(y, mu * phi, (1 - mu) * phi)',
  },
  gamma: { parameters: { shape: positive }, logDensity: 'gamma_lpdf(y, shape, shape / mu)' },
  weibull: {
    parameters: { shape: positive },
    logDensity: 'weibull_lpdf(y, shape, mu / exp(lgamma(1 + 1 / shape)))',
  },
  exponential: { logDensity: 'exponential_lpdf(y, 1 / mu)' },
};

/** A mean in the middle of the range of every link, as η. */
const middles: Readonly<Partial<Record<LinkName, number>>> = {
  identity: 1.2,
  inverse: 0.8,
  sqrt: 1.1,
};

const pairs = Object.entries(twins).flatMap(([name, options]) =>
  linksOf(name as FamilyName)
    // A log link of a probability has a range of its own, a share above 1.
    .filter((link) => link !== 'log' || !linksOf(name as FamilyName).includes('logit'))
    // A positive mean by the identity is a range that customFamily does not have.
    .filter((link) => link !== 'identity' || ['gaussian', 'student'].includes(name))
    // Gaussian means may be below zero under an inverse link.
    .filter((link) => link !== 'inverse' || !['gaussian', 'student'].includes(name))
    .map((link) => ({ name: name as FamilyName, link, options: { ...options, name, link } })),
);

/** η, parameters, trials, an outcome that the house's family draws there. */
function situations(house: Family) {
  const { auxiliary, simulate } = responseDistribution(house);
  return fc
    .record({
      step: fc.double({ min: -0.7, max: 0.7, noNaN: true }),
      aux: fc.array(fc.double({ min: 1.2, max: 6, noNaN: true }), {
        minLength: auxiliary.length,
        maxLength: auxiliary.length,
      }),
      trials: fc.integer({ min: 1, max: 12 }),
      seed: fc.nat(1000),
    })
    .map(({ step, aux, trials: most, seed }) => {
      const trials = hasTrials(house) ? most : 1;
      const eta = (middles[house.link] ?? 0) + step;
      const own = Float64Array.from(aux);
      const y = simulate(eta, own, trials, randomStream('twins', seed));
      return { eta, aux: own, trials, y };
    });
}

describe.each(pairs)('$name($link) as an expression', ({ name, link, options }) => {
  const house: Family = { family: name, link };
  const own = customFamily(options as CustomFamilyOptions);

  it('has the density and the derivatives of the family itself', () => {
    fc.assert(
      fc.property(situations(house), ({ eta, aux, trials, y }) => {
        const [one, other] = [house, own].map((family) => {
          const density = Float64Array.of(eta);
          const columns = Array.from(aux, (value) => Float64Array.of(value));
          responseDistribution(family).logDensities(columns)(y, trials, density);
          const response = responseFamily(family, {
            rows: 1,
            values: Float64Array.of(y),
            trials: hasTrials(house) ? Float64Array.of(trials) : null,
          });
          const size = aux.length;
          const numbers = [1, size, 1, size, size * size].map((n) => new Float64Array(n));
          const [etaGradient, auxGradient, curvature, cross, auxCurvature] = numbers as [
            Float64Array,
            Float64Array,
            Float64Array,
            Float64Array,
            Float64Array,
          ];
          response.logLikelihood(Float64Array.of(eta), aux, etaGradient, auxGradient);
          response.curvature(Float64Array.of(eta), aux, curvature, cross, auxCurvature);
          return [...density, ...numbers.flatMap((part) => [...part])];
        });
        other?.forEach((value, i) => {
          const wanted = one?.[i] ?? Number.NaN;
          expect(Math.abs(value - wanted), `${i}`).toBeLessThan(1e-8 * (1 + Math.abs(wanted)));
        });
      }),
      { seed: 22, numRuns: 60 },
    );
  });
});

const random = randomStream('gumbel', 3);
const LEVELS = 12;
const effects = Array.from({ length: LEVELS }, () => 0.5 * random.normal());
const data = Array.from({ length: 240 }, (_, i) => {
  const x = random.normal();
  const noise = -Math.log(-Math.log(random.uniform()));
  return { x, g: `g${i % LEVELS}`, y: 1 + 0.5 * x + (effects[i % LEVELS] ?? 0) + 0.7 * noise };
});

describe('a Gumbel regression with group effects', async () => {
  const options = { formula: 'y ~ x + (1 | g)', family: gumbel, data, seed: 4, draws: 500 };
  const fit = await regression(options);

  it('finds the truth', () => {
    expect(fit.warnings).toEqual([]);
    for (const [name, value] of Object.entries({ b_x: 0.5, beta: 0.7, sd_g__Intercept: 0.5 })) {
      const { mean, sd } = fit.parameter(name);
      expect(Math.abs(mean - value), name).toBeLessThan(5 * sd);
    }
  });

  it('predicts outcomes with the mean and the spread that the family has', () => {
    const mean = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value / values.length, 0);
    const fitted = fit.fitted().map((row) => row.mean);
    const outcomes = data.map(({ y }) => y);
    // An intercept makes the mean of the fitted near that of the outcomes, to its error of sd/√n.
    expect(Math.abs(mean(fitted) - mean(outcomes))).toBeLessThan(
      (5 * 1.2) / Math.sqrt(data.length),
    );
    const one = fit.posteriorPredict({ data: data.slice(0, 1) }).values;
    const location = fit.posteriorEpred({ data: data.slice(0, 1) }).values;
    const beta = fit.parameter('beta').mean;
    const sd = (beta * Math.PI) / Math.sqrt(6);
    expect(Math.abs(mean(one) - mean(location))).toBeLessThan((6 * sd) / Math.sqrt(one.length));
  });

  it('has the methods of any fit', async () => {
    const { elpdLoo } = await fit.loo({ refits: 0 });
    expect(Math.abs(fit.waic().elpdWaic.estimate - elpdLoo.estimate)).toBeLessThan(1);
    expect(String(fit.summary())).toContain('Family: gumbel (custom)');
    expect((await fit.check()).verdict).toBe('This fit can be trusted: it passed all checks.');
    expect(fit.conditionalEffects('x').length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(fit)).model).toMatchObject({
      family: 'custom',
      custom: 'gumbel',
    });
  });

  it('has its own name in what is refused', async () => {
    const limited = { formula: 'y | trunc(lb = -99) ~ 1', family: gumbel, data };
    await expect(regression(limited)).rejects.toThrow('is not available for the family gumbel');
    expect(() => fit.itemInformation()).toThrow('this is a gumbel regression');
  });

  it('is the same when saved and read', async () => {
    const read = fitFromData(decodeFit(encodeFit(fit)));
    expect(String(read.summary())).toBe(String(fit.summary()));
    expect((await read.loo({ refits: 0 })).elpdLoo).toEqual((await fit.loo({ refits: 0 })).elpdLoo);
    const again = await read.update({ draws: 200 });
    expect(again.parameter('beta').mean).toBeCloseTo(fit.parameter('beta').mean, 1);
  });

  it('has the same draws on a worker thread', async () => {
    const pool = workerPool(1);
    try {
      const elsewhere = await regression({ ...options, runner: pool.runner });
      expect(elsewhere.draws.values).toEqual(fit.draws.values);
    } finally {
      await pool.close();
    }
  });

  it('takes formulas of its parameters, and priors of them', async () => {
    const both = await regression({
      formula: 'bf(y ~ x, beta ~ x)',
      family: gumbel,
      data,
      prior: ['normal(0, 0.2) class=b dpar=beta', 'normal(0, 1) class=Intercept dpar=beta'],
      seed: 5,
      draws: 300,
    });
    expect(Math.abs(both.parameter('b_beta_x').mean)).toBeLessThan(
      5 * both.parameter('b_beta_x').sd,
    );
    const held = await fit.update({ prior: 'constant(0.7) class=beta', draws: 200 });
    expect(held.parameter('beta').mean).toBeCloseTo(0.7, 12);
  });
});

describe('calibration', () => {
  it('covers the truth as often as it says, with a beta and an effect of its own', async () => {
    const simulations = powered(25, 250);
    const { parameters } = await calibrateRegression({
      formula: 'y ~ x',
      family: gumbel,
      data: data.slice(0, 30),
      prior: ['normal(0, 1) class=b', 'normal(0, 2) class=Intercept'],
      simulations,
      seed: 6,
    });
    expect(parameters.map(({ name }) => name)).toEqual(['b_Intercept', 'b_x', 'beta', 'log_lik']);
    for (const { name, pValue } of parameters) expect(pValue, name).toBeGreaterThan(1e-4);
  });
});

describe('what a family cannot be', () => {
  it.each<[string, Partial<CustomFamilyOptions>, string]>([
    [
      'a name that is not there',
      { logDensity: '-(y - mew)^2' },
      "expression '-(y - mew)^2', character 7: there is no mew here, but y, mu, beta, z",
    ],
    ['a function that is not there', { logDensity: 'sinh(y)' }, 'there is no function sinh() here'],
    [
      'too few arguments',
      { logDensity: 'normal_lpdf(y, mu)' },
      'normal_lpdf() takes 3 arguments, found 2',
    ],
    ['a draw in the density', { logDensity: 'rexp(1)' }, 'rexp() is for random alone'],
    ['an outcome in the mean', { mean: 'y' }, 'there is no y here'],
    [
      'a definition before those it uses',
      { where: { a: 'b', b: 'y' }, logDensity: 'a' },
      'there is no b here',
    ],
    [
      'something after the end',
      { logDensity: 'mu y' },
      'expected an operator or the end, found the name y',
    ],
    [
      'a parameter that is called mu2',
      { parameters: { mu2: positive } },
      "a parameter is called 'mu2'",
    ],
    [
      'a parameter with the name of a class of priors',
      { parameters: { b: positive } },
      "a parameter is called 'b'",
    ],
    [
      'a parameter without a prior',
      { parameters: { k: {} as never } },
      'the prior of k is undefined',
    ],
    [
      'an unknown outcome',
      { outcome: 'text' as never },
      "outcome is the text 'text', expected one of real, binary, count, binomial",
    ],
    ['a link that no mean has', { link: 'tan_half' }, 'link of the family gumbel is'],
    ['an unknown option', { density: 'y' } as never, 'density'],
  ])('%s', (_, change, message) => {
    expect(() => customFamily({ ...gumbelOptions, ...change })).toThrow(message);
  });

  it('has no outcomes outside of its range', async () => {
    const family = customFamily({
      name: 'pareto',
      lower: 1,
      parameters: { k: positive },
      link: 'log',
      logDensity: 'log(k) - (k + 1) * log(y)',
    });
    await expect(
      regression({ formula: 'y ~ 1', family, data: { y: [2, 3, 0.5] } }),
    ).rejects.toThrow('row 3: y is 0.5, but the family pareto expects a finite number from 1');
  });

  it('draws nothing without a generator', async () => {
    const { random: _, ...without } = gumbelOptions;
    const fit = await regression({
      formula: 'y ~ x',
      family: customFamily(without),
      data,
      draws: 50,
      seed: 1,
    });
    expect(() => fit.posteriorPredict()).toThrow(
      'the family gumbel draws no outcomes: give customFamily random',
    );
  });

  it('has no prior of a parameter that is not its own', async () => {
    const prior = 'normal(0, 1) class=shape';
    await expect(regression({ formula: 'y ~ x', family: gumbel, data, prior })).rejects.toThrow(
      'there is no class shape in this gumbel regression, but b, beta, Intercept',
    );
  });

  it('is not called by its kind', async () => {
    await expect(regression({ formula: 'y ~ x', family: 'custom' as never, data })).rejects.toThrow(
      'family is custom, which is called customFamily({ … }) here',
    );
  });
});
