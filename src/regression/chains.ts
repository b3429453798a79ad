/**
 * The chains of one fit, pausing: on this thread with the event loop served between, or wherever a
 * runner takes them. Results do not depend on who ran them.
 */
import { WeighbridgeError } from '../errors.js';
import { type Chain, type ChainProgress, chainInSteps } from '../sampler/chain.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { assembleFit, type Fit, isSound, planAgain } from './fit.js';
import { modelOnce, planOnce } from './planned-model.js';
import type { AnySpecification } from './specification.js';

/** All that a thread must know to sample a chain: plain data. */
export interface ChainJob {
  /** Of the fit: streams of random numbers are derived from seed, name and chain. */
  readonly name: string;
  readonly specification: AnySpecification;
  readonly settings: SamplerSettings;
  /** From 0. */
  readonly chain: number;
  /** Split HMC was tried and mixed badly: by NUTS this time. */
  readonly again?: boolean;
}

export interface FinishedChain {
  readonly chain: Chain;
  /** Of the fit's plan: `Diagnostics.paretoK`. */
  readonly paretoK: number | null;
}

/** How far a fit has come. */
export interface FitProgress {
  /** Transitions done and to be done, of all chains, warm-up among them. */
  readonly done: number;
  readonly of: number;
  /** One a chain; null for one that has not begun. */
  readonly chains: readonly (ChainProgress | null)[];
}

/** What of an `AbortSignal` is needed; any runtime's will do. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface RunOptions {
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** Whoever samples the chains of a fit: this thread, worker threads, web workers. */
export type ChainRunner = (
  jobs: readonly ChainJob[],
  options: RunOptions,
) => Promise<readonly FinishedChain[]>;

/** One chain of a fit, which pauses every few transitions. */
export function* chainOfFit({
  name,
  specification,
  settings,
  chain,
  again = false,
}: ChainJob): Generator<ChainProgress, FinishedChain, undefined> {
  const model = modelOnce(specification);
  const { plan, paretoK } = planOnce(model, settings, name);
  const chosen = again ? planAgain(plan) : plan;
  const sampled = yield* chainInSteps(model, settings, name, chain, chosen);
  // Nobody asks for the gradients of such a fit: not to be sent from thread to thread.
  return { chain: { ...sampled, gradients: new Float64Array(0) }, paretoK };
}

/** What whoever waits for a fit is told when it was stopped. */
export function stoppedOnRequest({ reason }: CancelSignal): WeighbridgeError {
  return new WeighbridgeError('interrupted', 'sampling was stopped on request', { cause: reason });
}

/** Throws `interrupted` where the signal was given. */
export function requireGoingOn(signal: CancelSignal | undefined): void {
  if (signal?.aborted) throw stoppedOnRequest(signal);
}

/** Counts the progress of all chains together. */
export function progressOfFit(
  jobs: readonly ChainJob[],
  onProgress: RunOptions['onProgress'],
): (chain: number, progress: ChainProgress) => void {
  const chains: (ChainProgress | null)[] = jobs.map(() => null);
  return (chain, progress) => {
    chains[chain] = progress;
    if (!onProgress) return;
    // Chains of one fit are equally long.
    onProgress({
      done: chains.reduce((sum, one) => sum + (one?.done ?? 0), 0),
      of: progress.of * jobs.length,
      chains: [...chains],
    });
  };
}

/** The progress of a chain that is done. */
export function whole({ chain }: FinishedChain, { settings }: ChainJob): ChainProgress {
  const of = chain.warmup + settings.draws;
  return { done: of, of, phase: 'sampling' };
}

/** Every runtime has timers, though the language itself does not declare them. */
declare const setTimeout: (callback: () => void, milliseconds: number) => unknown;

/** Long enough to cost nothing, short enough for a page to stay alive. */
const MILLISECONDS_BETWEEN_PAUSES = 30;

/** One chain after another on this thread. */
export const runChainsHere: ChainRunner = async (jobs, { onProgress, signal }) => {
  const told = progressOfFit(jobs, onProgress);
  const finished: FinishedChain[] = [];
  let paused = Date.now();
  for (const [index, job] of jobs.entries()) {
    requireGoingOn(signal);
    const steps = chainOfFit(job);
    for (;;) {
      const step = steps.next();
      if (step.done) {
        finished.push(step.value);
        told(index, whole(step.value, job));
        break;
      }
      if (Date.now() - paused < MILLISECONDS_BETWEEN_PAUSES) continue;
      told(index, step.value);
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      requireGoingOn(signal);
      paused = Date.now();
    }
  }
  return finished;
};

/**
 * The fit of all chains; where split HMC was tried and mixed worse than it does on a near-normal
 * target, the fit by NUTS instead.
 */
export async function fitByChains(
  name: string,
  specification: AnySpecification,
  settings: SamplerSettings,
  run: ChainRunner,
  options: RunOptions,
): Promise<Fit> {
  const sampled = async (again: boolean, { onProgress }: RunOptions): Promise<Fit> => {
    const jobs = Array.from(
      { length: settings.chains },
      (_, chain): ChainJob => ({ name, specification, settings, chain, ...(again && { again }) }),
    );
    const finished = await run(jobs, { ...options, onProgress });
    requireGoingOn(options.signal);
    return assembleFit(
      modelOnce(specification).parameterNames,
      finished.map(({ chain }) => chain),
      finished[0].paretoK,
    );
  };
  const fit = await sampled(false, options);
  return isSound(fit, settings) ? fit : sampled(true, goingOn(fit, options));
}

/** Progress counts on from the fit that was not sound: a bar does not go back to its beginning. */
function goingOn({ chains, draws }: Fit, { onProgress }: RunOptions): RunOptions {
  if (!onProgress) return {};
  const before = chains.reduce((sum, { warmup }) => sum + warmup + draws.drawsPerChain, 0);
  return {
    onProgress: (progress) =>
      onProgress({ ...progress, done: before + progress.done, of: before + progress.of }),
  };
}
