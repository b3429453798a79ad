/**
 * A closed world: everything that a small language model reads, and everything that it can be asked.
 *
 * Entities belong to classes. A fact gives an entity's value of a relation; by `regularity`, it is the usual value of
 * the entity's class. Texts mention facts by their frequencies, and disagree about some: a text about such a fact
 * gives the true value only with the probability `agreement`, and otherwise another value of the relation.
 * Questions have four options, and some of them a hint at an option, which is the answer that the text
 * gives with probability `reliability`.
 *
 * What a text says next therefore has a known probability (src/explain/texts.ts): a reader that has learned all
 * there is to learn is sure of undisputed facts, and follows hints where texts disagree.
 */
import { requireNames, requireProbability, requireSeed } from '../checks/options.js';
import { badArgument, described } from '../checks/values.js';
import { quickStream } from '../random/quick-stream.js';
import type { RandomStream } from '../random/stream.js';

export interface WorldOptions {
  readonly seed: number | string;
  /** @default 48 */
  readonly entities?: number;
  /** Classes of entities, of equal size or nearly. @default 6 */
  readonly classes?: number;
  /** @default 6 */
  readonly relations?: number;
  /** Values of each relation; at least 4. @default 8 */
  readonly values?: number;
  /** Probability that a fact is the usual one of its class, in (0, 1). @default 0.5 */
  readonly regularity?: number;
  /** Share of undisputed facts, in (0, 1). @default 0.4 */
  readonly sure?: number;
  /** The least agreement on a disputed fact, in (0, 1); the others are uniform between it and 0.95. @default 0.3 */
  readonly agreement?: number;
  /** Probability that a hint is right, in (0, 1): the larger, the more hints a reader follows. @default 0.95 */
  readonly reliability?: number;
  /** Ratio of the frequencies of the most and least frequent fact. @default 10 */
  readonly spread?: number;
}

const MOST_DISPUTED = 0.95;

export interface Fact {
  readonly entity: number;
  readonly relation: number;
  /** Number of the true value among the relation's values, from 0. */
  readonly value: number;
  /** Probability that a text about the fact gives the true value; 1 for an undisputed fact. */
  readonly agreement: number;
  /** Probability that a text is about this fact. */
  readonly frequency: number;
}

export interface World {
  readonly options: Required<WorldOptions>;
  /** Words by token: entities, relations, values by relation, option letters, marks. */
  readonly words: readonly string[];
  /** Class of each entity, from 0. */
  readonly classOf: readonly number[];
  /** By entity, then relation. */
  readonly facts: readonly Fact[];
}

export const LETTERS = ['A', 'B', 'C', 'D'] as const;
/** Words that end a statement's beginning, stand before a hint, and end a question. */
const MARKS = ['is', 'hint', 'answer'] as const;

const defaults = {
  entities: 48,
  classes: 6,
  relations: 6,
  values: 8,
  regularity: 0.5,
  sure: 0.4,
  agreement: 0.3,
  reliability: 0.95,
  spread: 10,
} as const;

/** @throws WeighbridgeError `bad-argument` for an option that is unknown or out of range */
export function createWorld(given: WorldOptions): World {
  requireNames(given, ['seed', ...Object.keys(defaults)], 'createWorld');
  const options = { ...defaults, ...given };
  requireOptions(options);
  const { seed, entities, classes, relations, values } = options;
  const random = quickStream('world', seed);
  const classOf = Array.from({ length: entities }, (_, e) => e % classes);
  const usual = Array.from({ length: classes * relations }, () => below(values, random));
  const drawn = Array.from({ length: entities * relations }, (_, i) => {
    const [entity, relation] = [Math.floor(i / relations), i % relations];
    const regular = random.uniform() < options.regularity;
    const value = regular ? usual[classOf[entity] * relations + relation] : below(values, random);
    const doubt = options.agreement + (MOST_DISPUTED - options.agreement) * random.uniform();
    const weight = options.spread ** -random.uniform();
    return { entity, relation, value, agreement: doubt, weight };
  });
  const sure = sureFacts(drawn.length, Math.round(options.sure * drawn.length), random);
  const total = drawn.reduce((sum, { weight }) => sum + weight, 0);
  const facts = drawn.map(({ weight, ...fact }, i) => ({
    ...fact,
    agreement: sure.has(i) ? 1 : fact.agreement,
    frequency: weight / total,
  }));
  return { options, words: wordsOf(options), classOf, facts };
}

function requireOptions(options: Required<WorldOptions>): void {
  const { seed, entities, classes, relations, values, spread } = options;
  requireSeed(seed);
  const least = { entities: classes, classes: 1, relations: 1, values: LETTERS.length } as const;
  const counts = { entities, classes, relations, values };
  for (const [name, count] of Object.entries(counts)) {
    const from = least[name as keyof typeof least];
    if (Number.isSafeInteger(count) && count >= from) continue;
    throw badArgument(`${name} is ${described(count)}, but must be a whole number from ${from} on`);
  }
  requireProbability('regularity', options.regularity);
  requireProbability('sure', options.sure);
  requireProbability('agreement', options.agreement);
  requireProbability('reliability', options.reliability);
  if (!(spread >= 1 && Number.isFinite(spread))) {
    throw badArgument(`spread is ${described(spread)}, but must be at least 1`);
  }
}

/** Exactly `count` of the numbers below n. */
function sureFacts(n: number, count: number, random: RandomStream): Set<number> {
  return new Set(
    shuffled(
      Array.from({ length: n }, (_, i) => i),
      random,
    ).slice(0, count),
  );
}

/** A whole number from 0 to n − 1. */
export function below(n: number, random: RandomStream): number {
  return Math.floor(n * random.uniform());
}

/** A copy in random order (Fisher & Yates). */
export function shuffled<T>(items: readonly T[], random: RandomStream): T[] {
  const copy = [...items];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = below(i + 1, random);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

function wordsOf({ entities, relations, values }: Required<WorldOptions>): string[] {
  const numbered = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${name}${i + 1}`);
  return [
    ...numbered('entity', entities),
    ...numbered('relation', relations),
    ...numbered('r', relations).flatMap((relation) => numbered(`${relation}-value`, values)),
    ...LETTERS,
    ...MARKS,
  ];
}

/** Tokens of a world's words. */
export function tokensOf({ options: { entities, relations, values } }: World) {
  const firstValue = entities + relations;
  const firstLetter = firstValue + relations * values;
  const firstMark = firstLetter + LETTERS.length;
  return {
    entity: (entity: number) => entity,
    relation: (relation: number) => entities + relation,
    value: (relation: number, value: number) => firstValue + relation * values + value,
    letter: (letter: number) => firstLetter + letter,
    is: firstMark,
    hint: firstMark + 1,
    answer: firstMark + 2,
  };
}
