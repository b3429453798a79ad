/** Where a chain begins. */
import { expect, it } from 'vitest';
import { sampleChain } from '../../src/sampler/chain.js';
import type { Model } from '../../src/sampler/model.js';
import { normalApproximation, whitened } from '../../src/sampler/normal-approximation.js';
import { completeSettings } from '../../src/sampler/settings.js';

const normal: Model = {
  dimension: 1,
  parameterNames: ['x'],
  logDensity(q, gradient) {
    gradient[0] = -q[0] / 1e12;
    return (-0.5 * q[0] * q[0]) / 1e12;
  },
  hessian: (_, hessian) => hessian.fill(-1e-12),
};
const settings = completeSettings({ warmup: 1000, draws: 400, seed: 4 });

function targetOf(model: Model) {
  const approximation = normalApproximation(model);
  if (!approximation) throw new Error('no mode');
  return whitened(model, approximation);
}

it('in whitened coordinates a chain by NUTS does not care for the scale', () => {
  const plan = { algorithm: 'nuts', target: targetOf(normal) } as const;
  const chain = sampleChain(normal, settings, 'chain', 0, plan);
  const deviation = Math.sqrt(chain.draws.reduce((sum, x) => sum + x * x, 0) / 400);
  // ESS of squares above 100: 4 standard errors of the deviation.
  expect(Math.abs(deviation / 1e6 - 1)).toBeLessThan(4 / Math.sqrt(2 * 100));
});

it('where whitened coordinates have no point to start from, a chain starts in its own', () => {
  const target = { ...targetOf(normal), logDensity: () => Number.NaN };
  const chain = sampleChain(normal, settings, 'chain', 0, { algorithm: 'nuts', target });
  expect(chain.draws.every(Number.isFinite)).toBe(true);
  // The metric that it learned is that of the model's own units.
  expect(chain.inverseMetric[0]).toBeGreaterThan(1e6);
});
