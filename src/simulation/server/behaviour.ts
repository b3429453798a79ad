/**
 * How the simulated model learns, chooses, reports and makes invalid reports, as functions of its
 * weights and of random numbers. The server draws these from the prompts, the calibration from
 * streams.
 *
 * Weights apply to ranges: w_i is the utility gained from the least to the largest value of
 * attribute i, with the largest absolute weight of a context at 1.
 */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { generalizedLinear } from '../../../models/generalized-linear.js';
import type { Prior } from '../../../models/prior-distributions.js';
import { posteriorMode } from '../../sampler/normal-approximation.js';
import { utilityDifference } from '../../study/context.js';
import { reportOf } from '../simulated-model.js';
import type { InsightLevels } from './profile.js';

/** A choice shown to the model: the difference A − B in units of ranges, and the chosen option. */
export interface Example {
  readonly differences: readonly number[];
  readonly choseA: boolean;
}

/** Prior standard deviation of a weight around its earlier value, as in the paper's priors. */
const PRIOR_SD = 1;
const INTERCEPT_PRIOR: Prior = { distribution: 'student_t', df: 3, location: 0, scale: 2.5 };

/**
 * The weights after seeing the examples: the mode of a logistic regression whose prior is centred
 * at `retention` times the weights `before`. Few examples leave much of the old weights, many
 * leave none.
 */
export function learnWeights(
  examples: readonly Example[],
  before: readonly number[],
  retention: number,
): number[] {
  const rows = examples.length;
  const model = generalizedLinear({
    family: { family: 'bernoulli', link: 'logit' },
    data: {
      rows,
      outcomes: Float64Array.from(examples, ({ choseA }) => (choseA ? 1 : 0)),
      trials: null,
      offset: null,
      intercept: true,
      predictors: {
        names: before.map((_, i) => `d${i + 1}`),
        rows,
        values: Float64Array.from(examples.flatMap(({ differences }) => differences)),
      },
      groups: [],
    },
    priors: {
      intercept: INTERCEPT_PRIOR,
      coefficients: before.map((weight) => ({
        distribution: 'normal',
        mean: retention * weight,
        sd: PRIOR_SD,
      })),
      sds: [],
      correlations: [],
      auxiliary: [],
    },
  });
  const [, ...slopes] = posteriorMode(model);
  return scaleToOne(slopes) ?? [...before];
}

/** Divides by the largest absolute value; null if all are zero. */
function scaleToOne(weights: readonly number[]): number[] | null {
  const largest = Math.max(...weights.map(Math.abs));
  return largest > 0 ? weights.map((weight) => weight / largest) : null;
}

/**
 * Log-odds of A over B in one prompt: sharpness times the difference in utility, plus logistic
 * noise. Over prompts with the same differences, A comes out ahead with probability
 * logit⁻¹(sharpness · Σ w_i d_i).
 */
export function feltLogOdds(
  weights: readonly number[],
  differences: readonly number[],
  sharpness: number,
  luck: number,
): number {
  return sharpness * utilityDifference(weights, differences) - Math.log(luck / (1 - luck));
}

/** Number of introspection examples after which all but 1/e of the possible gain is reached. */
const INSIGHT_PACE = 12;

/** Share of the possible gain from introspection training after so many examples: 0 to 1. */
function introspectionLearned(examples: number): number {
  return 1 - Math.exp(-examples / INSIGHT_PACE);
}

/** Interpolates from the level before training to the level after as much as the model can use. */
export function insightAfter({ untrained, trained }: InsightLevels, examples: number): number {
  return untrained + (trained - untrained) * introspectionLearned(examples);
}

/** Root mean square of five uniform weights whose largest is 1, approximately. */
const WEIGHT_SPREAD = 0.64;

/** A report of weights whose largest absolute value is 1; see `reportOf`. */
export function reportedWeights(
  weights: readonly number[],
  insight: number,
  view: readonly number[],
  slip: readonly number[],
): number[] {
  return reportOf(
    weights.map((weight) => weight / WEIGHT_SPREAD),
    insight,
    view,
    slip,
  );
}

/**
 * α + β of the Beta distribution over contexts. Real models break rules context by context: 43% of
 * the reports of gpt-4o-mini were invalid, yet only in 21 of 100 contexts was none valid. At 0.5
 * the share of contexts without a valid report matches the published files.
 */
const CONCENTRATION = 0.5;

/**
 * The share of invalid reports in one context, from the context's uniform number: a quantile of a
 * Beta distribution whose mean is the overall share.
 */
export function invalidPropensity(luck: number, share: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  return betaQuantile(luck, CONCENTRATION * share, CONCENTRATION * (1 - share));
}

/** The overall share of invalid reports after so many introspection examples. */
export function breakingShare(before: number, after: number, examples: number): number {
  return after + (before - after) * (1 - introspectionLearned(examples));
}
