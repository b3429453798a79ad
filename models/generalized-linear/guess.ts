/**
 * Starting points for the search for the mode of a generalized linear model: the mean of the
 * outcomes as the intercept with all slopes zero, and a few rounds of iteratively reweighted least
 * squares (McCullagh & Nelder 1989, §2.5). Auxiliary parameters are estimated by moments.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import { meanOf, sumOf } from '../../src/linear-algebra/sums.js';
import {
  type AuxiliaryName,
  auxiliaryOf,
  auxiliaryTraits,
  cellOf,
  type Family,
  isCategoryPredictor,
  isThresholdPredictor,
  type Outcomes,
  type Totals,
  totalsOf,
  traitsOf,
  weightOf,
} from '../families/family.js';
import { meanLink, newLogTerms, probabilityLink } from '../families/links.js';
import { startingGaps } from '../families/ordinal.js';
import { parameterLink } from '../families/parameter-links.js';
import { thresholdsOf } from '../families/thresholds.js';
import { onePredictor } from '../one-predictor.js';
import type { Prior } from '../prior-distributions.js';
import {
  outcomesOf,
  type RegressionData,
  type RegressionSpecification,
} from '../regression-data.js';
import {
  type CoefficientDesign,
  coefficientDesign,
  writeColumnSums,
  writeEta,
  writeGram,
} from './coefficient-design.js';

const ROUNDS = 4;
/** Share of a column's squares that keeps the equations solvable if columns depend on each other. */
const RIDGE = 1e-8;

/** Candidates (α?, β …, aux …); the density may be zero at some of them. */
export function guessParameters(
  specification: RegressionSpecification,
  design: CoefficientDesign,
): Float64Array[] {
  if (specification.data.parts) return guessSeveral(specification);
  if (thresholdsOf(specification.family) > 0) return [guessThresholds(specification, design)];
  if (traitsOf(specification.family).mean === 'none') return [new Float64Array(design.slopes)];
  const work = workingData(specification, design);
  const auxiliary = specification.priors.auxiliary.length;
  const size = design.intercept + design.slopes;
  const candidates: Float64Array[] = [];
  const add = (coefficients: Float64Array): void => {
    const parameters = new Float64Array(size + auxiliary);
    parameters.set(coefficients);
    parameters.set(guessAuxiliary(work, coefficients), size);
    candidates.push(parameters);
  };

  const flat = new Float64Array(size);
  if (design.intercept === 1)
    flat[0] = work.link(work.overall) - (design.offset ? meanOf(design.offset) : 0);
  add(flat);
  const eta = work.start.map(work.link);
  for (let round = 0; round < ROUNDS; round++) {
    const coefficients = reweightedLeastSquares(work, eta);
    if (!coefficients?.every(Number.isFinite)) break;
    add(coefficients);
    writeEta(design, coefficients, eta);
  }
  return candidates;
}

/** The thresholds of an ordinal family at the shares of the categories, as α, if there is one, and gaps; slopes of zero. */
function guessThresholds(
  { family, data }: RegressionSpecification,
  { intercept: coefficients, slopes, offset }: CoefficientDesign,
): Float64Array {
  const { intercept, gaps } = startingGaps(family, outcomesOf(data));
  const parameters = new Float64Array(coefficients + slopes + gaps.length);
  if (coefficients === 1) parameters[0] = intercept - (offset ? meanOf(offset) : 0);
  parameters.set(gaps, coefficients + slopes);
  return parameters;
}

/**
 * The guesses for the regression with the same parameters in all rows, which start the linear predictors of
 * parameters as intercepts.
 */
function guessSeveral(specification: RegressionSpecification): Float64Array[] {
  const { family, data } = specification;
  const alone = onePredictor(specification, 0);
  const flat: Prior = { distribution: 'flat' };
  const mean = {
    ...alone,
    priors: { ...alone.priors, auxiliary: auxiliaryOf(alone.family).map(() => flat) },
  };
  const design = coefficientDesign(mean.data, 'merged');
  const names = auxiliaryOf(mean.family);
  const size = design.intercept + design.slopes;
  return guessParameters(mean, design).map((guess) => {
    const guessOf = (name: AuxiliaryName) => guess[size + names.indexOf(name)];
    const gaps = guess.subarray(size + names.length);
    const rest = [...auxiliaryOf(family).map(guessOf), ...gaps];
    const coefficients = design.intercept + data.predictors.names.length;
    const parameters = new Float64Array(coefficients + rest.length);
    parameters.set(guess.subarray(0, size));
    startParts(data, family, guessOf, parameters);
    parameters.set(rest, coefficients);
    return parameters;
  });
}

