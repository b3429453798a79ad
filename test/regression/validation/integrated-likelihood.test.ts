/** LOO with group effects integrated out: closed forms, quadrature on a grid, and exact leave-one-out. */
import { beforeAll, describe, expect, it } from 'vitest';
import { reportedLayout } from '../../../models/reported-parameters.js';
import { logSumExp } from '../../../src/posterior/psis.js';
import { randomStream } from '../../../src/random/stream.js';
import { exponential, normal } from '../../../src/regression/priors/constructors.js';
import { type RegressionFit, regression } from '../../../src/regression/regression.js';
import { observationsOf } from '../../../src/regression/validation/observations.js';

const random = randomStream('integrated');
/** Levels of one, two and four rows. */
const sizes = [1, 1, 1, 2, 2, 4, 4, 1, 2];
const data = sizes.flatMap((size, level) => {
  const effect = 0.8 * random.normal();
  return Array.from({ length: size }, () => {
    const x = random.normal();
    const eta = 0.5 + 0.4 * x + effect;
    return {
      x,
      item: `item ${level}`,
      y: eta + 0.7 * random.normal(),
      count: Math.round(Math.exp(eta) + random.uniform()),
      one: random.uniform() < 1 / (1 + Math.exp(-3 * eta)) ? 1 : 0,
      person: `p${Math.floor(3 * random.uniform())}`,
    };
  });
});
const prior = [normal(0, 1).on('Intercept'), normal(0, 1).on('b'), exponential(1).on('sd')];
const quick = { chains: 2, warmup: 300, draws: 100, seed: 5 };

