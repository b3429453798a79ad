/**
 * Logistic and linear regression of numeric columns, without a formula. Default priors, parameter
 * names and the centred intercept are those of brms.
 */

import { auxiliaryOf, type Family } from '../../models/families/family.js';
import { type Prior, requirePrior } from '../../models/prior-distributions.js';
import type {
  Predictors,
  RegressionData,
  RegressionSpecification,
} from '../../models/regression-data.js';
import { requireNames } from '../checks/options.js';
import { badArgument, badData, described, isRecord } from '../checks/values.js';
import { modelOf, requireNumbers } from '../fit/specification.js';
import { formatName } from '../formula/format.js';
import { settingNames } from '../sampler/settings.js';
import { prepareColumns } from './prepare.js';
import { defaultPriors } from './priors/default-rows.js';
import type { PriorRow } from './priors/prior-rows.js';
import { fitPrepared, type RegressionFit, type SamplingOptions } from './regression.js';

export interface Columns {
  /** One number per row. */
  readonly outcome: ArrayLike<number>;
  /** One column per predictor, keyed by name. */
  readonly predictors: Readonly<Record<string, ArrayLike<number>>>;
}

export interface ColumnsOptions extends SamplingOptions {
  /** Prior of each slope, for example `normal(0, 1)`. @default flat() */
  readonly slopePrior?: Prior;
  /** Prior of the intercept at the means of the predictors. @default brms' default, a Student-t */
  readonly interceptPrior?: Prior;
}

/** Outcomes of 0 or 1, or probabilities of a 1. */
export type OutcomeKind = 'binary' | 'fractional';

export interface LogisticRegressionOptions extends ColumnsOptions {
  /**
   * 'fractional' allows outcomes from 0 to 1, probabilities of a 1. Never inferred from the
   * data, since a stray 0.5 among choices is a mistake.
   *
   * @default 'binary'
   */
  readonly outcomeKind?: OutcomeKind;
}

export interface LinearRegressionOptions extends ColumnsOptions {
  /** Prior of sigma, truncated at zero. @default brms' default, a Student-t */
  readonly sigmaPrior?: Prior;
}

/**
 * Bayesian logistic regression of outcomes 0 or 1: parameters b_Intercept and b_NAME. The fit
 * equals that of `regression({ formula: 'outcome ~ …', family: bernoulli(), … })`; a model of
 * fractional outcomes has no formula, so its `update` throws.
 *
 * @throws WeighbridgeError `bad-data`, `bad-argument`, `improper-posterior`, `interrupted`
 */
export async function logisticRegression(
  columns: Columns,
  options: LogisticRegressionOptions = {},
): Promise<RegressionFit> {
  return fitColumns(columns, options, logisticSpecification, {
    of: 'logisticRegression',
    own: 'outcomeKind',
  });
}

/**
 * Bayesian linear regression: parameters b_Intercept, b_NAME and sigma. The fit equals that of
 * `regression({ formula: 'outcome ~ …', … })`.
 *
 * @throws WeighbridgeError `bad-data`, `bad-argument`, `improper-posterior`, `interrupted`
 */
export async function linearRegression(
  columns: Columns,
  options: LinearRegressionOptions = {},
): Promise<RegressionFit> {
  return fitColumns(columns, options, linearSpecification, {
    of: 'linearRegression',
    own: 'sigmaPrior',
  });
}

/** The specification of a logistic regression; default priors are those of brms. */
export function logisticSpecification(
  predictors: Predictors,
  outcomes: ArrayLike<number>,
  { outcomeKind = 'binary', ...priors }: LogisticRegressionOptions = {},
): RegressionSpecification {
  if (outcomeKind === 'binary') requireBinary(outcomes);
  else if (outcomeKind !== 'fractional') {
    throw badArgument(`outcomeKind is ${described(outcomeKind)}, expected binary or fractional`);
  }
  return specificationOf({ family: 'bernoulli', link: 'logit' }, predictors, outcomes, priors);
}

/** The specification of a linear regression; default priors are those of brms. */
export function linearSpecification(
  predictors: Predictors,
  outcomes: ArrayLike<number>,
  priors: LinearRegressionOptions = {},
): RegressionSpecification {
  return specificationOf({ family: 'gaussian', link: 'identity' }, predictors, outcomes, priors);
}

