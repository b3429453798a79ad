/**
 * Which items explainers are trained on, and which they are tested on. Items about one fact are alike, and training on
 * some of them shows any explainer what the target believes about the fact. All items about a fact are therefore held
 * out together.
 */
import { quickStream } from '../random/quick-stream.js';
import type { RandomStream } from '../random/stream.js';
import { shuffled, type World } from './world.js';

/**
 * Numbers of the facts that are held out: the same share of each relation's, so that every relation has
 * pairs of them.
 */
export function heldOutFacts(
  { options: { relations }, facts }: World,
  share: number,
  seed: number | string,
): ReadonlySet<number> {
  const random = quickStream('held-out facts', seed);
  const numbers = facts.map((_, fact) => fact);
  return new Set(
    Array.from({ length: relations }, (_, relation) => {
      const own = numbers.filter((fact) => facts[fact].relation === relation);
      return shuffled(own, random).slice(0, Math.round(share * own.length));
    }).flat(),
  );
}

interface Split<Item> {
  /** Items of which no fact is held out. */
  readonly training: readonly Item[];
  /** Items of which all facts are held out. */
  readonly test: readonly Item[];
}

/** Items with facts of both kinds are in neither part. */
export function splitItems<Item>(
  items: readonly Item[],
  held: ReadonlySet<number>,
  factsOf: (item: Item) => readonly number[],
): Split<Item> {
  return {
    training: items.filter((item) => !factsOf(item).some((fact) => held.has(fact))),
    test: items.filter((item) => factsOf(item).every((fact) => held.has(fact))),
  };
}

/**
 * Items in random order, as many changed as unchanged in each cell, so that a cell alone says nothing about
 * the change.
 */
export function balanced<Item extends { readonly changed: boolean }>(
  items: readonly Item[],
  cellOf: (item: Item) => string,
  random: RandomStream,
): Item[] {
  const cells = new Map<string, Item[]>();
  for (const item of items) {
    const key = cellOf(item);
    const cell = cells.get(key);
    if (cell) cell.push(item);
    else cells.set(key, [item]);
  }
  const chosen = Array.from(cells.values(), (cell) => {
    const [changed, same] = [true, false].map((wanted) =>
      shuffled(
        cell.filter((item) => item.changed === wanted),
        random,
      ),
    );
    const count = Math.min(changed.length, same.length);
    return [...changed.slice(0, count), ...same.slice(0, count)];
  });
  return shuffled(chosen.flat(), random);
}