const logNormal = (z: number, mean: number, sd: number) =>
  -0.5 * ((z - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);

/** log ∫ of a log density by the midpoint rule, on a fine grid. */
function logIntegral(density: (z: number) => number, from: number, to: number, count = 4000) {
  const step = (to - from) / count;
  return (
    logSumExp(Float64Array.from({ length: count }, (_, i) => density(from + (i + 0.5) * step))) +
    Math.log(step)
  );
}

function columns(fit: RegressionFit, options: { integrate?: string; grouped?: string }) {
  const likelihood = observationsOf(fit, options).likelihoodOf(fit);
  const draws = likelihood.chains * likelihood.drawsPerChain;
  return Array.from({ length: likelihood.rows }, (_, i) => {
    const column = new Float64Array(draws);
    likelihood.block(i, 1, column);
    return column;
  });
}

const levels = [...new Set(data.map(({ item }) => item))];
const rowsOf = (level: string) => [...data.keys()].filter((i) => data[i]?.item === level);

/** Checks both likelihoods of all levels at some draws, given the log densities of rows at an effect u. */
function expectIntegrals(
  fit: RegressionFit,
  rowAt: (parameter: (name: string) => number, i: number, u: number) => number,
  digits: number,
): void {
  const byLevel = columns(fit, { grouped: 'item' });
  const byRow = columns(fit, { integrate: 'item' });
  expect(byLevel.length).toBe(levels.length);
  const { values, parameterNames } = fit.draws;
  for (const s of [0, 57, 111, 199]) {
    const at = (name: string) =>
      values[s * parameterNames.length + parameterNames.indexOf(name)] ?? 0;
    const sd = at('sd_item__Intercept');
    const joint = (rows: readonly number[]) =>
      logIntegral(
        (z) => rows.reduce((sum, i) => sum + rowAt(at, i, sd * z), logNormal(z, 0, 1)),
        -9,
        9,
      );
    levels.forEach((level, g) => {
      const rows = rowsOf(level);
      expect(byLevel[g]?.[s], `${level}, draw ${s}`).toBeCloseTo(joint(rows), digits);
      for (const i of rows) {
        const others = rows.filter((row) => row !== i);
        const expected = joint(rows) - (others.length === 0 ? 0 : joint(others));
        expect(byRow[i]?.[s], `row ${i}, draw ${s}`).toBeCloseTo(expected, digits);
      }
    });
  }
}

const row = (i: number) => data[i] ?? expect.fail();
const etaOf = (at: (name: string) => number, i: number) => at('b_Intercept') + at('b_x') * row(i).x;

describe('a likelihood with group effects integrated out', () => {
  it('is that of a normal regression, also with a small residual', async () => {
    const normals = { formula: 'y ~ x + (1 | item)', data, prior, ...quick };
    for (const sigma of [exponential(1), normal(0.01, 0.0001)]) {
      const fit = await regression({ ...normals, prior: [...prior, sigma.on('sigma')] });
      const byLevel = columns(fit, { grouped: 'item' });
      const { values, parameterNames } = fit.draws;
      for (const s of [0, 57, 199]) {
        const at = (name: string) =>
          values[s * parameterNames.length + parameterNames.indexOf(name)] ?? 0;
        const [own, sd] = [at('sigma'), at('sd_item__Intercept')];
        levels.forEach((level, g) => {
          // Covariance σ² I + sd² 1 1ᵀ.
          const rest = rowsOf(level).map((i) => row(i).y - etaOf(at, i));
          const n = rest.length;
          const sum = rest.reduce((a, b) => a + b, 0);
          const squares = rest.reduce((a, b) => a + b * b, 0);
          const total = own ** 2 + n * sd ** 2;
          const exact =
            -0.5 * (n * Math.log(2 * Math.PI) + 2 * (n - 1) * Math.log(own) + Math.log(total)) -
            (0.5 * (squares - (sd * sum) ** 2 / total)) / own ** 2;
          expect((byLevel[g]?.[s] ?? 0) / exact).toBeCloseTo(1, 7);
        });
      }
    }
  });

  it('is the integral on a grid: counts', async () => {
    const fit = await regression({
      ...{ formula: 'count ~ x + (1 | item)', family: 'poisson' as const, data, prior, ...quick },
    });
    const factorial = (k: number): number => (k < 2 ? 0 : Math.log(k) + factorial(k - 1));
    expectIntegrals(
      fit,
      (at, i, u) => {
        const eta = etaOf(at, i) + u;
        return row(i).count * eta - Math.exp(eta) - factorial(row(i).count);
      },
      6,
    );
  });

  it('is the integral on a grid, given the effects of another group: 0 and 1', async () => {
    const fit = await regression({
      formula: 'one ~ x + (1 | item) + (1 | person)',
      ...{ family: 'bernoulli' as const, data, prior, ...quick },
    });
    expectIntegrals(
      fit,
      (at, i, u) => {
        const eta = etaOf(at, i) + at(`r_person[${row(i).person},Intercept]`) + u;
        return -Math.log1p(Math.exp(row(i).one === 1 ? -eta : eta));
      },
      6,
    );
  });

  it('is of z u for an effect of a predictor, and of zᵀΣz for several effects of one row', async () => {
    const single = data.map((one, i) => ({ ...one, id: `i${i}` }));
    const fit = await regression({
      formula: 'count ~ 1 + (x | id)',
      ...{
        family: 'poisson' as const,
        data: single,
        prior: [prior[0], prior[2]].flatMap((p) => p ?? []),
        ...quick,
      },
    });
    const [first] = columns(fit, { integrate: 'id' });
    expect(columns(fit, { grouped: 'id' })[0]).toEqual(first);
    const { sds, correlations } = reportedLayout(fit.specification);
    const { x, count } = row(0);
    const factorial = Array.from({ length: count }, (_, k) => Math.log(k + 1)).reduce(
      (a, b) => a + b,
      0,
    );
    for (const s of [0, 120]) {
      const own = fit.draws.values.subarray(s * fit.draws.parameterNames.length);
      const [a = 0, b = 0, r = 0] = [own[sds], own[sds + 1], own[correlations]];
      const spread = Math.sqrt(a * a + 2 * r * a * b * x + b * b * x * x);
      const exact = logIntegral(
        (z) => {
          const eta = (own[0] ?? 0) + spread * z;
          return logNormal(z, 0, 1) + count * eta - Math.exp(eta) - factorial;
        },
        -9,
        9,
      );
      expect(first?.[s]).toBeCloseTo(exact, 6);
    }
    const slope = await regression({
      formula: 'y ~ 1 + (0 + x | item)',
      ...{
        data,
        prior: [prior[0], prior[2], exponential(1).on('sigma')].flatMap((p) => p ?? []),
        ...quick,
      },
    });
    const last = columns(slope, { grouped: 'item' }).at(-1);
    const rows = rowsOf(levels.at(-1) ?? '');
    const [intercept = 0, sd = 0, sigma = 0] = slope.draws.values;
    const exact = logIntegral(
      (z) =>
        rows.reduce(
          (sum, i) => sum + logNormal(row(i).y, intercept + sd * row(i).x * z, sigma),
          logNormal(z, 0, 1),
        ),
      -9,
      9,
    );
    expect(last?.[0]).toBeCloseTo(exact, 6);
  });
});

describe('LOO with group effects integrated out', () => {
  const y = [2, 3, 1, 0, 1, 0, 6, 4, 7, 9, 0, 2];
  const groups = [...'aaabbbcccdee'];
  let fit: RegressionFit;
  beforeAll(async () => {
    fit = await regression({
      ...{ formula: 'y ~ 1 + (1 | g)', family: 'poisson' as const, data: { y, g: groups } },
      ...{ prior: [normal(0, 1).on('Intercept'), exponential(1).on('sd')], draws: 2000, seed: 3 },
    });
  });

  const logFactorials = Array.from({ length: 10 }, (_, k) =>
    Array.from({ length: k }, (_, j) => Math.log(j + 1)).reduce((a, b) => a + b, 0),
  );
  const grid = (from: number, to: number, count: number) =>
    Array.from({ length: count }, (_, i) => from + ((i + 0.5) * (to - from)) / count);
  /** log p of some rows, up to a constant. */
  const evidence = (rows: readonly number[]) =>
    logSumExp(
      Float64Array.from(
        grid(-4, 4, 40).flatMap((mean) =>
          grid(0, 9, 60).map((sd) =>
            [...'abcde'].reduce(
              (sum, level) => {
                const own = rows.filter((i) => groups[i] === level).map((i) => y[i] ?? 0);
                if (own.length === 0) return sum;
                const densities = grid(-7, 7, 35).map((z) => {
                  const eta = mean + sd * z;
                  return own.reduce(
                    (all, k) => all + k * eta - Math.exp(eta) - (logFactorials[k] ?? 0),
                    logNormal(z, 0, 1),
                  );
                });
                return sum + logSumExp(Float64Array.from(densities)) + Math.log(0.4);
              },
              logNormal(mean, 0, 1) - sd,
            ),
          ),
        ),
      ),
    );
  const all = [...y.keys()];

  it('is the density of a row given all others, with lower Pareto k', async () => {
    const conditional = await fit.loo({ refits: 0 });
    const integrated = await fit.loo({ integrate: 'g', refits: 0 });
    const greatest = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b));
    expect(greatest(integrated.diagnostics.paretoK)).toBeLessThan(0.6);
    expect(greatest(conditional.diagnostics.paretoK)).toBeGreaterThan(0.7);
    for (const i of [0, 5, 9, 11]) {
      const exact = evidence(all) - evidence(all.filter((row) => row !== i));
      const mcse = integrated.pointwise.mcseElpdLoo[i] ?? Number.NaN;
      expect(mcse).toBeLessThan(0.1);
      expect(Math.abs((integrated.pointwise.elpdLoo[i] ?? 0) - exact)).toBeLessThan(5 * mcse);
    }
  });

  it('of whole groups is their joint density given all other groups', async () => {
    const loo = await fit.loo({ grouped: 'g' });
    expect(loo.labels).toEqual([...'abcde']);
    expect(loo.rows).toBe(5);
    [...'abcde'].forEach((level, g) => {
      const exact = evidence(all) - evidence(all.filter((row) => groups[row] !== level));
      const mcse = loo.pointwise.mcseElpdLoo[g] ?? Number.NaN;
      expect(mcse).toBeLessThan(0.2);
      expect(Math.abs((loo.pointwise.elpdLoo[g] ?? 0) - exact), level).toBeLessThan(5 * mcse);
    });
  });

  it('of groups without effects is by the product of their rows, and by fits without them', async () => {
    const pooled = await fit.update({ formula: 'y ~ 1', prior: normal(0, 1).on('Intercept') });
    const loo = await pooled.loo({ grouped: groups });
    expect(loo.labels).toEqual([...'abcde']);
    const kfold = await pooled.kfold({ grouped: groups });
    kfold.groups.forEach(({ elpd }, g) => {
      const mcse = loo.pointwise.mcseElpdLoo[g] ?? Number.NaN;
      // The error of kfold is about as large.
      expect(Math.abs((loo.pointwise.elpdLoo[g] ?? 0) - elpd)).toBeLessThan(6 * mcse + 0.05);
    });
    expect(loo.refitted.length).toBeGreaterThan(0);
    expect(String(loo)).toMatch(/group.* left out exactly, by (a fit|fits) without (it|them): /);
  });

  it('refuses what it cannot do, in a line', async () => {
    const refused = (options: object, one = fit) =>
      one.loo(options).then(
        () => 'done',
        (error: Error) => error.message,
      );
    expect(await refused({ integrate: 'h' })).toBe(
      'integrate is h, expected a group of the fit: g',
    );
    expect(await refused({ integrate: 3 })).toBe('integrate is 3, expected the name of a group');
    expect(await refused({ integrate: 'g', grouped: 'g' })).toMatch(
      /expected one of integrate and/,
    );
    expect(await refused({ integrate: 'g', momentMatch: true })).toMatch(/^momentMatch is not for/);
    expect(await refused({ grouped: 'h' })).toMatch(/^grouped is h, but must be a column/);
    const x = y.map((_, i) => i);
    const several = await fit.update({
      formula: '. ~ 1 + (x | g)',
      data: { y, x, g: groups },
      draws: 50,
    });
    expect(await refused({ integrate: 'g' }, several)).toBe(
      "g has several effects a level, which are integrated out of levels of one row, but a has 3 rows: leave groups out by kfold({ grouped: 'g' })",
    );
  });
});
