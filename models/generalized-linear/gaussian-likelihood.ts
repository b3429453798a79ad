/**
 * The normal log likelihood with the identity link, over sufficient statistics: an evaluation
 * costs k², independent of the number of rows.
 *
 * With z = y − offset, centred columns X, least-squares slopes β̂ and their residual sum R̂,
 * G = XᵀX, and with an intercept z̄ at it,
 *
 *     Σ (z_i − α − x_i β)² = R̂ + n (z̄ − α)² + (β − β̂)ᵀ G (β − β̂),
 *
 * three non-negative terms, so no digits are lost to cancellation even for a perfect fit. Any β̂
 * that solves the normal equations works, so predictors may be linearly dependent (if priors
 * identify their slopes): among dependent ones, all but the first have β̂ = 0.
 *
 * Columns that are nearly combinations of others, as many of a Gaussian process, have slopes β̂ so large that the last
 * term loses its digits. β̂ is then that of a ridge regression, and with its residuals r
 *
 *     Σ (z_i − α − x_i β)² = R̂ + (b − b̂)ᵀ (G (b − b̂) − 2 Xᵀr),   b = (α, β), X with a column of ones,
 *
 * which holds for any b̂.
 */

import { cholesky, solveLower, solveLowerTransposed } from '../../src/linear-algebra/cholesky.js';
import { sumOf } from '../../src/linear-algebra/sums.js';
import type { RegressionData } from '../regression-data.js';
import {
  type CoefficientDesign,
  coefficientDesign,
  independentColumns,
  writeColumnSums,
  writeEta,
  writeGram,
} from './coefficient-design.js';
import type { CoefficientLikelihood } from './coefficient-likelihood.js';

interface LeastSquares {
  /** z̄ if there is an intercept, then β̂. */
  readonly estimate: Float64Array;
  /** R̂. */
  readonly residual: number;
}

interface SufficientStatistics extends LeastSquares {
  /** XᵀX of the intercept (n) and the slopes, row-major. */
  readonly gram: Float64Array;
}

export function gaussianLikelihood(data: RegressionData): CoefficientLikelihood {
  const design = coefficientDesign(data, 'by-row');
  const statistics = sufficientStatistics(data, design);
  const { gram } = statistics;
  const { estimate, residual, pulls } = withDigits(data, design, statistics);
  const { rows } = data;
  const k = estimate.length;

  /** Writes G (β − β̂) − Xᵀr to the start of `products`, returns the sum of squares. */
  const writeProducts = (parameters: Float64Array, products: Float64Array): number => {
    let squares = residual;
    for (let i = 0; i < k; i++) {
      let product = 0;
      for (let j = 0; j < k; j++) product += gram[i * k + j] * (parameters[j] - estimate[j]);
      squares += (product - 2 * pulls[i]) * (parameters[i] - estimate[i]);
      products[i] = product - pulls[i];
    }
    return squares;
  };

  return {
    design,
    compile: () => null,
    // A line through all points has no scale to start from.
    peak: Float64Array.of(
      ...statistics.estimate,
      statistics.residual > 0 ? Math.sqrt(statistics.residual / rows) : 1,
    ),
    logLikelihood(parameters, gradient) {
      const sigma = parameters[k];
      const precision = 1 / (sigma * sigma);
      const squares = writeProducts(parameters, gradient);
      for (let i = 0; i < k; i++) gradient[i] *= -precision;
      gradient[k] = (precision * squares - rows) / sigma;
      return -rows * Math.log(sigma) - 0.5 * precision * squares;
    },
    hessian(parameters, hessian) {
      const sigma = parameters[k];
      const precision = 1 / (sigma * sigma);
      const products = new Float64Array(k);
      const squares = writeProducts(parameters, products);
      const dimension = k + 1;
      for (let i = 0; i < k; i++) {
        for (let j = 0; j < k; j++) hessian[i * dimension + j] = -precision * gram[i * k + j];
        hessian[i * dimension + k] = (2 * precision * products[i]) / sigma;
        hessian[k * dimension + i] = hessian[i * dimension + k];
      }
      hessian[k * (dimension + 1)] = precision * (rows - 3 * precision * squares);
    },
  };
}

