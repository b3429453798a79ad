/** Densities with one peak and with two, of known mass. */
import { describe, expect, it } from 'vitest';
import { quickStream } from '../../src/random/quick-stream.js';
import type { Model } from '../../src/sampler/model.js';
import { normalApproximation } from '../../src/sampler/normal-approximation.js';
import { hasAnotherPeak } from '../../src/sampler/other-peaks.js';
import { planSampling } from '../../src/sampler/plan.js';
import { completeSettings } from '../../src/sampler/settings.js';

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
