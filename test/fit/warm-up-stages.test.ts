/** The option `warmupStages` of `sample`. */
import { describe, expect, it } from 'vitest';
import { isWeighbridgeError } from '../../src/errors.js';
import { sample } from '../../src/fit/sample.js';
import type { Model } from '../../src/sampler/model.js';
import {
  adaptationStage,
  averageStepSize,
  findStepSize,
  fixedStage,
  stanStages,
  type WarmupStage,
} from '../../src/sampler/warm-up.js';

const model: Model = {
  dimension: 2,
  parameterNames: ['x', 'y'],
  logDensity(position, gradient) {
    gradient[0] = -position[0];
    gradient[1] = -position[1] / 4;
    return -(position[0] ** 2 + position[1] ** 2 / 4) / 2;
  },
};
const settings = { model, algorithm: 'nuts', chains: 2, draws: 200, seed: 7 } as const;

describe('warmupStages', () => {
  it("are Stan's by default", () => {
    const byDefault = sample({ ...settings, warmup: 150 });
    const given = sample({ ...settings, warmup: 150, warmupStages: stanStages(150) });
    expect(given.draws.values).toEqual(byDefault.draws.values);
  });

  it('replace those of the setting warmup, whose number of transitions then has no effect', () => {
    const warmupStages: WarmupStage[] = [
      findStepSize,
      adaptationStage({ draws: 90, learnsMetric: true }),
      adaptationStage({ draws: 30, learnsMetric: false }),
      averageStepSize,
    ];
    const fits = [100, 1000].map((warmup) => sample({ ...settings, warmup, warmupStages }));
    expect(fits.map(({ chains }) => chains.map(({ warmup }) => warmup))).toEqual([
      [120, 120],
      [120, 120],
    ]);
    expect(fits[0]?.draws.values).toEqual(fits[1]?.draws.values);
    expect(fits[0]?.diagnostics.divergences).toBe(0);
  });

  it('may be of your own making', () => {
    const seen: number[] = [];
    const looksOnly: WarmupStage = {
      transitions: 0,
      // biome-ignore lint/correctness/useYield: this stage makes no transitions.
      *run(_, state) {
        seen.push(state.tuning.stepSize);
        return { ...state, tuning: { ...state.tuning, stepSize: 0.5 } };
      },
    };
    const fit = sample({ ...settings, warmupStages: [findStepSize, looksOnly, fixedStage(20)] });
    expect(seen).toHaveLength(2);
    expect(fit.chains.map(({ stepSize }) => stepSize)).toEqual([0.5, 0.5]);
  });

  it('are an array', () => {
    const wrong = { ...settings, warmupStages: 100 } as unknown as Parameters<typeof sample>[0];
    expect(() => sample(wrong)).toThrow('warmupStages is 100, expected an array of stages');
    try {
      sample(wrong);
    } catch (error) {
      expect(isWeighbridgeError(error, 'bad-argument') && error.details.option).toBe(
        'warmupStages',
      );
    }
  });
});
