/** Splines and Gaussian processes as blocks of coefficients: spectra, density by definition, gradient, what is reported. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussianProcessFunction } from '../../models/coefficient-blocks/gaussian-process.js';
import { priorDensity } from '../../models/prior-distributions.js';
import { regressionModel } from '../../models/regression-model.js';
import { etaOf, reportedNames } from '../../models/reported-parameters.js';
import { randomStream } from '../../src/random/stream.js';
import { prepare } from '../../src/regression/prepare.js';
import { samplePriorOf } from '../../src/regression/priors/sample-prior.js';

const rows = 24;
const random = randomStream('smooth terms');
const x = Array.from({ length: rows }, () => Math.round(100 * random.normal()) / 50);
const data = {
  x,
  z: x.map((value) => value + random.normal()),
  g: x.map((_, i) => ['a', 'b', 'c'][i % 3] ?? ''),
  y: x.map((value) => Math.sin(value) + 0.3 * random.normal()),
  c: x.map((value) => Math.round(Math.exp(1 + 0.3 * value))),
};

const specificationOf = (formula: string, family: 'gaussian' | 'poisson' = 'gaussian') =>
  prepare({
    formula,
    family,
    data,
    prior: [
      'normal(0, 1) class=Intercept',
      ...(/s\(/.test(formula) ? ['normal(0, 1) class=b'] : []),
    ],
  }).specification;

const cases = [
  ['a spline', 'y ~ z + s(x, k = 6)', 'gaussian'],
  ['a process', 'c ~ gp(x, k = 6)', 'poisson'],
  ['another kernel', 'y ~ gp(x, k = 6, cov = "matern32")', 'gaussian'],
  [
    'both with group effects',
    'y ~ s(z, k = 5) + gp(x, k = 4, cov = "matern52") + (1 | g)',
    'gaussian',
  ],
  ['a curve for each level', 'y ~ g + s(x, by = g, k = 4)', 'gaussian'],
  ['terms of several parameters', 'bf(y ~ s(x, k = 5), sigma ~ gp(z, k = 4))', 'gaussian'],
] as const;

describe.each(cases)('%s', (_, formula, family) => {
  const specification = specificationOf(formula, family);
  const model = regressionModel(specification);
  const positions = fc
    .array(fc.double({ min: -1.2, max: 1.2, noNaN: true }), {
      minLength: model.dimension,
      maxLength: model.dimension,
    })
    .map((values) => Float64Array.from(values));

  it('has the gradient of its density', () => {
    const gradient = new Float64Array(model.dimension);
    const other = new Float64Array(model.dimension);
    fc.assert(
      fc.property(positions, (position) => {
        model.logDensity(position, gradient);
        for (let j = 0; j < model.dimension; j++) {
          const step = 1e-5;
          const at = (shift: number) => {
            const moved = position.slice();
            moved[j] = (moved[j] ?? 0) + shift;
            return model.logDensity(moved, other);
          };
          const difference = (at(step) - at(-step)) / (2 * step);
          const size = 1 + Math.abs(difference);
          expect(Math.abs((gradient[j] ?? 0) - difference)).toBeLessThan(1e-4 * size);
        }
      }),
      { seed: 2025, numRuns: 8 },
    );
  });

  it('is plain data that another thread can have', () => {
    const there = regressionModel(structuredClone(specification));
    const position = new Float64Array(model.dimension).fill(0.3);
    const gradients = [new Float64Array(model.dimension), new Float64Array(model.dimension)];
    const [here, copy] = [model, there].map((one, i) =>
      one.logDensity(position, gradients[i] ?? new Float64Array()),
    );
    expect(copy).toBe(here);
    expect(gradients[1]).toEqual(gradients[0]);
  });

  it('draws from its prior parameters that predict finite outcomes', () => {
    const { draws } = samplePriorOf(specification, { draws: 50, seed: 3 });
    expect(draws.parameterNames).toEqual(reportedNames(specification));
    expect(draws.values.every(Number.isFinite)).toBe(true);
  });
});

it('reports parameters by which predictions have the linear predictor of the density', () => {
  const specification = specificationOf('y ~ z + s(x, k = 6) + gp(z, k = 5)');
  const model = regressionModel(specification);
  const names = reportedNames(specification);
  /** Log density over that of its definition, a constant. */
  const constantAt = (shift: number): number => {
    const position = Float64Array.from(
      { length: model.dimension },
      (_, j) => 0.4 * Math.sin(j + shift),
    );
    const reported = new Float64Array(names.length);
    model.constrain?.(position, reported, randomStream('constrain'));
    const reportedOf = (name: string) => {
      const place = names.indexOf(name);
      if (place < 0) throw new Error(`no ${name}`);
      return reported[place] ?? 0;
    };
    const eta = new Float64Array(rows);
    etaOf(specification)(reported, eta);
    // The log density by its definition: normal outcomes, and the priors of all parameters.
    const sigma = reportedOf('sigma');
    const { data: own, priors } = specification;
    const normal = (value: number, sd = 1) =>
      -0.5 * (value / sd) ** 2 - Math.log(sd * Math.sqrt(2 * Math.PI));
    let expected = 0;
    own.outcomes.forEach((outcome, i) => {
      expected += normal(outcome - (eta[i] ?? 0), sigma);
    });
    const sds = reportedOf('sds_sx_1');
    const [ofSpline, ofProcess] = priors.terms ?? [];
    const positive: [number, Parameters<typeof priorDensity>[0] | undefined][] = [
      [sigma, priors.auxiliary[0]],
      [sds, ofSpline?.[0]],
      [reportedOf('sdgp_gpz'), ofProcess?.[0]],
      [reportedOf('lscale_gpz'), ofProcess?.[1]],
    ];
    for (const [value, one] of positive) {
      if (one) expected += priorDensity(one).logDensity(value) + Math.log(value);
    }
    const ones = (count: number, name: (j: number) => string) =>
      Array.from({ length: count }, (_, j) => reportedOf(name(j + 1)));
    for (const s of ones(4, (j) => `s_sx_1[${j}]`)) expected += normal(s / sds);
    for (const u of ones(5, (j) => `zgp_gpz[${j}]`)) expected += normal(u);
    const meanOfZ = data.z.reduce((sum, value) => sum + value, 0) / rows;
    expected += normal(reportedOf('b_z')) + normal(reportedOf('bs_sx_1'));
    expected += normal(reportedOf('b_Intercept') + reportedOf('b_z') * meanOfZ);
    return model.logDensity(position, new Float64Array(model.dimension)) - expected;
  };
  expect(constantAt(2)).toBeCloseTo(constantAt(1), 6);
  expect(constantAt(3)).toBeCloseTo(constantAt(1), 6);
});

