/**
 * How well choices are predicted with and without partial pooling of the weights: by the other choices
 * of their context, and by the choices of other contexts. The definitions are in
 * src/correlation/predictive-density.ts.
 *
 * Scores are expected log predictive densities (elpd), sums over choices of the logarithm of the
 * probability that a model gave to the choice that was made; 0 is perfect, and a coin has −0.69 for each
 * choice. Standard errors are over contexts, and differences are paired.
 *
 * The option chosen in a new context cannot be predicted: the signs of its weights are unknown. Both
 * models give both options about one half in a single choice. Of a context left out as a whole the score
 * can still differ, because the choices depend on the same weights: it shows whose prior expects
 * weights as large as the model's are.
 */
import { priorDensity } from '../../models/prior-distributions/density.js';
import { centrePredictors } from '../../models/regression-data.js';
import {
  type ContextPrediction,
  type ContextRows,
  EffectPoints,
  type EffectPrior,
} from '../correlation/predictive-density.js';
import { parameterOf } from '../fit/fit.js';
import { type CancelSignal, type FitResult, requireDraws, requireRunning } from '../fit/job.js';
import { pause } from '../fit/run.js';
import { type Draws, parameterDraws } from '../posterior/draws.js';
import { type Estimate, sumWithError } from '../posterior/log-likelihood.js';
import type { ParameterSummary } from '../posterior/summary.js';
import { randomStream } from '../random/stream.js';
import type { Setting } from '../study/study.js';
import {
  bothSettings,
  type ContextChoices,
  type FitsByName,
  fitNamed,
  type ModelData,
  type PlannedFit,
  weightFits,
  weightJob,
  weightJobName,
} from './learned-weights.js';
import { type Pooling, pooledJobName } from './pooled-weights.js';

/** Values without and with partial pooling, and their difference, partial − none. */
export type ByPooling<T> = Readonly<Record<Pooling | 'difference', T>>;

export interface ChoicePrediction {
  readonly contexts: number;
  readonly choices: number;
  /** elpd of each choice given the other choices of its context (and, if pooled, all others). */
  readonly leftOutChoices: ByPooling<Estimate>;
  /** Percentage of choices to which the others give more than one half. */
  readonly correctPercent: ByPooling<Estimate>;
  /** elpd of the choices of a context given those of all other contexts. */
  readonly leftOutContexts: ByPooling<Estimate>;
  /** Monte Carlo standard errors of the two differences in elpd. */
  readonly mcse: { readonly leftOutChoices: number; readonly leftOutContexts: number };
  /** Largest k̂ of all importance weights; above 0.7 some scores are unreliable. */
  readonly paretoK: number;
}

/** The regression of all choices of a model and setting. */
export interface PooledModel {
  readonly model: string;
  readonly setting: Setting;
  /** tau_w, mu_a, tau_a. */
  readonly hyperparameters: readonly ParameterSummary[];
  /** null for choices weighed by probability: a fractional outcome has no predictive density. */
  readonly prediction: ChoicePrediction | null;
}

/** Draws used for mean and covariance of the effects of a context. */
const MOST_DRAWS = 1000;
/** Draws of the hyperparameters, which are few and well determined. */
const MOST_PRIORS = 250;

/**
 * The pooled fits of all models, and how well they predict choices. For that, the contexts' own
 * regressions are fitted too, with fewer draws.
 *
 * @param pooled results of `pooledWeightFits` by name, those for all contexts included
 * @param runSeparate runs the regressions of the contexts
 */
export async function pooledModels(
  data: readonly ModelData[],
  pooled: FitsByName,
  { seed, signal, runSeparate }: PooledModelsOptions,
): Promise<PooledModel[]> {
  const separate =
    runSeparate && (await runSeparate(data.flatMap((ofModel) => weightFits(ofModel))));
  const models: PooledModel[] = [];
  for (const { record, groups } of data) {
    for (const setting of bothSettings) {
      if (groups[setting].length === 0) continue;
      const model = record.name;
      const fit = fitNamed(pooled, pooledJobName(model, setting));
      const byContext = separate && { none: separate, partial: pooled };
      const nameOf = (context: string) => weightJobName(model, setting, context);
      models.push({
        ...{ model, setting, hyperparameters: hyperparametersOf(fit) },
        prediction:
          byContext &&
          (await choicePrediction(
            { groups: groups[setting], pooled: fit, byContext, nameOf },
            seed,
            signal,
          )),
      });
    }
  }
  return models;
}

interface PooledModelsOptions {
  readonly seed: number | string;
  readonly signal?: CancelSignal | undefined;
  /** null: no prediction. */
  readonly runSeparate: ((round: readonly PlannedFit[]) => Promise<FitsByName>) | null;
}

const HYPERPARAMETERS = ['tau_w', 'mu_a', 'tau_a'];

