/**
 * Names and levels: their normalized form, the order of levels, and brms' names of coefficients.
 */
import { WeighbridgeError } from '../errors.js';

/** Order by code points, as R sorts in the C locale. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  // The difference is in the second half of a surrogate pair, which starts one before.
  if (i > 0 && isLowSurrogate(a, i) && isLowSurrogate(b, i)) i--;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

function isLowSurrogate(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  return code >= 0xdc00 && code <= 0xdfff;
}

const escapes = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

/** A name without its backquotes and escapes. */
export function unquoted(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\([\s\S])/g, (_, escaped: string) => escapes.get(escaped) ?? escaped);
}

const renamings = new Map([
  ['+', 'P'],
  ['-', 'M'],
  ['*', 'MU'],
  ['/', 'D'],
  ['^', 'E'],
  ['=', 'EQ'],
]);

/** Text in backquotes, or after a last unclosed one, since a level may contain any character. */
const QUOTED = /`(?:[^`\\]+|\\[\s\S])*(`?)/g;

/**
 * brms' name of a coefficient, without its prefix `b_`, from R's name of the column: `I(x^2)` is
 * `IxE2`, `(Intercept)` is `Intercept`. Backquotes, their escapes and all white space are also
 * removed; brms rejects names that need them.
 */
export function coefficientName(rName: string): string {
  return rName
    .replace(QUOTED, (quoted, close) => (close === '' ? quoted : unquoted(quoted)))
    .replace(/[\s()[\],"'?`]/g, '')
    .replace(/[-+*/^=]/g, (symbol) => renamings.get(symbol) ?? symbol);
}

/**
 * brms' names of a design's columns.
 *
 * @throws WeighbridgeError `bad-formula` if two columns get the same name
 */
export function coefficientNames(rNames: readonly string[]): readonly string[] {
  const first = new Map<string, string>();
  return rNames.map((rName) => {
    const name = coefficientName(rName);
    const other = first.get(name);
    if (other !== undefined) {
      throw new WeighbridgeError(
        'bad-formula',
        `the columns ${other} and ${rName} of the design would both be the coefficient ${name}; rename one in the data`,
      );
    }
    first.set(name, rName);
    return name;
  });
}

/** ASCII text needs no normalization. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
const BEYOND_ASCII = /[^\x00-\x7f]/;

/**
 * Invisible characters: soft hyphen, zero-width space, word joiner, byte-order mark, and the
 * direction marks that come with text copied from web pages and spreadsheets.
 */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Text in Unicode's composed form (NFC) without invisible characters. */
export function cleanText(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  return withoutEndJoiners(withoutInvisible(text)).normalize('NFC');
}

export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}

/** Zero-width joiners shape letters and emoji; at the ends of text they have no effect. */
function withoutEndJoiners(text: string): string {
  let from = 0;
  let to = text.length;
  while (isJoiner(text.charCodeAt(from))) from++;
  while (to > from && isJoiner(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isJoiner(code: number): boolean {
  return code === 0x200c || code === 0x200d;
}
