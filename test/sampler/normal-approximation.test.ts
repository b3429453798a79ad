/** Newton's method to the mode. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { randomStream } from '../../src/random/stream.js';
import { posteriorMode } from '../../src/sampler/normal-approximation.js';
import { logistic, normal, simulateLogistic, studentT } from '../models/paper-regressions.js';

const priors = {
  slopePrior: normal(0, 1),
  interceptPrior: studentT(3, 0, 2.5),
};

describe('the posterior mode', () => {
  test('is where the gradient of a logistic regression is zero', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 2, max: 80 }), (seed, rows) => {
        const random = randomStream(seed, 'mode');
        const predictors = {
          names: ['d1', 'd2', 'd3'],
          rows,
          values: Float64Array.from({ length: 3 * rows }, () => 2 * random.uniform() - 1),
        };
        const outcomes = simulateLogistic(predictors, [0.3, 4, -2, 0], random);
        const { constrain: _, ...model } = logistic({ predictors, outcomes, ...priors });
        const gradient = new Float64Array(4);
        model.logDensity(posteriorMode(model), gradient);
        // Steps end below 1e-9, and curvatures are below 1 + rows / 4.
        for (const slope of gradient) expect(Math.abs(slope)).toBeLessThan(1e-9 * (1 + rows));
      }),
      { seed: 2025 },
    );
  });

  test('reports parameters as draws are reported: the intercept where predictors are zero', () => {
    const predictors = { names: ['d'], rows: 4, values: Float64Array.from([1, 2, 3, 6]) };
    const model = logistic({ predictors, outcomes: [0, 0, 1, 1], ...priors });
    const [intercept = 0, slope = 0] = posteriorMode(model);
    const [atCentre = 0] = posteriorMode({ ...model, constrain: (from, to) => to.set(from) });
    expect(intercept).toBeCloseTo(atCentre - 3 * slope, 12);
  });

  test('of a density that rises without end is an error with a code', () => {
    const endless = {
      dimension: 1,
      parameterNames: ['x'],
      logDensity(position: Float64Array, gradient: Float64Array) {
        gradient[0] = 1;
        return position[0] ?? 0;
      },
    };
    expect(() => posteriorMode(endless)).toThrow(WeighbridgeError);
  });
});