describe('a spectrum', () => {
  const kernels = {
    exp_quad: (r: number) => Math.exp(-0.5 * r * r),
    matern32: (r: number) => (1 + Math.sqrt(3) * r) * Math.exp(-Math.sqrt(3) * r),
    matern52: (r: number) => (1 + Math.sqrt(5) * r + (5 / 3) * r * r) * Math.exp(-Math.sqrt(5) * r),
  };

  it.each(Object.entries(kernels))('is the Fourier transform of the kernel %s', (name, kernel) => {
    const length = 0.7;
    const sd = 1.3;
    const step = 0.01;
    const frequencies = Array.from({ length: 100_000 }, (_, j) => (j + 0.5) * step);
    const { write } = gaussianProcessFunction({
      ...{ kind: 'process', name: 'gpx', kernel: name as keyof typeof kernels },
      ...{ frequencies, columns: frequencies.length },
    });
    const roots = new Float64Array(frequencies.length);
    const ones = new Float64Array(frequencies.length).fill(1);
    write({ own: ones, further: Float64Array.of(sd, length), sigma: Float64Array.of(1) }, roots);
    for (const distance of [0, 0.4, 1.5]) {
      // k(r) = (1/π) ∫ S(ω) cos(ω r) dω from 0 on.
      const sum = roots.reduce(
        (total, root, j) => total + root * root * Math.cos((frequencies[j] ?? 0) * distance),
        0,
      );
      expect((sum * step) / Math.PI).toBeCloseTo(sd * sd * kernel(distance / length), 4);
    }
  });
});
