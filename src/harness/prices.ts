/**
 * Prices of models, and the possible spending of a killed run, whose requests in flight are not in
 * the record. A run notes its start. The next run that finds the note adds the maximum cost of as
 * many requests as could have been in flight, so that a budget holds across kills.
 */

import type { CommonConfiguration, ModelConfiguration } from '../packs/configuration/common.js';
import type { Stage } from '../packs/design.js';
import { mostUsage } from './client/chat.js';
import { type Prices, type Spent, spentOn } from './client/spending.js';
import type { StudyRecord } from './record/record.js';
import { answersSoFar, requestFor } from './trial-request.js';

/** OpenAI answers batches at half the price. */
export const BATCH_DISCOUNT = 0.5;

export interface PriceBook {
  /** Null if no price is known. */
  of(model: string): Prices | null;
  /** Registers the price of a trained model, which is known only from its base model. */
  enterTrained(model: string, base: ModelConfiguration): void;
}

export function priceBook({ models, server }: CommonConfiguration): PriceBook {
  const factor = server.mode === 'batch' ? BATCH_DISCOUNT : 1;
  const book = new Map<string, Prices | null>();
  const enter = (model: string, prices: Prices | null) =>
    book.set(model, prices && { input: factor * prices.input, output: factor * prices.output });
  for (const base of models) enter(base.name, pricesOf(base, 'base'));
  return {
    of: (model) => book.get(model) ?? null,
    enterTrained: (model, base) => void enter(model, pricesOf(base, 'trained')),
  };
}

/** Prices of live requests to a base model, or to one that was trained from it. */
export function pricesOf({ prices }: ModelConfiguration, which: 'base' | 'trained'): Prices | null {
  if (!prices) return null;
  return which === 'base'
    ? { input: prices.input, output: prices.output }
    : { input: prices.fineTunedInput, output: prices.fineTunedOutput };
}

const NOTE = 'session';

/**
 * @param most maximum cost of a single request
 * @param id identifies this run
 */
export function beginSession(
  record: StudyRecord,
  { server }: CommonConfiguration,
  most: () => Spent,
  id: string,
): void {
  const cutOff = record.journal.get(NOTE);
  if (cutOff !== null) {
    const { requests, tokens, usd } = most();
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
    // On a full disk the note remains, and the next run overestimates the spending.
  }
}

/** Maximum cost of a single request of a study. */
export function mostOfOneRequest(stages: readonly Stage[]): Spent {
  const answers = answersSoFar(stages, null);
  let tokens = 0;
  let usd = 0;
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    const prices = pricesOf(stage.base, stage.after === null ? 'base' : 'trained');
    stage.trials.forEach((_, item) => {
      const one = spentOn(prices, mostUsage(requestFor(stage, item, stage.base.name, answers)));
      tokens = Math.max(tokens, one.tokens);
      usd = Math.max(usd, one.usd);
    });
  }
  return { requests: 1, tokens, usd };
}
