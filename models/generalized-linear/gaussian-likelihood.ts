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

interface SufficientStatistics {
  /** z̄ if there is an intercept, then β̂. */
  readonly estimate: Float64Array;
  /** R̂. */
  readonly residual: number;
  /** XᵀX of the intercept (n) and the slopes, row-major. */
  readonly gram: Float64Array;
}

export function gaussianLikelihood(data: RegressionData): CoefficientLikelihood {
  const design = coefficientDesign(data, 'by-row');
  const { estimate, residual, gram } = sufficientStatistics(data, design);
  const { rows } = data;
  const k = estimate.length;

  /** Writes G (β − β̂) to the start of `products`, returns the sum of squares. */
  const writeProducts = (parameters: Float64Array, products: Float64Array): number => {
    let squares = residual;
    for (let i = 0; i < k; i++) {
      let product = 0;
      for (let j = 0; j < k; j++) product += gram[i * k + j] * (parameters[j] - estimate[j]);
      squares += product * (parameters[i] - estimate[i]);
      products[i] = product;
    }
    return squares;
  };

  return {
    design,
    compile: () => null,
    // A line through all points has no scale to start from.
    peak: Float64Array.of(...estimate, residual > 0 ? Math.sqrt(residual / rows) : 1),
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
  { rows, outcomes, offset }: RegressionData,
  design: CoefficientDesign,
): SufficientStatistics {
  const k = design.intercept + design.slopes;
  const gram = new Float64Array(k * k);
  writeGram(design, new Float64Array(rows).fill(1), gram, k);
  const solve = solverOf(gram, k);
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
  let residual = 0;
  for (let i = 0; i < rows; i++) residual += remaining[i] * remaining[i];
  return { estimate, residual, gram };
}

/** Solves G b = c in place of c, with zeros for columns that depend on those before them. */
function solverOf(gram: Float64Array, k: number): (c: Float64Array) => void {
  const kept = independentColumns(gram, k);
  const size = kept.length;
  const part = Float64Array.from(
    { length: size * size },
    (_, at) => gram[kept[Math.floor(at / size)] * k + kept[at % size]],
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
