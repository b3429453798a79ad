/**
 * Text that a person takes for numbers: a column of it is read as a factor, which its owner should
 * know.
 */

/** Longer text is none that a person reads as a number. */
const LONGEST = 60;

/** Signs and currencies before a number, and after it also units. */
const BEFORE = String.raw`[(<>≤≥~≈]?\s?[+\-−–]?\s?(?:\p{Sc}|usd|eur|gbp|chf)?\s?[+\-−–]?`;
const DIGITS = String.raw`(?:\p{Nd}+|\p{Nd}{1,2}(?:,\p{Nd}{2})+,\p{Nd}{3}|\p{Nd}{1,3}([.,'’_\s])\p{Nd}{3}(?:\1\p{Nd}{3})*)?(?:[.,]\p{Nd}*)?(?:e[+\-−]?\p{Nd}+)?`;
const UNIT = String.raw`\s[\p{L}µ]{1,4}|\s?[kcmµμn]?[gmls]|min|h|hrs?|yrs?|lbs?|oz|ft|[kmg]b?|\s?°[cf]?|usd|eur|gbp|chf`;
const AFTER = String.raw`\s?(?:[-%‰*†)?+]|\p{Sc})*`;

/**
 * A number with what people write around it: a currency, a percent sign, a unit, marks of thousands,
 * parentheses for a minus, a comparison, a footnote's star. No dates, ranges, versions, identifiers.
 */
const LIKE_NUMBER = new RegExp(`^${BEFORE}${DIGITS}(?:${UNIT})?${AFTER}$`, 'iu');

/** R reads these as numbers. Longer ones do not fit a double: they are addresses or hashes. */
const HEXADECIMAL = /^[+-]?0x[\da-f]{1,13}$/i;

/** Whether the text is a number, or is one with signs around it: `$10`, `10%`, `1 000`, `−5`. */
export function isLikeNumber(text: string): boolean {
  return (
    text.length <= LONGEST &&
    HAS_DIGIT.test(text) &&
    (LIKE_NUMBER.test(text) || HEXADECIMAL.test(text))
  );
}

const HAS_DIGIT = /\p{Nd}/u;

/** Text without a digit beside numbers is a word for a missing one, if such words are few. */
const MOST_WORDS = 3;
const LEAST_NUMBERS = 2;

export interface NumbersInText {
  /** Row of the first cell that is no number. */
  readonly row: number;
  /** Whether that cell is like a number. */
  readonly like: boolean;
  /** Cells that are numbers, or like them. */
  readonly numbers: number;
  readonly present: number;
}

/**
 * Where a column that is not all numbers looks as if it were to be: at least half of its cells are
 * like numbers and what else it has is mostly without digits (`n/d`, `?`, not `A1` or `10-20`); or
 * nine in ten are, whatever the others; or one in ten, and the others are up to three words.
 *
 * @param cells null where missing
 * @param isNumber whether the column's reader takes the cell for a number
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
