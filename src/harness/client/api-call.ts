/**
 * A call to the server that is no chat completion: files, fine-tuning jobs, batches. Whoever
 * makes one describes it; the client paces it, tries it again and translates what goes wrong.
 */
import type { CallOptions, ServerApi } from './server-api.js';

export type { CallOptions } from './server-api.js';

/**
 * An attempt may follow one of which nobody knows what it did: `call` must bear to be made twice.
 * @param what the call in words for a message: 'upload a training file'
 * @param call is given the API, which checks every answer, and the signal of its attempt, which
 *   has at least ten minutes
 * @throws WeighbridgeError `server`, `no-key`, `interrupted`
 */
export type ApiCall = <T>(
  what: string,
  call: (api: ServerApi, options: CallOptions) => Promise<T>,
  /** Breaks off what is in flight. */
  signal?: AbortSignal,
) => Promise<T>;
