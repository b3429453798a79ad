/** The compiled kernel against its plain twin, and the shipped bytes against their source. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../models/kernels/compile.mjs';
import { logitModule } from '../../../models/kernels/logit-module.js';
import type { Predictors } from '../../../models/regression-data.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import {
  type EvaluatedPoint,
  evaluate,
  newEvaluatedPoint,
} from '../../../src/sampler/hamiltonian.js';
import { inBatch } from '../../../src/sampler/kernel.js';
import type {
  Coordinates,
  LogDensity,
  Model,
  MovingPoint,
  QuickDensity,
} from '../../../src/sampler/model.js';
import { normalApproximation, whitened } from '../../../src/sampler/normal-approximation.js';
import { splitHmc, splitStepOf } from '../../../src/sampler/split-hmc.js';
import { logistic, normal, studentT } from '../paper-regressions.js';

/** Priors of all kinds, by a seed; one in four slopes is flat. */
function priorsOf(seed: number) {
  const random = quickStream('priors', seed);
  const interceptPrior = studentT(
    1 + 9 * random.uniform(),
    3 * random.normal(),
    0.5 + 3 * random.uniform(),
  );
  const slopePrior = normal(random.normal(), 0.3 + 2 * random.uniform());
  return seed % 4 === 3 ? { interceptPrior } : { interceptPrior, slopePrior };
}

function modelOf(rows: number, columns: number, fractional: boolean, seed = 0): Model {
  const random = quickStream('kernel', rows, columns, seed);
  const predictors: Predictors = {
    names: Array.from({ length: columns }, (_, j) => `x${j}`),
    rows,
    values: Float64Array.from({ length: rows * columns }, random.normal),
  };
  const outcomes = Float64Array.from({ length: rows }, () =>
    fractional ? random.uniform() : Number(random.coin()),
  );
  return logistic({ predictors, outcomes, ...priorsOf(seed) });
}

/** Coordinates of any origin and basis, well away from singular. */
function coordinatesOf(dimension: number, seed: number): Coordinates {
  const random = quickStream('coordinates', dimension, seed);
  const basis = new Float64Array(dimension * dimension).map(() => 0.3 * random.normal());
  for (let j = 0; j < dimension; j++) basis[j * (dimension + 1)] = 1;
  return { origin: new Float64Array(dimension).map(random.normal), basis };
}

/** The plain density in those coordinates. */
function plainIn(model: Model, { origin, basis }: Coordinates): LogDensity {
  const d = model.dimension;
  const gradient = new Float64Array(d);
  return (x, xGradient) => {
    const position = origin.map((value, i) =>
      x.reduce((sum, xj, j) => sum + (basis[i * d + j] ?? Number.NaN) * xj, value),
    );
    const logDensity = model.logDensity(position, gradient);
    xGradient.forEach((_, j) => {
      xGradient[j] = gradient.reduce(
        (sum, slope, i) => sum + slope * (basis[i * d + j] ?? Number.NaN),
        0,
      );
    });
    return logDensity;
  };
}

function compiledIn(model: Model, coordinates: Coordinates): QuickDensity {
  const quick = model.quickDensity?.(coordinates);
  if (!quick) throw new Error('WebAssembly does not run here');
  return quick;
}

/** Relative to the sums of what is added up, as the sums themselves may cancel. */
function expectClose(found: ArrayLike<number>, expected: Float64Array, tolerance: number): void {
  const scale = Math.hypot(...expected) + expected.length;
  expected.forEach((value, j) => {
    expect(Math.abs((found[j] ?? Number.NaN) - value) / scale).toBeLessThan(tolerance);
  });
}

function expectTwins(model: Model, x: Float64Array, seed = 0): void {
  const [plain, compiled] = [0, 1].map(() => new Float64Array(model.dimension)) as [
    Float64Array,
    Float64Array,
  ];
  const coordinates = coordinatesOf(model.dimension, seed);
  const expected = plainIn(model, coordinates)(x, plain);
  const found = compiledIn(model, coordinates).logDensity(x, compiled);
  expect(Math.abs(found / expected - 1)).toBeLessThan(1e-12);
  expectClose(compiled, plain, 1e-12);
}

