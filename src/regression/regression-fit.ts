/**
 * A fit with its methods, as returned by `regression`. Each method is a function of the plain data
 * of the fit, in its own file.
 */

import { requireNames } from '../checks/options.js';
import { parameterOf } from '../fit/fit.js';
import type { FitRunner } from '../fit/job.js';
import { divergentDraws, withHidden } from '../fit/sample.js';
import type { Watchable, WatchableOf } from '../fit/watched.js';
import type { Draws } from '../posterior/draws.js';
import { printable } from '../posterior/printable.js';
import type { ParameterSummary } from '../posterior/summary.js';
import type { Waic } from '../posterior/waic.js';
import { bayesR2 } from './after/bayes-r2.js';
import { calibrationCurves } from './after/calibration-curves.js';
import { shares, tradeOffs } from './after/choice-summaries.js';
import { compare } from './after/compare.js';
import { conditionalEffects } from './after/conditional-effects.js';
import { coef, fixef, ranef } from './after/effects.js';
import { elasticities } from './after/elasticities.js';
import { hypothesis } from './after/hypothesis.js';
import { etiOf, hdiOf, pdOf, ropeOf } from './after/intervals.js';
import { itemInformation } from './after/item-information.js';
import { marginalLikelihood } from './after/marginal-likelihood.js';
import { ppc } from './after/ppc.js';
import {
  type CategoryProbabilities,
  type FittedOptions,
  fitted,
  linpred,
  type ParameterOptions,
  type PredictionOptions,
  type PredictionSummaryOptions,
  type Predictions,
  posteriorEpred,
  posteriorLinpred,
  posteriorPredict,
  posteriorProbabilities,
  predict,
  probabilities,
} from './after/predictions.js';
import { ranksOf } from './after/ranks.js';
import { fitJson, summaryOf } from './after/summary.js';
import { means, trends } from './after/trends.js';
import type { FittedRegression } from './fitted-regression.js';
import { checkFit } from './validation/check.js';
import { type WithOutcomes, waicOf } from './validation/criteria.js';
import { type KfoldOptions, kfold } from './validation/k-fold.js';
import { type LooFitOptions, looWithRefits } from './validation/leave-one-out.js';
import { looScores } from './validation/loo-scores.js';
import { priorSensitivity } from './validation/prior-sensitivity.js';

