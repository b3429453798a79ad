/**
 * Command-line flags as tables. Each flag is defined once, with its name, help, parser and
 * default; the type of its value is inferred.
 */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { WeighbridgeError } from '../errors.js';
import { algorithms, defaultSettings, type SamplerSettings } from '../sampler/settings.js';

/** A flag whose value has the type T. */
export class Flag<T> extends Option {
  /** Never set: carries the type. */
  declare readonly type: T;
}

/** Flags by the names of their values: `--target-acceptance` sets `targetAcceptance`. */
type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** The values of a table's flags. */
export type FlagValues<Table extends FlagTable> = {
  [Name in keyof Table]: Table[Name]['type'];
};

export function addFlags(command: Command, table: FlagTable): Command {
  for (const flag of Object.values(table)) command.addOption(flag);
  return command;
}

/** The flags on the command line, without those that have their defaults. */
export function givenFlags(command: Command): Option[] {
  return command.options.filter(
    (option) => command.getOptionValueSource(option.attributeName()) === 'cli',
  );
}

/** A flag as it is typed: `--seed`. */
export function flagText(option: Option): string {
  return option.long ?? option.name();
}

/**
 * Checks flags that mean something only with another flag.
 *
 * @param dependent names of their values
 * @param needed at least one of these must be given too: `--pilot`
 * @throws WeighbridgeError `bad-argument` naming the flags that would be ignored
 */
export function requireWith(
  command: Command,
  dependent: readonly string[],
  needed: readonly string[],
): void {
  const given = givenFlags(command);
  if (given.some((option) => needed.includes(flagText(option)))) return;
  const ignored = given
    .filter((option) => dependent.includes(option.attributeName()))
    .map(flagText);
  const [first] = ignored;
  if (first === undefined) return;
  throw new WeighbridgeError(
    'bad-argument',
    `${ignored.join(', ')}: expected together with ${needed.join(' or ')}`,
    { details: { option: first, found: ignored } },
  );
}

/** Picks the values of one table from those of several. */
export function valuesOf<Table extends FlagTable>(
  table: Table,
  values: FlagValues<Table>,
): FlagValues<Table> {
  const names: readonly (keyof Table)[] = Object.keys(table);
  const picked: Partial<FlagValues<Table>> = {};
  for (const name of names) picked[name] = values[name];
  return picked as FlagValues<Table>;
}

/** A flag with a default. */
export function flag<T>(
  name: string,
  help: string,
  parse: (text: string) => T,
  byDefault: T,
): Flag<T> {
  return new Flag<T>(name, help).argParser(parse).default(byDefault);
}

/** A flag without a default. */
export function optionalFlag(name: string, help: string): Flag<string | undefined>;
export function optionalFlag<T>(
  name: string,
  help: string,
  parse: (text: string) => T,
): Flag<T | undefined>;
export function optionalFlag<T>(name: string, help: string, parse?: (text: string) => T) {
  const made = new Flag<T | string | undefined>(name, help);
  return parse ? made.argParser(parse) : made;
}

/** A flag with a fixed list of values. */
export function choiceFlag<T extends string>(
  name: string,
  help: string,
  choices: readonly T[],
  byDefault: T,
): Flag<T> {
  return new Flag<T>(name, help).choices(choices).default(byDefault);
}

/** Like `choiceFlag`, without a default. */
export function optionalChoice<T extends string>(
  name: string,
  help: string,
  choices: readonly T[],
): Flag<T | undefined> {
  return new Flag<T | undefined>(name, help).choices(choices);
}

/** A flag without a value; `--no-…` is true unless given. */
export function switchFlag(name: string, help: string): Flag<boolean> {
  return new Flag<boolean>(name, help).default(name.startsWith('--no-'));
}

/** A repeatable flag. */
export function repeatedFlag(name: string, help: string): Flag<readonly string[] | undefined> {
  return new Flag<readonly string[] | undefined>(name, help).argParser(
    (text: string, before: readonly string[] = []) => [...before, text],
  );
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    }
    if (value > most) throw new InvalidArgumentError(`expected a whole number of at most ${most}.`);
    return value;
  };
}

/** Sampler flags, shared by all commands that fit. */
export const samplerFlags = {
  seed: flag(
    '--seed <n>',
    'seed of all random numbers',
    wholeNumber(0),
    Number(defaultSettings.seed),
  ),
  chains: flag('--chains <n>', 'chains of each fit', wholeNumber(1, 1000), defaultSettings.chains),
  warmup: flag(
    '--warmup <n>',
    'warm-up draws of each chain',
    wholeNumber(0, 1_000_000),
    defaultSettings.warmup,
  ),
  draws: flag(
    '--draws <n>',
    'kept draws of each chain',
    wholeNumber(4, 1_000_000),
    defaultSettings.draws,
  ),
  algorithm: choiceFlag(
    '--algorithm <name>',
    'sampling algorithm; auto: split HMC if the posterior is close to normal, otherwise NUTS',
    algorithms,
    defaultSettings.algorithm,
  ),
} satisfies Partial<Record<keyof SamplerSettings, Flag<unknown>>>;

/** A worker takes about 25 MB, and a single fit has few chains. */
const MOST_DEFAULT_WORKERS = 8;

export const workerFlags = {
  workers: flag(
    '--workers <n>',
    'worker threads; results are the same for any number',
    wholeNumber(1, 256),
    Math.min(availableParallelism(), MOST_DEFAULT_WORKERS),
  ),
  on: optionalFlag(
    '--on <address>',
    'run the fits on the workers of a queue, redis://host:6379/0 (see `weighbridge worker`), instead of threads',
  ),
  queuePrefix: optionalFlag('--queue-prefix <name>', 'with --on: the prefix of the queue'),
  dataFolder: optionalFlag(
    '--data-folder <folder>',
    'with --on: a folder that the workers see too, for data that are too large for Redis',
  ),
  resume: optionalFlag(
    '--resume <name>',
    'with --on: go on with this run of the same command; `weighbridge jobs list` names them',
  ),
};

export const keepDrawsFlag = optionalFlag(
  '--keep-draws <folder>',
  'save every fit with its draws there, each in a folder of its name, as `fit --save` does; with --shard, the fits of the shard',
);

export const jsonFlag = optionalFlag(
  '--json <file>',
  "write the result as JSON ('-': to standard output)",
);

export const quietFlag = switchFlag(
  '--quiet',
  'show no progress; with --json -, no table or summary either',
);

/** Flags of the commands that serve or show a queue. */
export const queueFlags = {
  queue: new Flag<string>(
    '--queue <address>',
    'Redis or Valkey: redis://host:6379/0, or rediss:// for TLS; the password may be in the environment variable WEIGHBRIDGE_QUEUE_PASSWORD',
  ).makeOptionMandatory(),
  queuePrefix: optionalFlag(
    '--queue-prefix <name>',
    'first part of all keys in Redis (default: weighbridge)',
  ),
};
