/** `weighbridge plan`: how large a study must be. */
import { extname, resolve } from 'node:path';
import type { Command } from 'commander';
import { readAgents, readCandidates } from '../authors-files/read-candidates.js';
import { readTable } from '../data-files/read-table.js';
import { writeWhole } from '../data-files/write-files.js';
import { WeighbridgeError } from '../errors.js';
import { lookAtStudy } from '../harness/open-study.js';
import { type RequestCosts, requestCosts, studyRequestCosts } from '../harness/request-costs.js';
import { fixturePath, packageVersion } from '../package-info.js';
import { assumptionsFromPilot, type PilotEstimates } from '../planning/pilot.js';
import { planRegression, type RegressionPlan } from '../planning/plan-regression.js';
import { planStudy, type StudyPlan } from '../planning/plan-study.js';
import { parsePrior } from '../regression/priors/prior-text.js';
import {
  regressionPlanJson,
  regressionPlanTable,
  studyPlanJson,
  studyPlanTable,
} from '../report/plan-report.js';
import { assignAgents } from '../study/stimuli.js';
import { familyOfFlags } from './family-flags.js';
import { parseLevels, readingFlags } from './fit-flags.js';
import { fitRunner, keptFits } from './fit-runner.js';
import { addFlags, valuesOf } from './flags.js';
import { progressBar, requireWritable, STANDARD_OUTPUT, warn, writeJson } from './output.js';
import { given, type PlanFlags, planFlags, requireFlagsOf } from './plan-flags.js';
import { readPilot } from './plan-pilot.js';
import { inShard, partOf } from './shards.js';
import { onFirstStopSignal } from './signals.js';

export function addPlan(program: Command): void {
  const command = program
    .command('plan')
    .description(
      "plan a study by simulation: the paper's paradigm, or any regression from a pilot's data",
    )
    .argument('[pilot]', 'for a regression: a file of data, as for `weighbridge fit`')
    .argument('[formula]', "as in R: 'y ~ x + (1 | g)'");
  addFlags(command, planFlags).action(runPlan);
}

async function runPlan(
  data: string | undefined,
  formula: string | undefined,
  flags: PlanFlags,
  command: Command,
): Promise<void> {
  requireFlagsOf(data === undefined ? 'study' : 'regression', command);
  await requireWritable(flags.json);
  await requireWritable(flags.plot);
  requirePicture(flags);
  if (flags.shard !== undefined) {
    if (data === undefined) {
      throw new WeighbridgeError(
        'bad-argument',
        '--shard is for the plan of a regression: expected a pilot',
        {
          details: { option: '--shard' },
        },
      );
    }
    return inShard({ ...flags, shard: flags.shard }, () => regressionPlan(data, formula, flags));
  }
  const started = performance.now();
  const shown =
    data === undefined ? await shownStudy(flags) : await shownRegression(data, formula, flags);
  const seconds = (performance.now() - started) / 1000;
  const text = `${shown.table}\n${seconds.toFixed(1)} s\n`;
  if (flags.json !== STANDARD_OUTPUT) process.stdout.write(text);
  else if (!flags.quiet) process.stderr.write(text);
  if (flags.plot !== undefined) await writeWhole(flags.plot, await shown.picture());
  if (flags.json === undefined) return;
  const { seed } = flags;
  await writeJson(flags.json, { weighbridge: packageVersion, ...shown.json, seed, seconds });
}

/** @throws WeighbridgeError `bad-argument` */
function requirePicture({ plot, json }: PlanFlags): void {
  if (plot === undefined) return;
  if (extname(plot).toLowerCase() !== '.svg') {
    throw new WeighbridgeError('bad-argument', `--plot is ${plot}, expected a file named .svg`, {
      details: { option: '--plot', found: plot },
    });
  }
  if (json !== undefined && resolve(json) === resolve(plot)) {
    throw new WeighbridgeError('bad-argument', '--json and --plot name the same file');
  }
}

/** A plan in all its forms. */
interface ShownPlan {
  readonly table: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Loaded on demand: it brings the plots. */
  readonly picture: () => Promise<string>;
}

async function shownStudy(flags: PlanFlags): Promise<ShownPlan> {
  const pilot = flags.pilot === undefined ? null : await pilotOf(flags.pilot, flags);
  const plan = await studyPlan(flags, pilot?.estimates ?? null);
  const lines = pilot === null ? [] : [pilotText(pilot)];
  return {
    table: [...lines, studyPlanTable(plan)].join('\n'),
    json: { ...studyPlanJson(plan), pilot: pilot && pilotJson(pilot) },
    picture: async () => (await import('../report/plan-picture.js')).studyPlanPicture(plan),
  };
}

interface NamedPilot {
  readonly folder: string;
  readonly model: string;
  readonly setting: string;
  readonly estimates: PilotEstimates;
}

/** @throws WeighbridgeError `bad-argument` if flags contradict the pilot */
async function pilotOf(folder: string, flags: PlanFlags): Promise<NamedPilot> {
  const { model, setting, compareTrained } = flags;
  if (compareTrained && flags.compare !== undefined) {
    throw new WeighbridgeError(
      'bad-argument',
      '--compare-trained takes the second correlation from the pilot: expected it without --compare',
    );
  }
  if (flags.scale === 'raw') {
    throw new WeighbridgeError(
      'bad-argument',
      '--scale raw is for correlations given by hand: a pilot gives latent ones',
    );
  }
  const read = await readPilot(folder, { model, setting, compareTrained });
  return { folder, model: read.model, setting, estimates: assumptionsFromPilot(read.pilot) };
}

