/**
 * The laws by which the simulated model learns, chooses and reports, as functions of its weights and
 * of its luck: the server draws luck from the prompts, the calibration from streams.
 *
 * Weights stand for ranges: w_i is what it is worth to the agent to go from the least to the largest
 * value of attribute i, with the largest absolute weight of a context at 1.
 */
import { bernoulliLogit } from '../../../models/index.js';
import { logitInterceptPrior } from '../../regression/default-priors.js';
import { posteriorMode } from '../../sampler/mode.js';
import type { Model } from '../../sampler/model.js';
import { utilityDifference } from '../../study/context.js';
import type { InsightLevels } from './profile.js';

/** A choice that the model is shown: what A has over B, in ranges, and which one was chosen. */
export interface Example {
  readonly differences: readonly number[];
  readonly choseA: boolean;
}

/** How far a weight moves from where it was before the choices are seen: as in the paper's priors. */
const PRIOR_SD = 1;

/**
 * The weights after seeing the examples: the mode of a logistic regression whose prior stands where
 * the model was before, `retention` times the weights `before`. Few examples leave much of the old
 * weights, many leave none.
 */
export function learnWeights(
  examples: readonly Example[],
  before: readonly number[],
  retention: number,
): number[] {
  const likelihood = bernoulliLogit({
    predictors: {
      names: before.map((_, i) => `d${i + 1}`),
      rows: examples.length,
      values: Float64Array.from(examples.flatMap(({ differences }) => differences)),
    },
    outcomes: examples.map(({ choseA }) => (choseA ? 1 : 0)),
    interceptPrior: logitInterceptPrior,
  });
  const model: Model = {
    ...likelihood,
    logDensity(position, gradient) {
      let logDensity = likelihood.logDensity(position, gradient);
      before.forEach((weight, i) => {
        const z = ((position[i + 1] ?? 0) - retention * weight) / PRIOR_SD;
        gradient[i + 1] = (gradient[i + 1] ?? 0) - z / PRIOR_SD;
        logDensity -= 0.5 * z * z;
      });
      return logDensity;
    },
  };
  const [, ...slopes] = posteriorMode(model);
  return scaleToOne(slopes) ?? [...before];
}

/** Divided by the largest absolute value; null where all are zero. */
export function scaleToOne(weights: readonly number[]): number[] | null {
  const largest = Math.max(...weights.map(Math.abs));
  return largest > 0 ? weights.map((weight) => weight / largest) : null;
}

/**
 * Log-odds of A over B as the model feels them in one prompt: sharpness times the difference in
 * utility, and a whim of the moment that is logistic. Over prompts alike in their differences A is
 * felt to be the better one with probability logit⁻¹(sharpness · Σ w_i d_i).
 */
export function feltLogOdds(
  weights: readonly number[],
  differences: readonly number[],
  sharpness: number,
  luck: number,
): number {
  return sharpness * utilityDifference(weights, differences) - Math.log(luck / (1 - luck));
}

/** logit⁻¹. */
export function probabilityOf(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

/** Introspection examples after which all but a third of what they teach is learned. */
const INSIGHT_PACE = 12;

/** How much of what introspection training can teach is learned from so many examples: 0 to 1. */
export function introspectionLearned(examples: number): number {
  return 1 - Math.exp(-examples / INSIGHT_PACE);
}

/** From the level before training to the level of a model that was shown all it can use. */
export function insightAfter({ untrained, trained }: InsightLevels, examples: number): number {
  return untrained + (trained - untrained) * introspectionLearned(examples);
}

/** Spread of weights whose largest is 1: about the root mean square of five such. */
const WEIGHT_SPREAD = 0.64;
/** On the scale of reports, -100 to 100. */
const REPORT_SPREAD = 50;
const SLIP = 12;
/** Language models like round numbers. */
const STEP = 5;

/**
 * What the model says of its weights: what it sees of them, with `insight` from -1 to 1, blurred by
 * a view that it keeps in this context, and by a slip of the moment; both standard normal.
 */
export function reportedWeights(
  weights: readonly number[],
  insight: number,
  view: readonly number[],
  slip: readonly number[],
): number[] {
  const blur = Math.sqrt(1 - insight * insight);
  return weights.map((weight, i) => {
    const seen = insight * (weight / WEIGHT_SPREAD) + blur * (view[i] ?? 0);
    const said = STEP * Math.round((REPORT_SPREAD * seen + SLIP * (slip[i] ?? 0)) / STEP);
    // + 0 turns a negative zero into zero.
    return Math.max(-100, Math.min(100, said)) + 0;
  });
}
