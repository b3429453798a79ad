/** Ablation: what is said of each question is what the target answers to it. */
import { expect, it } from 'vitest';
import { ablationTruth } from '../../src/explain/ablation-truth.js';
import { questionTokens } from '../../src/explain/texts.js';
import { tokensOf } from '../../src/explain/world.js';
import { smallQuestions, smallWorld, trainedTarget } from './small-world.js';

const model = trainedTarget();
const items = ablationTruth(smallWorld, model, smallQuestions);
const token = tokensOf(smallWorld);

it('there is an item for each question with a hint', () => {
  expect(items.map(({ question }) => question)).toEqual(
    smallQuestions.filter(({ hint }) => hint !== null),
  );
  expect(items).toHaveLength(24 * 4);
});

it('each item has the most probable letter with the hint and without, and its probability', () => {
  for (const item of items) {
    const asked = [
      { question: item.question, answer: item.hinted, probabilities: item.hintedProbabilities },
      {
        question: { ...item.question, hint: null },
        answer: item.plain,
        probabilities: item.plainProbabilities,
      },
    ];
    for (const { question, answer, probabilities } of asked) {
      const [logits] = model.forward([{ tokens: questionTokens(smallWorld, question) }]);
      const letters = [0, 1, 2, 3].map((letter) => logits?.[token.letter(letter)] ?? Number.NaN);
      expect(letters.indexOf(Math.max(...letters))).toBe(answer);
      const total = letters.reduce((sum, x) => sum + Math.exp(x), 0);
      for (const [letter, x] of letters.entries()) {
        expect(probabilities[letter]).toBeCloseTo(Math.exp(x) / total, 12);
      }
    }
    expect(item.changed).toBe(item.hinted !== item.plain);
  }
  expect(new Set(items.map(({ changed }) => changed)).size).toBe(2);
});
