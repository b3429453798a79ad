/**
 * The loop shared by calibration and recovery: simulates data sets and fits them, yields to the event
 * loop, can be cancelled, and repeats a fit with more draws if its chains mix badly. A data set that
 * becomes a specification, plain data, is fitted by the runner together with others; any other model
 * is a function and is sampled on this thread.
 */

import type { ModelSpecification } from '../../../models/model-specification.js';
import { listed } from '../../checks/names.js';
import { requireSeed } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import { sampleFit } from '../../fit/fit.js';
import { type CancelSignal, type FitRunner, requireDraws, requireRunning } from '../../fit/job.js';
import { OtherShards } from '../../fit/other-shards.js';
import { MILLISECONDS_BETWEEN_PAUSES, pause, runHere, Throttle } from '../../fit/run.js';
import { type Draws, parameterDraws } from '../../posterior/draws.js';
import { essBulk, essTail } from '../../posterior/fast/convergence.js';
import { type RandomStream, randomStream } from '../../random/stream.js';
import type { Model } from '../../sampler/model.js';
import {
  completeSettings,
  type SamplerSettings,
  settingNames,
  settingsAmong,
} from '../../sampler/settings.js';
import { requireRunOptions } from '../options.js';

/** Values of parameters, keyed by name. */
export type ParameterValues = Readonly<Record<string, number>>;

/** Seed and length of the fit of a data set. */
export interface FitRequest {
  /** Seed of this fit, derived from the seed of the run and the number of the simulation. */
  readonly seed: string;
  /** Factor on the number of draws: 1, or more if a first fit had too few effective draws. */
  readonly timesDraws: number;
  readonly signal: CancelSignal | undefined;
}

/** Draws, or a model to be sampled with the run's settings; the runner samples a specification. */
export type Posterior = Draws | Model | ModelSpecification;

export type FitFunction<Data> = (data: Data, request: FitRequest) => Posterior | Promise<Posterior>;

/**
 * Settings of each fit, and of the run. Default: 2 chains of 500 draws after 500 warm-up
 * transitions.
 */
export interface SimulationOptions extends Partial<Omit<SamplerSettings, 'seed'>> {
  /** Number of data sets to simulate and fit, at least 1. */
  readonly simulations?: number;
  /** Seed of the run, an integer or a text. @default 2025 */
  readonly seed?: number | string;
  /** Runs the fits of specifications, up to 256 in one call. @default this thread */
  readonly runner?: FitRunner;
  readonly onProgress?: ((progress: SimulationProgress) => void) | undefined;
  readonly signal?: CancelSignal | undefined;
}

export const simulationNames: readonly string[] = [
  'simulations',
  ...settingNames,
  'runner',
  'onProgress',
  'signal',
];

export interface SimulationProgress {
  /** Number of finished simulations, and their total. */
  readonly done: number;
  readonly total: number;
}

/** Enough for ranks from 0 to 99, at a quarter of the cost of a default fit. */
export const simulationSettings = {
  chains: 2,
  warmup: 500,
  draws: 500,
} satisfies Partial<SamplerSettings>;

/** What happens to each data set; data sets are numbered from 0. */
interface Simulation<Data> {
  simulate(index: number, random: RandomStream): Data;
  readonly fit: FitFunction<Data>;
  /** How many times as many draws a fit of a data set needs. @default 1 */
  timesDraws?(index: number, draws: Draws): number;
  /** Receives the posterior of a data set; the draws are valid during the call only. */
  use(index: number, draws: Draws): void;
}

/** Most specifications in one call of the runner: enough for many machines, few enough to hold at once. */
const MOST_TOGETHER = 256;

/**
 * Simulates and fits each data set, with its own independent random stream. Results do not depend on
 * the order in which fits end.
 *
 * @param name of the run, a part of the random streams
 * @throws WeighbridgeError `bad-argument`, `interrupted`; errors of a simulation, with its number
 */
export async function runSimulations<Data>(
  name: string,
  options: SimulationOptions & { readonly simulations: number },
  simulation: Simulation<Data>,
): Promise<void> {
  const { simulations, seed = 2025, onProgress, signal } = options;
  requireWhole('simulations', simulations, 1);
  requireSeed(seed);
  requireRunOptions({ onProgress, signal });
  const throttle = new Throttle(MILLISECONDS_BETWEEN_PAUSES);
  let done = 0;
  const use = (index: number, draws: Draws) => {
    simulation.use(index, draws);
    onProgress?.({ done: ++done, total: simulations });
  };
  const together = new FitsTogether({ ...options, seed: `${seed}/${name}` }, simulation, use);
  const shards = new OtherShards();
  const calls = Math.ceil(simulations / MOST_TOGETHER);
  for (let index = 0, call = 1; index < simulations; index++) {
    requireRunning(signal);
    await numbered(index, async () => {
      const data = simulation.simulate(index, randomStream(seed, name, index));
      const request = { seed: `${seed}/${name}/${index}`, signal };
      const posterior = await simulation.fit(data, { ...request, timesDraws: 1 });
      if (isSpecification(posterior)) together.add(index, posterior);
      else use(index, await fitAlone(simulation, { index, data, request, posterior }, options));
    });
    if (throttle.isDue()) await pause();
    // Calls of equal size, so that none has few fits.
    if (index + 1 < Math.round((call * simulations) / calls)) continue;
    call++;
    await shards.goOn(() => together.run());
  }
  shards.end();
}

/** @throws WeighbridgeError of the work, with the number of the simulation */
async function numbered(index: number, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (!(cause instanceof WeighbridgeError) || cause.code === 'interrupted') throw cause;
    throw new WeighbridgeError(cause.code, `${nameOf(index)}: ${cause.message}`, { cause });
  }
}

