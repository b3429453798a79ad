/** Properties of a transformer: causality, batches, vectors that are written, learning, bits. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Passage } from '../../../models/transformer/passage.js';
import { trainingSteps } from '../../../models/transformer/training.js';
import { Transformer } from '../../../models/transformer/transformer.js';
import { adoptWeights, initializeWeights } from '../../../models/transformer/weights.js';
import { crc32 } from '../../../src/exchange/bytes.js';
import { quickStream } from '../../../src/random/quick-stream.js';
import { smallShape, smallTransformer, someTokens, vectorOf } from './small-transformer.js';

const { width, layers, vocabulary } = smallShape;
const model = smallTransformer();

/** Logits of all outputs, as copies. */
const logits = (passages: readonly Passage[], of = model) =>
  of.forward(passages).map((row) => Array.from(row));

const everywhere = (tokens: readonly number[]): Passage => ({
  tokens,
  outputs: tokens.map((_, position) => ({ position })),
});

describe('a transformer', () => {
  it('does not change earlier logits by later tokens, to the bit', () => {
    fc.assert(
      fc.property(someTokens, fc.nat(8), (tokens, cut) => {
        const some = tokens.slice(0, 1 + (cut % tokens.length));
        expect(logits([everywhere(tokens)]).slice(0, some.length)).toEqual(
          logits([everywhere(some)]),
        );
      }),
    );
  });

  it('has the same logits for a sequence whichever others are in the batch, to the bit', () => {
    fc.assert(
      fc.property(fc.array(someTokens, { minLength: 1, maxLength: 7 }), fc.nat(), (all, seed) => {
        const alone = all.map((tokens) => logits([{ tokens }])[0]);
        const order = all.map((_, i) => i).toSorted((a, b) => ((a * seed) % 7) - ((b * seed) % 7));
        const batch = order.map((i) => ({ tokens: all[i] ?? [] }));
        expect(logits(batch)).toEqual(order.map((i) => alone[i]));
      }),
    );
  });

  it('is unchanged by writing what is there already', () => {
    fc.assert(
      fc.property(someTokens, fc.nat(layers), fc.nat(8), (tokens, layer, place) => {
        const position = place % tokens.length;
        const before = logits([everywhere(tokens)]);
        const vector = model.activation('residual', layer, 0, position).slice();
        const patches = [{ layer, position, vector }];
        expect(logits([{ ...everywhere(tokens), patches }])).toEqual(before);
        const embedding = model
          .parameter('tokens')
          .slice()
          .subarray(width * (tokens[position] ?? 0));
        const inserted = [{ position, vector: embedding.subarray(0, width) }];
        expect(logits([{ ...everywhere(tokens), inserted }])).toEqual(before);
      }),
    );
  });

  it('continues from a patch as if all before had been otherwise', () => {
    // All residuals before layer 1 of one sequence, written into another, make it that sequence.
    fc.assert(
      fc.property(someTokens, fc.nat(layers), (tokens, layer) => {
        const expected = logits([everywhere(tokens)]);
        const patches = tokens.map((_, position) => ({
          layer,
          position,
          vector: model.activation('residual', layer, 0, position).slice(),
        }));
        const other = tokens.map((token) => (token + 3) % vocabulary);
        expect(logits([{ ...everywhere(other), patches }])).toEqual(expected);
      }),
    );
  });

  it('has activations that add up to its residuals', () => {
    logits([{ tokens: [4] }, { tokens: [1, 2, 3] }]);
    const read = (site: 'residual' | 'heads' | 'attention' | 'hidden', layer: number) =>
      Float64Array.from(model.activation(site, layer, 1, 2));
    const times = (vector: Float64Array, matrix: ArrayLike<number>) =>
      Float64Array.from({ length: matrix.length / vector.length }, (_, j) =>
        vector.reduce(
          (sum, x, i) => sum + x * (matrix[(i * matrix.length) / vector.length + j] ?? 0),
          0,
        ),
      );
    for (let l = 0; l < layers; l++) {
      const attention = times(read('heads', l), model.parameter(`layer ${l} project`));
      const mlp = times(read('hidden', l), model.parameter(`layer ${l} down`));
      read('attention', l).forEach((x, j) => {
        expect(x).toBeCloseTo(attention[j] ?? Number.NaN, 5);
        const sum = (read('residual', l)[j] ?? Number.NaN) + x + (mlp[j] ?? 0);
        expect(read('residual', l + 1)[j]).toBeCloseTo(sum, 5);
      });
      expect(read('hidden', l).every((x) => x >= 0)).toBe(true);
    }
  });

  it('says which token, position, layer, vector or size is wrong', () => {
    const tokens = [1, 2];
    const bad: Passage[] = [
      { tokens: [] },
      { tokens: [vocabulary] },
      { tokens, outputs: [{ position: 2 }] },
      { tokens, outputs: [{ position: 1, target: -1 }] },
      { tokens, inserted: [{ position: 0, vector: [1] }] },
      { tokens, patches: [{ layer: layers + 1, position: 0, vector: vectorOf(1) }] },
    ];
    const wrong = (act: () => unknown) =>
      expect(act).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    for (const passage of bad) wrong(() => model.forward([passage]));
    const many = Array.from({ length: 70 }, () => ({ tokens }));
    wrong(() => model.forward(many));
    wrong(() => model.gradient([{ tokens }]));
    wrong(() => model.parameter('layer 9 up'));
    wrong(() => model.activation('hidden', layers, 0, 0));
    wrong(() => new Transformer({ ...smallShape, width: 12 }));
    wrong(() => new Transformer({ ...smallShape, heads: 3 }));
  });
});

