/**
 * Arithmetic of a formula over all rows: `log(x + 1)`, `I(x1 * x2)`, `scale(x)`.
 */
import { WeighbridgeError } from '../errors.js';
import { meanAndSquares } from '../linear-algebra/sums.js';
import { formatExpression, formatNumber } from './format.js';
import type { BinaryExpression, CallExpression, Expression } from './formula.js';
import { logCall, numericFunctions, onlyArgument, scaleCall } from './functions.js';
import { power } from './polynomial.js';
import type { Scope } from './scope.js';

/** A number a row; every one finite. Of a column alone these are the column's own values. */
export function evaluate(expression: Expression, scope: Scope): Float64Array {
  const values = compute(expression, scope);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw notFinite(expression, values[bad], bad, scope);
  return values;
}

/** Names of the columns of an expression, each once. */
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
        for (const { value } of part.arguments) walk(value);
        break;
      default:
    }
  };
  walk(expression);
  return names;
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
    const at = column.kind === 'numeric' ? formatNumber(column.values[row]) : column.codes[row];
    return `${name} is ${at}`;
  });
  const where =
    expression.kind === 'name'
      ? `column '${expression.name}', row ${number}: found ${value}`
      : `row ${number}: ${text} is ${value}, where ${inputs.join(' and ')}`;
  return new WeighbridgeError('bad-data', `${where}; expected a finite number`);
}

function compute(expression: Expression, scope: Scope): Float64Array {
  switch (expression.kind) {
    case 'number':
      return new Float64Array(scope.rows).fill(expression.value);
    case 'name':
      return numericColumn(expression.name, expression.place, scope);
    case 'parentheses':
      return compute(expression.inner, scope);
    case 'unary': {
      const operand = compute(expression.operand, scope);
      return expression.operator === '-' ? operand.map((value) => -value) : operand;
    }
    case 'binary':
      return operate(expression, scope);
    case 'call':
      return applyFunction(expression, scope);
    default:
      return scope.fail(expression.place, `${formatExpression(expression)} is not a number`);
  }
}

/** Booleans count as 1 and 0, as in R. */
function numericColumn(name: string, place: number, scope: Scope): Float64Array {
  const column = scope.column(name, place);
  if (column.kind === 'numeric') return column.values;
  if (column.kind === 'boolean') return Float64Array.from(column.codes);
  return scope.fail(place, `the column '${name}' holds text where a number is wanted`);
}

function operate({ operator, left, right, place }: BinaryExpression, scope: Scope): Float64Array {
  const a = compute(left, scope);
  const b = compute(right, scope);
  switch (operator) {
    case '+':
      return a.map((value, i) => value + b[i]);
    case '-':
      return a.map((value, i) => value - b[i]);
    case '*':
      return a.map((value, i) => value * b[i]);
    case '/':
      return a.map((value, i) => value / b[i]);
    case '^':
      return a.map((value, i) => power(value, b[i]));
    default:
      return scope.fail(place, `${operator} has no place in arithmetic`);
  }
}

function applyFunction(call: CallExpression, scope: Scope): Float64Array {
  const name = call.function;
  if (name === 'log') {
    const { x, base } = logCall(call, scope.fail);
    const values = compute(x, scope).map(Math.log);
    if (base === null) return values;
    const bases = compute(base, scope).map(Math.log);
    return values.map((value, i) => value / bases[i]);
  }
  if (name === 'scale') return scaled(call, scope);
  const values = compute(onlyArgument(call, scope.fail), scope);
  if (name === 'I') return values;
  const apply = numericFunctions.get(name);
  if (apply === undefined) return scope.fail(call.place, `${name}() has no place in arithmetic`);
  return values.map((value) => apply(value));
}

/** As R: what is divided by is the root mean square of the values, with n − 1 for n, once centred. */
function scaled(call: CallExpression, scope: Scope): Float64Array {
  const { x, center, scale } = scaleCall(call, scope.fail);
  // Values that are not finite have no mean: found here, where they can be named.
  const values = evaluate(x, scope);
  const [centre, divisor] = scope.constants(formatExpression(call), () => {
    const { mean, squares } = meanAndSquares(values);
    const sum = center ? squares : squares + values.length * mean * mean;
    const sd = Math.sqrt(sum / Math.max(1, values.length - 1));
    if (scale && !(sd > 0)) {
      scope.fail(call.place, `${formatExpression(x)} is constant and cannot be scaled`);
    }
    return [center ? mean : 0, scale ? sd : 1];
  });
  return values.map((value) => (value - centre) / divisor);
}
