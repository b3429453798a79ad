/**
 * In which unit, and counted from where, a column of numbers is neither far from zero for its spread
 * nor too large or too small to be squared.
 */
import { largestOf, powerOfTwo } from '../../src/linear-algebra/powers-of-two.js';
import { ROUNDING } from '../generalized-linear/coefficient-design.js';
import type { Predictors } from '../predictors.js';
import type { Counting, Prior } from '../prior-distributions.js';

/** A mean further from zero than this many times the spread is far from it. */
export const FAR = 1e4;

/** Numbers of such a size are left in their unit. */
const SMALL = 2 ** -30;
const LARGE = 2 ** 30;

export function isOrdinary(size: number): boolean {
  return size === 0 || (size >= SMALL && size <= LARGE);
}

/** A power of two of about this size; 1 for an ordinary one. */
export function unitOf(size: number): number {
  return isOrdinary(size) ? 1 : powerOfTwo(size);
}

/** Priors of a column's coefficients, and about how large the linear predictor is. */
export interface ColumnPriors {
  readonly priors: readonly Prior[];
  readonly sizeOfEta: () => number;
}

/** Origin and scale of each predictor. The origin is zero unless an intercept can absorb the shift. */
export function columnCountings(
  { names, values }: Predictors,
  intercept: boolean,
  given: ColumnPriors,
): readonly Counting[] {
  return names.map((_, j) => {
    const { mean, spread, constant } = momentsOf(values, j, names.length);
    const far = intercept && !constant && Math.abs(mean) > FAR * spread;
    const size = intercept && !constant ? spread : Math.max(Math.abs(mean), spread);
    return { origin: far ? mean : 0, unit: unitOfColumn(size, j, given) };
  });
}

/** Scales of columns whose origin stays at zero. */
export function unitsOfColumns(
  values: Float64Array,
  width: number,
  given: ColumnPriors,
): Float64Array {
  return Float64Array.from({ length: width }, (_, j) => {
    const { mean, spread } = momentsOf(values, j, width);
    return unitOfColumn(Math.max(Math.abs(mean), spread), j, given);
  });
}

/** A column whose coefficient's prior allows it less than this part of the outcome says nothing. */
const NOTHING = 1e-100;

/** By the prior, where the column says nothing of its coefficient. */
function unitOfColumn(size: number, j: number, { priors, sizeOfEta }: ColumnPriors): number {
  if (isOrdinary(size)) return 1;
  const width = widthOf(priors[j]);
  const most = sizeOfEta();
  return size * width < NOTHING * most ? unitOf(most / width) : unitOf(size);
}

/** About how far from zero a prior lets its parameter go. */
function widthOf(prior: Prior): number {
  switch (prior.distribution) {
    case 'normal':
      return prior.sd + Math.abs(prior.mean);
    case 'student_t':
    case 'cauchy':
      return prior.scale + Math.abs(prior.location);
    case 'exponential':
      return 1 / prior.rate;
    case 'gamma':
      return prior.shape / prior.rate;
    case 'beta':
      return 1;
    case 'uniform':
      return Math.max(Math.abs(prior.from), Math.abs(prior.to));
    default:
      return Number.POSITIVE_INFINITY;
  }
}

/** The same object where all columns stay as they are. */
export function countedColumns(predictors: Predictors, countings: readonly Counting[]): Predictors {
  if (countings.every(({ origin, unit }) => origin === 0 && unit === 1)) return predictors;
  const k = countings.length;
  const values = predictors.values.map((value, at) => {
    const { origin, unit } = countings[at % k];
    return (value - origin) / unit;
  });
  return { ...predictors, values };
}

interface ColumnMoments {
  readonly mean: number;
  /** Root mean square about the mean. */
  readonly spread: number;
  /** Its values are equal up to rounding. */
  readonly constant: boolean;
}

/** In a unit in which nothing overflows: a power of two, so that the digits are the column's own. */
function momentsOf(values: Float64Array, column: number, width: number): ColumnMoments {
  const most = largestOf(values, column, width);
  const unit = powerOfTwo(most);
  const rows = values.length / width;
  let mean = 0;
  for (let at = column; at < values.length; at += width) mean += values[at] / unit / rows;
  let squares = 0;
  let range = 0;
  for (let at = column; at < values.length; at += width) {
    const distance = values[at] / unit - mean;
    squares += distance * distance;
    range = Math.max(range, Math.abs(values[at] - values[column]));
  }
  return {
    mean: mean * unit,
    spread: Math.sqrt(squares / rows) * unit,
    constant: range <= ROUNDING * most,
  };
}
