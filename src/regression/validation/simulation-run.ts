/**
 * The loop shared by calibration and recovery: fits simulated data sets one after another, yields
 * to the event loop, can be cancelled, and repeats a fit with more draws if its chains mix badly.
 */

import { listed } from '../../checks/names.js';
import { requireSeed } from '../../checks/options.js';
import { badArgument, described } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import { sampleFit } from '../../fit/fit.js';
import { type CancelSignal, requireRunning } from '../../fit/job.js';
import { MILLISECONDS_BETWEEN_PAUSES, pause, Throttle } from '../../fit/run.js';
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

/** Draws, or a model to be sampled with the run's settings. */
export type Posterior = Draws | Model;

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
  readonly onProgress?: ((progress: SimulationProgress) => void) | undefined;
  readonly signal?: CancelSignal | undefined;
}

export const simulationNames: readonly string[] = [
  'simulations',
  ...settingNames,
  'onProgress',
  'signal',
];

export interface SimulationProgress {
  /** Number of finished simulations, and their total. */
  readonly done: number;
  readonly total: number;
}

/** Enough for ranks from 0 to 99, at a quarter of the cost of a default fit. */
const SETTINGS = { chains: 2, warmup: 500, draws: 500 } satisfies Partial<SamplerSettings>;

/**
 * Calls `simulation` once per data set, each with its own independent random stream.
 *
 * @throws WeighbridgeError `bad-argument`, `interrupted`; errors of a simulation, with its number
 */
export async function runSimulations(
  name: string,
  { simulations = 0, seed = 2025, onProgress, signal }: SimulationOptions,
  simulation: (random: RandomStream, fitSeed: string) => Promise<void>,
): Promise<void> {
  requireWhole('simulations', simulations, 1);
  requireSeed(seed);
  requireRunOptions({ onProgress, signal });
  const throttle = new Throttle(MILLISECONDS_BETWEEN_PAUSES);
  for (let index = 0; index < simulations; index++) {
    requireRunning(signal);
    try {
      await simulation(randomStream(seed, name, index), `${seed}/${name}/${index}`);
    } catch (cause) {
      if (!(cause instanceof WeighbridgeError) || cause.code === 'interrupted') throw cause;
      const message = `simulation ${index + 1}: ${cause.message}`;
      throw new WeighbridgeError(cause.code, message, { cause });
    }
    onProgress?.({ done: index + 1, total: simulations });
    if (throttle.isDue()) await pause();
  }
}

/** The posterior's draws; a model is sampled first, which blocks the thread. */
export async function fitOnce<Data>(
  posteriorOf: FitFunction<Data>,
  data: Data,
  request: FitRequest,
  settings: SimulationOptions = {},
): Promise<Draws> {
  const posterior = await posteriorOf(data, request);
  if (!('logDensity' in posterior)) return posterior;
  return sampleFit(posterior, settingsOfFit(settings, request), 'fit').fit.draws;
}

/** Settings of one fit: shorter than usual by default, with its own seed. */
export function settingsOfFit(
  options: SimulationOptions,
  { seed, timesDraws }: Pick<FitRequest, 'seed' | 'timesDraws'>,
): SamplerSettings {
  const settings = completeSettings({
    ...SETTINGS,
    ...settingsAmong(options as Partial<SamplerSettings>),
    seed,
  });
  return { ...settings, draws: settings.draws * timesDraws };
}

interface EffectiveDraws {
  readonly draws: Draws;
  /** The smallest bulk or tail ESS over the requested parameters. */
  readonly ess: number;
}

/** Maximum factor by which a fit is lengthened. */
const MOST_TIMES_DRAWS = 16;

/**
 * Draws with at least `needed` effective ones, if possible: if there are fewer, the fit is repeated
 * once, proportionally longer (Talts et al. 2018, algorithm 2).
 */
export async function fitWithEss<Data>(
  posteriorOf: FitFunction<Data>,
  data: Data,
  request: Omit<FitRequest, 'timesDraws'>,
  names: readonly string[],
  needed: number,
  settings?: SimulationOptions,
): Promise<EffectiveDraws> {
  const first = await fitOnce(posteriorOf, data, { ...request, timesDraws: 1 }, settings);
  const ess = leastEss(first, names);
  // Written so that a NaN ESS (constant draws) is accepted: more draws would not change it.
  if (!(ess < needed)) return { draws: first, ess };
  requireRunning(request.signal);
  const timesDraws = Math.min(MOST_TIMES_DRAWS, Math.ceil((1.2 * needed) / ess));
  const second = await fitOnce(posteriorOf, data, { ...request, timesDraws }, settings);
  return { draws: second, ess: leastEss(second, names) };
}

function leastEss(draws: Draws, names: readonly string[]): number {
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
