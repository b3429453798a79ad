/**
 * Importance weights of targets whose nearness to a normal is known, in few and in many dimensions.
 *
 * The threshold is Pareto's: weights with a tail of shape k have a variance where k < ½. Of a normal
 * they are bounded (k ≤ 0). Of the Cauchy-like target in one dimension k is 6/7: its tail 1/x² over
 * the proposal's 1/x⁸ is a weight x⁶, where the proposal has x⁻⁷ of its mass beyond.
 *
 * The seeds are fixed. How far k̂ scatters about k, measured over 2,000 other seeds: of the normal,
 * cut off or not, it was −0.8 at most, so that a false alarm above ½ was never seen. Of the heavy
 * targets it was ½ or less most often for the Cauchy in one dimension, 12% of seeds; then for the
 * Cauchy in five, 6%, and in the twenty of forty, 5%. The sixth smallest of twenty is above ½ unless
 * six or more fall there: by these rates 1 in 37, in 1,000 and in 2,600 sets of twenty seeds, and
 * less than 1 in 60,000 for each of the others. A correct sampler of weights thus fails for 3% of
 * all choices of the seeds, and not for these.
 */

import { describe, expect, it } from 'vitest';
import { paretoK } from '../../src/posterior/psis.js';
import { quickStream } from '../../src/random/quick-stream.js';
import type { Model } from '../../src/sampler/model.js';
import { normalApproximation } from '../../src/sampler/normal-approximation.js';
import { hasAnotherPeak, importanceLogWeights, planSampling } from '../../src/sampler/plan.js';
import { completeSettings } from '../../src/sampler/settings.js';

/** Independent parameters, each of a log density with its derivative. */
function independent(
  dimension: number,
  logDensity: (x: number) => number,
  derivative: (x: number) => number,
): Model {
  return {
    dimension,
    parameterNames: Array.from({ length: dimension }, (_, i) => `x${i}`),
    logDensity(position, gradient) {
      position.forEach((x, i) => {
        gradient[i] = derivative(x);
      });
      return position.reduce((sum, x) => sum + logDensity(x), 0);
    },
  };
}

const normal = (dimension: number) =>
  independent(
    dimension,
    (x) => -0.5 * x * x,
    (x) => -x,
  );
/** A density with unit curvature at its mode and tails like 1/x². */
const cauchy = (dimension: number) =>
  independent(
    dimension,
    (x) => -Math.log1p(0.5 * x * x),
    (x) => -x / (1 + 0.5 * x * x),
  );
/** A normal of sd 2 whose mode and curvature promise one of sd 1. */
const wide = (dimension: number) =>
  independent(
    dimension,
    (x) => Math.log(Math.exp(-0.5 * x * x) + 0.5 * Math.exp((-0.5 * x * x) / 16)),
    (x) => {
      const near = Math.exp(-0.5 * x * x);
      const far = 0.5 * Math.exp((-0.5 * x * x) / 16);
      return (-near * x - (far * x) / 16) / (near + far);
    },
  );

const shapes = (target: Model) =>
  Array.from({ length: 20 }, (_, seed) => {
    const random = quickStream('importance', seed);
    return paretoK(importanceLogWeights(target, random));
  });

/** A normal that ends three sds to one side of its mode. */
const cutOff = (dimension: number) =>
  independent(
    dimension,
    (x) => (x < 3 ? -0.5 * x * x : Number.NEGATIVE_INFINITY),
    (x) => -x,
  );

describe.each([1, 5, 20, 21, 100])('importance weights in %i dimensions', (dimension) => {
  it('of a density that ends are those of the part that there is', () => {
    expect(Math.max(...shapes(cutOff(dimension)))).toBeLessThan(0.5);
  });

  it('of a normal have a variance, by all of the seeds', () => {
    expect(Math.max(...shapes(normal(dimension)))).toBeLessThan(0.5);
  });

  it('of targets with more mass outside than their mode tells of have none, mostly', () => {
    for (const target of [cauchy(dimension), wide(dimension)]) {
      const found = shapes(target).sort((a, b) => a - b);
      expect(found[5]).toBeGreaterThan(0.5);
    }
  });
});

it('importance weights in many dimensions look at any of them, not at the first alone', () => {
  const dimension = 40;
  const heavy = cauchy(20);
  const light = normal(20);
  const target: Model = {
    ...normal(dimension),
    logDensity: (x, gradient) =>
      light.logDensity(x.subarray(0, 20), gradient.subarray(0, 20)) +
      heavy.logDensity(x.subarray(20), gradient.subarray(20)),
  };
  // Ten of forty by lot: five of the heavy twenty on average, and none once in 4,600 times.
  const found = shapes(target).sort((a, b) => a - b);
  expect(found[5]).toBeGreaterThan(0.5);
});

/** Densities with one peak and with two, of known mass. */

/** Two unit normals in the plane, `apart` on the first axis, the second with this share of mass. */
function twoPeaks(apart: number, share: number, unit = 1): Model {
  /** Log of the sum, and the share of the second peak in it. */
  const density = (x: number, y: number) => {
    const first = Math.log(1 - share) - 0.5 * (x * x + y * y);
    const second = Math.log(share) - 0.5 * ((x - apart) ** 2 + y * y);
    const most = Math.max(first, second);
    const log = most + Math.log(Math.exp(first - most) + Math.exp(second - most));
    return { log, w: Math.exp(second - log) };
  };
  return {
    dimension: 2,
    parameterNames: ['x', 'y'],
    severalPeaks: true,
    logDensity(q, gradient) {
      const [x, y] = [q[0] / unit, q[1] / unit];
      const { log, w } = density(x, y);
      gradient[0] = (-x + w * apart) / unit;
      gradient[1] = -y / unit;
      return log;
    },
    hessian(q, hessian) {
      const { w } = density(q[0] / unit, q[1] / unit);
      hessian.set([-1 + w * (1 - w) * apart * apart, 0, 0, -1].map((h) => h / unit / unit));
    },
  };
}

const found = (model: Model, seed: number) => {
  const first = normalApproximation(model);
  expect(first).not.toBeNull();
  return first && hasAnotherPeak(model, first, quickStream('peaks', seed));
};
const seeds = Array.from({ length: 20 }, (_, seed) => seed);

describe('another peak', () => {
  it.each([1, 1e6, 1e-6])('is found, near or far, in units of %d', (unit) => {
    for (const apart of [4, 8, 16]) {
      for (const seed of seeds) expect(found(twoPeaks(apart, 0.4, unit), seed)).toBe(true);
    }
  });

  it('is none where the mass of the other does not count', () => {
    for (const seed of seeds) expect(found(twoPeaks(8, 1e-6), seed)).toBe(false);
  });

  it('is none where there is one peak', () => {
    for (const seed of seeds) {
      expect(found(twoPeaks(8, 0), seed)).toBe(false);
      // So near that they are one.
      expect(found(twoPeaks(1, 0.5), seed)).toBe(false);
    }
  });

  it('takes split HMC off the plan, where the model says that there may be one', () => {
    const model = twoPeaks(12, 0.4);
    const settings = completeSettings({ seed: 3 });
    expect(planSampling(model, settings, 'two')).toEqual({ algorithm: 'nuts' });
    const unaware = planSampling({ ...model, severalPeaks: false }, settings, 'two');
    expect(unaware.algorithm).toBe('split-hmc');
  });
});
