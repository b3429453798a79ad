/**
 * The model of a regression: which of those that say the same is sampled.
 */
import type { Model } from '../src/sampler/model.js';
import { bernoulliLogit } from './bernoulli-logit.js';
import { coefficientDesign } from './generalized-linear/coefficient-design.js';
import { generalizedLinear } from './generalized-linear.js';
import { multilevel } from './multilevel.js';
import type { Prior } from './prior-distributions.js';
import type { NormalPrior, StudentTPrior } from './priors.js';
import type { RegressionSpecification } from './regression-data.js';
import { standardized } from './standardized.js';

export type RegressionModel = Model & {
  /** How group effects are sampled, in a sentence; null where there are none. */
  readonly sampledAs: string | null;
};

/**
 * The data in units that suit them (standardized.ts); parameters are reported in the user's.
 *
 * @throws WeighbridgeError `improper-posterior` where flat priors leave slopes that cannot be told
 *   apart; `bad-data` and `bad-argument` for data and priors out of all proportion
 */
export function regressionModel(specification: RegressionSpecification): RegressionModel {
  const standard = standardized(specification);
  if (standard === null) return modelAsIs(specification);
  const model = modelAsIs(standard.specification);
  return {
    ...model,
    constrain(position, parameters, random) {
      model.constrain?.(position, parameters, random);
      standard.restore(parameters);
    },
  };
}

function modelAsIs(specification: RegressionSpecification): RegressionModel {
  if (specification.data.groups.length > 0) return multilevel(specification);
  // Made first, as it refuses what neither can sample.
  const model = generalizedLinear(specification);
  return { ...(compiledLogistic(specification) ?? model), sampledAs: null };
}

/** Rows that differ, as a share of all, below which merged rows are the faster way. */
const FEW_CELLS = 0.25;

/**
 * A logistic regression as the compiled kernel takes it: an intercept with a Student-t prior,
 * slopes with one normal prior or flat ones, no offset, and rows that are mostly different.
 */
function compiledLogistic({ family, data, priors }: RegressionSpecification): Model | null {
  if (family.family !== 'bernoulli' || family.link !== 'logit') return null;
  if (data.offset || !data.intercept || !priors.intercept) return null;
  const interceptPrior = asStudentT(priors.intercept);
  const slopePrior = asOnePrior(priors.coefficients);
  if (!interceptPrior || !slopePrior) return null;
  if (coefficientDesign(data, 'merged').cells < FEW_CELLS * data.rows) return null;
  return bernoulliLogit({
    predictors: data.predictors,
    outcomes: data.outcomes,
    interceptPrior,
    ...(slopePrior !== 'flat' && { slopePrior }),
  });
}

function isUnbounded({ lower, upper }: Prior): boolean {
  return (
    (lower === undefined || lower === Number.NEGATIVE_INFINITY) &&
    (upper === undefined || upper === Number.POSITIVE_INFINITY)
  );
}

function asStudentT(prior: Prior): StudentTPrior | null {
  if (prior.distribution !== 'student_t' || !isUnbounded(prior)) return null;
  return { degreesOfFreedom: prior.df, location: prior.location, scale: prior.scale };
}

/** The prior that all slopes share; null where they do not, or where it is neither. */
function asOnePrior(priors: readonly Prior[]): NormalPrior | 'flat' | null {
  if (!priors.every(isUnbounded)) return null;
  if (priors.every(({ distribution }) => distribution === 'flat')) return 'flat';
  const [first] = priors;
  if (first?.distribution !== 'normal') return null;
  const { mean, sd } = first;
  const same = priors.every(
    (prior) => prior.distribution === 'normal' && prior.mean === mean && prior.sd === sd,
  );
  return same ? { mean, sd } : null;
}
