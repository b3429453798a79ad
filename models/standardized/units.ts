/**
 * Origin and unit in which a column of numbers is neither far from zero for its spread
 * nor too large or too small to be squared.
 */
import {
  largestOf,
  powerOfTwo,
  rangesOfColumns,
  sizeOf,
  unitToSquare,
} from '../../src/linear-algebra/powers-of-two.js';
import { meanAndSquares } from '../../src/linear-algebra/sums.js';
import { type LinkName, traitsOf } from '../families/family.js';
import {
  type CoefficientDesign,
  coefficientDesign,
  ROUNDING,
  writeEta,
} from '../generalized-linear/coefficient-design.js';
import { sufficientStatistics } from '../generalized-linear/gaussian-likelihood.js';
import { NORMAL_MAD, upperMedian } from '../generalized-linear/guess.js';
import { type Prior, type Scaling, supportOf } from '../prior-distributions.js';
import type { Predictors, RegressionData, RegressionSpecification } from '../regression-data.js';

/** A mean further from zero than this many times the spread is far from it. */
const FAR = 1e4;

/** Range of sizes that are not rescaled. */
const SMALL = 2 ** -30;
const LARGE = 2 ** 30;

function isOrdinary(size: number): boolean {
  return size === 0 || (size >= SMALL && size <= LARGE);
}

/** A power of two of about this size; 1 for an ordinary one. */
function unitOf(size: number): number {
  return isOrdinary(size) ? 1 : powerOfTwo(size);
}

/** Priors of a column's coefficients, and about how large the linear predictor is. */
interface ColumnPriors {
  readonly priors: readonly Prior[];
  readonly sizeOfEta: () => number;
}

