/**
 * Printing of results, and tables as R prints them: row names left-aligned, numbers right-aligned
 * below their headings.
 */

/** A result with a text for templates and for Node's console. */
export interface Printable {
  toString(): string;
}

/** The method that Node's console calls; its symbol needs no import from Node. */
const inspectKey = Symbol.for('nodejs.util.inspect.custom');

/** Adds non-enumerable text methods, which do not affect the record's data, JSON or equality. */
export function printable<T extends object>(record: T, text: () => string): T & Printable {
  const method = { value: text, enumerable: false };
  return Object.defineProperties(record, { toString: method, [inspectKey]: method });
}

/** Enough digits to distinguish an exact half from the adjacent doubles. */
const GUARD_DIGITS = 40;

/**
 * C's `%.Nf`, as R's `sprintf`: exact halves go to the even digit, whereas `toFixed` rounds them
 * up.
 */
export function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NA';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  const exact = value.toFixed(digits + GUARD_DIGITS);
  const cut = exact.slice(0, -GUARD_DIGITS).replace(/\.$/, '');
  const isHalf = /^50*$/.test(exact.slice(-GUARD_DIGITS));
  return isHalf && /[02468]$/.test(cut) ? cut : value.toFixed(digits);
}

/** As R's `format(round(value, digits), nsmall = digits)`: like `fixed`, but without minus zero. */
export function rounded(value: number, digits: number): string {
  const text = fixed(value, digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/**
 * Smallest number of decimals that shows all numbers after rounding to `digits`: R's `round`, then
 * `print`.
 */
export function leastDecimals(values: readonly number[], digits: number): string[] {
  const texts = values.map((value) => fixed(value, digits));
  const needed = texts.reduce(
    (most, text) => Math.max(most, (text.split('.')[1] ?? '').replace(/0+$/, '').length),
    0,
  );
  return texts.map((text) => (text.includes('.') ? cutDecimals(text, needed) : text));
}

function cutDecimals(text: string, decimals: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  const cut = decimals === 0 ? whole : `${whole}.${fraction.slice(0, decimals)}`;
  return /^-[0.]*$/.test(cut) ? cut.slice(1) : cut;
}

/** Columns wider than this use scientific notation. */
const WIDEST = 12;

/**
 * Formats numbers with the decimals that the most demanding number needs for this many significant
 * digits, as R's `print` does for a column of a matrix.
 */
export function significant(values: readonly number[], digits: number): string[] {
  const needed = values.filter(Number.isFinite).map((value) => {
    const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e');
    const decimals = (mantissa.split('.')[1] ?? '').replace(/0+$/, '').length;
    return Math.max(0, decimals - Number(exponent));
  });
  const decimals = needed.reduce((most, own) => Math.max(most, own), 0);
  const texts = values.map((value) => rounded(value, Math.min(decimals, WIDEST)));
  if (texts.every((text) => text.length <= WIDEST)) return texts;
  return values.map((value) =>
    Number.isFinite(value) ? value.toExponential(digits - 1) : rounded(value, 0),
  );
}

/** Pads texts to a common width, as R's `format` does for a vector or a matrix. */
export function commonWidth(texts: readonly string[]): string[] {
  const width = widest(texts);
  return texts.map((text) => ' '.repeat(width - widthOf(text)) + text);
}

export interface TextColumn {
  readonly head: string;
  readonly cells: readonly string[];
  /** @default 'right' */
  readonly align?: 'left' | 'right';
}

/** Lines of a table: row names under `head`, then the columns, separated by one space. */
export function textTable(
  rowNames: readonly string[],
  columns: readonly TextColumn[],
  head = '',
): string[] {
  const names: TextColumn = { head, cells: rowNames, align: 'left' };
  const padded = [names, ...columns].map((column) => {
    const texts = [column.head, ...column.cells];
    const width = widest(texts);
    return texts.map((text) => {
      const space = ' '.repeat(width - widthOf(text));
      return column.align === 'left' ? text + space : space + text;
    });
  });
  return [...rowNames.keys(), rowNames.length].map((line) =>
    padded.map((texts) => texts[line]).join(' '),
  );
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, widthOf(text)), 0);
}

/** Width in characters, not UTF-16 units. */
function widthOf(text: string): number {
  return [...text].length;
}
