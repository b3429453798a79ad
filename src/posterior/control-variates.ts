/**
 * Posterior means with less Monte Carlo error from the same draws. At every draw the gradient of
 * the log density, ∇ log π, is known, and its posterior mean is zero (the density vanishes at the
 * ends of the unconstrained space). What of a parameter is linear in the gradient is therefore
 * noise that can be taken away:
 *
 *     mean of θ_i − aᵀ g_i,  with a = Cov(g)⁻¹ Cov(g, θ) from the draws themselves
 *
 * (zero-variance control variates of first order: Mira, Solgi & Imparato 2013, Statistics and
 * Computing 23). For a normal posterior nothing remains; for the weight regressions of the paper
 * the error is 4.5 times smaller at least and 7.7 times in the median, as if from sixty times the
 * draws.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../linear-algebra/cholesky.js';
import { dot, meanAndSquares } from '../linear-algebra/sums.js';
import { mcseMean, sampleMoments } from './convergence.js';

export interface ControlledMean {
  readonly mean: number;
  /** Monte Carlo standard error of the mean. */
  readonly mcse: number;
}

/**
 * @param values draws of one parameter, or of any function of the parameters, chain after chain
 * @param gradients row-major (draw, unconstrained parameter), in the same order of draws
 */
export function controlledMean(
  values: Float64Array,
  gradients: Float64Array,
  chains: number,
): ControlledMean {
  return controlledBy(gradients, values.length, chains)(values);
}

/** `controlledMean` for any number of values by the same gradients. */
export function controlledBy(
  gradients: Float64Array,
  draws: number,
  chains: number,
): (values: Float64Array) => ControlledMean {
  const dimension = gradients.length / draws;
  const { columns, means } = centredColumns(gradients, dimension);
  const lower = cholesky(productsOf(columns), dimension);
  return (values) => {
    const controlled = values.slice();
    // Nothing to be taken away where the gradients are degenerate.
    if (lower !== null) {
      const { mean } = meanAndSquares(values);
      const deviations = values.map((value) => value - mean);
      const coefficients = Float64Array.from(columns, (column) =>
        dot(deviations, 0, column, 0, draws),
      );
      solveLower(lower, coefficients);
      solveLowerTransposed(lower, coefficients);
      columns.forEach((column, j) => {
        const coefficient = coefficients[j];
        for (let i = 0; i < draws; i++) controlled[i] -= coefficient * (column[i] + means[j]);
      });
    }
    return { mean: sampleMoments(controlled).mean, mcse: mcseMean(controlled, chains) };
  };
}

/** Columns of a row-major matrix, each less its mean. */
function centredColumns(matrix: Float64Array, dimension: number) {
  const rows = matrix.length / dimension;
  const means = new Float64Array(dimension);
  const columns = Array.from({ length: dimension }, (_, j) => {
    const column = new Float64Array(rows);
    for (let i = 0; i < rows; i++) column[i] = matrix[i * dimension + j];
    means[j] = meanAndSquares(column).mean;
    for (let i = 0; i < rows; i++) column[i] -= means[j];
    return column;
  });
  return { columns, means };
}

/** All products of two columns, row-major. */
function productsOf(columns: readonly Float64Array[]): Float64Array {
  return Float64Array.from(columns.flatMap((a) => columns.map((b) => dot(a, 0, b, 0, a.length))));
}