function hyperparametersOf(fit: FitResult): ParameterSummary[] {
  return HYPERPARAMETERS.map((name) => parameterOf(fit, name));
}

/** The fits of one model and setting. */
interface PredictionFits {
  readonly groups: readonly ContextChoices[];
  /** With draws. */
  readonly pooled: FitResult;
  /** Results for each context by name, with draws: from the pooled fit, and from its own regression. */
  readonly byContext: Readonly<Record<Pooling, FitsByName>>;
  readonly nameOf: (context: string) => string;
}

async function choicePrediction(
  { groups, pooled, byContext, nameOf }: PredictionFits,
  seed: number | string,
  signal?: CancelSignal,
): Promise<ChoicePrediction> {
  const priors = priorsOf(thinned(requireDraws(pooled), MOST_PRIORS));
  const predictions: Record<Pooling, ContextPrediction>[] = [];
  for (const group of groups) {
    requireRunning(signal);
    const name = nameOf(group.context.name);
    const points = (pooling: Pooling) =>
      new EffectPoints(
        rowsOf(name, group),
        thinned(requireDraws(fitNamed(byContext[pooling], name)), MOST_DRAWS),
        randomStream(seed, name, 'prediction', pooling),
      );
    predictions.push({
      none: points('none').under(logPriorOf(name, group)),
      partial: points('partial').underOthers(priors),
    });
    await pause();
  }
  return joined(
    predictions,
    groups.reduce((sum, group) => sum + group.choices.length, 0),
  );
}

function joined(
  predictions: readonly Readonly<Record<Pooling, ContextPrediction>>[],
  choices: number,
): ChoicePrediction {
  const byPooling = (of: (one: ContextPrediction) => number, unit = 1): ByPooling<Estimate> => {
    const sum = (value: (none: number, partial: number) => number) =>
      sumWithError(
        Float64Array.from(predictions, ({ none, partial }) => unit * value(of(none), of(partial))),
      );
    return {
      none: sum((none) => none),
      partial: sum((_, partial) => partial),
      difference: sum((none, partial) => partial - none),
    };
  };
  const both = predictions.flatMap(({ none, partial }) => [none, partial]);
  const error = (of: (one: ContextPrediction) => number) => Math.hypot(...both.map(of));
  return {
    contexts: predictions.length,
    choices,
    leftOutChoices: byPooling((one) => one.choices.elpd),
    correctPercent: byPooling(({ correct }) => correct, 100 / choices),
    leftOutContexts: byPooling((one) => one.context.elpd),
    mcse: {
      leftOutChoices: error((one) => one.choices.mcse),
      leftOutContexts: error((one) => one.context.mcse),
    },
    paretoK: Math.max(...both.map(({ paretoK }) => paretoK)),
  };
}

/** Every k-th draw of each chain, so that at most `most` remain. */
function thinned(draws: Draws, most: number): Draws {
  const { chains, drawsPerChain, values, parameterNames } = draws;
  const step = Math.ceil((chains * drawsPerChain) / most);
  const left = Math.ceil(drawsPerChain / step);
  const width = parameterNames.length;
  const kept = new Float64Array(chains * left * width);
  for (let chain = 0; chain < chains; chain++) {
    for (let draw = 0; draw < left; draw++) {
      const from = (chain * drawsPerChain + draw * step) * width;
      kept.set(values.subarray(from, from + width), (chain * left + draw) * width);
    }
  }
  return { parameterNames, chains, drawsPerChain: left, values: kept };
}

function priorsOf(draws: Draws): EffectPrior[] {
  const [muA, tauA, tauW] = ['mu_a', 'tau_a', 'tau_w'].map((name) => parameterDraws(draws, name));
  return Array.from(muA ?? [], (value, s) => ({
    muA: value,
    tauA: tauA?.[s] ?? Number.NaN,
    tauW: tauW?.[s] ?? Number.NaN,
  }));
}

function rowsOf(name: string, group: ContextChoices): ContextRows {
  const { predictors, outcomes } = weightJob(name, group).specification.data;
  return { differences: predictors.values, outcomes };
}

/** The log prior of the effects in a regression of its own, whose intercept is at the mean differences. */
function logPriorOf(name: string, group: ContextChoices): (effects: Float64Array) => number {
  const { data, priors } = weightJob(name, group).specification;
  const { means } = centrePredictors(data);
  const intercept = priors.intercept && priorDensity(priors.intercept);
  const slopes = priors.coefficients.map(priorDensity);
  return (effects) => {
    let middle = effects[0] ?? Number.NaN;
    let logDensity = 0;
    slopes.forEach((slope, j) => {
      const weight = effects[j + 1] ?? Number.NaN;
      middle += (means[j] ?? 0) * weight;
      logDensity += slope.logDensity(weight);
    });
    return logDensity + (intercept?.logDensity(middle) ?? 0);
  };
}
