/**
 * Text of a formula to tokens, by R's rules of what a name and a number is.
 */
import { failAt } from './formula-error.js';
import { unquoted } from './names.js';
import { cleanText } from './text.js';

export type Token =
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

/** A letter, or a dot that no digit follows; then letters, marks, digits, dots and underscores. */
const namePattern = /(?:\p{L}|\.(?!\d))[\p{L}\p{M}\p{N}._]*/uy;
const numberPattern = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?/y;
const spacePattern = /\s+/y;
const quotedPattern = /`[^`\\]*(?:\\[\s\S][^`\\]*)*`/y;
const textPattern = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|'[^'\\]*(?:\\[\s\S][^'\\]*)*'/y;
const symbolPattern = /%in%|%%|%\/%|\|\||&&|\*\*|:::?|<-|[<>=!]=|[-+*/^:()|~,=<>!&]/y;

export function tokenize(text: string): readonly Token[] {
  const fail = failAt(text);
  const tokens: Token[] = [];
  let place = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = place;
    return pattern.exec(text)?.[0] ?? null;
  };
  while (place < text.length) {
    const start = place;
    const space = take(spacePattern);
    if (space !== null) {
      place += space.length;
      continue;
    }
    const number = take(numberPattern);
    if (number !== null) {
      // R's whole numbers, 2L, are numbers: its names of columns have them without the L.
      const value = Number(number.replace('L', ''));
      if (!Number.isFinite(value)) fail(start, `the number ${number} is too large`);
      tokens.push({ kind: 'number', value, place: start });
      place += number.length;
      continue;
    }
    const name = take(namePattern);
    if (name !== null) {
      tokens.push({ kind: 'name', name: cleanText(name), quoted: false, place: start });
      place += name.length;
      continue;
    }
    const quoted = take(quotedPattern);
    if (quoted !== null) {
      tokens.push({ kind: 'name', name: cleanText(unquoted(quoted)), quoted: true, place: start });
      if (quoted.length === 2) fail(start, 'a name is missing between the backquotes');
      place += quoted.length;
      continue;
    }
    const quote = take(textPattern);
    if (quote !== null) {
      tokens.push({ kind: 'text', value: unquoted(quote), place: start });
      place += quote.length;
      continue;
    }
    const symbol = take(symbolPattern);
    if (symbol === null) return fail(start, unexpected(text, start));
    // R reads x<-1 as an assignment, whatever was meant.
    if (symbol === '<-') fail(start, '<- assigns in R; with a space, x < -1, it compares');
    tokens.push({ kind: 'symbol', symbol: symbol === '**' ? '^' : symbol, place: start });
    place += symbol.length;
  }
  tokens.push({ kind: 'end', place: text.length });
  return tokens;
}

/** What may be meant by a character that no formula has. */
function unexpected(text: string, place: number): string {
  const character = String.fromCodePoint(text.codePointAt(place) ?? 0);
  if (character === '`') return 'a backquote ` is opened and not closed';
  if (character === '"' || character === "'") {
    return `${character}: a quotation mark is opened and not closed`;
  }
  if (character === '$') return '$: columns are named alone, x instead of data$x';
  if (character === '%') return '%: the operators between percent signs are %in%, %% and %/%';
  if (character === '[') return '[: picking rows, columns or elements is not supported';
  if (character === '_') return '_: a name does not begin so; put it in `backquotes`';
  return `unexpected ${printed(character)}`;
}

function printed(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const visible = code > 32 && code !== 127 && !/[\p{C}\p{Z}]/u.test(character);
  return visible ? character : `character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
