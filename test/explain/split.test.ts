/** Facts are held out whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldOutFacts, splitItems } from '../../src/explain/split.js';
import { createWorld } from '../../src/explain/world.js';

const world = createWorld({ seed: 1 });

describe('held-out facts', () => {
  it('are the same share of each relation, and the same for the same seed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.25, 0.5), (seed, share) => {
        const held = heldOutFacts(world, share, seed);
        const counts = new Map<number, number>();
        for (const fact of held) {
          const { relation = -1 } = world.facts[fact] ?? {};
          counts.set(relation, (counts.get(relation) ?? 0) + 1);
        }
        expect([...counts.values()]).toEqual(Array.from({ length: 6 }, () => 48 * share));
        expect(heldOutFacts(world, share, seed)).toEqual(held);
        expect(heldOutFacts(world, share, `${seed} again`)).not.toEqual(held);
      }),
      { numRuns: 20 },
    );
  });

  it('are in no item to learn from, and all there is in items to test with', () => {
    const held = heldOutFacts(world, 0.25, 1);
    const pairs = fc.array(fc.tuple(fc.nat(287), fc.nat(287)), { maxLength: 200 });
    fc.assert(
      fc.property(pairs, (items) => {
        const { training, test } = splitItems(items, held, (pair) => pair);
        const heldOf = (pair: readonly number[]) => pair.filter((fact) => held.has(fact)).length;
        expect(training).toEqual(items.filter((pair) => heldOf(pair) === 0));
        expect(test).toEqual(items.filter((pair) => heldOf(pair) === 2));
      }),
    );
  });
});
