/**
 * Arithmetic with parameter names, as in hypotheses: `+ - * / ^`, parentheses, numbers, `exp log
 * sqrt abs`, and names as in brms: `x1`, `x1:x2`, `r_g[a,Intercept]`; any name in backquotes.
 * Precedence is R's: `^` is right-associative and binds tighter than a sign, so `-2^2` is −4.
 */
import { characterAt, foundAt, TextCursor } from '../../text/cursor.js';

type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string; readonly place: number }
  | { readonly kind: 'negative'; readonly of: Expression }
  | {
      readonly kind: 'operation';
      readonly operator: Operator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'function'; readonly name: FunctionName; readonly of: Expression };

type Operator = '+' | '-' | '*' | '/' | '^';
export type Comparison = '<' | '>' | '=';

const functions = { exp: Math.exp, log: Math.log, sqrt: Math.sqrt, abs: Math.abs } as const;
type FunctionName = keyof typeof functions;

export interface ParsedHypothesis {
  readonly left: Expression;
  readonly comparison: Comparison;
  readonly right: Expression;
  /** Text of each side as written, without spaces. */
  readonly leftText: string;
  readonly rightText: string;
}

/** @throws WeighbridgeError `bad-formula` with the position of the character */
export function parseHypothesis(text: string): ParsedHypothesis {
  const cursor = new TextCursor(text, 'hypothesis');
  const left = parseSum(cursor);
  const { place } = cursor;
  const comparison = cursor.take(COMPARISON);
  if (!isComparison(comparison)) throw unexpected(cursor, 'expected <, > or =');
  const right = parseSum(cursor);
  if (!cursor.isAtEnd) {
    const isSecond = isComparison(text[cursor.place]);
    const expected = isSecond ? 'one comparison is all' : 'expected an operator or the end';
    throw unexpected(cursor, expected);
  }
  return {
    left,
    comparison,
    right,
    leftText: text.slice(0, place).replace(/\s/g, ''),
    rightText: text.slice(place + 1).replace(/\s/g, ''),
  };
}

/** Evaluates an expression. @param read returns the value of a name */
export function evaluate(expression: Expression, read: (name: string) => number): number {
  switch (expression.kind) {
    case 'number':
      return expression.value;
    case 'name':
      return read(expression.name);
    case 'negative':
      return -evaluate(expression.of, read);
    case 'function':
      return functions[expression.name](evaluate(expression.of, read));
    case 'operation': {
      const left = evaluate(expression.left, read);
      const right = evaluate(expression.right, read);
      return operate(expression.operator, left, right);
    }
  }
}

function operate(operator: Operator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '^':
      return left ** right;
  }
}

/** All names, in order of position. */
export function namesOf(expression: Expression): { name: string; place: number }[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'name':
      return [{ name: expression.name, place: expression.place }];
    case 'negative':
    case 'function':
      return namesOf(expression.of);
    case 'operation':
      return [...namesOf(expression.left), ...namesOf(expression.right)];
  }
}

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const NAME = /`[^`]+`|[\p{L}.][\p{L}\p{M}\p{N}_.:]*(?:\[[^\]]*\])?/uy;
const COMPARISON = /[<>=]/y;
const SYMBOL = /[-+*/^()<>=]/y;

function isComparison(text: string | null): text is Comparison {
  return text === '<' || text === '>' || text === '=';
}

/** Throws at the token under the cursor. */
function unexpected(cursor: TextCursor, expected: string): never {
  const { text, place, fail } = cursor;
  const token = cursor.take(NUMBER) ?? cursor.take(NAME) ?? cursor.take(SYMBOL);
  if (token === null && place < text.length) fail(place, `unexpected ${foundAt(text, place)}`);
  return fail(place, `${expected}, found ${token === null ? 'the end' : `'${unquoted(token)}'`}`);
}

function unquoted(name: string): string {
  return name.replace(/^`|`$/g, '');
}

function parseSum(cursor: TextCursor): Expression {
  let left = parseProduct(cursor);
  for (let sign = cursor.take(/[-+]/y); sign !== null; sign = cursor.take(/[-+]/y)) {
    const operator = sign === '+' ? '+' : '-';
    left = { kind: 'operation', operator, left, right: parseProduct(cursor) };
  }
  return left;
}

function parseProduct(cursor: TextCursor): Expression {
  let left = parseSigned(cursor);
  for (let sign = cursor.take(/[*/]/y); sign !== null; sign = cursor.take(/[*/]/y)) {
    const operator = sign === '*' ? '*' : '/';
    left = { kind: 'operation', operator, left, right: parseSigned(cursor) };
  }
  return left;
}

function parseSigned(cursor: TextCursor): Expression {
  return cursor.nested(cursor.place, () => {
    const sign = cursor.take(/[-+]/y);
    const parsed = sign === null ? parsePower(cursor) : parseSigned(cursor);
    return sign === '-' ? { kind: 'negative', of: parsed } : parsed;
  });
}

function parsePower(cursor: TextCursor): Expression {
  const left = parseOperand(cursor);
  if (cursor.take(/\^/y) === null) return left;
  return { kind: 'operation', operator: '^', left, right: parseSigned(cursor) };
}

function parseOperand(cursor: TextCursor): Expression {
  const { place } = cursor;
  const number = cursor.take(NUMBER);
  if (number !== null) return { kind: 'number', value: Number(number) };
  const token = cursor.take(NAME);
  if (token !== null) {
    const name = unquoted(token);
    if (cursor.text[cursor.place] !== '(') return { kind: 'name', name, place };
    if (isFunction(name)) return { kind: 'function', name, of: parseParentheses(cursor) };
    const known = Object.keys(functions).join(', ');
    cursor.fail(place, `no function '${name}': ${known}`);
  }
  if (cursor.text[place] === '(') return parseParentheses(cursor);
  return unexpected(cursor, 'expected a number, a coefficient or (');
}

function parseParentheses(cursor: TextCursor): Expression {
  const opened = characterAt(cursor.text, cursor.place);
  cursor.take(/\(/y);
  const inner = parseSum(cursor);
  if (cursor.take(/\)/y) === null)
    unexpected(cursor, `expected ) for the ( at character ${opened}`);
  return inner;
}

function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}
