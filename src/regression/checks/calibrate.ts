/**
 * Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari & Gelman 2018, arXiv
 * 1804.06788) of any model: parameters from the prior, data from the parameters, a posterior from
 * the data, and so on many times. Where model, generator and sampler agree, the rank of each
 * parameter among its posterior draws is uniform; a mistake in any of them shows in its shape.
 *
 * Parameters alone do not see a posterior that ignores its data, as the prior itself has uniform
 * ranks. A quantity that depends on the data does, the log likelihood before all (Modrák et al.
 * 2023, Bayesian Analysis, arXiv 2211.02383): give it as `quantities`.
 */
import { type Draws, parameterDraws } from '../../posterior/draws.js';
import { type Printable, printable } from '../../posterior/printable.js';
import {
  type UniformBand,
  type Uniformity,
  uniformBand,
  uniformity,
} from '../../posterior/uniformity.js';
import type { RandomStream } from '../../random/stream.js';
import { requireNames, textsOf } from '../check-options.js';
import { printCalibration, shapeOf } from './calibration-verdict.js';
import {
  type FitFunction,
  fitWithEss,
  type ParameterValues,
  requireFunctions,
  requireParameters,
  requireWhole,
  runSimulations,
  type SimulationOptions,
  simulationNames,
} from './simulation-run.js';

export interface CalibrateOptions<Data> extends SimulationOptions {
  /** A draw of the parameters from their prior, which must be proper. The same names every time. */
  drawPrior(random: RandomStream): ParameterValues;
  /** A data set at these parameters. */
  simulate(parameters: ParameterValues, random: RandomStream): Data;
  /** The posterior of a data set: its draws, or the model to be sampled. */
  readonly fit: FitFunction<Data>;
  /** Which parameters are ranked; all that `drawPrior` gives where absent. */
  readonly parameters?: string | readonly string[];
  /** Functions of parameters and data that are ranked beside them. */
  quantities?(parameters: ParameterValues, data: Data): ParameterValues;
  /**
   * Posterior draws L that a prior draw is ranked among, evenly spaced among all draws of a fit;
   * default 99, for ranks from 0 to 99. A fit must have as many effective ones.
   */
  readonly rankedDraws?: number;
}

export interface CalibratedParameter extends Uniformity {
  readonly name: string;
  /** One a simulation, from 0 to L: posterior draws below the prior draw. */
  readonly ranks: Int32Array;
  /** Whether its ranks are uniform; all of them pass in 95% of runs of a calibrated posterior. */
  readonly calibrated: boolean;
  /** What the ranks' shape tells, in words; empty where they are uniform. */
  readonly shape: string;
}

export interface Calibration extends Printable {
  readonly simulations: number;
  /** L. */
  readonly rankedDraws: number;
  readonly parameters: readonly CalibratedParameter[];
  /** Whether all parameters are. */
  readonly calibrated: boolean;
  /** Fits that had fewer than L effective draws even when they were made longer. */
  readonly dependentFits: number;
  readonly warnings: readonly string[];
}

/** Probability that a calibrated posterior is called one that is not, over all parameters. */
const FALSE_ALARMS = 0.05;

const calibrateNames = [
  'drawPrior',
  'simulate',
  'fit',
  'parameters',
  'quantities',
  'rankedDraws',
  ...simulationNames,
];

/**
 * @throws WeighbridgeError `bad-argument` for counts out of range or parameters that the fit lacks,
 *   `interrupted` where the signal was given, and whatever a simulation throws
 */
