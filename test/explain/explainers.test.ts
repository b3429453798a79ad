/** Arms: what each explainer gets and learns. */
import { describe, expect, it } from 'vitest';
import { Transformer } from '../../models/transformer/transformer.js';
import { initializeWeights } from '../../models/transformer/weights.js';
import { nearestNeighbour, trainExplainer } from '../../src/explain/explainers.js';
import type { Exercise } from '../../src/explain/questions.js';
import { rotation, type VectorMap } from '../../src/explain/vector-maps.js';
import { finished } from '../../src/posterior/steps.js';
import { quickStream } from '../../src/random/quick-stream.js';

const width = 16;
const kinds = 8;
/** Words: what is asked, the vector, and an answer for each kind. */
const form = {
  words: ['asked', 'vector', ...Array.from({ length: kinds }, (_, kind) => `kind ${kind}`)],
  length: 2,
  places: 1,
  allowed: ({ length }: readonly number[]) =>
    length === 0 ? Array.from({ length: kinds }, (_, kind) => 2 + kind) : [],
};
const centres = Array.from({ length: kinds }, (_, kind) => {
  const random = quickStream('centre', kind);
  return Float32Array.from({ length: width }, () => random.normal());
});

/** Vectors near the centre of their kind; the answer is the kind. */
function planted(count: number, name: string): Exercise[] {
  const random = quickStream(name);
  return Array.from({ length: count }, (_, i) => {
    const answer = [2 + (i % kinds)];
    const numbers = (centres[i % kinds] ?? new Float32Array()).map(
      (x) => x + 0.2 * random.normal(),
    );
    return {
      name: `${name} ${i}`,
      cluster: `${i}`,
      prompt: [0, 1],
      vector: { position: 1, numbers, place: 0 },
      answer,
      score: ([said]) => (said === answer[0] ? 1 : 0),
    };
  });
}

const start = new Transformer({
  vocabulary: 4,
  length: 3,
  width,
  layers: 1,
  heads: 2,
  hidden: 16,
});
initializeWeights(start, quickStream('start'));
const training = planted(400, 'training');
const test = planted(160, 'test');
const plan = { rate: 1e-2, epochs: 20, leastSteps: 10, seed: 1 };
const given: VectorMap = (vector) => vector;
const network = { form, start, adopts: true, map: given, targetWidth: width } as const;

type Options = Parameters<typeof trainExplainer>[0];
const accuracyOf = (options: Options, exercises = training) => {
  const answers = finished(trainExplainer(options, exercises, plan)).answers(test);
  const scores = test.map(({ score }, i) => score(answers[i] ?? []));
  return scores.reduce((sum, score) => sum + score, 0) / test.length;
};
const lossesOf = (options: Options) =>
  Array.from(trainExplainer(options, training, plan), ({ loss }) => loss);

/** A guess is right one time in eight: 160 guesses are right more often than this once in 10⁴ trials. */
const GUESSING = 0.24;

describe('an explainer', () => {
  it('learns what vectors mean, from its own weights and from random ones', () => {
    expect(accuracyOf(network)).toBeGreaterThan(0.9);
    expect(accuracyOf({ ...network, adopts: false })).toBeGreaterThan(0.9);
  });

  it('is the same for the same seed, bit for bit, and another for another', () => {
    expect(lossesOf(network)).toEqual(lossesOf(network));
    const other = trainExplainer(network, training, { ...plan, seed: 2 });
    expect(Array.from(other, ({ loss }) => loss)).not.toEqual(lossesOf(network));
  });

  it('passes over its exercises as often as the plan says, in at least as many steps', () => {
    expect(lossesOf(network)).toHaveLength((400 * 20) / 64);
    const few = trainExplainer(network, training.slice(0, 5), { ...plan, leastSteps: 30 });
    expect([...few]).toHaveLength(30);
  });

  it('knows nothing without the vector or without learning', () => {
    expect(accuracyOf({ ...network, map: null })).toBeLessThan(GUESSING);
    expect(accuracyOf(network, [])).toBeLessThan(0.5);
    const { answers } = finished(trainExplainer({ ...network, map: null }, training, plan));
    expect(new Set(answers(test).map(String)).size).toBe(1);
  });

  it('with vectors rotated and rotated back is the one with vectors as given, to rounding', () => {
    const { there, back } = rotation(width, 1);
    const map: VectorMap = (vector, place) => back(there(vector, place), place);
    const [one, same, rotated] = [
      lossesOf(network),
      lossesOf({ ...network, map }),
      lossesOf({ ...network, map: there }),
    ];
    // Rounding grows from step to step.
    for (let step = 0; step < 5; step++) {
      expect(same[step]).toBeCloseTo(one[step] ?? Number.NaN, 4);
    }
    expect(Math.abs((rotated[0] ?? 0) - (one[0] ?? 0))).toBeGreaterThan(1e-3);
    expect(accuracyOf({ ...network, map })).toBeGreaterThan(0.9);
  });

  it('of another width learns a map of the vectors', () => {
    const wider = new Transformer({ ...start.shape, width: 24 });
    initializeWeights(wider, quickStream('wider'));
    const learned = { ...network, start: wider, map: 'learned' } as const;
    expect(accuracyOf(learned)).toBeGreaterThan(0.9);
    expect(lossesOf(learned)).toEqual(lossesOf(learned));
    const still: VectorMap = (vector) => Float32Array.from([...vector, ...new Float32Array(8)]);
    const unmoved = lossesOf({ ...learned, map: still });
    expect(lossesOf(learned)[0]).toBe(unmoved[0]);
    expect(lossesOf(learned)[2]).not.toBe(unmoved[2]);
  });

  it('with a map for each place reads what one network cannot, since it does not know the place', () => {
    // At place 1, each kind has the vector that the next kind has at place 0.
    const moved = (exercises: readonly Exercise[]) =>
      exercises.map((exercise, i) => {
        const answer = [2 + ((i + 1) % kinds)];
        const { vector } = exercise;
        const isMoved = i % 3 === 0;
        return {
          ...exercise,
          vector: vector && { ...vector, place: isMoved ? 1 : 0 },
          answer: isMoved ? answer : exercise.answer,
        };
      });
    const [known, asked] = [moved(training), moved(test)];
    const right = (map: Options['map']) => {
      const options = { ...network, form: { ...form, places: 2 }, map };
      const answers = finished(trainExplainer(options, known, plan)).answers(asked);
      return asked.filter(({ answer }, i) => answers[i]?.[0] === answer[0]).length / asked.length;
    };
    // Two thirds are at place 0.
    expect(right(given)).toBeLessThan(0.75);
    expect(right('learned')).toBeGreaterThan(0.85);
  });
});

describe('the nearest neighbour', () => {
  it('has the answer of the vector at the smallest angle, of the same place', () => {
    const answers = nearestNeighbour(training).answers(test);
    test.forEach(({ answer }, i) => {
      expect(answers[i]).toEqual(answer);
    });
    const [one] = test;
    const vector = one?.vector;
    if (!one || !vector) throw new Error('no exercise');
    const at = (place: number, factor: number, answer: number): Exercise => ({
      ...one,
      vector: { ...vector, place, numbers: vector.numbers.map((x) => factor * x) },
      answer: [answer],
    });
    const known = [at(1, 1, 5), at(0, -1, 6), at(0, 0, 7), at(0, 0.1, 8), at(0, 9, 9)];
    // By cosine: the length does not matter, and of two at the same angle the first counts.
    const turned = known.map((exercise, i) => (i === 4 ? at(0, 0.1, 9) : exercise));
    expect(nearestNeighbour(turned).answers([one])).toEqual([[8]]);
  });
});
