/**
 * Matches a key to a context's names: the same name with different spelling, in the plural, with
 * whole words dropped or added, or with one wrong letter. A model that answers `durability` for
 * `durability_rating` has answered the question; one that answers `noise` for `noise_reduction`
 * may have answered the opposite one. Words that reverse a meaning are therefore never added or
 * dropped.
 */
import leven from 'leven';

/** Words that a key and a name must either share or both lack. In the singular. */
const TURNING_WORDS = new Set([
  ...['absence', 'anti', 'avoidance', 'decrease', 'discount', 'free', 'lack', 'less', 'loss'],
  ...['low', 'minimal', 'no', 'non', 'not', 'prevention', 'protection', 'reduced', 'reduction'],
  ...['resistance', 'saving', 'without'],
]);

/**
 * Maximum number of words added to a name or dropped from it, as in `durability (hours per
 * year)`.
 */
const MOST_WORDS_APART = 3;

/** Shorter words are too easily confused with others to allow a typo. */
const SHORTEST_WITH_A_TYPO = 5;

/**
 * The names that a key may stand for. An exact match up to case and separators takes precedence.
 * More than one name means that the key is ambiguous.
 */
export function namesNear(key: string, names: readonly string[]): string[] {
  const words = wordsOf(key);
  const letters = words.join('');
  if (letters === '') return [];
  const spelled = names.filter((name) => wordsOf(name).join('') === letters);
  if (spelled.length > 0) return spelled;
  const singular = words.map(singularOf);
  return names.filter((name) => areNear(singular, wordsOf(name).map(singularOf)));
}

/** Words in lower case, split at any separator: `Seat width`, `seat-width`, `seatWidth`. */
function wordsOf(text: string): string[] {
  const apart = text.normalize('NFKC').replace(/([\p{Ll}\p{N}])(?=\p{Lu})/gu, '$1 ');
  return apart.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
}

function singularOf(word: string): string {
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

function areNear(one: readonly string[], other: readonly string[]): boolean {
  if (one.length === other.length) {
    return one.every((word, i) => isSameOrMisspelt(word, other[i] ?? ''));
  }
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return isShortFor(short, long);
}

/** True if the shorter list is a prefix or a suffix of the longer one. */
function isShortFor(short: readonly string[], long: readonly string[]): boolean {
  const apart = long.length - short.length;
  if (apart > MOST_WORDS_APART || short.join('').length < 3) return false;
  return [
    { kept: long.slice(0, short.length), dropped: long.slice(short.length) },
    { kept: long.slice(apart), dropped: long.slice(0, apart) },
  ].some(
    ({ kept, dropped }) =>
      kept.every((word, i) => word === short[i]) &&
      !dropped.some((word) => TURNING_WORDS.has(word)),
  );
}

/**
 * True if at most one letter is wrong, missing or extra. The first letter must match, because it
 * can change the meaning (`typical`, `atypical`; `weight`, `height`), and so must every digit.
 */
function isSameOrMisspelt(one: string, other: string): boolean {
  if (one === other) return true;
  if (Math.min(one.length, other.length) < SHORTEST_WITH_A_TYPO) return false;
  // Checked before the distance, whose cost is the product of the lengths.
  if (Math.abs(one.length - other.length) > 1 || one[0] !== other[0]) return false;
  const digits = (word: string) => word.replace(/\P{N}/gu, '');
  return digits(one) === digits(other) && leven(one, other, { maxDistance: 2 }) <= 1;
}
