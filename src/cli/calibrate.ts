/** `weighbridge calibrate`: simulation-based calibration of a regression, or recovery at known values. */
import type { Command } from 'commander';
import { badArgument } from '../checks/values.js';
import { readTable } from '../data-files/read-table.js';
import { packageVersion } from '../package-info.js';
import { parsePrior } from '../regression/priors/prior-text.js';
import type { Calibration } from '../regression/validation/calibrate.js';
import type { Recovery } from '../regression/validation/recover.js';
import {
  calibrateRegression,
  recoverRegression,
} from '../regression/validation/regression-simulations.js';
import {
  type ParameterValues,
  simulationSettings,
} from '../regression/validation/simulation-run.js';
import { calibrationJson, recoveryJson } from '../report/calibration-json.js';
import { EndsWith, NOT_SO } from './exit-codes.js';
import { familyOfFlags } from './family-flags.js';
import { modelFlags, parseLevels, readingFlags, settingFlags } from './fit-flags.js';
import { fitRunner, keptFits } from './fit-runner.js';
import {
  addFlags,
  type FlagValues,
  flag,
  jsonFlag,
  keepDrawsFlag,
  optionalFlag,
  quietFlag,
  repeatedFlag,
  valuesOf,
  wholeNumber,
  workerFlags,
} from './flags.js';
import { progressBar, requireWritable, STANDARD_OUTPUT, warn, writeJson } from './output.js';
import { given } from './plan-flags.js';
import { inShard, partOf, shardFlag } from './shards.js';
import { onFirstStopSignal } from './signals.js';

const simulationFlags = {
  ...settingFlags,
  chains: flag(
    '--chains <n>',
    'chains of each fit',
    wholeNumber(1, 1000),
    simulationSettings.chains,
  ),
  warmup: flag(
    '--warmup <n>',
    'warm-up draws of each chain',
    wholeNumber(0, 1_000_000),
    simulationSettings.warmup,
  ),
  draws: flag(
    '--draws <n>',
    'kept draws of each chain',
    wholeNumber(4, 1_000_000),
    simulationSettings.draws,
  ),
};

const calibrateFlags = {
  simulations: optionalFlag(
    '--simulations <n>',
    'simulated data sets (default: 200, with --at 100)',
    wholeNumber(1, 1_000_000),
  ),
  at: repeatedFlag(
    '--at <name=value,…>',
    "simulate at these values of all parameters, as 'b_Intercept=0,b_x=1', and count how often the 95% HDI has them; may be given more than once",
  ),
  parameter: repeatedFlag(
    '--parameter <name>',
    'a parameter to rank; may be given more than once (default: all but the group effects)',
  ),
  rankedDraws: optionalFlag(
    '--ranked-draws <n>',
    'draws that a true value is ranked among (default: 99)',
    wholeNumber(1, 100_000),
  ),
  ...modelFlags,
  ...readingFlags,
  ...simulationFlags,
  ...workerFlags,
  json: jsonFlag,
  keepDraws: keepDrawsFlag,
  shard: shardFlag,
  out: optionalFlag('--out <folder>', 'with --shard: the folder of the shard'),
  quiet: quietFlag,
};

type CalibrateFlags = FlagValues<typeof calibrateFlags>;

export function addCalibrate(program: Command): void {
  const command = program
    .command('calibrate')
    .description(
      'simulation-based calibration of a regression: simulate data from the priors, fit them, and test the ranks of the true values',
    )
    .argument('<data>', 'a file of data, as for `weighbridge fit`; outcomes are simulated')
    .argument('<formula>', "as in R: 'y ~ x + (1 | g)'");
  addFlags(command, calibrateFlags)
    .addHelpText(
      'after',
      '\nExit code 3: it ran, and the regression is not calibrated, or not recovered.\n',
    )
    .action(runCalibrate);
}

