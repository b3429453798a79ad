/** Patching: what is said of each item is what the target does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  balancedPatches,
  blocksOf,
  patchesOf,
  patchingTruth,
  Residuals,
} from '../../src/explain/patching-truth.js';
import { statementTokens } from '../../src/explain/texts.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { smallWorld, trainedTarget } from './small-world.js';

const model = trainedTarget();
const residuals = new Residuals(smallWorld, model);
const items = patchingTruth(smallWorld, model);
const best = (logits: ArrayLike<number> = []) => {
  const all = Array.from(logits);
  return all.indexOf(Math.max(...all));
};

describe('patching', () => {
  it('has every ordered pair of facts of a relation, at each position and block', () => {
    expect(blocksOf(3)).toEqual([
      { first: 0, last: 0 },
      { first: 1, last: 1 },
      { first: 2, last: 2 },
      { first: 0, last: 1 },
      { first: 1, last: 2 },
    ]);
    expect(items).toHaveLength(3 * 8 * 7 * 3 * 5);
    const keys = items.map(({ fact, source, position, block }) =>
      [fact, source, position, block.first, block.last].join(' '),
    );
    expect(new Set(keys).size).toBe(items.length);
    for (const { fact, source } of items) {
      expect(smallWorld.facts[source]?.relation).toBe(smallWorld.facts[fact]?.relation);
      expect(source).not.toBe(fact);
    }
  });

  it('says of each item what the target predicts before and after, one item at a time', () => {
    fc.assert(
      fc.property(fc.nat(items.length - 1), (i) => {
        const item = items[i];
        if (!item) throw new Error('no item');
        const tokens = statementTokens(smallWorld, item.fact);
        expect(best(model.forward([{ tokens }])[0])).toBe(item.before);
        // The mean of the source's residuals before the layers of the block, read from the target itself.
        model.forward([{ tokens: statementTokens(smallWorld, item.source) }]);
        const { first, last } = item.block;
        const layers = Array.from({ length: last - first + 1 }, (_, l) =>
          model.activation('residual', first + l, 0, item.position).slice(),
        );
        const mean = Float32Array.from({ length: model.shape.width }, (_, j) =>
          layers.reduce((sum, layer) => sum + (layer[j] ?? 0) / layers.length, 0),
        );
        residuals.mean(item.source, item.position, item.block).forEach((x, j) => {
          expect(x).toBeCloseTo(mean[j] ?? Number.NaN, 5);
        });
        const vector = residuals.mean(item.source, item.position, item.block);
        const patches = patchesOf(item, vector) ?? [];
        expect(best(model.forward([{ tokens, patches }])[0])).toBe(item.after);
        expect(item.changed).toBe(item.before !== item.after);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the other entity’s answer where its embedding is put in, and none where tokens are alike', () => {
    const plain = new Map(items.map(({ fact, before }) => [fact, before]));
    for (const { position, block, after, source, changed } of items) {
      if (block.last > 0) continue;
      if (position === 0) expect(after).toBe(plain.get(source));
      else expect(changed).toBe(false);
    }
  });

  it('can be balanced: in each position and block as many items change as do not', () => {
    const chosen = balancedPatches(items, quickStream('balanced'));
    expect(new Set(chosen).size).toBe(chosen.length);
    const surplus = new Map<string, number>();
    for (const { position, block, changed } of chosen) {
      const key = `${position} ${block.first} ${block.last}`;
      surplus.set(key, (surplus.get(key) ?? 0) + (changed ? 1 : -1));
    }
    expect([...surplus.values()].every((count) => count === 0)).toBe(true);
    expect(surplus.size).toBeGreaterThan(5);
    // Nothing more could be had: of each cell the rarer kind is there in full.
    const rarer = (kind: boolean) => items.filter(({ changed }) => changed === kind).length;
    expect(chosen.length).toBeLessThanOrEqual(2 * Math.min(rarer(true), rarer(false)));
  });
});
