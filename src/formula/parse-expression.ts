/**
 * Tokens to trees by operator precedence (Pratt 1973, "Top down operator precedence"), with R's
 * precedences: from tight to loose `^` (to the right), signs, `:`, `%in% %% %/%`, `* /`, `+ -`,
 * comparisons (one, and no chain of them), `!`, `& &&`, `| ||`.
 * What the operators mean, and which have a meaning where, is not asked here.
 */
import type { Argument, BinaryExpression, BinaryOperator, Expression } from './formula.js';
import { characterAt, type FormulaFail, failAt } from './formula-error.js';
import { type Token, tokenize } from './tokens.js';

/** Deeper trees are refused: those who walk them do so by recursion. */
export const MAX_DEPTH = 1000;
/** Of parentheses, calls and signs within one another: the parser itself recurs here. */
const MAX_NESTING = 200;

export interface Cursor {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly fail: FormulaFail;
  position: number;
  nesting: number;
}

export function cursorOf(text: string): Cursor {
  return { text, tokens: tokenize(text), fail: failAt(text), position: 0, nesting: 0 };
}

interface Precedence {
  readonly operator: BinaryOperator;
  readonly left: number;
  /** An operator to its right must bind at least so tightly to be part of the right operand. */
  readonly right: number;
}

const COMPARISON = 4;
const SIGN = 9;
const precedences = new Map<string, Precedence>(
  (
    [
      ['|', 1, 2],
      ['||', 1, 2],
      ['&', 2, 3],
      ['&&', 2, 3],
      ['<', COMPARISON, 5],
      ['<=', COMPARISON, 5],
      ['>', COMPARISON, 5],
      ['>=', COMPARISON, 5],
      ['==', COMPARISON, 5],
      ['!=', COMPARISON, 5],
      ['+', 5, 6],
      ['-', 5, 6],
      ['*', 6, 7],
      ['/', 6, 7],
      ['%in%', 7, 8],
      ['%%', 7, 8],
      ['%/%', 7, 8],
      [':', 8, 9],
      ['^', 10, 10],
    ] as const
  ).map(([operator, left, right]) => [operator, { operator, left, right }]),
);

interface Parsed {
  readonly expression: Expression;
  readonly depth: number;
}

/** The expression at the cursor, up to the first token that cannot be part of it. */
export function parseExpression(cursor: Cursor): Expression {
  return climb(cursor, 0).expression;
}

function climb(cursor: Cursor, least: number): Parsed {
  let left = operand(cursor);
  for (;;) {
    const token = cursor.tokens[cursor.position];
    const found = token.kind === 'symbol' ? precedences.get(token.symbol) : undefined;
    if (found === undefined || found.left < least) return left;
    const { expression } = left;
    if (found.left === COMPARISON && expression.kind === 'binary' && isComparison(expression)) {
      cursor.fail(token.place, `a second comparison, ${found.operator}; join two by &`);
    }
    cursor.position++;
    const right = nested(cursor, token.place, () => climb(cursor, found.right));
    left = {
      expression: {
        kind: 'binary',
        operator: found.operator,
        left: left.expression,
        right: right.expression,
        place: token.place,
      },
      depth: deeper(cursor, token.place, Math.max(left.depth, right.depth)),
    };
  }
}

export function isComparison({ operator }: BinaryExpression): boolean {
  return precedences.get(operator)?.left === COMPARISON;
}

function operand(cursor: Cursor): Parsed {
  const token = cursor.tokens[cursor.position];
  if (token.kind === 'number' || token.kind === 'text') {
    cursor.position++;
    return { expression: token, depth: 1 };
  }
  if (token.kind === 'name') return nameOrCall(cursor, token);
  if (token.kind === 'symbol' && /^[-+!]$/.test(token.symbol)) {
    const operator = token.symbol === '+' ? '+' : token.symbol === '-' ? '-' : '!';
    const least = operator === '!' ? COMPARISON : SIGN;
    cursor.position++;
    const inner = nested(cursor, token.place, () => climb(cursor, least));
    return {
      expression: { kind: 'unary', operator, operand: inner.expression, place: token.place },
      depth: deeper(cursor, token.place, inner.depth),
    };
  }
  if (token.kind === 'symbol' && token.symbol === '(') {
    cursor.position++;
    const inner = nested(cursor, token.place, () => climb(cursor, 0));
    expectSymbol(
      cursor,
      ')',
      `the parenthesis opened at character ${characterAt(cursor.text, token.place)}`,
    );
    return {
      expression: { kind: 'parentheses', inner: inner.expression, place: token.place },
      depth: deeper(cursor, token.place, inner.depth),
    };
  }
  return cursor.fail(token.place, `expected a term, found ${describeToken(token)}`);
}

