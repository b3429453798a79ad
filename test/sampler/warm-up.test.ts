/**
 * The plan of a warm-up against Stan's own algorithm, which counts transitions one by one.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleChain } from '../../src/sampler/chain.js';
import type { Model } from '../../src/sampler/model.js';
import { completeSettings } from '../../src/sampler/settings.js';
import { stanWarmup } from '../../src/sampler/warm-up.js';

/** After how many draws each metric window of a plan ends. */
function windowEnds(draws: number): number[] {
  let end = 0;
  return stanWarmup(draws).flatMap((stage) => {
    end += stage.draws;
    return stage.learnsMetric ? [end] : [];
  });
}

/** The same from Stan's windowed adaptation, told in its own terms: a counter, a next window. */
function stanWindowEnds(draws: number): number[] {
  const [initial, final] = [75, 50];
  const last = draws - final - 1;
  const ends: number[] = [];
  let size = 25;
  let next = initial + size - 1;
  for (let counter = 0; counter < draws; counter++) {
    if (counter !== next) continue;
    ends.push(counter + 1);
    if (next === last) continue;
    size *= 2;
    next = counter + size;
    if (next !== last && next + 2 * size >= draws - final) next = last;
  }
  return ends;
}

describe("the plan of Stan's warm-up", () => {
  it('for 1,000 draws is 75 | 25 50 100 200 500 | 50', () => {
    expect(stanWarmup(1000)).toEqual([
      { draws: 75, learnsMetric: false },
      ...[25, 50, 100, 200, 500].map((draws) => ({ draws, learnsMetric: true })),
      { draws: 50, learnsMetric: false },
    ]);
  });

  it.each([
    [150, [100]],
    [175, [100, 125]],
    [200, [100, 150]],
    [226, [100, 176]],
    [300, [100, 150, 250]],
    [400, [100, 150, 350]],
    [500, [100, 150, 250, 450]],
    [1000, [100, 150, 250, 450, 950]],
    [2000, [100, 150, 250, 450, 850, 1950]],
  ])('for %i draws ends its metric windows after %j, as Stan prints', (draws, ends) => {
    expect(windowEnds(draws)).toEqual(ends);
  });

  it("ends its metric windows where Stan's counter does, for any length from 150 on", () => {
    for (let draws = 150; draws <= 5000; draws++) {
      expect(windowEnds(draws), `${draws} draws`).toEqual(stanWindowEnds(draws));
    }
  });

  it('spends all draws and no more', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000 }), (draws) => {
        const stages = stanWarmup(draws);
        expect(stages.reduce((sum, stage) => sum + stage.draws, 0)).toBe(draws);
        expect(stages.every((stage) => stage.draws > 0)).toBe(true);
      }),
      { seed: 2025, numRuns: 1000 },
    );
  });

  it('shrinks to 15%, 75% and 10% below 150 draws, with one metric window', () => {
    for (let draws = 20; draws < 150; draws++) {
      const [initial, window, final] = stanWarmup(draws);
      expect(initial).toEqual({ draws: Math.floor(0.15 * draws), learnsMetric: false });
      expect(final).toEqual({ draws: Math.floor(0.1 * draws), learnsMetric: false });
      expect(window?.learnsMetric).toBe(true);
      expect(stanWarmup(draws)).toHaveLength(3);
    }
    expect(stanWarmup(100).map((stage) => stage.draws)).toEqual([15, 75, 10]);
  });

  it('tunes the step size alone below 20 draws, and nothing without any', () => {
    expect(stanWarmup(19)).toEqual([{ draws: 19, learnsMetric: false }]);
    expect(stanWarmup(0)).toEqual([]);
  });
});

describe('a chain warmed up by the plan', () => {
  const normal: Model = {
    dimension: 1,
    parameterNames: ['x'],
    logDensity: (q, gradient) => {
      gradient[0] = -q[0];
      return -0.5 * q[0] * q[0];
    },
  };

  // 151 and 152 draws leave metric windows of one and two draws.
  it.each([0, 1, 19, 20, 149, 150, 151, 152, 153, 175, 1000])(
    'of %i draws has a finite step size and metric',
    (warmup) => {
      for (const metric of ['diagonal', 'dense'] as const) {
        const settings = completeSettings({ warmup, draws: 4, metric });
        const { stepSize, inverseMetric } = sampleChain(normal, settings, 'warm-up', 0);
        expect(stepSize).toBeGreaterThan(0);
        expect(inverseMetric[0]).toBeGreaterThan(0);
      }
    },
  );
});
