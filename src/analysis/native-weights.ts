/**
 * Weights of models as they are, revealed by their choices, and how well reports and other guesses
 * predict them.
 *
 * A correlation is the slope of the house's standardized regression. Comparisons are by a Bayesian
 * bootstrap over contexts: attributes of one context are not independent, two predictors of the same
 * weights are compared in pairs, and so are two models in the same contexts. With few contexts its
 * intervals are too narrow; Fisher's z of each draw is therefore moved away from the estimate by the
 * factor of `widening`.
 */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import type { RunOptions } from '../fit/job.js';
import { runHere } from '../fit/run.js';
import { type RegressionFit, regression, type SamplingOptions } from '../regression/regression.js';
import { settingsAmong } from '../sampler/settings.js';
import { normalizedDifferences } from '../study/context.js';
import { BootstrapWeights } from './bootstrap.js';
import type { Pairs } from './correlations.js';
import { type ContextChoices, type LearnedWeights, learnedWeights } from './learned-weights.js';
import { type Pooling, weightPlan } from './pooled-weights.js';
import { standardizeTable, type WeightTable } from './reported-weights.js';
import { correlation } from './standardize.js';

/** The learned weights of each model, in the order of its contexts; pooling is over them. */
export async function nativeWeights(
  groupsOf: ReadonlyMap<string, readonly ContextChoices[]>,
  { runner = runHere, ...sampling }: SamplingOptions = {},
  pooling: Pooling = 'none',
): Promise<Map<string, readonly LearnedWeights[]>> {
  const plans = [...groupsOf].map(([model, groups]) => ({
    ...{ model, groups },
    plan: weightPlan(model, groups, pooling),
  }));
  const jobs = plans.flatMap(({ plan }) => plan.jobs);
  const { onProgress, signal }: RunOptions = sampling;
  const results = await runner(jobs, settingsAmong(sampling), { onProgress, signal });
  const byName = new Map(results.map((fit) => [fit.name, fit]));
  return new Map(
    plans.map(({ model, groups, plan }) => {
      const fits = plan.read(byName);
      return [
        model,
        groups.flatMap((group, i) => {
          const fit = fits[i];
          return fit ? [learnedWeights(group, fit)] : [];
        }),
      ];
    }),
  );
}

/** Percentage of choices of the option that the learned weights prefer. */
export function agreeingPercent(
  groups: readonly ContextChoices[],
  weights: readonly LearnedWeights[],
): number {
  const agreeing = groups.flatMap(({ context, choices }, place) =>
    choices.map((choice) => {
      const { slopes = [], intercept = 0 } = weights[place] ?? {};
      const logit = normalizedDifferences(context, choice).reduce(
        (sum, difference, i) => sum + (slopes[i] ?? 0) * difference,
        intercept,
      );
      return logit > 0 === choice.choseA;
    }),
  );
  return (100 * agreeing.filter(Boolean).length) / agreeing.length;
}

/** Weights on the paper's scale, by context. */
export function scaledWeights(weights: readonly LearnedWeights[]): WeightTable {
  return new Map(weights.map(({ context, scaled }) => [context.name, scaled]));
}

/**
 * standardized weight ~ standardized report, brms' default priors: the slope is read as a correlation.
 * Null with fewer than `LEAST_PAIRS` pairs, or if all weights or all reports are equal.
 */
export async function reportRegression(
  { weights, reports }: Pairs,
  sampling: SamplingOptions = {},
): Promise<RegressionFit | null> {
  if (weights.length < LEAST_PAIRS || !Number.isFinite(correlation(reports, weights))) return null;
  const data = { weight: weights, report: reports };
  return regression({ formula: 'weight ~ report', data, ...sampling });
}

const LEAST_PAIRS = 4;

/**
 * Reports that depend on an attribute's place in its context only: the mean of the other contexts'
 * reports at that place.
 */
export function meansByPlace(reports: WeightTable): WeightTable {
  const all = [...reports.values()];
  const places = Math.max(0, ...all.map(({ length }) => length));
  const sums = Array.from({ length: places }, (_, place) => {
    const values = all.flatMap((weights) => weights[place] ?? []);
    return { count: values.length, sum: values.reduce((total, value) => total + value, 0) };
  });
  return new Map(
    [...reports].map(([context, weights]) => [
      context,
      weights.map((own, place) => {
        const { count = 0, sum = 0 } = sums[place] ?? {};
        return count > 1 ? (sum - own) / (count - 1) : 0;
      }),
    ]),
  );
}

