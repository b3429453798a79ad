/** The compiled operations beside those of JavaScript in double precision. */
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { compileKernel } from '../../../models/kernels/compile.mjs';
import { networkModule } from '../../../models/kernels/network-module.js';
import {
  createHeap,
  type Numbers,
  type Operations,
} from '../../../models/transformer/operations.js';
import { quickStream } from '../../../src/random/quick-stream.js';

/** Unit roundoff of single precision. */
const ROUNDOFF = 2 ** -24;

/** Results of the same operations on the same numbers, compiled and in double precision. */
function both(
  count: number,
  seed: number,
  act: (operations: Operations, start: number, numbers: Numbers) => void,
): [Numbers, Numbers] {
  const random = quickStream('operations', seed);
  const given = Float32Array.from({ length: count }, random.normal);
  const [compiled, plain] = (['single', 'double'] as const).map((precision) => {
    const { numbers, start, operations } = createHeap(count, precision);
    numbers.set(given, start);
    act(operations, start, numbers);
    return numbers.slice(start, start + count);
  });
  return [compiled as Numbers, plain as Numbers];
}

/** All numbers agree within `units` roundoffs of numbers of size `scale`. */
function expectClose([compiled, plain]: [Numbers, Numbers], units: number, scale = 1): void {
  const errors = Array.from(plain, (x, i) => {
    return Math.abs(x - (compiled[i] ?? Number.NaN)) / (scale + Math.abs(x));
  });
  const worst = Math.max(...errors);
  expect(worst).toBeLessThan(units * ROUNDOFF);
}

const size = (most: number) => fc.integer({ min: 1, max: most });

describe('compiled operations', () => {
  it('multiply matrices, transposed or added, of any number of rows and terms', () => {
    const cases = fc.tuple(
      size(11),
      size(4),
      size(300),
      fc.boolean(),
      fc.constantFrom(0, 1),
      fc.nat(),
    );
    fc.assert(
      fc.property(cases, ([m, n8, k, transposed, add, seed]) => {
        const n = 8 * n8;
        const results = both(m * k + k * n + m * n, seed, (o, a) => {
          const b = a + m * k;
          const [row, step] = transposed ? [1, m] : [k, 1];
          o.product(m, n, k, a, row, step, b, b + k * n, add as 0 | 1);
        });
        // A sum of k products errs by at most k roundoffs of Σ |a b|, which is near k · 2/π.
        expectClose(results, 2 * k, k);
      }),
      { numRuns: 60 },
    );
  });

  it('transpose, add, gather and scatter', () => {
    fc.assert(
      fc.property(size(9), size(3), fc.nat(), (rows, w4, seed) => {
        const width = 4 * w4;
        const total = rows * width;
        const results = both(4 * total + rows, seed, (o, a, numbers) => {
          const ids = a + 4 * total;
          for (let r = 0; r < rows; r++) numbers[ids + r] = (7 * r + seed) % rows;
          o.transpose(rows, width, a, a + total);
          o.addTo(total, a, a + total);
          o.gather(rows, width, ids, a, a + 2 * total, 1);
          o.gather(rows, width, ids, a, a + 3 * total, 0);
          o.scatter(rows, width, ids, a, a + 3 * total);
        });
        expectClose(results, 2 * rows, rows);
      }),
      { numRuns: 60 },
    );
  });

  it('normalize rows, forth and back', () => {
    fc.assert(
      fc.property(size(9), size(4), fc.nat(), (rows, w4, seed) => {
        const width = 4 * w4;
        const total = rows * width;
        const results = both(4 * total + rows + 2 * width, seed, (o, x) => {
          const [y, dy, dx] = [x + total, x + 2 * total, x + 3 * total];
          const inverse = x + 4 * total;
          const gain = inverse + rows;
          o.normalize(rows, width, x, gain, y, inverse, 1e-5);
          o.normalizeBack(rows, width, x, gain, inverse, dy, dx, gain + width);
        });
        // 1/rms and its cube are large for a row of few and small numbers.
        const largest = Math.max(...results[1].map(Math.abs));
        expectClose(results, 40 * width * rows, largest);
      }),
      { numRuns: 60 },
    );
  });

  it('attend, forth and back', () => {
    fc.assert(
      fc.property(size(13), size(3), size(2), fc.nat(), (length, heads, s4, seed) => {
        const width = 4 * s4 * heads;
        const rows = length * width;
        const pattern = heads * length * 4 * Math.ceil(length / 4);
        const results = both(8 * rows + pattern + length, seed, (o, qkv, numbers) => {
          const out = qkv + 3 * rows;
          const dqkv = out + 2 * rows;
          const probabilities = dqkv + 3 * rows;
          numbers.fill(0, probabilities, probabilities + pattern + length);
          o.attend(length, width, heads, qkv, out, probabilities);
          const scratch = probabilities + pattern;
          o.attendBack(length, width, heads, qkv, probabilities, out + rows, dqkv, scratch);
        });
        expectClose(results, 40 * length * width, 1);
      }),
      { numRuns: 60 },
    );
  });

  it('rectify, compare with targets, sum squares and take a step of AdamW', () => {
    fc.assert(
      fc.property(size(5), size(40), fc.nat(), (rows, count, seed) => {
        const width = 8 * Math.ceil(count / 8);
        const total = rows * width;
        const results = both(4 * total + 2 * rows, seed, (o, x, numbers) => {
          const targets = x + 4 * total;
          for (let r = 0; r < rows; r++) numbers[targets + r] = (3 * r + seed) % count;
          o.crossEntropy(rows, width, count, x, targets, targets + rows, 0.3);
          o.rectify(total, x + total);
          o.rectifyBack(total, x + total, x + 2 * total);
          numbers.fill(0.25, x + 3 * total, x + 4 * total);
          const [w, g, m, v] = [x, x + total, x + 2 * total, x + 3 * total];
          o.adam(total, w, g, m, v, 0.7, 0.01, 0.001, 0.9, 0.98, 2, 3, 1e-8);
          numbers[x] = o.squares(total, g);
        });
        expectClose(results, 200, 1);
      }),
      { numRuns: 60 },
    );
  });

  it('keep their order of sums: the rows of a product have the same bits beside any rows', () => {
    const [m, n, k] = [7, 16, 200];
    const { numbers, start: a, operations } = createHeap(m * k + k * n + 2 * m * n, 'single');
    const random = quickStream('rows beside rows');
    for (let i = 0; i < m * k + k * n; i++) numbers[a + i] = random.normal();
    const b = a + m * k;
    const c = b + k * n;
    operations.product(m, n, k, a, k, 1, b, c, 0);
    for (let i = 0; i < m; i++) operations.product(1, n, k, a + i * k, k, 1, b, c + (m + i) * n, 0);
    expect(numbers.slice(c + m * n)).toEqual(
      Float32Array.from([...numbers.slice(c, c + m * n), ...numbers.slice(c + 2 * m * n)]),
    );
  });

  it('of the package are what their source compiles to', async () => {
    expect(networkModule).toBe(await compileKernel('network'));
  });
});

describe('without WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('a heap in single precision has the plain operations', () => {
    vi.stubGlobal('WebAssembly', undefined);
    const { numbers, start, operations } = createHeap(8, 'single');
    expect(numbers).toBeInstanceOf(Float32Array);
    numbers.set([-1, 2, -3, 4], start);
    operations.rectify(4, start);
    expect([...numbers.subarray(start, start + 4)]).toEqual([0, 2, 0, 4]);
  });
});
