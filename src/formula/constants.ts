/**
 * Constants in a formula: `2`, `-Inf`, `"a"`, `c(1, 5, 10)`, `1:3`,
 * `seq(0, 10, by = 2)`.
 */

import type { FailAt } from '../text/cursor.js';
import { formatExpression } from './format.js';
import type { CallExpression, Expression } from './formula.js';

export type Constant = number | string | boolean;

const MOST = 10_000;

/** A numeric constant, with or without sign and parentheses; null for other expressions. */
export function numberOf(expression: Expression): number | null {
  switch (expression.kind) {
    case 'parentheses':
      return numberOf(expression.inner);
    case 'number':
      return expression.value;
    case 'constant':
      return expression.name === 'Inf' ? Number.POSITIVE_INFINITY : Math.PI;
    case 'unary': {
      const operand = expression.operator === '!' ? null : numberOf(expression.operand);
      return operand !== null && expression.operator === '-' ? -operand : operand;
    }
    default:
      return null;
  }
}

/** One or more constants. @throws WeighbridgeError `bad-formula` for other expressions */
export function constantsOf(expression: Expression, fail: FailAt): readonly Constant[] {
  const number = numberOf(expression);
  if (number !== null) return [number];
  switch (expression.kind) {
    case 'text':
    case 'logical':
      return [expression.value];
    case 'parentheses':
      return constantsOf(expression.inner, fail);
    case 'binary':
      if (expression.operator === ':') {
        return sequence(
          oneNumber(expression.left, fail),
          oneNumber(expression.right, fail),
          null,
          expression,
          fail,
        );
      }
      break;
    case 'call':
      if (expression.function === 'c') return combined(expression, fail);
      if (expression.function === 'seq') return seqOf(expression, fail);
      break;
    default:
  }
  const found = formatExpression(expression);
  return fail(expression.place, `expected values written out, such as c(1, 2), found ${found}`);
}

function oneNumber(expression: Expression, fail: FailAt): number {
  const number = numberOf(expression);
  if (number !== null && Number.isFinite(number)) return number;
  return fail(expression.place, `expected a number, found ${formatExpression(expression)}`);
}

function combined(call: CallExpression, fail: FailAt): readonly Constant[] {
  const values = call.arguments.flatMap(({ value }) => constantsOf(value, fail));
  if (values.length === 0) fail(call.place, 'c() holds no values');
  const kind = typeof values[0];
  if (values.some((value) => typeof value !== kind)) {
    fail(call.place, `expected values of one kind, found ${formatExpression(call)}`);
  }
  return values;
}

/** `seq(from, to, by)`. */
function seqOf(call: CallExpression, fail: FailAt): readonly number[] {
  const names = ['from', 'to', 'by'];
  const given = new Map<string, number>();
  for (const { name, value } of call.arguments) {
    const place = name ?? names.find((one) => !given.has(one)) ?? '';
    if (!names.includes(place) || given.has(place)) {
      fail(value.place, 'expected seq(from, to, by)');
    }
    given.set(place, oneNumber(value, fail));
  }
  const from = given.get('from');
  const to = given.get('to');
  if (from === undefined || to === undefined) return fail(call.place, 'expected seq(from, to, by)');
  return sequence(from, to, given.get('by') ?? null, call, fail);
}

/** As R's `seq.default`: the last value may miss `to` by rounding. */
function sequence(
  from: number,
  to: number,
  by: number | null,
  { place }: Expression,
  fail: FailAt,
): readonly number[] {
  const step = by ?? (to >= from ? 1 : -1);
  const steps = from === to ? 0 : (to - from) / step;
  if (!(steps >= 0 && steps < MOST))
    return fail(place, `expected a sequence of 1 to ${MOST} values`);
  const count = Math.floor(steps + 1e-10);
  const values = Array.from({ length: count + 1 }, (_, i) => from + i * step);
  return step > 0 ? values.map((v) => Math.min(v, to)) : values.map((v) => Math.max(v, to));
}
