/**
 * The lines of a batch: a request on the way there, an answer or an error on the way back. Whatever
 * stands in a line that comes back, reading it gives a value.
 */
import { z } from 'zod';
import { oneLine } from '../client/api-error.js';
import type { Answer, ChatRequest, FailedAttempt } from '../client/chat.js';
import {
  type Completion,
  completionBody,
  type LimitName,
  promptRefusal,
  promptRefusalCost,
  readCompletion,
  wantsOtherLimit,
} from '../client/completion.js';
import { asObject } from '../client/json.js';
import { batchLineSchema } from '../client/server-answers.js';
import { parseJson } from '../jobs/journal-entry.js';
import type { BatchItem } from './chunks.js';

export const batchEndpoint = '/v1/chat/completions';

/** One line of the input file, with its line end. */
export function requestLine({ id, request }: BatchItem, limitName: LimitName): string {
  const body = completionBody(request, limitName);
  return `${JSON.stringify({ custom_id: id, method: 'POST', url: batchEndpoint, body })}\n`;
}

/** What a line says of an item. */
export type BatchLine =
  | { readonly id: string; readonly answer: Answer }
  | { readonly id: string; readonly failed: FailedAttempt; readonly again: Again };

/**
 * Whether to ask again: an overloaded server may answer next time, a request that it calls wrong is
 * wrong for ever; what its user cancelled is left until the next run.
 */
export type Again = 'yes' | 'no' | 'next run';

const errorBodySchema = z.object({ error: z.object({ message: z.string() }) });

/**
 * Null where the line does not even name an item.
 * @param batch of an earlier run too, whose requests are not known: only the model
 */
export function readLine(
  text: string,
  { model, attempt }: { readonly model: string; readonly attempt: number },
): BatchLine | null {
  const line = batchLineSchema.safeParse(parseJson(text));
  if (!line.success) return null;
  const { custom_id: id, response, error } = line.data;
  const asked: ChatRequest = { model, messages: [], maxTokens: 0, logprobs: true };
  const refusal = refusalIn(response?.body ?? { error }, asked);
  if (refusal && response?.status_code !== 200) {
    const status = response?.status_code ?? 400;
    return { id, answer: { ...refusal, status, spent: promptRefusalCost, attempt, latencyMs: 0 } };
  }
  if (!response) {
    const reason = [error?.code, error?.message].filter(Boolean).join(': ') || 'no response';
    const again = error?.code === 'batch_cancelled' ? 'next run' : 'yes';
    return { id, failed: failedAttempt(attempt, null, reason), again };
  }
  const { status_code: status, body } = response;
  if (status !== null && status !== 200) {
    const said = errorBodySchema.safeParse(body);
    const reason = said.data?.error.message ?? jsonOf(body, text);
    const again = isPassing(status) || wantsOtherLimit(status, reason) ? 'yes' : 'no';
    return { id, failed: failedAttempt(attempt, status, reason), again };
  }
  const read = readCompletion(jsonOf(body, text), asked, asObject(body));
  if ('malformed' in read) {
    return { id, failed: failedAttempt(attempt, status, read.malformed), again: 'yes' };
  }
  // The server does not tell how long each request of a batch took.
  return { id, answer: { ...read.completion, attempt, latencyMs: 0 } };
}

/** The body as JSON; the whole line where it is nested too deeply to be written again. */
function jsonOf(body: unknown, line: string): string {
  try {
    return JSON.stringify(body ?? null);
  } catch (error) {
    if (error instanceof RangeError) return line;
    throw error;
  }
}

/** A content filter's refusal of the prompt: the outcome of the item, and no failure. */
function refusalIn(body: unknown, asked: ChatRequest): Completion | null {
  const raw = promptRefusal(errorBody.safeParse(body).data?.error);
  const read = raw === null ? null : readCompletion(raw, asked);
  return read && 'completion' in read ? read.completion : null;
}

const errorBody = z.object({ error: z.unknown() });

function isPassing(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}

export function failedAttempt(
  attempt: number,
  status: number | null,
  reason: string,
): FailedAttempt {
  return { attempt, status, reason: oneLine(reason), latencyMs: 0 };
}
