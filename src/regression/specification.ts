/**
 * A regression as plain data: a family with its rows and priors. It can be sent to another thread
 * and becomes a model there.
 */
import {
  type BernoulliLogitOptions,
  bernoulliLogit,
  type GaussianOptions,
  gaussian,
} from '../../models/index.js';
import type { Prior } from '../../models/prior-distributions.js';
import type { StudentTPrior } from '../../models/priors.js';
import type { RegressionSpecification } from '../../models/regression-data.js';
import { type RegressionModel, regressionModel } from '../../models/regression-model.js';
import { standardized } from '../../models/standardized.js';
import type { Model } from '../sampler/model.js';
import { requirePriors, requireRows, requireSpecification } from './check-specification.js';
import { requireScatter, requireSpread } from './propriety.js';

export type OutcomeKind = 'binary' | 'fractional';

export type Specification =
  | ({
      readonly family: 'bernoulli';
      /**
       * What an outcome may be: 'binary' (where absent), 0 or 1; 'fractional', anything from 0 to 1.
       * Said and never guessed, as a stray 0.5 among made choices is a mistake.
       */
      readonly outcomeKind?: OutcomeKind;
    } & BernoulliLogitOptions)
  | ({ readonly family: 'gaussian' } & GaussianOptions);

/** Of the paper's two regressions, or of a formula. */
export type AnySpecification = Specification | RegressionSpecification;

/**
 * @throws WeighbridgeError `bad-data` for rows that no model of the family could have made,
 *   `bad-argument` for what is no specification, `improper-posterior`
 */
export function modelOf(specification: AnySpecification): Model & Partial<RegressionModel> {
  requireSpecification(specification);
  // Rows of a formula were looked at when they were encoded.
  if ('data' in specification) return regressionModel(specification);
  requireRows(specification);
  requirePriors(specification);
  const regression = asRegression(specification);
  requireSpread(regression);
  requireScatter(regression);
  if (standardized(regression)) return regressionModel(regression);
  switch (specification.family) {
    case 'bernoulli':
      return bernoulliLogit(specification);
    case 'gaussian':
      return gaussian(specification);
  }
}

/** The same regression as that of a formula. */
export function asRegression(specification: Specification): RegressionSpecification {
  const { family, predictors, outcomes, slopePrior, interceptPrior } = specification;
  const studentT = ({ degreesOfFreedom, location, scale }: StudentTPrior): Prior => ({
    distribution: 'student_t',
    df: degreesOfFreedom,
    location,
    scale,
  });
  const ofSlopes: Prior = slopePrior
    ? { distribution: 'normal', mean: slopePrior.mean, sd: slopePrior.sd }
    : { distribution: 'flat' };
  return {
    family: { family, link: family === 'gaussian' ? 'identity' : 'logit' },
    data: {
      rows: predictors.rows,
      outcomes: Float64Array.from(outcomes),
      trials: null,
      offset: null,
      intercept: true,
      predictors,
      groups: [],
    },
    priors: {
      intercept: studentT(interceptPrior),
      coefficients: predictors.names.map(() => ofSlopes),
      sds: [],
      correlations: [],
      auxiliary: family === 'gaussian' ? [studentT(specification.sigmaPrior)] : [],
    },
  };
}
