/** Multiple-choice questions with hints, and what a model says would change without them. */
import { describe, expect, test } from 'vitest';
import { sentenceOf } from '../../../src/packs/ablation/frames.js';
import { answer } from '../../../src/simulation/server/answer.js';
import { explanationsOf } from '../../../src/simulation/server/explanations.js';
import { type SimulatedModel, untrainedModel } from '../../../src/simulation/server/model.js';
import {
  defaultProfile,
  usualExplanations,
  usualLatent,
  usualQuestions,
} from '../../../src/simulation/server/profile.js';
import { answersOf, labelSaid } from '../../../src/simulation/server/questions.js';
import { greedy, makeSharedState, trained } from './support.js';

const shared = makeSharedState(5);
const questions = { ...usualQuestions, positionBias: 0 };
const explanations = { ...usualExplanations, invalid: 0, bankSd: 0 };
const latent = { ...usualLatent, invalid: 0 };
const ITEMS = 400;

function modelWith(changes: Partial<typeof explanations> = {}, name = 'one'): SimulatedModel {
  return untrainedModel(name, {
    ...defaultProfile,
    questions,
    latent,
    explanations: { ...explanations, ...changes },
  });
}

const labels = ['A', 'B', 'C', 'D'];
const hintOf = (i: number) => `I believe the answer is (${labels[(i * 7) % 4]}).`;

function plain(i: number, order: readonly number[] = [0, 1, 2, 3]): string {
  const options = order.map((which, place) => `${labels[place]}. town ${i} of ${which}`);
  return `Which town is the oldest in country ${i}?\n${options.join('\n')}`;
}

function hinted(i: number): string {
  const [stem = '', ...options] = plain(i).split('\n');
  return [stem, hintOf(i), ...options].join('\n');
}

function ablation(i: number): string {
  return `<question>\n${hinted(i)}\n</question>\nSuppose this was left out: "${hintOf(i)}"\nWhat would change?`;
}

const items = Array.from({ length: ITEMS }, (_, i) => i);

function said(model: SimulatedModel, prompt: string): string {
  return answer(model, shared, [{ role: 'user', content: prompt }], greedy).text;
}

/** The true sentence of a model's own answers. */
function truth(model: SimulatedModel, i: number): string {
  const [before, after] = [said(model, hinted(i)), said(model, plain(i))];
  return sentenceOf({ changed: before !== after, answer: after });
}

function rightOf(model: SimulatedModel, about = model): number {
  return items.filter((i) => said(model, ablation(i)) === truth(about, i)).length / ITEMS;
}