function specificationOf(
  family: Family,
  predictors: Predictors,
  outcomes: ArrayLike<number>,
  { slopePrior, interceptPrior, sigmaPrior }: LinearRegressionOptions,
): RegressionSpecification {
  for (const [name, prior] of Object.entries({ slopePrior, interceptPrior, sigmaPrior })) {
    if (prior !== undefined) requirePrior(prior, name);
  }
  const data: RegressionData = {
    rows: predictors.rows,
    outcomes: Float64Array.from(outcomes),
    trials: null,
    offset: null,
    intercept: true,
    predictors,
    groups: [],
  };
  const defaults = defaultPriors(data, family);
  return {
    family,
    data,
    priors: {
      intercept: interceptPrior ?? defaults.Intercept,
      coefficients: predictors.names.map(() => slopePrior ?? defaults.b),
      sds: [],
      correlations: [],
      auxiliary: auxiliaryOf(family).map((name) => sigmaPrior ?? defaults[name]),
    },
  };
}

function requireBinary(outcomes: ArrayLike<number>): void {
  for (let i = 0; i < outcomes.length; i++) {
    if (outcomes[i] === 0 || outcomes[i] === 1) continue;
    throw badData(`row ${i + 1}: the outcome is ${described(outcomes[i])}, expected 0 or 1`, {
      row: i + 1,
      found: outcomes[i],
      expected: '0 or 1',
    });
  }
}

/** Arranges columns as the row-major predictors of a model. */
export function toRows(given: Columns): Predictors {
  requireColumns(given);
  const { outcome, predictors } = given;
  const names = Object.keys(predictors);
  const rows = outcome.length;
  const values = new Float64Array(rows * names.length);
  names.forEach((name, j) => {
    const column = predictors[name];
    if (column.length !== rows) {
      throw badData(`predictor ${name} has ${column.length} rows, the outcome ${rows}`);
    }
    for (let i = 0; i < rows; i++) values[i * names.length + j] = column[i];
  });
  return { names, rows, values };
}

/** Checks the argument types, for JavaScript callers. */
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
    throw badData(`row ${i + 1}: ${name} is ${described(values[i])}, expected a number`);
  }
}

interface AnyColumnsOptions extends ColumnsOptions {
  readonly outcomeKind?: OutcomeKind;
  readonly sigmaPrior?: Prior;
}

async function fitColumns(
  columns: Columns,
  options: AnyColumnsOptions,
  specify: (
    predictors: Predictors,
    outcomes: ArrayLike<number>,
    options: AnyColumnsOptions,
  ) => RegressionSpecification,
  { of, own }: { readonly of: string; readonly own: string },
): Promise<RegressionFit> {
  const known = ['slopePrior', 'interceptPrior', own, 'runner', 'onProgress', 'signal'];
  requireNames(options, [...settingNames, ...known], of);
  // Checks columns and priors; messages refer to columns.
  const specification = specify(toRows(columns), columns.outcome, options);
  modelOf(specification);
  const { outcome, predictors } = columns;
  const names = Object.keys(predictors);
  const response = freeName('outcome', names);
  const terms = names.map(formatName);
  const prepared = prepareColumns(
    {
      formula: `${response} ~ ${terms.join(' + ') || '1'}`,
      family: specification.family,
      data: {
        ...Object.fromEntries(names.map((name) => [name, Array.from(predictors[name])])),
        [response]: Array.from(outcome),
      },
      prior: priorRows(options),
    },
    { fractional: options.outcomeKind === 'fractional' },
  );
  return fitPrepared(prepared, options, 'fit');
}

/** `outcome`, with underscores appended if a predictor has that name. */
function freeName(wanted: string, taken: readonly string[]): string {
  return taken.includes(wanted) ? freeName(`${wanted}_`, taken) : wanted;
}

function priorRows({ slopePrior, interceptPrior, sigmaPrior }: AnyColumnsOptions): PriorRow[] {
  return Object.entries({ b: slopePrior, Intercept: interceptPrior, sigma: sigmaPrior }).flatMap(
    ([name, prior]) => (prior ? [{ prior, class: name as PriorRow['class'] }] : []),
  );
}
