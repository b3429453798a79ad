/**
 * Regressions without group effects: their density against the plain sum over rows, derivatives
 * against differences, modes against R's glm(), and what happens to data that leave the posterior
 * improper.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coefficientDesign } from '../../models/generalized-linear/coefficient-design.js';
import { generalizedLinear } from '../../models/generalized-linear.js';
import { priorDensity } from '../../models/prior-distributions.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { etaOf, rowLogLikelihood } from '../../models/reported-parameters.js';
import { randomStream } from '../../src/random/stream.js';
import type { Model } from '../../src/sampler/model.js';
import { normalApproximation } from '../../src/sampler/normal-approximation.js';
import { allFamilies, hasKinks, hasPole } from './families/examples.js';
import { type GlmCase, reference } from './families/reference.js';
import { flatSpecification, simulatedData, situations } from './regression-situations.js';

function evaluated(model: Model, position: Float64Array) {
  const gradient = new Float64Array(model.dimension);
  return { value: model.logDensity(position, gradient), gradient };
}

function reported(model: Model, position: Float64Array): Float64Array {
  const parameters = new Float64Array(model.parameterNames.length);
  model.constrain?.(position, parameters, randomStream('nothing is drawn'));
  return parameters;
}

function guessOf(model: Model): Float64Array {
  return model.guess?.() ?? new Float64Array(model.dimension);
}

/** Log likelihood by rows and log priors, at what is reported; without the Jacobians. */
function plainLogPosterior(specification: RegressionSpecification, parameters: Float64Array) {
  const { data, priors } = specification;
  const target = new Float64Array(data.rows);
  rowLogLikelihood(specification)(parameters, target);
  let sum = target.reduce((total, x) => total + x, 0);
  const k = data.predictors.names.length;
  const start = data.intercept ? 1 : 0;
  for (let j = 0; j < k; j++) {
    const prior = priors.coefficients[j];
    if (prior) sum += priorDensity(prior).logDensity(parameters[start + j] ?? Number.NaN);
  }
  priors.auxiliary.forEach((prior, a) => {
    sum += priorDensity(prior).logDensity(parameters[start + k + a] ?? Number.NaN);
  });
  if (data.intercept && priors.intercept) {
    let centre = parameters[0] ?? Number.NaN;
    for (let j = 0; j < k; j++) {
      let mean = 0;
      for (let i = 0; i < data.rows; i++) {
        mean += (data.predictors.values[i * k + j] ?? Number.NaN) / data.rows;
      }
      centre += mean * (parameters[1 + j] ?? Number.NaN);
    }
    sum += priorDensity(priors.intercept).logDensity(centre);
  }
  return sum;
}

/** log |d parameters / d position|, by differences of each parameter: the map is diagonal but for b_Intercept. */
function logJacobian(model: Model, position: Float64Array): number {
  const h = 1e-5;
  let sum = 0;
  for (let i = 0; i < position.length; i++) {
    const at = (by: number) =>
      reported(
        model,
        position.map((u, j) => (i === j ? u + by : u)),
      )[i] ?? Number.NaN;
    sum += Math.log(Math.abs((at(h) - at(-h)) / (2 * h)));
  }
  return sum;
}

/** Where η is a distance d from 0, the fifth derivative of log η or 1/η is of order 1/d⁵ or 1/d⁶. */
function isAwayFromPoles(specification: RegressionSpecification, parameters: Float64Array) {
  const eta = new Float64Array(specification.data.rows);
  etaOf(specification)(parameters, eta);
  return !hasPole(specification.family) || eta.every((x) => Math.abs(x) > 0.3);
}

const near = (position: Float64Array, by: number) =>
  position.map((u, i) => u + by * Math.cos(3 * i + 1));

