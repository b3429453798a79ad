/** Signals that ask a command to stop. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof STOP_SIGNALS)[number];

/**
 * Calls `handler` on every stop signal; until released, no stop signal ends the process.
 * @returns a function that removes the handler
 */
export function onStopSignal(handler: (signal: StopSignal) => void): () => void {
  for (const signal of STOP_SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, handler);
  };
}

/** Like `onStopSignal`, for the first signal only: a second one ends the process. */
export function onFirstStopSignal(handler: (signal: StopSignal) => void): () => void {
  const release = onStopSignal((signal) => {
    release();
    handler(signal);
  });
  return release;
}

/** Resolves at the first stop signal. */
export function untilStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    onFirstStopSignal(() => resolve());
  });
}
