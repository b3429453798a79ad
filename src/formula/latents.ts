/**
 * Predictors that are not known exactly. `me(x, s)` is observed with the known standard error s; `mi(x)` has
 * missing values, and a formula of its own, `bf(y ~ mi(x)) + bf(x | mi() ~ z)`. Both stand for a latent number
 * per unit (a row, or a level of `me(x, s, gr = g)`) that the fit estimates. An observed value has a standard
 * error of 0 if it is exact, and of Infinity if it is missing.
 */
import { badData } from '../checks/values.js';
import { meanOf } from '../linear-algebra/sums.js';
import type { FailAt } from '../text/cursor.js';
import { hasDot } from './columns-used.js';
import type { LatentVariable } from './design.js';
import { valuesOf } from './evaluate.js';
import { formatExpression, formatMissingModel, formatName } from './format.js';
import type { CallExpression, Expression, Formula, MissingModel } from './formula.js';
import { type LatentCall, latentCall } from './functions.js';
import { modelMatrix } from './model-matrix.js';
import { coefficientName } from './names.js';
import type { Scope } from './scope.js';
import { labelsOf, levelsOf } from './table.js';
import { expandPredictors, type FormulaTerms, type Terms } from './terms.js';

/** The formula `x | mi() ~ z`, or `x | mi(s) ~ z`. */
export function missingModel(left: Expression, predictors: Expression, fail: FailAt): MissingModel {
  const isBar = left.kind === 'binary' && left.operator === '|';
  const right = isBar ? left.right : null;
  if (!isBar || right?.kind !== 'call' || right.function !== 'mi') {
    return fail(
      left.place,
      `expected the formula of a predictor with missing values, x | mi() ~ z, found ${formatExpression(left)} ~ ${formatExpression(predictors)}; regressions of several outcomes are not supported`,
    );
  }
  const { left: variable } = left;
  const [first, second] = right.arguments;
  if (variable.kind !== 'name') {
    return fail(
      variable.place,
      `expected a column with missing values, found ${formatExpression(variable)}`,
    );
  }
  if (second !== undefined || (first && first.name !== null && first.name !== 'sdy')) {
    fail(right.place, 'mi() takes standard errors or nothing: x | mi() ~ z, x | mi(s) ~ z');
  }
  return { variable: variable.name, error: first?.value ?? null, predictors, place: left.place };
}

/** Checks `me()` and `mi()` in a formula whose parts are checked by themselves. */
export function checkLatents(formula: Formula, fail: FailAt): void {
  const { missing = [], parts = [] } = formula;
  const all = callsIn(formula.predictors);
  const wanted = all.filter((call) => call.function === 'mi');
  for (const predictors of [formula, ...parts].map((one) => one.predictors)) {
    const [smooth] = expandPredictors(predictors, [], fail).smooths;
    if (smooth && all.length > 0) {
      fail(
        smooth.place,
        `${smooth.label} together with ${formatExpression(all[0])} is not supported`,
      );
    }
  }
  for (const call of wanted) {
    const { place } = call;
    const name = formatExpression(call.arguments[0].value);
    if (missing.some(({ variable }) => formatName(variable) === name)) continue;
    fail(
      place,
      `mi(${name}) needs a formula of ${name}: bf(… mi(${name}) …) + bf(${name} | mi() ~ z)`,
    );
  }
  for (const model of missing) {
    const isWanted = wanted.some(
      ({ arguments: [{ value }] }) => value.kind === 'name' && value.name === model.variable,
    );
    if (!isWanted) {
      fail(
        model.place,
        `no mi(${model.variable}) is among the predictors, but there is its formula`,
      );
    }
    checkModel(model, fail);
  }
  for (const { predictors, parameter } of parts) {
    const [call] = callsIn(predictors);
    if (call) {
      fail(call.place, `${formatExpression(call)} is for the mean alone, not for ${parameter}`);
    }
  }
}

function checkModel(model: MissingModel, fail: FailAt): void {
  const text = formatMissingModel(model);
  const [call] = callsIn(model.predictors);
  if (call) {
    fail(
      call.place,
      `${text}: its predictors are columns without missing values, found ${formatExpression(call)}`,
    );
  }
  if (hasDot(model.predictors)) {
    fail(model.predictors.place, `${text}: . is not supported here; name the columns`);
  }
  const { groups, offsets, smooths } = expandPredictors(model.predictors, [], fail);
  if (smooths.length > 0) {
    fail(
      smooths[0].place,
      `${text}: ${smooths[0].label} of a predictor with missing values is not supported`,
    );
  }
  if (groups.length > 0) {
    fail(
      groups[0].place,
      `${text}: group effects of a predictor with missing values are not supported`,
    );
  }
  if (offsets.length > 0) {
    fail(offsets[0].place, `${text}: offsets of a predictor with missing values are not supported`);
  }
}

/** The calls of `me()` and `mi()`. */
function callsIn(expression: Expression): CallExpression[] {
  switch (expression.kind) {
    case 'parentheses':
      return callsIn(expression.inner);
    case 'unary':
      return callsIn(expression.operand);
    case 'binary':
      return [...callsIn(expression.left), ...callsIn(expression.right)];
    case 'call':
      return latentCall(expression) ? [expression] : [];
    default:
      return [];
  }
}

/** Columns that may lack values, by their names. */
export function columnsWithGaps({ missing = [] }: Pick<Formula, 'missing'>): readonly string[] {
  return missing.flatMap(({ variable, error }) => [
    variable,
    ...(error?.kind === 'name' ? [error.name] : []),
  ]);
}

