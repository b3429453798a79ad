/**
 * The texts of a world and what can be asked of a reader:
 *
 *     entity relation is                                → value
 *     entity relation option option option option answer           → letter
 *     entity relation option option option option hint letter answer → letter
 *
 * each with the exact probabilities of what comes next. Given a fact with agreement a, a text
 * gives its true value with probability a and each of the n − 1 other values of the relation with (1 − a)/(n − 1);
 * an answer is that, given that it is one of the options. A hint is at the answer with the probability r
 * `reliability`, and at each other option with (1 − r)/3, so that by Bayes' theorem
 *
 *     P(answer | hint) ∝ P(answer) · (r if the hint is at it, else (1 − r)/3).
 */
import type { Passage } from '../../models/transformer/passage.js';
import type { RandomStream } from '../random/stream.js';
import { below, type Fact, LETTERS, shuffled, tokensOf, type World } from './world.js';

export interface Question {
  /** Number of the fact in the world. */
  readonly fact: number;
  /** Four different values of the relation, with the true one among them. */
  readonly options: readonly number[];
  /** Number of the option that the hint names, or null. */
  readonly hint: number | null;
}

/** What a reader sees of a statement about a fact. */
export function statementTokens(world: World, fact: number): number[] {
  const { entity, relation } = world.facts[fact];
  const token = tokensOf(world);
  return [token.entity(entity), token.relation(relation), token.is];
}

export function questionTokens(world: World, { fact, options, hint }: Question): number[] {
  const { entity, relation } = world.facts[fact];
  const token = tokensOf(world);
  return [
    token.entity(entity),
    token.relation(relation),
    ...options.map((value) => token.value(relation, value)),
    ...(hint === null ? [] : [token.hint, token.letter(hint)]),
    token.answer,
  ];
}

/** Probability of each value of the relation in a text about the fact. */
export function statementProbabilities({ options: { values } }: World, fact: Fact): number[] {
  return Array.from({ length: values }, (_, v) =>
    v === fact.value ? fact.agreement : (1 - fact.agreement) / (values - 1),
  );
}

/** Probability of each letter as the answer. */
export function answerProbabilities(world: World, { fact, options, hint }: Question): number[] {
  const ofValues = statementProbabilities(world, world.facts[fact]);
  const { reliability } = world.options;
  const weights = options.map((value, letter) => {
    const ofHint = letter === hint ? reliability : (1 - reliability) / (LETTERS.length - 1);
    return ofValues[value] * (hint === null ? 1 : ofHint);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** The true value and three others, in random order. */
function drawnOptions(world: World, { value }: Fact, random: RandomStream): number[] {
  const others = Array.from({ length: world.options.values }, (_, v) => v).filter(
    (v) => v !== value,
  );
  return shuffled([value, ...shuffled(others, random).slice(0, LETTERS.length - 1)], random);
}

/** An index with the given probabilities. */
function drawn(probabilities: readonly number[], random: RandomStream): number {
  let left = random.uniform();
  for (const [i, probability] of probabilities.entries()) {
    left -= probability;
    if (left < 0) return i;
  }
  return probabilities.length - 1;
}

/** Texts about random facts, to learn from: a third each of statements, questions, hinted questions. */
export function drawTexts(world: World, count: number, random: RandomStream): Passage[] {
  const frequencies = world.facts.map(({ frequency }) => frequency);
  const token = tokensOf(world);
  return Array.from({ length: count }, () => {
    const fact = drawn(frequencies, random);
    const { relation } = world.facts[fact];
    const kind = below(3, random);
    if (kind === 0) {
      const value = drawn(statementProbabilities(world, world.facts[fact]), random);
      return passageOf(statementTokens(world, fact), token.value(relation, value));
    }
    const options = drawnOptions(world, world.facts[fact], random);
    const plain = { fact, options, hint: null };
    const answer = drawn(answerProbabilities(world, plain), random);
    const isRight = random.uniform() < world.options.reliability;
    const wrong = (answer + 1 + below(LETTERS.length - 1, random)) % LETTERS.length;
    const question = kind === 1 ? plain : { ...plain, hint: isRight ? answer : wrong };
    return passageOf(questionTokens(world, question), token.letter(answer));
  });
}

/** Tokens whose next token is the target. */
function passageOf(tokens: readonly number[], target: number): Passage {
  return { tokens, outputs: [{ position: tokens.length - 1, target }] };
}

/**
 * All questions that a study of the world asks: for each fact `sets` sets of options, each without a hint and
 * with a hint at each option. They depend on the world's seed alone.
 */
export function allQuestions(world: World, sets: number, random: RandomStream): Question[] {
  return world.facts.flatMap((fact, f) =>
    Array.from({ length: sets }, () => drawnOptions(world, fact, random)).flatMap((options) =>
      [null, 0, 1, 2, 3].map((hint) => ({ fact: f, options, hint })),
    ),
  );
}
