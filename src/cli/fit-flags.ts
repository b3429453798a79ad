/** The flags of `weighbridge fit`, and their conversion to options of a regression. */
import { type Command, InvalidArgumentError } from 'commander';
import { type FamilyName, familyNames, thresholdKinds } from '../../models/families/family.js';
import { linksOf, unknownFamily } from '../../models/families/index.js';
import { decimalMarks, thousandsMarks } from '../data-files/number-format.js';
import { tableFormats } from '../data-files/read-table.js';
import { WeighbridgeError } from '../errors.js';
import { defaultSettings, type SamplerSettings } from '../sampler/settings.js';
import {
  choiceFlag,
  type FlagValues,
  flag,
  flagText,
  givenFlags,
  jsonFlag,
  optionalChoice,
  optionalFlag,
  quietFlag,
  repeatedFlag,
  samplerFlags,
  switchFlag,
  wholeNumber,
  workerFlags,
} from './flags.js';
import { noShards } from './shards.js';

export const modelFlags = {
  family: choiceFlag(
    '--family <name>',
    'distribution of the outcome',
    familyNames,
    'gaussian',
  ).argParser(familyName),
  familyFile: optionalFlag(
    '--family-file <file>',
    'a family of your own, in YAML, instead of --family',
  ),
  link: optionalChoice('--link <name>', "link of the mean (default: the family's)", [
    ...new Set(familyNames.flatMap(linksOf)),
  ]),
  threshold: optionalChoice(
    '--threshold <kind>',
    'thresholds of ordered categories (default: flexible)',
    ['flexible', ...thresholdKinds],
  ),
  prior: repeatedFlag(
    '--prior <prior>',
    "a prior, as 'normal(0, 1) class=b coef=x'; may be given more than once",
  ),
  missing: choiceFlag(
    '--missing <what>',
    'rows with missing values: drop them, or fail',
    ['drop', 'fail'],
    'drop',
  ),
  levels: repeatedFlag(
    '--levels <column=a,b,…>',
    "order of a factor's levels, the reference first; may be given more than once",
  ),
};

/** Flags for reading the data file. */
export const readingFlags = {
  format: optionalChoice(
    '--format <name>',
    "format of the data (default: by the file's name)",
    tableFormats,
  ),
  decimal: optionalChoice(
    '--decimal <mark>',
    'decimal mark of CSV (default: found from the file)',
    decimalMarks,
  ),
  thousands: optionalChoice(
    '--thousands <mark>',
    'thousands separator of CSV (default: found from the file)',
    thousandsMarks,
  ),
  delimiter: optionalFlag(
    '--delimiter <character>',
    "separator of the cells of CSV, 'tab' for a tab (default: found from the file)",
    delimiter,
  ),
  na: repeatedFlag(
    '--na <text>',
    'a cell that means a missing value, in addition to NA and the like; may be given more than once',
  ),
};

/** Flags for the sampler. */
export const settingFlags = {
  ...samplerFlags,
  metric: choiceFlag(
    '--metric <name>',
    'metric that the warm-up of NUTS learns',
    ['unit', 'diagonal', 'dense'] satisfies SamplerSettings['metric'][],
    defaultSettings.metric,
  ),
  targetAcceptance: flag(
    '--target-acceptance <p>',
    "target of the mean acceptance; Stan's adapt_delta",
    probability,
    defaultSettings.targetAcceptance,
  ),
  maxDepth: flag(
    '--max-depth <n>',
    "deepest tree of NUTS; Stan's max_treedepth",
    wholeNumber(1, 30),
    defaultSettings.maxDepth,
  ),
};

const precisionFlags = {
  precision: optionalFlag(
    '--precision <decimals>',
    'sample until means and HDIs of the coefficients are certain to these decimals, 0 to 6',
    wholeNumber(0, 6),
  ),
  precisionLimit: flag(
    '--precision-limit <seconds>',
    'time after which --precision starts no further round',
    wholeNumber(1),
    60,
  ),
};

