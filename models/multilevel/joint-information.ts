/**
 * What the rows say of the coefficients β and of the effects u of all factors but the last, once the
 * effects of the last factor are integrated out. With the likelihood normal around η̂, weights W_i, columns
 * c_i = (x_i, z_i) of (β, u), and for each level j of the last factor its rows' z_i and loadings Λ,
 *
 *     J = Σ_i W_i c_i c_iᵀ − Σ_j G_jᵀ Λ S_j⁻¹ Λᵀ G_j,   G_j = Σ_i∈j W_i z_i c_iᵀ,   S_j = I + Λᵀ H_j Λ.
 *
 * Given u, β has its peak at β̂ − A (u − û), A = J_ββ⁻¹ J_βu, and what remains for u is J_uu − J_uβ A.
 * A coefficient that the effects can imitate, such as that of a condition that only some of the levels are
 * in, then leaves no information on their common part: its uncertainty is that of the prior of u.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import { membersOf } from '../regression-data.js';
import type { GroupFactor, MultilevelRows } from './rows.js';

/** With more effects of the factors but the last, the matrices are too large. */
const MOST_EFFECTS = 400;

interface JointInformation {
  /** Number of coefficients β. */
  readonly coefficients: number;
  /** A of each factor but the last, row-major (coefficient, effect). */
  readonly shifts: readonly Float64Array[];
  /** What remains on the effects of each factor but the last, row-major (effect, effect). */
  readonly remaining: readonly Float64Array[];
}

/** The last factor's H by level and its Λ, at which it is integrated out. */
interface LastFactor {
  readonly information: Float64Array;
  readonly loadings: Float64Array;
}

/**
 * @param priorPrecisions of the coefficients; those of Infinity are left out of β
 * @param loadings Λ of each factor
 * @returns null if there are too many effects
 */
export function jointInformation(
  data: MultilevelRows,
  weights: Float64Array,
  last: LastFactor,
  priorPrecisions: Float64Array,
  loadings: readonly Float64Array[],
): JointInformation | null {
  const others = data.factors.slice(0, -1);
  const lengths = others.map(({ levels, size }) => levels * size);
  const effects = lengths.reduce((sum, length) => sum + length, 0);
  if (effects > MOST_EFFECTS) return null;
  const coefficients = priorPrecisions.length;
  const dimension = coefficients + effects;
  const matrix = new Float64Array(dimension * dimension);
  addRows(data, others, weights, last, matrix, dimension);
  for (let j = 0; j < coefficients; j++) {
    if (priorPrecisions[j] < Number.POSITIVE_INFINITY) {
      matrix[j * (dimension + 1)] += priorPrecisions[j];
      continue;
    }
    for (let k = 0; k < dimension; k++) {
      matrix[j * dimension + k] = j === k ? 1 : 0;
      matrix[k * dimension + j] = j === k ? 1 : 0;
    }
  }
  const shift = takeOut(matrix, dimension, 0, coefficients, null);
  const starts: number[] = [];
  let start = coefficients;
  for (const length of lengths) {
    starts.push(start);
    start += length;
  }
  // What remains on earlier factors once later ones are integrated out too.
  for (let f = others.length - 1; f > 0; f--) {
    takeOut(matrix, dimension, starts[f], lengths[f], precisionOf(others[f], loadings[f]));
  }
  return {
    coefficients,
    shifts: others.map((_, f) =>
      part(shift ?? new Float64Array(coefficients * dimension), dimension, {
        row: 0,
        rows: coefficients,
        column: starts[f],
        columns: lengths[f],
      }),
    ),
    remaining: others.map((_, f) =>
      part(matrix, dimension, {
        row: starts[f],
        rows: lengths[f],
        column: starts[f],
        columns: lengths[f],
      }),
    ),
  };
}

/** C of I + Λᵀ H Λ = C Cᵀ of one level; null if rounding has made the matrix indefinite. */
export function factorOfLevel(
  information: Float64Array,
  level: number,
  loadings: Float64Array,
): Float64Array | null {
  const size = Math.sqrt(loadings.length);
  const matrix = new Float64Array(size * size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) {
      let sum = r === c ? 1 : 0;
      for (let a = r; a < size; a++) {
        for (let b = c; b < size; b++) {
          const h = information[(level * size + a) * size + b];
          sum += loadings[a * size + r] * h * loadings[b * size + c];
        }
      }
      matrix[r * size + c] = sum;
    }
  }
  return cholesky(matrix, size);
}

