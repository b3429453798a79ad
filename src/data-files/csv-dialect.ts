/**
 * Detects the dialect of a CSV file: lines before the header, the delimiter, and spaces around
 * quotes.
 */
import { badData } from '../checks/values.js';
import { splitRecords } from './text-table.js';

/** A text without the lines before its header. */
interface FromHeader {
  readonly text: string;
  /** Number of lines before the header. */
  readonly skipped: number;
  /** The last comment line before the header, without `#`; null if there is no comment. */
  readonly comment: string | null;
  /** The delimiter from a line `sep=;`, which spreadsheets read and write. */
  readonly delimiter: string | null;
}

const NAMES_DELIMITER = /^"?sep=(.|\\t)"?$/i;

/** Skips blank lines, comments after `#` and `sep=;`. */
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

/** Space is last, since it also occurs in text. */
const DELIMITERS = [',', ';', '\t', '|', ' '] as const;

const nameOf: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'bars',
  ' ': 'spaces',
};

/** Size of the sample from which the delimiter is detected. */
const SAMPLE_CHARACTERS = 100_000;
const SAMPLE_RECORDS = 200;

interface Candidate {
  readonly delimiter: string;
  /** Cells of the header. */
  readonly width: number;
  /** Share of the records after the header that have as many cells as the header. */
  readonly fitting: number;
  /** Number of cells that contain a quote, or another candidate outside of a number. */
  readonly odd: number;
}

/**
 * Detects the delimiter: the candidate that gives all records as many cells as the header, at least
 * two.
 * @param first the delimiter expected from the file's name
 * @throws WeighbridgeError `bad-data` if two candidates fit equally well
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
  throw badData(
    `${file}: ${nameOf[only.delimiter]} and ${nameOf[other.delimiter]} could both separate the cells; use --delimiter`,
    { file },
  );
}

const OTHER_DELIMITER = /[,;\t|]/;
const NUMBER = /^[+\-\u2212]?[\d.,]+(?:e[+-]?\d+)?$/i;

function candidate(sample: string, delimiter: string, cut: boolean): Candidate {
  const text = delimiter === ' ' ? closedUp(sample) : closeUpQuotes(sample, delimiter);
  const sampled = splitRecords(text, delimiter, { most: SAMPLE_RECORDS }).records;
  const [header = [], ...records] = sampled.filter((cells) => cells.length > 1 || cells[0]?.trim());
  // The last record may be truncated at the end of the sample.
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
  // A single column of names has two words per line, but no numbers.
  const words = delimiter === ' ' && !body.flat().some((cell) => NUMBER.test(cell));
  return {
    delimiter,
    width: words ? 1 : width,
    fitting: body.length === 0 ? 1 : fitting.length / body.length,
    odd: odd.length,
  };
}

/** Number of cells up to the last that is not blank. */
export function filledWidth(cells: readonly string[]): number {
  return cells.findLastIndex((cell) => cell.trim() !== '') + 1;
}

/** Replaces runs of spaces between columns by one space, unless quotes may contain spaces. */
export function closedUp(text: string): string {
  if (text.includes('"')) return text;
  return text.replaceAll(/ +/g, ' ').replaceAll(/^ | $/gm, '');
}

/** Removes spaces between a delimiter or the start of a line and a quote. */
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

/** Offset after the closing quote of a cell, which is not doubled. */
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
