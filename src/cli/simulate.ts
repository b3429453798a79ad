/** `weighbridge simulate`: the simulated model server, until it is told to stop. */
import { type Command, InvalidArgumentError } from 'commander';
import { WeighbridgeError } from '../errors.js';
import {
  type Faults,
  mixedFaults,
  requestFaults,
  workFaults,
} from '../simulation/server/faults.js';
import { type SimulatedServerOptions, startSimulatedServer } from '../simulation/server/server.js';
import { readCandidates } from '../study/candidates.js';
import { wholeNumber } from './options.js';

interface SimulateFlags {
  host: string;
  port: number;
  seed: number;
  model: string[];
  contexts?: string;
  logprobs: boolean;
  latency: number;
  jobSeconds: number;
  rpm?: number;
  tpm?: number;
  keyFrom?: string;
  faults: number;
  fault: Faults;
}

const DAY_MS = 86_400_000;

export function addSimulate(program: Command): void {
  program
    .command('simulate')
    .description("a server that speaks OpenAI's API, with simulated models: no key, no network")
    .option('--host <address>', 'where to listen; only this machine reaches it', '127.0.0.1')
    .option('--port <n>', 'port; 0: a free one', wholeNumber(0, 65_535), 0)
    .option('--seed <n>', 'seed of all that happens by chance', wholeNumber(0), 1)
    .option('--model <name>', 'one more model, repeatable', collect, [])
    .option(
      '--contexts <file>',
      'decision contexts whose ranges the models know (default: those that ship with weighbridge)',
    )
    .option('--no-logprobs', 'give no log-probabilities')
    .option('--latency <ms>', 'of every answer', wholeNumber(0, DAY_MS), 0)
    .option('--job-seconds <s>', 'how long a fine-tuning job or a batch takes', seconds, 0.2)
    .option('--rpm <n>', 'requests a minute and model', wholeNumber(1))
    .option('--tpm <n>', 'tokens a minute and model', wholeNumber(1))
    .option('--key-from <variable>', 'environment variable with the key that clients must show')
    .option('--faults <share>', 'share of requests that meet trouble of mixed kinds', share, 0)
    .option('--fault <kind=share>', 'trouble of one kind, repeatable', oneFault, {})
    .addHelpText('after', faultHelp)
    .action(simulate);
}

async function simulate(flags: SimulateFlags): Promise<void> {
  const server = await startSimulatedServer(await serverOptions(flags));
  const stopped = untilStopped();
  process.stdout.write(`${server.url}\n`);
  await stopped;
  await server.close();
}

async function serverOptions(flags: SimulateFlags): Promise<SimulatedServerOptions> {
  const { host, port, seed, model, logprobs, latency, jobSeconds, rpm, tpm } = flags;
  const key = keyOf(flags);
  return {
    host,
    port,
    seed,
    models: model,
    logprobs,
    latencyMs: latency,
    jobSeconds,
    // A kind by itself says more than the mixture.
    faults: { ...(flags.faults > 0 ? mixedFaults(flags.faults) : {}), ...flags.fault },
    ...(flags.contexts !== undefined && { knowledge: await readCandidates(flags.contexts) }),
    ...(rpm !== undefined && { requestsPerMinute: rpm }),
    ...(tpm !== undefined && { tokensPerMinute: tpm }),
    ...(key !== undefined && { apiKey: key }),
  };
}

/** From the environment: a command line is there for all to see. */
function keyOf({ keyFrom }: SimulateFlags): string | undefined {
  if (keyFrom === undefined) return undefined;
  const key = process.env[keyFrom];
  if (key) return key;
  throw new WeighbridgeError('no-key', `--key-from ${keyFrom}: that variable is not set`);
}

/** Resolves at the first signal to stop. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve());
    }
  });
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('expected a number of seconds.');
  }
  return value;
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('expected a share from 0 to 1.');
  }
  return value;
}

/** The server knows which kinds there are. */
function oneFault(text: string, before: Faults): Faults {
  const [kind = '', probability] = text.split('=');
  if (probability === undefined) {
    throw new InvalidArgumentError('expected KIND=SHARE, such as 429=0.05.');
  }
  return { ...before, [kind]: share(probability) };
}

function faultHelp(): string {
  const kinds = Object.entries({ ...requestFaults, ...workFaults });
  const width = Math.max(...kinds.map(([kind]) => kind.length));
  const lines = kinds.map(([kind, what]) => `  ${kind.padEnd(width)}  ${what}`);
  return ['', 'Kinds of trouble:', ...lines, ''].join('\n');
}