/** Starts the linear predictors of parameters, among coefficients (α?, β …), at the same value in all rows. */
export function startParts(
  { intercept, parts = [] }: RegressionData,
  family: Family,
  guessOf: (name: AuxiliaryName) => number,
  coefficients: Float64Array,
): void {
  const { predicted = [] } = family;
  const slopes = intercept ? 1 : 0;
  parts.forEach((part, p) => {
    const name = predicted[p];
    // Categories start with equal probabilities, and effects on thresholds from none.
    if (isCategoryPredictor(name) || isThresholdPredictor(name)) return;
    const start = parameterLink(name, family).link(name === 'disc' ? 1 : guessOf(name));
    // Without an intercept, most designs have a column for each level of a factor.
    const count = part.intercept ? 1 : part.columns;
    coefficients.fill(start, slopes + part.first, slopes + part.first + count);
  });
}

/** Means of the outcomes per cell, with their derivatives by η and variances. */
interface WorkingData {
  readonly family: Family;
  readonly design: CoefficientDesign;
  readonly means: Float64Array;
  /** Rows or trials of a cell. */
  readonly counts: Float64Array;
  readonly overall: number;
  /** Share of the outcomes that may come from elsewhere, and of the ones among them. */
  readonly apart: { readonly share: number; readonly ones: number };
  /** Initial means, moved inside the family's range as in R's glm. */
  readonly start: Float64Array;
  link(mean: number): number;
  inverse(eta: number): number;
  slope(eta: number, mean: number): number;
  /** Variance of an outcome, up to a common factor. */
  variance(mean: number): number;
}

function workingData(
  { family, data }: RegressionSpecification,
  design: CoefficientDesign,
): WorkingData {
  const cells = design.cellOf ? { cells: { count: design.cells, of: design.cellOf } } : {};
  const { mean: range, outcome, isLogarithmic } = traitsOf(family);
  const given = outcomesOf(data);
  const values = isLogarithmic ? given.values.map(Math.log) : given.values;
  const all = { ...given, values, ...cells };
  const { sums, counts } = totalsOf(all);
  const apart = withoutApart(family, all, { sums, counts });
  const overall = sumOf(counts) > 0 ? sumOf(sums) / sumOf(counts) : 1;
  const means = sums.map((sum, i) => (counts[i] > 0 ? sum / counts[i] : overall));
  const common = { family, design, means, counts, apart };
  switch (range) {
    case 'any': {
      // Only the identity link allows means at or below zero.
      const least = 0.1 * Math.abs(overall) + Number.MIN_VALUE;
      const inside = (mean: number) => (family.link === 'identity' ? mean : Math.max(mean, least));
      return {
        ...common,
        ...slopesOf(family),
        overall: inside(overall),
        start: means.map(inside),
        variance: () => 1,
      };
    }
    case 'probability': {
      const shrunk = (sum: number, count: number) => (sum + 0.5) / (count + 1);
      return {
        ...common,
        ...probabilitySlopes(family),
        overall: shrunk(sumOf(sums), sumOf(counts)),
        start: sums.map((sum, i) => shrunk(sum, counts[i])),
        variance: (mean) => mean * (1 - mean),
      };
    }
    case 'angle': {
      // The direction of the sum of all outcomes as vectors.
      const along = (of: (angle: number) => number) => sumOf(values.map(of));
      const direction = Math.atan2(along(Math.sin), along(Math.cos));
      return {
        ...common,
        ...slopesOf(family),
        overall: direction,
        start: means,
        variance: () => 1,
      };
    }
    case 'none':
      throw new RangeError('there is no mean to start from');
    case 'positive': {
      const isCount = outcome === 'count';
      const linear = isCount ? 1 : 0;
      const quadratic = family.family === 'poisson' ? 0 : 1;
      return {
        ...common,
        ...slopesOf(family),
        overall: isCount ? Math.max(overall, 0.1) : overall,
        start: isCount ? means.map((mean) => mean + 0.1) : means,
        variance: (mean) => linear * mean + quadratic * mean * mean,
      };
    }
  }
}

/** Takes outcomes that may come from elsewhere out of the totals. */
function withoutApart(family: Family, outcomes: Outcomes, { sums, counts }: Totals) {
  const { apart = [] } = traitsOf(family);
  let taken = 0;
  let ones = 0;
  for (let i = 0; i < outcomes.rows && apart.length > 0; i++) {
    const outcome = outcomes.values[i];
    if (!apart.includes(outcome)) continue;
    const cell = cellOf(outcomes, i);
    const weight = weightOf(outcomes, i);
    sums[cell] -= weight * outcome;
    counts[cell] -= weight;
    taken++;
    if (outcome === 1) ones++;
  }
  // Half an outcome more of each kind keeps the shares between 0 and 1.
  return { share: (taken + 0.5) / (outcomes.rows + 1), ones: (ones + 0.5) / (taken + 1) };
}

