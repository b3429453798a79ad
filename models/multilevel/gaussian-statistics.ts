/**
 * Sufficient statistics of a Gaussian regression by the levels of a grouping factor. All use the
 * least-squares residuals r = y − offset − X β̂, so that outcomes far from zero cost no digits. X holds
 * the population-level columns, then one column per effect of the smaller factors.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import { dot } from '../../src/linear-algebra/sums.js';
import { centrePredictors, membersOf, type RegressionData } from '../regression-data.js';
import type { GroupFactor } from './rows.js';

export interface GaussianStatistics {
  readonly rows: number;
  /** Columns of X. */
  readonly width: number;
  /** β̂: zeros for the effects of factors. */
  readonly reference: Float64Array;
  /** rᵀr. */
  readonly squares: number;
  /** Xᵀr. */
  readonly products: Float64Array;
  /** XᵀX. */
  readonly gram: Float64Array;
  /** Means of the predictors; zeros without an intercept. */
  readonly means: Float64Array;
  /** Levels grouped into classes of equal Z_jᵀZ_j. */
  readonly classes: readonly LevelClass[];
}

export interface LevelClass {
  /** Z_jᵀZ_j of each of the levels. */
  readonly information: Float64Array;
  readonly levels: readonly number[];
  /** Row-major (level, coefficient): Z_jᵀr_j. */
  readonly pulls: Float64Array;
  /** Row-major (level, coefficient, column): Z_jᵀX_j. */
  readonly crosses: Float64Array;
}

export function gaussianStatistics(
  data: RegressionData,
  others: readonly GroupFactor[],
  last: GroupFactor,
): GaussianStatistics {
  const { rows, outcomes, offset } = data;
  const { means, columns, slopes } = columnsOf(data, others);
  const width = columns.length;
  const target = Float64Array.from(outcomes, (y, i) => y - (offset ? offset[i] : 0));
  const gram = Float64Array.from({ length: width * width }, (_, at) =>
    dot(columns[Math.floor(at / width)], columns[at % width]),
  );
  const reference = leastSquares(columns, gram, slopes, target);
  const residuals = target.map((y, i) =>
    columns.reduce((left, column, j) => left - reference[j] * column[i], y),
  );
  return {
    rows,
    width,
    reference,
    squares: dot(residuals, residuals),
    products: Float64Array.from(columns, (column) => dot(column, residuals)),
    gram,
    means,
    classes: classesOf(last, columns, residuals),
  };
}

/** Columns of X; the first `slopes` are the population's. */
function columnsOf(data: RegressionData, others: readonly GroupFactor[]) {
  const { rows, predictors, intercept } = data;
  const k = predictors.names.length;
  const { means, centred } = centrePredictors(data);
  const columns = predictors.names.map((_, j) =>
    Float64Array.from({ length: rows }, (_, i) => centred[i * k + j]),
  );
  if (intercept) columns.unshift(new Float64Array(rows).fill(1));
  const slopes = columns.length;
  for (const factor of others) {
    const { levels, size } = factor;
    for (let at = 0; at < levels * size; at++) {
      const level = Math.floor(at / size);
      const column = new Float64Array(rows);
      for (const { levelOf, values } of membersOf(factor)) {
        for (let i = 0; i < rows; i++) {
          if (levelOf[i] === level) column[i] += values[i * size + (at % size)];
        }
      }
      columns.push(column);
    }
  }
  return { means, columns, slopes };
}

/** Least squares of the population's columns. */
function leastSquares(
  columns: readonly Float64Array[],
  gram: Float64Array,
  slopes: number,
  target: Float64Array,
): Float64Array {
  const width = columns.length;
  const reference = new Float64Array(width);
  const matrix = new Float64Array(slopes * slopes);
  for (let a = 0; a < slopes; a++) {
    for (let b = 0; b < slopes; b++) matrix[a * slopes + b] = gram[a * width + b];
    // Any β̂ is valid; a ridge in the last digits gives one for collinear columns, too.
    matrix[a * (slopes + 1)] *= 1 + 1e-10;
  }
  const lower = cholesky(matrix, slopes);
  if (lower === null) return reference;
  const solution = Float64Array.from({ length: slopes }, (_, j) => dot(columns[j], target));
  solveLower(lower, solution);
  solveLowerTransposed(lower, solution);
  reference.set(solution);
  return reference;
}

function classesOf(
  { levels, size, levelOf, values }: GroupFactor,
  columns: readonly Float64Array[],
  residuals: Float64Array,
): LevelClass[] {
  const width = columns.length;
  const information = new Float64Array(levels * size * size);
  const pulls = new Float64Array(levels * size);
  const crosses = new Float64Array(levels * size * width);
  levelOf.forEach((level, i) => {
    for (let a = 0; a < size; a++) {
      const value = values[i * size + a];
      const at = level * size + a;
      for (let b = 0; b < size; b++) information[at * size + b] += value * values[i * size + b];
      pulls[at] += value * residuals[i];
      for (let j = 0; j < width; j++) crosses[at * width + j] += value * columns[j][i];
    }
  });
  const part = (all: Float64Array, level: number, length: number) =>
    all.subarray(level * length, (level + 1) * length);
  const together = new Map<string, number[]>();
  for (let level = 0; level < levels; level++) {
    const key = part(information, level, size * size).join();
    const known = together.get(key);
    if (known) known.push(level);
    else together.set(key, [level]);
  }
  const gathered = (all: Float64Array, members: readonly number[], length: number) =>
    Float64Array.from(
      { length: members.length * length },
      (_, at) => part(all, members[Math.floor(at / length)], length)[at % length],
    );
  return [...together.values()].map((members) => ({
    information: part(information, members[0], size * size).slice(),
    levels: members,
    pulls: gathered(pulls, members, size),
    crosses: gathered(crosses, members, size * width),
  }));
}
