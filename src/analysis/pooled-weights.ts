/**
 * Learned weights by partial pooling: one multilevel logistic regression of a model's choices in all
 * contexts (models/latent-correlation.ts without reports),
 *
 *     choice_i ~ Bernoulli(logit⁻¹(a_c + d_i · w_c)),   w_cj ~ normal(0, tau_w),   a_c ~ normal(mu_a, tau_a),
 *
 * instead of one regression per context with slopes normal(0, 1). How large weights are is learned
 * from all contexts together, so that the weights of a context need fewer choices of its own.
 *
 * A context with fewer attributes than another has differences of 0 for the others. Their weights then
 * have their prior as posterior and change nothing; they are not reported.
 */
import { parameterNamesOf } from '../../models/model-specification.js';
import { requireOneOf } from '../checks/options.js';
import { type ChoiceRow, jointData } from '../correlation/joint-data.js';
import { type FitJob, type FitResult, withName } from '../fit/job.js';
import type { Draws } from '../posterior/draws.js';
import { diagnose, shortfalls } from '../posterior/summary.js';
import { type Choice, normalizedDifferences } from '../study/context.js';
import type { Setting } from '../study/study.js';
import {
  bothSettings,
  type ChoiceWeighing,
  type ContextChoices,
  type FitsByName,
  fitNamed,
  type ModelData,
  outcomeOf,
  type PlannedFit,
  weightFits,
  weightJob,
} from './learned-weights.js';

/** `none`: a regression for each context. `partial`: one for all contexts of a model and setting. */
export type Pooling = 'none' | 'partial';

export function requirePooling(pooling: Pooling): Pooling {
  return requireOneOf('pooling', pooling, ['none', 'partial']);
}

/** A job from whose result one or several fits are read. */
export interface PlannedJob {
  readonly job: FitJob;
  /** In the order of `read`; only their names, subjects and parameters matter. */
  readonly fits: readonly PlannedFit[];
  read(result: FitResult): readonly FitResult[];
}

/** A job whose result is the fit. */
export function ownJob(planned: PlannedFit): PlannedJob {
  return { job: planned.job, fits: [planned], read: (result) => [result] };
}

interface PooledOptions {
  /** Outcomes of the regression. @default 'as-made' */
  readonly weighChoices?: ChoiceWeighing;
  /** If true, results have draws. @default false */
  readonly keepDraws?: boolean;
}

/**
 * The regression of all choices of a model.
 *
 * @throws WeighbridgeError `bad-data` if all choices of all contexts are alike
 */
function pooledJob(
  name: string,
  groups: readonly ContextChoices[],
  { weighChoices = 'as-made', keepDraws = false }: PooledOptions = {},
): FitJob {
  const attributes = Math.max(...groups.map(({ context }) => context.attributes.length));
  const row = ({ context }: ContextChoices, choice: Choice): ChoiceRow => {
    const differences = normalizedDifferences(context, choice);
    const others = Array.from({ length: attributes - differences.length }, () => 0);
    return {
      context: context.name,
      differences: [...differences, ...others],
      choseA: outcomeOf(choice, weighChoices),
    };
  };
  const choices = groups.flatMap((group) => group.choices.map((choice) => row(group, choice)));
  const { specification } = withName({ name }, () =>
    jointData({ choices, reports: {}, reportWeights: true }),
  );
  return { name, specification, controlMeans: true, keepChains: true, keepDraws };
}

/** The regressions of a model's settings; each gives one fit per context, as without pooling. */
export function pooledWeightFits(data: ModelData, options: PooledOptions = {}): PlannedJob[] {
  const separate = weightFits(data, options.weighChoices);
  return bothSettings.flatMap((setting) => {
    const fits = separate.filter(({ subject }) => subject.setting === setting);
    if (fits.length === 0) return [];
    const job = pooledJob(pooledJobName(data.record.name, setting), data.groups[setting], options);
    return [{ job, fits, read: (result) => contextFits(result, data.groups[setting], fits) }];
  });
}

/** Jobs of the learned weights of one model, and the fit of each context from their results. */
interface WeightPlan {
  readonly jobs: readonly FitJob[];
  /** In the order of the groups. */
  read(results: FitsByName): FitResult[];
}

export function weightPlan(
  model: string,
  groups: readonly ContextChoices[],
  pooling: Pooling,
): WeightPlan {
  const separate = groups.map((group) => ({
    job: weightJob(`${model}/${group.context.name}`, group),
  }));
  if (pooling === 'none' || groups.length === 0) {
    return {
      jobs: separate.map(({ job }) => job),
      read: (results) => separate.map(({ job }) => fitNamed(results, job.name)),
    };
  }
  const job = pooledJob(model, groups);
  return {
    jobs: [job],
    read: (results) => contextFits(fitNamed(results, job.name), groups, separate),
  };
}

export function pooledJobName(model: string, setting: Setting): string {
  return `${model}/${setting}`;
}

/**
 * The fit of each context, read off the fit of all: its intercept and slopes, named as in a regression
 * of its own. Divergences and E-BFMI are those of the whole fit.
 *
 * @param planned the regressions of the contexts without pooling, in the order of the groups
 */
function contextFits(
  pooled: FitResult,
  groups: readonly ContextChoices[],
  planned: readonly Pick<PlannedFit, 'job'>[],
): FitResult[] {
  const { algorithm, parameters, chains, draws, controlledMeans, diagnostics } = pooled;
  if (!chains) throw new RangeError(`the chains of ${pooled.name} were not kept`);
  const places = new Map(parameters.map(({ name }, place) => [name, place]));
  return groups.map(({ context }, i) => {
    const { job } = planned[i] ?? {};
    const first = places.get(`a[${context.name}]`);
    if (!job || first === undefined) throw new RangeError(`${pooled.name} has no ${context.name}`);
    const names = parameterNamesOf(job.specification);
    const end = first + names.length;
    const rows = parameters.slice(first, end).map((row, j) => ({ ...row, name: names[j] ?? '' }));
    const own = diagnose(rows, chains, diagnostics.paretoK);
    return {
      name: job.name,
      algorithm,
      parameters: rows,
      diagnostics: own,
      warnings: shortfalls(own),
      ...(draws && { draws: columnsOf(draws, first, names) }),
      ...(controlledMeans && { controlledMeans: controlledMeans.slice(first, end) }),
    };
  });
}

/** The draws of some successive parameters, under other names. */
function columnsOf(
  { values, parameterNames, chains, drawsPerChain }: Draws,
  first: number,
  names: readonly string[],
): Draws {
  const own = new Float64Array(chains * drawsPerChain * names.length);
  const width = parameterNames.length;
  for (let draw = 0; draw < chains * drawsPerChain; draw++) {
    const from = draw * width + first;
    own.set(values.subarray(from, from + names.length), draw * names.length);
  }
  return { parameterNames: names, chains, drawsPerChain, values: own };
}
