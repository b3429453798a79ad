/** What remains on coefficients and effects, against Schur complements of the whole precision matrix. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jointInformation } from '../../../models/multilevel/joint-information.js';
import { multilevelRows } from '../../../models/multilevel/rows.js';
import { membersOf } from '../../../models/regression-data.js';
import { cholesky, invertLower } from '../../../src/linear-algebra/cholesky.js';
import { randomStream } from '../../../src/random/stream.js';
import { layouts, specificationOf } from './support.js';

type Matrix = number[][];

function inverse(matrix: Matrix): Matrix {
  const n = matrix.length;
  const lower = cholesky(Float64Array.from(matrix.flat()), n);
  if (!lower) throw new Error('not positive definite');
  const l = invertLower(lower, n);
  return matrix.map((row, i) =>
    row.map((_, j) => {
      let sum = 0;
      for (let k = Math.max(i, j); k < n; k++) sum += (l[k * n + i] ?? 0) * (l[k * n + j] ?? 0);
      return sum;
    }),
  );
}

const block = (matrix: Matrix, rows: number[], columns: number[]) =>
  rows.map((r) => columns.map((c) => matrix[r]?.[c] ?? Number.NaN));
const times = (a: Matrix, b: Matrix) =>
  a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((s, x, k) => s + x * (b[k]?.[j] ?? 0), 0)));
const minus = (a: Matrix, b: Matrix) =>
  a.map((row, i) => row.map((x, j) => x - (b[i]?.[j] ?? Number.NaN)));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** M_kk − M_kt M_tt⁻¹ M_tk. */
const without = (matrix: Matrix, taken: number[], kept: number[]) =>
  minus(
    block(matrix, kept, kept),
    times(
      block(matrix, kept, taken),
      times(inverse(block(matrix, taken, taken)), block(matrix, taken, kept)),
    ),
  );

it('is the Schur complement of the last factor, then of the coefficients', () => {
  fc.assert(
    fc.property(layouts, fc.constantFrom(1, 2), (layout, other) => {
      const terms = [0, other].map((factor) => ({ factor, coefficients: 2, correlated: true }));
      const data = multilevelRows(specificationOf({ ...layout, terms }));
      const { rows, factors, byLevel, byRow } = data;
      const [small, last] = factors;
      if (!small || !last) throw new Error('two factors were asked for');
      const random = randomStream('joint', layout.seed);
      const weights = Float64Array.from({ length: rows }, () => 0.1 + random.uniform());
      const loadings = factors.map(() =>
        Float64Array.of(0.5 + random.uniform(), 0, random.normal(), 0.5 + random.uniform()),
      );
      const p = byLevel.places.length + byRow.places.length;
      const priors = Float64Array.from({ length: p }, () => 0.2 + random.uniform());
      const smalls = small.levels * small.size;
      const lasts = last.levels * last.size;
      // (β, u of the small factor, u of the last factor) of each row.
      const columns: Matrix = range(0, rows).map((i) => {
        const row = new Array<number>(p + smalls + lasts).fill(0);
        byLevel.places.forEach((place, c) => {
          row[place] = byLevel.values[(last.levelOf[i] ?? 0) * byLevel.places.length + c] ?? 0;
        });
        byRow.places.forEach((place, c) => {
          row[place] = byRow.values[c * rows + i] ?? 0;
        });
        [small, last].forEach((factor, f) => {
          const { size } = factor;
          for (const { levelOf, values } of membersOf(factor)) {
            for (let c = 0; c < size; c++) {
              const place = p + f * smalls + (levelOf[i] ?? 0) * size + c;
              row[place] = (row[place] ?? 0) + (values[i * size + c] ?? 0);
            }
          }
        });
        return row;
      });
      const n = p + smalls + lasts;
      const whole: Matrix = range(0, n).map((a) =>
        range(0, n).map((b) =>
          columns.reduce((s, row, i) => s + (weights[i] ?? 0) * (row[a] ?? 0) * (row[b] ?? 0), 0),
        ),
      );
      for (let j = 0; j < p; j++) (whole[j] ?? [])[j] = (whole[j]?.[j] ?? 0) + (priors[j] ?? 0);
      const [l0 = 0, , l2 = 0, l3 = 0] = loadings[1] ?? [];
      const precision = inverse([
        [l0 * l0, l0 * l2],
        [l0 * l2, l2 * l2 + l3 * l3],
      ]);
      const information = new Float64Array(lasts * last.size);
      for (let a = 0; a < lasts; a++) {
        for (let c = 0; c < last.size; c++) {
          const b = Math.floor(a / last.size) * last.size + c;
          const row = whole[p + smalls + a] ?? [];
          information[a * last.size + c] = row[p + smalls + b] ?? 0;
          row[p + smalls + b] =
            (row[p + smalls + b] ?? 0) + (precision[a % last.size]?.[c] ?? Number.NaN);
        }
      }
      const joint = without(whole, range(p + smalls, n), range(0, p + smalls));
      const found = jointInformation(
        data,
        weights,
        { information, loadings: loadings[1] ?? new Float64Array(0) },
        priors,
        loadings,
      );
      const beta = range(0, p);
      const effects = range(p, p + smalls);
      const expectNear = (actual: Float64Array | undefined, expected: Matrix) => {
        expect(actual).toHaveLength(expected.flat().length);
        expected.flat().forEach((value, i) => {
          expect(Math.abs((actual?.[i] ?? Number.NaN) - value)).toBeLessThan(
            1e-6 * (1 + Math.abs(value)),
          );
        });
      };
      if (p > 0) {
        const shift = times(inverse(block(joint, beta, beta)), block(joint, beta, effects));
        expectNear(found?.shifts[0], shift);
        expectNear(found?.remaining[0], without(joint, beta, effects));
      } else expectNear(found?.remaining[0], joint);
    }),
    { numRuns: 50, seed: 1 },
  );
});