function pilotText({ folder, model, setting, estimates }: NamedPilot): string {
  const { raw, sizes } = estimates;
  return `Pilot: ${model}, ${setting}, in ${folder}: ${sizes.contexts} contexts, ${sizes.choices} choices and ${sizes.reports} reports a context; raw correlation ${raw.map((r) => r.toFixed(3)).join(' and ')}`;
}

function pilotJson({ folder, model, setting, estimates }: NamedPilot): Record<string, unknown> {
  const { raw, sizes } = estimates;
  return { folder, model, setting, raw_correlations: raw, ...sizes };
}

async function studyPlan(flags: PlanFlags, pilot: PilotEstimates | null): Promise<StudyPlan> {
  const { contexts, choices, reports, models, attributes } = flags;
  const { correlation, compare: comparedWith } = flags;
  const { weightSd, interceptSd, reportNoise, comparedReportNoise } = flags;
  const { compared, scale, simulations, seed, width, power } = flags;
  const prices = await pricesOf(flags);
  return withProgress(flags, (run) =>
    planStudy({
      assumptions: {
        ...pilot?.assumptions,
        ...given({
          correlation,
          comparedWith,
          weightSd,
          interceptSd,
          reportNoise,
          comparedReportNoise,
        }),
      },
      sizes: given({ contexts, choices, reports, models, attributes }),
      target: { width, power },
      ...{ compared, scale, simulations, seed, prices, ...run },
    }),
  );
}

/** @throws WeighbridgeError `bad-argument`; the errors of reading a study */
async function pricesOf({ prices, study }: PlanFlags): Promise<RequestCosts | null> {
  if (prices !== undefined && study !== undefined) {
    throw new WeighbridgeError(
      'bad-argument',
      '--study brings its own prices: expected it without --prices',
    );
  }
  if (study !== undefined) {
    const planned = await lookAtStudy(study);
    try {
      return studyRequestCosts(planned);
    } finally {
      planned.close();
    }
  }
  if (prices === undefined) return null;
  const [input = Number.NaN, output = Number.NaN, ...more] = prices.split(',').map(Number);
  if (!(input >= 0 && output >= 0) || more.length > 0) {
    throw new WeighbridgeError(
      'bad-argument',
      `--prices is '${prices}', expected USD per million tokens of input and of output: 2.5,10`,
      { details: { option: '--prices', found: prices } },
    );
  }
  const candidates = await readCandidates(fixturePath('contexts.json'));
  const agents = await readAgents(fixturePath('agents.csv'));
  return requestCosts({ input, output }, assignAgents(candidates, agents));
}

async function shownRegression(
  data: string,
  formula: string | undefined,
  flags: PlanFlags,
): Promise<ShownPlan> {
  const plan = await regressionPlan(data, formula, flags);
  return {
    table: regressionPlanTable(plan),
    json: regressionPlanJson(plan),
    picture: async () => (await import('../report/plan-picture.js')).regressionPlanPicture(plan),
  };
}

async function regressionPlan(
  data: string,
  formula: string | undefined,
  flags: PlanFlags,
): Promise<RegressionPlan> {
  const { missing, parameter } = flags;
  const family = await familyOfFlags(flags);
  if (formula === undefined || parameter === undefined) {
    throw new WeighbridgeError(
      'bad-argument',
      `${formula === undefined ? 'the formula' : '--parameter'} is missing: expected weighbridge plan pilot.csv 'y ~ x' --parameter x`,
    );
  }
  const columns = await readTable(data, { ...valuesOf(readingFlags, flags), onWarning: warn });
  const { effect, vary, group, fits, rowPrice, simulations, seed, width, power } = flags;
  const sizes = given({ rows: flags.rows, groups: flags.groups });
  const pool = await fitRunner(flags);
  try {
    return await withProgress(flags, (run) =>
      planRegression({
        ...{ formula, data: columns, missing, parameter },
        family,
        prior: (flags.prior ?? []).map(parsePrior),
        levels: parseLevels(flags.levels),
        ...given({ effect, vary, group, rowPrice }),
        ...{ sizes, fits, simulations, seed, target: { width, power } },
        runner: partOf(keptFits(pool.runner, flags)),
        ...run,
      }),
    );
  } finally {
    await pool.close();
  }
}

/** Runs a plan with a progress bar, until a stop signal. */
async function withProgress<T>(
  { quiet }: PlanFlags,
  work: (run: {
    readonly signal: AbortSignal;
    readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
  }) => Promise<T>,
): Promise<T> {
  const bar = progressBar('simulating', quiet);
  const stop = new AbortController();
  // The error's cause is the signal: it decides the exit code.
  const release = onFirstStopSignal((signal) => stop.abort(signal));
  try {
    return await work({ signal: stop.signal, onProgress: bar.update });
  } finally {
    release();
    bar.stop();
  }
}
