/**
 * Sensitivity of the posterior to its prior. Prior and likelihood are each raised to a power near
 * 1, and the change of the marginal posteriors is measured (src/posterior/power-scaling.ts; the R
 * package priorsense). All priors are scaled together, including those of the standard deviations
 * of group effects, but not the distribution of the group effects, which is part of the model.
 */

import { lkjLogDensity, priorDensity } from '../../../models/prior-distributions.js';
import {
  centrePredictors,
  moveIntercepts,
  type RegressionSpecification,
} from '../../../models/regression-data.js';
import { reportedLayout } from '../../../models/reported-parameters.js';
import { badArgument, described } from '../../checks/values.js';
import { parametersNamed } from '../../fit/intervals.js';
import { parameterDraws } from '../../posterior/draws.js';
import {
  type PowerScaling,
  powerScaling,
  powerSensitivity,
} from '../../posterior/power-scaling.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import { THRESHOLDS } from '../../posterior/thresholds.js';
import type { FittedRegression } from '../fitted-regression.js';
import { eachDraw, isGroupEffect, totalLogLikelihood } from './criteria.js';

export type SensitivityDiagnosis =
  /** Both change the posterior: they conflict, or both are informative. */
  | 'prior-data conflict'
  /** The prior changes the posterior, the likelihood hardly does. */
  | 'strong prior / weak likelihood'
  | '-';

export interface SensitivityRow {
  readonly name: string;
  /** Distance from the posterior per unit of log₂ of the prior's power; at least 0. */
  readonly prior: number;
  /** The same for the likelihood's power. */
  readonly likelihood: number;
  readonly diagnosis: SensitivityDiagnosis;
}

/** Prints in the format of priorsense. */
export interface PriorSensitivity extends Printable {
  /** Threshold above which a sensitivity is reported. @default 0.05 */
  readonly threshold: number;
  readonly rows: readonly SensitivityRow[];
  /**
   * The larger k̂ of the importance weights at both powers; above 0.7, the results are unreliable.
   * null for a constant component, for example a flat prior.
   */
  readonly paretoK: { readonly prior: number | null; readonly likelihood: number | null };
  readonly warnings: readonly string[];
}

export interface PriorSensitivityOptions {
  /** Names of parameters; coefficients with or without `b_`. @default all but the group effects */
  readonly parameters?: string | readonly string[];
  /** @default 0.05 */
  readonly threshold?: number;
}

/** As in priorsense: the posterior moves by about a quarter of its sd if a power is doubled. */
const THRESHOLD = 0.05;

/** @throws WeighbridgeError `bad-argument` for a parameter that the fit does not have */
export function priorSensitivity(
  fit: FittedRegression,
  { parameters, threshold = THRESHOLD }: PriorSensitivityOptions = {},
): PriorSensitivity {
  if (!(typeof threshold === 'number' && threshold >= 0)) {
    throw badArgument(`threshold is ${described(threshold)}, but must be a number of at least 0`);
  }
  const { draws } = fit;
  const logPrior = logPriorOf(fit.specification);
  const logPriors = new Float64Array(draws.chains * draws.drawsPerChain);
  eachDraw(draws, (values, draw) => {
    logPriors[draw] = logPrior(values);
  });
  const prior = powerScaling(logPriors, draws.chains);
  const likelihood = powerScaling(totalLogLikelihood(fit), draws.chains);
  const rows = namesOf(fit, parameters).map((name): SensitivityRow => {
    const values = parameterDraws(draws, name);
    const ofPrior = prior ? powerSensitivity(values, prior) : 0;
    const ofLikelihood = likelihood ? powerSensitivity(values, likelihood) : 0;
    const diagnosis = diagnose(ofPrior >= threshold, ofLikelihood >= threshold);
    return { name, prior: ofPrior, likelihood: ofLikelihood, diagnosis };
  });
  const paretoK = { prior: worstK(prior), likelihood: worstK(likelihood) };
  const result: PriorSensitivity = {
    threshold,
    rows,
    paretoK,
    warnings: Object.entries(paretoK).flatMap(([component, k]) =>
      k !== null && !(k <= THRESHOLDS.paretoK)
        ? [
            `Pareto k of the ${component}'s weights is ${k.toFixed(2)}, above ${THRESHOLDS.paretoK}: its sensitivities are not to be trusted`,
          ]
        : [],
    ),
  };
  return printable(result, () => print(result));
}

