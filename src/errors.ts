/**
 * The one error that weighbridge throws on purpose. Its message is a single line made for the
 * person who can mend the cause: which file, which row, what was found, what was expected.
 */
export type ErrorCode =
  | 'bad-argument'
  | 'bad-data'
  /** A formula of a regression; `formulaPlace` of the error tells where in it. */
  | 'bad-formula'
  | 'missing-file'
  | 'download'
  | 'no-initial-point'
  | 'improper-posterior'
  | 'missing-package'
  /** A study's configuration: an unknown key, a value out of range. */
  | 'bad-configuration'
  /** The environment holds no API key and the server wants one. */
  | 'no-key'
  /** The model's server is not to be reached, or refuses what it is asked. */
  | 'server'
  /** The next request could pass the budget of the study. */
  | 'budget'
  /** A fine-tuning job or a batch failed; the message has the server's reason. */
  | 'job-failed'
  /** Another process is at work on the study. */
  | 'study-locked'
  /** The study was made by a newer weighbridge. */
  | 'study-version'
  /** What is fixed once collection has begun was changed. */
  | 'study-changed'
  /** The record of a study holds less than it did: its log is missing, or it was emptied. */
  | 'record-lost'
  /** A model gives answers without any text. */
  | 'void-answers'
  /** The record of a study cannot be written: the disk is full. */
  | 'disk-full'
  /** A folder holds no result, or nothing that says so. */
  | 'no-result'
  /** The result was written in another version of the format. */
  | 'result-version'
  /** A file of a result is cut short, missing or not what it should be. */
  | 'damaged-result'
  /** A folder holds no saved fit, or nothing that says so. */
  | 'no-fit'
  /** The fit was saved in another version of the format. */
  | 'fit-version'
  /** A file of a saved fit is cut short, missing or not what it should be. */
  | 'damaged-fit'
  /** Stopped on request; what was recorded is kept. */
  | 'interrupted';

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

/** Node's codes for a process or a machine that may open no more files or connections. */
export function isOutOfDescriptors(code: unknown): boolean {
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOBUFS';
}
