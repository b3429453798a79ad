/** Maps of vectors between streams. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LearnedMap, ridgeMap, rotation } from '../../src/explain/vector-maps.js';
import { quickStream } from '../../src/random/quick-stream.js';

const width = 16;
const vectors = fc
  .array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: width, maxLength: width })
  .map((numbers) => Float32Array.from(numbers));
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
const normals = (count: number, name: string) => {
  const random = quickStream(name);
  return Float32Array.from({ length: count }, () => random.normal());
};

describe('a rotation', () => {
  const { there, back } = rotation(width, 1);

  it('changes no length and no angle, but the vectors', () => {
    fc.assert(
      fc.property(vectors, vectors, (a, b) => {
        // Single precision: 2⁻²⁴ of numbers up to 16 · 81.
        expect(Math.abs(dot(there(a, 0), there(b, 0)) - dot(a, b))).toBeLessThan(1e-3);
        expect(dot(there(a, 0), a)).toBeLessThanOrEqual(dot(a, a) + 1e-3);
      }),
    );
    const [one, other] = [
      normals(width, 'one'),
      rotation(width, 2).there(normals(width, 'one'), 0),
    ];
    expect(there(one, 0)).not.toEqual(one);
    expect(there(one, 0)).not.toEqual(other);
  });

  it('and its inverse give a vector back, to rounding', () => {
    fc.assert(
      fc.property(vectors, fc.nat(4), (vector, place) => {
        back(there(vector, place), place).forEach((x, i) => {
          expect(Math.abs(x - (vector[i] ?? Number.NaN))).toBeLessThan(1e-5);
        });
      }),
    );
  });
});

describe('a fitted map', () => {
  const [n, from, to] = [300, 6, 9];
  const matrix = normals(from * to, 'matrix');
  const offset = normals(to, 'offset');
  const times = (vector: Float32Array) =>
    Float32Array.from({ length: to }, (_, j) =>
      vector.reduce((sum, x, i) => sum + x * (matrix[i * to + j] ?? 0), 0),
    );
  const x = normals(n * from, 'rows').map((value, i) => value + (i % from));
  const y = Float32Array.from({ length: n * to }, (_, i) => {
    const row = Math.floor(i / to);
    return (
      (times(x.subarray(row * from, (row + 1) * from))[i % to] ?? 0) +
      (offset[i % to] ?? Number.NaN)
    );
  });

  it('recovers a planted one: points with its offset, directions at their own length', () => {
    const { point, direction } = ridgeMap({ from: x, to: y, widths: [from, to] }, 1e-9);
    for (const name of ['a', 'b', 'c']) {
      const vector = normals(from, name);
      const linear = times(vector);
      const scale = Math.hypot(...vector) / Math.hypot(...linear);
      point(vector).forEach((value, j) => {
        expect(value).toBeCloseTo((linear[j] ?? Number.NaN) + (offset[j] ?? Number.NaN), 3);
      });
      direction(vector).forEach((value, j) => {
        expect(value).toBeCloseTo(scale * (linear[j] ?? Number.NaN), 3);
      });
    }
  });

  it('with a large penalty says no more than the mean', () => {
    const { point } = ridgeMap({ from: x, to: y, widths: [from, to] }, 1e9);
    const mean = Array.from({ length: to }, (_, j) =>
      y.reduce((sum, value, i) => sum + (i % to === j ? value / n : 0), 0),
    );
    point(normals(from, 'a')).forEach((value, j) => {
      expect(value).toBeCloseTo(mean[j] ?? Number.NaN, 3);
    });
  });

  it('of vectors that never vary in a direction has finite numbers', () => {
    const flat = x.map((value, i) => (i % from === 0 ? 1 : value));
    const { point } = ridgeMap({ from: flat, to: y, widths: [from, to] });
    expect(point(normals(from, 'a')).every(Number.isFinite)).toBe(true);
  });

  it('is refused for numbers that are not finite', () => {
    const broken = x.map((value, i) => (i === 7 ? Number.NaN : value));
    expect(() => ridgeMap({ from: broken, to: y, widths: [from, to] })).toThrow(
      expect.objectContaining({ code: 'bad-argument' }),
    );
  });
});

describe('a learned map', () => {
  it('puts the numbers first at the beginning', () => {
    const vector = normals(8, 'vector');
    const wider = new LearnedMap(8, 16, 2);
    expect([...wider.apply(vector, 1)]).toEqual([...vector, ...new Float32Array(8)]);
    expect([...new LearnedMap(8, 8, 1).apply(vector, 0)]).toEqual([...vector]);
  });

  it('learns a planted matrix for each place by the gradients of squared errors', () => {
    const [from, to, places] = [4, 8, 2];
    const planted = normals(places * from * to, 'planted');
    const map = new LearnedMap(from, to, places);
    const random = quickStream('vectors');
    const errorOf = (vector: Float32Array, place: number) =>
      map.apply(vector, place).map((value, j) => {
        const truth = vector.reduce(
          (sum, x, i) => sum + x * (planted[(place * from + i) * to + j] ?? 0),
          0,
        );
        return value - truth;
      });
    const draw = () => Float32Array.from({ length: from }, () => random.normal());
    for (let step = 0; step < 1500; step++) {
      for (let k = 0; k < 8; k++) {
        const [vector, place] = [draw(), k % places];
        map.addGradient(vector, place, errorOf(vector, place));
      }
      map.step(0.02 * (1 - step / 1500));
    }
    for (const place of [0, 1]) expect(Math.hypot(...errorOf(draw(), place))).toBeLessThan(0.01);
  });
});
