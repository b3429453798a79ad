/** Regressions of explanations recover what is true of simulated tables. */
import { describe, expect, it } from 'vitest';
import {
  dataEfficiency,
  type Estimate,
  examplesAdded,
  explainersCompared,
  gradedEffects,
} from '../../../src/analysis/explanations/regressions.js';
import type { Explanation } from '../../../src/analysis/explanations/table.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { randomStream } from '../../../src/random/stream.js';
import { explained, logistic, measuredItems } from './simulated-table.js';

const sampling = { chains: 2, warmup: 200, draws: 200 };
const seeds = [1, 2, 3, 4];

/**
 * Explanations of 60 items that are exact with probability logistic(ability + item), one per item and
 * arm; the items are normal(0, 1).
 */
function simulated(
  seed: number,
  arms: readonly (Partial<Explanation> & {
    readonly explainer: string;
    readonly ability: number;
  })[],
): Explanation[] {
  const { normal, uniform } = randomStream(seed, 'explanations');
  return measuredItems(60, 0.5, seed).flatMap((measured) => {
    const ease = normal();
    return arms.map(({ ability, explainer, ...rest }) =>
      explained(
        measured,
        explainer,
        uniform() < logistic(ability + ease) ? 'exact' : 'verdict',
        rest,
      ),
    );
  });
}

function holds(estimate: Estimate | undefined, truth: number): boolean {
  const [low, high] = hdi(estimate?.draws ?? []);
  return low <= truth && truth <= high;
}

const none = { target: 'self', shots: 0, trainedOn: 0 };

describe('explainers compared', () => {
  it('hold the true difference in logits and say which is better', async () => {
    const held = [];
    for (const seed of seeds) {
      const rows = simulated(seed, [
        { explainer: 'other', ability: -0.5 },
        { explainer: 'self', ability: 1 },
      ]);
      const found = await explainersCompared(rows, none, { ...sampling, seed });
      expect(found?.fit.formula).toBe('exact ~ explainer * changed + (1 | item)');
      expect(found?.estimates.map(({ label }) => label)).toEqual(Array(2).fill('self − other'));
      const [probability, logits] = found?.estimates ?? [];
      held.push(holds(logits, 1.5));
      expect(holds(probability, 0), 'a large difference').toBe(false);
    }
    // With a coverage of 0.95, fewer than 3 of 4 have a probability of 0.014.
    expect(held.filter(Boolean).length).toBeGreaterThanOrEqual(3);
  });

  it('need the model itself and another explainer', async () => {
    const alone = simulated(1, [{ explainer: 'self', ability: 0 }]);
    const others = simulated(1, [
      { explainer: 'one', ability: 0 },
      { explainer: 'another', ability: 0 },
    ]);
    expect(await explainersCompared(alone, none, sampling)).toBeNull();
    expect(await explainersCompared(others, none, sampling)).toBeNull();
  });
});

describe('worked examples', () => {
  it('have a wider interval when their draw is a group', async () => {
    const luck = [1.2, -0.8, -0.4];
    const rows = simulated(1, [
      { explainer: 'self', ability: -1 },
      ...luck.map((extra, draw) => ({
        ...{ explainer: 'self', ability: extra, shots: 4, bank: `draw ${draw}` },
      })),
    ]);
    const width = (found: Awaited<ReturnType<typeof examplesAdded>>) => {
      const [low, high] = hdi(found?.estimates[0]?.draws ?? []);
      return high - low;
    };
    const arm = { target: 'self', explainer: 'self', trainedOn: 0 };
    const grouped = await examplesAdded(rows, arm, sampling);
    const once = rows.map((row) => ({ ...row, bank: row.bank && 'draw 0' }));
    const plain = await examplesAdded(once, arm, sampling);
    expect(grouped?.fit.formula).toBe('exact ~ examples + (1 | item) + (0 + shot | bank)');
    expect(plain?.fit.formula).toBe('exact ~ examples + (1 | item)');
    // 2.60 against 1.45 in 8,000 draws a chain, by split HMC and by NUTS: 1.79 times.
    expect(width(grouped)).toBeGreaterThan(1.4 * width(plain));
    expect(holds(grouped?.estimates[0], 1)).toBe(true);
    expect(plain?.notes.join()).toMatch(/this draw only/);
  });
});

describe('data efficiency', () => {
  it('holds the slopes, and the doublings that the other needs', async () => {
    const sizes = [50, 100, 200, 400];
    const line = (explainer: string, start: number, slope: number) =>
      sizes.map((trainedOn) => ({
        ...{ explainer, trainedOn, ability: start + slope * Math.log2(trainedOn / 50) },
      }));
    const rows = simulated(2, [...line('self', 0.2, 0.6), ...line('other', -0.7, 0.6)]);
    const found = await dataEfficiency(rows, { target: 'self', shots: 0 }, sampling);
    const [self, other, needed] = found?.estimates ?? [];
    expect([holds(self, 0.6), holds(other, 0.6), holds(needed, 1.5)]).toEqual([true, true, true]);
    expect(holds(self, 0)).toBe(false);
    const oneSize = rows.filter(({ trainedOn }) => trainedOn === 50);
    expect(await dataEfficiency(oneSize, { target: 'self', shots: 0 }, sampling)).toBeNull();
  });
});

describe('graded effects', () => {
  it('tell an explainer that follows the measured effect from one that does not', async () => {
    const { normal, uniform } = randomStream(1, 'effects');
    const rows = measuredItems(80, 0.5, 1).flatMap((measured) => {
      const effect = normal();
      return ['self', 'other'].map((explainer): Explanation => {
        const changed = uniform() < logistic(explainer === 'self' ? 2 * effect : 0);
        const graded = { ...measured, effect };
        return { ...explained(graded, explainer, 'exact'), prediction: { changed, answer: 'A' } };
      });
    });
    const found = await gradedEffects(rows, none, sampling);
    const [self, other] = found?.estimates ?? [];
    expect([holds(self, 0), holds(other, 0)]).toEqual([false, true]);
    expect(
      await gradedEffects(simulated(1, [{ explainer: 'self', ability: 0 }]), none, sampling),
    ).toBeNull();
  });
});
