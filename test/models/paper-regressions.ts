/** The paper's two regressions with given priors, as specifications and models, and their outcomes. */

import type { Family } from '../../models/families/family.js';
import { responseDistribution } from '../../models/families/index.js';
import { generalizedLinear } from '../../models/generalized-linear.js';
import type { Prior } from '../../models/prior-distributions.js';
import type { Predictors, RegressionSpecification } from '../../models/regression-data.js';
import type { RandomStream } from '../../src/random/stream.js';
import type { Model } from '../../src/sampler/model.js';

export type NormalPrior = Extract<Prior, { readonly distribution: 'normal' }>;
export type StudentTPrior = Extract<Prior, { readonly distribution: 'student_t' }>;

export const normal = (mean: number, sd: number): NormalPrior => ({
  distribution: 'normal',
  mean,
  sd,
});

export const studentT = (df: number, location: number, scale: number): StudentTPrior => ({
  distribution: 'student_t',
  df,
  location,
  scale,
});

export interface LogisticOptions {
  readonly predictors: Predictors;
  readonly outcomes: ArrayLike<number>;
  /** @default flat */
  readonly slopePrior?: NormalPrior;
  readonly interceptPrior: StudentTPrior;
}

export interface LinearOptions extends LogisticOptions {
  readonly sigmaPrior: StudentTPrior;
}

const logit: Family = { family: 'bernoulli', link: 'logit' };
const identity: Family = { family: 'gaussian', link: 'identity' };

export function logisticSpecification(options: LogisticOptions): RegressionSpecification {
  return specification(logit, options, []);
}

export function linearSpecification(options: LinearOptions): RegressionSpecification {
  return specification(identity, options, [options.sigmaPrior]);
}

export const logistic = (options: LogisticOptions): Model =>
  generalizedLinear(logisticSpecification(options));

export const linear = (options: LinearOptions): Model =>
  generalizedLinear(linearSpecification(options));

function specification(
  family: Family,
  { predictors, outcomes, slopePrior, interceptPrior }: LogisticOptions,
  auxiliary: readonly Prior[],
): RegressionSpecification {
  const { rows, names } = predictors;
  return {
    family,
    data: {
      rows,
      outcomes: Float64Array.from(outcomes),
      trials: null,
      offset: null,
      intercept: true,
      predictors,
      groups: [],
    },
    priors: {
      intercept: interceptPrior,
      coefficients: names.map(() => slopePrior ?? { distribution: 'flat' }),
      sds: [],
      correlations: [],
      auxiliary,
    },
  };
}

/** Outcomes of 0 or 1 at reported parameters (b_Intercept, b_1 … b_k). */
export function simulateLogistic(
  predictors: Predictors,
  parameters: ArrayLike<number>,
  random: RandomStream,
): Float64Array {
  return simulate(logit, predictors, parameters, random);
}

/** Outcomes at reported parameters (b_Intercept, b_1 … b_k, sigma). */
export function simulateLinear(
  predictors: Predictors,
  parameters: ArrayLike<number>,
  random: RandomStream,
): Float64Array {
  return simulate(identity, predictors, parameters, random);
}

function simulate(
  family: Family,
  { names, rows, values }: Predictors,
  parameters: ArrayLike<number>,
  random: RandomStream,
): Float64Array {
  const k = names.length;
  const distribution = responseDistribution(family);
  const auxiliary = Float64Array.from(Array.from(parameters).slice(k + 1));
  return Float64Array.from({ length: rows }, (_, i) => {
    let eta = parameters[0];
    for (let j = 0; j < k; j++) eta += parameters[j + 1] * values[i * k + j];
    return distribution.simulate(eta, auxiliary, 1, random);
  });
}
