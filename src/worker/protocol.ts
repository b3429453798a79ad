/**
 * What a page and its web workers say to each other. Errors go as values: a message keeps an
 * error's text and loses its class and code.
 */
import type { ErrorCode } from '../errors.js';
import type { ChainJob, FinishedChain } from '../regression/chains.js';
import type { ChainProgress } from '../sampler/chain.js';

/** To a worker: one chain, and nothing else until it is done. */
export type ToWorker = ChainJob;

export type FromWorker =
  /** Sent once, when the worker's code has been loaded. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly progress: ChainProgress }
  | { readonly kind: 'done'; readonly finished: FinishedChain }
  /** Code null: not an error that is thrown on purpose. */
  | { readonly kind: 'failed'; readonly code: ErrorCode | null; readonly message: string };
