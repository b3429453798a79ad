/**
 * The design of any study that ends in a regression: fits a pilot, simulates data sets of other sizes
 * from its posterior, fits these, and summarizes the interval of one parameter.
 */

import type { GroupEffects, RegressionSpecification } from '../../models/regression-data.js';
import { reportedLayout, reportedNames } from '../../models/reported-parameters.js';
import { listed } from '../checks/names.js';
import { requireNames, requireOneOf, requireSeed } from '../checks/options.js';
import { badArgument, badData, described } from '../checks/values.js';
import { isWeighbridgeError } from '../errors.js';
import { type FitRunner, requireDraws, requireRunning } from '../fit/job.js';
import { OtherShards } from '../fit/other-shards.js';
import { requireProper } from '../fit/propriety.js';
import { MILLISECONDS_BETWEEN_PAUSES, pause, runHere, Throttle } from '../fit/run.js';
import { rankFacts } from '../formula/rank.js';
import { largestOf } from '../linear-algebra/powers-of-two.js';
import { sampleMoments } from '../posterior/convergence.js';
import { parameterDraws } from '../posterior/draws.js';
import { eti } from '../posterior/intervals.js';
import { quickStream } from '../random/quick-stream.js';
import { randomStream } from '../random/stream.js';
import { type Preparation, prepare } from '../regression/prepare.js';
import { outcomeSimulator } from '../regression/priors/sample-prior.js';
import type { RegressionFit } from '../regression/regression.js';
import { fitPrepared } from '../regression/regression.js';
import { isGroupEffect } from '../regression/validation/criteria.js';
import {
  groupEffectsAt,
  requireFiniteOutcomes,
} from '../regression/validation/regression-simulations.js';
import { settingsOfFit } from '../regression/validation/simulation-run.js';
import { type SamplerSettings, settingsAmong } from '../sampler/settings.js';
import { type Approximate, approximateFit, type FitKind } from './approximate-fit.js';
import {
  type DesignFigures,
  DesignTally,
  gridOf,
  type Plan,
  type PlanRunOptions,
  range,
  requirePrices,
  requireSimulations,
  requireTarget,
  type SimulatedEstimate,
  verdictOf,
} from './plan.js';
import { type RegressionDesign, resampled, type VariedFactor, variedFactor } from './resample.js';

export interface RegressionPlanOptions
  extends Preparation,
    Partial<Omit<SamplerSettings, 'seed'>>,
    PlanRunOptions {
  /** The parameter that is planned for: a coefficient, `x` or `b_x`, or another reported parameter. */
  readonly parameter: string;
  /**
   * Its value in all simulations; the mean outcome stays that of the pilot on the link scale.
   *
   * @default as all other parameters: a draw of the pilot's posterior, another in each simulation
   */
  readonly effect?: number;
  /**
   * What varies, at ½ (rows only), 1, 2 and 4 times the pilot's size. With groups alone, each keeps its
   * number of rows.
   *
   * @default what `sizes` names, otherwise rows
   */
  readonly vary?: readonly ('rows' | 'groups')[];
  /** Sizes to combine, instead of multiples of the pilot's. */
  readonly sizes?: { readonly rows?: readonly number[]; readonly groups?: readonly number[] };
  /** The grouping factor whose number of levels varies. @default that in which all others are nested */
  readonly group?: string;
  /**
   * `auto`: exact or by a normal approximation where a sample of the fits shows that it is good enough,
   * otherwise sampled; `sampled`: all sampled.
   *
   * @default 'auto'
   */
  readonly fits?: 'auto' | 'sampled';
  /** USD of one row. @default costs are null, and the fewest rows are recommended */
  readonly rowPrice?: number | null;
  /** Runs the fits that are sampled. @default this thread */
  readonly runner?: FitRunner;
}

export interface PlannedRegressionDesign extends RegressionDesign, DesignFigures {
  /** In USD; null without a price. */
  readonly cost: number | null;
  /** How the simulated data were fitted. */
  readonly fits: FitKind;
  /** Comparison of approximate with sampled fits; null for exact or sampled ones. */
  readonly check: ApproximationCheck | null;
  /** Number of simulated data sets that could not be fitted: separated outcomes, constant columns. */
  readonly failed: number;
}

/** Approximate against sampled posteriors of a few simulated data sets. */
export interface ApproximationCheck {
  readonly fits: number;
  /** Mean ratio of the approximate to the sampled posterior sd. */
  readonly sdRatio: number;
  /** Mean distance of the approximate from the sampled mean, in posterior sds. */
  readonly shift: number;
}

