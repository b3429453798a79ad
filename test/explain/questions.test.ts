/** Questions to explainers, and their answers word by word. */
import { describe, expect, it } from 'vitest';
import { Transformer } from '../../models/transformer/transformer.js';
import { initializeWeights } from '../../models/transformer/weights.js';
import { ablationTruth } from '../../src/explain/ablation-truth.js';
import { directionFeatures, neuronFeatures } from '../../src/explain/feature-truth.js';
import { Language } from '../../src/explain/language.js';
import { patchingTruth, Residuals } from '../../src/explain/patching-truth.js';
import {
  ablationQuestions,
  answersOf,
  answerText,
  type Exercise,
  featureQuestions,
  patchingQuestions,
  trainingPassage,
} from '../../src/explain/questions.js';
import { allStates } from '../../src/explain/states.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { smallQuestions, smallWorld, trainedTarget } from './small-world.js';

const model = trainedTarget();
const residuals = new Residuals(smallWorld, model);
const states = allStates(smallWorld, smallQuestions);
const language = new Language(smallWorld, states);
const options = { features: 24, active: 4, steps: 100 };
const items = {
  ablation: ablationTruth(smallWorld, model, smallQuestions),
  patching: patchingTruth(smallWorld, model, residuals),
  features: [
    ...neuronFeatures(model, states, language),
    ...directionFeatures(model, states, language, { ...options, seed: 1 }),
    ...directionFeatures(model, states, language, { ...options, seed: 2 }),
  ],
};
const forms = {
  ablation: ablationQuestions(smallWorld),
  patching: patchingQuestions(smallWorld, 3, residuals),
  features: featureQuestions(smallWorld, 3, language),
};
const exercises: Record<keyof typeof forms, Exercise[]> = {
  ablation: items.ablation.map(forms.ablation.exercise),
  patching: items.patching.map(forms.patching.exercise),
  features: items.features.map(forms.features.exercise),
};

const given = ({ vector }: Exercise) =>
  vector === null ? null : { position: vector.position, vector: vector.numbers };

describe.each(['ablation', 'patching', 'features'] as const)('questions of %s', (task) => {
  const form = forms[task];
  const all = exercises[task];

  it('have answers that can be given, word by word, and end there', () => {
    for (const { answer } of all) {
      answer.forEach((token, i) => {
        expect(form.allowed(answer.slice(0, i))).toContain(token);
      });
      expect(form.allowed(answer)).toEqual([]);
    }
  });

  it('fit into the length and words that the form states, each with its own name', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { prompt, answer, vector } of all) {
      expect(prompt.length + answer.length - 1).toBeLessThanOrEqual(form.length);
      for (const token of [...prompt, ...answer]) expect(form.words[token]).toBeDefined();
      expect(vector === null).toBe(form.places === 0);
      if (vector === null) continue;
      expect(form.words[prompt[vector.position] ?? -1]).toBe('vector');
      expect(vector.place).toBeLessThan(form.places);
    }
    const lengths = all.map(({ prompt, answer }) => prompt.length + answer.length - 1);
    expect(Math.max(...lengths)).toBe(form.length);
  });

  it('are learned from by every word of the answer', () => {
    for (const exercise of all.slice(0, 50)) {
      const { tokens, outputs = [], inserted } = trainingPassage(exercise, given);
      const said = [...Array.from(tokens).slice(exercise.prompt.length)];
      expect([...exercise.prompt, ...said]).toEqual(Array.from(tokens));
      expect(outputs.map(({ target }) => target)).toEqual(exercise.answer);
      for (const { position, target } of outputs.slice(0, -1)) {
        expect(tokens[position + 1]).toBe(target);
      }
      expect(inserted).toHaveLength(form.places === 0 ? 0 : 1);
    }
  });

  it('are answered by the most probable of the words allowed', () => {
    const shape = { width: 16, layers: 1, heads: 2, hidden: 16 };
    const explainer = new Transformer(
      { ...shape, vocabulary: form.words.length, length: form.length },
      { capacity: 40 },
    );
    initializeWeights(explainer, quickStream('explainer'));
    const some = all.slice(0, 30);
    const answers = answersOf(explainer, form, some, given);
    some.forEach((exercise, i) => {
      const answer = answers[i] ?? [];
      const passage = trainingPassage({ ...exercise, answer }, given);
      explainer.forward([passage]).forEach((logits, word) => {
        const allowed = form.allowed(answer.slice(0, word));
        const said = logits[answer[word] ?? -1] ?? Number.NaN;
        expect(allowed).toContain(answer[word]);
        expect(said).toBe(Math.max(...allowed.map((token) => logits[token] ?? Number.NaN)));
      });
      expect(form.allowed(answer)).toEqual([]);
    });
  });
});

describe('answers', () => {
  it('about the output are right word for word, or wrong', () => {
    for (const task of ['ablation', 'patching'] as const) {
      for (const { answer, score } of exercises[task].slice(0, 200)) {
        const [verdict = -1, word = -1] = answer;
        expect(score(answer)).toBe(1);
        const others = forms[task].allowed([]).filter((token) => token !== verdict);
        expect(score([...others, word])).toBe(0);
        expect(score([verdict, word + 1])).toBe(0);
        expect(score([verdict])).toBe(0);
      }
    }
  });

  it('about features are worth the correlation of their sentence, with its sign', () => {
    items.features.forEach((feature, i) => {
      const exercise = exercises.features[i];
      if (!exercise) throw new Error('no exercise');
      expect(exercise.score(exercise.answer)).toBeCloseTo(feature.score, 9);
      expect(answerText(forms.features, exercise.answer)).toBe(language.textOf(feature.sentence));
    });
    const [first = []] = exercises.features.map(({ answer }) => answer);
    const scores = exercises.features.map(({ score }) => score(first));
    expect(Math.min(...scores)).toBeLessThan(0);
  });

  it('can be read', () => {
    for (const [i, { changed, before, after }] of items.patching.slice(0, 200).entries()) {
      const { answer = [] } = exercises.patching[i] ?? {};
      const word = smallWorld.words[after];
      expect(answerText(forms.patching, answer)).toBe(`${changed ? 'becomes' : 'same'} ${word}`);
      expect(before === after).toBe(!changed);
    }
    for (const [i, { plain }] of items.ablation.entries()) {
      const { answer = [] } = exercises.ablation[i] ?? {};
      expect(answerText(forms.ablation, answer).at(-1)).toBe('ABCD'[plain]);
    }
  });
});
