/**
 * Fits of custom models: `sample`, and the methods that every fit has, with or without a design
 * matrix.
 */
import { requireNames, requireProbability } from '../checks/options.js';
import { badArgument, described, isRecord } from '../checks/values.js';
import { chooseDraws, type Draws } from '../posterior/draws.js';
import { type LogLikelihood, logLikelihoodOf } from '../posterior/log-likelihood.js';
import { type Loo, loo } from '../posterior/loo.js';
import { fixed, type Printable, printable, textTable } from '../posterior/printable.js';
import {
  checkReplications,
  type PosteriorPredictiveCheck,
  type ReplicationOptions,
} from '../posterior/replications.js';
import type { ParameterSummary } from '../posterior/summary.js';
import { type Waic, waic } from '../posterior/waic.js';
import { type RandomStream, randomStream } from '../random/stream.js';
import type { Model } from '../sampler/model.js';
import {
  completeSettings,
  defaultSettings,
  type SamplerSettings,
  settingNames,
} from '../sampler/settings.js';
import type { WarmupStage } from '../sampler/warm-up.js';
import { type FitData, gradientsOf, parameterOf, sampleFit } from './fit.js';
import {
  etiRows,
  type HdiOptions,
  type HdiRow,
  hdiRows,
  type IntervalOptions,
  type IntervalRow,
  type NamedDraws,
  type PdOptions,
  type PdRow,
  pdRows,
  type RopeOptions,
  type RopeRow,
  ropeRows,
} from './intervals.js';
import { keepGradientsOf } from './score-intervals.js';

/** A fit: draws, diagnostics, and methods that need only the draws. */
export interface Fit extends FitData {
  /** One entry per draw, chain after chain: 1 if its transition diverged, else 0. */
  readonly divergent: Uint8Array;
  /**
   * The summary row of a parameter. @throws WeighbridgeError `bad-argument` if there is no such
   * parameter
   */
  parameter(name: string): ParameterSummary;
  /** Highest-density intervals, as bayestestR's `hdi`. */
  hdi(options?: HdiOptions): readonly HdiRow[] & Printable;
  /** Equal-tailed intervals, as bayestestR's `eti`. */
  eti(options?: IntervalOptions): readonly IntervalRow[] & Printable;
  /** Probabilities of direction, as bayestestR's `p_direction`. */
  pd(options?: PdOptions): readonly PdRow[] & Printable;
  /** Shares of the posterior in the region of practical equivalence, as bayestestR's `rope`. */
  rope(options?: RopeOptions): readonly RopeRow[] & Printable;
  /** Leave-one-out cross-validation by Pareto-smoothed importance sampling. */
  loo(): Loo;
  /** The widely applicable information criterion. */
  waic(): Waic;
  toString(): string;
}

/** The fit of a custom model. */
export interface ModelFit extends Fit {
  readonly name: string;
  /** One row per reported parameter; prints as a table. */
  summary(): readonly ParameterSummary[] & Printable;
}

export interface Replicable {
  /** Posterior predictive check, by statistics of replicated outcomes. */
  ppc(options?: ReplicationOptions): PosteriorPredictiveCheck & Printable;
}

export interface SampleOptions extends Partial<SamplerSettings> {
  readonly model: Model;
  /** Name of the fit; random streams are derived from seed, name and chain. @default 'fit' */
  readonly name?: string;
  /**
   * The log likelihood of each observation, given the reported parameters of one draw; required by
   * `loo` and `waic`.
   */
  readonly logLikelihood?: (parameters: Float64Array) => ArrayLike<number>;
  /** The outcomes that `simulate` replicates; required by `ppc`. */
  readonly observed?: ArrayLike<number>;
  /** Draws all outcomes, given the reported parameters of one draw; required by `ppc`. */
  readonly simulate?: (parameters: Float64Array, random: RandomStream) => ArrayLike<number>;
  /**
   * The warm-up of NUTS and HMC, instead of `warmup` transitions in Stan's stages. Ignored by split
   * HMC, which needs no tuning.
   *
   * @default stanStages(warmup)
   */
  readonly warmupStages?: readonly WarmupStage[];
}

/**
 * Samples all chains of a model on this thread without pausing.
 *
 * @throws WeighbridgeError `bad-argument` for unknown or out-of-range options, `no-initial-point`
 *   if no initial point with a finite density is found
 */
export function sample(options: SampleOptions): ModelFit & Replicable {
  requireNames(
    options,
    ['model', 'name', 'logLikelihood', 'observed', 'simulate', 'warmupStages', ...settingNames],
    'sample',
  );
  const {
    model,
    name = 'fit',
    logLikelihood,
    observed,
    simulate,
    warmupStages,
    ...settings
  } = options;
  if (!isRecord(model) || typeof model.logDensity !== 'function') {
    throw badArgument(
      `model is ${described(model)}, expected { dimension, parameterNames, logDensity }`,
      { option: 'model', found: model },
    );
  }
  if (warmupStages !== undefined && !Array.isArray(warmupStages)) {
    throw badArgument(`warmupStages is ${described(warmupStages)}, expected an array of stages`, {
      option: 'warmupStages',
      found: warmupStages,
    });
  }
  const { fit, chains } = sampleFit(model, completeSettings(settings), name, warmupStages);
  keepGradientsOf(fit.draws, gradientsOf(chains));
  const ppc = (given: ReplicationOptions = {}) =>
    replicationsOf(fit.draws, observed, simulate, { seed: settings.seed, ...given });
  return modelFit({ name, ...fit }, { logLikelihood, methods: { ppc } });
}

