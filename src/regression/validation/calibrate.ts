/**
 * Simulation-based calibration (Talts, Betancourt, Simpson, Vehtari & Gelman 2018, arXiv
 * 1804.06788) of any model. Each simulation draws parameters from the prior, data given the
 * parameters, and samples the posterior given the data. If model, generator and sampler agree, the
 * rank of each parameter among its posterior draws is uniform; an error in any of them changes the
 * shape of the ranks.
 *
 * Ranks of parameters do not detect a posterior that ignores its data, since the prior itself has
 * uniform ranks. Quantities that depend on the data do, above all the log likelihood (Modrák et al.
 * 2023, Bayesian Analysis, arXiv 2211.02383): pass them as `quantities`.
 */
import { requireNames, textsOf } from '../../checks/options.js';
import { type Draws, parameterDraws } from '../../posterior/draws.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import {
  type UniformBand,
  type Uniformity,
  uniformBand,
  uniformity,
} from '../../posterior/uniformity.js';
import type { RandomStream } from '../../random/stream.js';
import {
  type FitFunction,
  leastEss,
  type ParameterValues,
  requireFunctions,
  requireParameters,
  requireWhole,
  runSimulations,
  type SimulationOptions,
  simulationNames,
  timesDrawsFor,
} from './simulation-run.js';

export interface CalibrateOptions<Data> extends SimulationOptions {
  /** Draws parameters from their prior, which must be proper; the names must not vary. */
  drawPrior(random: RandomStream): ParameterValues;
  /** Simulates a data set given these parameters. */
  simulate(parameters: ParameterValues, random: RandomStream): Data;
  /** Returns the posterior of a data set: its draws, or a model or specification to be sampled. */
  readonly fit: FitFunction<Data>;
  /** Names of the parameters to rank. @default all that `drawPrior` returns */
  readonly parameters?: string | readonly string[];
  /** Functions of parameters and data that are ranked next to the parameters. */
  quantities?(parameters: ParameterValues, data: Data): ParameterValues;
  /**
   * Number L of posterior draws that a prior draw is ranked among, evenly spaced in each fit. A fit
   * must have as many effective draws.
   *
   * @default 99, for ranks from 0 to 99
   */
  readonly rankedDraws?: number;
}

export interface CalibratedParameter extends Uniformity {
  readonly name: string;
  /** One per simulation, from 0 to L: number of posterior draws below the prior draw. */
  readonly ranks: Int32Array;
  /** True if the ranks are uniform; for a calibrated posterior, all pass in 95% of runs. */
  readonly calibrated: boolean;
  /** Description of the shape of the ranks; empty if they are uniform. */
  readonly shape: string;
}

export interface Calibration extends Printable {
  readonly simulations: number;
  /** L. */
  readonly rankedDraws: number;
  readonly parameters: readonly CalibratedParameter[];
  /** True if all parameters are calibrated. */
  readonly calibrated: boolean;
  /** Number of fits with fewer than L effective draws even after they were made longer. */
  readonly dependentFits: number;
  readonly warnings: readonly string[];
}

/** Probability of a false alarm for a calibrated posterior, over all parameters. */
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
 *   `interrupted` if the signal is aborted, and errors of a simulation
 */