describe.each(allFamilies)('a regression of the family $family with the link $link', (family) => {
  it('has the density of its rows, priors and Jacobians, up to a constant', () => {
    fc.assert(
      fc.property(situations(family), (specification) => {
        const model = generalizedLinear(specification);
        const start = guessOf(model);
        const [q, r] = [near(start, 0.03), near(start, -0.02)];
        const plain = (u: Float64Array) =>
          plainLogPosterior(specification, reported(model, u)) + logJacobian(model, u);
        const [atQ, atR] = [plain(q), plain(r)];
        fc.pre(Number.isFinite(atQ) && Number.isFinite(atR));
        const found = evaluated(model, q).value - evaluated(model, r).value;
        // The Jacobian's differences are right to h² = 1e-10 and ε/h = 2e-11 of themselves.
        const size = 1 + Math.abs(atQ) + Math.abs(atR);
        expect(Math.abs(found - (atQ - atR))).toBeLessThan(1e-9 * size);
      }),
      { seed: 2025, numRuns: 30 },
    );
  });

  // Differences across kinks are no derivatives; between them, see families/derivatives.test.ts.
  it.skipIf(hasKinks(family))('has the gradient and the Hessian that differences find', () => {
    // By Richardson over h and 2h: h⁴ f⁽⁵⁾/30 with h = 1e-3, and ε f/h.
    const h = 1e-3;
    const difference = (f: (by: number) => number) =>
      (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
    fc.assert(
      fc.property(situations(family), (specification) => {
        const model = generalizedLinear(specification);
        const { dimension } = model;
        const position = near(guessOf(model), 0.02);
        const moved = (i: number, by: number) =>
          evaluated(
            model,
            position.map((u, j) => (i === j ? u + by : u)),
          );
        const { value, gradient } = evaluated(model, position);
        fc.pre(isAwayFromPoles(specification, reported(model, position)));
        const reach = Array.from(position).flatMap((_, i) => [
          moved(i, 2 * h).value,
          moved(i, -2 * h).value,
        ]);
        fc.pre(Number.isFinite(value) && reach.every(Number.isFinite));
        const hessian = new Float64Array(dimension * dimension);
        model.hessian?.(position, hessian);
        const size = hessian.reduce((most, x) => Math.max(most, Math.abs(x)), Math.abs(value) + 1);
        for (let i = 0; i < dimension; i++) {
          const slope = difference((by) => moved(i, by).value);
          expect(Math.abs((gradient[i] ?? Number.NaN) - slope)).toBeLessThan(1e-7 * size);
          for (let j = 0; j < dimension; j++) {
            const second = difference((by) => moved(i, by).gradient[j] ?? Number.NaN);
            const found = hessian[i * dimension + j] ?? Number.NaN;
            expect(Math.abs(found - second)).toBeLessThan(1e-6 * size);
          }
        }
      }),
      { seed: 2025, numRuns: 30 },
    );
  });

  it('has a guess from which the mode is found', () => {
    for (let seed = 0; seed < 5; seed++) {
      const options = { rows: 60, slopes: 2, intercept: true, offset: false, coarse: false, seed };
      const model = generalizedLinear(flatSpecification(family, simulatedData(family, options)));
      expect(Number.isFinite(evaluated(model, guessOf(model)).value)).toBe(true);
      // Without curvature, Newton's method finds no mode.
      expect(normalApproximation(model) === null).toBe(hasKinks(family));
    }
  });
});

function specificationOf(given: GlmCase): RegressionSpecification {
  const rows = given.outcomes.length;
  return flatSpecification(given, {
    rows,
    outcomes: Float64Array.from(given.outcomes),
    trials: given.trials.length > 0 ? Float64Array.from(given.trials) : null,
    offset: given.offset.length > 0 ? Float64Array.from(given.offset) : null,
    intercept: true,
    predictors: { names: given.names, rows, values: Float64Array.from(given.values) },
    groups: [],
  });
}

describe('the mode under flat priors', () => {
  it.each(reference.glms)("has the coefficients of R's glm(): $name", (given) => {
    const model = generalizedLinear(specificationOf(given));
    const approximation = normalApproximation(model);
    expect(approximation).not.toBeNull();
    if (!approximation) return;
    const { mode, inverseFactor } = approximation;
    const found = reported(model, mode);
    const { dimension } = model;
    given.coefficients.forEach((expected, j) => {
      // Newton's method ends where the density may rise by 1e-10/2 at most: 1e-5 of an sd; a
      // predictor's mean moves the intercept by as many sds of its slope.
      let variance = 0;
      for (let i = j; i < dimension; i++) {
        variance += (inverseFactor[i * dimension + j] ?? Number.NaN) ** 2;
      }
      const tolerance =
        j === 0 ? 1e-5 * Math.max(1, Math.abs(expected)) : 1e-5 * Math.sqrt(variance);
      expect(Math.abs((found[j] ?? Number.NaN) - expected)).toBeLessThan(tolerance);
    });
  });
});

describe('columns that are nearly combinations of others', () => {
  // Sines on the middle of their domain, as the basis of a Gaussian process: 16 columns of rank 10 or so.
  const rows = 60;
  const random = randomStream('nearly dependent', 1);
  const values = Float64Array.from({ length: rows * 16 }, (_, at) => {
    const x = Math.floor(at / 16) / rows - 0.5;
    return Math.sin((((at % 16) + 1) * Math.PI * (x + 1.25)) / 2.5);
  });
  const outcomes = Float64Array.from({ length: rows }, () => 50 * random.normal());
  const names = Array.from({ length: 16 }, (_, j) => `x${j}`);
  const model = generalizedLinear({
    family: { family: 'gaussian', link: 'identity' },
    data: {
      ...{ rows, outcomes, trials: null, offset: null, intercept: false, groups: [] },
      predictors: { names, rows, values },
    },
    priors: {
      ...{ intercept: null, sds: [], correlations: [] },
      coefficients: names.map(() => ({ distribution: 'normal', mean: 0, sd: 1 })),
      auxiliary: [{ distribution: 'exponential', rate: 1 }],
    },
  });

  it('have the density of the sum over rows', () => {
    const densityOf = (position: Float64Array) => {
      const slopes = position.subarray(0, 16);
      const logSigma = position[16] ?? 0;
      let value = -rows * logSigma + logSigma - Math.exp(logSigma);
      for (const slope of slopes) value -= 0.5 * slope * slope;
      for (let i = 0; i < rows; i++) {
        const eta = slopes.reduce((sum, slope, j) => sum + slope * (values[i * 16 + j] ?? 0), 0);
        value -= 0.5 * ((outcomes[i] ?? 0) - eta) ** 2 * Math.exp(-2 * logSigma);
      }
      return value;
    };
    const gradient = new Float64Array(17);
    const origin = new Float64Array(17);
    const difference = (position: Float64Array) =>
      model.logDensity(position, gradient) - model.logDensity(origin, gradient);
    for (let trial = 0; trial < 20; trial++) {
      const position = Float64Array.from({ length: 17 }, () => random.normal());
      const wanted = densityOf(position) - densityOf(origin);
      expect(Math.abs(difference(position) - wanted)).toBeLessThan(1e-8 * Math.abs(wanted));
    }
  });
});

describe('a 0/1 predictor on top of a large number', () => {
  const OFFSET = 1.7e10;
  const options = { rows: 60, slopes: 1, intercept: true, offset: false, coarse: false, seed: 3 };

  it.each([
    { family: 'poisson', link: 'log' },
    { family: 'gaussian', link: 'identity' },
  ] as const)('has the slope that it has without: $family', (family) => {
    const simulated = simulatedData(family, options);
    const modelOf = (offset: number) => {
      const values = simulated.predictors.values.map((x) => offset + (x > 0 ? 1 : 0));
      const predictors = { ...simulated.predictors, values };
      return generalizedLinear(flatSpecification(family, { ...simulated, predictors }));
    };
    const [plain, moved] = [modelOf(0), modelOf(OFFSET)];
    const at = guessOf(plain).fill(0.3);
    const [expected, found] = [evaluated(plain, at).gradient[1], evaluated(moved, at).gradient[1]];
    expect(Math.abs(expected ?? 0)).toBeGreaterThan(0.1);
    // A mean of sixty such numbers is off by sixty roundings at most; by as much the column moves.
    const off = 60 * Number.EPSILON * OFFSET;
    const size = 60 * 10;
    expect(Math.abs((found ?? Number.NaN) - (expected ?? Number.NaN))).toBeLessThan(off * size);
    const [mode, other] = [normalApproximation(plain)?.mode, normalApproximation(moved)?.mode];
    // Both searches end within 1e-5 sds of the peak, and the sds are below 1.
    expect(Math.abs((other?.[1] ?? Number.NaN) - (mode?.[1] ?? Number.NaN))).toBeLessThan(1e-4);
  });

  it('is no constant column, and of a constant one only rounding is left, however many rows', () => {
    const rows = 30_000;
    const data = (column: (i: number) => number) => ({
      ...simulatedData({ family: 'poisson', link: 'log' }, { ...options, rows }),
      predictors: {
        names: ['x'],
        rows,
        values: Float64Array.from({ length: rows }, (_, i) => column(i)),
      },
    });
    const constant = coefficientDesign(
      data((i) => (i % 2 === 0 ? 0.3 : 0.1 + 0.2)),
      'by-row',
    );
    expect(constant.columns.every((value) => value === 0)).toBe(true);
    const dummy = coefficientDesign(
      data((i) => OFFSET + (i % 2)),
      'by-row',
    );
    expect(dummy.columns[1] - dummy.columns[0]).toBe(1);
  });
});

describe('a posterior that the data and priors leave improper', () => {
  const family = { family: 'poisson', link: 'log' } as const;
  const data = simulatedData(family, {
    rows: 20,
    slopes: 1,
    intercept: true,
    offset: false,
    coarse: false,
    seed: 1,
  });
  const withColumn = (column: (x: number) => number) => {
    const values = Array.from(data.predictors.values).flatMap((x) => [x, column(x)]);
    const predictors = { names: ['x0', 'copy'], rows: 20, values: Float64Array.from(values) };
    return flatSpecification(family, { ...data, predictors });
  };

  it('is refused by the name of the column that is constant or depends on others', () => {
    expect(() => generalizedLinear(withColumn((x) => 3 * x - 1))).toThrow(/^copy: constant, or/);
    expect(() => generalizedLinear(withColumn(() => 7.3))).toThrow(/^copy: constant, or/);
    const gaussian = {
      ...withColumn((x) => 2 * x),
      family: { family: 'gaussian', link: 'identity' },
    };
    expect(() =>
      generalizedLinear({
        ...gaussian,
        priors: { ...gaussian.priors, auxiliary: [{ distribution: 'exponential', rate: 1 }] },
      } as RegressionSpecification),
    ).toThrow(/^copy: constant, or/);
  });

  it('is none where a prior holds either of the slopes, and the other is their sum', () => {
    const prior = { distribution: 'normal', mean: 0, sd: 1 } as const;
    const flat = { distribution: 'flat' } as const;
    const specification = withColumn((x) => x);
    const alone = normalApproximation(generalizedLinear(flatSpecification(family, data)));
    for (const coefficients of [
      [prior, flat],
      [flat, prior],
    ]) {
      const model = generalizedLinear({
        ...specification,
        priors: { ...specification.priors, coefficients },
      });
      const approximation = normalApproximation(model);
      const mode = approximation?.mode ?? new Float64Array(3);
      // The flat slope takes what it likes, so that the held one stays at its prior's mean.
      const held = coefficients[0] === prior ? 1 : 2;
      expect(Math.abs(mode[held] ?? Number.NaN)).toBeLessThan(1e-4);
      expect((mode[1] ?? 0) + (mode[2] ?? 0)).toBeCloseTo(alone?.mode[1] ?? Number.NaN, 4);
    }
  });
});

describe('a linear regression over sufficient statistics', () => {
  it('works with predictors that depend on each other where priors hold their slopes', () => {
    const family = { family: 'gaussian', link: 'identity' } as const;
    const options = { rows: 15, slopes: 2, intercept: true, offset: true, coarse: false, seed: 4 };
    const data = simulatedData(family, options);
    const values = data.predictors.values.map((x, at, all) =>
      at % 2 === 1 ? -2 * (all[at - 1] ?? x) : x,
    );
    const specification = flatSpecification(family, {
      ...data,
      predictors: { ...data.predictors, values },
    });
    const prior = { distribution: 'normal', mean: 0, sd: 1 } as const;
    const held = {
      ...specification,
      priors: { ...specification.priors, coefficients: [prior, prior] },
    };
    const model = generalizedLinear(held);
    const [q, r] = [Float64Array.of(0.4, 1, -0.5, 0.1), Float64Array.of(0.2, -1, 0.5, -0.3)];
    const plain = (u: Float64Array) => plainLogPosterior(held, reported(model, u)) + (u[3] ?? 0);
    expect(evaluated(model, q).value - evaluated(model, r).value).toBeCloseTo(
      plain(q) - plain(r),
      9,
    );
  });
});
