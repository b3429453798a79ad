/** Random orders and examples of a described study, each from a seed of its own. */
import { randomStream } from '../../random/stream.js';
import type { Item } from './items.js';

/** A copy in random order. @param path of the stream: the same path gives the same order */
export function shuffled<T>(items: readonly T[], ...path: readonly (string | number)[]): T[] {
  const random = randomStream(...path);
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform() * (i + 1));
    const [one, other] = [all[i], all[j]];
    if (one !== undefined && other !== undefined) [all[i], all[j]] = [other, one];
  }
  return all;
}

interface ExampleChoice {
  readonly seed: number;
  /** Class of an item; all classes become equally frequent. Null: not balanced. */
  readonly classOf: ((item: Item) => string) | null;
}

/**
 * The items that can be examples, in random order: the first few of many are the same as with the same
 * seed before, so that sets of several sizes are nested. Balanced examples take the classes in turn,
 * and end with the class that runs out first.
 */
export function chooseExamples(items: readonly Item[], { seed, classOf }: ExampleChoice): Item[] {
  const drawn = shuffled(items, 'examples', seed);
  return classOf ? inTurn(drawn, classOf) : drawn;
}

function inTurn(items: readonly Item[], classOf: (item: Item) => string): Item[] {
  const classes = new Map<string, Item[]>();
  for (const item of items) {
    const name = classOf(item);
    const known = classes.get(name);
    if (known) known.push(item);
    else classes.set(name, [item]);
  }
  const sets = [...classes.values()];
  const least = Math.min(...sets.map(({ length }) => length));
  return Array.from({ length: sets.length === 0 ? 0 : least }, (_, i) =>
    sets.flatMap((set) => set[i] ?? []),
  ).flat();
}
