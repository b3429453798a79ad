/** Long computations with progress and cancellation, between whose steps this thread does other work. */
import { badArgument, described } from '../checks/values.js';
import { finished, type StepProgress, type Steps } from '../posterior/steps.js';
import { type CancelSignal, requireRunning } from './job.js';
import { MILLISECONDS_BETWEEN_PAUSES, pause, Throttle } from './run.js';

/** Progress and cancellation of a long computation; with either, its method returns a promise. */
export interface WatchOptions {
  /** Receives the number of finished rows, from time to time and at the end. */
  readonly onProgress?: Progress | undefined;
  /** Stops the computation, which then rejects with `interrupted`. */
  readonly signal?: CancelSignal | undefined;
}

interface Unwatched {
  readonly onProgress?: undefined;
  readonly signal?: undefined;
}

type Progress = (progress: StepProgress) => void;

/** At least one of both is given. */
type Watched = WatchOptions &
  ({ readonly onProgress: Progress } | { readonly signal: CancelSignal });

/** At least one of both may be given. */
type MaybeWatched = WatchOptions &
  ({ readonly onProgress: Progress | undefined } | { readonly signal: CancelSignal | undefined });

/**
 * A computation that returns its result at once, or a promise of it if the options have `onProgress` or
 * `signal`.
 */
export interface Watchable<Options, Result> {
  (options: Options & Watched): Promise<Result>;
  (options: Options & MaybeWatched): Result | Promise<Result>;
  (options?: Options & Unwatched): Result;
}

/** The same as a function of a fit or of other data. */
export interface WatchableOf<Subject, Options, Result> {
  (subject: Subject, options: Options & Watched): Promise<Result>;
  (subject: Subject, options: Options & MaybeWatched): Result | Promise<Result>;
  (subject: Subject, options?: Options & Unwatched): Result;
}

/** A watchable function from one that makes the steps. */
export function watchable<Subject, Options extends object, Result>(
  stepsOf: (subject: Subject, options: Partial<Options>) => Steps<Result>,
): WatchableOf<Subject, Options, Result> {
  function run(subject: Subject, given: Partial<Options> & WatchOptions = {}) {
    const { onProgress, signal, ...options } = given;
    requireWatchOptions(onProgress, signal);
    return nowOrWatched(stepsOf(subject, options as Partial<Options>), { onProgress, signal });
  }
  return run as WatchableOf<Subject, Options, Result>;
}

/** @throws WeighbridgeError `bad-argument` */
function requireWatchOptions(onProgress: unknown, signal: unknown): void {
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw badArgument(`onProgress is ${described(onProgress)}, expected a function`);
  }
  if (signal !== undefined && typeof Object(signal).aborted !== 'boolean') {
    throw badArgument(`signal is ${described(signal)}, expected an AbortSignal`);
  }
}

/** Runs the steps at once, or with pauses of this thread if there is something to watch. */
function nowOrWatched<Result>(
  steps: Steps<Result>,
  { onProgress, signal }: WatchOptions,
): Result | Promise<Result> {
  return onProgress || signal ? watched(steps, { onProgress, signal }) : finished(steps);
}

async function watched<Result>(
  steps: Steps<Result>,
  { onProgress, signal }: WatchOptions,
): Promise<Result> {
  requireRunning(signal, 'the computation');
  const throttle = new Throttle(MILLISECONDS_BETWEEN_PAUSES);
  let latest: StepProgress | null = null;
  for (;;) {
    const step = steps.next();
    if (step.done) {
      if (latest) onProgress?.(latest);
      return step.value;
    }
    latest = step.value;
    if (!throttle.isDue()) continue;
    onProgress?.(latest);
    await pause();
    requireRunning(signal, 'the computation');
  }
}
