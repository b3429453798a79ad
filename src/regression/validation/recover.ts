/**
 * Parameter recovery: simulates many data sets at known parameter values, fits each, and reports
 * the error of the estimates and the coverage of the 95% intervals. Unlike calibration, it tests a
 * single parameter vector: a prior that disagrees with it biases the estimates, and coverage is
 * exactly 95% only if the prior is weak compared with the data.
 */

import { requireNames } from '../../checks/options.js';
import { badArgument, described, isRecord } from '../../checks/values.js';
import { meanAndSquares } from '../../linear-algebra/sums.js';
import { parameterDraws } from '../../posterior/draws.js';
import { hdi, type Interval } from '../../posterior/intervals.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import { clopperPearson } from '../../posterior/uniformity.js';
import type { RandomStream } from '../../random/stream.js';
import {
  type FitFunction,
  type ParameterValues,
  requireFunctions,
  requireParameters,
  runSimulations,
  type SimulationOptions,
  simulationNames,
} from './simulation-run.js';

export interface RecoverOptions<Data> extends SimulationOptions {
  /** The true values, keyed by names of the fit's parameters. */
  readonly at: ParameterValues;
  /** Simulates a data set given these values. */
  simulate(at: ParameterValues, random: RandomStream): Data;
  /** Returns the posterior of a data set: its draws, or a model or specification to be sampled. */
  readonly fit: FitFunction<Data>;
}

export interface RecoveredParameter {
  readonly name: string;
  readonly truth: number;
  /** Mean over simulations of the posterior means. */
  readonly meanEstimate: number;
  /** meanEstimate − truth. */
  readonly bias: number;
  /** Standard error of the bias, estimated from the spread over simulations. */
  readonly biasError: number;
  /** Root mean squared distance of the posterior mean from the truth. */
  readonly rmse: number;
  /** Mean over simulations of the posterior standard deviations. */
  readonly meanSd: number;
  /** Share of simulations whose 95% HDI contains the truth. */
  readonly coverage: number;
  /** 95% confidence interval of the coverage (Clopper & Pearson). */
  readonly coverageInterval: Interval;
  /** True if the simulations are consistent with a coverage of 95%. */
  readonly recovered: boolean;
}

export interface Recovery extends Printable {
  readonly simulations: number;
  readonly parameters: readonly RecoveredParameter[];
  /** True if all parameters are recovered. */
  readonly recovered: boolean;
}

/** Probability of the intervals. */
const MASS = 0.95;
/** Probability of a false alarm at correct coverage, over all parameters (Bonferroni's bound). */
const FALSE_ALARMS = 0.05;

interface Estimates {
  readonly means: Float64Array;
  readonly sds: Float64Array;
  covered: number;
}

/**
 * @throws WeighbridgeError `bad-argument` for counts out of range or values that match no
 *   parameter of the fit, `interrupted` if the signal is aborted, and errors of a simulation
 */
export async function recover<Data>(options: RecoverOptions<Data>): Promise<Recovery> {
  requireNames(options, ['at', 'simulate', 'fit', ...simulationNames], 'recover');
  requireFunctions(options, ['simulate', 'fit']);
  requireValues(options.at);
  const { at, simulations = 100 } = options;
  const names = Object.keys(at);
  const estimates = new Map<string, Estimates>(
    names.map((name) => [
      name,
      { means: new Float64Array(simulations), sds: new Float64Array(simulations), covered: 0 },
    ]),
  );
  await runSimulations<Data>(
    'recover',
    { ...options, simulations },
    {
      simulate: (_, random) => options.simulate(at, random),
      fit: options.fit,
      use(index, draws) {
        requireParameters(draws, names);
        for (const [name, estimate] of estimates) {
          const values = parameterDraws(draws, name);
          const { mean, squares } = meanAndSquares(values);
          estimate.means[index] = mean;
          estimate.sds[index] = Math.sqrt(squares / (values.length - 1));
          const [low, high] = hdi(values, MASS);
          if (low <= at[name] && at[name] <= high) estimate.covered++;
        }
      },
    },
  );
  const parameters = Array.from(estimates, ([name, estimate]) =>
    assess(name, at[name], estimate, simulations, FALSE_ALARMS / names.length),
  );
  const recovery: Recovery = {
    simulations,
    parameters,
    recovered: parameters.every(({ recovered }) => recovered),
  };
  return printable(recovery, () => print(recovery));
}

function requireValues(at: ParameterValues): void {
  requireValuesByName(at);
  const entries = Object.entries(at);
  if (entries.length === 0)
    throw badArgument('at has no values: expected some, for example { b_x: 0.5 }');
  const bad = entries.find(([, value]) => !Number.isFinite(value));
  if (bad) throw badArgument(`at.${bad[0]} is ${described(bad[1])}, but must be a finite number`);
}

/** @throws WeighbridgeError `bad-argument` for a non-object */
export function requireValuesByName(at: unknown): void {
  if (isRecord(at)) return;
  throw badArgument(
    `at is ${described(at)}, expected values by parameter, for example { b_x: 0.5 }`,
  );
}

function assess(
  name: string,
  truth: number,
  { means, sds, covered }: Estimates,
  simulations: number,
  falseAlarms: number,
): RecoveredParameter {
  const { mean, squares } = meanAndSquares(means);
  const bias = mean - truth;
  const [low, high] = clopperPearson(covered, simulations, 1 - falseAlarms);
  return {
    name,
    truth,
    meanEstimate: mean,
    bias,
    biasError: Math.sqrt(squares / (simulations - 1) / simulations),
    rmse: Math.sqrt(squares / simulations + bias * bias),
    meanSd: meanAndSquares(sds).mean,
    coverage: covered / simulations,
    coverageInterval: clopperPearson(covered, simulations),
    recovered: low <= MASS && MASS <= high,
  };
}

function print({ simulations, parameters, recovered }: Recovery): string {
  const failing = parameters.filter((parameter) => !parameter.recovered);
  const column = (head: string, cell: (row: RecoveredParameter) => string) => ({
    head,
    cells: parameters.map(cell),
  });
  return [
    `Parameter recovery: ${simulations} simulations`,
    '',
    ...textTable(
      parameters.map(({ name }) => name),
      [
        column('truth', (row) => rounded(row.truth, 3)),
        column('estimate', (row) => rounded(row.meanEstimate, 3)),
        column('bias', (row) => rounded(row.bias, 3)),
        column('(se)', (row) => rounded(row.biasError, 3)),
        column('RMSE', (row) => rounded(row.rmse, 3)),
        column('sd', (row) => rounded(row.meanSd, 3)),
        column('coverage', (row) => rounded(row.coverage, 2)),
        column(
          'of 95% HDI',
          (row) => `[${row.coverageInterval.map((end) => rounded(end, 2)).join(', ')}]`,
        ),
      ],
    ),
    '',
    recovered
      ? 'Recovered: every coverage could be 95% (right ones fail this in at most 5% of runs).'
      : 'Not recovered:',
    ...failing.map(
      ({ name, coverage }) =>
        `  ${name}: its 95% HDI holds the truth in ${rounded(100 * coverage, 0)}% of fits`,
    ),
  ].join('\n');
}
