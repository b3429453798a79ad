/**
 * Variables of a design: columns of numbers, or levels that are yet to be coded.
 */
import { WeighbridgeError } from '../errors.js';
import { evaluate, valuesOf } from './evaluate.js';
import { codesOfComputed } from './factors.js';
import { formatExpression } from './format.js';
import type { CallExpression, Expression } from './formula.js';
import { polyCall } from './functions.js';
import { shortened } from './names.js';
import { polynomialBasis, polynomialColumns, rawPowers } from './polynomial.js';
import type { Scope } from './scope.js';
import { type FactorColumn, labelsOf, levelsOf } from './table.js';

export type DesignVariable =
  | {
      readonly kind: 'numeric';
      /** R's, one a column. */
      readonly names: readonly string[];
      readonly columns: readonly Float64Array[];
    }
  | {
      readonly kind: 'categorical';
      readonly label: string;
      readonly levels: readonly string[];
      readonly codes: ArrayLike<number>;
    };

export function designVariable(expression: Expression, scope: Scope): DesignVariable {
  const label = formatExpression(expression);
  if (expression.kind === 'name') return ofColumn(expression.name, label, expression.place, scope);
  if (expression.kind === 'call' && expression.function === 'poly') {
    return ofPoly(expression, label, scope);
  }
  const value = valuesOf(expression, scope);
  if (value.kind === 'numeric') {
    return { kind: 'numeric', names: [label], columns: [evaluate(expression, scope)] };
  }
  if (value.kind === 'boolean') {
    return { kind: 'categorical', label, levels: ['FALSE', 'TRUE'], codes: value.codes };
  }
  const { levels, codes } = levelsInUse(label, value, scope);
  refuseOneLevel(label, levels);
  return { kind: 'categorical', label, levels, codes };
}

/** Levels of `cut()` and its like that no row of the fit has are dropped, as brms drops them. */
function levelsInUse(label: string, value: FactorColumn, scope: Scope): FactorColumn {
  const levels = scope.levels(`levels in use of ${label}`, () => levelsOf(value));
  if (levels.length === value.levels.length) return value;
  return { kind: 'factor', levels, codes: codesOfComputed(labelsOf(value), levels, label, scope) };
}

function ofColumn(name: string, label: string, place: number, scope: Scope): DesignVariable {
  const column = scope.column(name, place);
  switch (column.kind) {
    case 'numeric': {
      const values = evaluate({ kind: 'name', name, place }, scope);
      return { kind: 'numeric', names: [label], columns: [values] };
    }
    case 'boolean':
      return { kind: 'categorical', label, levels: ['FALSE', 'TRUE'], codes: column.codes };
    case 'factor':
      refuseOneLevel(label, column.levels);
      refuseLongIntegers(name, column.levels);
      return { kind: 'categorical', label, levels: column.levels, codes: column.codes };
  }
}

function refuseOneLevel(label: string, levels: readonly string[]): void {
  if (levels.length > 1) return;
  throw new WeighbridgeError(
    'bad-data',
    `the factor ${label} has one level, '${levels[0]}', in the rows that are used; a predictor needs two or more`,
  );
}

/** Beyond 2^53: read as text, so that no digit is lost, and of no use as numbers. */
export function refuseLongIntegers(name: string, levels: readonly string[]): void {
  if (!levels.every((level) => /^\s*[-+]?\d+\s*$/.test(level))) return;
  const long = levels.find((level) => !Number.isSafeInteger(Number(level)));
  if (long === undefined) return;
  throw new WeighbridgeError(
    'bad-data',
    `column '${name}' holds the whole number ${shortened(long.trim())}, beyond 2^53, which numbers cannot hold exactly; it can be grouped by, (1 | ${name}), or be rescaled before it is read`,
  );
}

function ofPoly(call: CallExpression, label: string, scope: Scope): DesignVariable {
  const { x, degree, raw } = polyCall(call, scope.fail);
  const values = evaluate(x, scope);
  const columns = raw
    ? rawPowers(values, degree)
    : polynomialColumns(
        values,
        degree,
        scope.constants(label, () => {
          const basis = polynomialBasis(values, degree);
          const few = `${label}: the degree is to be less than the number of distinct values of ${formatExpression(x)}`;
          return basis ?? scope.fail(call.place, few);
        }),
      );
  // R numbers the columns of a matrix where there are several.
  const names = columns.map((_, j) => (degree > 1 ? `${label}${j + 1}` : label));
  return { kind: 'numeric', names, columns };
}
