/**
 * The simulated model server: OpenAI's API over HTTP, with models that learn, choose and report by
 * simple laws. It listens on loopback by default, and keeps nothing on disk.
 */
import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import { createAdaptorServer } from '@hono/node-server';
import { readCandidates } from '../../authors-files/read-candidates.js';
import { WeighbridgeError } from '../../errors.js';
import { listen, stopListening } from '../../http/listen.js';
import type { DescribedDesign } from '../../packs/described/design.js';
import type { Candidate } from '../../study/candidates.js';
import { describedBook } from '../described-book.js';
import { simulatorApp } from './app.js';
import { type Faults, faultSource } from './faults.js';
import { fileStore, nowInSeconds } from './files.js';
import type { QuestionBook } from './latent.js';
import { createSharedState, knowledgeOf } from './model.js';
import { modelRegistry } from './models.js';
import { type ModelProfile, paperProfiles, reasoningProfile } from './profile.js';
import { rateLimiter } from './rate-limit.js';
import { repeatCounter, type Simulator } from './simulator.js';
import { type ServerStats, statsKeeper } from './stats.js';

export interface SimulatedServerOptions {
  /** The address to listen on. @default '127.0.0.1', not reachable from other machines */
  readonly host?: string;
  /** @default 0: a free port */
  readonly port?: number;
  /** Seed of all randomness, models included. @default 1 */
  readonly seed?: number;
  /** Probabilities of faults. @default none */
  readonly faults?: Faults;
  /** Prompts that contain one of these words, in any case, are refused by a content filter. */
  readonly filterWords?: readonly string[];
  /** Durations of a slow answer (default 300 ms) and of a dripping one (default 500 ms). */
  readonly slowMs?: number;
  readonly dripMs?: number;
  /** Returns log-probabilities on request. @default true */
  readonly logprobs?: boolean;
  /** Latency of every chat completion. @default 0 */
  readonly latencyMs?: number;
  /** Duration of a fine-tuning job or a batch. @default 0.2 */
  readonly jobSeconds?: number;
  /** Rate limits per model. @default none */
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  /** The key that clients must send. @default any key is accepted */
  readonly apiKey?: string;
  /** False: no files, fine-tuning jobs or batches, like most servers of open models. @default true */
  readonly fineTuning?: boolean;
  /** Names of models in addition to the paper's and `simulated-model`. */
  readonly models?: readonly string[];
  /** Names of additional models that reason; see `reasoningProfile`. */
  readonly reasoningModels?: readonly string[];
  /** Profiles of additional models, or replacements of built-in profiles. */
  readonly profiles?: Readonly<Record<string, ModelProfile>>;
  /** Described studies whose questions the models can answer. */
  readonly studies?: readonly DescribedDesign[];
  /** Contexts whose ranges the models know. @default the contexts shipped with weighbridge */
  readonly knowledge?: readonly Candidate[];
}

export interface SimulatedServer {
  /** `http://127.0.0.1:PORT/v1`: the base URL for a client. */
  readonly url: string;
  stats(): ServerStats;
  /** Closes the server and its open connections. */
  close(): Promise<void>;
}

/**
 * Resolves once the server listens.
 * @throws WeighbridgeError `bad-argument` if options are out of range or the address is in use
 */
export async function startSimulatedServer(
  options: SimulatedServerOptions = {},
): Promise<SimulatedServer> {
  const closing = new AbortController();
  // One listener per pending request is not a leak.
  setMaxListeners(0, closing.signal);
  const simulator = await simulatorOf(options, closing.signal);
  const { host = '127.0.0.1', port = 0 } = options;
  const { fetch } = simulatorApp(simulator, { host, fineTuning: options.fineTuning ?? true });
  // Keeps the caller's global Request and Response: this may run inside another program.
  const server = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: { keepAliveTimeout: KEEP_ALIVE_MS },
  });
  const address = await listen(server, host, port);
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `http://${shownHost}:${address.port}/v1`,
    stats: simulator.stats.stats,
    async close() {
      closing.abort();
      await stopListening(server);
    },
  };
}

/** Longer than clients keep a connection idle: a server that closes first breaks requests. */
const KEEP_ALIVE_MS = 65_000;

async function simulatorOf(
  options: SimulatedServerOptions,
  closing: AbortSignal,
): Promise<Simulator> {
  const { seed = 1, faults = {}, latencyMs = 0, jobSeconds = 0.2, logprobs = true } = options;
  const { slowMs = 300, dripMs = 500, requestsPerMinute, tokensPerMinute } = options;
  for (const [name, value] of Object.entries({ latencyMs, jobSeconds, slowMs, dripMs })) {
    requireAtLeast(0, name, value);
  }
  for (const [name, value] of Object.entries({ requestsPerMinute, tokensPerMinute })) {
    if (value !== undefined) requireAtLeast(1, name, value);
  }
  const knowledge = options.knowledge ?? (await shippedContexts());
  const source = faultSource(faults, seed, options.filterWords);
  const { models = [], reasoningModels = [], profiles = {} } = options;
  const reasoning = reasoningModels.map((name) => {
    return [name, reasoningProfile(profiles[name] ?? paperProfiles[name])] as const;
  });
  return {
    shared: createSharedState(seed, knowledgeOf(knowledge), bookOf(options.studies)),
    models: modelRegistry(
      { models, profiles: { ...profiles, ...Object.fromEntries(reasoning) } },
      nowInSeconds(),
    ),
    files: fileStore(),
    faults: source,
    asked: repeatCounter(),
    faultTimes: { slowMs, dripMs },
    limiter: rateLimiter({ requestsPerMinute, tokensPerMinute }, () => performance.now()),
    stats: statsKeeper(source.counts),
    apiKey: options.apiKey ?? null,
    logprobs,
    latencyMs,
    jobSeconds,
    closing,
  };
}

function bookOf(studies: readonly DescribedDesign[] = []): QuestionBook {
  const books = studies.map(describedBook);
  return (conversation) => {
    for (const book of books) {
      const found = book(conversation);
      if (found) return found;
    }
    return null;
  };
}

function requireAtLeast(least: number, name: string, value: number): void {
  if (value >= least && Number.isFinite(value)) return;
  throw new WeighbridgeError(
    'bad-argument',
    `${name} is ${value}: expected a number of at least ${least}`,
  );
}

function shippedContexts(): Promise<Candidate[]> {
  const { resolve } = createRequire(import.meta.url);
  return readCandidates(resolve('weighbridge/fixtures/contexts.json'));
}
