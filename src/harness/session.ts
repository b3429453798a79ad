/**
 * What a killed run may have spent without a word of it on record: the requests in flight. A run
 * notes on record that it has begun; the next one that finds the note still there counts as many
 * requests as could have been in flight, each at the most it can cost, so that a budget holds
 * across kills too.
 */
import { mostPromptTokens } from './client/estimate.js';
import { costOf, type Spent } from './client/spending.js';
import type { Configuration } from './configuration/schema.js';
import type { Stage } from './plan.js';
import { pricesOf } from './price-book.js';
import type { StudyRecord } from './record/record.js';
import { requestFor } from './trial-request.js';

const NOTE = 'session';

/** @param id tells this run from all others */
export function beginSession(
  record: StudyRecord,
  { server }: Configuration,
  mostOfOne: () => Spent,
  id: string,
): void {
  const cutOff = record.journal.get(NOTE);
  if (cutOff !== null) {
    const { requests, tokens, usd } = mostOfOne();
    const places = server.concurrency;
    record.charge(`in flight at a kill/${cutOff}`, {
      requests: places * requests,
      tokens: places * tokens,
      usd: places * usd,
    });
  }
  record.journal.put(NOTE, id);
}

export function endSession(record: StudyRecord): void {
  try {
    record.journal.delete(NOTE);
  } catch {
    // On a full disk the note stays, and the next run counts more than was spent.
  }
}

/** The most that any single request of a study can cost. */
export function mostOfOneRequest(stages: readonly Stage[]): Spent {
  let tokens = 0;
  let usd = 0;
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    const prices = pricesOf(stage.base, stage.after === null ? 'base' : 'trained');
    stage.trials.forEach((_, item) => {
      const { messages, maxTokens } = requestFor(stage, item, stage.base.name, false);
      const promptTokens = mostPromptTokens(messages);
      tokens = Math.max(tokens, promptTokens + maxTokens);
      usd = Math.max(usd, costOf(prices, { promptTokens, completionTokens: maxTokens }));
    });
  }
  return { requests: 1, tokens, usd };
}
