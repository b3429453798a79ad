/** What the routes of one server share. */
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { FaultSource } from './faults.js';
import type { FileStore } from './file-store.js';
import type { World } from './mind.js';
import type { ModelRegistry } from './model-registry.js';
import type { RateLimiter } from './rate-limit.js';
import type { StatsKeeper } from './stats.js';
import type { FaultTimes } from './wire.js';

export interface Simulator {
  readonly world: World;
  readonly models: ModelRegistry;
  readonly files: FileStore;
  readonly faults: FaultSource;
  readonly limiter: RateLimiter;
  readonly stats: StatsKeeper;
  readonly faultTimes: FaultTimes;
  /** The key that clients must show; null: any will do. */
  readonly apiKey: string | null;
  /** Whether log-probabilities are given to those who ask. */
  readonly logprobs: boolean;
  /** Of every chat completion. */
  readonly latencyMs: number;
  /** How long a fine-tuning job or a batch takes, from start to end. */
  readonly jobSeconds: number;
  /** Aborted when the server closes. */
  readonly closing: AbortSignal;
}

/** Rejects when the server closes. */
export async function pause({ closing }: Simulator, milliseconds: number): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal: closing, ref: false });
}

/** Lets waiting requests go first. Rejects when the server closes. */
export async function breathe({ closing }: Simulator): Promise<void> {
  await setImmediate(undefined, { signal: closing });
}

/** Work in the background, which ends quietly where the server closes. */
export function inBackground(
  { closing }: Simulator,
  work: () => Promise<void>,
  onFailure: (reason: string) => void,
): void {
  work().catch((error: unknown) => {
    if (!closing.aborted) onFailure(error instanceof Error ? error.message : String(error));
  });
}
