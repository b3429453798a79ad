/** A dictionary of planted directions is found again. */
import { describe, expect, it } from 'vitest';
import { trainDictionary } from '../../../models/transformer/sparse-autoencoder.js';
import { quickStream } from '../../../src/random/quick-stream.js';

const WIDTH = 24;
const PLANTED = 40;
const ACTIVE = 3;

function unit(random: () => number): Float64Array {
  const vector = Float64Array.from({ length: WIDTH }, random);
  const length = Math.hypot(...vector);
  return vector.map((x) => x / length);
}

/** Vectors with up to three of the planted directions each, in strengths from 1 to 2, and an offset. */
function planted(seed: number, count: number) {
  const random = quickStream('planted', seed);
  const directions = Array.from({ length: PLANTED }, () => unit(random.normal));
  const offset = unit(random.normal);
  const strengths = Array.from({ length: count }, () => {
    const chosen = Array.from({ length: ACTIVE }, () => Math.floor(PLANTED * random.uniform()));
    return new Map(chosen.map((f) => [f, 1 + random.uniform()]));
  });
  const vectors = new Float32Array(count * WIDTH);
  strengths.forEach((row, i) => {
    for (let j = 0; j < WIDTH; j++) {
      let x = offset[j] ?? 0;
      for (const [f, strength] of row) x += strength * (directions[f]?.[j] ?? 0);
      vectors[i * WIDTH + j] = x;
    }
  });
  return { directions, offset, strengths, vectors };
}

describe('a sparse autoencoder', () => {
  const { directions, offset, strengths, vectors } = planted(1, 4000);
  const options = { features: 2 * PLANTED, active: ACTIVE, steps: 3000 };
  const dictionary = trainDictionary(vectors, WIDTH, options, quickStream('dictionary'));
  const cosine = (f: number, direction: Float64Array) =>
    direction.reduce((sum, x, j) => sum + x * (dictionary.directions[f * WIDTH + j] ?? 0), 0);
  /** The direction of the dictionary that is most like each planted one. */
  const matches = directions.map((direction) => {
    const cosines = Array.from({ length: options.features }, (_, f) => cosine(f, direction));
    const best = Math.max(...cosines);
    return { feature: cosines.indexOf(best), cosine: best };
  });

  it('recovers planted directions, each by one of its own', () => {
    // Two random directions of 24 numbers have cosines of sd 0.2: none of 80 comes near 0.95 by chance.
    expect(matches.filter((match) => match.cosine > 0.95).length).toBeGreaterThanOrEqual(39);
    expect(new Set(matches.map(({ feature }) => feature)).size).toBeGreaterThanOrEqual(39);
    expect(dictionary.explained).toBeGreaterThan(0.95);
  });

  it('says which of them a vector has, as often as who knows the planted directions', () => {
    const count = 1000;
    const activations = dictionary.activations(vectors.subarray(0, count * WIDTH));
    const found = { dictionary: 0, projections: 0 };
    for (let i = 0; i < count; i++) {
      const vector = vectors.subarray(i * WIDTH, (i + 1) * WIDTH);
      const row = activations.subarray(i * options.features, (i + 1) * options.features);
      expect(row.filter((x) => x > 0).length).toBeLessThanOrEqual(ACTIVE);
      // Who knows them takes the three onto which the vector projects most.
      const projections = directions.map((direction) =>
        direction.reduce((sum, x, j) => sum + x * ((vector[j] ?? 0) - (offset[j] ?? 0)), 0),
      );
      const third = projections.toSorted((a, b) => b - a)[ACTIVE - 1] ?? 0;
      for (const f of strengths[i]?.keys() ?? []) {
        found.dictionary += (row[matches[f]?.feature ?? 0] ?? 0) > 0 ? 1 : 0;
        found.projections += (projections[f] ?? 0) >= third ? 1 : 0;
      }
    }
    expect(found.dictionary).toBeGreaterThan(found.projections);
  });

  it('has directions of length 1', () => {
    for (let f = 0; f < options.features; f++) {
      const row = dictionary.directions.subarray(f * WIDTH, (f + 1) * WIDTH);
      expect(Math.hypot(...row)).toBeCloseTo(1, 5);
    }
  });

  it('has the same bits for one seed', () => {
    const short = { ...options, steps: 300 };
    const some = vectors.subarray(0, 500 * WIDTH);
    const [first, second] = [1, 1].map((seed) =>
      trainDictionary(some, WIDTH, short, quickStream('same', seed)),
    );
    expect(first?.directions).toEqual(second?.directions);
  });

  it('refuses sizes that do not fit', () => {
    const random = quickStream('bad');
    const wrong = (numbers: number, width: number, features: number, active: number) =>
      expect(() =>
        trainDictionary(new Float32Array(numbers), width, { features, active, steps: 1 }, random),
      ).toThrow(expect.objectContaining({ code: 'bad-argument' }));
    wrong(17, 8, 8, 1);
    wrong(12, 12, 8, 1);
    wrong(16, 8, 9, 1);
    wrong(16, 8, 8, 0);
    wrong(16, 8, 8, 9);
  });
});
