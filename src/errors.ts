/**
 * The one error that weighbridge throws on purpose. Its message is a single line made for the
 * person who can mend the cause: which file, which row, what was found, what was expected.
 */
export type ErrorCode =
  | 'bad-argument'
  | 'bad-data'
  | 'missing-file'
  | 'download'
  | 'no-initial-point'
  | 'improper-posterior'
  | 'missing-package';

export class WeighbridgeError extends Error {
  override readonly name = 'WeighbridgeError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