export interface RegressionPlan extends Plan<PlannedRegressionDesign> {
  readonly formula: string;
  readonly parameter: string;
  /** Posterior of the parameter in the pilot. */
  readonly pilot: { readonly rows: number; readonly mean: number; readonly sd: number };
  readonly effect: number | null;
  /** The varied grouping factor. */
  readonly group: string | null;
}

const ownNames = [
  'parameter',
  'effect',
  'vary',
  'sizes',
  'group',
  'fits',
  'rowPrice',
  'target',
  'simulations',
];

/**
 * @throws WeighbridgeError `bad-argument`, the errors of `regression`; `interrupted` if `signal` is aborted
 */
export async function planRegression(options: RegressionPlanOptions): Promise<RegressionPlan> {
  const { simulations = 200, seed = 2025, signal, onProgress } = options;
  const prepared = prepare(options, ownNames, 'planRegression');
  requireSimulations(simulations);
  requireSeed(seed);
  const target = requireTarget(options.target ?? {});
  requireOneOf('fits', options.fits ?? 'auto', ['auto', 'sampled']);
  requirePrices({ rowPrice: options.rowPrice ?? 0 });
  const { specification } = prepared;
  refuseLimits(specification);
  const index = parameterIndex(specification, options.parameter);
  const factor = variedFactor(specification.data, options.group);
  const designs = designsOf(specification, factor, options);
  requireEffect(options, specification, index);
  requireSign(options, specification, index);
  requireWork(designs, specification, simulations);

  const { runner = runHere } = options;
  const settings = settingsAmong(options as Partial<SamplerSettings>);
  const pilot = await fitPrepared(prepared, { ...settings, seed, runner, signal }, 'pilot');
  const planner = new RegressionPlanner(options, pilot, {
    index,
    factor,
    seed,
    simulations,
    runner,
  });
  let done = 0;
  const total = designs.length * simulations;
  const count = () => onProgress?.({ done: Math.min(++done, total), total });
  const shards = new OtherShards();
  const planned: PlannedRegressionDesign[] = [];
  for (const design of designs) {
    const one = await shards.goOn(() => planner.plan(design, count));
    if (one !== null) planned.push(one);
  }
  shards.end();
  const verdict = verdictOf(planned, target, ({ cost, rows }) => cost ?? rows, designName);
  return {
    ...{ designs: planned, ...verdict, target, simulations },
    notes: [...verdict.notes, ...notesOf(planned, simulations)],
    formula: pilot.formula,
    parameter: planner.parameter,
    pilot: planner.pilotSummary,
    effect: options.effect ?? null,
    group: factor?.group ?? null,
  };
}

/** Throws for censored and truncated outcomes, whose limits in other rows nothing tells. */
function refuseLimits({ data }: RegressionSpecification): void {
  if (!data.limits) return;
  throw badArgument(
    'planRegression is not available for formulas with cens() or trunc(): expected a formula without them',
  );
}

function designName({ rows, groups }: RegressionDesign): string {
  return groups === null ? `${rows} rows` : `${rows} rows in ${groups} groups`;
}

function notesOf(designs: readonly PlannedRegressionDesign[], simulations: number): string[] {
  return designs.flatMap((design) =>
    design.failed === 0
      ? []
      : [
          `${designName(design)}: ${design.failed} of ${simulations} simulated data sets could not be fitted; they count as undecided, and not in the mean width`,
        ],
  );
}

/** @throws WeighbridgeError `bad-argument` */
function parameterIndex(specification: RegressionSpecification, asked: string): number {
  const names = reportedNames(specification).filter((name) => !isGroupEffect(name));
  const index = names.findIndex((name) => name === asked || name === `b_${asked}`);
  if (index >= 0) return index;
  throw badArgument(`parameter is ${described(asked)}, expected one of ${listed(names)}`, {
    option: 'parameter',
    found: asked,
  });
}

function requireEffect(
  { effect, target }: RegressionPlanOptions,
  specification: RegressionSpecification,
  index: number,
): void {
  if (effect === undefined) return;
  if (typeof effect !== 'number' || !Number.isFinite(effect)) {
    throw badArgument(`effect is ${described(effect)}, but must be a number`, { option: 'effect' });
  }
  const { intercept, sds } = reportedLayout(specification);
  if (index < intercept || index >= sds) {
    throw badArgument('an effect is for a slope: expected a parameter such as b_x', {
      option: 'effect',
    });
  }
  if (effect === 0 && target?.power !== undefined) {
    throw badArgument('effect is 0: a power needs another', { option: 'effect' });
  }
}

