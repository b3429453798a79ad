/**
 * The one error class that weighbridge throws on purpose. The message is one line for the person who
 * can fix the cause: file, row, what was found, what was expected. `code` and `details` hold the same
 * for programs.
 */

/** The location of a problem in data, and its description. */
export interface DataDetails {
  /** Path or name of the file, as the caller gave it. */
  readonly file?: string;
  /** Row of data, from 1. */
  readonly row?: number;
  /** Line of a text file, from 1. */
  readonly line?: number;
  /** Name of the column, or key of a record. */
  readonly column?: string;
  readonly found?: unknown;
  readonly expected?: string;
  /** An expression of the formula that has no value in the row: `log(x)`. */
  readonly expression?: string;
  /** The problem in the row, without its location: `log(x) is NaN, where x is -1`. */
  readonly problem?: string;
}

/** An invalid argument or option. */
export interface ArgumentDetails {
  /** Name of the argument or option. */
  readonly option?: string;
  readonly found?: unknown;
  readonly expected?: string;
}

/** The location of a problem in a formula, a hypothesis or the text of a prior. */
export interface FormulaDetails {
  /** The text that was read. */
  readonly formula?: string;
  /** Offset into `formula`, in UTF-16 code units, from 0. */
  readonly offset?: number;
}

/** A server's error response. */
export interface ServerDetails {
  /** HTTP status; absent if no answer arrived. */
  readonly status?: number;
  /** The server's own code for the error. */
  readonly serverCode?: string;
  readonly model?: string;
  /** Base URL of the API. */
  readonly baseURL?: string;
}

/** The details of an error, by its code. Every field is optional. */
export interface ErrorDetails {
  'bad-argument': ArgumentDetails;
  'bad-data': DataDetails;
  /** A formula, a hypothesis or a prior that cannot be read or cannot be fitted to the data. */
  'bad-formula': FormulaDetails;
  /** A study's configuration: an unknown key, a value out of range. */
  'bad-configuration': DataDetails;
  'missing-file': DataDetails;
  /** A package that is not installed, or not loadable here. */
  'missing-package': { readonly package?: string };
  download: ServerDetails & { readonly url?: string };
  'no-initial-point': { readonly attempts?: number };
  'improper-posterior': { readonly parameter?: string };
  /** The environment holds no API key and the server requires one. */
  'no-key': { readonly variable?: string };
  /** The model's server cannot be reached, or refuses the request. */
  server: ServerDetails;
  /** The model does not exist on the server, or was removed. */
  'unknown-model': ServerDetails;
  /** The next request could exceed the study's budget. */
  budget: { readonly spent?: number; readonly limit?: number };
  /** A fine-tuning job or a batch failed; the message has the server's reason. */
  'job-failed': { readonly job?: string };
  /** Another process is working on the study. */
  locked: DataDetails;
  /** A folder or file is not of the expected kind: not a study, a result or a saved fit. */
  'wrong-format': DataDetails;
  /** A study, result or saved fit was written in another version of its format. */
  'wrong-version': DataDetails;
  /** A file of a result or a saved fit is truncated, missing or inconsistent. */
  damaged: DataDetails;
  /** A setting that is fixed once collection has begun was changed. */
  'study-changed': DataDetails;
  /** The record of a study has lost entries: its log is missing or was emptied. */
  'record-lost': DataDetails;
  /** The first answers of a stage are all invalid, or the model returns answers without text. */
  'invalid-answers': ServerDetails;
  /** A training did not teach what the study is about. */
  'not-learned': ServerDetails;
  /** The record of a study cannot be written: the disk is full. */
  'disk-full': DataDetails;
  /** A call has fits that are made by other shards of the command. */
  'other-shard': Record<string, never>;
  /** Stopped on request; what was recorded is kept. */
  interrupted: { readonly signal?: string };
}

export type ErrorCode = keyof ErrorDetails;

interface ErrorOptions<C extends ErrorCode> {
  /** @default {} */
  readonly details?: ErrorDetails[C] | undefined;
  readonly cause?: unknown;
}

export class WeighbridgeError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'WeighbridgeError';
  /** Location and description of the error, for programs. Unknown fields are absent. */
  readonly details: ErrorDetails[C];

  constructor(
    readonly code: C,
    message: string,
    { details = {}, cause }: ErrorOptions<C> = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.details = details;
  }
}

/** Returns true if `error` is a WeighbridgeError, with the given code if there is one. */
export function isWeighbridgeError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: C,
): error is WeighbridgeError<C> {
  return error instanceof WeighbridgeError && (code === undefined || error.code === code);
}

/** Node's error codes for an exhausted limit on open files or connections. */
export function isOutOfDescriptors(code: unknown): boolean {
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOBUFS';
}
