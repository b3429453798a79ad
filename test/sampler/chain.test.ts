/** Where a chain begins, how it is warmed up and what it keeps of each transition. */
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { chainInSteps, sampleChain } from '../../src/sampler/chain.js';
import { terminationReasons } from '../../src/sampler/kernel.js';
import type { Model } from '../../src/sampler/model.js';
import { normalApproximation, whitened } from '../../src/sampler/normal-approximation.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { findStepSize, fixedStage, type WarmupStage } from '../../src/sampler/warm-up.js';

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

it('an error of the model in whitened coordinates is not mistaken for a start that was not found', () => {
  const target = {
    ...targetOf(normal),
    logDensity: (): number => {
      throw new WeighbridgeError('bad-data', 'row 3');
    },
  };
  expect(() => sampleChain(normal, settings, 'chain', 0, { algorithm: 'nuts', target })).toThrow(
    'row 3',
  );
});

describe('the warm-up of a chain', () => {
  const standard: Model = {
    dimension: 1,
    parameterNames: ['x'],
    logDensity(q, gradient) {
      gradient[0] = -q[0];
      return -0.5 * q[0] * q[0];
    },
  };

  it('is the stages of its plan', () => {
    const seen: number[] = [];
    const spy: WarmupStage = {
      transitions: 0,
      // biome-ignore lint/correctness/useYield: it makes no transitions.
      *run(_, state) {
        seen.push(state.tuning.stepSize);
        return { ...state, tuning: { ...state.tuning, stepSize: 0.25 } };
      },
    };
    const warmup = [findStepSize, fixedStage(7), spy];
    const chain = sampleChain(standard, settings, 'stages', 0, { algorithm: 'nuts', warmup });
    expect(seen).toHaveLength(1);
    expect(chain).toMatchObject({ warmup: 7, stepSize: 0.25 });
    expect([...chain.inverseMetric]).toEqual([1]);
  });

  it('pauses before each 16th transition and counts all of them', () => {
    const short = completeSettings({ warmup: 40, draws: 20 });
    const steps = chainInSteps(standard, short, 'pauses', 0, { algorithm: 'nuts' });
    const progress = [];
    for (let step = steps.next(); !step.done; step = steps.next()) progress.push(step.value);
    expect(progress.map(({ done, total, phase }) => [done, total, phase])).toEqual([
      ...[0, 16, 32].map((done) => [done, 60, 'warm-up']),
      ...[40, 56].map((done) => [done, 60, 'sampling']),
    ]);
  });
});

describe('why trajectories ended', () => {
  /** A half-normal: -Infinity below zero. */
  const cliff: Model = {
    dimension: 2,
    parameterNames: ['x', 'y'],
    logDensity(q, gradient) {
      gradient[0] = -q[0];
      gradient[1] = -q[1];
      return q[0] < 0 ? Number.NEGATIVE_INFINITY : -0.5 * (q[0] * q[0] + q[1] * q[1]);
    },
  };

  it.each(['nuts', 'hmc'] as const)(
    'is kept of every draw of %s, and where divergences were',
    (algorithm) => {
      const chain = sampleChain(cliff, settings, 'ends', 0, { algorithm });
      const reasons = Array.from(chain.terminations?.reasons ?? [], (at) => terminationReasons[at]);
      expect(reasons).toHaveLength(400);
      expect(reasons.map((reason) => Number(reason === 'divergence'))).toEqual([
        ...chain.transitions.divergent,
      ]);
      const others = new Set(reasons);
      others.delete('divergence');
      expect([...others]).toEqual([algorithm === 'nuts' ? 'u-turn' : 'length']);
      const positions = chain.terminations?.divergencePositions ?? [];
      expect(positions).toHaveLength(2 * chain.divergences);
      expect(chain.divergences).toBeGreaterThan(10);
      // The density ends at x = 0.
      for (let i = 0; i < positions.length; i += 2) expect(positions[i]).toBeLessThan(0);
    },
  );

  it('is the depth where a tree may not grow until it turns', () => {
    const shallow = completeSettings({ ...settings, maxDepth: 1, draws: 50 });
    // The untuned step size, 1, is a millionth of the scale.
    const plan = { algorithm: 'nuts', warmup: [] } as const;
    const { terminations, maxDepthHits } = sampleChain(normal, shallow, 'shallow', 0, plan);
    expect(new Set(terminations?.reasons)).toEqual(
      new Set([terminationReasons.indexOf('max-depth')]),
    );
    expect(maxDepthHits).toBe(50);
  });
});