/** The terms of the formula of each predictor with missing values. */
export function missingTerms(formula: Formula, fail: FailAt): FormulaTerms[] {
  return (formula.missing ?? []).map(({ predictors }) => expandPredictors(predictors, [], fail));
}

/** The latent variables of the terms, each once, in the order of their first term. */
export function readLatents(
  { variables, terms }: Terms,
  formula: Pick<Formula, 'missing'>,
  scope: Scope,
  isNew: boolean,
): { readonly call: string; readonly variable: LatentVariable }[] {
  const used = new Set(terms.flat());
  return variables.flatMap((expression, v) => {
    const call = latentCall(expression);
    if (!call || !used.has(v)) return [];
    const variable =
      call.kind === 'noisy'
        ? noisyVariable(call, scope, isNew)
        : missingVariable(call.variable, formula, scope, isNew);
    return [{ call: formatExpression(expression), variable }];
  });
}

/** The values in each row that stand in for the latent ones: what is observed. */
export function standIns({ observed, unitOf }: LatentVariable): Float64Array {
  return Float64Array.from(unitOf, (unit) => observed[unit]);
}

function noisyVariable(
  { value, error, group }: LatentCall & { kind: 'noisy' },
  scope: Scope,
  isNew: boolean,
): LatentVariable {
  const values = numbers(value, scope);
  const errors = numbers(error, scope);
  refuseErrors(formatExpression(error), errors, scope, isNew);
  const name = coefficientName(`me${formatExpression(value)}`);
  const none = { names: [], values: new Float64Array(0) };
  // New rows are predicted one by one, each by what is observed in it.
  if (group === null || isNew) {
    const units = Int32Array.from(values, (_, row) => row);
    const population = { ...none, rows: values.length };
    return {
      ...{ name, kind: 'noisy', observed: values, errors, unitOf: units, labels: null },
      ...{ intercept: true, population },
    };
  }
  const column = scope.column(group, 0);
  const labels = levelsOf(column);
  const place = new Map(labels.map((label, unit) => [label, unit]));
  const unitOf = Int32Array.from(labelsOf(column), (label) => place.get(label ?? '') ?? -1);
  const first = labels.map((_, unit) => unitOf.indexOf(unit));
  unitOf.forEach((unit, row) => {
    const other = first[unit];
    if (values[row] === values[other] && errors[row] === errors[other]) return;
    throw badData(
      `rows ${scope.rowNumber(other)} and ${scope.rowNumber(row)}: ${group} is '${labels[unit]}' in both, but ${formatExpression(value)} or its error differs; a level of gr has one value`,
      { row: scope.rowNumber(row), column: group },
    );
  });
  return {
    ...{ name, kind: 'noisy', labels, unitOf, intercept: true },
    observed: Float64Array.from(first, (row) => values[row]),
    errors: Float64Array.from(first, (row) => errors[row]),
    population: { ...none, rows: labels.length },
  };
}

function missingVariable(
  name: string,
  { missing = [] }: Pick<Formula, 'missing'>,
  scope: Scope,
  isNew: boolean,
): LatentVariable {
  const model = missing.find(({ variable }) => variable === name);
  if (!model) throw new RangeError(`no formula of ${name}`);
  const given = numbers({ kind: 'name', name, place: model.place }, scope);
  const known = given.filter((value) => !Number.isNaN(value));
  const [mean] = scope.constants(`mean of mi(${name})`, () => {
    if (known.length > 0) return [meanOf(known)];
    throw badData(
      `${name} is missing in all rows, expected some values to estimate the others from`,
      {
        column: name,
      },
    );
  });
  const errors = model.error ? numbers(model.error, scope).slice() : new Float64Array(given.length);
  if (model.error) {
    const observed = errors.map((error, row) => (Number.isNaN(given[row]) ? 1 : error));
    refuseErrors(formatExpression(model.error), observed, scope, isNew);
  }
  const { population: terms } = expandPredictors(model.predictors, [], scope.fail);
  return {
    ...{ name, kind: 'missing', labels: null, intercept: terms.intercept },
    observed: given.map((value) => (Number.isNaN(value) ? mean : value)),
    errors: errors.map((error, row) =>
      Number.isNaN(given[row]) ? Number.POSITIVE_INFINITY : error,
    ),
    unitOf: Int32Array.from(given, (_, row) => row),
    population: modelMatrix(terms, scope),
  };
}

/** Numbers that may be missing. */
function numbers(expression: Expression, scope: Scope): Float64Array {
  const column = valuesOf(expression, scope);
  if (column.kind === 'numeric') return column.values;
  return scope.fail(
    expression.place,
    `${formatExpression(expression)} is text or logical, expected numbers`,
  );
}

/** @param isNew of new rows, whose value may be taken as exact by an error of 0 */
function refuseErrors(name: string, errors: Float64Array, scope: Scope, isNew: boolean): void {
  const isError = (error: number) => (isNew ? error >= 0 : error > 0) && Number.isFinite(error);
  const bad = errors.findIndex((error) => !isError(error));
  if (bad < 0) return;
  const row = scope.rowNumber(bad);
  const expected = `a standard error, a finite number ${isNew ? 'from' : 'above'} 0`;
  throw badData(`row ${row}: ${name} is ${errors[bad]}, expected ${expected}`, {
    ...{ row, column: name, found: errors[bad], expected },
  });
}
