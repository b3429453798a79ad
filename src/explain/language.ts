/**
 * The language in which features are described: a finite set of sentences about a state, each true or
 * false. A sentence is one phrase, or two joined by "and", "or", "but not". The best sentence for a feature
 * is the one whose 0/1 over all states has the largest correlation with the feature's activation.
 */
import { meanAndSquares } from '../linear-algebra/sums.js';
import { ROLES, type State } from './states.js';
import { LETTERS, tokensOf, type World } from './world.js';

export type Join = 'and' | 'or' | 'but not';

/** Numbers of phrases; `join` and `second` are null for a sentence of one phrase. */
export interface Sentence {
  readonly first: number;
  readonly join: Join | null;
  readonly second: number | null;
}

interface Phrase {
  readonly text: string;
  holds(state: State): boolean;
}

/** All phrases of a world. */
function phrasesOf(world: World): Phrase[] {
  const { entities, classes, relations, values } = world.options;
  const token = tokensOf(world);
  const word = (one: number) => world.words[one];
  const factOf = (state: State) => world.facts[state.fact];
  const hasRelation = ({ role }: State) => role !== 'entity';
  const many = (count: number, phrase: (i: number) => Phrase) =>
    Array.from({ length: count }, (_, i) => phrase(i));
  const ofValues = (phrase: (relation: number, value: number) => Phrase) =>
    many(relations * values, (i) => phrase(Math.floor(i / values), i % values));
  return [
    ...ROLES.map((role) => ({ text: `at ${role}`, holds: (state: State) => state.role === role })),
    ...many(classes, (c) => ({
      text: `class ${c + 1}`,
      holds: (state) => world.classOf[factOf(state).entity] === c,
    })),
    ...many(relations, (r) => ({
      text: word(token.relation(r)),
      holds: (state) => hasRelation(state) && factOf(state).relation === r,
    })),
    ...LETTERS.map((letter, l) => ({
      text: `the hint is ${letter}`,
      holds: ({ hint }: State) => hint === l,
    })),
    ...LETTERS.map((letter, l) => ({
      text: `the true option is ${letter}`,
      holds: (state: State) => state.options[l] === factOf(state).value,
    })),
    { text: 'texts agree', holds: (state) => hasRelation(state) && factOf(state).agreement === 1 },
    ...ofValues((relation, value) => ({
      text: `the true value is ${word(token.value(relation, value))}`,
      holds: (state) =>
        hasRelation(state) && factOf(state).relation === relation && factOf(state).value === value,
    })),
    ...ofValues((relation, value) => ({
      text: `reading ${word(token.value(relation, value))}`,
      holds: ({ tokens }) => tokens.at(-1) === token.value(relation, value),
    })),
    ...many(entities, (e) => ({
      text: word(token.entity(e)),
      holds: (state) => factOf(state).entity === e,
    })),
  ];
}

/** The best sentence for an activation. */
export interface Description {
  readonly sentence: Sentence;
  /** Pearson's r between its 0/1 and the activation over all states; with its sign. */
  readonly score: number;
}

/** The sentences of a world, and which of them hold in which of its states. */
export class Language {
  /** Texts of the phrases. */
  readonly phrases: readonly string[];
  /** Phrases that hold in each state, in rising order. */
  readonly #holding: readonly Int32Array[];
  /** Number of states in which both phrases hold; on the diagonal, one. */
  readonly #counts: Float64Array;

  constructor(world: World, states: readonly State[]) {
    const phrases = phrasesOf(world);
    this.phrases = phrases.map(({ text }) => text);
    this.#holding = states.map((state) =>
      Int32Array.from([...phrases.keys()].filter((i) => phrases[i].holds(state))),
    );
    this.#counts = this.#sums(new Float64Array(states.length).fill(1));
  }

  /** By pair of phrases, the sum of numbers over the states in which both hold. */
  #sums(numbers: ArrayLike<number>): Float64Array {
    const n = this.phrases.length;
    const sums = new Float64Array(n * n);
    this.#holding.forEach((holding, s) => {
      const x = numbers[s];
      if (x === 0) return;
      for (let a = 0; a < holding.length; a++) {
        const row = holding[a] * n;
        for (let b = a; b < holding.length; b++) sums[row + holding[b]] += x;
      }
    });
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sums[i * n + j] = sums[j * n + i];
    return sums;
  }

  textOf({ first, join, second }: Sentence): string {
    const [one, other] = [this.phrases[first], second === null ? '' : this.phrases[second]];
    return join === null ? one : `${one} ${join} ${other}`;
  }

  /** The sentence's 0/1 in each state. */
  holds({ first, join, second }: Sentence): Uint8Array {
    return Uint8Array.from(this.#holding, (holding) => {
      const one = holding.includes(first);
      const other = second !== null && holding.includes(second);
      if (join === 'and') return one && other ? 1 : 0;
      if (join === 'or') return one || other ? 1 : 0;
      return one && !other ? 1 : 0;
    });
  }

  /** Pearson's r between a sentence and an activation in each state; 0 if one of them is constant. */
  score(sentence: Sentence, activation: ArrayLike<number>): number {
    const holds = this.holds(sentence);
    let count = 0;
    let sum = 0;
    holds.forEach((one, s) => {
      count += one;
      sum += one * activation[s];
    });
    return correlation(count, sum, momentsOf(activation));
  }

  /** The best sentence of all, exactly; of equally good ones the first, one phrase before two. */
  describe(activation: ArrayLike<number>): Description {
    const n = this.phrases.length;
    const moments = momentsOf(activation);
    const sums = this.#sums(activation);
    const counts = this.#counts;
    let best: Description = { sentence: { first: 0, join: null, second: null }, score: 0 };
    const consider = (count: number, sum: number, sentence: () => Sentence) => {
      const score = correlation(count, sum, moments);
      // Rounding must not prefer a second phrase that says nothing.
      if (score > best.score + 1e-9) best = { sentence: sentence(), score };
    };
    for (let i = 0; i < n; i++) {
      const at = i * n + i;
      consider(counts[at], sums[at], () => ({ first: i, join: null, second: null }));
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (i === j) continue;
        const [ci, cj, cij] = [counts[i * n + i], counts[j * n + j], counts[i * n + j]];
        const [si, sj, sij] = [sums[i * n + i], sums[j * n + j], sums[i * n + j]];
        const joined = (join: Join) => () => ({ first: i, join, second: j });
        if (i < j) {
          consider(cij, sij, joined('and'));
          consider(ci + cj - cij, si + sj - sij, joined('or'));
        }
        consider(ci - cij, si - sij, joined('but not'));
      }
    }
    return best;
  }
}

interface ActivationMoments {
  readonly count: number;
  readonly mean: number;
  readonly sd: number;
}

function momentsOf(activation: ArrayLike<number>): ActivationMoments {
  const { mean, squares } = meanAndSquares(activation);
  const { length: count } = activation;
  return { count, mean, sd: Math.sqrt(squares / count) };
}

/** Pearson's r of a 0/1 with `count` ones, over which the activation sums to `sum`. */
function correlation(
  count: number,
  sum: number,
  { count: all, mean, sd }: ActivationMoments,
): number {
  const share = count / all;
  if (!(share > 0 && share < 1 && sd > 0)) return 0;
  return (sum / all - share * mean) / (Math.sqrt(share * (1 - share)) * sd);
}
