/**
 * The two regressions by name, for a user with columns of numbers: brms' default priors, its
 * parameter names, its centred intercept.
 */
import type { NormalPrior, Predictors, StudentTPrior } from '../../models/index.js';
import { WeighbridgeError } from '../errors.js';
import { type SamplerSettings, settingNames } from '../sampler/settings.js';
import { badArgument, described, isRecord, requireNames } from './check-options.js';
import { requireNumbers } from './check-specification.js';
import { gaussianPriors, logitInterceptPrior } from './default-priors.js';
import { type Fit, sample } from './fit.js';
import { lostDigits } from './notes.js';
import { asRegression, modelOf, type OutcomeKind, type Specification } from './specification.js';

export interface Columns {
  /** One number per row. */
  readonly outcome: ArrayLike<number>;
  /** A column per predictor, keyed by its name. */
  readonly predictors: Readonly<Record<string, ArrayLike<number>>>;
}

export interface ColumnsOptions extends Partial<SamplerSettings> {
  /** Prior of each slope; flat where absent, as in brms. */
  readonly slopePrior?: NormalPrior;
  /** Prior of the intercept of the centred predictors; brms' default where absent. */
  readonly interceptPrior?: StudentTPrior;
}

export interface LogisticRegressionOptions extends ColumnsOptions {
  /** 'fractional': outcomes are probabilities of a 1, from 0 to 1; 0 or 1 where absent. */
  readonly outcomeKind?: OutcomeKind;
}

export interface LinearRegressionOptions extends ColumnsOptions {
  /** Prior of sigma, cut off at zero; brms' default where absent. */
  readonly sigmaPrior?: StudentTPrior;
}

/**
 * Bayesian logistic regression of outcomes 0 or 1: parameters b_Intercept and b_NAME.
 * @throws WeighbridgeError `bad-data`, `bad-argument`
 */
export function logisticRegression(columns: Columns, options: LogisticRegressionOptions = {}): Fit {
  return fitOf(columns, options, logisticSpecification, {
    of: 'logisticRegression',
    own: 'outcomeKind',
  });
}

/**
 * Bayesian linear regression: parameters b_Intercept, b_NAME and sigma.
 * @throws WeighbridgeError `bad-data`, `bad-argument`, `improper-posterior`
 */
export function linearRegression(columns: Columns, options: LinearRegressionOptions = {}): Fit {
  return fitOf(columns, options, linearSpecification, {
    of: 'linearRegression',
    own: 'sigmaPrior',
  });
}

export function logisticSpecification(
  predictors: Predictors,
  outcomes: ArrayLike<number>,
  { slopePrior, interceptPrior = logitInterceptPrior, outcomeKind }: LogisticRegressionOptions = {},
): Specification {
  return {
    family: 'bernoulli',
    predictors,
    outcomes,
    interceptPrior,
    ...(outcomeKind !== undefined && { outcomeKind }),
    ...(slopePrior !== undefined && { slopePrior }),
  };
}

export function linearSpecification(
  predictors: Predictors,
  outcomes: ArrayLike<number>,
  { slopePrior, interceptPrior, sigmaPrior }: LinearRegressionOptions = {},
): Specification {
  const defaults = gaussianPriors(outcomes);
  return {
    family: 'gaussian',
    predictors,
    outcomes,
    interceptPrior: interceptPrior ?? defaults.interceptPrior,
    sigmaPrior: sigmaPrior ?? defaults.sigmaPrior,
    ...(slopePrior !== undefined && { slopePrior }),
  };
}

/** Columns as the row-major predictors of a model. */
export function toRows(given: Columns): Predictors {
  requireColumns(given);
  const { outcome, predictors } = given;
  const names = Object.keys(predictors);
  const rows = outcome.length;
  const values = new Float64Array(rows * names.length);
  names.forEach((name, j) => {
    const column = predictors[name];
    if (column.length !== rows) {
      throw new WeighbridgeError(
        'bad-data',
        `predictor ${name} has ${column.length} rows, the outcome ${rows}`,
      );
    }
    for (let i = 0; i < rows; i++) values[i * names.length + j] = column[i];
  });
  return { names, rows, values };
}

/** Callers from JavaScript have no compiler that tells them. */
function requireColumns(given: unknown): void {
  if (!isRecord(given) || !isRecord(given.predictors)) {
    throw badArgument(
      'expected columns, { outcome: [0, 1], predictors: { x: [1, 2] } } for example',
    );
  }
  requireEachNumber('the outcome', requireNumbers('the outcome', given.outcome));
  for (const [name, column] of Object.entries(given.predictors)) {
    requireEachNumber(name, requireNumbers(`predictor ${name}`, column));
  }
}

function requireEachNumber(name: string, values: ArrayLike<unknown>): void {
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] === 'number') continue;
    throw new WeighbridgeError(
      'bad-data',
      `row ${i + 1}: ${name} is ${described(values[i])}, expected a number`,
    );
  }
}

/** What the numbers of the columns have lost is said with the fit. */
function fitOf<Options extends ColumnsOptions>(
  columns: Columns,
  options: Options,
  specify: (predictors: Predictors, outcomes: ArrayLike<number>, options: Options) => Specification,
  { of, own }: { readonly of: string; readonly own: string },
): Fit {
  requireNames(options, [...settingNames, 'slopePrior', 'interceptPrior', own], of);
  const specification = specify(toRows(columns), columns.outcome, options);
  const fit = sample(modelOf(specification), options);
  const lost = lostDigits(asRegression(specification));
  return lost.length === 0 ? fit : { ...fit, warnings: [...fit.warnings, ...lost] };
}
