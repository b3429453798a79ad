/** Writes attempts, accepted answers and charges to a record. */
import type { Answer, FailedAttempt } from '../client/chat.js';
import type { Spent } from '../client/spending.js';
import type { OpenDatabase } from './database.js';
import type { Asked } from './stored.js';
import { logprobsJson, RECORD_VERSION } from './tables.js';

const INSERT_REQUEST = `INSERT INTO requests
    (stage, item, attempt, at, latency_ms, model, prompt, failure, http_status, raw, answered_by,
     fingerprint, finish_reason, text, prompt_tokens, completion_tokens,
     spent_requests, spent_tokens, spent_usd, logprobs, reasoning_tokens, settings)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

export function writer({ database, version }: OpenDatabase) {
  const prepared = () => database.prepare(INSERT_REQUEST);
  let insertion: ReturnType<typeof prepared> | null = null;
  const insertRequest = () => {
    insertion ??= prepared();
    return insertion;
  };
  // At once, so that a missing column is noticed. An older record, which is only read, lacks some.
  if (version === RECORD_VERSION) insertRequest();
  const acceptBy = (verb: string) =>
    database.prepare(
      `INSERT OR ${verb} INTO answers (stage, item, request) VALUES (?, ?, last_insert_rowid())`,
    );
  const accepting = { first: acceptBy('IGNORE'), replace: acceptBy('REPLACE') };
  const insertCharge = database.prepare(
    'INSERT OR REPLACE INTO charges (key, requests, tokens, usd) VALUES (?, ?, ?, ?)',
  );
  const deleteCharge = database.prepare('DELETE FROM charges WHERE key = ?');
  const now = () => new Date().toISOString();
  return {
    answer(
      { stage, item, model, prompt }: Asked,
      answer: Answer,
      spent: Spent,
      accept: keyof typeof accepting,
    ): void {
      const { usage, logprobs, status = 200, settings = null } = answer;
      insertRequest().run(
        ...[stage, item, answer.attempt, now(), storable(answer.latencyMs), model, prompt, null],
        ...[status, answer.raw, answer.model, answer.fingerprint, answer.finishReason, answer.text],
        ...[storableCount(usage?.promptTokens), storableCount(usage?.completionTokens)],
        ...storableSpent(spent),
        ...[logprobsJson(logprobs), storableCount(usage?.reasoningTokens), settings],
      );
      accepting[accept].run(stage, item);
    },
    failure({ stage, item, model, prompt }: Asked, failed: FailedAttempt, spent: Spent): void {
      insertRequest().run(
        ...[stage, item, failed.attempt, now(), storable(failed.latencyMs), model, prompt],
        ...[failed.reason, storableCount(failed.status), null, null, null, null, null, null, null],
        ...[...storableSpent(spent), null, null, null],
      );
    },
    charge(key: string, spent: Spent): void {
      insertCharge.run(key, ...storableSpent(spent));
    },
    uncharge(key: string): void {
      deleteCharge.run(key);
    },
  };
}

/** Converts any number from a server to one that the column accepts; never negative. */
export function storable(value: number): number {
  return Number.isFinite(value) ? Math.max(0, value) : 0;
}

function storableCount(value: number | null | undefined): number | null {
  return Number.isSafeInteger(value) ? Number(value) : null;
}

function storableSpent({ requests, tokens, usd }: Spent): [number, number, number] {
  const whole = (value: number) => Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(storable(value)));
  return [whole(requests), whole(tokens), storable(usd)];
}
