/**
 * The small transformer: products of matrices, and steps of training, each on one core. A product of m by k
 * and k by n takes 2 m n k operations; tokens per second are 448 times the steps per second.
 */
import { bench, describe } from 'vitest';
import { createHeap } from '../dist/models/transformer/operations.js';
import { Transformer } from '../dist/models/transformer/transformer.js';
import { initializeWeights } from '../dist/models/transformer/weights.js';
import { quickStream } from '../dist/src/random/quick-stream.js';

describe('100 products, forward and for the gradient of weights', () => {
  const [m, n, k] = [448, 256, 64];
  const { operations, start: a } = createHeap(m * k + k * n + m * n, 'single');
  const b = a + m * k;
  const c = b + k * n;
  bench(`${m} by ${k}, ${k} by ${n}: 1.47 billion operations`, () => {
    for (let i = 0; i < 100; i++) operations.product(m, n, k, a, k, 1, b, c, 0);
  });
  bench(`${k} by ${m}, ${m} by ${n}: 1.47 billion operations`, () => {
    for (let i = 0; i < 100; i++) operations.product(k, n, m, a, 1, k, c, b, 0);
  });
});

describe('a training step of 64 texts of 7 tokens', () => {
  const random = quickStream('benchmark');
  const passages = Array.from({ length: 64 }, () => {
    const tokens = Array.from({ length: 7 }, () => Math.floor(109 * random.uniform()));
    return { tokens, outputs: [{ position: 6, target: tokens[2] ?? 0 }] };
  });
  for (const [width, layers] of [
    [32, 3],
    [64, 4],
  ] as const) {
    const shape = { vocabulary: 109, length: 9, width, layers, heads: 4, hidden: 4 * width };
    const model = new Transformer(shape);
    initializeWeights(model, random);
    bench(`width ${width}, ${layers} layers, ${model.places.count} weights`, () => {
      model.gradient(passages);
      model.step({ rate: 1e-4 });
    });
    bench(`width ${width}, ${layers} layers, forward only`, () => {
      model.forward(passages);
    });
  }
});
