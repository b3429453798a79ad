import fc from 'fast-check';
import { expect, it } from 'vitest';
import { symmetricEigen } from '../../src/linear-algebra/symmetric-eigen.js';
import { randomStream } from '../../src/random/stream.js';

it('eigenvectors are orthonormal and, with the eigenvalues, give back the matrix', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer(),
      (n, rank, seed) => {
        const random = randomStream('eigen', seed);
        // The rank varies, so that eigenvalues may be zero and equal.
        const matrix = new Float64Array(n * n);
        for (let r = 0; r < rank; r++) {
          const x = Float64Array.from({ length: n }, () => random.normal());
          for (let i = 0; i < n; i++) {
            for (let j = 0; j < n; j++) matrix[i * n + j] += (r % 3) * x[i] * x[j];
          }
        }
        const size = 1 + Math.max(...matrix.map(Math.abs));
        const { values, vectors } = symmetricEigen(matrix, n);
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            let product = 0;
            let inner = 0;
            for (let k = 0; k < n; k++) {
              product += vectors[i * n + k] * values[k] * vectors[j * n + k];
              inner += vectors[k * n + i] * vectors[k * n + j];
            }
            expect(Math.abs(product - matrix[i * n + j])).toBeLessThan(1e-12 * n * size);
            expect(Math.abs(inner - (i === j ? 1 : 0))).toBeLessThan(1e-12 * n);
          }
        }
      },
    ),
    { numRuns: 60, seed: 1 },
  );
});
