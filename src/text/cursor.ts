/**
 * The reading of small languages (formulas, hypotheses, priors, JSON): a position that moves over a
 * text, a limit of nesting, and errors that name the character.
 */
import { WeighbridgeError } from '../errors.js';

/**
 * Ends the reading with an error about a place in the text.
 * @param place offset into the text, in UTF-16 code units, from 0
 */
export type FailAt = (place: number, problem: string) => never;

export type TextSubject = 'formula' | 'hypothesis' | 'prior' | 'JSON' | 'expression';

/** Parentheses, calls and signs within one another; the parsers recur here. */
const MAX_NESTING = 200;
/** Characters of a long text that a message shows before and after the place. */
const SHOWN = 60;

export class TextCursor {
  readonly fail: FailAt;
  #place = 0;
  #nesting = 0;

  /**
   * @param subject what the text is, for messages
   * @param white sticky pattern of the white space between tokens
   */
  constructor(
    readonly text: string,
    subject: TextSubject,
    private readonly white = /\s+/y,
  ) {
    this.fail = failIn(subject, text);
    this.moveTo(0);
  }

  /** Offset of the next token, in UTF-16 code units, from 0. */
  get place(): number {
    return this.#place;
  }

  get isAtEnd(): boolean {
    return this.#place >= this.text.length;
  }

  /** Moves to a place, and past the white space there. */
  moveTo(place: number): void {
    const white = matchAt(this.white, this.text, place);
    this.#place = place + (white?.length ?? 0);
  }

  /** What a sticky pattern matches here, or null. The cursor moves past a match. */
  take(pattern: RegExp): string | null {
    const found = matchAt(pattern, this.text, this.#place);
    if (found !== null) this.moveTo(this.#place + found.length);
    return found;
  }

  /** Runs the reader of an inner part; fails at `place` if the parts are nested too deeply. */
  nested<T>(place: number, read: () => T): T {
    if (this.#nesting === MAX_NESTING) this.fail(place, `nested deeper than ${MAX_NESTING} levels`);
    this.#nesting++;
    const result = read();
    this.#nesting--;
    return result;
  }
}

function matchAt(sticky: RegExp, text: string, place: number): string | null {
  sticky.lastIndex = place;
  return sticky.exec(text)?.[0] ?? null;
}

/** `formula 'y ~ +', character 5: expected a term`. The place is in the details of the error. */
export function failIn(subject: TextSubject, text: string): FailAt {
  return (place, problem) => {
    const offset = Math.min(place, text.length);
    throw new WeighbridgeError(
      'bad-formula',
      `${subject} '${excerpt(text, offset)}', character ${characterAt(text, offset)}: ${problem.replace(/\s/g, ' ')}`,
      { details: { formula: text, offset } },
    );
  };
}

/** The number of a character, from 1, as a reader counts them. */
export function characterAt(text: string, offset: number): number {
  return [...text.slice(0, offset)].length + 1;
}

/** The character at a place in the words of a message: `'x'`, `the end`. */
export function foundAt(text: string, place: number): string {
  const code = text.codePointAt(place);
  return code === undefined ? 'the end' : `'${String.fromCodePoint(code)}'`;
}

/** On one line, and around the place if the text is long. */
function excerpt(text: string, offset: number): string {
  const from = offset > 2 * SHOWN ? offset - SHOWN : 0;
  const to = text.length - from > 3 * SHOWN ? Math.max(offset, from) + SHOWN : text.length;
  const part = text.slice(from, to).replace(/\s/g, ' ');
  return `${from > 0 ? '…' : ''}${part}${to < text.length ? '…' : ''}`;
}
