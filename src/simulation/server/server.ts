/**
 * The simulated model server: OpenAI's API over HTTP, with models in it that learn, choose and
 * report by simple laws. It listens on loopback unless told otherwise, and keeps nothing on disk.
 */
import { setMaxListeners } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { WeighbridgeError } from '../../errors.js';
import { type Candidate, readCandidates } from '../../study/candidates.js';
import { simulatorApp } from './app.js';
import { type Faults, faultSource } from './faults.js';
import { fileStore, nowInSeconds } from './file-store.js';
import { newWorld } from './mind.js';
import { modelRegistry } from './model-registry.js';
import type { ModelProfile } from './profile.js';
import { rateLimiter } from './rate-limit.js';
import type { Simulator } from './simulator.js';
import { knowledgeOf } from './situation.js';
import { type ServerStats, statsKeeper } from './stats.js';

export interface SimulatedServerOptions {
  /** Default 127.0.0.1: nobody else can reach it. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** Of all that happens by chance, models included; default 1. */
  readonly seed?: number;
  /** Probabilities of trouble; none where absent. */
  readonly faults?: Faults;
  /** How long a slow answer (default 300 ms) and a dripping one (500 ms) take. */
  readonly slowMs?: number;
  readonly dripMs?: number;
  /** Whether log-probabilities are given to those who ask; default true. */
  readonly logprobs?: boolean;
  /** Of every chat completion; default 0. */
  readonly latencyMs?: number;
  /** How long a fine-tuning job or a batch takes; default 0.2. */
  readonly jobSeconds?: number;
  /** Limits of each model; none where absent. */
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  /** The key that clients must show; any will do where absent. */
  readonly apiKey?: string;
  /** Names of models beside those of the paper and `simulated-model`. */
  readonly models?: readonly string[];
  /** Profiles of models of one's own, or in place of those that come with weighbridge. */
  readonly profiles?: Readonly<Record<string, ModelProfile>>;
  /** Contexts whose ranges the models know; default: those that ship with weighbridge. */
  readonly knowledge?: readonly Candidate[];
}

export interface SimulatedServer {
  /** `http://127.0.0.1:PORT/v1`: the base URL for a client. */
  readonly url: string;
  stats(): ServerStats;
  /** Cuts what is still open. */
  close(): Promise<void>;
}

/**
 * Resolves when it listens.
 * @throws WeighbridgeError `bad-argument` for options out of range, or an address that is taken
 */
export async function startSimulatedServer(
  options: SimulatedServerOptions = {},
): Promise<SimulatedServer> {
  const closing = new AbortController();
  // One listener for each request under way is no leak.
  setMaxListeners(0, closing.signal);
  const simulator = await simulatorOf(options, closing.signal);
  const { host = '127.0.0.1', port = 0 } = options;
  const { fetch } = simulatorApp(simulator, host);
  // Request and Response stay the caller's own: this may run inside another program.
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
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      });
    },
  };
}

/** Longer than clients keep a connection idle: a server that hangs up first breaks requests. */
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
  const source = faultSource(faults, seed);
  const { models = [], profiles = {} } = options;
  return {
    world: newWorld(seed, knowledgeOf(knowledge)),
    models: modelRegistry({ models, profiles }, nowInSeconds()),
    files: fileStore(),
    faults: source,
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

async function listen(server: ServerType, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message;
      const message = `cannot listen on ${host} port ${port}: ${reason}`;
      reject(new WeighbridgeError('bad-argument', message, { cause }));
    });
    server.listen(port, host, () => resolve(server.address() as AddressInfo));
  });
}
