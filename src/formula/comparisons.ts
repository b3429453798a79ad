/**
 * Comparisons and logic over rows, as in R: `x > 0`, `f == "a"`, `x > 0 & !ok`, `f %in% c("a",
 * "b")`. Text is compared only by ==, != and %in%, since its order depends on the locale.
 */
import { type Constant, constantsOf } from './constants.js';
import { formatExpression } from './format.js';
import type { BinaryExpression, Expression } from './formula.js';
import type { Scope } from './scope.js';
import { type BooleanColumn, type Column, labelsOf } from './table.js';

/** An expression with its values, without NaN. */
export interface Operand {
  readonly expression: Expression;
  readonly column: Column;
}

type Comparable = number | string | null;

const comparisons = {
  '==': (a: Comparable, b: Comparable) => a === b,
  '!=': (a: Comparable, b: Comparable) => a !== b,
  '<': (a: Comparable, b: Comparable) => Number(a) < Number(b),
  '<=': (a: Comparable, b: Comparable) => Number(a) <= Number(b),
  '>': (a: Comparable, b: Comparable) => Number(a) > Number(b),
  '>=': (a: Comparable, b: Comparable) => Number(a) >= Number(b),
};

type ComparisonOperator = keyof typeof comparisons;

export function isComparisonOperator(operator: string): operator is ComparisonOperator {
  return Object.hasOwn(comparisons, operator);
}

export function compared(
  operator: ComparisonOperator,
  place: number,
  left: Operand,
  right: Operand,
  scope: Scope,
): BooleanColumn {
  const isText = left.column.kind === 'factor';
  if (isText !== (right.column.kind === 'factor')) {
    const [text, other] = (isText ? [left, right] : [right, left]).map((one) =>
      formatExpression(one.expression),
    );
    return scope.fail(place, `${text} is text and ${other} is not: they cannot be compared`);
  }
  if (isText && operator !== '==' && operator !== '!=') {
    return scope.fail(place, `${operator} compares numbers; text is compared by == and !=`);
  }
  const a = comparable(left.column);
  const b = comparable(right.column);
  const compare = comparisons[operator];
  return { kind: 'boolean', codes: Int8Array.from(a, (value, i) => Number(compare(value, b[i]))) };
}

/** Values for comparison: numbers, 1 and 0 for booleans, labels for text. */
function comparable(column: Column): ArrayLike<Comparable> {
  if (column.kind === 'numeric') return column.values;
  return column.kind === 'boolean' ? column.codes : labelsOf(column);
}

/** `x %in% c(1, 2)`. */
export function membership(
  { left, right, place }: BinaryExpression,
  column: Column,
  scope: Scope,
): BooleanColumn {
  const members = new Set(constantsOf(right, scope.fail).map(asComparable));
  const [first] = members;
  if ((typeof first === 'string') !== (column.kind === 'factor')) {
    const [what, other] = column.kind === 'factor' ? ['text', 'numbers'] : ['not text', 'text'];
    const found = formatExpression(right);
    return scope.fail(place, `${formatExpression(left)} is ${what} and ${found} is ${other}`);
  }
  const values = comparable(column);
  const codes = Int8Array.from(values, (value) => Number(value !== null && members.has(value)));
  return { kind: 'boolean', codes };
}

function asComparable(constant: Constant): number | string {
  return typeof constant === 'boolean' ? Number(constant) : constant;
}

export function combined(
  operator: '&' | '|' | 'xor',
  left: BooleanColumn,
  right: BooleanColumn,
): BooleanColumn {
  const codes = left.codes.map((a, i) => {
    const b = right.codes[i];
    return operator === '&' ? a & b : operator === '|' ? a | b : a ^ b;
  });
  return { kind: 'boolean', codes };
}
