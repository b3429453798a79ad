/**
 * Outcomes of a family with a scale, and offsets, in other units: see ../standardized.ts.
 */
import { largestOf, powerOfTwo, unitToSquare } from '../../src/linear-algebra/powers-of-two.js';
import { meanAndSquares } from '../../src/linear-algebra/sums.js';
import { auxiliaryOf, type LinkName } from '../families/family.js';
import {
  type CoefficientDesign,
  coefficientDesign,
  writeEta,
} from '../generalized-linear/coefficient-design.js';
import { sufficientStatistics } from '../generalized-linear/gaussian-likelihood.js';
import { median, NORMAL_MAD } from '../generalized-linear/guess.js';
import type { Predictors } from '../predictors.js';
import { type Counting, type Prior, supportOf } from '../prior-distributions.js';
import type { RegressionData, RegressionSpecification } from '../regression-data.js';
import { FAR, isOrdinary, unitOf } from './columns.js';

export interface CountedOutcomes {
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

/** Null where outcomes and offsets stay as they are. */
export function countedOutcomes(
  specification: RegressionSpecification,
  predictors: Predictors,
  columns: readonly Counting[],
): CountedOutcomes | null {
  const { family, data } = specification;
  const hasScale = auxiliaryOf(family).includes('sigma');
  if (hasScale && family.link === 'identity') {
    return aroundLeastSquares(specification, predictors, columns);
  }
  const unit = hasScale ? unitOfOutcomes(family.link, data.outcomes) : 1;
  const { centre, offset } = centredOffset(data);
  if (unit === 1 && centre === 0) return null;
  const logUnit = family.link === 'log' && hasScale ? Math.log(unit) : 0;
  const etaUnit = family.link === 'inverse' ? 1 / unit : 1;
  // Without an intercept to take it, the logarithm of the unit is an offset.
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
  if (!auxiliaryOf(family).includes('sigma')) return 1;
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

/** An offset far from zero for its spread, less its mean, where an intercept takes that. */
function centredOffset({ offset, intercept }: RegressionData) {
  if (offset === null || !intercept) return { centre: 0, offset };
  const { mean, spread } = spreadOf(offset);
  if (!(Math.abs(mean) > FAR * Math.max(1, spread))) return { centre: 0, offset };
  return { centre: mean, offset: offset.map((value) => value - mean) };
}

interface Spread {
  readonly mean: number;
  /** Root mean square about the mean, and about zero. */
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

/** By the median and the median absolute deviation, where most values are not the same. */
function robustSpreadOf(values: Float64Array): Spread {
  const centre = median(values);
  const spread = NORMAL_MAD * median(values.map((value) => Math.abs(value - centre)));
  const size = NORMAL_MAD * median(values.map(Math.abs));
  return spread > 0 && size > 0 ? { mean: centre, spread, size } : spreadOf(values);
}

/** Outcomes less X times coefficients. */
function restOf(design: CoefficientDesign, outcomes: Float64Array, coefficients: Float64Array) {
  const fitted = new Float64Array(outcomes.length);
  writeEta(design, coefficients, fitted);
  return outcomes.map((value, i) => value - fitted[i]);
}

/** Residuals no larger than this, of outcomes of about 1, are none: a line through all points. */
const EXACT = 2 * Number.EPSILON;

function aroundLeastSquares(
  { family, data, priors }: RegressionSpecification,
  predictors: Predictors,
  columns: readonly Counting[],
): CountedOutcomes | null {
  const { rows, outcomes, offset, intercept } = data;
  const robust = family.family === 'student';
  const target = offset ? outcomes.map((value, i) => value - offset[i]) : outcomes;
  const { mean, spread, size } = robust ? robustSpreadOf(target) : spreadOf(target);
  const near = !intercept || Math.abs(mean) <= FAR * spread;
  const ordinary = near && isOrdinary(intercept ? spread : size);
  // A normal likelihood finds its own least squares, however steep the line.
  if (ordinary && !robust) return null;

  const most = powerOfTwo(largestOf(target));
  const scaled = target.map((value) => value / most);
  const scaledData = { ...data, predictors, outcomes: scaled, offset: null };
  const design = coefficientDesign(scaledData, 'by-row');
  const { estimate, gram } = sufficientStatistics(scaledData, design);
  const sizeOf = robust ? robustSpreadOf : spreadOf;
  let scatter = sizeOf(restOf(design, scaled, estimate)).size;
  // Outliers that Student-t errors are meant for may take least squares anywhere.
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
  // Then the posterior is where the prior is, in the prior's own unit.
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

/** Standard deviations from its mean at which a normal prior does not give way to the data. */
const HELD = 30;
/** The same of an exponential tail, in its scales. */
const HELD_TAIL = 1000;

/** Where the posterior of a coefficient lies about: at the data's estimate, unless its prior forbids. */
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