function nameOrCall(cursor: Cursor, token: Token & { kind: 'name' }): Parsed {
  const { name, place } = token;
  cursor.position++;
  const next = cursor.tokens[cursor.position];
  if (next.kind === 'symbol' && next.symbol === '(') return call(cursor, name, place);
  if (next.kind === 'symbol' && /^:::?$/.test(next.symbol)) {
    const after = cursor.tokens[cursor.position + 1];
    const alone = after.kind === 'name' ? `, ${after.name}()` : '';
    cursor.fail(next.place, `${next.symbol}: write the name of the function alone${alone}`);
  }
  if (token.quoted) return { expression: { kind: 'name', name, place }, depth: 1 };
  if (name === '.') return { expression: { kind: 'dot', place }, depth: 1 };
  if (name === 'TRUE' || name === 'FALSE') {
    return { expression: { kind: 'logical', value: name === 'TRUE', place }, depth: 1 };
  }
  if (name === 'Inf') return { expression: { kind: 'constant', name, place }, depth: 1 };
  if (reservedWords.has(name)) {
    cursor.fail(place, `${name} is a reserved word of R; a column of that name is \`${name}\``);
  }
  return { expression: { kind: 'name', name, place }, depth: 1 };
}

/** Names that stand for themselves only in backquotes. */
export const reservedWords: ReadonlySet<string> = new Set(
  (
    'TRUE FALSE NULL NA NA_integer_ NA_real_ NA_character_ NA_complex_ Inf NaN ' +
    'if else repeat while function for next break in'
  ).split(' '),
);

function call(cursor: Cursor, name: string, place: number): Parsed {
  cursor.position++;
  const values: Argument[] = [];
  let depth = 0;
  if (!takeSymbol(cursor, ')')) {
    do {
      const argumentName = takeArgumentName(cursor);
      const value = nested(cursor, place, () => climb(cursor, 0));
      depth = Math.max(depth, value.depth);
      values.push({ name: argumentName, value: value.expression });
    } while (takeSymbol(cursor, ','));
    expectSymbol(cursor, ')', `the arguments of ${name}()`);
  }
  return {
    expression: { kind: 'call', function: name, arguments: values, place },
    depth: deeper(cursor, place, depth),
  };
}

/** `raw` of `raw = TRUE`. */
function takeArgumentName(cursor: Cursor): string | null {
  const token = cursor.tokens[cursor.position];
  const next = cursor.tokens[cursor.position + 1];
  if (token.kind !== 'name' || next.kind !== 'symbol' || next.symbol !== '=') return null;
  cursor.position += 2;
  return token.name;
}

function nested<T>(cursor: Cursor, place: number, parse: () => T): T {
  if (cursor.nesting === MAX_NESTING) {
    cursor.fail(place, `nested deeper than ${MAX_NESTING} levels`);
  }
  cursor.nesting++;
  const result = parse();
  cursor.nesting--;
  return result;
}

function deeper(cursor: Cursor, place: number, depth: number): number {
  if (depth === MAX_DEPTH) {
    cursor.fail(place, `more than ${MAX_DEPTH} terms or levels; a . stands for all other columns`);
  }
  return depth + 1;
}

export function takeSymbol(cursor: Cursor, symbol: string): boolean {
  const token = cursor.tokens[cursor.position];
  if (token.kind !== 'symbol' || token.symbol !== symbol) return false;
  cursor.position++;
  return true;
}

function expectSymbol(cursor: Cursor, symbol: string, what: string): void {
  const token = cursor.tokens[cursor.position];
  if (takeSymbol(cursor, symbol)) return;
  cursor.fail(token.place, `expected ${symbol} to end ${what}, found ${describeToken(token)}`);
}

export function describeToken(token: Token): string {
  switch (token.kind) {
    case 'number':
      return `the number ${token.value}`;
    case 'text':
      return `the text ${JSON.stringify(token.value)}`;
    case 'name':
      return `the name ${token.name}`;
    case 'symbol':
      return token.symbol;
    case 'end':
      return 'the end';
  }
}
