/**
 * Variables of a design: columns of numbers, or levels that are yet to be coded.
 */
import { WeighbridgeError } from '../errors.js';
import { evaluate } from './evaluate.js';
import { formatExpression } from './format.js';
import type { CallExpression, Expression } from './formula.js';
import { onlyArgument, polyCall } from './functions.js';
import { listed, shortened } from './names.js';
import { polynomialBasis, polynomialColumns, rawPowers } from './polynomial.js';
import type { Scope } from './scope.js';
import { type Column, labelsOf, levelsOf } from './table.js';

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
  if (expression.kind === 'call') {
    if (expression.function === 'factor') return ofFactor(expression, label, scope);
    if (expression.function === 'poly') return ofPoly(expression, label, scope);
    if (expression.function === 'I') {
      const inner = onlyArgument(expression, scope.fail);
      const boolean =
        inner.kind === 'name' && scope.column(inner.name, inner.place).kind === 'boolean';
      if (boolean) return ofColumn(inner.name, label, inner.place, scope);
    }
  }
  return { kind: 'numeric', names: [label], columns: [evaluate(expression, scope)] };
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

function ofFactor(call: CallExpression, label: string, scope: Scope): DesignVariable {
  const of = onlyArgument(call, scope.fail);
  if (of.kind !== 'name') return scope.fail(of.place, 'factor() wants the name of a column');
  const column = scope.column(of.name, of.place);
  const levels = scope.levels(label, () => levelsOf(column));
  refuseOneLevel(label, levels);
  return { kind: 'categorical', label, levels, codes: codesOf(column, levels, of.name, scope) };
}

/** Places of the values among levels. @throws WeighbridgeError for a value that is none of them */
export function codesOf(
  column: Column,
  levels: readonly string[],
  name: string,
  scope: Pick<Scope, 'rowNumber'>,
): Int32Array {
  const place = new Map(levels.map((level, code) => [level, code]));
  return Int32Array.from(labelsOf(column), (value, row) => {
    const code = value === null ? undefined : place.get(value);
    if (code !== undefined) return code;
    throw new WeighbridgeError(
      'bad-data',
      `column '${name}', row ${scope.rowNumber(row)}: found '${value}', which was not in the data of the fit; its levels there: ${listed(levels)}`,
    );
  });
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
