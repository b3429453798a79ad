/**
 * Where the search for the mode of a generalized linear model starts: the mean of the outcomes as
 * the intercept alone, and a few rounds of iteratively reweighted least squares from the outcomes
 * themselves (McCullagh & Nelder 1989, §2.5), with auxiliary parameters by their moments.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import type { Family } from '../families/family.js';
import { meanLink, newLogTerms, probabilityLink } from '../families/links.js';
import { totalsOf } from '../families/totals.js';
import type { RegressionSpecification } from '../regression-data.js';
import {
  type CoefficientDesign,
  writeColumnSums,
  writeEta,
  writeGram,
} from './coefficient-design.js';

const ROUNDS = 4;
/** Of a column's squares: keeps the equations solvable where columns depend on each other. */
const RIDGE = 1e-8;

/** Candidates (α?, β …, aux …); some may lie where the density is zero. */
export function guessParameters(
  specification: RegressionSpecification,
  design: CoefficientDesign,
): Float64Array[] {
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
  if (design.intercept === 1) flat[0] = work.link(work.overall) - meanOf(design.offset);
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

/** Means of the outcomes by cell, and how they depend on η and vary. */
interface WorkingData {
  readonly family: Family;
  readonly design: CoefficientDesign;
  readonly means: Float64Array;
  /** Rows or trials of a cell. */
  readonly counts: Float64Array;
  readonly overall: number;
  /** First means: within the family's range, as R's glm starts. */
  readonly start: Float64Array;
  link(mean: number): number;
  inverse(eta: number): number;
  slope(eta: number, mean: number): number;
  /** Variance of an outcome, but for a factor that all share. */
  variance(mean: number): number;
}

function workingData(
  { family, data }: RegressionSpecification,
  design: CoefficientDesign,
): WorkingData {
  const cells = design.cellOf ? { cells: { count: design.cells, of: design.cellOf } } : {};
  const { rows, outcomes, trials } = data;
  const { sums, counts } = totalsOf({ rows, values: outcomes, trials, ...cells });
  const means = sums.map((sum, i) => sum / counts[i]);
  const overall = sumOf(sums) / sumOf(counts);
  const common = { family, design, means, counts };
  switch (family.family) {
    case 'gaussian':
    case 'student': {
      // Links but the identity know no mean at or below zero.
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
    case 'bernoulli':
    case 'binomial': {
      const shrunk = (sum: number, count: number) => (sum + 0.5) / (count + 1);
      return {
        ...common,
        ...probabilitySlopes(family),
        overall: shrunk(sumOf(sums), sumOf(counts)),
        start: sums.map((sum, i) => shrunk(sum, counts[i])),
        variance: (mean) => mean * (1 - mean),
      };
    }
    default: {
      const shape = family.family === 'poisson' ? Number.POSITIVE_INFINITY : 1;
      return {
        ...common,
        ...slopesOf(family),
        overall: Math.max(overall, 0.1),
        start: means.map((mean) => mean + 0.1),
        variance: (mean) => mean + (mean * mean) / shape,
      };
    }
  }
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

/** Of the working outcomes η − offset + (ȳ − μ)/μ′, weighted by μ′²/variance; null if unsolvable. */
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

/** What a robust σ is to that of normal outcomes, and a ν in the middle of what data can tell. */
export const NORMAL_MAD = 1.4826;
const MODERATE_NU = 5;
const LEAST_SHAPE = 0.05;
const MOST_SHAPE = 1000;

function guessAuxiliary(work: WorkingData, coefficients: Float64Array): number[] {
  const { family, design, means, counts } = work;
  const eta = new Float64Array(means.length);
  writeEta(design, coefficients, eta);
  const fitted = eta.map(work.inverse);
  const residuals = means.map((mean, i) => mean - fitted[i]);
  switch (family.family) {
    case 'gaussian': {
      const squares = residuals.map((residual, i) => counts[i] * residual * residual);
      return [positiveOr1(Math.sqrt(sumOf(squares) / sumOf(counts)))];
    }
    case 'student':
      return [positiveOr1(NORMAL_MAD * median(residuals.map(Math.abs))), MODERATE_NU];
    case 'negbinomial': {
      // Var(y) − μ = μ²/φ.
      const excess = residuals.map((r, i) => counts[i] * r * r - fitted[i]);
      const shape = sumOf(fitted.map((mean) => mean * mean)) / sumOf(excess);
      return [shape > 0 ? Math.min(Math.max(shape, LEAST_SHAPE), MOST_SHAPE) : MOST_SHAPE];
    }
    default:
      return [];
  }
}

/** The upper one of an even number: close enough to start from. */
export function median(values: Float64Array): number {
  return values.slice().sort()[Math.floor(values.length / 2)];
}

function positiveOr1(x: number): number {
  return x > 0 && Number.isFinite(x) ? x : 1;
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: Float64Array | null): number {
  return values ? sumOf(values) / values.length : 0;
}
