/**
 * The lines of a batch: a request on the way there, an answer or an error on the way back. Whatever
 * stands in a line that comes back, reading it gives a value.
 */
import { z } from 'zod';
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

const lineSchema = z.object({
  custom_id: z.string(),
  response: z.object({ status_code: z.number(), body: z.unknown() }).nullish(),
  error: z.looseObject({ code: z.string().nullish(), message: z.string().nullish() }).nullish(),
});
const errorBodySchema = z.object({ error: z.object({ message: z.string() }) });

/**
 * Null where the line does not even name an item.
 * @param batch of an earlier run too, whose requests are not known: only the model
 */
export function readLine(
  text: string,
  { model, attempt }: { readonly model: string; readonly attempt: number },
): BatchLine | null {
  const line = lineSchema.safeParse(parseJson(text));
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
  if (status !== 200) {
    const said = errorBodySchema.safeParse(body);
    const reason = said.data?.error.message ?? JSON.stringify(body ?? null);
    const again = isPassing(status) || wantsOtherLimit(status, reason) ? 'yes' : 'no';
    return { id, failed: failedAttempt(attempt, status, reason), again };
  }
  const read = readCompletion(JSON.stringify(body ?? null), asked);
  if ('malformed' in read) {
    return { id, failed: failedAttempt(attempt, status, read.malformed), again: 'yes' };
  }
  // The server does not tell how long each request of a batch took.
  return { id, answer: { ...read.completion, attempt, latencyMs: 0 } };
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

const LONGEST_REASON = 300;

export function failedAttempt(
  attempt: number,
  status: number | null,
  reason: string,
): FailedAttempt {
  const line = reason.replace(/\s+/g, ' ').trim();
  const short = line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
  return { attempt, status, reason: short, latencyMs: 0 };
}
