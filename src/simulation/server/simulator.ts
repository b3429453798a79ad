/** State shared by the routes of one server. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { FaultSource } from './faults.js';
import type { FileStore } from './files.js';
import type { SharedState } from './model.js';
import type { ModelRegistry } from './models.js';
import type { RateLimiter } from './rate-limit.js';
import type { FaultTimes } from './route.js';
import type { StatsKeeper } from './stats.js';

export interface Simulator {
  readonly shared: SharedState;
  readonly models: ModelRegistry;
  readonly files: FileStore;
  readonly faults: FaultSource;
  readonly asked: RepeatCounter;
  readonly limiter: RateLimiter;
  readonly stats: StatsKeeper;
  readonly faultTimes: FaultTimes;
  /** The key that clients must send; null accepts any. */
  readonly apiKey: string | null;
  /** True if log-probabilities are returned on request. */
  readonly logprobs: boolean;
  /** Latency of every chat completion. */
  readonly latencyMs: number;
  /** Total duration of a fine-tuning job or a batch. */
  readonly jobSeconds: number;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

/** Counts how often each question was asked whose answer is a new draw each time. */
interface RepeatCounter {
  /** How often the question was asked before this time. */
  next(question: number): number;
}

export function repeatCounter(): RepeatCounter {
  const times = new Map<number, number>();
  return {
    next(question) {
      const before = times.get(question) ?? 0;
      times.set(question, before + 1);
      return before;
    },
  };
}

/** Rejects when the server closes. */
export async function pause({ closing }: Simulator, milliseconds: number): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal: closing, ref: false });
}

/** Yields to waiting requests. Rejects when the server closes. */
export async function yieldToRequests({ closing }: Simulator): Promise<void> {
  await setImmediate(undefined, { signal: closing });
}

/** Runs background work; ends silently if the server closes. */
export function inBackground(
  { closing }: Simulator,
  work: () => Promise<void>,
  onFailure: (reason: string) => void,
): void {
  work().catch((error: unknown) => {
    if (!closing.aborted) onFailure(error instanceof Error ? error.message : String(error));
  });
}
