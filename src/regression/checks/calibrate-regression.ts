/**
 * Simulation-based calibration of a regression: parameters from its priors, outcomes at the
 * predictors that it has, a fit to each set of outcomes (`calibrate.ts`). Beside the parameters the
 * log likelihood is ranked, which sees a posterior that ignores its data.
 */
import type { RegressionSpecification } from '../../../models/regression-data.js';
import { reportedNames, rowLogLikelihood } from '../../../models/reported-parameters.js';
import { sumOf } from '../../linear-algebra/sums.js';
import { parametersNamed } from '../parameter-names.js';
import { prepare } from '../prepare.js';
import { priorSampler } from '../priors/sample-prior.js';
import { type CalibrateOptions, type Calibration, calibrate } from './calibrate.js';
import { isGroupEffect } from './group-effects.js';
import {
  byName,
  inOrder,
  regressionFitter,
  type SimulatedRegressionOptions,
  simulatedRegression,
} from './simulated-regression.js';

export type CalibrateRegressionOptions = SimulatedRegressionOptions &
  Pick<CalibrateOptions<RegressionSpecification>, 'parameters' | 'rankedDraws'>;

/**
 * All reported parameters but the group effects are ranked, or those named in `parameters`, and
 * `log_lik`.
 *
 * @throws WeighbridgeError `bad-argument` where a prior is flat, which has no draws: the message
 *   names the parameters; `interrupted` where the signal was given; and as `regression`
 */
export async function calibrateRegression(
  options: CalibrateRegressionOptions,
): Promise<Calibration> {
  const { specification } = prepare(
    options,
    ['simulations', 'parameters', 'rankedDraws'],
    'calibrateRegression',
  );
  const names = reportedNames(specification);
  const parameters =
    options.parameters === undefined
      ? names.filter((name) => !isGroupEffect(name))
      : parametersNamed(options.parameters, names);
  const drawParameters = priorSampler(specification);
  const { simulations, rankedDraws, seed, onProgress, signal } = options;
  return calibrate<RegressionSpecification>({
    drawPrior: (random) => byName(names, drawParameters(random)),
    simulate: simulatedRegression(specification),
    fit: regressionFitter(options),
    parameters,
    quantities: (parameters, simulated) => {
      const row = new Float64Array(simulated.data.rows);
      rowLogLikelihood(simulated)(inOrder(parameters, names), row);
      return { log_lik: sumOf(row) };
    },
    onProgress,
    signal,
    ...(simulations !== undefined && { simulations }),
    ...(rankedDraws !== undefined && { rankedDraws }),
    ...(seed !== undefined && { seed }),
  });
}