function slopesOf(family: Family): Pick<WorkingData, 'link' | 'inverse' | 'slope'> {
  const { link, inverse, derivative } = meanLink(family.link);
  return { link, inverse, slope: derivative };
}

/** dμ/dη = μ · d(log μ)/dη. */
function probabilitySlopes(family: Family): Pick<WorkingData, 'link' | 'inverse' | 'slope'> {
  const { link, inverse, logSuccess } = probabilityLink(family.link);
  const terms = newLogTerms();
  return {
    link,
    inverse,
    slope(eta, mean) {
      logSuccess(eta, terms);
      return mean * terms.slope;
    },
  };
}

/**
 * Least squares of the working outcomes η − offset + (ȳ − μ)/μ′, weighted by μ′²/variance; null if
 * unsolvable.
 */
function reweightedLeastSquares(work: WorkingData, eta: Float64Array): Float64Array | null {
  const { design, means, counts } = work;
  const size = design.intercept + design.slopes;
  const weights = new Float64Array(eta.length);
  const products = new Float64Array(eta.length);
  for (let i = 0; i < eta.length; i++) {
    const mean = work.inverse(eta[i]);
    const slope = work.slope(eta[i], mean);
    weights[i] = (counts[i] * slope * slope) / work.variance(mean);
    const offset = design.offset ? design.offset[i] : 0;
    products[i] = weights[i] * (eta[i] - offset + (means[i] - mean) / slope);
  }
  const gram = new Float64Array(size * size);
  writeGram(design, weights, gram, size);
  for (let j = 0; j < size; j++) gram[j * (size + 1)] *= 1 + RIDGE;
  const lower = cholesky(gram, size);
  if (!lower) return null;
  const coefficients = new Float64Array(size);
  writeColumnSums(design, products, coefficients);
  solveLower(lower, coefficients);
  solveLowerTransposed(lower, coefficients);
  return coefficients;
}

/** σ of normal outcomes over their median absolute deviation. */
export const NORMAL_MAD = 1.4826;
const LEAST_SHAPE = 0.05;
const MOST_SHAPE = 1000;

function guessAuxiliary(work: WorkingData, coefficients: Float64Array): number[] {
  const { family, design, means, counts } = work;
  const eta = new Float64Array(means.length);
  writeEta(design, coefficients, eta);
  const fitted = eta.map(work.inverse);
  const residuals = means.map((mean, i) => mean - fitted[i]);
  const { outcome } = traitsOf(family);
  const guessOf = (name: AuxiliaryName): number => {
    // A family of the user's own gives names of its own.
    if (family.custom) return auxiliaryTraits(family, name).start;
    switch (name) {
      case 'sigma': {
        if (family.family === 'student') {
          return positiveOr1(NORMAL_MAD * upperMedian(residuals.map(Math.abs)));
        }
        const squares = residuals.map((residual, i) => counts[i] * residual * residual);
        return positiveOr1(Math.sqrt(sumOf(squares) / sumOf(counts)));
      }
      case 'shape': {
        // Var(y) − μ = μ²/φ of counts, Var(y) = μ²/φ of a gamma variate.
        const own = outcome === 'count' ? 1 : 0;
        const excess = residuals.map((r, i) => counts[i] * r * r - own * fitted[i]);
        const shape = sumOf(fitted.map((mean) => mean * mean)) / sumOf(excess);
        const within = shape > 0 ? Math.min(Math.max(shape, LEAST_SHAPE), MOST_SHAPE) : MOST_SHAPE;
        // The coefficient of variation of a Weibull variate is about 1.2/k.
        return family.family === 'weibull' ? 1.2 * Math.sqrt(within) : within;
      }
      case 'phi': {
        // Var(y) = μ (1 − μ)/(1 + φ) of shares, and more of counts among trials.
        const most = sumOf(fitted.map((mean) => mean * (1 - mean)));
        const phi = most / sumOf(residuals.map((r) => r * r)) - 1;
        return phi > 0
          ? Math.min(Math.max(phi, LEAST_SHAPE), MOST_SHAPE)
          : auxiliaryTraits(family, name).start;
      }
      case 'zi':
      case 'hu':
      case 'zoi':
        return work.apart.share;
      case 'coi':
        return work.apart.ones;
      default:
        return auxiliaryTraits(family, name).start;
    }
  };
  return auxiliaryOf(family).map(guessOf);
}

/** Upper median for an even number of values: accurate enough for a start. */
export function upperMedian(values: Float64Array): number {
  return values.slice().sort()[Math.floor(values.length / 2)];
}

function positiveOr1(x: number): number {
  return x > 0 && Number.isFinite(x) ? x : 1;
}