/** @throws WeighbridgeError `bad-argument` for a power of a parameter that is never negative */
function requireSign(
  { target }: RegressionPlanOptions,
  specification: RegressionSpecification,
  index: number,
): void {
  const { sds, correlations, auxiliary } = reportedLayout(specification);
  const isPositive = (index >= sds && index < correlations) || index >= auxiliary;
  if (target?.power === undefined || !isPositive) return;
  throw badArgument(
    `${reportedNames(specification)[index]} is always above 0, so that there is no power to plan for: expected a width`,
    { option: 'power' },
  );
}

/**
 * @param pilot outcomes of the pilot
 * @throws WeighbridgeError `bad-argument` for an effect that gives outcomes far beyond the pilot's
 */
function requireOutcomes(
  outcomes: Float64Array,
  effect: number | undefined,
  pilot: ArrayLike<number>,
): void {
  if (effect === undefined) {
    requireFiniteOutcomes(outcomes);
    return;
  }
  // Counts beyond the first are no whole numbers.
  const most = Math.max(Number.MAX_SAFE_INTEGER, 1e9 * largestOf(pilot));
  const wild = outcomes.find((outcome) => !(Math.abs(outcome) <= most));
  if (wild === undefined) return;
  throw badArgument(
    `an effect of ${effect} gives outcomes such as ${wild}: expected one nearer 0`,
    { option: 'effect' },
  );
}

/** Rows times columns of all simulated data sets: about half an hour if the fits are exact. */
const MOST_NUMBERS = 2e9;

/** @throws WeighbridgeError `bad-argument` */
function requireWork(
  designs: readonly RegressionDesign[],
  { data }: RegressionSpecification,
  simulations: number,
): void {
  const rows = designs.reduce((sum, design) => sum + design.rows, 0);
  const most = Math.floor(MOST_NUMBERS / (rows * (data.predictors.names.length + 1)));
  if (simulations <= most) return;
  throw badArgument(
    `simulations is ${simulations}, but with the sizes of the grid at most ${most} are possible: name smaller sizes or fewer simulations`,
    { option: 'simulations' },
  );
}

const ROW_MULTIPLES = [0.5, 1, 2, 4];
const GROUP_MULTIPLES = [1, 2, 4];
const FEWEST_ROWS = 4;
const MOST_ROWS = 1_000_000;

/** @throws WeighbridgeError `bad-argument` */
function designsOf(
  { data }: RegressionSpecification,
  factor: VariedFactor | null,
  { sizes = {}, vary }: RegressionPlanOptions,
): RegressionDesign[] {
  requireNames(sizes, ['rows', 'groups'], 'sizes');
  const named = (['rows', 'groups'] as const).filter((kind) => sizes[kind] !== undefined);
  const varied = new Set([...named, ...(vary ?? (named.length === 0 ? ['rows'] : []))]);
  if (varied.size === 0)
    throw badArgument('nothing varies: expected rows, groups or both', { option: 'vary' });
  for (const kind of varied) requireOneOf('vary', kind, ['rows', 'groups']);
  const pilotGroups = factor?.levels ?? 0;
  const multiples = (shares: readonly number[], size: number, least: number) => [
    ...new Set(shares.map((share) => Math.max(least, Math.round(share * size)))),
  ];
  const rows = sizes.rows ?? multiples(ROW_MULTIPLES, data.rows, FEWEST_ROWS);
  const groups = sizes.groups ?? multiples(GROUP_MULTIPLES, pilotGroups, 2);
  if (varied.has('groups') && factor === null) throw noFactor(data.groups);
  const ofFactor = factor === null ? null : factor.levels;
  const designs: RegressionDesign[] = !varied.has('groups')
    ? gridOf({ rows }).map((one) => ({ rows: one.rows, groups: ofFactor }))
    : varied.has('rows')
      ? gridOf({ rows, groups })
      : gridOf({ groups }).map((one) => ({
          groups: one.groups,
          rows: Math.round((one.groups * data.rows) / pilotGroups),
        }));
  for (const design of designs) requireDesign(design);
  return designs;
}

function noFactor(groups: readonly GroupEffects[]) {
  const names = [...new Set(groups.map(({ group }) => group))];
  return names.length === 0
    ? badArgument('the formula has no groups to vary: expected a term such as (1 | g)', {
        option: 'vary',
      })
    : badArgument(
        `the formula has the grouping factors ${names.join(', ')}: name the one whose number of groups varies`,
        { option: 'group' },
      );
}