/** J. */
function addRows(
  { rows, factors, byLevel, byRow }: MultilevelRows,
  others: readonly GroupFactor[],
  weights: Float64Array,
  { information, loadings }: LastFactor,
  matrix: Float64Array,
  dimension: number,
): void {
  const last = factors[factors.length - 1];
  const { size } = last;
  const coefficients = byLevel.places.length + byRow.places.length;
  const members = others.reduce((sum, factor) => sum + membersOf(factor).length * factor.size, 0);
  const entries = coefficients + members;
  const places = new Int32Array(entries);
  const values = new Float64Array(entries);
  // G of the present level, row-major (coefficient of the last factor, place).
  const meeting = new Float64Array(size * dimension);
  const touched: number[] = [];
  const isTouched = new Uint8Array(dimension);
  const column = new Float64Array(size);
  const finishLevel = (level: number) => {
    const lower = factorOfLevel(information, level, loadings);
    if (lower) {
      for (const place of touched) {
        // C⁻¹ Λᵀ G.
        for (let r = 0; r < size; r++) {
          column[r] = 0;
          for (let m = r; m < size; m++) {
            column[r] += loadings[m * size + r] * meeting[m * dimension + place];
          }
        }
        solveLower(lower, column);
        for (let r = 0; r < size; r++) meeting[r * dimension + place] = column[r];
      }
      for (let r = 0; r < size; r++) {
        const row = r * dimension;
        for (const a of touched) {
          const number = meeting[row + a];
          const target = a * dimension;
          for (const b of touched) matrix[target + b] -= number * meeting[row + b];
        }
      }
    }
    for (const place of touched) {
      isTouched[place] = 0;
      for (let r = 0; r < size; r++) meeting[r * dimension + place] = 0;
    }
    touched.length = 0;
  };
  for (let i = 0; i < rows; i++) {
    if (i > 0 && last.levelOf[i] !== last.levelOf[i - 1]) finishLevel(last.levelOf[i - 1]);
    writeEntries(i, byLevel, byRow, rows, last.levelOf[i], others, coefficients, places, values);
    for (let a = 0; a < entries; a++) {
      const place = places[a];
      const weighted = weights[i] * values[a];
      if (isTouched[place] === 0) {
        isTouched[place] = 1;
        touched.push(place);
      }
      for (let b = 0; b < entries; b++) {
        matrix[place * dimension + places[b]] += weighted * values[b];
      }
      for (let r = 0; r < size; r++) {
        meeting[r * dimension + place] += weighted * last.values[i * size + r];
      }
    }
  }
  finishLevel(last.levelOf[rows - 1]);
}

/** Places and values of c_i. A place occurs twice if two members of a row have one level. */
function writeEntries(
  row: number,
  byLevel: MultilevelRows['byLevel'],
  byRow: MultilevelRows['byRow'],
  rows: number,
  level: number,
  others: readonly GroupFactor[],
  coefficients: number,
  places: Int32Array,
  values: Float64Array,
): void {
  let at = 0;
  const width = byLevel.places.length;
  for (let c = 0; c < width; c++) {
    places[at] = byLevel.places[c];
    values[at++] = byLevel.values[level * width + c];
  }
  for (let c = 0; c < byRow.places.length; c++) {
    places[at] = byRow.places[c];
    values[at++] = byRow.values[c * rows + row];
  }
  let start = coefficients;
  for (const factor of others) {
    const { size, levels } = factor;
    for (const { levelOf, values: own } of membersOf(factor)) {
      for (let c = 0; c < size; c++) {
        places[at] = start + levelOf[row] * size + c;
        values[at++] = own[row * size + c];
      }
    }
    start += levels * size;
  }
}

/**
 * Takes a block of coordinates out of a precision matrix: M −= M_·b (M_bb + P)⁻¹ M_b·, for the coordinates
 * outside the block. Returns (M_bb + P)⁻¹ M_b·, row-major (coordinate of the block, coordinate); null,
 * with M unchanged, if the block is singular.
 *
 * @param precision P; null for none
 */
function takeOut(
  matrix: Float64Array,
  dimension: number,
  start: number,
  length: number,
  precision: Float64Array | null,
): Float64Array | null {
  if (length === 0) return null;
  const block = part(matrix, dimension, {
    row: start,
    rows: length,
    column: start,
    columns: length,
  });
  if (precision) for (let i = 0; i < block.length; i++) block[i] += precision[i];
  // Rounding may leave a singular block with a small positive pivot.
  for (let i = 0; i < length; i++) block[i * (length + 1)] *= 1 + 1e-9;
  const lower = cholesky(block, length);
  if (!lower) return null;
  const solved = new Float64Array(length * dimension);
  const column = new Float64Array(length);
  for (let k = 0; k < dimension; k++) {
    for (let i = 0; i < length; i++) column[i] = matrix[(start + i) * dimension + k];
    solveLower(lower, column);
    solveLowerTransposed(lower, column);
    for (let i = 0; i < length; i++) solved[i * dimension + k] = column[i];
  }
  const isInside = (k: number) => k >= start && k < start + length;
  for (let a = 0; a < dimension; a++) {
    if (isInside(a)) continue;
    for (let b = 0; b < dimension; b++) {
      if (isInside(b)) continue;
      let sum = 0;
      for (let i = 0; i < length; i++) {
        sum += matrix[a * dimension + start + i] * solved[i * dimension + b];
      }
      matrix[a * dimension + b] -= sum;
    }
  }
  return solved;
}

interface Part {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

function part(
  matrix: Float64Array,
  dimension: number,
  { row, rows, column, columns }: Part,
): Float64Array {
  const target = new Float64Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const from = (row + r) * dimension + column;
    target.set(matrix.subarray(from, from + columns), r * columns);
  }
  return target;
}

/** (Λ Λᵀ)⁻¹ of each level, on the diagonal of a matrix of all effects of a factor. */
function precisionOf({ levels, size }: GroupFactor, loadings: Float64Array): Float64Array {
  const length = levels * size;
  const precision = new Float64Array(length * length);
  const column = new Float64Array(size);
  for (let c = 0; c < size; c++) {
    column.fill(0);
    column[c] = 1;
    solveLower(loadings, column);
    solveLowerTransposed(loadings, column);
    for (let level = 0; level < levels; level++) {
      for (let r = 0; r < size; r++) {
        precision[(level * size + r) * length + level * size + c] = column[r];
      }
    }
  }
  return precision;
}
