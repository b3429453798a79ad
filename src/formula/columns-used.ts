/**
 * Which columns of a table a formula uses, and for what.
 */
import { namesIn } from './evaluate.js';
import type { Expression, Formula } from './formula.js';
import { type FormulaFail, failAt } from './formula-error.js';
import { columnNames, hasColumn, noColumn, type Table } from './table.js';
import { expandPredictors, type FormulaTerms, type Terms } from './terms.js';

/** Where in the formula a column is named first, by its name. */
export type NamePlaces = ReadonlyMap<string, number>;

export interface ColumnsUsed {
  /** The outcome's and the trials'. */
  readonly left: NamePlaces;
  /** Predictors of the population and of groups, and offsets. */
  readonly predictors: NamePlaces;
  /** Those that are grouped by. */
  readonly grouping: NamePlaces;
}

/** What a formula with brms' `0 + Intercept` calls the column of ones. */
export const RESERVED_INTERCEPT = 'Intercept';

/** What `.` stands for, as in R: the columns that are not left of `~`. */
export function dotColumns(formula: Formula, table: Table): readonly string[] {
  if (!hasDot(formula.predictors)) return [];
  const left = leftNames(formula);
  return columnNames(table).filter((name) => !left.has(name));
}

/** Whether `.` stands among the terms. */
export function hasDot(expression: Expression): boolean {
  switch (expression.kind) {
    case 'dot':
      return true;
    case 'parentheses':
      return hasDot(expression.inner);
    case 'unary':
      return hasDot(expression.operand);
    case 'binary':
      return hasDot(expression.left) || hasDot(expression.right);
    default:
      return false;
  }
}

function leftNames({ response, trials }: Formula): NamePlaces {
  return mergedNames(trials === null ? [response] : [response, trials]);
}

export function columnsUsed(formula: Formula, terms: FormulaTerms): ColumnsUsed {
  const { population, offsets, groups } = terms;
  const varying = groups.flatMap((group) => variablesOf(group.varying));
  const predictors = new Map(mergedNames([...variablesOf(population), ...offsets, ...varying]));
  if (hasReservedIntercept(population)) predictors.delete(RESERVED_INTERCEPT);
  return {
    left: leftNames(formula),
    predictors,
    grouping: mergedNames(groups.flatMap(({ columns }) => columns)),
  };
}

/** Those that terms have: not x of `y ~ z + x - x`. */
function variablesOf({ variables, terms }: Terms): readonly Expression[] {
  const used = new Set(terms.flat());
  return variables.filter((_, variable) => used.has(variable));
}

function mergedNames(expressions: readonly Expression[]): NamePlaces {
  const names = new Map<string, number>();
  for (const expression of expressions) {
    for (const [name, place] of namesIn(expression)) if (!names.has(name)) names.set(name, place);
  }
  return names;
}

/**
 * Whether a formula without an intercept has brms' `0 + Intercept`: a column of ones that is a
 * predictor like the others, and for which factors are coded as for an intercept.
 */
export function hasReservedIntercept(population: Terms): boolean {
  if (population.intercept) return false;
  return variablesOf(population).some(
    (variable) => variable.kind === 'name' && variable.name === RESERVED_INTERCEPT,
  );
}

/** @throws WeighbridgeError for a column that is not there, and an outcome among the predictors */
export function checkColumns(used: ColumnsUsed, table: Table, fail: FormulaFail): void {
  for (const places of [used.left, used.predictors, used.grouping]) {
    for (const [name, place] of places) {
      if (!hasColumn(table, name)) fail(place, noColumn(table, name));
    }
  }
}

/** The outcome cannot explain itself; R drops it there and warns. */
export function checkOutcomeApart(formula: Formula, used: ColumnsUsed, fail: FormulaFail): void {
  for (const [name] of namesIn(formula.response)) {
    const place = used.predictors.get(name) ?? used.grouping.get(name);
    if (place !== undefined) fail(place, `the outcome '${name}' is among its own predictors`);
  }
}

/** The formula with `pi` as the number, where the table has no column of that name. */
export function withConstants(formula: Formula, table: Table): Formula {
  if (hasColumn(table, 'pi')) return formula;
  const { response, trials, predictors } = formula;
  const changed = (expression: Expression) => withPi(expression, false);
  return {
    ...formula,
    response: changed(response),
    trials: trials && changed(trials),
    predictors: changed(predictors),
  };
}

/** @param inside of a function or an operator of values, where a number has a place */
function withPi(expression: Expression, inside: boolean): Expression {
  switch (expression.kind) {
    case 'name': {
      const { name, place } = expression;
      return inside && name === 'pi' ? { kind: 'constant', name, place } : expression;
    }
    case 'parentheses':
      return { ...expression, inner: withPi(expression.inner, inside) };
    case 'unary':
      return { ...expression, operand: withPi(expression.operand, inside) };
    case 'binary': {
      const { left, right } = expression;
      return { ...expression, left: withPi(left, inside), right: withPi(right, inside) };
    }
    case 'call': {
      const values = expression.arguments.map((argument) => ({
        ...argument,
        value: withPi(argument.value, true),
      }));
      return { ...expression, arguments: values };
    }
    default:
      return expression;
  }
}

export interface Expansion {
  readonly terms: FormulaTerms;
  readonly used: ColumnsUsed;
}

export function expandFormula(formula: Formula, dot: readonly string[]): Expansion {
  const terms = expandPredictors(formula.predictors, dot, failAt(formula.text));
  return { terms, used: columnsUsed(formula, terms) };
}
