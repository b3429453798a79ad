/**
 * Estimates with standard errors from a posterior, the prior divided out: what the data alone say of
 * the parameters, where likelihood and posterior are near normal.
 *
 * A posterior mean under a normal prior is shrunken towards the prior's mean, so that it is not the true
 * value plus error. With z = (parameter − prior mean) / prior sd, posterior mean m and covariance C of z,
 *
 *     posterior ∝ likelihood · normal(0, I)   ⇒   Λ = C⁻¹ − I,   estimate = Λ⁻¹ C⁻¹ m,   se² = diag Λ⁻¹.
 *
 * The whole covariance is used: dividing a prior out of each parameter alone leaves its effect through
 * the others. Where no precision Λ is left (draws are noisy, or the data say nothing about some
 * combination of parameters), each parameter is divided alone, 1 / c − 1 being at least 0.001: a
 * parameter of which the data say nothing then has a standard error of about 32 prior sds.
 */
import type { Prior } from '../../models/prior-distributions.js';
import { requireNames, textsOf } from '../checks/options.js';
import { badArgument, described, isRecord } from '../checks/values.js';
import { cholesky, writeInverse } from '../linear-algebra/cholesky.js';
import { dot, meanOf } from '../linear-algebra/sums.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { requireParameters } from '../regression/validation/simulation-run.js';

export interface WithoutPriorOptions {
  /** Draws of a fit. */
  readonly draws: Draws;
  /** The parameters that have the prior, for example `['b_x1', 'b_x2']`. */
  readonly parameters: string | readonly string[];
  /** The normal prior that each of them had, for example `normal(0, 5)`. */
  readonly prior: Prior;
}

export interface EstimateWithoutPrior {
  readonly name: string;
  readonly estimate: number;
  /** Standard error. */
  readonly se: number;
}

/** Share of the prior's precision that a parameter keeps at least. */
const LEAST_PRECISION = 1e-3;

/**
 * @throws WeighbridgeError `bad-argument` for a prior that is not normal or has bounds, for names that
 *   the draws do not have, and for fewer draws than parameters
 */
export function withoutPrior(options: WithoutPriorOptions): readonly EstimateWithoutPrior[] {
  requireNames(options, ['draws', 'parameters', 'prior'], 'withoutPrior');
  const { draws } = options;
  if (!isRecord(draws) || !Array.isArray(draws.parameterNames)) {
    throw badArgument(`draws is ${described(draws)}, expected those of a fit: fit.draws`, {
      option: 'draws',
      found: draws,
    });
  }
  const names = textsOf('parameters', options.parameters, 'b_x');
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (names.length === 0 || twice !== undefined) {
    const found = twice === undefined ? 'empty' : `${names.join(', ')}`;
    throw badArgument(`parameters are ${found}, expected one or several different names`, {
      option: 'parameters',
      found: options.parameters,
    });
  }
  requireParameters(draws, names);
  const { mean, sd } = requireNormal(options.prior);
  const columns = names.map((name) =>
    parameterDraws(draws, name).map((value) => (value - mean) / sd),
  );
  const count = columns[0]?.length ?? 0;
  if (count <= names.length) {
    throw badArgument(
      `there are ${count} draws of ${names.length} parameters, expected more draws than parameters`,
      { option: 'draws', found: count },
    );
  }
  const moments = momentsOf(columns);
  const constant = names.find((_, j) => !(moments.covariance[j * (names.length + 1)] > 0));
  if (constant !== undefined) {
    throw badArgument(`the draws of ${constant} do not differ, expected those of a posterior`, {
      option: 'draws',
    });
  }
  const standard = dividedJointly(moments) ?? dividedEach(moments);
  return standard.map(({ estimate, se }, j) => ({
    name: names[j],
    estimate: mean + sd * estimate,
    se: sd * se,
  }));
}

function requireNormal(prior: Prior): { readonly mean: number; readonly sd: number } {
  const isPlain =
    isRecord(prior) &&
    prior.distribution === 'normal' &&
    prior.lower === undefined &&
    prior.upper === undefined;
  if (isPlain && prior.distribution === 'normal') return prior;
  const { distribution } = isRecord(prior) ? prior : {};
  const found = typeof distribution === 'string' ? `a prior ${distribution}` : described(prior);
  throw badArgument(`prior is ${found}, expected a normal prior without bounds: normal(0, 5)`, {
    option: 'prior',
    found: prior,
  });
}

interface JointMoments {
  readonly means: Float64Array;
  /** Row-major. */
  readonly covariance: Float64Array;
}

function momentsOf(columns: readonly Float64Array[]): JointMoments {
  const count = columns[0].length;
  const means = Float64Array.from(columns, meanOf);
  const centred = columns.map((column, j) => column.map((value) => value - means[j]));
  const covariance = Float64Array.from(
    centred.flatMap((one) => centred.map((other) => dot(one, other) / (count - 1))),
  );
  return { means, covariance };
}

interface StandardEstimate {
  readonly estimate: number;
  readonly se: number;
}

/** Null if some combination of parameters has no precision left. */
function dividedJointly({ means, covariance }: JointMoments): readonly StandardEstimate[] | null {
  const dimension = means.length;
  const precision = inverted(covariance, dimension);
  if (precision === null) return null;
  const ofData = precision.slice();
  for (let i = 0; i < dimension; i++) ofData[i * (dimension + 1)] -= 1;
  const left = inverted(ofData, dimension);
  if (left === null) return null;
  const row = (matrix: Float64Array, i: number) =>
    matrix.subarray(i * dimension, (i + 1) * dimension);
  const pull = means.map((_, i) => dot(row(precision, i), means));
  return Array.from(means, (_, i) => ({
    estimate: dot(row(left, i), pull),
    se: Math.sqrt(left[i * (dimension + 1)]),
  }));
}

function dividedEach({ means, covariance }: JointMoments): readonly StandardEstimate[] {
  return Array.from(means, (mean, i) => {
    const variance = covariance[i * (means.length + 1)];
    const precision = Math.max(1 / variance - 1, LEAST_PRECISION);
    return { estimate: mean / variance / precision, se: 1 / Math.sqrt(precision) };
  });
}

/** Null if the matrix is not positive definite. */
function inverted(matrix: Float64Array, dimension: number): Float64Array | null {
  const lower = cholesky(matrix, dimension);
  if (lower === null) return null;
  const inverse = new Float64Array(matrix.length);
  writeInverse(lower, dimension, inverse, new Float64Array(dimension));
  return inverse;
}
