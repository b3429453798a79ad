/**
 * Splits text into tokens by R's rules for names and numbers, and parses tokens to trees by
 * operator precedence (Pratt 1973, "Top down operator precedence"). check.ts checks which operators
 * are allowed where.
 */
import { characterAt, type FailAt, TextCursor, type TextSubject } from '../text/cursor.js';
import { reservedWords } from './format.js';
import {
  type Argument,
  type Expression,
  isBinaryOperator,
  operatorFacts,
  operators,
  signs,
} from './formula.js';
import { cleanText, unquoted } from './names.js';

type Token =
  | { readonly kind: 'number'; readonly value: number; readonly place: number }
  | { readonly kind: 'text'; readonly value: string; readonly place: number }
  | {
      readonly kind: 'name';
      readonly name: string;
      readonly quoted: boolean;
      readonly place: number;
    }
  | { readonly kind: 'symbol'; readonly symbol: string; readonly place: number }
  | { readonly kind: 'end'; readonly place: number };

/**
 * A letter, or a dot not followed by a digit; then letters, marks, digits, dots and underscores.
 */
const NAME = /(?:\p{L}|\.(?!\d))[\p{L}\p{M}\p{N}._]*/uy;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?/y;
const QUOTED = /`[^`\\]*(?:\\[\s\S][^`\\]*)*`/y;
const TEXT = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|'[^'\\]*(?:\\[\s\S][^'\\]*)*'/y;
/** Longer symbols first. `**` is a synonym of `^` in R. */
const SYMBOL = new RegExp(
  [...Object.keys(operators), '**', ':::', '::', '<-', '~', '(', ')', ',', '=', '!']
    .sort((a, b) => b.length - a.length)
    .map((symbol) => symbol.replace(/[*+^|()/]/g, '\\$&'))
    .join('|'),
  'y',
);

export function tokenize(text: string, subject: TextSubject = 'formula'): readonly Token[] {
  const cursor = new TextCursor(text, subject);
  const tokens: Token[] = [];
  while (!cursor.isAtEnd) tokens.push(nextToken(cursor));
  return [...tokens, { kind: 'end', place: text.length }];
}

/** Offset of the `~` of a formula; the length of a text without one. */
export function tildePlace(text: string): number {
  const tilde = tokenize(text).find((token) => token.kind === 'symbol' && token.symbol === '~');
  return tilde?.place ?? text.length;
}

function nextToken(cursor: TextCursor): Token {
  const { place, fail } = cursor;
  const number = cursor.take(NUMBER);
  if (number !== null) {
    // R's integers (2L) are read as numbers: R's column names omit the L.
    const value = Number(number.replace('L', ''));
    if (!Number.isFinite(value)) fail(place, `the number ${number} is too large`);
    return { kind: 'number', value, place };
  }
  const name = cursor.take(NAME);
  if (name !== null) return { kind: 'name', name: cleanText(name), quoted: false, place };
  const quoted = cursor.take(QUOTED);
  if (quoted !== null) {
    if (quoted.length === 2) fail(place, 'a name is missing between the backquotes');
    return { kind: 'name', name: cleanText(unquoted(quoted)), quoted: true, place };
  }
  const quote = cursor.take(TEXT);
  if (quote !== null) return { kind: 'text', value: unquoted(quote), place };
  const symbol = cursor.take(SYMBOL);
  if (symbol === null) return fail(place, unexpected(cursor.text, place));
  // R reads x<-1 as an assignment.
  if (symbol === '<-') fail(place, '<- assigns in R; with a space, x < -1, it compares');
  return { kind: 'symbol', symbol: symbol === '**' ? '^' : symbol, place };
}

/** The message for an invalid character, with a suggestion. */
function unexpected(text: string, place: number): string {
  const character = String.fromCodePoint(text.codePointAt(place) ?? 0);
  if (character === '`') return 'a backquote ` is opened and not closed';
  if (character === '"' || character === "'") {
    return `${character}: a quotation mark is opened and not closed`;
  }
  if (character === '$') return '$: columns are named alone, x instead of data$x';
  if (character === '%') return '%: the operators between percent signs are %in%, %% and %/%';
  if (character === '[') return '[: picking rows, columns or elements is not supported';
  if (character === '_') return '_: a name does not begin with _; put it in `backquotes`';
  return `unexpected ${printed(character)}`;
}

function printed(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const visible = code > 32 && code !== 127 && !/[\p{C}\p{Z}]/u.test(character);
  return visible ? character : `character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
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

/** Maximum depth of trees, since functions on trees are recursive. */
const MAX_DEPTH = 1000;

/** A cursor over the tokens of a formula. */
export class TokenCursor {
  readonly tokens: readonly Token[];
  readonly #source: TextCursor;
  #position = 0;

  /** @param subject what the text is, for messages */
  constructor(text: string, subject: TextSubject = 'formula') {
    this.#source = new TextCursor(text, subject);
    this.tokens = tokenize(text, subject);
  }

  get text(): string {
    return this.#source.text;
  }

  get fail(): FailAt {
    return this.#source.fail;
  }

  get token(): Token {
    return this.tokens[this.#position];
  }

  /** The token after the current one. */
  get following(): Token {
    return this.tokens[this.#position + 1];
  }

  advance(): void {
    this.#position++;
  }

  /** Consumes the symbol if it is the current token. */
  takeSymbol(symbol: string): boolean {
    const { token } = this;
    if (token.kind !== 'symbol' || token.symbol !== symbol) return false;
    this.advance();
    return true;
  }

  expectSymbol(symbol: string, what: string): void {
    const { token } = this;
    if (this.takeSymbol(symbol)) return;
    this.fail(token.place, `expected ${symbol} to end ${what}, found ${describeToken(token)}`);
  }

  nested<T>(place: number, read: () => T): T {
    return this.#source.nested(place, read);
  }
}

interface Parsed {
  readonly expression: Expression;
  readonly depth: number;
}

/**
 * Parses the expression at the cursor, up to the first token that cannot be part of it.
 *
 * @param least binding power of its operators, 6 for a summand. @default all operators
 */
export function parseExpression(cursor: TokenCursor, least = 0): Expression {
  return climb(cursor, least).expression;
}

function climb(cursor: TokenCursor, least: number): Parsed {
  let left = operand(cursor);
  for (;;) {
    const { token } = cursor;
    if (token.kind !== 'symbol' || !isBinaryOperator(token.symbol)) return left;
    const operator = token.symbol;
    const facts = operatorFacts(operator);
    if (facts.left < least) return left;
    if (facts.role === 'comparison' && isComparison(left.expression)) {
      cursor.fail(token.place, `a second comparison, ${operator}; join two by &`);
    }
    cursor.advance();
    const right = cursor.nested(token.place, () => climb(cursor, facts.right));
    left = {
      expression: {
        kind: 'binary',
        operator,
        left: left.expression,
        right: right.expression,
        place: token.place,
      },
      depth: deeper(cursor, token.place, Math.max(left.depth, right.depth)),
    };
  }
}

function isComparison(expression: Expression): boolean {
  return expression.kind === 'binary' && operatorFacts(expression.operator).role === 'comparison';
}

function operand(cursor: TokenCursor): Parsed {
  const { token } = cursor;
  if (token.kind === 'number' || token.kind === 'text') {
    cursor.advance();
    return { expression: token, depth: 1 };
  }
  if (token.kind === 'name') return nameOrCall(cursor, token);
  if (token.kind === 'symbol' && /^[-+!]$/.test(token.symbol)) {
    const operator = token.symbol === '+' ? '+' : token.symbol === '-' ? '-' : '!';
    cursor.advance();
    const inner = cursor.nested(token.place, () => climb(cursor, signs[operator]));
    return {
      expression: { kind: 'unary', operator, operand: inner.expression, place: token.place },
      depth: deeper(cursor, token.place, inner.depth),
    };
  }
  if (cursor.takeSymbol('(')) {
    const inner = cursor.nested(token.place, () => climb(cursor, 0));
    const opened = characterAt(cursor.text, token.place);
    cursor.expectSymbol(')', `the parenthesis opened at character ${opened}`);
    return {
      expression: { kind: 'parentheses', inner: inner.expression, place: token.place },
      depth: deeper(cursor, token.place, inner.depth),
    };
  }
  return cursor.fail(token.place, `expected a term, found ${describeToken(token)}`);
}

function nameOrCall(cursor: TokenCursor, token: Token & { kind: 'name' }): Parsed {
  const { name, place } = token;
  cursor.advance();
  if (cursor.takeSymbol('(')) return call(cursor, name, place);
  const next = cursor.token;
  if (next.kind === 'symbol' && /^:::?$/.test(next.symbol)) {
    const after = cursor.following;
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

function call(cursor: TokenCursor, name: string, place: number): Parsed {
  const values: Argument[] = [];
  let depth = 0;
  if (!cursor.takeSymbol(')')) {
    do {
      const argumentName = takeArgumentName(cursor);
      const value = cursor.nested(place, () => climb(cursor, 0));
      depth = Math.max(depth, value.depth);
      values.push({ name: argumentName, value: value.expression });
    } while (cursor.takeSymbol(','));
    cursor.expectSymbol(')', `the arguments of ${name}()`);
  }
  return {
    expression: { kind: 'call', function: name, arguments: values, place },
    depth: deeper(cursor, place, depth),
  };
}

/** The name of a named argument: `raw` in `raw = TRUE`. */
function takeArgumentName(cursor: TokenCursor): string | null {
  const { token, following } = cursor;
  if (token.kind !== 'name' || following.kind !== 'symbol' || following.symbol !== '=') return null;
  cursor.advance();
  cursor.advance();
  return token.name;
}

function deeper(cursor: TokenCursor, place: number, depth: number): number {
  if (depth === MAX_DEPTH) {
    cursor.fail(place, `more than ${MAX_DEPTH} terms or levels; a . stands for all other columns`);
  }
  return depth + 1;
}