export function sufficientStatistics(
  data: RegressionData,
  design: CoefficientDesign,
): SufficientStatistics {
  const k = design.intercept + design.slopes;
  const gram = new Float64Array(k * k);
  writeGram(design, new Float64Array(data.rows).fill(1), gram, k);
  const { estimate, remaining } = leastSquares(data, design, gram, 0);
  return { estimate, residual: squaresOf(remaining), gram };
}

/** A slope of this many standard deviations of the outcomes per one of its column would cost 6 of 16 digits. */
const LARGEST_SLOPE = 1e3;
/** Keeps slopes below 1 / (2 √ridge) of the same unit. */
const RIDGE = 1e-6;

/** The least squares, or a point near them with moderate slopes, and its Xᵀr. */
function withDigits(
  data: RegressionData,
  design: CoefficientDesign,
  statistics: SufficientStatistics,
): LeastSquares & { readonly pulls: Float64Array } {
  const { estimate, gram } = statistics;
  const k = estimate.length;
  const pulls = new Float64Array(k);
  const spread = Math.sqrt(squaresOf(data.outcomes));
  const isLarge = estimate.some(
    (slope, j) => Math.abs(slope) * Math.sqrt(gram[j * (k + 1)]) > LARGEST_SLOPE * spread,
  );
  if (!isLarge) return { ...statistics, pulls };
  const near = leastSquares(data, design, gram, RIDGE);
  writeColumnSums(design, near.remaining, pulls);
  return { estimate: near.estimate, residual: squaresOf(near.remaining), pulls };
}

/** @param ridge added to the squared lengths of the columns, as a share of them */
function leastSquares(
  { rows, outcomes, offset }: RegressionData,
  design: CoefficientDesign,
  gram: Float64Array,
  ridge: number,
): { readonly estimate: Float64Array; readonly remaining: Float64Array } {
  const k = design.intercept + design.slopes;
  const solve = solverOf(gram, k, ridge);
  const remaining = outcomes.map((y, i) => y - (offset ? offset[i] : 0));
  const withoutOffset: CoefficientDesign = { ...design, offset: null };
  const estimate = new Float64Array(k);
  if (design.intercept === 1) {
    // Centre first: a mean far from zero would cost digits of the residuals.
    const mean = sumOf(remaining) / rows;
    estimate[0] = mean;
    for (let i = 0; i < rows; i++) remaining[i] -= mean;
  }
  const fitted = new Float64Array(rows);
  const step = new Float64Array(k);
  // One step of iterative refinement on the residuals removes rounding errors.
  for (let round = 0; round < 2; round++) {
    writeColumnSums(design, remaining, step);
    solve(step);
    writeEta(withoutOffset, step, fitted);
    for (let i = 0; i < rows; i++) remaining[i] -= fitted[i];
    for (let j = 0; j < k; j++) estimate[j] += step[j];
  }
  return { estimate, remaining };
}

function squaresOf(values: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return squares;
}

/** Solves (G + ridge · its diagonal) b = c in place of c, with zeros for columns that depend on those before them. */
function solverOf(gram: Float64Array, k: number, ridge: number): (c: Float64Array) => void {
  const matrix = gram.slice();
  for (let j = 0; j < k; j++) matrix[j * (k + 1)] *= 1 + ridge;
  const kept = independentColumns(matrix, k);
  const size = kept.length;
  const part = Float64Array.from(
    { length: size * size },
    (_, at) => matrix[kept[Math.floor(at / size)] * k + kept[at % size]],
  );
  const lower = cholesky(part, size) ?? new Float64Array(0);
  return (c) => {
    const b = Float64Array.from(kept, (column) => c[column]);
    solveLower(lower, b);
    solveLowerTransposed(lower, b);
    c.fill(0);
    kept.forEach((column, i) => {
      c[column] = b[i];
    });
  };
}
