/**
 * Does the posterior hang on its prior? Prior and likelihood are each raised to a power near 1, and
 * the marginal posteriors watched (src/posterior/power-scaling.ts; the R package priorsense). All
 * priors are scaled together, those of group effects' standard deviations among them; the group
 * effects' own distribution is not, as its scaling would be a scaling of the model.
 */

import { parameterDraws } from '../../posterior/draws.js';
import {
  type PowerScaling,
  powerScaling,
  powerSensitivity,
} from '../../posterior/power-scaling.js';
import { type Printable, printable, rounded, textTable } from '../../posterior/printable.js';
import { THRESHOLDS } from '../../posterior/thresholds.js';
import { badArgument, described } from '../check-options.js';
import type { FittedRegression } from '../fitted-regression.js';
import { parametersNamed } from '../parameter-names.js';
import { isGroupEffect } from './group-effects.js';
import { eachDraw, totalLogLikelihood } from './log-likelihood-of-fit.js';
import { logPriorOf } from './log-prior.js';

export type SensitivityDiagnosis =
  /** Both move the posterior: they pull against each other, or both are informative. */
  | 'prior-data conflict'
  /** The prior moves the posterior and the data hardly do. */
  | 'strong prior / weak likelihood'
  | '-';

export interface SensitivityRow {
  readonly name: string;
  /** Change of the distance from the posterior by log₂ of the prior's power; 0 or more. */
  readonly prior: number;
  /** The same of the likelihood's power. */
  readonly likelihood: number;
  readonly diagnosis: SensitivityDiagnosis;
}

/** Prints as priorsense prints it. */
export interface PriorSensitivity extends Printable {
  /** Above it a sensitivity counts: 0.05. */
  readonly threshold: number;
  readonly rows: readonly SensitivityRow[];
  /**
   * The larger k̂ of the weights of both powers: above 0.7 the numbers are not to be trusted. null
   * where the component is the same everywhere: a prior that is flat.
   */
  readonly paretoK: { readonly prior: number | null; readonly likelihood: number | null };
  readonly warnings: readonly string[];
}

export interface PriorSensitivityOptions {
  /**
   * Names of parameters, those of coefficients with or without `b_`; all but the group effects where
   * absent.
   */
  readonly parameters?: string | readonly string[];
  /** Default 0.05. */
  readonly threshold?: number;
}

/** priorsense's: a posterior that moves by about a quarter of its sd as a power doubles. */
const THRESHOLD = 0.05;

/** @throws WeighbridgeError `bad-argument` for a parameter that the fit does not have */
export function priorSensitivity(
  fit: FittedRegression,
  { parameters, threshold = THRESHOLD }: PriorSensitivityOptions = {},
): PriorSensitivity {
  if (!(typeof threshold === 'number' && threshold >= 0)) {
    throw badArgument(`threshold is ${described(threshold)}, but must be a number of at least 0`);
  }
  const { draws } = fit.fit;
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
  { fit }: FittedRegression,
  wanted: PriorSensitivityOptions['parameters'],
): readonly string[] {
  const { parameterNames } = fit.draws;
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