/** A function of a fit, with the fit as a bound argument. */
type Method<F> = F extends (fit: FittedRegression, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

/** Methods of a fit; for their options, see the functions of the same names. */
export interface FitMethods {
  /** Estimates, errors, HDIs, R-hat and ESS; prints as brms' `summary`. */
  readonly summary: Method<typeof summaryOf>;
  /** Population-level coefficients. */
  readonly fixef: Method<typeof fixef>;
  /** Group effects, as deviations from the population-level coefficients. */
  readonly ranef: Method<typeof ranef>;
  /** Ranks of the levels of a grouping factor by their effects, with the probability to be the best. */
  readonly ranks: Method<typeof ranksOf>;
  /** Coefficients of each level: population-level coefficient plus the level's deviation. */
  readonly coef: Method<typeof coef>;
  /** Highest-density intervals (bayestestR). */
  readonly hdi: Method<typeof hdiOf>;
  /** Equal-tailed intervals (bayestestR). */
  readonly eti: Method<typeof etiOf>;
  /** Probabilities of direction (bayestestR). */
  readonly pd: Method<typeof pdOf>;
  /** Shares inside the region of practical equivalence (bayestestR). */
  readonly rope: Method<typeof ropeOf>;
  /** Expected outcomes of each row, summarized. */
  readonly fitted: Watchable<FittedOptions, Predictions>;
  /** Linear predictors of each row, summarized. */
  readonly linpred: Watchable<PredictionSummaryOptions & ParameterOptions, Predictions>;
  /** New outcomes of each row, summarized. */
  readonly predict: Watchable<PredictionSummaryOptions, Predictions>;
  /** Probabilities of each row's categories, summarized; ordinal families only. */
  readonly probabilities: Watchable<PredictionSummaryOptions, CategoryProbabilities>;
  /** Draws of the linear predictor of each row. */
  readonly posteriorLinpred: Watchable<PredictionOptions & ParameterOptions, Draws>;
  /** Draws of the expected outcome of each row. */
  readonly posteriorEpred: Watchable<PredictionOptions & ParameterOptions, Draws>;
  /** Draws of the probabilities of each row's categories; ordinal families only. */
  readonly posteriorProbabilities: Watchable<PredictionOptions, Draws>;
  /** Draws of new outcomes of each row. */
  readonly posteriorPredict: Watchable<PredictionOptions, Draws>;
  /** Posterior predictive check: replicated outcomes next to the observed ones. */
  readonly ppc: Method<typeof ppc>;
  /** Observed over predicted probabilities, each row predicted without itself. */
  readonly calibrationCurves: Method<typeof calibrationCurves>;
  /** Predictions along each predictor, the others held fixed (brms' `conditional_effects`). */
  readonly conditionalEffects: Method<typeof conditionalEffects>;
  /** Tests of hypotheses about parameters, for example `x1 - x2 > 0` (brms' `hypothesis`). */
  readonly hypothesis: Method<typeof hypothesis>;
  /** Marginal trends and their contrasts (`emmeans::emtrends`). */
  readonly trends: Method<typeof trends>;
  /** Marginal means and their contrasts (`emmeans::emmeans`). */
  readonly means: Method<typeof means>;
  /** Differences, ratios or odds ratios of mean outcomes between values of a predictor, over the same rows. */
  readonly compare: Method<typeof compare>;
  /** Shares of the choices that options of each kind have; families of choices only. */
  readonly shares: Method<typeof shares>;
  /** How much of one predictor makes up for one unit of each other: −b_j / b_per. */
  readonly tradeOffs: Method<typeof tradeOffs>;
  /** By how many percent shares of the choices change if an attribute rises by one percent, own and cross. */
  readonly elasticities: Method<typeof elasticities>;
  /** How much each item says of an ability, of ordered categories with a formula of `disc`. */
  readonly itemInformation: Method<typeof itemInformation>;
  /** Leave-one-out cross-validation, by importance sampling and by fits where that is not reliable. */
  readonly loo: Method<typeof looWithRefits>;
  /** K-fold cross-validation, at random, stratified or by groups, by fits to the other folds. */
  readonly kfold: Method<typeof kfold>;
  /** The widely applicable information criterion. */
  readonly waic: Watchable<Record<never, never>, Waic & WithOutcomes>;
  /** PIT values, CRPS, errors, accuracy and R² of predictions of each row without itself. */
  readonly looScores: Method<typeof looScores>;
  /** log p(y) by bridge sampling; `bayesFactor` compares two fits. */
  readonly marginalLikelihood: Method<typeof marginalLikelihood>;
  /** Bayesian R². */
  readonly r2: Method<typeof bayesR2>;
  /** Sensitivity to prior and likelihood, by power-scaling. */
  readonly priorSensitivity: Method<typeof priorSensitivity>;
  /** All checks of the fit in one verdict: whether it can be trusted, and why not. */
  readonly check: Method<typeof checkFit>;
}

/** A fitted regression: plain data with methods. */
export interface RegressionFit<Changes = unknown> extends FittedRegression, FitMethods {
  /** One entry per draw, chain after chain: 1 if its transition diverged, else 0. */
  readonly divergent: Uint8Array;
  /** The summary row of a parameter. @throws WeighbridgeError `bad-argument` if there is none */
  parameter(name: string): ParameterSummary;
  /** Refits with changed data, formula, priors or settings; the others are kept. */
  update(changes?: Changes): Promise<RegressionFit<Changes>>;
  /** The summary as text. */
  toString(): string;
  /** The output of `weighbridge fit --json`; keeps `JSON.stringify(fit)` small. */
  toJSON(): Record<string, unknown>;
}

/**
 * Adds the methods to a fit; the caller supplies `update`.
 *
 * @param runner of the fit, which also runs those that methods make
 */
export function withMethods<Changes>(
  data: FittedRegression,
  update: RegressionFit<Changes>['update'],
  runner?: FitRunner,
): RegressionFit<Changes> {
  const of = <F extends (fit: FittedRegression, ...rest: never[]) => unknown>(
    name: keyof FitMethods,
    f: F,
  ): Method<F> =>
    ((...rest: never[]) => {
      requireMethodOptions(name, rest);
      return f(data, ...rest);
    }) as Method<F>;
  const watchable = <Options, Result>(
    name: keyof FitMethods,
    f: WatchableOf<FittedRegression, Options, Result>,
  ) => of(name, f) as Watchable<Options, Result>;
  const methods: FitMethods = {
    summary: of('summary', summaryOf),
    fixef: of('fixef', fixef),
    ranef: of('ranef', ranef),
    ranks: of('ranks', ranksOf),
    coef: of('coef', coef),
    hdi: of('hdi', hdiOf),
    eti: of('eti', etiOf),
    pd: of('pd', pdOf),
    rope: of('rope', ropeOf),
    fitted: watchable('fitted', fitted),
    linpred: watchable('linpred', linpred),
    predict: watchable('predict', predict),
    probabilities: watchable('probabilities', probabilities),
    posteriorProbabilities: watchable('posteriorProbabilities', posteriorProbabilities),
    posteriorLinpred: watchable('posteriorLinpred', posteriorLinpred),
    posteriorEpred: watchable('posteriorEpred', posteriorEpred),
    posteriorPredict: watchable('posteriorPredict', posteriorPredict),
    ppc: of('ppc', ppc),
    calibrationCurves: of('calibrationCurves', calibrationCurves),
    conditionalEffects: of('conditionalEffects', conditionalEffects),
    hypothesis: of('hypothesis', hypothesis),
    trends: of('trends', trends),
    means: of('means', means),
    compare: of('compare', compare),
    shares: of('shares', shares),
    tradeOffs: of('tradeOffs', tradeOffs),
    elasticities: of('elasticities', elasticities),
    itemInformation: of('itemInformation', itemInformation),
    kfold: of('kfold', (fit, options?: KfoldOptions) => kfold(fit, { runner, ...options })),
    loo: of('loo', (fit, options?: LooFitOptions) => looWithRefits(fit, { runner, ...options })),
    waic: watchable('waic', waicOf),
    looScores: of('looScores', looScores),
    marginalLikelihood: of('marginalLikelihood', marginalLikelihood),
    r2: of('r2', bayesR2),
    priorSensitivity: of('priorSensitivity', priorSensitivity),
    check: of('check', checkFit),
  };
  const hidden = {
    ...methods,
    parameter: (name: string) => parameterOf(data, name),
    divergent: divergentDraws(data),
    update,
    toJSON: () => fitJson(data, { seconds: null, loo: null, kfold: null }),
  };
  return printable(withHidden({ ...data }, hidden), () => `${summaryOf(data)}`);
}

/** Option names of a method's last argument. */
type OptionNames<Name extends keyof FitMethods> =
  Required<Parameters<FitMethods[Name]>> extends [...unknown[], infer Options]
    ? Readonly<Record<keyof Options, true>>
    : Readonly<Record<string, never>>;

const summarized = { mass: true, robust: true } as const;
const chosen = { parameters: true } as const;
const predictor = { draws: true, groups: true, newLevels: true, seed: true } as const;
const watched = { onProgress: true, signal: true } as const;
const predicted = { data: true, ...predictor, ...watched } as const;
const marginal = { by: true, at: true, mass: true } as const;

const names: { readonly [Name in keyof FitMethods]: OptionNames<Name> } = {
  summary: summarized,
  fixef: summarized,
  ranef: summarized,
  ranks: { group: true, coefficient: true, mass: true },
  coef: summarized,
  hdi: { mass: true, method: true, ...chosen },
  eti: { mass: true, ...chosen },
  pd: { reference: true, ...chosen },
  rope: { range: true, mass: true, interval: true, ...chosen },
  fitted: { ...predicted, ...summarized, scale: true, dpar: true },
  linpred: { ...predicted, ...summarized, dpar: true },
  predict: { ...predicted, ...summarized },
  probabilities: { ...predicted, ...summarized },
  posteriorProbabilities: predicted,
  posteriorLinpred: { ...predicted, dpar: true },
  posteriorEpred: { ...predicted, dpar: true },
  posteriorPredict: predicted,
  ppc: { draws: true, groups: true, seed: true, replications: true, mass: true },
  calibrationCurves: { mass: true, seed: true },
  conditionalEffects: {
    conditions: true,
    method: true,
    dpar: true,
    ...summarized,
    resolution: true,
    ...predictor,
  },
  hypothesis: { class: true, group: true, mass: true, robust: true },
  trends: { of: true, ...marginal },
  means: { ...marginal, scale: true },
  compare: {
    of: true,
    values: true,
    data: true,
    pairedBy: true,
    groups: true,
    scale: true,
    mass: true,
    equivalence: true,
    draws: true,
    seed: true,
  },
  shares: { by: true, data: true, ...predictor, ...summarized },
  tradeOffs: { per: true, mass: true },
  elasticities: { of: true, by: true, data: true, ...predictor, ...summarized },
  itemInformation: { ability: true, item: true, data: true, mass: true, draws: true },
  looScores: { mass: true, seed: true },
  marginalLikelihood: { seed: true },
  kfold: {
    folds: true,
    stratified: true,
    grouped: true,
    seed: true,
    runner: true,
    ...watched,
  },
  loo: {
    refits: true,
    momentMatch: true,
    integrate: true,
    grouped: true,
    runner: true,
    ...watched,
  },
  waic: watched,
  r2: { ...summarized, draws: true, groups: true, method: true },
  priorSensitivity: { by: true, parameters: true, threshold: true },
  check: { loo: true, calibration: true, runner: true, ...watched },
};

/** Methods with an argument before the options. */
const withSubject: readonly string[] = ['conditionalEffects', 'hypothesis'];

/**
 * @param given all arguments of a call
 * @throws WeighbridgeError `bad-argument` for options that are not an object, or unknown options
 */
export function requireMethodOptions(method: keyof FitMethods, given: readonly unknown[]): void {
  const options = given[withSubject.includes(method) ? 1 : 0];
  if (options !== undefined) requireNames(options, Object.keys(names[method]), method);
}
