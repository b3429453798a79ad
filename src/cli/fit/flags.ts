/**
 * The options of `weighbridge fit`, and what they mean to a regression.
 */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type FamilyName, familyNames, type LinkName } from '../../../models/families/family.js';
import { linksOf, unknownFamily } from '../../../models/families/index.js';
import {
  type DecimalMark,
  decimalMarks,
  type ThousandsMark,
  thousandsMarks,
} from '../../data-files/number-format.js';
import {
  type ReadTableOptions,
  type TableFormat,
  tableFormats,
} from '../../data-files/read-table.js';
import { WeighbridgeError } from '../../errors.js';
import type { PriorRow } from '../../regression/priors/prior-rows.js';
import { parsePrior } from '../../regression/priors/prior-text.js';
import { algorithms, defaultSettings, type SamplerSettings } from '../../sampler/settings.js';
import { wholeNumber } from '../options.js';

export interface FitFlags {
  family: FamilyName;
  link?: LinkName;
  prior?: readonly string[];
  missing: 'drop' | 'fail';
  levels?: readonly string[];
  format?: TableFormat;
  decimal?: DecimalMark;
  thousands?: ThousandsMark;
  delimiter?: string;
  na?: readonly string[];
  seed: number;
  chains: number;
  warmup: number;
  draws: number;
  algorithm: SamplerSettings['algorithm'];
  metric: SamplerSettings['metric'];
  targetAcceptance: number;
  maxDepth: number;
  workers: number;
  load?: string;
  json?: string;
  save?: string;
  arviz?: string;
  cmdstan?: string;
  loo: boolean;
  quiet: boolean;
}

/** A fit has few chains: more threads than these would have nothing to do. */
const MOST_WORKERS = 8;

export function addFitOptions(command: Command): Command {
  const { seed, chains, warmup, draws, algorithm, metric, targetAcceptance, maxDepth } =
    defaultSettings;
  const links = [...new Set(familyNames.flatMap(linksOf))];
  return command
    .addOption(
      new Option('--family <name>', 'distribution of the outcome')
        .choices(familyNames)
        .argParser(familyName)
        .default('gaussian' satisfies FamilyName),
    )
    .addOption(
      new Option('--link <name>', "link of the mean (default: the family's)").choices(links),
    )
    .option(
      '--prior <prior>',
      "a prior, as 'normal(0, 1) class=b coef=x'; may be given more than once",
      several,
    )
    .addOption(
      new Option('--missing <what>', 'rows with missing values: leave them out, or fail')
        .choices(['drop', 'fail'])
        .default('drop'),
    )
    .option(
      '--levels <column=a,b,…>',
      "order of a factor's levels, the reference first; may be given more than once",
      several,
    )
    .addOption(
      new Option('--format <name>', "format of the data (default: by the file's name)").choices(
        tableFormats,
      ),
    )
    .addOption(
      new Option('--decimal <mark>', 'decimal mark of CSV (default: found from the file)').choices(
        decimalMarks,
      ),
    )
    .addOption(
      new Option(
        '--thousands <mark>',
        'what separates thousands in CSV (default: found from the file)',
      ).choices(thousandsMarks),
    )
    .option(
      '--delimiter <character>',
      "what separates the cells of CSV, 'tab' for a tab (default: found from the file)",
      delimiter,
    )
    .option(
      '--na <text>',
      'a cell that is a missing value, beside NA and its like; may be given more than once',
      several,
    )
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0), Number(seed))
    .option('--chains <n>', 'chains', wholeNumber(1, 1000), chains)
    .option('--warmup <n>', 'warm-up draws a chain', wholeNumber(0, 1_000_000), warmup)
    .option('--draws <n>', 'kept draws a chain', wholeNumber(4, 1_000_000), draws)
    .addOption(
      new Option('--algorithm <name>', 'split HMC where near normal and NUTS elsewhere (auto)')
        .choices(algorithms)
        .default(algorithm),
    )
    .addOption(
      new Option('--metric <name>', 'what the warm-up of NUTS learns')
        .choices(['unit', 'diagonal', 'dense'] satisfies SamplerSettings['metric'][])
        .default(metric),
    )
    .option('--target-acceptance <p>', "Stan's adapt_delta", probability, targetAcceptance)
    .option('--max-depth <n>', "Stan's max_treedepth", wholeNumber(1, 30), maxDepth)
    .option(
      '--workers <n>',
      'worker threads; the draws are the same for any number',
      wholeNumber(1, 256),
      Math.min(availableParallelism(), MOST_WORKERS),
    )
    .option('--load <folder>', 'a fit that --save wrote, in place of data and formula')
    .option('--json <file>', "write the result as JSON ('-': standard output)")
    .option('--save <folder>', 'keep the fit whole, with its draws')
    .option('--arviz <folder>', "write the fit as ArviZ' InferenceData, a Zarr store")
    .option('--cmdstan <folder>', 'write the chains as CSV files of CmdStan')
    .option('--loo', 'leave-one-out cross-validation', false)
    .option('--quiet', 'no progress, and with --json - no summary', false);
}

function familyName(text: string): FamilyName {
  const name = familyNames.find((known) => known === text);
  if (name) return name;
  throw new InvalidArgumentError(`${unknownFamily(text)}.`);
}

function delimiter(text: string): string {
  const named = text === 'tab' || text === '\\t' ? '\t' : text;
  if (named.length === 1) return named;
  throw new InvalidArgumentError("expected one character, or 'tab'.");
}

function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('expected a number between 0 and 1.');
}

/** @throws WeighbridgeError `bad-argument` with the text that is no prior */
export function priorsOf({ prior = [] }: FitFlags): PriorRow[] {
  return prior.map(parsePrior);
}

/** What still has a meaning for a fit that was made before. */
const OF_ANY_FIT: ReadonlySet<string> = new Set([
  'load',
  'json',
  'save',
  'arviz',
  'cmdstan',
  'loo',
  'quiet',
] satisfies (keyof FitFlags)[]);

/**
 * A fit that is loaded has its data, its model and its draws.
 * @param given arguments that were given beside it, by their names
 * @throws WeighbridgeError `bad-argument` with all that would be passed over
 */
export function requireLoadAlone(command: Command, given: readonly string[]): void {
  const options = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .filter((option) => !OF_ANY_FIT.has(option.attributeName()))
    .map((option) => option.long ?? option.name());
  const passedOver = [...given, ...options];
  if (passedOver.length === 0) return;
  throw new WeighbridgeError(
    'bad-argument',
    `--load brings a fit with its own data, model and draws: expected it without ${passedOver.join(', ')}`,
  );
}

/** `g=a,b,c` as the levels of a column. */
export function levelsOf({ levels = [] }: FitFlags): Record<string, string[]> {
  return Object.fromEntries(
    levels.map((text) => {
      const at = text.indexOf('=');
      const names = text.slice(at + 1).split(',');
      if (at > 0 && names.every((name) => name !== '')) return [text.slice(0, at), names];
      throw new WeighbridgeError(
        'bad-argument',
        `--levels is '${text}', expected a column and its levels: g=a,b,c`,
      );
    }),
  );
}

/** How the file of data is read. */
export function readingOf(flags: FitFlags): ReadTableOptions {
  const { format, decimal, thousands, delimiter, na } = flags;
  return { format, decimal, thousands, delimiter, na };
}

export function settingsOf(flags: FitFlags): Partial<SamplerSettings> {
  const { seed, chains, warmup, draws, algorithm, metric, targetAcceptance, maxDepth } = flags;
  return { seed, chains, warmup, draws, algorithm, metric, targetAcceptance, maxDepth };
}
