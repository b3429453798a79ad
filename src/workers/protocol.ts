/**
 * The messages between a thread and its workers. Errors travel as values: the structured clone of an
 * error loses its class, code and details.
 */
import { described } from '../checks/values.js';
import { type ErrorCode, type ErrorDetails, WeighbridgeError } from '../errors.js';
import { type ChainTask, chainTaskInSteps, type FinishedChain, Throttle } from '../fit/run.js';
import type { ChainProgress } from '../sampler/chain.js';

/** To a web worker: one chain, and nothing else until it is done. */
export type ToWorker = ChainTask;

export type FromWorker =
  /** Sent once, when the worker's code has been loaded. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: ChainProgress }
  | Outcome<FinishedChain>;

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Null for an error that is not a `WeighbridgeError`. */
      readonly code: ErrorCode | null;
      readonly details: ErrorDetails[ErrorCode];
      readonly stack: string | undefined;
    };

/** Does the task; an error becomes a value. */
export function outcomeOf<T>(task: () => T): Outcome<T> {
  try {
    return { kind: 'done', value: task() };
  } catch (error) {
    return failureOf(error);
  }
}

/** The same for a task that waits. */
export async function outcomeOfAsync<T>(task: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { kind: 'done', value: await task() };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): Outcome<never> {
  const known = error instanceof WeighbridgeError;
  return {
    kind: 'failed',
    message: error instanceof Error ? error.message : String(error),
    code: known ? error.code : null,
    details: known ? plainDetails(error.details) : {},
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** Details may hold what a caller gave: a function, for example, cannot be sent. */
function plainDetails(details: ErrorDetails[ErrorCode]): ErrorDetails[ErrorCode] {
  const plain = ([name, value]: [string, unknown]) => [
    name,
    /^(?:object|function|symbol)$/.test(typeof value) ? described(value) : value,
  ];
  return Object.fromEntries(Object.entries(details).map(plain));
}

/** The value of an outcome. @throws the error of one that failed */
export function unwrapOutcome<T>(outcome: Outcome<T>): T {
  if (outcome.kind === 'done') return outcome.value;
  const { code, message, details, stack } = outcome;
  if (code !== null) throw new WeighbridgeError(code, message, { details });
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  throw error;
}

/** A progress bar needs no more. */
const MILLISECONDS_BETWEEN_REPORTS = 50;

/** Samples a chain on this thread. */
export function performChain(
  task: ChainTask,
  onProgress: (progress: ChainProgress) => void,
): Outcome<FinishedChain> {
  return outcomeOf(() => {
    const steps = chainTaskInSteps(task);
    const throttle = new Throttle(MILLISECONDS_BETWEEN_REPORTS);
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      if (throttle.isDue()) onProgress(step.value);
    }
  });
}
