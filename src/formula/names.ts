/**
 * Names: the order of levels, brms' names of coefficients, and what a name that is not there may
 * have meant.
 */
import { closestMatch } from 'leven';
import { WeighbridgeError } from '../errors.js';

/** Order by code points, as R sorts in the C locale. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  // At the second half of a pair: the pair begins one before.
  if (i > 0 && isLowSurrogate(a, i) && isLowSurrogate(b, i)) i--;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

function isLowSurrogate(text: string, i: number): boolean {
  const code = text.charCodeAt(i);
  return code >= 0xdc00 && code <= 0xdfff;
}

/** ", did you mean 'x1'?", where a name is near for its length; nothing elsewhere. */
export function didYouMean(name: string, names: readonly string[]): string {
  // Any letter is one change away from any other.
  const maxDistance = name.length < 2 ? 0 : Math.max(1, Math.floor(name.length / 3));
  const sameLetters = names.find((other) => other.toLowerCase() === name.toLowerCase());
  const nearest = sameLetters ?? closestMatch(name, names, { maxDistance });
  return nearest === undefined ? '' : `, did you mean '${nearest}'?`;
}

/** For messages: the first few of many names. */
export function listed(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).map(shortened).join(', ');
  return names.length > most ? `${shown}, … (${names.length} in all)` : shown;
}

/** For messages: the start of a long name. */
export function shortened(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}

const escapes = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

/** A name in R's backquotes as it is. */
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

/** In backquotes, or from a last one that is not closed: a level may have any characters. */
const QUOTED = /`(?:[^`\\]+|\\[\s\S])*(`?)/g;

/**
 * brms' name of a coefficient, without its prefix `b_`, from R's name of the column: `I(x^2)` is
 * `IxE2`, `(Intercept)` is `Intercept`. Beyond what brms does, backquotes with their escapes and all
 * white space are removed: it refuses the names that need them.
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
 * @throws WeighbridgeError 'bad-formula' where two columns come to the same name
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
