/**
 * Finds the columns that a formula uses, and their roles.
 */

import { type FailAt, failIn } from '../text/cursor.js';
import { additionValues, withArguments } from './additions.js';
import { namesIn } from './evaluate.js';
import type { Expression, Formula } from './formula.js';
import { columnNames, hasColumn, noColumn, type Table } from './table.js';
import { expandPredictors, type FormulaTerms, type Terms } from './terms.js';

/** Position of the first use of each column, by its name. */
export type NamePlaces = ReadonlyMap<string, number>;

export interface ColumnsUsed {
  /** Columns of the outcome and of the terms after its bar. */
  readonly left: NamePlaces;
  /** Columns of population and group predictors, and of offsets. */
  readonly predictors: NamePlaces;
  /** Columns of grouping factors. */
  readonly grouping: NamePlaces;
}

/** The name of the column of ones in a formula with brms' `0 + Intercept`. */
export const RESERVED_INTERCEPT = 'Intercept';

/** The columns denoted by `.`, as in R: those that are not left of `~`. */
export function dotColumns(formula: Formula, table: Table): readonly string[] {
  if (!hasDot(formula.predictors)) return [];
  const left = leftNames(formula);
  return columnNames(table).filter((name) => !left.has(name));
}

/** Whether the terms include `.`. */
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

function leftNames(formula: Formula): NamePlaces {
  return mergedNames([formula.response, ...additionValues(formula)]);
}

export function columnsUsed(formula: Formula, terms: FormulaTerms): ColumnsUsed {
  const { population, specific, offsets, smooths, groups } = terms;
  const varying = groups.flatMap((group) => [
    ...variablesOf(group.varying),
    ...(group.membership?.weights ?? []),
  ]);
  const ofMissing = (formula.missing ?? []).flatMap(({ variable, error, predictors, place }) => [
    { kind: 'name', name: variable, place } as const,
    ...(error ? [error] : []),
    ...variablesOf(expandPredictors(predictors, [], failIn('formula', formula.text)).population),
  ]);
  const predictors = new Map(
    mergedNames([
      ...variablesOf(population),
      ...(specific ? variablesOf(specific.terms) : []),
      ...offsets,
      ...smooths.flatMap(({ x, by }) => (by ? [x, by] : [x])),
      ...varying,
      ...ofMissing,
    ]),
  );
  if (hasReservedIntercept(population)) predictors.delete(RESERVED_INTERCEPT);
  return {
    left: leftNames(formula),
    predictors,
    grouping: mergedNames(groups.flatMap(({ columns }) => columns)),
  };
}

/** Variables that occur in a term, so not x in `y ~ z + x - x`. */
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
 * Whether a formula has brms' `0 + Intercept`: a column of ones that is an ordinary predictor, with
 * factors coded as if there were an intercept.
 */
export function hasReservedIntercept(population: Terms): boolean {
  if (population.intercept) return false;
  return variablesOf(population).some(
    (variable) => variable.kind === 'name' && variable.name === RESERVED_INTERCEPT,
  );
}

/** @throws WeighbridgeError `bad-formula` if the table lacks a column */
export function checkColumns(used: ColumnsUsed, table: Table, fail: FailAt): void {
  for (const places of [used.left, used.predictors, used.grouping]) {
    for (const [name, place] of places) {
      if (!hasColumn(table, name)) fail(place, noColumn(table, name));
    }
  }
}

/** Rejects the outcome as its own predictor; R drops it and warns. */
export function checkOutcomeApart(formula: Formula, used: ColumnsUsed, fail: FailAt): void {
  for (const [name] of namesIn(formula.response)) {
    const place = used.predictors.get(name) ?? used.grouping.get(name);
    if (place !== undefined) fail(place, `the outcome '${name}' is among its own predictors`);
  }
}

/** The formula with `pi` as the number, unless the table has a column of that name. */
export function withConstants(formula: Formula, table: Table): Formula {
  if (hasColumn(table, 'pi')) return formula;
  const { response, additions, predictors, parts, missing } = formula;
  const changed = (expression: Expression) => withPi(expression, false);
  return {
    ...formula,
    response: changed(response),
    additions: withArguments(additions, changed),
    predictors: changed(predictors),
    ...(parts && {
      parts: parts.map((part) => ({ ...part, predictors: changed(part.predictors) })),
    }),
    ...(missing && {
      missing: missing.map((model) => ({ ...model, predictors: changed(model.predictors) })),
    }),
  };
}

/** @param inside whether inside a function or an operator on values, where numbers are allowed */
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

/** The columns of several formulas together. */
export function usedByAll(all: readonly ColumnsUsed[]): ColumnsUsed {
  const merged = (places: (used: ColumnsUsed) => NamePlaces): NamePlaces => {
    const names = new Map<string, number>();
    for (const used of all) {
      for (const [name, place] of places(used)) if (!names.has(name)) names.set(name, place);
    }
    return names;
  };
  return {
    left: merged(({ left }) => left),
    predictors: merged(({ predictors }) => predictors),
    grouping: merged(({ grouping }) => grouping),
  };
}

interface Expansion {
  readonly terms: FormulaTerms;
  readonly used: ColumnsUsed;
}

export function expandFormula(formula: Formula, dot: readonly string[]): Expansion {
  const terms = expandPredictors(formula.predictors, dot, failIn('formula', formula.text));
  return { terms, used: columnsUsed(formula, terms) };
}