/** Origin and scale of each predictor. The origin is zero unless an intercept can absorb the shift. */
export function columnScalings(
  { names, values }: Predictors,
  intercept: boolean,
  given: ColumnPriors,
): readonly Scaling[] {
  return momentsOfColumns(values, names.length).map(({ mean, spread, constant }, j) => {
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
  return Float64Array.from(momentsOfColumns(values, width), ({ mean, spread }, j) =>
    unitOfColumn(Math.max(Math.abs(mean), spread), j, given),
  );
}

/** A column that contributes less than this share of the outcome under its coefficient's prior has no information. */
const NOTHING = 1e-100;

/** Scale from the prior, if the column has no information on its coefficient. */
function unitOfColumn(size: number, j: number, { priors, sizeOfEta }: ColumnPriors): number {
  if (isOrdinary(size)) return 1;
  const width = widthOf(priors[j]);
  const most = sizeOfEta();
  return size * width < NOTHING * most ? unitOf(most / width) : unitOf(size);
}

/** Approximate largest absolute value of a parameter under its prior. */
function widthOf(prior: Prior): number {
  switch (prior.distribution) {
    case 'normal':
      return prior.sd + Math.abs(prior.mean);
    case 'student_t':
    case 'cauchy':
    case 'double_exponential':
    case 'logistic':
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

/** The same object if no column changes. */
export function scaledColumns(predictors: Predictors, scalings: readonly Scaling[]): Predictors {
  if (scalings.every(({ origin, unit }) => origin === 0 && unit === 1)) return predictors;
  const k = scalings.length;
  const scaled = (value: number, at: number) => {
    const { origin, unit } = scalings[at % k];
    return (value - origin) / unit;
  };
  const { values, centre } = predictors;
  return { ...predictors, values: values.map(scaled), centre: centre?.map(scaled) };
}

interface ColumnMoments {
  readonly mean: number;
  /** Root mean square about the mean. */
  readonly spread: number;
  /** Its values are equal up to rounding. */
  readonly constant: boolean;
}

/** @param values row-major; each column gets a unit, a power of two, so that nothing overflows and no digits are lost */
function momentsOfColumns(values: Float64Array, width: number): readonly ColumnMoments[] {
  const rows = values.length / width;
  const ranges = rangesOfColumns(values, width);
  const units = Float64Array.from({ length: width }, (_, j) => powerOfTwo(sizeOf(ranges, j)));
  const means = new Float64Array(width);
  for (let at = 0; at < values.length; ) {
    for (let j = 0; j < width; j++, at++) means[j] += values[at] / units[j] / rows;
  }
  const squares = new Float64Array(width);
  for (let at = 0; at < values.length; ) {
    for (let j = 0; j < width; j++, at++) {
      const distance = values[at] / units[j] - means[j];
      squares[j] += distance * distance;
    }
  }
  return Array.from(units, (unit, j) => {
    const farthest = Math.max(ranges.most[j] - values[j], values[j] - ranges.least[j]);
    return {
      mean: means[j] * unit,
      spread: Math.sqrt(squares[j] / rows) * unit,
      constant: farthest <= ROUNDING * sizeOf(ranges, j),
    };
  });
}

/**
 * Outcomes of a family with a scale, and offsets, in other units: see ../standardized.ts.
 */

export interface ScaledOutcomes {
  readonly values: Float64Array;
  readonly offset: Float64Array | null;
  /** s: of the outcomes and of σ. */
  readonly unit: number;
  /** Scale of the linear predictor and of its coefficients. */
  readonly etaUnit: number;
  /** α₀, in the user's units. */
  readonly intercept: number;
  /** β₀, in the user's units; null for zeros. */
  readonly slopes: Float64Array | null;
}

/** Null if outcomes and offsets are unchanged. */
export function scaledOutcomes(
  specification: RegressionSpecification,
  predictors: Predictors,
  columns: readonly Scaling[],
): ScaledOutcomes | null {
  const { family, data } = specification;
  const { hasScale } = traitsOf(family);
  if (hasScale && family.link === 'identity') {
    return aroundLeastSquares(specification, predictors, columns);
  }
  const unit = hasScale ? unitOfOutcomes(family.link, data.outcomes) : 1;
  const { centre, offset } = centredOffset(data);
  if (unit === 1 && centre === 0) return null;
  const logUnit = family.link === 'log' && hasScale ? Math.log(unit) : 0;
  const etaUnit = family.link === 'inverse' ? 1 / unit : 1;
  // Without an intercept to absorb it, the logarithm of the unit is an offset.
  const shift = data.intercept ? 0 : logUnit;
  const shifted =
    shift === 0 ? offset : Float64Array.from(data.outcomes, (_, i) => (offset?.[i] ?? 0) - shift);
  return {
    values: unit === 1 ? data.outcomes : data.outcomes.map((value) => value / unit),
    offset: etaUnit === 1 ? shifted : (shifted?.map((value) => value / etaUnit) ?? null),
    unit,
    etaUnit,
    intercept: data.intercept ? logUnit - centre : 0,
    slopes: null,
  };
}

/** Below this size the coefficients of an inverse link are too large for a sampler that starts near 1. */
const SMALL_OF_INVERSE = 2 ** -7;

function unitOfOutcomes(link: LinkName, outcomes: Float64Array): number {
  const { size } = spreadOf(outcomes);
  const isSmall = link === 'inverse' && size > 0 && size < SMALL_OF_INVERSE;
  return isSmall ? powerOfTwo(size) : unitOf(size);
}

/** About the size of the linear predictor. */
export function sizeOfEta({ family, data }: RegressionSpecification): number {
  if (!traitsOf(family).hasScale) return 1;
  const { outcomes, offset } = data;
  switch (family.link) {
    case 'identity':
      return spreadOf(offset ? outcomes.map((value, i) => value - offset[i]) : outcomes).size || 1;
    case 'inverse':
      return 1 / (spreadOf(outcomes).size || 1);
    default:
      return 1;
  }
}

/** Subtracts the mean of an offset that is far from zero for its spread, if an intercept can absorb it. */
function centredOffset({ offset, intercept }: RegressionData) {
  if (offset === null || !intercept) return { centre: 0, offset };
  const { mean, spread } = spreadOf(offset);
  if (!(Math.abs(mean) > FAR * Math.max(1, spread))) return { centre: 0, offset };
  return { centre: mean, offset: offset.map((value) => value - mean) };
}

interface Spread {
  readonly mean: number;
  /** Root mean square about the mean and about zero. */
  readonly spread: number;
  readonly size: number;
}

function spreadOf(values: Float64Array): Spread {
  const unit = powerOfTwo(largestOf(values));
  const { mean, squares } = meanAndSquares(values.map((value) => value / unit));
  const variance = squares / values.length;
  return {
    mean: mean * unit,
    spread: Math.sqrt(variance) * unit,
    size: Math.sqrt(variance + mean * mean) * unit,
  };
}

/** By the median and the median absolute deviation, unless most values are equal. */
function robustSpreadOf(values: Float64Array): Spread {
  const centre = upperMedian(values);
  const spread = NORMAL_MAD * upperMedian(values.map((value) => Math.abs(value - centre)));
  const size = NORMAL_MAD * upperMedian(values.map(Math.abs));
  return spread > 0 && size > 0 ? { mean: centre, spread, size } : spreadOf(values);
}

/** Outcomes minus X times coefficients. */
function restOf(design: CoefficientDesign, outcomes: Float64Array, coefficients: Float64Array) {
  const fitted = new Float64Array(outcomes.length);
  writeEta(design, coefficients, fitted);
  return outcomes.map((value, i) => value - fitted[i]);
}

/** For outcomes of about 1, residuals up to this size count as zero (a perfect fit). */
const EXACT = 2 * Number.EPSILON;

function aroundLeastSquares(
  { family, data, priors }: RegressionSpecification,
  predictors: Predictors,
  columns: readonly Scaling[],
): ScaledOutcomes | null {
  const { rows, outcomes, offset, intercept } = data;
  const robust = family.family === 'student';
  const target = offset ? outcomes.map((value, i) => value - offset[i]) : outcomes;
  const { mean, spread, size } = robust ? robustSpreadOf(target) : spreadOf(target);
  const near = !intercept || Math.abs(mean) <= FAR * spread;
  const ordinary = near && isOrdinary(intercept ? spread : size);
  // A normal likelihood computes its own least squares, so the slope does not matter.
  if (ordinary && !robust) return null;

  const most = powerOfTwo(largestOf(target));
  const scaled = target.map((value) => value / most);
  const scaledData = { ...data, predictors, outcomes: scaled, offset: null };
  const design = coefficientDesign(scaledData, 'by-row');
  const { estimate, gram } = sufficientStatistics(scaledData, design);
  const sizeOf = robust ? robustSpreadOf : spreadOf;
  let scatter = sizeOf(restOf(design, scaled, estimate)).size;
  // With Student-t errors, outliers may make least squares useless.
  if (robust && intercept && spread / most < scatter) {
    estimate.fill(0);
    estimate[0] = mean / most;
    scatter = spread / most;
  }
  const first = design.intercept;
  const k = estimate.length;
  const unitAt = (j: number) => (j < first ? most : most / columns[j - first].unit);
  const priorAt = (j: number) => (j < first ? priors.intercept : priors.coefficients[j - first]);
  let held = false;
  const origins = estimate.map((value, j) => {
    const reach = Math.abs(value) * Math.sqrt(gram[j * (k + 1)] / rows);
    const moves = scatter > EXACT && (reach > FAR * scatter || (j < first && !ordinary));
    if (!moves) return 0;
    const wanted = value * unitAt(j);
    const origin = originBy(priorAt(j), wanted);
    held ||= origin !== wanted;
    return origin;
  });
  if (ordinary && origins.every((origin) => origin === 0)) return null;
  // The prior determines the posterior, so use the prior's unit.
  if (held && unitToSquare(size) === 1) return null;

  const rest = restOf(
    design,
    scaled,
    origins.map((origin, j) => origin / unitAt(j)),
  );
  const left = sizeOf(rest).size;
  const unit = isOrdinary(left * most) ? 1 : powerOfTwo(left) * most;
  return {
    values: rest.map((value) => value * (most / unit)),
    offset: null,
    unit,
    etaUnit: unit,
    intercept: first === 1 ? origins[0] : 0,
    slopes: origins.subarray(first),
  };
}

/** Number of standard deviations from its mean beyond which a normal prior dominates the data. */
const HELD = 30;
/** The same for an exponential tail, in units of its scale. */
const HELD_TAIL = 1000;

/** Rough location of a coefficient's posterior: the data's estimate, unless the prior excludes it. */
function originBy(prior: Prior | null, estimate: number): number {
  if (prior === null) return estimate;
  const { lower, upper } = supportOf(prior);
  const inside = Math.min(Math.max(estimate, lower), upper);
  switch (prior.distribution) {
    case 'normal':
      return Math.abs(inside - prior.mean) <= HELD * prior.sd
        ? inside
        : Math.min(Math.max(prior.mean, lower), upper);
    case 'exponential':
    case 'gamma':
      return inside * prior.rate <= HELD_TAIL ? inside : Math.max(0, lower);
    default:
      return inside;
  }
}