/** A run of random tokens, and then its beginning again: the second half can be predicted. */
function repeated(seed: number, step: number): Passage[] {
  const random = quickStream('repeated', seed, step);
  return Array.from({ length: 16 }, () => {
    const half = Array.from({ length: 6 }, () => Math.floor(8 * random.uniform()));
    const tokens = [...half, ...half.slice(0, 5)];
    return { tokens, outputs: half.slice(1).map((target, i) => ({ position: 6 + i, target })) };
  });
}

function copier(steps: number): { model: Transformer; losses: number[] } {
  const shape = { vocabulary: 8, length: 11, width: 32, layers: 2, heads: 4, hidden: 32 };
  const model = new Transformer(shape, { capacity: 256 });
  initializeWeights(model, quickStream('copier'));
  const plan = { steps, rate: 5e-3, batch: (step: number) => repeated(1, step) };
  return { model, losses: Array.from(trainingSteps(model, plan), ({ loss }) => loss) };
}

describe('training', () => {
  it('learns to copy a sequence that it has seen', () => {
    const { model: trained } = copier(600);
    const unseen = Array.from({ length: 20 }, (_, i) => repeated(2, i)).flat();
    const right = unseen.flatMap((passage) =>
      trained.forward([passage]).map((row, i) => {
        const best = row.indexOf(Math.max(...row));
        return best === passage.outputs?.[i]?.target ? 1 : 0;
      }),
    );
    const share = right.reduce((sum: number, one) => sum + one, 0) / right.length;
    expect(right).toHaveLength(1600);
    // Chance is 1/8.
    expect(share).toBeGreaterThan(0.97);
  });

  it('has the same bits for one seed, here and elsewhere', () => {
    const [first, second] = [copier(20), copier(20)];
    expect(first.losses).toEqual(second.losses);
    const bytes = ({ model: { weights } }: { model: Transformer }) =>
      new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength);
    expect(crc32(bytes(first))).toBe(crc32(bytes(second)));
    expect(crc32(bytes(first))).toBe('9bbee36e');
  });

  it('leaves vectors and weights alone where the rate is zero', () => {
    const trained = smallTransformer();
    const before = trained.weights.slice();
    const batch = () => [{ tokens: [1, 2], outputs: [{ position: 1, target: 3 }] }];
    expect(Array.from(trainingSteps(trained, { steps: 3, rate: 0, batch }))).toHaveLength(3);
    expect(trained.weights).toEqual(before);
  });
});

it('a larger transformer takes over the weights that both have, and computes the same', () => {
  const larger = new Transformer({ ...smallShape, vocabulary: 30, length: 20 }, { capacity: 64 });
  initializeWeights(larger, quickStream('larger'));
  const unembed = larger.parameter('unembed').slice();
  adoptWeights(larger, model);
  // Only the columns of common words change in the unembedding: 11 of 32, of which 30 are words.
  larger.parameter('unembed').forEach((x, i) => {
    if (i % 32 >= vocabulary) expect(x).toBe(unembed[i]);
  });
  fc.assert(
    fc.property(someTokens, (tokens) => {
      const rows = logits([everywhere(tokens)], larger);
      expect(rows.map((row) => row.slice(0, vocabulary))).toEqual(logits([everywhere(tokens)]));
    }),
  );
});

describe('without WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('training takes the same steps, but for rounding', () => {
    const compiled = copier(5);
    vi.stubGlobal('WebAssembly', undefined);
    const plain = copier(5);
    plain.losses.forEach((loss, i) => {
      expect(Math.abs(loss - (compiled.losses[i] ?? Number.NaN))).toBeLessThan(1e-4);
    });
  });
});
