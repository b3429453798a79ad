/** The compiled statistics and sums of columns beside their definitions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnKernel } from '../../../models/kernels/columns-kernel.js';
import { columnsModule } from '../../../models/kernels/columns-module.js';
import { compileKernel } from '../../../models/kernels/compile.mjs';
import { productKernel } from '../../../models/kernels/products-kernel.js';
import { productsModule } from '../../../models/kernels/products-module.js';
import { meanAndSquares } from '../../../src/linear-algebra/sums.js';
import { centreChains } from '../../../src/posterior/fast/effective-size.js';
import { quickStream } from '../../../src/random/quick-stream.js';

const kernel = columnKernel() ?? expect.fail();

/** Numbers as they come in draws: of one size, crowded, repeated, or over many orders of magnitude. */
const columns = fc
  .record({
    seed: fc.integer(),
    count: fc.integer({ min: 1, max: 400 }),
    shape: fc.constantFrom('normal', 'crowded', 'counts', 'wide', 'constant'),
  })
  .map(({ seed, count, shape }) => {
    const random = quickStream(seed);
    return Float64Array.from({ length: count }, () => {
      const z = random.normal();
      if (shape === 'crowded') return z < 1.5 ? 1 + 1e-9 * z : -1e6 * z;
      if (shape === 'counts') return Math.round(z) + 0;
      if (shape === 'wide') return Math.exp(40 * z);
      return shape === 'constant' ? 3.5 : z;
    });
  });

const close = (found: number, expected: number, scale = Math.abs(expected)) =>
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(1e-13 * scale);

describe('statistics of a column', () => {
  it('are its moments, and its values beyond a cutoff in order', () => {
    fc.assert(
      fc.property(columns, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        kernel.load(values);
        const ascending = values.slice().sort();
        const moments = kernel.moments();
        const expected = meanAndSquares(values);
        const size = Math.max(...values.map(Math.abs));
        expect(moments.least).toBe(ascending[0]);
        expect(moments.greatest).toBe(ascending.at(-1));
        close(moments.mean, expected.mean, size);
        close(moments.squares, expected.squares, values.length * size * size);
        const cutoff = ascending[Math.floor(share * (values.length - 1))] ?? 0;
        expect(kernel.sortedBelow(cutoff)).toEqual(ascending.filter((x) => x < cutoff));
        expect(kernel.sortedAbove(cutoff)).toEqual(ascending.filter((x) => x > cutoff));
        expect(kernel.sortedBelow(Number.POSITIVE_INFINITY)).toEqual(ascending);
      }),
      { seed: 21, numRuns: 500 },
    );
  });

  it('are its exponentials and the products of their deviations', () => {
    const chained = fc.record({
      seed: fc.integer(),
      chains: fc.integer({ min: 1, max: 4 }),
      length: fc.integer({ min: 1, max: 30 }),
    });
    fc.assert(
      fc.property(chained, ({ seed, chains, length }) => {
        const random = quickStream(seed);
        const values = Float64Array.from({ length: chains * length }, () => -5 * random.uniform());
        const greatest = values.reduce((a, b) => Math.max(a, b));
        const exps = values.map((x) => Math.exp(x - greatest));
        kernel.load(values);
        close(
          kernel.exponentiate(greatest),
          exps.reduce((a, b) => a + b),
        );
        const means = kernel.centreExps(chains);
        const centred = centreChains(exps, chains);
        for (let lag = 0; lag < length + 4; lag += 4) {
          const products = kernel.lagProducts(lag).slice();
          for (let more = 0; more < 4; more++) {
            let sum = 0;
            for (let chain = 0; chain < chains; chain++) {
              for (let i = 0; i + lag + more < length; i++) {
                const at = chain * (length + 4) + i;
                sum += (centred.deviations[at] ?? 0) * (centred.deviations[at + lag + more] ?? 0);
              }
            }
            close(products[more] ?? Number.NaN, sum, values.length);
          }
        }
        const first = exps.slice(0, length);
        close(means[0] ?? Number.NaN, first.reduce((a, b) => a + b) / length);
      }),
      { seed: 22, numRuns: 200 },
    );
  });

  it('are sums over weights from a cutoff on', () => {
    fc.assert(
      fc.property(columns, (values) => {
        // Exponentials from e^−5 on.
        const size = Math.max(...values.map(Math.abs), 1e-300);
        const logs = values.map((x) => (5 * (x - size)) / (2 * size));
        kernel.load(logs);
        kernel.exponentiate(0);
        const exps = logs.map(Math.exp);
        const cutoff = 0.3;
        const least = 0.001;
        // Rounding may put a number that is the cutoff on either side.
        if (exps.some((x) => Math.abs(x - cutoff) < 1e-12)) return;
        const weights = exps.filter((x) => x >= cutoff).map((x) => least / x);
        const sum = weights.reduce((a, b) => a + b, 0);
        const [number, total, squares] = kernel.weightSums(least, cutoff);
        expect(number).toBe(weights.length);
        close(total, sum);
        close(
          squares,
          weights.reduce((a, b) => a + b * b, 0),
        );
        const spread = weights.reduce((a, b) => a + (b - 0.1) ** 2, 0);
        close(kernel.weightSpread(least, cutoff, 0.1), spread);
      }),
      { seed: 23, numRuns: 200 },
    );
  });

  it('are products of Pareto factors, less one where they are small', () => {
    const random = quickStream('factors');
    for (const count of [5, 63, 64, 65, 95, 130]) {
      const ascending = Float64Array.from({ length: count }, () => random.uniform()).sort();
      const thetas = Float64Array.of(-3, -1e-3, -1e-9, 1e-6, 0.5);
      const products = kernel.paretoProducts(thetas, ascending, 0.03).slice();
      const blocks = Math.ceil(count / 64);
      expect(products.length).toBe(thetas.length * blocks);
      thetas.forEach((theta, j) => {
        for (let block = 0; block < blocks; block++) {
          const some = ascending.slice(64 * block, 64 * (block + 1));
          const logs = some.reduce((sum, x) => sum + Math.log1p(-theta * x), 0);
          const found = products[j * blocks + block] ?? Number.NaN;
          const small = Math.abs(theta * (some.at(-1) ?? 0)) <= 0.03;
          close(small ? Math.log1p(found) : Math.log(found), logs);
        }
      });
    }
  });
});

it('linear combinations have the bits of sums in the same order', () => {
  const products = productKernel() ?? expect.fail();
  const random = quickStream('combinations');
  for (const draws of [1, 7, 8, 1001]) {
    const columnsOf = Array.from({ length: 5 }, () =>
      Float64Array.from({ length: draws }, random.normal),
    );
    products.begin(draws, 5);
    for (let row = 0; row < 3; row++) {
      const x = columnsOf.map(random.normal);
      const target = new Float64Array(draws);
      columnsOf.forEach((column, slot) => {
        products.add(x[slot] ?? 0, column, slot, slot < 3);
      });
      products.sum(0.25, target);
      const expected = target.map((_, s) =>
        columnsOf.reduce((sum, column, slot) => sum + (x[slot] ?? 0) * (column[s] ?? 0), 0.25),
      );
      expect(target).toEqual(expected);
    }
  }
});

it('the modules of the package are what their sources compile to', async () => {
  expect(columnsModule).toBe(await compileKernel('columns'));
  expect(productsModule).toBe(await compileKernel('products'));
});
