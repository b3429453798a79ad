/**
 * Errors that point at a character of a formula.
 */
import { WeighbridgeError } from '../errors.js';

/** The cause of an error 'bad-formula': where in which text, for a caret beneath it. */
export interface FormulaPlace {
  readonly formula: string;
  /** Offset into `formula`, in UTF-16 code units, from 0. */
  readonly offset: number;
}

/** Ends the reading of a formula with a message about a place in it. */
export type FormulaFail = (place: number, problem: string) => never;

/** Of a long formula, this many characters before and after the place are shown. */
const SHOWN = 60;

export function formulaError(text: string, place: number, problem: string): WeighbridgeError {
  const offset = Math.min(place, text.length);
  const cause: FormulaPlace = { formula: text, offset };
  return new WeighbridgeError(
    'bad-formula',
    `formula '${excerpt(text, offset)}', character ${characterAt(text, offset)}: ${problem.replace(/\s/g, ' ')}`,
    { cause },
  );
}

/** The number of a character, from 1, as a reader counts them. */
export function characterAt(text: string, offset: number): number {
  return [...text.slice(0, offset)].length + 1;
}

export function failAt(text: string): FormulaFail {
  return (place, problem) => {
    throw formulaError(text, place, problem);
  };
}

/** Where an error points to, or null for one that points at no formula. */
export function formulaPlace(error: unknown): FormulaPlace | null {
  if (!(error instanceof WeighbridgeError) || error.code !== 'bad-formula') return null;
  const { cause } = error;
  if (typeof cause !== 'object' || cause === null) return null;
  if (!('formula' in cause && 'offset' in cause)) return null;
  const { formula, offset } = cause;
  return typeof formula === 'string' && typeof offset === 'number' ? { formula, offset } : null;
}

/** On one line, whatever the text has. */
function excerpt(text: string, offset: number): string {
  const from = offset > 2 * SHOWN ? offset - SHOWN : 0;
  const to = text.length - from > 3 * SHOWN ? Math.max(offset, from) + SHOWN : text.length;
  const part = text.slice(from, to).replace(/\s/g, ' ');
  return `${from > 0 ? '…' : ''}${part}${to < text.length ? '…' : ''}`;
}
