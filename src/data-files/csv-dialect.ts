/**
 * What stands before the header of a CSV file, what separates its cells, and other habits of the
 * programs that write such files.
 */
import Papa from 'papaparse';
import { WeighbridgeError } from '../errors.js';

/** A text from its header on. */
export interface FromHeader {
  readonly text: string;
  /** Lines before it. */
  readonly skipped: number;
  /** The last comment line before the header, without `#`; null if there is no comment. */
  readonly comment: string | null;
  /** As the line `sep=;` says, which spreadsheets read and write. */
  readonly delimiter: string | null;
}

const NAMES_DELIMITER = /^"?sep=(.|\\t)"?$/i;

/** Leaves out blank lines, comments after `#` and `sep=;`. */
export function fromHeader(text: string): FromHeader {
  let at = 0;
  let skipped = 0;
  let comment: string | null = null;
  let delimiter: string | null = null;
  while (at < text.length) {
    const end = text.indexOf('\n', at);
    const next = end === -1 ? text.length : end + 1;
    // Not a whole line: it may be long.
    const line = text.slice(at, Math.min(next, at + 200)).replace('\n', '');
    const start = line.trim();
    const named: RegExpExecArray | null = skipped === 0 ? NAMES_DELIMITER.exec(line) : null;
    if (named) delimiter = named[1] === '\\t' ? '\t' : (named[1] ?? null);
    else if (start.startsWith('#'))
      comment = text
        .slice(at, next)
        .trim()
        .replace(/^#+\s?/, '');
    else if (/[^,;|\s]/.test(start) || next - at > 200) break;
    at = next;
    skipped++;
  }
  return { text: text.slice(at), skipped, comment, delimiter };
}

/** Space last: it stands in text too. */
const DELIMITERS = [',', ';', '\t', '|', ' '] as const;

const nameOf: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
  ' ': 'spaces',
};

/** Enough of a file to see what separates its cells. */
const SAMPLE_CHARACTERS = 100_000;
const SAMPLE_RECORDS = 200;

interface Candidate {
  readonly delimiter: string;
  /** Cells of the header. */
  readonly width: number;
  /** Records after the header that have as many cells, as a share. */
  readonly fitting: number;
  /** Cells that hold a quote, or another candidate beside what is no number. */
  readonly odd: number;
}

/**
 * What separates the cells: that by which the records have as many cells as the header, two or more.
 * @param first what is expected by the file's name
 * @throws WeighbridgeError `bad-data` where two would do
 */
export function detectedDelimiter(text: string, first: ',' | '\t', file: string): string {
  const end = text.length > SAMPLE_CHARACTERS ? text.lastIndexOf('\n', SAMPLE_CHARACTERS) : -1;
  const sample = text.slice(0, end <= 0 ? SAMPLE_CHARACTERS : end);
  const candidates = DELIMITERS.map((delimiter) =>
    candidate(sample, delimiter, sample.length < text.length),
  );
  const several = candidates.filter(({ width, fitting }) => width > 1 && fitting > 0);
  const most = Math.max(...several.map(({ fitting }) => fitting));
  const best = several.filter(({ fitting }) => fitting === most);
  const least = Math.min(...best.map(({ odd }) => odd));
  const [only, ...others] = best.filter(({ odd }) => odd === least);
  if (only === undefined) {
    const wide = candidates.find(({ delimiter, width }) => width > 1 && delimiter !== ' ');
    return wide?.delimiter ?? first;
  }
  const other = others.find(({ delimiter }) => delimiter !== ' ');
  if (other === undefined) return only.delimiter;
  throw new WeighbridgeError(
    'bad-data',
    `${file}: ${nameOf[only.delimiter]} and ${nameOf[other.delimiter]} could both separate the cells; --delimiter says which`,
  );
}

const OTHER_DELIMITER = /[,;\t|]/;
const NUMBER = /^[+\-\u2212]?[\d.,]+(?:e[+-]?\d+)?$/i;

function candidate(sample: string, delimiter: string, cut: boolean): Candidate {
  const text = delimiter === ' ' ? closedUp(sample) : closeUpQuotes(sample, delimiter);
  const { data } = Papa.parse<string[]>(text, {
    delimiter,
    newline: '\n',
    preview: SAMPLE_RECORDS,
  });
  const [header = [], ...records] = data.filter((cells) => cells.length > 1 || cells[0]?.trim());
  // Cut off with the sample.
  if (cut && records.length > 1) records.pop();
  const width = header.length;
  const body = records.filter(([cell]) => !cell?.startsWith('#'));
  const fitting = body.filter(
    (cells) => filledWidth(cells) <= width && cells.length >= filledWidth(header),
  );
  const odd = [header, ...body].flat().filter((cell) => {
    const others = cell.replaceAll(delimiter, '');
    return cell.includes('"') || (OTHER_DELIMITER.test(others) && !NUMBER.test(cell.trim()));
  });
  // A column of names has two words a line, but no numbers.
  const words = delimiter === ' ' && !body.flat().some((cell) => NUMBER.test(cell));
  return {
    delimiter,
    width: words ? 1 : width,
    fitting: body.length === 0 ? 1 : fitting.length / body.length,
    odd: odd.length,
  };
}

/** Cells up to the last that holds something. */
export function filledWidth(cells: readonly string[]): number {
  return cells.findLastIndex((cell) => cell.trim() !== '') + 1;
}

/** Columns that are set apart by runs of spaces, as by one each; not where quotes may hold spaces. */
export function closedUp(text: string): string {
  if (text.includes('"')) return text;
  return text.replaceAll(/ +/g, ' ').replaceAll(/^ | $/gm, '');
}

/** A text without the spaces that stand between a delimiter, or a line's start, and a quote. */
export function closeUpQuotes(text: string, delimiter: string): string {
  if (delimiter === ' ' || !spaceBeforeQuote(text)) return text;
  const parts: string[] = [];
  let kept = 0;
  let at = 0;
  while (at < text.length) {
    // At the start of a cell.
    let start = at;
    while (isSpace(text, start) && text[start] !== delimiter) start++;
    if (text[start] === '"') {
      parts.push(text.slice(kept, at));
      kept = start;
      start = quoteEnd(text, start);
    }
    at = cellEnd(text, start, delimiter) + 1;
  }
  parts.push(text.slice(kept));
  return parts.join('');
}

function spaceBeforeQuote(text: string): boolean {
  return text.includes(' "') || text.includes('\t"');
}

function isSpace(text: string, at: number): boolean {
  const character = text[at];
  return character === ' ' || character === '\t';
}

/** After the quote that closes a cell: one that is not doubled. */
function quoteEnd(text: string, start: number): number {
  for (let at = start + 1; ; at += 2) {
    at = text.indexOf('"', at);
    if (at === -1) return text.length;
    if (text[at + 1] !== '"') return at + 1;
  }
}

function cellEnd(text: string, from: number, delimiter: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\n' || text[at] === delimiter) return at;
  }
  return text.length;
}