/** From 1. */
function nameOf(index: number): string {
  return `simulation ${index + 1}`;
}

function isSpecification(posterior: Posterior): posterior is ModelSpecification {
  return !('logDensity' in posterior) && !('drawsPerChain' in posterior);
}

interface SimulatedData<Data> {
  readonly index: number;
  readonly data: Data;
  readonly request: Omit<FitRequest, 'timesDraws'>;
  readonly posterior: Draws | Model;
}

/** The posterior's draws; a model is sampled first, which blocks the thread. */
async function fitAlone<Data>(
  { fit: posteriorOf, timesDraws }: Simulation<Data>,
  { index, data, request, posterior }: SimulatedData<Data>,
  options: SimulationOptions,
): Promise<Draws> {
  const drawsOf = (found: Posterior, times: number) => {
    if (isSpecification(found)) throw badArgument('fit gives now a model, now a specification');
    if (!('logDensity' in found)) return found;
    const settings = settingsOfFit(options, { ...request, timesDraws: times });
    return sampleFit(found, settings, 'fit').fit.draws;
  };
  const first = drawsOf(posterior, 1);
  const times = timesDraws?.(index, first) ?? 1;
  if (times === 1) return first;
  requireRunning(request.signal);
  return drawsOf(await posteriorOf(data, { ...request, timesDraws: times }), times);
}

interface WaitingFit {
  readonly index: number;
  readonly specification: ModelSpecification;
}

/** Fits of specifications that wait for one call of the runner. */
class FitsTogether<Data> {
  #waiting: WaitingFit[] = [];

  constructor(
    private readonly options: SimulationOptions & { readonly seed: string },
    private readonly simulation: Pick<Simulation<Data>, 'timesDraws'>,
    private readonly use: (index: number, draws: Draws) => void,
  ) {}

  add(index: number, specification: ModelSpecification): void {
    this.#waiting.push({ index, specification });
  }

  /** Makes those that wait, then those that need more draws. */
  async run(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    const longer = new Map<number, WaitingFit[]>();
    await this.#make(waiting, 1, (one, draws) => {
      const times = this.simulation.timesDraws?.(one.index, draws) ?? 1;
      if (times === 1) this.use(one.index, draws);
      else longer.set(times, [...(longer.get(times) ?? []), one]);
    });
    for (const [times, fits] of [...longer].sort(([one], [other]) => one - other)) {
      const inOrder = fits.sort((one, other) => one.index - other.index);
      await this.#make(inOrder, times, ({ index }, draws) => this.use(index, draws));
    }
  }

  async #make(
    fits: readonly WaitingFit[],
    timesDraws: number,
    use: (one: WaitingFit, draws: Draws) => void,
  ): Promise<void> {
    const { runner = runHere, seed, signal } = this.options;
    const byName = new Map(fits.map((one) => [nameOf(one.index), one]));
    const jobs = fits.map(({ index, specification }) => ({
      name: nameOf(index),
      specification,
      keepDraws: 'for-onFit' as const,
    }));
    await runner(jobs, settingsOfFit(this.options, { seed, timesDraws }), {
      signal,
      onFit(result) {
        const one = byName.get(result.name);
        if (one) use(one, requireDraws(result));
      },
    });
  }
}

/** Settings of one fit: shorter than usual by default, with its own seed. */
export function settingsOfFit(
  options: SimulationOptions,
  { seed, timesDraws }: Pick<FitRequest, 'seed' | 'timesDraws'>,
): SamplerSettings {
  const settings = completeSettings({
    ...simulationSettings,
    ...settingsAmong(options as Partial<SamplerSettings>),
    seed,
  });
  return { ...settings, draws: settings.draws * timesDraws };
}

/** Maximum factor by which a fit is lengthened. */
const MOST_TIMES_DRAWS = 16;

/**
 * The factor on the number of draws with which `needed` of them are effective, if possible: a fit with
 * fewer is repeated once, proportionally longer (Talts et al. 2018, algorithm 2).
 *
 * @param ess of the first fit; NaN for constant draws, which more draws would not change
 */
export function timesDrawsFor(ess: number, needed: number): number {
  if (!(ess < needed)) return 1;
  return Math.min(MOST_TIMES_DRAWS, Math.ceil((1.2 * needed) / ess));
}

/** The smallest bulk or tail ESS over the parameters. */
export function leastEss(draws: Draws, names: readonly string[]): number {
  return names.reduce((least, name) => {
    const values = parameterDraws(draws, name);
    return Math.min(least, essBulk(values, draws.chains), essTail(values, draws.chains));
  }, Number.POSITIVE_INFINITY);
}

/** Throws `bad-argument` if a count is not an integer of at least `least`. */
export function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw badArgument(
    `${name} is ${described(value)}, but must be a whole number of at least ${least}`,
  );
}

/** Throws `bad-argument` if a given function is not one; `optional` functions may be absent. */
export function requireFunctions(
  options: object,
  names: readonly string[],
  optional: readonly string[] = [],
): void {
  const given = new Map<string, unknown>(Object.entries(options));
  for (const name of [...names, ...optional]) {
    const value = given.get(name);
    if (typeof value === 'function' || (value === undefined && optional.includes(name))) continue;
    throw badArgument(`${name} is ${described(value)}, but must be a function`);
  }
}

/** Throws `bad-argument` if a name is not a parameter of the draws. */
export function requireParameters(draws: Draws, names: readonly string[]): void {
  const missing = names.find((name) => !draws.parameterNames.includes(name));
  if (missing === undefined) return;
  throw badArgument(
    `the fit has no parameter '${missing}': it has ${listed(draws.parameterNames)}`,
  );
}
