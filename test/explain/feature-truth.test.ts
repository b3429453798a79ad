/** States, the language of descriptions, and the features of a target. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { directionFeatures, neuronFeatures } from '../../src/explain/feature-truth.js';
import { type Join, Language, type Sentence } from '../../src/explain/language.js';
import { allStates } from '../../src/explain/states.js';
import { questionTokens } from '../../src/explain/texts.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { smallQuestions, smallWorld, untrainedTarget } from './small-world.js';

const states = allStates(smallWorld, smallQuestions);
const language = new Language(smallWorld, states);
const n = language.phrases.length;

/** Pearson's r by its definition. */
function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const mean = (values: ArrayLike<number>) =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [(x[i] ?? 0) - mx, (y[i] ?? 0) - my];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0;
}

const sentences: fc.Arbitrary<Sentence> = fc.oneof(
  fc.record({ first: fc.nat(n - 1), join: fc.constant(null), second: fc.constant(null) }),
  fc.record({
    first: fc.nat(n - 1),
    join: fc.constantFrom<Join>('and', 'or', 'but not'),
    second: fc.nat(n - 1),
  }),
);

describe('states', () => {
  it('are all beginnings of all texts, once each', () => {
    const keys = new Set(states.map(({ tokens }) => tokens.join(' ')));
    expect(keys.size).toBe(states.length);
    for (const question of smallQuestions) {
      const tokens = questionTokens(smallWorld, question);
      tokens.forEach((_, i) => {
        expect(keys.has(tokens.slice(0, i + 1).join(' '))).toBe(true);
      });
    }
    const count = (role: string) => states.filter((state) => state.role === role).length;
    // 8 entities, 24 facts; 24 questions without a hint and 96 with one.
    expect([count('entity'), count('relation'), count('is')]).toEqual([8, 24, 24]);
    expect([count('hint'), count('hint letter'), count('answer')]).toEqual([24, 96, 120]);
  });

  it('know what has been read, and nothing of what comes', () => {
    for (const { role, options, hint, tokens } of states) {
      const isOption = role.startsWith('option');
      expect(options).toHaveLength(isOption ? tokens.length - 2 : tokens.length > 6 ? 4 : 0);
      expect(hint === null).toBe(!(role === 'hint letter' || tokens.length === 9));
    }
  });
});

describe('the language', () => {
  it('says of each sentence what its phrases say', () => {
    const phrase = (i: number) => language.holds({ first: i, join: null, second: null });
    fc.assert(
      fc.property(sentences, (sentence) => {
        const { first, join, second } = sentence;
        const [one, other] = [phrase(first), phrase(second ?? 0)];
        const expected = one.map((a, s) => {
          const b = other[s] ?? 0;
          if (join === null) return a;
          return join === 'and' ? a & b : join === 'or' ? a | b : a & (1 - b);
        });
        expect(language.holds(sentence)).toEqual(expected);
        const text = language.textOf(sentence);
        expect(text.startsWith(language.phrases[first] ?? '?')).toBe(true);
      }),
    );
  });

  it('scores a sentence by its correlation with an activation', () => {
    fc.assert(
      fc.property(sentences, fc.nat(), (sentence, seed) => {
        const random = quickStream('activation', seed);
        const activation = Float32Array.from(states, () => Math.max(0, random.normal()));
        const expected = pearson(language.holds(sentence), activation);
        expect(language.score(sentence, activation)).toBeCloseTo(expected, 9);
      }),
      { numRuns: 50 },
    );
  });

  it('finds the best of all sentences: none of them scores higher', () => {
    const random = quickStream('best of all');
    const activation = Float32Array.from(states, ({ role, hint }) =>
      Math.max(0, random.normal() + (role === 'answer' ? 1 : 0) + (hint === 2 ? 1 : 0)),
    );
    const { sentence, score } = language.describe(activation);
    expect(language.score(sentence, activation)).toBeCloseTo(score, 9);
    let best = 0;
    for (let first = 0; first < n; first++) {
      for (let second = 0; second < n; second++) {
        for (const join of ['and', 'or', 'but not'] as const) {
          best = Math.max(best, language.score({ first, join, second }, activation));
        }
      }
    }
    expect(score).toBeCloseTo(best, 8);
  });

  it('finds a sentence again from its own 0/1, or one that is true of the same states', () => {
    fc.assert(
      fc.property(sentences, (sentence) => {
        const holds = language.holds(sentence);
        const count = holds.reduce((sum, one) => sum + one, 0);
        fc.pre(count > 0 && count < states.length);
        const found = language.describe(holds);
        expect(found.score).toBeCloseTo(1, 9);
        expect(language.holds(found.sentence)).toEqual(holds);
        if (sentence.join === null) expect(found.sentence.join).toBe(null);
      }),
      { numRuns: 60 },
    );
  });

  it('has nothing to say of an activation that is constant', () => {
    expect(language.describe(new Float32Array(states.length).fill(2)).score).toBe(0);
  });
});

describe('features', () => {
  const model = untrainedTarget();
  const options = { features: 24, active: 4, steps: 200, seed: 1 };
  const features = [
    ...neuronFeatures(model, states, language),
    ...directionFeatures(model, states, language, options),
  ];

  it('are neurons and directions of each layer, with their best sentences', () => {
    for (const kind of ['neuron', 'direction'] as const) {
      const layers = new Set(features.filter((f) => f.kind === kind).map(({ layer }) => layer));
      expect([...layers]).toEqual([0, 1, 2]);
    }
    for (const { activation, sentence, score, vector } of features) {
      expect(activation.every((x) => x >= 0)).toBe(true);
      expect(score).toBeCloseTo(language.score(sentence, activation), 9);
      expect(score).toBeGreaterThan(0);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
  });

  it('of another seed are other directions', () => {
    const others = directionFeatures(model, states, language, { ...options, seed: 2 });
    const vectors = new Set(features.map(({ vector }) => vector.join(' ')));
    expect(others.length).toBeGreaterThan(24);
    expect(others.some(({ vector }) => vectors.has(vector.join(' ')))).toBe(false);
  });

  it('have the activations that the target has at the end of each state', () => {
    const neurons = features.filter(({ kind }) => kind === 'neuron');
    fc.assert(
      fc.property(fc.nat(states.length - 1), fc.nat(neurons.length - 1), (s, f) => {
        const { layer, index, activation } = neurons[f] ?? neurons[0] ?? features[0] ?? fail();
        const { tokens } = states[s] ?? fail();
        // Read at this position of a longer text: later tokens do not matter.
        const longer = [...tokens, 0].slice(0, 9);
        model.forward([{ tokens: longer }]);
        const hidden = model.activation('hidden', layer, 0, tokens.length - 1);
        expect(activation[s]).toBe(hidden[index]);
      }),
    );
  });
});

function fail(): never {
  throw new Error('no such item');
}