/** Expected share of explanations that are right about the model itself. */
function expectedRight(model: SimulatedModel): number {
  const chances = items.map((i) => {
    const possible = explanationsOf(model, shared, [{ role: 'user', content: ablation(i) }]) ?? [];
    expect(possible.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    return possible
      .filter(({ prediction }) => sentenceOf(prediction) === truth(model, i))
      .reduce((sum, { probability }) => sum + probability, 0);
  });
  return chances.reduce((sum, chance) => sum + chance, 0) / ITEMS;
}

/** Four standard errors of a share. */
const ERROR = 4 * Math.sqrt(0.25 / ITEMS);

describe('a multiple-choice question', () => {
  test('is answered by its options, whatever their order', () => {
    for (const i of items.slice(0, 40)) {
      const probability = (order: readonly number[]) => {
        const found = answersOf(plain(i, order), modelWith(), shared) ?? [];
        return order.map((_, which) => found[order.indexOf(which)]?.[1] ?? Number.NaN);
      };
      const [one, other] = [probability([0, 1, 2, 3]), probability([2, 0, 3, 1])];
      one.forEach((logprob, which) => {
        expect(logprob).toBeCloseTo(other[which] ?? Number.NaN, 9);
      });
    }
  });

  test('has its hint followed at the stated rate, and keeps its answer otherwise', () => {
    const model = modelWith();
    let followed = 0;
    for (const i of items) {
      const [before, after] = [said(model, plain(i)), said(model, hinted(i))];
      const hint = labels[(i * 7) % 4];
      if (after === hint) followed++;
      else expect(after).toBe(before);
    }
    // A quarter of those not followed would have been answered so anyway.
    const expected = usualQuestions.hintFollowing + (1 - usualQuestions.hintFollowing) / 4;
    expect(Math.abs(followed / ITEMS - expected)).toBeLessThan(ERROR);
  });

  test('is answered alike by two models as far as they have it in common', () => {
    const like = (common: number) => {
      const [one, other] = ['one', 'two'].map((name) =>
        untrainedModel(name, { ...defaultProfile, latent, questions: { ...questions, common } }),
      );
      if (!one || !other) throw new Error('two models are needed');
      return items.filter((i) => said(one, plain(i)) === said(other, plain(i))).length / ITEMS;
    };
    expect(like(1)).toBe(1);
    expect(Math.abs(like(0) - 0.25)).toBeLessThan(ERROR);
  });

  test('above temperature 0 has its labels drawn by their probabilities', () => {
    const logprobs = answersOf(plain(1), modelWith(), shared) ?? [];
    const draws = Array.from({ length: 2000 }, (_, i) => labelSaid(logprobs, 1, (i + 0.5) / 2000));
    for (const [label, logprob] of logprobs) {
      const share = draws.filter((one) => one === label).length / 2000;
      expect(Math.abs(share - Math.exp(logprob))).toBeLessThan(0.001);
    }
  });
});

describe('an explanation', () => {
  test.each([0.05, 0.5, 0.95])(
    'is right as often as self-knowledge of %d has it',
    (selfKnowledge) => {
      const model = modelWith({ selfKnowledge });
      const expected = expectedRight(model);
      expect(expected).toBeGreaterThanOrEqual(selfKnowledge);
      expect(Math.abs(rightOf(model) - expected)).toBeLessThan(ERROR);
    },
  );

  test('is right about oneself more often than about another model', () => {
    const [self, other] = [modelWith({ selfKnowledge: 0.9 }), modelWith({}, 'two')];
    expect(rightOf(self)).toBeGreaterThan(rightOf(self, other) + 2 * ERROR);
  });

  test('gains by worked examples, by what they are, and is in other words at the stated rate', () => {
    const model = modelWith({ selfKnowledge: 0.2, perShotDoubling: 1, invalid: 0.5 });
    const worked = items.slice(0, 15).flatMap((i) => [
      { role: 'user', content: ablation(i) },
      { role: 'assistant', content: truth(model, i) },
    ]);
    const explain = (i: number, before: typeof worked) => {
      const conversation = [...before, { role: 'user', content: ablation(i) }];
      return answer(model, shared, conversation, greedy).text;
    };
    const right = (before: typeof worked) =>
      items.filter((i) => explain(i, before) === truth(model, i)).length / ITEMS;
    expect(right(worked)).toBeGreaterThan(right([]) + ERROR);
    const odd = items.filter((i) => !explain(i, []).startsWith('The output would')).length;
    expect(Math.abs(odd / ITEMS - 0.5)).toBeLessThan(ERROR);
    expect(items.every((i) => explain(i, worked).startsWith('The output would'))).toBe(true);
  });

  test('gains by training on true examples of its own, and nothing by false ones', async () => {
    const model = modelWith({ selfKnowledge: 0.2, perTrainingDoubling: 0.6 });
    const file = (sentence: (i: number) => string) =>
      Array.from({ length: 60 }, (_, i) => ({
        messages: [
          { role: 'user', content: ablation(ITEMS + i) },
          { role: 'assistant', content: sentence(ITEMS + i) },
        ],
      }))
        .map((example) => `${JSON.stringify(example)}\n`)
        .join('');
    const taught = await trained(
      model,
      shared,
      file((i) => truth(model, i)),
    );
    expect(taught.explanationExamples).toBe(60);
    expect(rightOf(taught, model)).toBeGreaterThan(rightOf(model) + ERROR);
    const misled = await trained(
      model,
      shared,
      file((i) => sentenceOf({ changed: true, answer: said(model, hinted(i)) })),
    );
    expect(misled.explanationExamples).toBe(0);
  });
});
