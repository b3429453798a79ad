/** `weighbridge simulate`: runs the simulated model server until a stop signal. */
import { type Command, InvalidArgumentError } from 'commander';
import { readCandidates } from '../authors-files/read-candidates.js';
import { WeighbridgeError } from '../errors.js';
import { readConfiguration } from '../packs/configuration/read-configuration.js';
import type { DescribedDesign } from '../packs/described/design.js';
import { readDesign } from '../packs/read-design.js';
import {
  type Faults,
  mixedFaults,
  promptFaults,
  requestFaults,
  workFaults,
} from '../simulation/server/faults.js';
import { type KnobValues, modelKnobs, profileWith } from '../simulation/server/knobs.js';
import { type SimulatedServerOptions, startSimulatedServer } from '../simulation/server/server.js';
import {
  addFlags,
  Flag,
  type FlagValues,
  flag,
  optionalFlag,
  repeatedFlag,
  switchFlag,
  wholeNumber,
} from './flags.js';
import { untilStopSignal } from './signals.js';

const DAY_MS = 86_400_000;

const simulateFlags = {
  host: flag(
    '--host <address>',
    'where to listen; only this machine reaches the default',
    String,
    '127.0.0.1',
  ),
  port: flag('--port <n>', 'port; 0: a free one', wholeNumber(0, 65_535), 0),
  seed: flag('--seed <n>', 'seed of everything random', wholeNumber(0), 1),
  model: repeatedFlag('--model <name>', 'one more model; may be given more than once'),
  knob: new Flag<ModelKnobs | undefined>(
    '--knob <model:name=value>',
    'a model with this setting; may be given more than once',
  ).argParser(oneKnob),
  reasoningModel: repeatedFlag(
    '--reasoning-model <name>',
    "one more model, which reasons and refuses what OpenAI's reasoning models refuse",
  ),
  study: repeatedFlag(
    '--study <folder>',
    'a described study, whose models answer its questions; may be given more than once',
  ),
  contexts: optionalFlag(
    '--contexts <file>',
    'decision contexts whose ranges the models know (default: those that ship with weighbridge)',
  ),
  logprobs: switchFlag('--no-logprobs', 'return no log-probabilities'),
  fineTuning: switchFlag(
    '--no-fine-tuning',
    'have no files, fine-tuning jobs or batches, like most servers of open models',
  ),
  latency: flag('--latency <ms>', 'latency of every answer', wholeNumber(0, DAY_MS), 0),
  jobSeconds: flag(
    '--job-seconds <s>',
    'how long a fine-tuning job or a batch takes',
    seconds,
    0.2,
  ),
  rpm: optionalFlag('--rpm <n>', 'requests per minute and model', wholeNumber(1)),
  tpm: optionalFlag('--tpm <n>', 'tokens per minute and model', wholeNumber(1)),
  keyFrom: optionalFlag(
    '--key-from <variable>',
    'environment variable with the key that clients must send',
  ),
  filterWord: repeatedFlag(
    '--filter-word <word>',
    'a content filter refuses prompts with this word; may be given more than once',
  ),
  faults: flag('--faults <share>', 'share of requests with faults, of mixed kinds', share, 0),
  fault: new Flag<Faults | undefined>(
    '--fault <kind=share>',
    'share of requests, or of prompts, with faults of one kind; may be given more than once',
  ).argParser(oneFault),
};

type SimulateFlags = FlagValues<typeof simulateFlags>;

export function addSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description("a server that speaks OpenAI's API, with simulated models: no key, no network");
  addFlags(command, simulateFlags).addHelpText('after', moreHelp).action(simulate);
}

async function simulate(flags: SimulateFlags): Promise<void> {
  const server = await startSimulatedServer(await serverOptions(flags));
  const stopped = untilStopSignal();
  process.stdout.write(`${server.url}\n`);
  await stopped;
  await server.close();
}

async function serverOptions(flags: SimulateFlags): Promise<SimulatedServerOptions> {
  const { host, port, seed, model, logprobs, fineTuning, latency, jobSeconds, rpm, tpm } = flags;
  const key = keyOf(flags);
  const studies = await Promise.all((flags.study ?? []).map(describedStudy));
  return {
    host,
    port,
    seed,
    models: [...new Set([...(model ?? []), ...studies.flatMap(modelNames)])],
    profiles: Object.fromEntries(
      Object.entries(flags.knob ?? {}).map(([name, values]) => [name, profileWith(name, values)]),
    ),
    reasoningModels: flags.reasoningModel ?? [],
    studies,
    filterWords: flags.filterWord ?? [],
    logprobs,
    fineTuning,
    latencyMs: latency,
    jobSeconds,
    // An explicit probability of a kind overrides its share of the mixture.
    faults: { ...(flags.faults > 0 ? mixedFaults(flags.faults) : {}), ...flags.fault },
    ...(flags.contexts !== undefined && { knowledge: await readCandidates(flags.contexts) }),
    ...(rpm !== undefined && { requestsPerMinute: rpm }),
    ...(tpm !== undefined && { tokensPerMinute: tpm }),
    ...(key !== undefined && { apiKey: key }),
  };
}

function modelNames({ configuration }: DescribedDesign): string[] {
  return configuration.models.map(({ name }) => name);
}

/** @throws WeighbridgeError as `readDesign`, and `bad-argument` for a study of the paper's pack */
async function describedStudy(folder: string): Promise<DescribedDesign> {
  const design = await readDesign(await readConfiguration(folder), folder);
  if (design.kind === 'described') return design;
  throw new WeighbridgeError(
    'bad-argument',
    `--study ${folder}: the models know the prompts of the pack self-interpretability; only a described study is given`,
  );
}

/** Read from the environment, because other users can see a command line. */
function keyOf({ keyFrom }: SimulateFlags): string | undefined {
  if (keyFrom === undefined) return undefined;
  const key = process.env[keyFrom];
  if (key) return key;
  throw new WeighbridgeError('no-key', `--key-from ${keyFrom}: that variable is not set`, {
    details: { variable: keyFrom },
  });
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

/** Parses `kind=share`; the server checks the kinds. */
function oneFault(text: string, before: Faults = {}): Faults {
  const [kind = '', probability] = text.split('=');
  if (probability === undefined) {
    throw new InvalidArgumentError('expected KIND=SHARE, such as 429=0.05.');
  }
  return { ...before, [kind]: share(probability) };
}

type ModelKnobs = Readonly<Record<string, KnobValues>>;

/** Parses `model:knob=value`; a model's name may contain colons. */
function oneKnob(text: string, before: ModelKnobs = {}): ModelKnobs {
  const [, model = '', knob = '', number = ''] = /^(.+):([^:=]+)=(.+)$/.exec(text) ?? [];
  const value = Number(number);
  if (model === '' || !Number.isFinite(value)) {
    throw new InvalidArgumentError('expected MODEL:NAME=VALUE, such as my-model:insight=0.7.');
  }
  return { ...before, [model]: { ...before[model], [knob]: value } };
}

function moreHelp(): string {
  const faults = Object.entries({ ...requestFaults, ...promptFaults, ...workFaults });
  const knobs = Object.entries(modelKnobs).map(([name, { what, range }]) => {
    return [name, `${what}, from ${range[0]} to ${range[1]}`] as const;
  });
  return [
    ...['', 'Kinds of faults:', ...aligned(faults)],
    ...['', 'Knobs of a model:', ...aligned(knobs), ''],
  ].join('\n');
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, what]) => `  ${name.padEnd(width)}  ${what}`);
}
