/** The small logistic regression against the house's own model, and against sums over a grid. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BinaryRows,
  drawProposals,
  importanceSample,
  logisticMode,
  posteriorMoments,
} from '../../src/fit/logistic-mode.js';
import { modelOf } from '../../src/fit/specification.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { logisticSpecification } from '../../src/regression/columns.js';
import { normal } from '../../src/regression/priors/constructors.js';
import { posteriorMode } from '../../src/sampler/normal-approximation.js';

/** Choices by a random agent. Predictors have a mean of zero, where the house's intercept is. */
function someRows(seed: number, rows: number, width: number, sd: number): BinaryRows {
  const random = quickStream('rows', seed);
  const predictors = new Float64Array(rows * width).map(() => random.uniform() - random.uniform());
  for (let j = 0; j < width; j++) {
    let mean = 0;
    for (let i = 0; i < rows; i++) mean += predictors[i * width + j] / rows;
    for (let i = 0; i < rows; i++) predictors[i * width + j] -= mean;
  }
  const weights = Array.from({ length: width }, () => sd * random.normal());
  const outcomes = Uint8Array.from({ length: rows }, (_, i) => {
    const eta = weights.reduce((sum, w, j) => sum + w * predictors[i * width + j], 0.3);
    return random.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0;
  });
  return { predictors, outcomes };
}

const situation = fc.record({
  seed: fc.integer(),
  rows: fc.integer({ min: 5, max: 120 }),
  width: fc.integer({ min: 1, max: 6 }),
  sd: fc.double({ min: 0.1, max: 8, noNaN: true }),
});

describe('the mode of a logistic regression with normal priors', () => {
  it('is that of the model of its specification, within a hundredth of a standard deviation', () => {
    fc.assert(
      fc.property(situation, ({ seed, rows, width, sd }) => {
        const data = someRows(seed, rows, width, sd);
        const names = Array.from({ length: width }, (_, j) => `d${j}`);
        const specification = logisticSpecification(
          { names, rows, values: data.predictors },
          data.outcomes,
          { slopePrior: normal(0, 2), interceptPrior: normal(0.5, 1.5) },
        );
        const reference = posteriorMode(modelOf(specification));
        const means = new Float64Array(width + 1);
        const sds = new Float64Array(width + 1).fill(2);
        means[0] = 0.5;
        sds[0] = 1.5;
        const { mode, lower } = logisticMode(data, { means, sds });
        for (let j = 0; j <= width; j++) {
          // (L Lᵀ)_jj is the curvature along parameter j: 1 / its root is the least possible sd.
          let curvature = 0;
          for (let k = 0; k <= j; k++) curvature += lower[j * (width + 1) + k] ** 2;
          expect(Math.abs(mode[j] - reference[j]) * Math.sqrt(curvature)).toBeLessThan(0.01);
        }
      }),
      { seed: 2025, numRuns: 60 },
    );
  });
});

describe('moments by importance sampling', () => {
  it('are those of sums over a grid, for priors other than those of the draws too', () => {
    const { predictors, outcomes } = someRows(7, 12, 1, 6);
    const priorsOf = (sd: number) => ({
      means: Float64Array.of(0, 0),
      sds: Float64Array.of(1, sd),
    });
    const repeated = Array.from({ length: 20 }, (_, i) => {
      const sample = importanceSample(
        { predictors, outcomes },
        priorsOf(5),
        drawProposals(2, quickStream('proposals', i)),
      );
      return posteriorMoments(sample, priorsOf(6));
    });
    const grid = { weight: 0, slope: 0, square: 0 };
    for (let a = -4; a <= 4; a += 0.05) {
      for (let b = -30; b <= 40; b += 0.1) {
        let log = -0.5 * a * a - 0.5 * (b / 6) ** 2;
        outcomes.forEach((outcome, i) => {
          const eta = a + b * predictors[i];
          log -= Math.log1p(Math.exp(outcome === 1 ? -eta : eta));
        });
        const weight = Math.exp(log);
        grid.weight += weight;
        grid.slope += weight * b;
        grid.square += weight * b * b;
      }
    }
    const compare = (values: readonly number[], expected: number) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const error = Math.sqrt(squares / (values.length - 1) / values.length);
      expect(Math.abs(mean - expected)).toBeLessThan(4 * error);
      // The error of one run: of 400 draws, a few percent.
      expect(error * Math.sqrt(values.length)).toBeLessThan(0.1 * Math.abs(expected));
    };
    compare(
      repeated.map(({ means }) => means[1]),
      grid.slope / grid.weight,
    );
    compare(
      repeated.map(({ squares }) => squares[1]),
      grid.square / grid.weight,
    );
  });
});
