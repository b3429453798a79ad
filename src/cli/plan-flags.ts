/** The flags of `weighbridge plan`, and their conversion to options of a plan. */
import { type Command, InvalidArgumentError } from 'commander';
import { WeighbridgeError } from '../errors.js';
import { modelFlags, readingFlags } from './fit-flags.js';
import {
  choiceFlag,
  type FlagValues,
  flag,
  flagText,
  givenFlags,
  jsonFlag,
  keepDrawsFlag,
  optionalFlag,
  quietFlag,
  requireWith,
  samplerFlags,
  switchFlag,
  wholeNumber,
  workerFlags,
} from './flags.js';
import { shardFlag } from './shards.js';

/** Sizes, separated by commas. */
function sizes(text: string): readonly number[] {
  return text.split(',').map(wholeNumber(1));
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('expected a number.');
}

/** What holds of every plan. */
const commonFlags = {
  width: optionalFlag('--width <w>', 'wanted mean width of the 95% HDI', number),
  power: optionalFlag('--power <p>', 'wanted probability that the 95% HDI excludes 0', number),
  simulations: flag('--simulations <n>', 'simulated data sets per design', wholeNumber(20), 200),
  seed: samplerFlags.seed,
  ...workerFlags,
  json: jsonFlag,
  shard: shardFlag,
  out: optionalFlag('--out <folder>', 'with --shard: the folder of the shard'),
  plot: optionalFlag('--plot <file.svg>', 'write the curves as a picture'),
  quiet: quietFlag,
};

/** Only for a study in the paper's paradigm. */
const studyOnly = {
  contexts: optionalFlag('--contexts <n,…>', 'numbers of contexts (default: 50,100,200)', sizes),
  choices: optionalFlag('--choices <n,…>', 'choices per context (default: 25,50,100)', sizes),
  reports: optionalFlag('--reports <n,…>', 'reports per context (default: 5,10)', sizes),
  models: optionalFlag(
    '--models <n,…>',
    'base models over which correlations are averaged (default: 1)',
    sizes,
  ),
  attributes: optionalFlag('--attributes <n,…>', 'attributes per context (default: 5)', sizes),
  correlation: optionalFlag(
    '--correlation <r>',
    "assumed correlation of reports with weights (default: .624, the paper's gpt-4o)",
    number,
  ),
  compare: optionalFlag(
    '--compare <r>',
    'a second correlation; the plan is for the difference',
    number,
  ),
  compared: choiceFlag(
    '--compared <what>',
    'what two correlations belong to: reports of two models on the same choices, or base models',
    ['reports', 'models'],
    'reports',
  ),
  scale: choiceFlag(
    '--scale <name>',
    "the given correlations: latent, or raw as in the paper's tables (50 choices, 10 reports a context)",
    ['latent', 'raw'],
    'latent',
  ),
  weightSd: optionalFlag(
    '--weight-sd <sd>',
    'sd of weights in log-odds over a whole range: how deterministic choices are (default: 6.3)',
    number,
  ),
  interceptSd: optionalFlag('--intercept-sd <sd>', 'sd of intercepts (default: 0.77)', number),
  reportNoise: optionalFlag(
    '--report-noise <sd>',
    'sd of single reports in sds of latent reports (default: 0.96)',
    number,
  ),
  comparedReportNoise: optionalFlag(
    '--compared-report-noise <sd>',
    'that of the second correlation (default: the same)',
    number,
  ),
  pilot: optionalFlag(
    '--pilot <folder>',
    "take these assumptions from data in the authors' layout, or from a result folder",
  ),
  model: optionalFlag('--model <name>', 'with --pilot: the base model (default: the first)'),
  setting: choiceFlag(
    '--setting <name>',
    'with --pilot: instilled or native preferences',
    ['instilled', 'native'],
    'instilled',
  ),
  compareTrained: switchFlag(
    '--compare-trained',
    'with --pilot: compare with the reports after introspection training',
  ),
  prices: optionalFlag(
    '--prices <input,output>',
    "USD per million tokens, for the cost of the paper's prompts",
  ),
  study: optionalFlag('--study <folder>', 'take prompts and prices from a study'),
};

/** Only for a regression. */
const regressionOnly = {
  ...modelFlags,
  ...readingFlags,
  keepDraws: keepDrawsFlag,
  parameter: optionalFlag('--parameter <name>', 'the parameter that is planned for: x or b_x'),
  effect: optionalFlag(
    '--effect <value>',
    "its value in all simulations (default: from the pilot's posterior)",
    number,
  ),
  vary: optionalFlag(
    '--vary <sizes>',
    "rows, groups or both, at ½ or 1, 2 and 4 times the pilot's (default: rows)",
    variedSizes,
  ),
  rows: optionalFlag('--rows <n,…>', 'numbers of rows instead', sizes),
  groups: optionalFlag('--groups <n,…>', 'numbers of groups instead', sizes),
  group: optionalFlag(
    '--group <name>',
    'the grouping factor that varies (default: that in which others are nested)',
  ),
  fits: choiceFlag(
    '--fits <how>',
    'fit quickly where a check against sampling allows it, or sample all',
    ['auto', 'sampled'],
    'auto',
  ),
  rowPrice: optionalFlag('--row-price <usd>', 'USD of one row', number),
};

export const planFlags = { ...commonFlags, ...studyOnly, ...regressionOnly };

export type PlanFlags = FlagValues<typeof planFlags>;

const variedKinds = ['rows', 'groups'] as const;

function variedSizes(text: string): readonly ('rows' | 'groups')[] {
  return text.split(',').map((name) => {
    const known = variedKinds.find((kind) => kind === name.trim());
    if (known) return known;
    throw new InvalidArgumentError('expected rows, groups, or rows,groups.');
  });
}

/** @throws WeighbridgeError `bad-argument` naming the flags that a plan would ignore */
export function requireFlagsOf(kind: 'study' | 'regression', command: Command): void {
  const others = kind === 'study' ? regressionOnly : studyOnly;
  const ignored = givenFlags(command)
    .filter((option) => Object.hasOwn(others, option.attributeName()))
    .map(flagText);
  if (ignored.length === 0) {
    requireWith(command, ['model', 'setting', 'compareTrained'], ['--pilot']);
    requireWith(command, ['compared', 'comparedReportNoise'], ['--compare', '--compare-trained']);
    return;
  }
  throw new WeighbridgeError(
    'bad-argument',
    kind === 'study'
      ? `${ignored.join(', ')}: these are for a regression, expected weighbridge plan pilot.csv 'y ~ x' --parameter x`
      : `${ignored.join(', ')}: these are for a study in the paper's paradigm, expected none with a file and a formula`,
    { details: { found: ignored } },
  );
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the entries that are undefined. */
export function given<T extends Readonly<Record<string, unknown>>>(values: T): Given<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<T>;
}
