/** The laws of the simulated model: learning, choosing, reporting. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { correlation } from '../../../src/analysis/standardize.js';
import { randomStream } from '../../../src/random/stream.js';
import {
  type Example,
  feltLogOdds,
  insightAfter,
  learnWeights,
  reportedWeights,
} from '../../../src/simulation/server/behaviour.js';
import { probabilityOf } from '../../../src/simulation/simulated-model.js';
import { utilityDifference } from '../../../src/study/context.js';
import { drawTargetWeights } from '../../../src/study/trials.js';
import { powered } from '../../support/deep.js';

/** r between the weights of agents and those learned from so many of their choices. */
function agreementAfter(examples: number, agents: number, seed: number, retention: number): number {
  const random = randomStream(seed, 'agents');
  const weights = () => drawTargetWeights(5, random).map((weight) => weight / 100);
  const pairs = Array.from({ length: agents }, () => {
    const targets = weights();
    const before = weights();
    const shown = Array.from({ length: examples }, (): Example => {
      const differences = targets.map(() => random.uniform() - random.uniform());
      return { differences, choseA: utilityDifference(targets, differences) > 0 };
    });
    return { targets, learned: learnWeights(shown, before, retention) };
  });
  return correlation(
    pairs.flatMap(({ targets }) => targets),
    pairs.flatMap(({ learned }) => learned),
  );
}

describe('learning', () => {
  test('comes nearer to the agent with every fourfold of examples', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0, 0.8), (seed, retention) => {
        // 500 weights: r rises by 0.1, 0.1 and 0.03, with standard errors of 0.02 at most.
        const r = [4, 16, 64, 256].map((n) => agreementAfter(n, 100, seed, retention));
        expect(r).toEqual([...r].sort((x, y) => x - y));
        expect(r.at(-1)).toBeGreaterThan(0.98);
      }),
      { seed: 71, numRuns: powered(2, 10) },
    );
  });

  test('of nothing leaves the weights as they were', () => {
    const before = [0.4, -1, 0.2];
    const learned = learnWeights([], before, 0.7);
    for (const [i, weight] of learned.entries()) expect(weight).toBeCloseTo(before[i] ?? 0, 6);
  });

  test('leaves more of the old weights where more of them is held', () => {
    const random = randomStream(5, 'held');
    const targets = [1, 0, 0, 0];
    const before = [0, 0, 0, 1];
    const examples = Array.from({ length: 20 }, () => {
      const differences = targets.map(() => random.uniform() - random.uniform());
      return { differences, choseA: utilityDifference(targets, differences) > 0 };
    });
    const held = [0, 0.5, 1, 2].map((retention) => learnWeights(examples, before, retention)[3]);
    expect(held).toEqual([...held].sort((x = 0, y = 0) => x - y));
    expect(new Set(held).size).toBe(4);
  });

  test('always ends with a largest absolute weight of 1', () => {
    const difference = fc.double({ min: -1, max: 1, noNaN: true });
    const example = fc.record({
      differences: fc.array(difference, { minLength: 3, maxLength: 3 }),
      choseA: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(example, { maxLength: 30 }), (examples) => {
        const learned = learnWeights(examples, [1, -0.3, 0.1], 0.5);
        expect(Math.max(...learned.map(Math.abs))).toBeCloseTo(1, 9);
      }),
      { seed: 72 },
    );
  });
});

describe('choosing', () => {
  test('goes to A as often as the logistic rule says', () => {
    const random = randomStream(9, 'choices');
    const weights = [1, -0.5, 0.2];
    let statistic = 0;
    for (const utility of [-0.4, -0.2, 0, 0.1, 0.3]) {
      const n = 4000;
      let chosen = 0;
      for (let i = 0; i < n; i++) {
        if (feltLogOdds(weights, [utility, 0, 0], 6, random.uniform()) > 0) chosen++;
      }
      const p = probabilityOf(6 * utility);
      statistic += (chosen - n * p) ** 2 / (n * p * (1 - p));
    }
    // Chi-squared with 5 degrees of freedom: a false alarm once in 10,000 times.
    expect(statistic).toBeLessThan(25.7);
  });
});

describe('reporting', () => {
  const normal = fc.double({ min: -4, max: 4, noNaN: true });
  const three = (of: fc.Arbitrary<number>) => fc.array(of, { minLength: 3, maxLength: 3 });

  test('gives multiples of five within ±100, never a negative zero', () => {
    const weight = fc.double({ min: -1, max: 1, noNaN: true });
    const insight = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(three(weight), insight, three(normal), three(normal), (w, seen, view, slip) => {
        for (const value of reportedWeights(w, seen, view, slip)) {
          expect(Math.abs(value)).toBeLessThanOrEqual(100);
          expect(Math.abs(value % 5)).toBe(0);
          expect(Object.is(value, -0)).toBe(false);
        }
      }),
      { seed: 73 },
    );
  });

  test('follows the weights as closely as insight says', () => {
    const random = randomStream(11, 'reports');
    const normals = () => Array.from({ length: 5 }, () => random.normal());
    const rAt = (insight: number) => {
      const pairs = Array.from({ length: 600 }, () => {
        const weights = drawTargetWeights(5, random).map((weight) => weight / 100);
        return { weights, said: reportedWeights(weights, insight, normals(), normals()) };
      });
      return correlation(
        pairs.flatMap(({ weights }) => weights),
        pairs.flatMap(({ said }) => said),
      );
    };
    // 3,000 pairs: four standard errors are 0.073 at most; slips and ends of the scale take a tenth.
    expect(Math.abs(rAt(0))).toBeLessThan(0.073);
    expect(rAt(0.7)).toBeGreaterThan(0.63 - 0.04);
    expect(rAt(0.7)).toBeLessThan(0.7 + 0.04);
    expect(rAt(1)).toBeGreaterThan(0.9);
  });

  test('sees more after introspection training, and little more after fifty examples', () => {
    const levels = { untrained: 0.4, trained: 0.8 };
    const insights = [0, 5, 10, 20, 50, 100].map((n) => insightAfter(levels, n));
    expect(insights[0]).toBe(0.4);
    expect(insights).toEqual([...insights].sort((x, y) => x - y));
    expect((insights[5] ?? 0) - (insights[4] ?? 0)).toBeLessThan(0.01);
    expect(insights[5]).toBeLessThanOrEqual(0.8);
  });
});
