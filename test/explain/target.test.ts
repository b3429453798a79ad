/** Training of a target, and how near it comes to the best reader of its world. */
import { expect, it } from 'vitest';
import { accuracyOf } from '../../src/explain/accuracy.js';
import {
  inBatches,
  largerTarget,
  predictions,
  smallTarget,
  trainTarget,
} from '../../src/explain/target.js';
import { allQuestions } from '../../src/explain/texts.js';
import { createWorld } from '../../src/explain/world.js';
import { finished } from '../../src/posterior/steps.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { isDeep } from '../support/deep.js';
import { smallQuestions, smallWorld, untrainedTarget } from './small-world.js';

/** In quick tests 24 facts instead of 288, and less training. */
const few = isDeep ? {} : { entities: 8, classes: 4, relations: 3 };
const size = isDeep ? smallTarget : { ...smallTarget, steps: 1200, rate: 6e-3 };

const trained = isDeep
  ? [...[1, 2, 3].map((seed) => ({ seed, size })), { seed: 1, size: largerTarget }]
  : [{ seed: 1, size }];

it.each(trained)(
  'a target of width $size.width learns its world $seed: facts, options, and when to follow a hint',
  ({ seed, size }) => {
    const world = createWorld({ seed, ...few });
    const questions = allQuestions(world, 2, quickStream('questions', seed));
    const model = finished(trainTarget(world, { size, seed }));
    const accuracy = accuracyOf(world, model, questions);
    expect(accuracy.undisputed).toBe(1);
    expect(accuracy.statements).toBeGreaterThan(0.95);
    expect(accuracy.plain).toBeGreaterThan(0.95);
    // Between a hint and a belief of nearly the same strength, small differences decide.
    expect(accuracy.hinted).toBeGreaterThan(0.9);
    expect(Math.abs(accuracy.moved - accuracy.bestMoved)).toBeLessThan(0.06);
  },
);

it('the share of hints that a best reader follows grows with their reliability and with disputes', () => {
  const shares = [
    { reliability: 0.5, sure: 0.4 },
    { reliability: 0.8, sure: 0.4 },
    { reliability: 0.95, sure: 0.4 },
    { reliability: 0.95, sure: 0.1 },
  ].map((options) => {
    const world = createWorld({
      seed: 4,
      entities: 8,
      classes: 4,
      relations: 3,
      values: 5,
      ...options,
    });
    return accuracyOf(world, untrainedTarget(), smallQuestions).bestMoved;
  });
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect((shares.at(-1) ?? 0) - (shares[0] ?? 0)).toBeGreaterThan(0.3);
});

it('predictions of many passages are those of each, whatever fits into a batch', () => {
  const passages = smallQuestions.map((_, i) => ({
    tokens: [i % 7, (3 * i) % 11, i % 5].slice(i % 3),
  }));
  const alone = untrainedTarget();
  const expected = passages.map((passage) => Array.from(alone.forward([passage])[0] ?? []));
  for (const capacity of [9, 10, 64]) {
    const model = untrainedTarget(capacity);
    expect(predictions(model, passages, (logits) => Array.from(logits))).toEqual(expected);
    const residuals: number[] = [];
    inBatches(model, passages, (passage, inBatch) => {
      expect(passage).toBe(residuals.length);
      residuals.push(model.activation('residual', 0, inBatch, 0)[0] ?? Number.NaN);
    });
    const first = passages.map((passage) => {
      alone.forward([passage]);
      return alone.activation('residual', 0, 0, 0)[0];
    });
    expect(residuals).toEqual(first);
  }
});

it('a stopped training leaves no mark: each step can be waited for', () => {
  const steps = trainTarget(smallWorld, { size: { ...size, steps: 3 }, seed: 1 });
  expect(steps.next().value).toMatchObject({ done: 1, total: 3 });
  expect([...steps].map((step) => step.done)).toEqual([2, 3]);
});
