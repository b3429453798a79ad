/**
 * Evaluates expressions over all rows: numbers (`log(x + 1)`, `scale(x)`), booleans (`x > 0`) and
 * factors (`cut(x, c(0, 1, 2))`).
 */
import { badData } from '../checks/values.js';
import type { WeighbridgeError } from '../errors.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import {
  combined,
  compared,
  isComparisonOperator,
  membership,
  type Operand,
} from './comparisons.js';
import { factorOfCall, textFactor } from './factors.js';
import { formatExpression, formatNumber } from './format.js';
import type { BinaryExpression, CallExpression, Expression } from './formula.js';
import {
  columnStatistics,
  factorFunctions,
  firstArgument,
  matchArguments,
  numberArgument,
  numericFunctions,
  rowArguments,
  scaling,
} from './functions.js';
import { power } from './polynomial.js';
import { roundSignificant, roundTo } from './rounding.js';
import type { Scope } from './scope.js';
import { type BooleanColumn, type Column, labelAt, labelsOf, type NumericColumn } from './table.js';

/**
 * One finite number per row. A single column is not copied. Booleans are 1 and 0, as in R.
 *
 * @throws WeighbridgeError `bad-data` if a value is not finite
 */
export function evaluate(expression: Expression, scope: Scope): Float64Array {
  const values = numbersOf(expression, scope);
  const bad = firstNotFinite(values);
  if (bad >= 0) throw notFinite(expression, values[bad], bad, scope);
  return values;
}

/** Index of the first value that is not finite; −1 if there is none. */
export function firstNotFinite(values: Float64Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** Names of the columns in an expression, each with its first position. */
export function namesIn(expression: Expression): ReadonlyMap<string, number> {
  const names = new Map<string, number>();
  const walk = (part: Expression): void => {
    switch (part.kind) {
      case 'name':
        if (!names.has(part.name)) names.set(part.name, part.place);
        break;
      case 'parentheses':
        walk(part.inner);
        break;
      case 'unary':
        walk(part.operand);
        break;
      case 'binary':
        walk(part.left);
        walk(part.right);
        break;
      case 'call':
        for (const value of argumentsWithNames(part)) walk(value);
        break;
      default:
    }
  };
  walk(expression);
  return names;
}

/** Arguments that may contain columns; T in `scale(x, T)` is not a column. */
function argumentsWithNames(call: CallExpression): readonly Expression[] {
  const isList = call.function === 'c' || call.function === 'seq';
  return isList ? call.arguments.map(({ value }) => value) : rowArguments(call, failChecked);
}

/** Calls are already checked when the formula is parsed. */
function failChecked(_place: number, problem: string): never {
  throw new RangeError(problem);
}

function notFinite(
  expression: Expression,
  value: number,
  row: number,
  scope: Scope,
): WeighbridgeError {
  const text = formatExpression(expression);
  const number = scope.rowNumber(row);
  const inputs = [...namesIn(expression)].map(([name, place]) => {
    const column = scope.column(name, place);
    const at =
      column.kind === 'numeric' ? formatNumber(column.values[row]) : `${labelAt(column, row)}`;
    return `${name} is ${at}`;
  });
  const problem = `${text} is ${value}${inputs.length > 0 ? `, where ${inputs.join(' and ')}` : ''}`;
  const where =
    expression.kind === 'name'
      ? `column '${expression.name}', row ${number}: found ${value}`
      : `row ${number}: ${problem}`;
  return badData(`${where}; expected a finite number`, {
    row: number,
    expression: text,
    found: value,
    expected: 'a finite number',
    problem,
  });
}

/** The values of an expression; numbers may be infinite or NaN. */
export function valuesOf(expression: Expression, scope: Scope): Column {
  switch (expression.kind) {
    case 'number':
      return numeric(new Float64Array(scope.rows).fill(expression.value));
    case 'constant': {
      const value = expression.name === 'pi' ? Math.PI : Number.POSITIVE_INFINITY;
      return numeric(new Float64Array(scope.rows).fill(value));
    }
    case 'logical':
      return boolean(new Int8Array(scope.rows).fill(Number(expression.value)));
    case 'text':
      return { kind: 'factor', levels: [expression.value], codes: new Int32Array(scope.rows) };
    case 'name':
      return scope.column(expression.name, expression.place);
    case 'parentheses':
      return valuesOf(expression.inner, scope);
    case 'unary': {
      const { operator, operand } = expression;
      if (operator === '!')
        return boolean(logicalOf(operand, scope).codes.map((value) => 1 - value));
      const values = numbersOf(operand, scope);
      return numeric(operator === '-' ? values.map((value) => -value) : values);
    }
    case 'binary':
      return operate(expression, scope);
    case 'call':
      return callFunction(expression, scope);
    case 'dot':
      return scope.fail(expression.place, '. is not supported in arithmetic');
  }
}

function numeric(values: Float64Array): NumericColumn {
  return { kind: 'numeric', values };
}

function boolean(codes: Int8Array): BooleanColumn {
  return { kind: 'boolean', codes };
}

function numbersOf(expression: Expression, scope: Scope): Float64Array {
  const column = valuesOf(expression, scope);
  if (column.kind === 'numeric') return column.values;
  if (column.kind === 'boolean') return Float64Array.from(column.codes);
  const { kind, place } = expression;
  const what = kind === 'name' ? `the column '${expression.name}'` : formatExpression(expression);
  return scope.fail(place, `${what} holds text, expected numbers`);
}

/** TRUE or FALSE per row; a number is TRUE unless it is 0, as in R. */
function logicalOf(expression: Expression, scope: Scope): BooleanColumn {
  const { column } = operandOf(expression, scope);
  if (column.kind === 'boolean') return column;
  if (column.kind === 'numeric') {
    return boolean(Int8Array.from(column.values, (value) => Number(value !== 0)));
  }
  const found = formatExpression(expression);
  return scope.fail(expression.place, `${found} holds text, expected TRUE or FALSE`);
}

/** An operand of a comparison, which must not be NaN. */
function operandOf(expression: Expression, scope: Scope): Operand {
  const column = valuesOf(expression, scope);
  if (column.kind === 'numeric') {
    const bad = column.values.findIndex(Number.isNaN);
    if (bad >= 0) throw notFinite(expression, Number.NaN, bad, scope);
  }
  return { expression, column };
}

function operate(expression: BinaryExpression, scope: Scope): Column {
  const { operator, left, right, place } = expression;
  if (isComparisonOperator(operator)) {
    return compared(operator, place, operandOf(left, scope), operandOf(right, scope), scope);
  }
  if (operator === '&' || operator === '|') {
    return combined(operator, logicalOf(left, scope), logicalOf(right, scope));
  }
  if (operator === '%in%') return membership(expression, operandOf(left, scope).column, scope);
  const apply = arithmetic.get(operator);
  if (apply === undefined) return scope.fail(place, `${operator} is not supported in arithmetic`);
  const a = numbersOf(left, scope);
  const b = numbersOf(right, scope);
  return numeric(a.map((value, i) => apply(value, b[i])));
}

const arithmetic: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => a / b],
  ['^', power],
  ['%%', (a, b) => a - Math.floor(a / b) * b],
  ['%/%', (a, b) => Math.floor(a / b)],
]);

