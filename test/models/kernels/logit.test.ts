/** The compiled kernel against its plain twin, and the shipped bytes against their source. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bernoulliLogit, type Predictors } from '../../../models/index.js';
import { compileKernel } from '../../../models/kernels/compile.mjs';
import { logitModule } from '../../../models/kernels/logit-module.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import type { Model } from '../../../src/sampler/model.js';

const interceptPrior = { degreesOfFreedom: 3, location: 0, scale: 2.5 };

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
  return bernoulliLogit({ predictors, outcomes, slopePrior: { mean: 0, sd: 1 }, interceptPrior });
}

/** Relative to the sums of what is added up, as the sums themselves may cancel. */
function expectTwins(model: Model, position: Float64Array): void {
  const [plain, compiled] = [0, 1].map(() => new Float64Array(model.dimension));
  const expected = model.logDensity(position, plain);
  const found = model.quickLogDensity?.(position, compiled) ?? Number.NaN;
  expect(Math.abs(found / expected - 1)).toBeLessThan(1e-12);
  const scale = Math.hypot(...plain) + model.dimension;
  plain.forEach((value, j) => {
    expect(Math.abs((compiled[j] ?? Number.NaN) - value) / scale).toBeLessThan(1e-12);
  });
}

describe('the compiled logistic kernel', () => {
  it('agrees with the plain one to 1e-12, whatever the rows, columns, outcomes and position', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 0, max: 8 }),
        fc.boolean(),
        fc.double({ min: 0, max: 300, noNaN: true }),
        (rows, columns, fractional, size) => {
          const random = quickStream('position', rows, columns);
          const position = new Float64Array(columns + 1).map(() => size * random.normal());
          expectTwins(modelOf(rows, columns, fractional), position);
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

  it('says where it is undefined as the plain one does', () => {
    const model = modelOf(10, 2, false);
    const gradient = new Float64Array(3);
    expect(model.quickLogDensity?.(Float64Array.of(Number.NaN, 0, 0), gradient)).toBeNaN();
  });

  it('is what its source compiles to', async () => {
    expect(logitModule).toBe(await compileKernel('logit'));
  });
});