describe('the compiled logistic kernel', () => {
  it('agrees with the plain one to 1e-12, whatever the rows, columns, outcomes and position', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        fc.double({ min: 0, max: 300, noNaN: true }),
        fc.nat({ max: 1000 }),
        (rows, columns, fractional, size, seed) => {
          fc.pre(seed % 4 !== 3 || rows > columns + 1);
          const random = quickStream('position', rows, columns);
          const position = new Float64Array(columns + 1).map(() => size * random.normal());
          expectTwins(modelOf(rows, columns, fractional, seed), position, seed);
        },
      ),
      { seed: 2025, numRuns: 300 },
    );
  });

  it('loses nothing where the product of factors must be brought back into range', () => {
    for (const rows of [1024, 1027, 5000]) {
      const model = modelOf(rows, 3, false);
      expectTwins(model, new Float64Array(4));
      expectTwins(model, Float64Array.of(0.1, -0.2, 0.3, 2));
    }
  });

  it('serves models in turns from its one memory, and grows it', () => {
    const models = [
      modelOf(50, 5, false, 1),
      modelOf(9000, 4, false, 2),
      modelOf(50, 5, false, 3),
      modelOf(7, 2, true, 4),
    ];
    for (let round = 0; round < 3; round++) {
      for (const model of models) expectTwins(model, new Float64Array(model.dimension).fill(0.4));
    }
  });

  it('steps as the plain split step does, to rounding', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        // Rows without columns are equal and go to merged rows, not to this kernel.
        fc.integer({ min: 1, max: 8 }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.boolean(),
        fc.nat({ max: 1000 }),
        (rows, columns, stepSize, fractional, seed) => {
          fc.pre(seed % 4 !== 3 || rows > columns + 1);
          const model = modelOf(rows, columns, fractional, seed);
          const coordinates = coordinatesOf(model.dimension, 1);
          const plain = plainIn(model, coordinates);
          const compiled = compiledIn(model, coordinates);
          const { middleGradient } = compiled;
          expect(middleGradient).toBeDefined();
          const random = quickStream('step', rows, columns);
          const start = (): MovingPoint => ({
            position: new Float64Array(model.dimension),
            gradient: new Float64Array(model.dimension),
            momentum: new Float64Array(model.dimension),
            logDensity: 0,
          });
          const expected = start();
          random.normals(expected.position);
          random.normals(expected.momentum);
          expected.logDensity = plain(expected.position, expected.gradient);
          const found = start();
          for (const part of ['position', 'gradient', 'momentum'] as const) {
            found[part].set(expected[part]);
          }
          splitStepOf({ logDensity: plain, ...(middleGradient && { middleGradient }) })(
            expected,
            stepSize,
          );
          expect(compiled.fusedStep).toBeDefined();
          splitStepOf(compiled)(found, stepSize);
          for (const part of ['position', 'gradient', 'momentum'] as const) {
            // Two gradients deep, an error of rounding has met the curvature twice.
            expectClose(found[part], expected[part], 1e-11);
          }
          expect(Math.abs(found.logDensity / expected.logDensity - 1)).toBeLessThan(1e-11);
        },
      ),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('has a gradient for the middle of a step that is right to single precision', () => {
    fc.assert(
      fc.property(
        // Two chunks of rows, and more.
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 8 }),
        fc.double({ min: 0, max: 300, noNaN: true }),
        fc.boolean(),
        fc.nat({ max: 1000 }),
        (rows, columns, size, fractional, seed) => {
          fc.pre(seed % 4 !== 3 || rows > columns + 1);
          const model = modelOf(rows, columns, fractional, seed);
          const coordinates = coordinatesOf(model.dimension, 1);
          const compiled = compiledIn(model, coordinates);
          const random = quickStream('middle', rows, columns);
          const x = new Float64Array(columns + 1).map(() => size * random.normal());
          const [middle, exact] = [new Float64Array(x.length), new Float64Array(x.length)];
          compiled.middleGradient?.(x, middle);
          compiled.logDensity(x, exact);
          // A margin m is rounded to 2^-24 |m|, which moves a weight by at most a quarter of that; weights are
          // at most 1 and right to 2e-7; the rows are of the order of sqrt(columns).
          const margins = size * (columns + 1) * 6e-8;
          const bound = 10 * rows * (margins / 4 + 3e-7);
          exact.forEach((value, j) => {
            expect(Math.abs((middle[j] ?? Number.NaN) - value)).toBeLessThan(
              bound + 1e-12 * Math.abs(value),
            );
          });
        },
      ),
      { seed: 2025, numRuns: 200 },
    );
  });

  it('makes many transitions as split HMC makes each, with the same random numbers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 80 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(1, 2, 3),
        fc.nat({ max: 1000 }),
        (rows, columns, steps, seed) => {
          fc.pre(seed % 4 !== 3 || rows > columns + 1);
          const model = modelOf(rows, columns, false, seed);
          const approximation = normalApproximation(model);
          fc.pre(approximation !== null);
          const target = whitened(model, approximation);
          const kernel = splitHmc(target, steps);
          const [single, many] = [0, 1].map(() => newEvaluatedPoint(target.dimension)) as [
            EvaluatedPoint,
            EvaluatedPoint,
          ];
          const [forSingle, forMany] = [quickStream('chain', seed), quickStream('chain', seed)];
          expect(evaluate(target, single) && evaluate(target, many)).toBe(true);
          for (let draw = 0; draw < 60; ) {
            const batch = kernel.transitions?.(many, forMany, 60 - draw);
            if (!batch) throw new Error('the kernel makes no batches');
            for (let i = 0; i < batch.made; i++, draw++) {
              const at = batch.start + i * batch.width;
              const numbers = batch.numbers.slice(at, at + batch.width);
              const { acceptance, energy, leapfrogSteps } = kernel.transition(single, forSingle);
              // The batch lies in the kernel's memory, which the transition has used.
              batch.numbers.set(numbers, at);
              expect(
                Math.abs((numbers[inBatch.acceptance] ?? Number.NaN) - acceptance),
              ).toBeLessThan(1e-6);
              expect(Math.abs((numbers[inBatch.energy] ?? Number.NaN) - energy)).toBeLessThan(1e-6);
              expect(numbers[inBatch.gradientEvaluations]).toBe(leapfrogSteps);
              const position = numbers.slice(inBatch.position);
              single.position.forEach((value, j) => {
                expect(Math.abs((position[j] ?? Number.NaN) - value)).toBeLessThan(1e-6);
              });
            }
          }
          expect(forMany.uniform()).toBe(forSingle.uniform());
        },
      ),
      { seed: 2025, numRuns: 60 },
    );
  });

  it('adds up weighted points as one evaluation after the other does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 80 }),
        fc.integer({ min: 1, max: 9 }),
        // More than one call takes.
        fc.constantFrom(1, 20, 4000),
        fc.nat({ max: 1000 }),
        (rows, columns, count, seed) => {
          fc.pre(seed % 4 !== 3 || rows > columns + 1);
          const model = modelOf(rows, columns, false, seed);
          const size = model.dimension;
          const quick = compiledIn(model, coordinatesOf(size, seed));
          const random = quickStream('points', rows, columns);
          const points = new Float64Array(count * size).map(() => 0.3 * random.normal());
          const width = 1 + size * (2 + size);
          const [x, gradient] = [new Float64Array(size), new Float64Array(size)];
          const peak = quick.logDensity(x, gradient) + 1;
          const expected = new Float64Array(width).fill(0.5);
          const sizes = new Float64Array(width).fill(0.5);
          for (let start = 0; start < points.length; start += size) {
            x.set(points.subarray(start, start + size));
            const difference = quick.logDensity(x, gradient) - peak;
            const weight = Math.exp(-Math.abs(difference));
            const terms = [
              1,
              ...x,
              ...gradient,
              ...[...x].flatMap((xi) => [...gradient.map((g) => xi * g)]),
            ];
            terms.forEach((term, k) => {
              expected[k] = (expected[k] ?? Number.NaN) + weight * term;
              sizes[k] = (sizes[k] ?? Number.NaN) + Math.abs(weight * term);
            });
          }
          const found = new Float64Array(width).fill(0.5);
          quick.addMoments?.(points, peak, found);
          expected.forEach((value, k) => {
            const error = Math.abs((found[k] ?? Number.NaN) - value);
            expect(error / (sizes[k] ?? Number.NaN)).toBeLessThan(1e-12);
          });
        },
      ),
      { seed: 2025, numRuns: 60 },
    );
  });

  it('is not spoilt for good by a step that overflows', () => {
    for (const columns of [2, 6]) {
      const model = modelOf(10, columns, false);
      const quick = compiledIn(model, coordinatesOf(columns + 1, 0));
      const x = new Float64Array(columns + 1).fill(0.2);
      const gradient = new Float64Array(columns + 1);
      const before = quick.logDensity(x, gradient);
      splitStepOf(quick)(
        {
          position: new Float64Array(columns + 1).fill(1e308),
          momentum: new Float64Array(columns + 1).fill(1e308),
          gradient: new Float64Array(columns + 1).fill(1e308),
          logDensity: 0,
        },
        1.9,
      );
      expect(quick.logDensity(x, gradient)).toBe(before);
    }
  });

  it('says where it is undefined as the plain one does', () => {
    const model = modelOf(10, 2, false);
    const quick = compiledIn(model, coordinatesOf(3, 0));
    expect(quick.logDensity(Float64Array.of(Number.NaN, 0, 0), new Float64Array(3))).toBeNaN();
  });

  it('is what its source compiles to', async () => {
    expect(logitModule).toBe(await compileKernel('logit'));
  });
});
