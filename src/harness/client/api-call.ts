/**
 * A call to the server that is no chat completion: files, fine-tuning jobs, batches, models. Whoever
 * makes one describes it; the client paces it, tries it again and translates what goes wrong.
 */
import type OpenAI from 'openai';

export interface CallOptions {
  readonly signal: AbortSignal | undefined;
}

/**
 * @param what the call in words for a message: 'upload a training file'
 * @throws WeighbridgeError `server`, `no-key`, `interrupted`
 */
export type ApiCall = <T>(
  what: string,
  call: (api: OpenAI, options: CallOptions) => Promise<T>,
  signal?: AbortSignal,
) => Promise<T>;