function callFunction(call: CallExpression, scope: Scope): Column {
  const name = call.function;
  if (factorFunctions.includes(name)) return factorOfCall(call, scope, (of) => valuesOf(of, scope));
  if (columnStatistics.includes(name)) return numeric(statistic(call, scope));
  const x = firstArgument(call, scope.fail);
  const apply = numericFunctions.get(name);
  if (apply !== undefined) return numeric(numbersOf(x, scope).map((value) => apply(value)));
  switch (name) {
    case 'I':
    case 'identity':
    case 'c':
      return valuesOf(x, scope);
    case 'as.logical':
      return logicalOf(x, scope);
    case 'as.character':
      return textFactor(formatExpression(call), labelsOf(valuesOf(x, scope)), scope);
    case 'as.vector':
    case 'as.numeric':
    case 'as.double':
      return numeric(asNumbers(x, scope));
    case 'as.integer':
      return numeric(asNumbers(x, scope).map(Math.trunc));
    case 'scale':
      return numeric(scaled(call, x, scope));
    case 'ifelse':
      return chosen(call, scope);
    default:
      return callOfSeveral(call, scope);
  }
}

/** Arguments are columns, or a column and a number. */
function callOfSeveral(call: CallExpression, scope: Scope): Column {
  const given = matchArguments(call, scope.fail);
  const { named, rest } = given;
  const columns = [...rest, ...['y', 'x', 'base'].flatMap((name) => named.get(name) ?? [])];
  switch (call.function) {
    case 'log': {
      const logs = columns.map((of) => numbersOf(of, scope).map(Math.log));
      const [values, bases] = logs;
      return numeric(bases === undefined ? values : values.map((value, i) => value / bases[i]));
    }
    case 'round':
    case 'signif': {
      const isRound = call.function === 'round';
      const digits = numberArgument(given, 'digits', isRound ? 0 : 6, scope.fail);
      const round = isRound ? roundTo : roundSignificant;
      return numeric(numbersOf(columns[0], scope).map((value) => round(value, digits)));
    }
    case 'atan2': {
      const [y, x] = columns.map((of) => numbersOf(of, scope));
      return numeric(y.map((value, i) => Math.atan2(value, x[i])));
    }
    case 'pmin':
    case 'pmax': {
      const extreme = call.function === 'pmin' ? Math.min : Math.max;
      const values = columns.map((of) => numbersOf(of, scope));
      return numeric(values.reduce((a, b) => a.map((value, i) => extreme(value, b[i]))));
    }
    case 'xor': {
      const [y, x] = columns.map((of) => logicalOf(of, scope));
      return combined('xor', x, y);
    }
    default:
      return scope.fail(call.place, `${call.function}() is not supported in arithmetic`);
  }
}