function namesOf(
  { draws }: FittedRegression,
  wanted: PriorSensitivityOptions['parameters'],
): readonly string[] {
  const { parameterNames } = draws;
  if (wanted !== undefined) return parametersNamed(wanted, parameterNames);
  return parameterNames.filter((name) => !isGroupEffect(name));
}

function diagnose(byPrior: boolean, byLikelihood: boolean): SensitivityDiagnosis {
  if (!byPrior) return '-';
  return byLikelihood ? 'prior-data conflict' : 'strong prior / weak likelihood';
}

function worstK(scaling: PowerScaling | null): number | null {
  return scaling && Math.max(scaling.lower.paretoK, scaling.upper.paretoK);
}

function print({ rows, warnings }: PriorSensitivity): string {
  return [
    'Sensitivity based on cjs_dist',
    '',
    ...textTable(
      rows.map(({ name }) => name),
      [
        { head: 'prior', cells: rows.map(({ prior }) => rounded(prior, 3)) },
        { head: 'likelihood', cells: rows.map(({ likelihood }) => rounded(likelihood, 3)) },
        { head: 'diagnosis', cells: rows.map(({ diagnosis }) => diagnosis) },
      ],
      'variable',
    ),
    ...(warnings.length ? ['', ...warnings] : []),
  ].join('\n');
}

/** Returns the log prior density as a function of the parameters; flat priors have density 1. */
export function logPriorOf(
  specification: RegressionSpecification,
): (parameters: Float64Array) => number {
  const { data, priors } = specification;
  const layout = reportedLayout(specification);
  const intercept = priors.intercept && priorDensity(priors.intercept);
  const thresholds = (priors.thresholds ?? []).map(priorDensity);
  const gaps = (priors.gaps ?? []).map(priorDensity);
  // From zero to the means.
  const means = centrePredictors(data).means.map((mean) => -mean);
  const before = data.intercept ? 1 : 0;
  const coefficients = new Float64Array(before + means.length);
  const single = [
    ...priors.sds.flat().map((prior, k) => ({ prior, at: layout.sds + k })),
    ...priors.auxiliary.map((prior, a) => ({ prior, at: layout.auxiliary + a })),
  ].map(({ prior, at }) => ({ density: priorDensity(prior), at }));
  const matrices = correlationPlaces(specification);
  const ofColumns = priors.coefficients.map(priorDensity);

  return (parameters) => {
    let sum = 0;
    coefficients[0] = layout.intercept === 1 ? parameters[0] : 0;
    coefficients.set(parameters.subarray(layout.slopes, layout.slopes + means.length), before);
    moveIntercepts(data, means, coefficients);
    if (intercept) sum += intercept.logDensity(coefficients[0]);
    ofColumns.forEach((density, j) => {
      sum += density.logDensity(coefficients[before + j]);
    });
    thresholds.forEach((density, k) => {
      sum += density.logDensity(parameters[k] - coefficients[0]);
    });
    gaps.forEach((density, j) => {
      sum += density.logDensity(parameters[j + 1] - parameters[j]);
    });
    for (const { density, at } of single) sum += density.logDensity(parameters[at]);
    for (const { eta, from, to } of matrices) {
      sum += lkjLogDensity(eta, parameters.subarray(from, to));
    }
    return sum;
  };
}

/** Offsets of the correlations of each group term that has any. */
function correlationPlaces(specification: RegressionSpecification) {
  const { data, priors } = specification;
  let from = reportedLayout(specification).correlations;
  return data.groups.flatMap(({ coefficients }, term) => {
    const eta = priors.correlations[term];
    if (eta === null) return [];
    const start = from;
    from += (coefficients.length * (coefficients.length - 1)) / 2;
    return [{ eta, from: start, to: from }];
  });
}
