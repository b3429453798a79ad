/**
 * Reads an answer of any stage, or returns the reason why it is invalid. The raw text stays in the
 * record, so that it can be read again under another policy.
 */
import { WeighbridgeError } from '../errors.js';
import type { AnswerReading, CollectionStage } from '../packs/design.js';
import { isVoid } from '../study/parse-choice.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import { isFilterFinish, promptRefused, unreadable } from './client/completion.js';
import type { StoredAnswer } from './record/record.js';

/**
 * An answer that the policy does not accept. Beside the reasons of its task: `refusal`, `length`
 * (cut off at the limit of tokens), `content_filter`, `unreadable`, `empty`.
 */
export interface InvalidAnswer {
  readonly stage: string;
  readonly item: number;
  readonly context: string;
  readonly reason: string;
  readonly detail: string;
  readonly text: string;
}

/** @throws WeighbridgeError `bad-data` for an answer of another study */
export function readAnswer(
  stage: CollectionStage,
  answer: StoredAnswer,
  policy: AnswerPolicy,
): AnswerReading {
  requireTrial(stage, answer);
  const unsaid = notSaid(answer);
  if (unsaid) return { valid: false, ...unsaid };
  const reading = stage.read(answer.item, answer, policy);
  return reading.valid ? reading : { ...reading, ...cutOff(answer) };
}

/** @throws WeighbridgeError `bad-data` for an answer of another study */
export function requireTrial(stage: CollectionStage, { item }: StoredAnswer): void {
  if (stage.trials[item]) return;
  throw new WeighbridgeError(
    'bad-data',
    `the record holds an answer to trial ${item} of ${stage.id}, which has ${stage.trials.length}: it is damaged, or the record of another study`,
  );
}

/** The form of an invalid answer in lists and files. */
export function invalidAnswer(
  stage: CollectionStage,
  { item, text }: StoredAnswer,
  { reason, detail }: Extract<AnswerReading, { valid: false }>,
): InvalidAnswer {
  return { stage: stage.id, item, context: stage.itemOf(item), reason, detail, text };
}

interface Invalid {
  readonly reason: string;
  readonly detail: string;
}

/** The reason if the text is not the model's own words; null if it is. */
function notSaid(answer: StoredAnswer): Invalid | null {
  const { text, finishReason } = answer;
  const reason = finishReason?.toLowerCase() ?? '';
  if (reason === promptRefused) {
    return { reason: 'content_filter', detail: 'a content filter refused the prompt' };
  }
  if (isFilterFinish(reason)) {
    return { reason: 'content_filter', detail: 'a content filter cut the answer' };
  }
  if (reason === unreadable) {
    return { reason: 'unreadable', detail: 'the server never sent an answer that can be read' };
  }
  if (reason === 'refusal') return { reason: 'refusal', detail: 'the model refused' };
  if (!isVoid(text)) return null;
  if (lengths.has(reason)) {
    return { reason: 'length', detail: withoutText(answer) };
  }
  return { reason: 'empty', detail: `the answer is empty (finish reason ${reason || 'unknown'})` };
}

function withoutText({ completionTokens, reasoningTokens }: StoredAnswer): string {
  if (!reasoningTokens) return 'the limit of tokens was reached before any text';
  return `the reasoning used all ${completionTokens} tokens; raise reasoning_tokens`;
}

/** The reason if the answer is truncated; null if it is complete. */
function cutOff({ finishReason }: StoredAnswer): Invalid | null {
  if (!lengths.has(finishReason?.toLowerCase() ?? '')) return null;
  return { reason: 'length', detail: 'cut off at the limit of tokens' };
}

/** Finish reasons for reaching the token limit, of OpenAI and other servers. */
const lengths: ReadonlySet<string> = new Set(['length', 'max_tokens', 'model_length']);

/** Whether the server, not the model, left the trial without an answer. */
export function hasFailed({ finishReason }: StoredAnswer): boolean {
  return finishReason === promptRefused || finishReason === unreadable;
}

/**
 * Classifies an answer: `void` has no text from the model, `filtered` was stopped by a content
 * filter; everything else, including refusals and nonsense, is data (`said`).
 */
export function outcomeOf(answer: StoredAnswer): 'said' | 'void' | 'filtered' {
  const reason = notSaid(answer)?.reason;
  if (reason === 'content_filter') return 'filtered';
  return isVoid(answer.text) ? 'void' : 'said';
}
