/**
 * Arithmetic with the names of parameters, as hypotheses are written: `+ - * / ^`, parentheses,
 * numbers, `exp log sqrt abs`, and names as brms takes them: `x1`, `x1:x2`, `r_g[a,Intercept]`; in
 * backquotes any name. Precedence is R's: `^` to the right and above a sign, `-2^2` is −4.
 */
import { WeighbridgeError } from '../../errors.js';

export type Expression =
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
  /** Both sides as they were written, without spaces. */
  readonly leftText: string;
  readonly rightText: string;
}

/** @throws WeighbridgeError `bad-argument` that points at the character */
export function parseHypothesis(text: string): ParsedHypothesis {
  const cursor: Cursor = { text, tokens: tokenize(text), position: 0, depth: 0 };
  const left = parseSum(cursor);
  const sign = cursor.tokens[cursor.position];
  if (!isComparison(sign.text)) {
    throw expressionError(text, sign.place, `expected <, > or =, found ${describe(sign)}`);
  }
  cursor.position++;
  const right = parseSum(cursor);
  const end = cursor.tokens[cursor.position];
  if (end.kind !== 'end') {
    const what = isComparison(end.text)
      ? 'one comparison is all'
      : 'expected an operator or the end';
    throw expressionError(text, end.place, `${what}, found ${describe(end)}`);
  }
  return {
    left,
    comparison: sign.text,
    right,
    leftText: text.slice(0, sign.place).replace(/\s/g, ''),
    rightText: text.slice(sign.place + 1).replace(/\s/g, ''),
  };
}

/** An error that points at a character of the text, counted from 1. */
export function expressionError(text: string, place: number, problem: string): WeighbridgeError {
  const character = [...text.slice(0, place)].length + 1;
  return new WeighbridgeError(
    'bad-argument',
    `hypothesis '${text.replace(/\s/g, ' ')}', character ${character}: ${problem}`,
  );
}

/** The value of an expression where names read so. */
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

/** All names, in the order of their first places. */
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

interface Token {
  readonly kind: 'number' | 'name' | 'symbol' | 'end';
  readonly text: string;
  readonly place: number;
}

interface Cursor {
  readonly text: string;
  readonly tokens: readonly Token[];
  position: number;
  depth: number;
}

const patterns: readonly [Token['kind'], RegExp][] = [
  ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ['name', /`[^`]+`|[\p{L}.][\p{L}\p{M}\p{N}_.:]*(?:\[[^\]]*\])?/uy],
  ['symbol', /[-+*/^()<>=]/y],
];

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let place = 0;
  while (place < text.length) {
    const space = /^\s+/.exec(text.slice(place));
    if (space) {
      place += space[0].length;
      continue;
    }
    const token = tokenAt(text, place);
    tokens.push({ ...token, text: token.text.replace(/^`|`$/g, '') });
    place += token.text.length;
  }
  return [...tokens, { kind: 'end', text: '', place: text.length }];
}

function tokenAt(text: string, place: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = place;
    const found = pattern.exec(text);
    if (found) return { kind, text: found[0], place };
  }
  const character = String.fromCodePoint(text.codePointAt(place) ?? 0);
  throw expressionError(text, place, `unexpected '${character}'`);
}

function isComparison(text: string): text is Comparison {
  return text === '<' || text === '>' || text === '=';
}

function describe(token: Token): string {
  return token.kind === 'end' ? 'the end' : `'${token.text}'`;
}

function parseSum(cursor: Cursor): Expression {
  let left = parseProduct(cursor);
  for (let sign = takeOf(cursor, ['+', '-']); sign; sign = takeOf(cursor, ['+', '-'])) {
    left = { kind: 'operation', operator: sign, left, right: parseProduct(cursor) };
  }
  return left;
}

function parseProduct(cursor: Cursor): Expression {
  let left = parseSigned(cursor);
  for (let sign = takeOf(cursor, ['*', '/']); sign; sign = takeOf(cursor, ['*', '/'])) {
    left = { kind: 'operation', operator: sign, left, right: parseSigned(cursor) };
  }
  return left;
}

/** Deeper ones are refused before the parser's own recursion fails. */
const MOST_NESTED = 200;

function parseSigned(cursor: Cursor): Expression {
  if (cursor.depth === MOST_NESTED) {
    const { place } = cursor.tokens[cursor.position];
    throw expressionError(cursor.text, place, `nested deeper than ${MOST_NESTED} levels`);
  }
  cursor.depth++;
  const sign = takeOf(cursor, ['-', '+']);
  const parsed = sign === null ? parsePower(cursor) : parseSigned(cursor);
  cursor.depth--;
  return sign === '-' ? { kind: 'negative', of: parsed } : parsed;
}

function parsePower(cursor: Cursor): Expression {
  const left = parseOperand(cursor);
  if (!takeOf(cursor, ['^'])) return left;
  return { kind: 'operation', operator: '^', left, right: parseSigned(cursor) };
}

function parseOperand(cursor: Cursor): Expression {
  const token = cursor.tokens[cursor.position];
  if (token.kind === 'number') {
    cursor.position++;
    return { kind: 'number', value: Number(token.text) };
  }
  if (token.kind === 'name') {
    cursor.position++;
    if (cursor.tokens[cursor.position].text !== '(') {
      return { kind: 'name', name: token.text, place: token.place };
    }
    if (!isFunction(token.text)) {
      const known = Object.keys(functions).join(', ');
      throw expressionError(cursor.text, token.place, `no function '${token.text}': ${known}`);
    }
    return { kind: 'function', name: token.text, of: parseParentheses(cursor) };
  }
  if (token.text === '(') return parseParentheses(cursor);
  const expected = 'expected a number, a coefficient or (';
  throw expressionError(cursor.text, token.place, `${expected}, found ${describe(token)}`);
}

function parseParentheses(cursor: Cursor): Expression {
  const open = cursor.tokens[cursor.position];
  cursor.position++;
  const inner = parseSum(cursor);
  if (takeOf(cursor, [')'])) return inner;
  const { place } = cursor.tokens[cursor.position];
  const opened = [...cursor.text.slice(0, open.place)].length + 1;
  throw expressionError(cursor.text, place, `expected ) for the ( at character ${opened}`);
}

function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

function takeOf<S extends string>(cursor: Cursor, symbols: readonly S[]): S | null {
  const token = cursor.tokens[cursor.position];
  const found =
    token.kind === 'symbol' ? symbols.find((symbol) => symbol === token.text) : undefined;
  if (found === undefined) return null;
  cursor.position++;
  return found;
}