/** The mean of several tables, each standardized before, over the contexts that all of them have. */
export function meanTable(tables: readonly WeightTable[]): WeightTable {
  const standardized = tables.map(standardizeTable);
  const [first = new Map<string, readonly number[]>(), ...others] = standardized;
  return new Map(
    [...first].flatMap(([context, weights]): [string, number[]][] => {
      const rest = others.flatMap((table) =>
        [table.get(context) ?? []].filter((w) => w.length > 0),
      );
      if (rest.length < others.length) return [];
      const mean = (own: number, i: number) =>
        rest.reduce((sum, table) => sum + (table[i] ?? 0), own) / standardized.length;
      return [[context, weights.map(mean)]];
    }),
  );
}

/** Draws of correlations that share their contexts' weights, so that differences are paired. */
export class PairedCorrelations {
  private readonly weights: BootstrapWeights;

  constructor(seed: number | string, draws = 4000) {
    this.weights = new BootstrapWeights(seed, draws);
  }

  /**
   * Posterior draws of Pearson's r over the attributes of the given contexts; null if there are fewer
   * than `LEAST_CONTEXTS` with both, or if all values of a table are equal.
   */
  draws(
    weights: WeightTable,
    predictor: WeightTable,
    contexts: readonly string[],
  ): Float64Array | null {
    const sums = contexts.flatMap((context) => {
      const [x, y] = [weights.get(context), predictor.get(context)];
      return x && y ? [{ ...momentsOf(x, y), by: this.weights.of('context', context) }] : [];
    });
    const observed = Math.atanh(correlationOf(sums, null));
    if (sums.length < LEAST_CONTEXTS || !Number.isFinite(observed)) return null;
    const factor = widening(sums.length);
    return Float64Array.from({ length: this.weights.draws }, (_, draw) =>
      Math.tanh(observed + factor * (Math.atanh(correlationOf(sums, draw)) - observed)),
    );
  }
}

const LEAST_CONTEXTS = 4;

/**
 * The factor by which intervals of a bootstrap over few contexts are widened. The bootstrap divides by
 * n + 1 instead of n − 1, and assumes a normal distribution instead of Student's t. 1.12 for 20
 * contexts, 1.02 for 100.
 */
function widening(contexts: number): number {
  const freedom = contexts - 1;
  const share = betaQuantile(0.05, freedom / 2, 0.5);
  const quantile = Math.sqrt(freedom * (1 / share - 1));
  return Math.sqrt((contexts + 1) / freedom) * (quantile / NORMAL_QUANTILE);
}

/** The 97.5% quantile of the standard normal distribution. */
const NORMAL_QUANTILE = 1.959964;

interface Moments {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

function momentsOf(xs: readonly number[], ys: readonly number[]): Moments {
  const sum = (of: (x: number, y: number) => number) =>
    xs.reduce((total, x, i) => total + of(x, ys[i] ?? 0), 0);
  return {
    n: xs.length,
    x: sum((x) => x),
    y: sum((_, y) => y),
    xx: sum((x) => x * x),
    yy: sum((_, y) => y * y),
    xy: sum((x, y) => x * y),
  };
}

/** @param draw null: all weights are 1 */
function correlationOf(
  contexts: readonly (Moments & { readonly by: Float64Array })[],
  draw: number | null,
): number {
  let [n, x, y, xx, yy, xy] = [0, 0, 0, 0, 0, 0];
  for (const one of contexts) {
    const weight = draw === null ? 1 : (one.by[draw] ?? 0);
    n += weight * one.n;
    x += weight * one.x;
    y += weight * one.y;
    xx += weight * one.xx;
    yy += weight * one.yy;
    xy += weight * one.xy;
  }
  const r = (xy - (x * y) / n) / Math.sqrt((xx - (x * x) / n) * (yy - (y * y) / n));
  // A perfect correlation has no finite z.
  return Math.abs(r) > LARGEST_R ? Math.sign(r) * LARGEST_R : r;
}

const LARGEST_R = 1 - 1e-9;