/** @throws WeighbridgeError `bad-argument` without outcomes and a generator, or for another number of outcomes */
function replicationsOf(
  draws: Draws,
  observed: SampleOptions['observed'],
  simulate: SampleOptions['simulate'],
  { replications, mass = 0.95, seed = defaultSettings.seed }: ReplicationOptions,
): PosteriorPredictiveCheck & Printable {
  if (!observed || !simulate) {
    throw badArgument(
      'ppc needs the outcomes and a generator: give sample the options observed and simulate',
    );
  }
  requireProbability('mass', mass);
  const count = draws.chains * draws.drawsPerChain;
  const width = draws.parameterNames.length;
  const rows = observed.length;
  const random = randomStream(seed, 'replications');
  const values = new Float64Array(rows * count);
  for (let s = 0; s < count; s++) {
    const one = simulate(draws.values.subarray(s * width, (s + 1) * width), random);
    if (one.length !== rows) {
      throw badArgument(
        `simulate gave ${one.length} outcomes, expected ${rows}, one for each of observed`,
      );
    }
    for (let row = 0; row < rows; row++) values[row * count + s] = one[row];
  }
  return checkReplications(Float64Array.from(observed), {
    count,
    kept: chooseDraws(draws, replications ?? Math.min(100, count), 'replications'),
    mass,
    eachRow(onRow) {
      for (let row = 0; row < rows; row++)
        onRow(row, values.subarray(row * count, (row + 1) * count));
    },
  });
}

/** What a fit of a certain model has beyond its draws. */
interface ModelFitExtras<Methods extends object> {
  readonly logLikelihood?: SampleOptions['logLikelihood'];
  /** Methods of this model's fits. */
  readonly methods?: Methods;
  /** Text below the printed summary. */
  readonly footer?: () => string;
}

/** Adds the methods of a fit without a design matrix. */
export function modelFit<Data extends FitData & { readonly name: string }, Methods extends object>(
  fit: Data,
  { logLikelihood, methods, footer }: ModelFitExtras<Methods>,
): Data & ModelFit & Methods {
  const { draws, parameters } = fit;
  const all = { draws, names: draws.parameterNames };
  const summary = () => printable([...parameters], () => summaryText(parameters));
  const hidden = {
    ...fitMethods(fit, all),
    rope: (given: RopeOptions = {}) => ropeRows(all, given),
    loo: () => loo(pointwise(fit, logLikelihood)),
    waic: () => waic(pointwise(fit, logLikelihood)),
    summary,
    ...methods,
  };
  const text = () => (footer ? `${summary()}\n\n${footer()}` : String(summary()));
  return printable(withHidden(fit, hidden), text) as Data & ModelFit & Methods;
}

/** The methods of a fit that need only its draws. */
export function fitMethods(fit: FitData, named: NamedDraws) {
  return {
    divergent: divergentDraws(fit),
    parameter: (name: string) => parameterOf(fit, name),
    hdi: (options?: HdiOptions) => hdiRows(named, options),
    eti: (options?: IntervalOptions) => etiRows(named, options),
    pd: (options?: PdOptions) => pdRows(named, options),
  };
}

/** Adds non-enumerable properties, which are not cloned, saved or compared. */
export function withHidden<Data extends object, Hidden extends object>(
  data: Data,
  hidden: Hidden,
): Data & Hidden {
  const result = { ...data };
  for (const [name, value] of Object.entries(hidden)) {
    Object.defineProperty(result, name, { value, enumerable: false });
  }
  return result as Data & Hidden;
}

export function divergentDraws({ draws, chains }: FitData): Uint8Array {
  const divergent = new Uint8Array(draws.chains * draws.drawsPerChain);
  chains.forEach(({ transitions }, chain) => {
    divergent.set(transitions.divergent, chain * draws.drawsPerChain);
  });
  return divergent;
}

function pointwise(
  { draws }: FitData,
  logLikelihood: SampleOptions['logLikelihood'],
): LogLikelihood {
  if (!logLikelihood) {
    throw badArgument(
      'loo and waic need the log likelihood of each observation: give sample the option logLikelihood',
      { option: 'logLikelihood' },
    );
  }
  const width = draws.parameterNames.length;
  const count = draws.chains * draws.drawsPerChain;
  const rows = Array.from({ length: count }, (_, draw) =>
    logLikelihood(draws.values.subarray(draw * width, (draw + 1) * width)),
  );
  const [first] = rows;
  const values = new Float64Array(count * first.length);
  rows.forEach((row, draw) => {
    values.set(row, draw * first.length);
  });
  return logLikelihoodOf(values, first.length, draws.chains);
}

function summaryText(rows: readonly ParameterSummary[]): string {
  const column = (head: string, digits: number, value: (row: ParameterSummary) => number) => ({
    head,
    cells: rows.map((row) => fixed(value(row), digits)),
  });
  return textTable(
    rows.map(({ name }) => name),
    [
      column('Mean', 2, ({ mean }) => mean),
      column('SD', 2, ({ sd }) => sd),
      column('l-95% HDI', 2, ({ hdi }) => hdi[0]),
      column('u-95% HDI', 2, ({ hdi }) => hdi[1]),
      column('Rhat', 2, ({ rhat }) => rhat),
      column('Bulk_ESS', 0, ({ essBulk }) => essBulk),
      column('Tail_ESS', 0, ({ essTail }) => essTail),
    ],
  ).join('\n');
}
