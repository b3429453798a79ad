/** Means with control variates: exact for a normal, right for others, and finer than plain means. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runJob } from '../../src/fit/job.js';
import { sample } from '../../src/fit/sample.js';
import { controlledColumns, controlledMean } from '../../src/posterior/control-variates.js';
import { mcseMean, sampleMoments } from '../../src/posterior/convergence.js';
import { parameterDraws } from '../../src/posterior/draws.js';
import { randomStream } from '../../src/random/stream.js';
import { completeSettings } from '../../src/sampler/settings.js';
import {
  logisticSpecification,
  normal,
  simulateLogistic,
  studentT,
} from '../models/paper-regressions.js';

describe('controlled means', () => {
  test('have no error at all for a normal density, whatever the draws', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.double({ min: -5, max: 5, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (seed, mean, sd) => {
          // Draws that are not even from the density: an AR(1) chain off its centre.
          const random = randomStream(seed, 'controlled');
          let state = 0;
          const values = Float64Array.from({ length: 200 }, () => {
            state = 0.8 * state + random.normal();
            return mean + sd * (state + 0.5);
          });
          const gradients = values.map((value) => (mean - value) / (sd * sd));
          const controlled = controlledMean(values, gradients, 2);
          // Rounding: 200 draws of values to 50 over an sd of at least 0.1.
          expect(Math.abs(controlled.mean - mean)).toBeLessThan(1e-9);
        },
      ),
      { seed: 2025 },
    );
  });

  test('are plain means where the gradient says nothing', () => {
    const values = Float64Array.from([1, 2, 3, 4, 1, 2, 3, 6]);
    const { mean } = controlledMean(values, new Float64Array(8), 2);
    expect(mean).toBeCloseTo(2.75, 14);
  });

  test('are plain means where a gradient is not finite', () => {
    const values = Float64Array.from({ length: 40 }, (_, i) => (7 * i) % 11);
    const gradients = values.map(Math.sqrt).fill(Number.NaN, 3, 4);
    const controlled = controlledMean(values, gradients, 2);
    expect(controlled.mean).toBeCloseTo(sampleMoments(values).mean, 14);
    expect(controlled.mcse).toBeCloseTo(mcseMean(values, 2), 14);
  });

  test('are what is left of values after a regression on the gradients, for any widths', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(40, 41),
        (seed, width, count, length) => {
          const random = randomStream(seed, 'columns');
          const gradients = [0, 1].map(() =>
            Float64Array.from({ length: length * width }, () => random.normal()),
          );
          // Each value is a known mixture of gradients: all that is left is its constant.
          const mixture = Float64Array.from({ length: width * count }, () => random.normal());
          const values = gradients.map((matrix) =>
            Float64Array.from({ length: length * count }, (_, at) => {
              const row = Math.floor(at / count);
              let sum = 3;
              for (let j = 0; j < width; j++) {
                sum += matrix[row * width + j] * mixture[j * count + (at % count)];
              }
              return sum;
            }),
          );
          const controlled = controlledColumns(
            { parts: values, width: count },
            { parts: gradients, width },
            2,
          );
          expect(controlled).toHaveLength(count);
          // 80 draws of at most 7 gradients: rounding only.
          for (const { mean } of controlled) expect(Math.abs(mean - 3)).toBeLessThan(1e-11);
          for (const { mcse } of controlled) expect(mcse).toBeLessThan(1e-11);
        },
      ),
      { seed: 2025, numRuns: 200 },
    );
  });

  test('do not depend on what stands beside a column, nor on what was computed before', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 20, max: 30 }),
        (seed, width, count, length) => {
          const random = randomStream(seed, 'beside');
          const matrix = (columns: number) =>
            Float64Array.from({ length: 2 * length * columns }, () => random.normal());
          const gradients = matrix(width);
          const values = matrix(count);
          const all = controlledColumns(
            { parts: [values], width: count },
            { parts: [gradients], width },
            2,
          );
          controlledMean(matrix(1), matrix(3), 2);
          const alone = all.map((_, k) =>
            controlledMean(
              values.filter((_, at) => at % count === k),
              gradients,
              2,
            ),
          );
          expect(alone).toEqual(all);
        },
      ),
      { seed: 2025, numRuns: 100 },
    );
  });

  test('are the posterior means of a skewed density, with less error than plain ones', () => {
    // log of a gamma variate with shape 3: E[log x] = digamma(3) = 1.5 − Euler's constant.
    const model = {
      dimension: 1,
      parameterNames: ['log x'],
      logDensity(position: Float64Array, gradient: Float64Array) {
        const x = Math.exp(position[0] ?? 0);
        gradient[0] = 3 - x;
        return 3 * (position[0] ?? 0) - x;
      },
    };
    const truth = 1.5 - 0.5772156649015329;
    const z = Array.from({ length: 50 }, (_, seed) => {
      const settings = completeSettings({ seed, draws: 500 });
      const { draws } = sample({ model, ...settings });
      const values = parameterDraws(draws, 0);
      const gradients = values.map((value) => 3 - Math.exp(value));
      const controlled = controlledMean(values, gradients, 4);
      expect(controlled.mcse).toBeLessThan(0.6 * mcseMean(values, 4));
      return (controlled.mean - truth) / controlled.mcse;
    });
    // 50 z-scores: one beyond 4.5 has probability 3e-4; the mean square is 1 ± 0.2 (sd).
    expect(Math.max(...z.map(Math.abs))).toBeLessThan(4.5);
    expect(z.reduce((sum, value) => sum + value * value, 0) / 50).toBeLessThan(1.8);
  });

  test('of a weight regression are several times finer than plain ones, and agree with them', () => {
    const random = randomStream(2025, 'weight regression');
    const predictors = {
      names: ['d1', 'd2', 'd3', 'd4', 'd5'],
      rows: 50,
      values: Float64Array.from({ length: 250 }, () => 2 * random.uniform() - 1),
    };
    const outcomes = simulateLogistic(predictors, [0, 2, -1, 1, 0, -2], random);
    const priors = {
      slopePrior: normal(0, 1),
      interceptPrior: studentT(3, 0, 2.5),
    };
    const fit = runJob(
      {
        name: 'weights',
        specification: logisticSpecification({ predictors, outcomes, ...priors }),
        controlMeans: true,
      },
      completeSettings(),
    );
    fit.parameters.forEach((row, i) => {
      const controlled = fit.controlledMeans?.[i];
      if (!controlled) throw new Error('no controlled mean');
      expect(controlled.mcse).toBeLessThan(row.mcseMean / 3);
      expect(Math.abs(controlled.mean - row.mean)).toBeLessThan(4.5 * row.mcseMean);
    });
  });
});