export async function calibrate<Data>(options: CalibrateOptions<Data>): Promise<Calibration> {
  requireNames(options, calibrateNames, 'calibrate');
  const { simulations = 200, rankedDraws = 99 } = options;
  requireFunctions(options, ['drawPrior', 'simulate', 'fit'], ['quantities']);
  requireWhole('rankedDraws', rankedDraws, 1);
  const { parameters } = options;
  const asked = parameters === undefined ? undefined : textsOf('a parameter', parameters, 'b_x');
  const ranks = new Map<string, Int32Array>();
  const simulated = new Map<number, SimulatedTruth<Data>>();
  const namesOf = ({ truth }: SimulatedTruth<Data>) => asked ?? Object.keys(truth);
  let dependentFits = 0;
  await runSimulations<Data>(
    'calibrate',
    { ...options, simulations },
    {
      simulate(index, random) {
        const truth = options.drawPrior(random);
        const data = options.simulate(truth, random);
        simulated.set(index, { truth, data, random });
        return data;
      },
      fit: options.fit,
      timesDraws(index, draws) {
        const ess = leastEss(draws, namesOf(taken(simulated, index)));
        return timesDrawsFor(ess, rankedDraws);
      },
      use(index, draws) {
        const one = taken(simulated, index);
        simulated.delete(index);
        const names = namesOf(one);
        if (leastEss(draws, names) < rankedDraws) dependentFits++;
        for (const [name, value] of rankedValues(options, names, one, thin(draws, rankedDraws))) {
          const column = ranks.get(name) ?? new Int32Array(simulations);
          column[index] = rankOf(value.truth, value.draws, one.random);
          ranks.set(name, column);
        }
      },
    },
  );
  return assess(ranks, simulations, rankedDraws, dependentFits);
}

/** A data set that waits for its posterior, with the stream that draws lots among ties. */
interface SimulatedTruth<Data> {
  readonly truth: ParameterValues;
  readonly data: Data;
  readonly random: RandomStream;
}

function taken<Data>(all: ReadonlyMap<number, SimulatedTruth<Data>>, index: number) {
  const one = all.get(index);
  if (!one) throw new RangeError(`no simulation ${index + 1} waits for its fit`);
  return one;
}

interface Ranked {
  readonly truth: number;
  readonly draws: Float64Array;
}

/** Parameters and quantities keyed by name, at the prior draw and at the posterior draws. */
function rankedValues<Data>(
  { quantities }: CalibrateOptions<Data>,
  names: readonly string[],
  { truth, data }: SimulatedTruth<Data>,
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

/** Number of draws below the truth; ties are broken at random. */
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

/** Number of standard errors beyond which a moment of the ranks differs from uniform. */
const TELLING = 3;

/**
 * Describes the shape by two means over N ranks, u = (rank + ½) / (L + 1): that of u, for uniform
 * ranks ½ with standard error 1 / √(12 N), and that of (u − ½)², 1/12 with standard error
 * 1 / √(180 N). The second is ignored if the posterior is shifted.
 */
function shapeOf(ranks: Int32Array, possible: number): string {
  const n = ranks.length;
  let sum = 0;
  let squares = 0;
  for (const rank of ranks) {
    const distance = (rank + 0.5) / possible - 0.5;
    sum += distance;
    squares += distance * distance;
  }
  const location = (sum / n) * Math.sqrt(12 * n);
  const width = (squares / n - 1 / 12) * Math.sqrt(180 * n);
  if (Math.abs(location) > TELLING) {
    return `the posterior is too ${location > 0 ? 'low' : 'high'}`;
  }
  if (Math.abs(width) > TELLING) return `the posterior is too ${width > 0 ? 'narrow' : 'wide'}`;
  return 'the ranks are uneven';
}

function printCalibration(calibration: Calibration): string {
  const { simulations, rankedDraws, parameters, calibrated, warnings } = calibration;
  const failing = parameters.filter((parameter) => !parameter.calibrated);
  return [
    `Simulation-based calibration: ${simulations} simulations, ranks among ${rankedDraws} draws`,
    '',
    ...textTable(
      parameters.map(({ name }) => name),
      [
        { head: 'p (ECDF)', cells: parameters.map(({ pValue }) => rounded(pValue, 4)) },
        {
          head: 'p (chi-square)',
          cells: parameters.map(({ chiSquare }) => rounded(chiSquare.pValue, 4)),
        },
      ],
    ),
    '',
    calibrated
      ? 'Calibrated: all ranks are uniform (a posterior that is calibrated fails this in at most 5% of runs).'
      : 'Not calibrated:',
    ...failing.map(({ name, shape }) => `  ${name}: ${shape}`),
    ...warnings,
  ].join('\n');
}
