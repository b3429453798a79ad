/**
 * An error in a formula with the formula beneath it, and a caret at the character.
 */
import stringWidth from 'string-width';
import { WeighbridgeError } from '../../errors.js';
import { formulaPlace } from '../../formula/formula-error.js';

/** The error as it is to be printed; one that points at no formula stays as it is. */
export function withCaret(error: unknown): unknown {
  const place = formulaPlace(error);
  if (!place || !(error instanceof WeighbridgeError)) return error;
  const line = place.formula.replaceAll(/\s/g, ' ');
  // In columns of a terminal: of some characters two, of an accent none.
  const before = stringWidth(line.slice(0, place.offset));
  return new WeighbridgeError(error.code, `${error.message}\n  ${line}\n  ${' '.repeat(before)}^`, {
    cause: error,
  });
}
