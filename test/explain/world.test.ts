/** The closed world: its facts, its texts and their probabilities. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allQuestions,
  answerProbabilities,
  drawTexts,
  questionTokens,
  statementProbabilities,
  statementTokens,
} from '../../src/explain/texts.js';
import { createWorld, tokensOf } from '../../src/explain/world.js';
import { quickStream } from '../../src/random/quick-stream.js';

const world = createWorld({ seed: 1 });
const token = tokensOf(world);

describe('a world', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(createWorld({ seed: 1 })).toEqual(world);
    expect(createWorld({ seed: 2 }).facts).not.toEqual(world.facts);
  });

  it('has a fact for each entity and relation, and the stated share without dispute', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0.1, max: 0.9, noNaN: true }), (seed, sure) => {
        const { facts } = createWorld({ seed, sure });
        expect(facts).toHaveLength(288);
        const certain = facts.filter(({ agreement }) => agreement === 1).length;
        expect(certain).toBe(Math.round(288 * sure));
        expect(facts.reduce((sum, { frequency }) => sum + frequency, 0)).toBeCloseTo(1, 12);
      }),
      { numRuns: 20 },
    );
  });

  it('has a word for each token, and each word once', () => {
    expect(new Set(world.words).size).toBe(world.words.length);
    expect(world.words[token.answer]).toBe('answer');
    expect(world.words[token.letter(3)]).toBe('D');
    expect(world.words[token.value(5, 7)]).toBe('r6-value8');
    expect(token.answer).toBe(world.words.length - 1);
  });

  it('refuses options out of range or unknown', () => {
    const bad = [
      { values: 3 },
      { entities: 5 },
      { relations: 0 },
      { sure: 1 },
      { reliability: 0 },
      { spread: 0.5 },
      { hints: 2 },
    ];
    for (const options of bad) {
      expect(() => createWorld({ seed: 1, ...options })).toThrow(
        expect.objectContaining({ code: 'bad-argument' }),
      );
    }
  });
});

describe('questions of a world', () => {
  const questions = allQuestions(world, 2, quickStream('questions'));

  it('are a few thousand: every fact, with two sets of options, without a hint and with each', () => {
    expect(questions).toHaveLength(288 * 2 * 5);
    for (const { fact, options } of questions) {
      expect(new Set(options).size).toBe(4);
      expect(options).toContain(world.facts[fact]?.value);
    }
    const texts = questions.map((question) => questionTokens(world, question).join(' '));
    const facts = world.facts.map((_, fact) => statementTokens(world, fact).join(' '));
    // Both sets of options of a fact may be the same, by chance: once in 35 · 24.
    expect(new Set(texts).size).toBeGreaterThan(0.98 * texts.length);
    expect(new Set(facts).size).toBe(288);
  });

  it('have probabilities by Bayes: an average over hints gives back what is known without a hint', () => {
    const { reliability } = world.options;
    for (const question of questions.filter(({ hint }) => hint === null)) {
      const plain = answerProbabilities(world, question);
      expect(plain.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      const average = [0, 0, 0, 0];
      for (let hint = 0; hint < 4; hint++) {
        const ofHint = plain.reduce(
          (sum, p, letter) => sum + p * (letter === hint ? reliability : (1 - reliability) / 3),
          0,
        );
        answerProbabilities(world, { ...question, hint }).forEach((p, letter) => {
          average[letter] = (average[letter] ?? 0) + ofHint * p;
        });
      }
      for (const [letter, p] of plain.entries()) expect(average[letter]).toBeCloseTo(p, 12);
    }
  });

  it('of undisputed facts have one answer, whatever the hint', () => {
    for (const question of questions) {
      const fact = world.facts[question.fact];
      if (fact?.agreement !== 1) continue;
      expect(answerProbabilities(world, question)[question.options.indexOf(fact.value)]).toBe(1);
    }
  });
});

it('texts say what they should as often as they should', () => {
  const count = 60_000;
  const texts = drawTexts(world, count, quickStream('texts'));
  // Sum of (observed − probability) over texts, standardized: each sum is near a standard normal.
  const sums = { statement: 0, plain: 0, right: 0 };
  const variances = { statement: 0, plain: 0, right: 0 };
  const kinds = [0, 0, 0];
  for (const { tokens, outputs = [] } of texts) {
    const [first = 0, second = 0] = Array.from(tokens);
    const f = first * world.options.relations + (second - world.options.entities);
    const fact = world.facts[f];
    if (!fact) throw new Error('no such fact');
    const target = outputs[0]?.target;
    const add = (name: keyof typeof sums, hit: boolean, p: number) => {
      sums[name] += (hit ? 1 : 0) - p;
      variances[name] += p * (1 - p);
    };
    const truth = token.value(fact.relation, fact.value);
    if (tokens.length === 3) {
      kinds[0] = (kinds[0] ?? 0) + 1;
      add('statement', target === truth, statementProbabilities(world, fact)[fact.value] ?? 0);
      continue;
    }
    const options = Array.from(tokens)
      .slice(2, 6)
      .map((value) => value - token.value(fact.relation, 0));
    const hint = tokens.length === 9 ? (tokens[7] ?? 0) - token.letter(0) : null;
    const answer = (target ?? 0) - token.letter(0);
    const kind = hint === null ? 1 : 2;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    const plain = answerProbabilities(world, { fact: f, options, hint: null });
    if (hint === null)
      add('plain', options[answer] === fact.value, plain[options.indexOf(fact.value)] ?? 0);
    else add('right', hint === answer, world.options.reliability);
  }
  for (const name of ['statement', 'plain', 'right'] as const) {
    // Beyond four standard errors: once in 16,000 for a right generator.
    expect(Math.abs(sums[name]) / Math.sqrt(variances[name])).toBeLessThan(4);
  }
  for (const kind of kinds)
    expect(Math.abs(kind - count / 3)).toBeLessThan(4 * Math.sqrt(count * (2 / 9)));
});
