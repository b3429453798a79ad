/**
 * Reasons to stop, tied together. `AbortSignal.any` would do it too, but leaves its hooks in
 * signals that live as long as a study, once for each of a hundred thousand requests.
 */
import { setMaxListeners } from 'node:events';
import { WeighbridgeError } from '../../errors.js';

export interface LinkedSignal {
  /** Aborted with a WeighbridgeError as soon as one of its sources is, or by `abort`. */
  readonly signal: AbortSignal;
  abort(reason: WeighbridgeError): void;
  /** Takes the hooks out of the sources. */
  unlink(): void;
}

export function linkSignals(...sources: readonly (AbortSignal | undefined)[]): LinkedSignal {
  const controller = new AbortController();
  const unlinks = sources.map((source) => {
    if (!source) return () => {};
    const abort = () => controller.abort(interruption(source.reason));
    if (source.aborted) abort();
    // One hook for each request that waits is no leak: no warning beyond ten.
    setMaxListeners(0, source);
    source.addEventListener('abort', abort, { once: true });
    return () => source.removeEventListener('abort', abort);
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => {
      for (const unlink of unlinks) unlink();
    },
  };
}

/** Why it was stopped, as an error for whoever asked. */
export function interruption(reason: unknown): WeighbridgeError {
  if (reason instanceof WeighbridgeError) return reason;
  return new WeighbridgeError('interrupted', 'stopped on request');
}
