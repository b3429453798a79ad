/**
 * Where a text stops being JSON (RFC 8259): JSON.parse itself says it in some of its messages only.
 */

const WHITE = /[ \t\n\r]*/y;
// Strings have a loop of their own: a pattern of them overflows its stack where they are long.
const TOKEN = /[{}[\],:]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'end';

/** Offset of the first token that JSON cannot have there; the text's length where more is needed. */
export function jsonErrorOffset(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  let at = skip(text, WHITE, 0);
  while (at < text.length) {
    const end = text[at] === '"' ? stringEnd(text, at) : skip(text, TOKEN, at);
    const token = text.slice(at, end);
    const next = after(token, expected, open);
    if (next === null) return at;
    expected = next;
    at = skip(text, WHITE, end);
  }
  return text.length;
}

/** The end of a string of JSON; its start where it is broken. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < SPACE) return start;
    const next = code === BACKSLASH ? skip(text, ESCAPE, at) : at + 1;
    if (next === at) return start;
    at = next;
  }
  return start;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** The end of what the pattern matches at a place; the place itself where it does not. */
function skip(text: string, pattern: RegExp, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** What may follow the token, or null where the token may not stand. Keeps `open`, the brackets. */
function after(token: string, expected: Expected, open: string[]): Expected | null {
  const ended = (): Expected => (open.length === 0 ? 'end' : 'comma or end');
  const wantsValue = expected === 'value' || expected === 'value or end';
  const wantsKey = expected === 'key' || expected === 'key or end';
  switch (token) {
    case '':
      return null;
    case '{':
    case '[':
      if (!wantsValue) return null;
      open.push(token);
      return token === '{' ? 'key or end' : 'value or end';
    case '}':
    case ']':
      if (!expected.endsWith(' or end')) return null;
      return open.pop() === (token === '}' ? '{' : '[') ? ended() : null;
    case ',':
      if (expected !== 'comma or end') return null;
      return open.at(-1) === '{' ? 'key' : 'value';
    case ':':
      return expected === 'colon' ? 'value' : null;
    default:
      if (wantsKey) return token.startsWith('"') ? 'colon' : null;
      return wantsValue ? ended() : null;
  }
}
