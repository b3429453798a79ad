/**
 * The lines of a batch: requests in its input, answers or errors in its output. Reading a line of
 * output never throws.
 */
import { z } from 'zod';
import { asObject, parseJson } from '../../checks/json.js';
import type { Answer, ChatRequest, FailedAttempt } from '../client/chat.js';
import {
  type Completion,
  completionBody,
  promptRefusal,
  promptRefusalCost,
  readCompletion,
} from '../client/completion.js';
import { type Parameter, refusedBy } from '../client/parameters.js';
import { oneLine, serverError } from '../client/sanitize.js';
import { batchLineSchema } from '../client/server-api.js';
import type { BatchItem } from './chunks.js';

export const batchEndpoint = '/v1/chat/completions';

/** One line of the input file, with its line end. */
export function requestLine({ id, request }: BatchItem, refused: ReadonlySet<Parameter>): string {
  const body = completionBody(request, refused);
  return `${JSON.stringify({ custom_id: id, method: 'POST', url: batchEndpoint, body })}\n`;
}

/** The outcome of an item in a line. */
export type BatchLine =
  | { readonly id: string; readonly answer: Answer }
  | {
      readonly id: string;
      readonly failed: FailedAttempt;
      readonly again: Again;
      /** Parameters that the server refuses. */
      readonly refused?: readonly Parameter[];
    };

/**
 * Whether to ask again: an overloaded server may answer next time, a rejected request stays
 * rejected, and items that the user cancelled wait for the next run.
 */
export type Again = 'yes' | 'no' | 'next run';

interface LineContext {
  readonly model: string;
  readonly attempt: number;
  readonly labelsOf?: LabelsOf | undefined;
}

/** The labels whose log-probabilities an item was asked for. */
export type LabelsOf = (id: string) => readonly string[] | null;

/**
 * The outcome in a line; null if the line names no item. Does not need the request: for a batch of
 * an earlier run only the model is known.
 */
export function readLine(
  text: string,
  { model, attempt, labelsOf }: LineContext,
): BatchLine | null {
  const line = batchLineSchema.safeParse(parseJson(text));
  if (!line.success) return null;
  const { custom_id: id, response, error } = line.data;
  const asked = { model, labels: labelsOf?.(id) ?? null };
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
    const said = serverError(jsonOf(body, text));
    const refused = refusedBy(status, said);
    const again = isPassing(status) || refused.length > 0 ? 'yes' : 'no';
    const reason = said?.message ?? 'no reason given';
    return { id, failed: failedAttempt(attempt, status, reason), again, refused };
  }
  const read = readCompletion(jsonOf(body, text), asked, asObject(body));
  if ('malformed' in read) {
    const failed = failedAttempt(attempt, status, read.malformed);
    return { id, failed: { ...failed, unreadable: jsonOf(body, text) }, again: 'yes' };
  }
  // The server does not report the latency of a batch's requests.
  return { id, answer: { ...read.completion, attempt, latencyMs: 0 } };
}

/** The body as JSON; the line itself if it is too deeply nested to serialize. */
function jsonOf(body: unknown, line: string): string {
  try {
    return JSON.stringify(body ?? null);
  } catch (error) {
    if (error instanceof RangeError) return line;
    throw error;
  }
}

/** A content filter's refusal of the prompt, which is an outcome, not a failure. */
function refusalIn(body: unknown, asked: Pick<ChatRequest, 'model' | 'labels'>): Completion | null {
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