export async function calibrate<Data>(options: CalibrateOptions<Data>): Promise<Calibration> {
  requireNames(options, calibrateNames, 'calibrate');
  const { simulations = 200, rankedDraws = 99, signal, settings, fit } = options;
  requireFunctions(options, ['drawPrior', 'simulate', 'fit'], ['quantities']);
  requireWhole('rankedDraws', rankedDraws, 1);
  const { parameters } = options;
  const asked = parameters === undefined ? undefined : textsOf('a parameter', parameters, 'b_x');
  const ranks = new Map<string, Int32Array>();
  let done = 0;
  let dependentFits = 0;
  await runSimulations('calibrate', { ...options, simulations }, async (random, seed) => {
    const truth = options.drawPrior(random);
    const data = options.simulate(truth, random);
    const names = asked ?? Object.keys(truth);
    const request = { seed, signal };
    const { draws, ess } = await fitWithEss(fit, data, request, names, rankedDraws, settings);
    if (ess < rankedDraws) dependentFits++;
    const values = rankedValues(options, names, truth, data, thin(draws, rankedDraws));
    for (const [name, { truth, draws }] of values) {
      const column = ranks.get(name) ?? new Int32Array(simulations);
      column[done] = rankOf(truth, draws, random);
      ranks.set(name, column);
    }
    done++;
  });
  return assess(ranks, simulations, rankedDraws, dependentFits);
}

interface Ranked {
  readonly truth: number;
  readonly draws: Float64Array;
}

/** Parameters and quantities by name, of the prior draw and of the posterior draws. */
function rankedValues<Data>(
  { quantities }: CalibrateOptions<Data>,
  names: readonly string[],
  truth: ParameterValues,
  data: Data,
  draws: Draws,
): Map<string, Ranked> {
  requireParameters(draws, names);
  const ranked = new Map<string, Ranked>(
    names.map((name) => [name, { truth: truth[name], draws: parameterDraws(draws, name) }]),
  );
  if (!quantities) return ranked;
  const ofDraws = Array.from({ length: draws.drawsPerChain }, (_, draw) =>
    quantities(valuesOfDraw(draws, draw), data),
  );
  for (const [name, value] of Object.entries(quantities(truth, data))) {
    ranked.set(name, { truth: value, draws: Float64Array.from(ofDraws, (one) => one[name]) });
  }
  return ranked;
}

function valuesOfDraw({ parameterNames, values }: Draws, draw: number): ParameterValues {
  const start = draw * parameterNames.length;
  return Object.fromEntries(parameterNames.map((name, i) => [name, values[start + i]]));
}

/** Evenly spaced draws, as one chain: dependent draws would make ranks too extreme. */
function thin({ parameterNames, chains, drawsPerChain, values }: Draws, count: number): Draws {
  const total = chains * drawsPerChain;
  requireWhole('the number of draws of a fit', total, count);
  const width = parameterNames.length;
  const thinned = new Float64Array(count * width);
  for (let i = 0; i < count; i++) {
    const draw = Math.floor(((i + 0.5) * total) / count);
    thinned.set(values.subarray(draw * width, (draw + 1) * width), i * width);
  }
  return { parameterNames, chains: 1, drawsPerChain: count, values: thinned };
}

/** How many draws are below the truth; among equals its place is drawn by lot. */
function rankOf(truth: number, draws: Float64Array, random: RandomStream): number {
  let below = 0;
  let equal = 0;
  for (const draw of draws) {
    if (draw < truth) below++;
    else if (draw === truth) equal++;
  }
  return equal === 0 ? below : below + Math.floor(random.uniform() * (equal + 1));
}

function assess(
  ranks: ReadonlyMap<string, Int32Array>,
  simulations: number,
  rankedDraws: number,
  dependentFits: number,
): Calibration {
  const band: UniformBand = uniformBand(simulations, rankedDraws + 1);
  const parameters = Array.from(ranks, ([name, column]): CalibratedParameter => {
    const result = uniformity(column, band);
    // Bonferroni's bound over the parameters, however they depend on each other.
    const calibrated = result.pValue * ranks.size > FALSE_ALARMS;
    const shape = calibrated ? '' : shapeOf(column, rankedDraws + 1);
    return { name, ranks: column, calibrated, shape, ...result };
  });
  const calibration: Calibration = {
    simulations,
    rankedDraws,
    parameters,
    calibrated: parameters.every(({ calibrated }) => calibrated),
    dependentFits,
    warnings:
      dependentFits > 0
        ? [
            `${dependentFits} of ${simulations} fits had fewer than ${rankedDraws} effective draws: their ranks are too extreme; use more draws, or fewer rankedDraws`,
          ]
        : [],
  };
  return printable(calibration, () => printCalibration(calibration));
}
