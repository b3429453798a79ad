/**
 * Writes a fit as CmdStan's CSV files, one per chain, for cmdstanr's `read_cmdstan_csv`, rstan's
 * `read_stan_csv`, ArviZ' `from_cmdstan` and CmdStan's own `stansummary`.
 * https://mc-stan.org/docs/cmdstan-guide/stan_csv_apdx.html
 *
 * Names that are invalid in CmdStan are changed. A comment `brms_names` stores the original names
 * as JSON for weighbridge's reader.
 */
import type { FittedRegression } from '../regression/fitted-regression.js';
import type { SamplerSettings } from '../sampler/settings.js';
import { asciiJson } from './bytes.js';
import { requireFit } from './fit-schema.js';
import { cmdstanNames, indexedName, samplerColumns } from './variables.js';

export interface CmdstanCsvOptions {
  /** Version of weighbridge. */
  readonly version?: string | undefined;
  /** Total seconds of all chains, written to each file. @default 'nan' */
  readonly warmupSeconds?: number | undefined;
  readonly samplingSeconds?: number | undefined;
}

type ChainFacts = FittedRegression['chains'][number];

/**
 * One text per chain, in the order of the chains.
 * @throws WeighbridgeError `bad-argument` if the argument is not a fit
 */
export function cmdstanCsv(fitted: FittedRegression, options: CmdstanCsvOptions = {}): string[] {
  requireFit(fitted);
  const names = cmdstanNames(fitted);
  return fitted.chains.map((chain, index) =>
    [
      ...headerLines(fitted, names, chain, index, options),
      [...samplerColumns, ...names].join(','),
      ...adaptationLines(fitted.settings, chain),
      ...drawLines(fitted, chain, index),
      ...timeLines(options),
      '',
    ].join('\n'),
  );
}

/** The version of Stan whose file format is followed, for readers that check it. */
const STAN_VERSION = [2, 33, 0] as const;

function headerLines(
  fitted: FittedRegression,
  names: readonly string[],
  chain: ChainFacts,
  index: number,
  { version }: CmdstanCsvOptions,
): string[] {
  const { settings, draws, family } = fitted;
  const [major, minor, patch] = STAN_VERSION;
  const engine =
    chain.algorithm === 'nuts'
      ? ['engine = nuts', '  nuts', `    max_depth = ${settings.maxDepth}`]
      : ['engine = static', '  static', `    int_time = ${settings.integrationTime}`];
  return [
    `stan_version_major = ${major}`,
    `stan_version_minor = ${minor}`,
    `stan_version_patch = ${patch}`,
    `model = weighbridge_${family.family}_${family.link}`,
    `written_by = weighbridge${version === undefined ? '' : ` ${version}`}`,
    `brms_names = ${renamed(draws.parameterNames, names)}`,
    'method = sample (Default)',
    '  sample',
    `    num_samples = ${draws.drawsPerChain}`,
    `    num_warmup = ${chain.warmup}`,
    '    save_warmup = 0 (Default)',
    '    thin = 1 (Default)',
    '    adapt',
    '      engaged = 1 (Default)',
    '      gamma = 0.05 (Default)',
    `      delta = ${settings.targetAcceptance}`,
    '      kappa = 0.75 (Default)',
    '      t0 = 10 (Default)',
    '      init_buffer = 75 (Default)',
    '      term_buffer = 50 (Default)',
    '      window = 25 (Default)',
    '    algorithm = hmc (Default)',
    '      hmc',
    ...engine.map((line) => `        ${line}`),
    `        metric = ${metricName(settings, chain)}`,
    '        metric_file =  (Default)',
    '        stepsize = 1 (Default)',
    '        stepsize_jitter = 0 (Default)',
    `id = ${index + 1}`,
    'data',
    '  file =  (Default)',
    `init = ${settings.initialRange}`,
    'random',
    `  seed = ${settings.seed}`,
    'output',
    `  file = chain-${index + 1}.csv`,
  ].map((line) => `# ${line}`);
}

/** Names that a reader cannot derive, in ASCII and without '=', since readers split there. */
function renamed(parameterNames: readonly string[], names: readonly string[]): string {
  const changed = parameterNames.flatMap((parameter, i) =>
    indexedName(names[i]) === parameter ? [] : [[names[i], parameter]],
  );
  const json = JSON.stringify(Object.fromEntries(changed));
  return asciiJson(json).replaceAll('=', '\\u003d');
}

/** Number of rows of M⁻¹ in the file: 1 if it is diagonal. */
function metricRows({ metric }: SamplerSettings, { algorithm, inverseMetric }: ChainFacts): number {
  const size = Math.sqrt(inverseMetric.length);
  const dense = metric === 'dense' || algorithm === 'split-hmc';
  return dense && Number.isInteger(size) ? size : 1;
}

function metricName(settings: SamplerSettings, chain: ChainFacts): string {
  if (metricRows(settings, chain) > 1) return 'dense_e';
  return settings.metric === 'unit' ? 'unit_e' : 'diag_e';
}

function adaptationLines(settings: SamplerSettings, chain: ChainFacts): string[] {
  const { stepSize, inverseMetric } = chain;
  const rows = metricRows(settings, chain);
  const width = inverseMetric.length / rows;
  return [
    '# Adaptation terminated',
    `# Step size = ${stepSize}`,
    rows > 1 ? '# Elements of inverse mass matrix:' : '# Diagonal elements of inverse mass matrix:',
    ...Array.from({ length: rows }, (_, row) => {
      const numbers = inverseMetric.subarray(row * width, (row + 1) * width);
      return `# ${Array.from(numbers, numberText).join(', ')}`;
    }),
  ];
}

function drawLines(
  { draws }: FittedRegression,
  { transitions, stepSize, energy }: ChainFacts,
  chain: number,
): string[] {
  const { parameterNames, drawsPerChain, values } = draws;
  const width = parameterNames.length;
  const { logDensity, acceptance, treeDepth, leapfrogSteps, divergent } = transitions;
  return Array.from({ length: drawsPerChain }, (_, draw) => {
    const statistics = [logDensity[draw], acceptance[draw], stepSize, treeDepth[draw]];
    statistics.push(leapfrogSteps[draw], divergent[draw], energy[draw]);
    const from = (chain * drawsPerChain + draw) * width;
    const numbers = [...statistics, ...values.subarray(from, from + width)];
    return numbers.map(numberText).join(',');
  });
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value);
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

function timeLines({ warmupSeconds = NaN, samplingSeconds = NaN }: CmdstanCsvOptions): string[] {
  const seconds = [warmupSeconds, samplingSeconds, warmupSeconds + samplingSeconds];
  const [warmup, sampling, total] = seconds.map(numberText);
  return [
    '# ',
    `#  Elapsed Time: ${warmup} seconds (Warm-up)`,
    `#                ${sampling} seconds (Sampling)`,
    `#                ${total} seconds (Total)`,
    '# ',
  ];
}
