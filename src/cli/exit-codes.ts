/** Exit codes of the command. */

/** Bad input: one line on standard error says what to correct. */
export const BAD_INPUT = 2;
/** A check ran to its end, and what it checked is not so. */
export const NOT_SO = 3;
/** A defect of weighbridge. */
export const INTERNAL = 1;
/** A shell's exit code for a command ended by a signal is this plus the signal's number. */
export const BY_SIGNAL = 128;

/** Ends a command with an exit code; no error message is printed. */
export class EndsWith extends Error {
  constructor(readonly code: number) {
    super(`ends with exit code ${code}`);
  }
}