async function runCalibrate(data: string, formula: string, flags: CalibrateFlags): Promise<void> {
  await requireWritable(flags.json);
  const { shard } = flags;
  if (shard !== undefined) {
    await inShard({ ...flags, shard }, () => checked(data, formula, flags));
    return;
  }
  const started = performance.now();
  const { text, isSo, json } = await checked(data, formula, flags);
  const seconds = (performance.now() - started) / 1000;
  if (flags.json !== STANDARD_OUTPUT) process.stdout.write(`${text}\n`);
  else if (!flags.quiet) process.stderr.write(`${text}\n`);
  if (flags.json !== undefined) {
    const settings = valuesOf(simulationFlags, flags);
    await writeJson(flags.json, {
      ...{ weighbridge: packageVersion, formula, ...json, settings, seconds },
    });
  }
  if (!isSo) throw new EndsWith(NOT_SO);
}

interface Checked {
  readonly text: string;
  readonly isSo: boolean;
  readonly json: Readonly<Record<string, unknown>>;
}

async function checked(data: string, formula: string, flags: CalibrateFlags): Promise<Checked> {
  const at = valuesAt(flags);
  const columns = await readTable(data, { ...valuesOf(readingFlags, flags), onWarning: warn });
  const { missing, simulations, rankedDraws, parameter: parameters } = flags;
  const pool = await fitRunner(flags);
  const bar = progressBar('simulating', flags.quiet);
  const stop = new AbortController();
  // The error's cause is the signal: it decides the exit code.
  const release = onFirstStopSignal((signal) => stop.abort(signal));
  const options = {
    ...{ formula, data: columns, missing, levels: parseLevels(flags.levels) },
    family: await familyOfFlags(flags),
    prior: (flags.prior ?? []).map(parsePrior),
    ...valuesOf(simulationFlags, flags),
    ...given({ simulations }),
    runner: partOf(keptFits(pool.runner, flags)),
    signal: stop.signal,
    onProgress: bar.update,
  };
  try {
    return at === null
      ? shownCalibration(
          await calibrateRegression({ ...options, ...given({ parameters, rankedDraws }) }),
        )
      : shownRecovery(await recoverRegression({ ...options, at }), at);
  } finally {
    release();
    bar.stop();
    await pool.close();
  }
}

function shownCalibration(found: Calibration): Checked {
  return {
    text: String(found),
    isSo: found.calibrated,
    json: { kind: 'calibration', ...calibrationJson(found) },
  };
}

function shownRecovery(found: Recovery, at: ParameterValues): Checked {
  return {
    text: String(found),
    isSo: found.recovered,
    json: { kind: 'recovery', at, ...recoveryJson(found) },
  };
}

/** The values of --at; null without it. @throws WeighbridgeError `bad-argument` */
function valuesAt({ at, parameter, rankedDraws }: CalibrateFlags): ParameterValues | null {
  if (at === undefined) return null;
  const ignored = [
    ...(parameter === undefined ? [] : ['--parameter']),
    ...(rankedDraws === undefined ? [] : ['--ranked-draws']),
  ];
  if (ignored.length > 0) {
    throw badArgument(`${ignored.join(', ')}: expected without --at, which ranks nothing`, {
      option: ignored[0] ?? '',
    });
  }
  const values: Record<string, number> = {};
  for (const text of at.flatMap((one) => one.split(','))) {
    const [, name = '', number = ''] = /^\s*(.+)=\s*(\S+)\s*$/.exec(text) ?? [];
    const value = Number(number);
    if (name === '' || !Number.isFinite(value)) {
      throw badArgument(`--at is '${text}', expected a parameter and its value: b_x=0.5`, {
        option: '--at',
        found: text,
      });
    }
    if (Object.hasOwn(values, name)) {
      throw badArgument(`--at gives ${name} twice: expected each parameter once`, {
        option: '--at',
        found: name,
      });
    }
    values[name] = value;
  }
  return values;
}
