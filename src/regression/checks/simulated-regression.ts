/**
 * A regression of simulated outcomes: what calibration and recovery of a regression have in common.
 */
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { reportedNames } from '../../../models/reported-parameters.js';
import { WeighbridgeError } from '../../errors.js';
import type { Draws } from '../../posterior/draws.js';
import type { RandomStream } from '../../random/stream.js';
import { type SamplerSettings, settingNames } from '../../sampler/settings.js';
import { type ChainRunner, fitByChains, runChainsHere } from '../chains.js';
import type { Preparation } from '../prepare.js';
import { outcomeSimulator } from '../priors/sample-prior.js';
import {
  type FitFunction,
  type ParameterValues,
  type SimulationOptions,
  settingsOfFit,
} from './simulation-run.js';

/**
 * A regression as `regression` takes it, with the settings of each fit (2 chains of 500 draws after
 * 500 where absent) and of the simulations. Outcomes in `data` matter to default priors alone.
 */
export interface SimulatedRegressionOptions
  extends Preparation,
    Partial<Omit<SamplerSettings, 'seed'>>,
    Omit<SimulationOptions, 'settings'> {
  /** Where chains run: this thread where absent. */
  readonly runner?: ChainRunner;
}

/** Fits a specification with simulated outcomes. */
export function regressionFitter(
  options: SimulatedRegressionOptions,
): FitFunction<RegressionSpecification> {
  const { runner = runChainsHere } = options;
  const given = settingsAmong(options);
  return async (specification, request): Promise<Draws> => {
    const settings = settingsOfFit(given, request);
    const { signal } = request;
    const fit = await fitByChains('simulation', specification, settings, runner, { signal });
    return fit.draws;
  };
}

function settingsAmong(options: SimulatedRegressionOptions): Partial<SamplerSettings> {
  const names = settingNames.filter((name) => name !== 'seed');
  return Object.fromEntries(
    names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

/**
 * The regression with outcomes drawn at these parameters, all reported ones.
 *
 * @throws WeighbridgeError `bad-data` where an outcome is not finite
 */
export function simulatedRegression(
  specification: RegressionSpecification,
): (parameters: ParameterValues, random: RandomStream) => RegressionSpecification {
  const names = reportedNames(specification);
  const simulate = outcomeSimulator(specification);
  return (parameters, random) => {
    const outcomes = simulate(inOrder(parameters, names), random);
    requireFinite(outcomes);
    return { ...specification, data: { ...specification.data, outcomes } };
  };
}

/** Values in the order of the names. */
export function inOrder(parameters: ParameterValues, names: readonly string[]): Float64Array {
  return Float64Array.from(names, (name) => parameters[name]);
}

/** Values by their names. */
export function byName(names: readonly string[], values: Float64Array): ParameterValues {
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

function requireFinite(outcomes: Float64Array): void {
  const row = outcomes.findIndex((outcome) => !Number.isFinite(outcome));
  if (row < 0) return;
  throw new WeighbridgeError(
    'bad-data',
    `the outcome drawn for row ${row + 1} is ${outcomes[row]}, expected a finite number: narrow the priors until such data are out of the question`,
  );
}
