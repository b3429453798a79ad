/**
 * Results as text: how they show themselves, and tables as R prints them: names to the left, numbers
 * to the right under their heads.
 */

/** A result that shows itself as text, in a template and in Node's console. */
export interface Printable {
  toString(): string;
}

/** What Node's console asks an object for; named here, where there is nothing of Node. */
const inspectKey = Symbol.for('nodejs.util.inspect.custom');

/** The record with its text; the text is no part of its data, of its JSON or of its equality. */
export function printable<T extends object>(record: T, text: () => string): T & Printable {
  const method = { value: text, enumerable: false };
  return Object.defineProperties(record, { toString: method, [inspectKey]: method });
}

/** Digits that tell an exact half from its neighbours among the doubles. */
const GUARD_DIGITS = 40;

/** C's `%.Nf`, as R's `sprintf`: where `toFixed` rounds exact halves up, they go to the even digit. */
export function fixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return 'NA';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  const exact = value.toFixed(digits + GUARD_DIGITS);
  const cut = exact.slice(0, -GUARD_DIGITS).replace(/\.$/, '');
  const isHalf = /^50*$/.test(exact.slice(-GUARD_DIGITS));
  return isHalf && /[02468]$/.test(cut) ? cut : value.toFixed(digits);
}

/** As R's `format(round(value, digits), nsmall = digits)`: as `fixed`, and no minus zero. */
export function rounded(value: number, digits: number): string {
  const text = fixed(value, digits);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** As few decimals as tell all the numbers when rounded to this many: R's `round`, then `print`. */
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

/** A column wider than this is written with powers of ten. */
const WIDEST = 12;

/**
 * As many decimals as the number that needs the most has with so many significant digits: R's
 * `print` of a column of a matrix.
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

/** Texts of a common width, as R's `format` gives a vector or a matrix. */
export function commonWidth(texts: readonly string[]): string[] {
  const width = widest(texts);
  return texts.map((text) => ' '.repeat(width - widthOf(text)) + text);
}

export interface TextColumn {
  readonly head: string;
  readonly cells: readonly string[];
  /** Default right. */
  readonly align?: 'left' | 'right';
}

/** Lines of a table: its row names under `head`, then its columns, one space between. */
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

/** Characters, not UTF-16 units. */
function widthOf(text: string): number {
  return [...text].length;
}
