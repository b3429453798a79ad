/** What regressions of some kinds do not have, each refused in one line that says what to ask instead. */
import { isNominal } from '../../../models/families/thresholds.js';
import { badArgument } from '../../checks/values.js';
import { hasIntervals } from '../../linear-algebra/limits.js';
import type { FittedRegression } from '../fitted-regression.js';
import { isChoice } from './choices.js';

/** @throws WeighbridgeError `bad-argument` for a regression of choices */
export function refuseChoices(
  fit: Pick<FittedRegression, 'specification'>,
  asked: string,
  instead: string,
): void {
  if (!isChoice(fit)) return;
  throw badArgument(
    `${asked} has no meaning for choices, which depend on all options of a set: ${instead}`,
  );
}

/** Throws `bad-argument` for categories without an order. @param asked what they do not have, for the message */
export function refuseNominal({ family }: Pick<FittedRegression, 'family'>, asked: string): void {
  if (!isNominal(family)) return;
  throw badArgument(
    `a categorical regression has no ${asked}: ask for probabilities or posteriorProbabilities`,
  );
}

/**
 * Throws `bad-argument` for predictors that are not known exactly.
 *
 * @param instead what to ask, for the message
 */
export function refuseLatents(
  { specification }: Pick<FittedRegression, 'specification'>,
  asked: string,
  instead: string,
): void {
  if (!specification.data.latents) return;
  throw badArgument(`${asked} is not supported in a regression with me() or mi(): ${instead}`);
}

/**
 * Throws `bad-argument` for group effects in linear predictors of parameters, `bf(y ~ x, sigma ~ (1 | g))`.
 *
 * @param terms indices of the group terms in question
 * @param asked what is not known of them, for the message
 */
export function refuseEffectsOfParameters(
  { specification }: Pick<FittedRegression, 'specification'>,
  terms: readonly number[],
  asked: string,
): void {
  for (const term of terms) {
    const { group, parameters = [] } = specification.data.groups[term];
    const parameter = parameters.find((name) => name !== null);
    if (parameter === undefined) continue;
    throw badArgument(
      `effects of ${group} on ${parameter} are not ${asked}, only those on the mean: compare fits by loo or kfold`,
    );
  }
}

/** Throws `bad-argument` for terms such as s(x), whose parameters have other names and priors than slopes. */
export function refuseTerms(
  { specification }: Pick<FittedRegression, 'specification'>,
  asked: string,
): void {
  if (!specification.data.terms) return;
  throw badArgument(`${asked} is not available with terms such as s(x): compare fits by loo`);
}

/**
 * Throws `bad-argument` for censored outcomes.
 *
 * @param asked what is of known outcomes only, for the message
 */
export function refuseCensored(
  { specification }: Pick<FittedRegression, 'specification'>,
  asked: string,
): void {
  const { limits } = specification.data;
  if (!limits || !hasIntervals(limits)) return;
  throw badArgument(
    `${asked} is of outcomes that are known, and some are censored: compare fits by loo, or look at ppc, which leaves them out`,
  );
}