/** @throws WeighbridgeError `bad-argument` */
function requireDesign({ rows, groups }: RegressionDesign): void {
  if (rows < FEWEST_ROWS || rows > MOST_ROWS) {
    throw badArgument(`rows is ${rows}, expected from ${FEWEST_ROWS} to ${MOST_ROWS}`, {
      option: 'rows',
    });
  }
  if (groups !== null && groups > rows) {
    throw badArgument(`${rows} rows cannot be in ${groups} groups: expected more rows`);
  }
}

interface PlannerContext {
  readonly index: number;
  readonly factor: VariedFactor | null;
  readonly seed: number | string;
  readonly simulations: number;
  readonly runner: FitRunner;
}

/** Fits per design on which an approximation is checked. */
const CHECKED = 8;
/** Largest difference at which an approximation is taken for all fits of a design. */
const MOST_SD_DIFFERENCE = 0.05;
const MOST_SHIFT = 0.15;
/** Sampled fits in one call of the runner: enough for all threads, few enough to report progress. */
const BATCH = 24;

class RegressionPlanner {
  readonly parameter: string;
  readonly pilotSummary: RegressionPlan['pilot'];
  readonly #specification: RegressionSpecification;
  readonly #truth: number;
  readonly #throttle = new Throttle(MILLISECONDS_BETWEEN_PAUSES);

  constructor(
    private readonly options: RegressionPlanOptions,
    private readonly pilot: RegressionFit,
    private readonly context: PlannerContext,
  ) {
    this.#specification = pilot.specification;
    this.parameter = pilot.draws.parameterNames[context.index] ?? '';
    const { mean, sd } = pilot.parameter(this.parameter);
    this.pilotSummary = { rows: pilot.specification.data.rows, mean, sd };
    this.#truth = Math.sign(options.effect ?? mean);
  }

  /** @param onFit called once per simulated data set */
  async plan(design: RegressionDesign, onFit: () => void): Promise<PlannedRegressionDesign> {
    const quick = this.options.fits === 'sampled' ? null : await this.#quickFits(design);
    const isExact = quick?.every((one) => one === null || one.kind === 'exact') ?? false;
    const check = quick === null || isExact ? null : await this.#check(design, quick);
    const accepted = quick !== null && (isExact || isGood(check));
    if (accepted) quick.forEach(onFit);
    const estimates = accepted
      ? quick
      : await this.#sampled(design, range(this.context.simulations), onFit);
    const tally = new DesignTally(this.#truth);
    for (const one of estimates) if (one) tally.add(one);
    const failed = estimates.filter((one) => one === null).length;
    if (failed === estimates.length) {
      throw badData(
        `${designName(design)}: no simulated data set could be fitted, expected a proper posterior: give flat parameters a prior, or plan for more rows`,
      );
    }
    const { rowPrice = null } = this.options;
    return {
      ...design,
      ...tally.figures(failed),
      cost: rowPrice === null ? null : rowPrice * design.rows,
      fits: isExact ? 'exact' : accepted ? 'approximate' : 'sampled',
      check: accepted ? check : null,
      failed,
    };
  }

  /**
   * Exact or approximate fits of all simulated data, null for data without a proper posterior. Null if
   * one has a posterior but no approximation: then all are sampled.
   */
  async #quickFits(design: RegressionDesign): Promise<(Approximate | null)[] | null> {
    const found: (Approximate | null)[] = [];
    for (const simulation of range(this.context.simulations)) {
      requireRunning(this.options.signal);
      const specification = this.#simulate(design, simulation);
      const fit = specification && approximateFit(specification, this.context.index);
      if (specification !== null && fit === null) return null;
      found.push(fit);
      if (this.#throttle.isDue()) await pause();
    }
    return found;
  }

  /** Samples the first fits and compares. */
  async #check(
    design: RegressionDesign,
    quick: readonly (Approximate | null)[],
  ): Promise<ApproximationCheck> {
    const chosen = range(quick.length)
      .filter((simulation) => quick[simulation] !== null)
      .slice(0, CHECKED);
    const sampled = await this.#sampled(design, chosen, () => {});
    const ratios: number[] = [];
    const shifts: number[] = [];
    chosen.forEach((simulation, i) => {
      const one = quick[simulation];
      const other = sampled[i];
      if (!one || !other) return;
      ratios.push(one.sd / other.sd);
      shifts.push((one.estimate - other.estimate) / other.sd);
    });
    return {
      fits: ratios.length,
      sdRatio: sampleMoments(ratios).mean,
      shift: sampleMoments(shifts).mean,
    };
  }

