/** Calibration and recovery as JSON. */
import type { CalibratedParameter, Calibration } from '../regression/validation/calibrate.js';
import type { RecoveredParameter, Recovery } from '../regression/validation/recover.js';

export function calibrationJson(calibration: Calibration): Record<string, unknown> {
  const { simulations, rankedDraws, calibrated, dependentFits, parameters, warnings } = calibration;
  return {
    simulations,
    ranked_draws: rankedDraws,
    calibrated,
    dependent_fits: dependentFits,
    parameters: parameters.map(calibratedJson),
    warnings,
  };
}

function calibratedJson(parameter: CalibratedParameter): Record<string, unknown> {
  const { name, pValue, chiSquare, calibrated, shape, ranks } = parameter;
  return {
    name,
    p_ecdf: pValue,
    p_chi_square: chiSquare.pValue,
    calibrated,
    shape,
    ranks: [...ranks],
  };
}

export function recoveryJson({ simulations, recovered, parameters }: Recovery) {
  return { simulations, recovered, parameters: parameters.map(recoveredJson) };
}

function recoveredJson(parameter: RecoveredParameter): Record<string, unknown> {
  const { name, truth, meanEstimate, bias, biasError, rmse, meanSd } = parameter;
  return {
    ...{ name, truth, mean_estimate: meanEstimate, bias, bias_error: biasError, rmse },
    mean_sd: meanSd,
    coverage: parameter.coverage,
    coverage_interval: parameter.coverageInterval,
    recovered: parameter.recovered,
  };
}
