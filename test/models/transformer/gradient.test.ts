/** Gradients of a transformer against central differences and against TensorFlow.js. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { Insertion, Passage } from '../../../models/transformer/passage.js';
import { namedPlaces } from '../../../models/transformer/shape.js';
import { EPSILON, type Transformer } from '../../../models/transformer/transformer.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import { richPassages, smallShape, smallTransformer } from './small-transformer.js';

/** Step of a central difference: its error is about STEP² times the third derivative. */
const STEP = 1e-5;

function difference(loss: () => number, numbers: { [i: number]: number }, i: number): number {
  const before = numbers[i] ?? 0;
  numbers[i] = before + STEP;
  const above = loss();
  numbers[i] = before - STEP;
  const below = loss();
  numbers[i] = before;
  return (above - below) / (2 * STEP);
}

describe('the gradient in double precision', () => {
  const model = smallTransformer('double');
  const random = quickStream('gains');
  const { matrices, count } = model.places;
  for (let i = matrices; i < count; i++) model.weights[i] = 1 + 0.3 * random.normal();
  const passages = richPassages();
  const loss = () => model.gradient(passages);
  loss();
  const gradients = model.gradients.slice();

  it.each([...namedPlaces(model.places)])('is that of central differences by %s', (name, place) => {
    const steps = Math.max(1, Math.floor((place.rows * place.columns) / 40));
    for (let i = place.at; i < place.at + place.rows * place.columns; i += steps) {
      const expected = difference(loss, model.weights, i);
      // Differences of losses near 3 round to 1e-15 / STEP; a kink of the rectifier is in no step's reach.
      expect(Math.abs((gradients[i] ?? Number.NaN) - expected), `${name} ${i}`).toBeLessThan(
        1e-8 * Math.max(1, Math.abs(expected)),
      );
    }
  });

  it('is that of central differences by the vectors that are written', () => {
    const vectors = passages.flatMap(({ inserted = [], patches = [] }): Insertion[] => [
      ...inserted,
      ...patches,
    ]);
    expect(vectors).toHaveLength(4);
    loss();
    const found = vectors.map(({ gradient }) => Float64Array.from(gradient ?? []));
    vectors.forEach(({ vector }, v) => {
      for (let j = 0; j < smallShape.width; j++) {
        const expected = difference(loss, vector as Float64Array, j);
        expect(Math.abs((found[v]?.[j] ?? Number.NaN) - expected)).toBeLessThan(1e-8);
      }
      expect(found[v]?.some((slope) => Math.abs(slope) > 1e-4)).toBe(true);
    });
  });

  it('leaves out the embedding of a token whose place a vector takes', () => {
    // Token 1 stands at positions 1 (vector in its place) and 3 (patched only from layer 1 on).
    const only: Passage[] = [
      {
        tokens: [3, 1, 4],
        outputs: [{ position: 2, target: 6 }],
        inserted: [{ position: 1, vector: new Float64Array(smallShape.width).fill(0.3) }],
      },
    ];
    model.gradient(only);
    const { at } = model.places.tokens;
    const { width } = smallShape;
    expect(model.gradients.slice(at + width, at + 2 * width).every((slope) => slope === 0)).toBe(
      true,
    );
    expect(model.gradients.slice(at + 3 * width, at + 4 * width).some((slope) => slope !== 0)).toBe(
      true,
    );
  });
});

/** The loss in TensorFlow.js, of passages without vectors, as a function of all weights. */
function tensorLoss(model: Transformer, passages: readonly Passage[]) {
  const { shape, places } = model;
  const size = shape.width / shape.heads;
  return (weights: tf.Tensor1D): tf.Scalar => {
    const matrix = (name: string): tf.Tensor2D => {
      const place = namedPlaces(places).get(name);
      if (!place) throw new Error(name);
      return weights.slice(place.at, place.rows * place.columns).as2D(place.rows, place.columns);
    };
    const normed = (x: tf.Tensor2D, gain: string): tf.Tensor2D =>
      x.div(x.square().mean(1, true).add(EPSILON).sqrt()).mul(matrix(gain)) as tf.Tensor2D;
    const losses = passages.flatMap(({ tokens, outputs = [] }) => {
      const n = tokens.length;
      const oneHot = tf.oneHot(tf.tensor1d([...(tokens as number[])], 'int32'), shape.vocabulary);
      const placesOneHot = tf.eye(shape.length).slice(0, n) as tf.Tensor2D;
      let x = tf
        .matMul(oneHot.toFloat() as tf.Tensor2D, matrix('tokens'))
        .add(tf.matMul(placesOneHot, matrix('positions'))) as tf.Tensor2D;
      const mask = tf.tensor2d(
        Array.from({ length: n }, (_, i) =>
          Array.from({ length: n }, (__, j) => (j > i ? -1e9 : 0)),
        ),
      );
      for (let l = 0; l < shape.layers; l++) {
        const qkv = tf.matMul(normed(x, `layer ${l} attendGain`), matrix(`layer ${l} attend`));
        const heads = Array.from({ length: shape.heads }, (_, h) => {
          const [q, k, v] = [0, 1, 2].map((part) =>
            qkv.slice([0, part * shape.width + h * size], [n, size]),
          ) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
          const scores = tf.matMul(q, k, false, true).div(Math.sqrt(size)).add(mask);
          return tf.matMul(tf.softmax(scores), v) as tf.Tensor2D;
        });
        x = x.add(tf.matMul(tf.concat2d(heads, 1), matrix(`layer ${l} project`)));
        const hidden = tf.relu(tf.matMul(normed(x, `layer ${l} upGain`), matrix(`layer ${l} up`)));
        x = x.add(tf.matMul(hidden, matrix(`layer ${l} down`)));
      }
      const logits = tf
        .matMul(normed(x, 'finalGain'), matrix('unembed'))
        .slice([0, 0], [n, shape.vocabulary]);
      const logProbabilities = tf.logSoftmax(logits);
      return outputs.map(({ position, target = 0 }) =>
        logProbabilities.slice([position, target], [1, 1]).neg().asScalar(),
      );
    });
    return tf.addN(losses).div(losses.length).asScalar();
  };
}

it('the gradient in single precision is that of TensorFlow.js', async () => {
  await tf.setBackend('cpu');
  const model = smallTransformer();
  const passages = richPassages().map(({ tokens, outputs = [] }) => ({ tokens, outputs }));
  const loss = model.gradient(passages);
  const { value, grad } = tf.valueAndGrad(
    tensorLoss(model, passages) as (x: tf.Tensor) => tf.Scalar,
  )(tf.tensor1d(Float32Array.from(model.weights)));
  expect(Math.abs(loss - (value.dataSync()[0] ?? Number.NaN))).toBeLessThan(1e-5);
  const theirs = grad.dataSync();
  const largest = Math.max(...theirs.map(Math.abs));
  theirs.forEach((slope, i) => {
    // Both round at each of some dozens of operations, each by 6e-8.
    expect(Math.abs(slope - (model.gradients[i] ?? Number.NaN))).toBeLessThan(1e-5 * largest);
  });
});