  async #sampled(
    design: RegressionDesign,
    simulations: readonly number[],
    onFit: () => void,
  ): Promise<(SampledEstimate | null)[]> {
    const found: (SampledEstimate | null)[] = [];
    const shards = new OtherShards();
    for (let start = 0; start < simulations.length; start += BATCH) {
      const batch = simulations.slice(start, start + BATCH).map((simulation) => ({
        name: `${designName(design)}/${simulation}`,
        specification: this.#simulate(design, simulation),
      }));
      const estimates = await shards.goOn(() => this.#runBatch(batch));
      found.push(...batch.map(({ name }) => estimates?.get(name) ?? null));
      batch.forEach(onFit);
    }
    shards.end();
    return found;
  }

  async #runBatch(
    batch: readonly {
      readonly name: string;
      readonly specification: RegressionSpecification | null;
    }[],
  ): Promise<Map<string, SampledEstimate>> {
    const { seed, runner, index } = this.context;
    const { signal } = this.options;
    const jobs = batch.flatMap(({ name, specification }) =>
      specification === null ? [] : [{ name, specification, keepDraws: 'for-onFit' as const }],
    );
    const estimates = new Map<string, SampledEstimate>();
    if (jobs.length === 0) return estimates;
    const settings = settingsOfFit(this.options as Partial<SamplerSettings>, {
      seed: String(seed),
      timesDraws: 1,
    });
    await runner(jobs, settings, {
      signal,
      onFit: (result) => {
        const values = parameterDraws(requireDraws(result), index);
        const { mean, variance } = sampleMoments(values);
        // With few draws, central intervals are less noisy than HDIs.
        estimates.set(result.name, { estimate: mean, sd: Math.sqrt(variance), hdi: eti(values) });
      },
    });
    return estimates;
  }

  /** A simulated data set; null if its posterior is improper. */
  #simulate(design: RegressionDesign, simulation: number): RegressionSpecification | null {
    const { seed, factor } = this.context;
    const path = [seed, 'plan', simulation];
    const empty = resampled(this.#specification, factor, design, [...path, 'rows']);
    const parameters = this.#parameters(empty, simulation);
    const effects = groupEffectsAt(empty, parameters)(quickStream(...path, 'effects'));
    const outcomes = outcomeSimulator(empty)(effects, randomStream(...path, 'outcomes'));
    requireOutcomes(outcomes, this.options.effect, this.#specification.data.outcomes);
    const specification = { ...empty, data: { ...empty.data, outcomes } };
    return isProperPosterior(specification) ? specification : null;
  }

  /** Parameters of a simulation, without group effects: a draw of the pilot, with the effect. */
  #parameters(empty: RegressionSpecification, simulation: number): Float64Array {
    const { seed, index } = this.context;
    const { draws } = this.pilot;
    const width = draws.parameterNames.length;
    const count = draws.chains * draws.drawsPerChain;
    const draw = Math.floor(count * quickStream(seed, 'plan', simulation, 'draw').uniform());
    const layout = reportedLayout(empty);
    const fixed = layout.groupEffects[0] ?? layout.length;
    const parameters = new Float64Array(layout.length);
    parameters.set(draws.values.subarray(draw * width, draw * width + fixed));
    const { effect } = this.options;
    if (effect === undefined) return parameters;
    const moved = effect - (parameters[index] ?? 0);
    parameters[index] = effect;
    // The linear predictor at the predictor's mean stays as it is.
    if (layout.intercept === 1) {
      parameters[0] = (parameters[0] ?? 0) - moved * this.#meanOf(index - layout.slopes);
    }
    for (let k = 0; empty.data.intercept && k < layout.thresholds; k++) {
      parameters[k] = (parameters[k] ?? 0) + moved * this.#meanOf(index - layout.slopes);
    }
    return parameters;
  }

  #meanOf(column: number): number {
    const { names, rows, values } = this.#specification.data.predictors;
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[row * names.length + column] ?? 0;
    return sum / rows;
  }
}

interface SampledEstimate extends SimulatedEstimate {
  readonly sd: number;
}

function isGood(check: ApproximationCheck | null): boolean {
  if (check === null || check.fits === 0) return false;
  const { sdRatio, shift } = check;
  return Math.abs(sdRatio - 1) <= MOST_SD_DIFFERENCE && Math.abs(shift) <= MOST_SHIFT;
}

function isProperPosterior(specification: RegressionSpecification): boolean {
  const { predictors, intercept } = specification.data;
  const facts = { ...rankFacts(predictors, intercept), droppedRows: 0, oneLevelGroups: [] };
  try {
    requireProper(specification, facts);
    return true;
  } catch (error) {
    if (isWeighbridgeError(error, 'improper-posterior')) return false;
    throw error;
  }
}