/** Flags that also apply to a loaded fit. */
const outputFlags = {
  load: optionalFlag('--load <folder>', 'a fit that --save wrote, instead of data and formula'),
  json: jsonFlag,
  save: optionalFlag('--save <folder>', 'save the fit with all its draws'),
  arviz: optionalFlag('--arviz <folder>', 'write the fit for ArviZ, a Zarr store'),
  arvizRows: switchFlag(
    '--no-arviz-rows',
    'with --arviz: without log likelihood and predictions of each row, which take most of its room',
  ),
  cmdstan: optionalFlag('--cmdstan <folder>', 'write the chains as CmdStan CSV files'),
  loo: switchFlag(
    '--loo',
    'leave-one-out cross-validation; observations of a high Pareto k are left out by fits without them',
  ),
  looRefits: optionalFlag(
    '--loo-refits <n>',
    'with --loo: most such fits; if more are needed, none is made (default: 100)',
    wholeNumber(0),
  ),
  looMomentMatch: switchFlag(
    '--loo-moment-match',
    'with --loo: match moments of the draws before fits are made, where these take long',
  ),
  looIntegrate: optionalFlag(
    '--loo-integrate <group>',
    'with --loo: rows one by one, with the effects of this group integrated out',
  ),
  looGrouped: optionalFlag('--loo-grouped <column>', 'with --loo: leave out whole groups'),
  kfold: optionalFlag(
    '--kfold <folds>',
    'cross-validation by fits to all folds but one, at random',
    wholeNumber(2),
  ),
  kfoldGrouped: optionalFlag(
    '--kfold-grouped <column>',
    'cross-validation in folds of whole groups (without --kfold: one by one)',
  ),
  kfoldStratified: optionalFlag(
    '--kfold-stratified <column>',
    'with --kfold: folds with equal shares of the values of this column',
  ),
  check: switchFlag(
    '--check',
    'check convergence, predictions, LOO and priors; exit code 3 if the fit is not to be trusted',
  ),
  checkCalibration: optionalFlag(
    '--check-calibration <n>',
    'with --check: simulation-based calibration too, by this many simulated fits',
    wholeNumber(1, 1_000_000),
  ),
  quiet: quietFlag,
  shard: noShards(
    'a command with one fit has no shards; its chains run on threads (--workers) or on a queue (--on)',
  ),
};

export const fitFlags = {
  ...modelFlags,
  ...readingFlags,
  ...settingFlags,
  ...precisionFlags,
  ...workerFlags,
  ...outputFlags,
};

export type FitFlags = FlagValues<typeof fitFlags>;

function familyName(text: string): FamilyName {
  const name = familyNames.find((known) => known === text);
  if (name) return name;
  throw new InvalidArgumentError(`${unknownFamily(text)}.`);
}

function delimiter(text: string): string {
  const character = text === 'tab' || text === '\\t' ? '\t' : text;
  if (character.length === 1) return character;
  throw new InvalidArgumentError("expected one character, or 'tab'.");
}

function probability(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('expected a number between 0 and 1.');
}

/**
 * Checks flags against --load: a loaded fit has its own data, model and draws.
 * @param given arguments given with --load, by their names
 * @throws WeighbridgeError `bad-argument` naming all arguments that --load would ignore
 */
export function requireLoadAlone(command: Command, given: readonly string[]): void {
  const options = givenFlags(command)
    .filter((option) => !Object.hasOwn(outputFlags, option.attributeName()))
    .map(flagText);
  const ignored = [...given, ...options];
  if (ignored.length === 0) return;
  throw new WeighbridgeError(
    'bad-argument',
    `--load brings a fit with its own data, model and draws: expected it without ${ignored.join(', ')}`,
    { details: { option: '--load', found: ignored } },
  );
}

/** Parses `g=a,b,c` as the levels of a column. @throws WeighbridgeError `bad-argument` */
export function parseLevels(levels: readonly string[] = []): Record<string, string[]> {
  return Object.fromEntries(
    levels.map((text) => {
      const at = text.indexOf('=');
      const names = text.slice(at + 1).split(',');
      if (at > 0 && names.every((name) => name !== '')) return [text.slice(0, at), names];
      throw new WeighbridgeError(
        'bad-argument',
        `--levels is '${text}', expected a column and its levels: g=a,b,c`,
        { details: { option: '--levels', found: text, expected: 'g=a,b,c' } },
      );
    }),
  );
}
