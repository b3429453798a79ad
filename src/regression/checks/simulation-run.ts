/**
 * What calibration and recovery share: many fits to simulated data, one after another, that leave
 * the thread to others in between, can be stopped, and are made longer where chains mix badly.
 */
import { WeighbridgeError } from '../../errors.js';
import { listed } from '../../formula/names.js';
import { type Draws, parameterDraws } from '../../posterior/draws.js';
import { essBulk, essTail } from '../../posterior/fast/convergence.js';
import { type RandomStream, randomStream } from '../../random/stream.js';
import type { Model } from '../../sampler/model.js';
import { completeSettings, type SamplerSettings, settingNames } from '../../sampler/settings.js';
import { type CancelSignal, requireGoingOn } from '../chains.js';
import { badArgument, checkSeed, described, requireNames } from '../check-options.js';
import { sample } from '../fit.js';
import { requireRunOptions } from '../options.js';

/** Parameters by their names. */
export type ParameterValues = Readonly<Record<string, number>>;

/** How a data set is to be fitted. */
export interface FitRequest {
  /** Of this fit: derived from the seed of the run and the number of the simulation. */
  readonly seed: string;
  /** By how much more draws are wanted than usual: 1, and more where these were too dependent. */
  readonly timesDraws: number;
  readonly signal: CancelSignal | undefined;
}

/** Draws, or a model, which is then sampled with the run's settings. */
export type Posterior = Draws | Model;

export type FitFunction<Data> = (data: Data, request: FitRequest) => Posterior | Promise<Posterior>;

export interface SimulationOptions {
  /** Data sets to be simulated and fitted, at least 1. */
  readonly simulations?: number;
  /** Any whole number or text; 2025 where absent. */
  readonly seed?: number | string;
  /** How a model is sampled that `fit` gives; 2 chains of 500 draws after 500 where absent. */
  readonly settings?: Partial<SamplerSettings>;
  readonly onProgress?: ((progress: SimulationProgress) => void) | undefined;
  readonly signal?: CancelSignal | undefined;
}

export const simulationNames = ['simulations', 'seed', 'settings', 'onProgress', 'signal'];

export interface SimulationProgress {
  /** Simulations that are done, and how many there will be. */
  readonly done: number;
  readonly of: number;
}

/** Enough for a rank among a hundred, in a quarter of the time that a fit takes by default. */
const SETTINGS = { chains: 2, warmup: 500, draws: 500 } satisfies Partial<SamplerSettings>;

/** Every runtime has timers, though the language itself does not declare them. */
declare const setTimeout: (callback: () => void, milliseconds: number) => unknown;

/** Long enough to cost nothing, short enough for a page to stay alive. */
const MILLISECONDS_BETWEEN_PAUSES = 30;

/**
 * Calls `simulation` once a data set, each with a stream of its own: what one draws does not depend
 * on the others.
 *
 * @throws WeighbridgeError `bad-argument`, `interrupted`; errors of a simulation, with its number
 */
export async function runSimulations(
  name: string,
  { simulations = 0, seed = 2025, settings, onProgress, signal }: SimulationOptions,
  simulation: (random: RandomStream, fitSeed: string) => Promise<void>,
): Promise<void> {
  requireWhole('simulations', simulations, 1);
  checkSeed(seed);
  if (settings !== undefined) requireNames(settings, settingNames, 'settings');
  requireRunOptions({ onProgress, signal });
  let paused = Date.now();
  for (let index = 0; index < simulations; index++) {
    requireGoingOn(signal);
    try {
      await simulation(randomStream(seed, name, index), `${seed}/${name}/${index}`);
    } catch (cause) {
      if (!(cause instanceof WeighbridgeError) || cause.code === 'interrupted') throw cause;
      const message = `simulation ${index + 1}: ${cause.message}`;
      throw new WeighbridgeError(cause.code, message, { cause });
    }
    onProgress?.({ done: index + 1, of: simulations });
    if (Date.now() - paused < MILLISECONDS_BETWEEN_PAUSES) continue;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    paused = Date.now();
  }
}

/** The posterior's draws; a model is sampled, which takes the thread for as long. */
export async function fitOnce<Data>(
  posteriorOf: FitFunction<Data>,
  data: Data,
  request: FitRequest,
  settings: Partial<SamplerSettings> = {},
): Promise<Draws> {
  const posterior = await posteriorOf(data, request);
  if (!('logDensity' in posterior)) return posterior;
  return sample(posterior, settingsOfFit(settings, request)).draws;
}

/** Of one of many fits: shorter than usual by default, with a seed of its own. */
export function settingsOfFit(
  given: Partial<SamplerSettings>,
  { seed, timesDraws }: Pick<FitRequest, 'seed' | 'timesDraws'>,
): SamplerSettings {
  const settings = completeSettings({ ...SETTINGS, ...given, seed });
  return { ...settings, draws: settings.draws * timesDraws };
}

export interface EffectiveDraws {
  readonly draws: Draws;
  /** The smallest bulk or tail ESS of the parameters asked for. */
  readonly ess: number;
}

/** Fits are made longer by this much at most. */
const MOST_TIMES_DRAWS = 16;

/**
 * Draws of which `needed` are effective: where they are too few, the fit is made again and longer
 * in proportion (Talts et al. 2018, algorithm 2), once.
 */
export async function fitWithEss<Data>(
  posteriorOf: FitFunction<Data>,
  data: Data,
  request: Omit<FitRequest, 'timesDraws'>,
  names: readonly string[],
  needed: number,
  settings?: Partial<SamplerSettings>,
): Promise<EffectiveDraws> {
  const first = await fitOnce(posteriorOf, data, { ...request, timesDraws: 1 }, settings);
  const ess = leastEss(first, names);
  // Written so that NaN, of draws that are all the same, is enough: no length would change it.
  if (!(ess < needed)) return { draws: first, ess };
  requireGoingOn(request.signal);
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

/** Throws `bad-argument` where a count is no whole number of at least `least`. */
export function requireWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw badArgument(
    `${name} is ${described(value)}, but must be a whole number of at least ${least}`,
  );
}

/** Throws `bad-argument` where one of a caller's functions is none; `optional` ones may be absent. */
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

/** Throws `bad-argument` where draws have no parameter of a name. */
export function requireParameters(draws: Draws, names: readonly string[]): void {
  const missing = names.find((name) => !draws.parameterNames.includes(name));
  if (missing === undefined) return;
  throw badArgument(
    `the fit has no parameter '${missing}': it has ${listed(draws.parameterNames)}`,
  );
}
