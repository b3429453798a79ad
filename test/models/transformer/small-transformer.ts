/** Small transformers with random weights, and passages for them. */
import fc from 'fast-check';
import type { Precision } from '../../../models/transformer/operations.js';
import type { Passage } from '../../../models/transformer/passage.js';
import type { TransformerShape } from '../../../models/transformer/shape.js';
import { Transformer } from '../../../models/transformer/transformer.js';
import { initializeWeights } from '../../../models/transformer/weights.js';
import { quickStream } from '../../../src/random/quick-stream.js';

export const smallShape: TransformerShape = {
  vocabulary: 11,
  length: 9,
  width: 16,
  layers: 2,
  heads: 2,
  hidden: 24,
};

export function smallTransformer(
  precision: Precision = 'single',
  shape = smallShape,
  seed = 3,
): Transformer {
  const model = new Transformer(shape, { capacity: 64, precision });
  initializeWeights(model, quickStream('small transformer', seed));
  return model;
}

/** Tokens of the small vocabulary, 1 to 9 of them. */
export const someTokens = fc.array(fc.nat(smallShape.vocabulary - 1), {
  minLength: 1,
  maxLength: smallShape.length,
});

export function vectorOf(seed: number, width = smallShape.width): Float64Array {
  const random = quickStream('vector', seed);
  return Float64Array.from({ length: width }, () => Math.fround(random.normal()));
}

/** Passages with everything that a passage can have; gradients of vectors go to new arrays. */
export function richPassages(): Passage[] {
  const gradient = () => new Float64Array(smallShape.width);
  return [
    {
      tokens: [3, 1, 4, 1, 5, 9, 2],
      outputs: [
        { position: 6, target: 6 },
        { position: 2, target: 0 },
      ],
      inserted: [{ position: 1, vector: vectorOf(1), gradient: gradient() }],
      patches: [
        { layer: 1, position: 3, vector: vectorOf(2), gradient: gradient() },
        { layer: 2, position: 2, vector: vectorOf(3), gradient: gradient() },
      ],
    },
    { tokens: [7], outputs: [{ position: 0, target: 10 }] },
    {
      tokens: [2, 2, 8, 0],
      outputs: [{ position: 3, target: 2 }],
      patches: [{ layer: 0, position: 1, vector: vectorOf(4), gradient: gradient() }],
    },
  ];
}