/** Numbers; for a factor created in the formula, its level numbers from 1, as in R. */
function asNumbers(x: Expression, scope: Scope): Float64Array {
  const column = valuesOf(x, scope);
  if (column.kind !== 'factor') return numbersOf(x, scope);
  const inner = withoutParentheses(x);
  if (inner.kind !== 'call' || !factorFunctions.includes(inner.function)) {
    const found = formatExpression(x);
    scope.fail(
      x.place,
      `${found} holds text: make a column of numbers of it in the data, or number its levels by as.numeric(factor(${found}))`,
    );
  }
  return Float64Array.from(column.codes, (code) => code + 1);
}

function withoutParentheses(expression: Expression): Expression {
  return expression.kind === 'parentheses' ? withoutParentheses(expression.inner) : expression;
}

/** `ifelse(test, yes, no)`; values that are not selected may be non-finite. */
function chosen(call: CallExpression, scope: Scope): Column {
  const { named } = matchArguments(call, scope.fail);
  const [test, yes, no] = ['test', 'yes', 'no'].flatMap((name) => named.get(name) ?? []);
  const { codes } = logicalOf(test, scope);
  const a = valuesOf(yes, scope);
  const b = valuesOf(no, scope);
  if (a.kind === 'factor' && b.kind === 'factor') {
    const [first, second] = [labelsOf(a), labelsOf(b)];
    const labels = Array.from(codes, (code, i) => (code === 1 ? first[i] : second[i]));
    return textFactor(formatExpression(call), labels, scope);
  }
  if (a.kind === 'factor' || b.kind === 'factor') {
    return scope.fail(call.place, 'ifelse() returns text or numbers, not both');
  }
  if (a.kind === 'boolean' && b.kind === 'boolean') {
    return boolean(codes.map((code, i) => (code === 1 ? a.codes[i] : b.codes[i])));
  }
  const [first, second] = [numbersOf(yes, scope), numbersOf(no, scope)];
  return numeric(Float64Array.from(codes, (code, i) => (code === 1 ? first[i] : second[i])));
}

/** `mean(x)` and other statistics, computed from the data of the fit, also for new rows. */
function statistic(call: CallExpression, scope: Scope): Float64Array {
  const values = evaluate(firstArgument(call, scope.fail), scope);
  const [value] = scope.constants(formatExpression(call), () => [
    statisticOf(call.function, values),
  ]);
  return new Float64Array(scope.rows).fill(value);
}

function statisticOf(name: string, values: Float64Array): number {
  const { mean, squares } = meanAndSquares(values);
  const variance = squares / (values.length - 1);
  const sorted = values.toSorted();
  const middle = (values.length - 1) / 2;
  switch (name) {
    case 'mean':
      return mean;
    case 'var':
      return variance;
    case 'sd':
      return Math.sqrt(variance);
    case 'min':
      return sorted[0];
    case 'max':
      return sorted[values.length - 1];
    default:
      return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  }
}

/**
 * As R's `scale`: divides by the root mean square of the centred values, with denominator n − 1.
 */
function scaled(call: CallExpression, x: Expression, scope: Scope): Float64Array {
  const { named } = matchArguments(call, scope.fail);
  const center = scaling(named, 'center', scope.fail);
  const scale = scaling(named, 'scale', scope.fail);
  // Throws for non-finite values, which have no mean.
  const values = evaluate(x, scope);
  const [centre, divisor] = scope.constants(formatExpression(call), () => {
    const { mean, squares } = meanAndSquares(values);
    const from = typeof center === 'number' ? center : center ? mean : 0;
    const sum = squares + values.length * (mean - from) ** 2;
    const sd = Math.sqrt(sum / Math.max(1, values.length - 1));
    if (scale === true && !(sd > 0)) {
      scope.fail(call.place, `${formatExpression(x)} is constant and cannot be scaled`);
    }
    return [from, typeof scale === 'number' ? scale : scale ? sd : 1];
  });
  return values.map((value) => (value - centre) / divisor);
}
