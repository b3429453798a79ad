/**
 * Detects text that looks numeric, to warn that such a column is read as a factor.
 */

/** Maximum length of text that looks like a number. */
const LONGEST = 60;

/** Signs and currencies before a number; after it, also units. */
const BEFORE = String.raw`[(<>≤≥~≈]?\s?[+\-−–]?\s?(?:\p{Sc}|usd|eur|gbp|chf)?\s?[+\-−–]?`;
const DIGITS = String.raw`(?:\p{Nd}+|\p{Nd}{1,2}(?:,\p{Nd}{2})+,\p{Nd}{3}|\p{Nd}{1,3}([.,'’_\s])\p{Nd}{3}(?:\1\p{Nd}{3})*)?(?:[.,]\p{Nd}*)?(?:e[+\-−]?\p{Nd}+)?`;
const UNIT = String.raw`\s[\p{L}µ]{1,4}|\s?[kcmµμn]?[gmls]|min|h|hrs?|yrs?|lbs?|oz|ft|[kmg]b?|\s?°[cf]?|usd|eur|gbp|chf`;
const AFTER = String.raw`\s?(?:[-%‰*†)?+]|\p{Sc})*`;

/**
 * A number with a currency, percent sign, unit, thousands marks, parentheses for a minus,
 * comparison sign or footnote star. Excludes dates, ranges, versions and identifiers.
 */
const LIKE_NUMBER = new RegExp(`^${BEFORE}${DIGITS}(?:${UNIT})?${AFTER}$`, 'iu');

/** Hexadecimal numbers, which R reads. Longer ones exceed a double and are addresses or hashes. */
const HEXADECIMAL = /^[+-]?0x[\da-f]{1,13}$/i;

/** Whether the text is a number, possibly decorated: `$10`, `10%`, `1 000`, `−5`. */
export function isLikeNumber(text: string): boolean {
  return (
    text.length <= LONGEST &&
    HAS_DIGIT.test(text) &&
    (LIKE_NUMBER.test(text) || HEXADECIMAL.test(text))
  );
}

const HAS_DIGIT = /\p{Nd}/u;

/**
 * Maximum number of distinct words without digits that are taken for missing values among numbers.
 */
const MOST_WORDS = 3;
const LEAST_NUMBERS = 2;

interface NumbersInText {
  /** Row of the first cell that is not a number. */
  readonly row: number;
  /** Whether that cell looks like a number. */
  readonly like: boolean;
  /** Number of cells that are or look like numbers. */
  readonly numbers: number;
  readonly present: number;
}

/**
 * Detects a column that looks numeric but is not. Either at least half of its cells look like
 * numbers and the others mostly have no digits (`n/d`, `?`, not `A1` or `10-20`); or at least 90%
 * do; or at least 10% do and the others are at most three different words without digits.
 *
 * @param cells null if missing
 * @param isNumber whether the reader of the column accepts the cell as a number
 */
export function numbersInText(
  cells: readonly (string | null)[],
  isNumber: (cell: string) => boolean,
): NumbersInText | null {
  let row = -1;
  let like = false;
  let present = 0;
  let numbers = 0;
  let withDigits = 0;
  const words = new Set<string>();
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (cell === null) continue;
    present++;
    if (isNumber(cell)) {
      numbers++;
      continue;
    }
    const likely = isLikeNumber(cell);
    if (row === -1) {
      row = i;
      like = likely;
    }
    if (likely) numbers++;
    else if (HAS_DIGIT.test(cell) && !cell.startsWith('#')) withDigits++;
    else if (words.size <= MOST_WORDS) words.add(cell);
  }
  if (row === -1 || numbers < LEAST_NUMBERS) return null;
  const others = present - numbers;
  const most = numbers >= 0.9 * present;
  const half = 2 * numbers >= present && 2 * withDigits <= others;
  const someWords = 10 * numbers >= present && withDigits === 0 && words.size <= MOST_WORDS;
  return most || half || someWords ? { row, like, numbers, present } : null;
}
