/**
 * What each model's tokens cost. A trained model has a price of its own, and whose price that is
 * only its training can tell.
 */
import type { Prices } from './client/spending.js';
import type { Configuration, ModelConfiguration } from './configuration/schema.js';

/** OpenAI answers batches at half the price. */
export const BATCH_DISCOUNT = 0.5;

export interface PriceBook {
  /** Null where no price is known. */
  of(model: string): Prices | null;
  enterTrained(model: string, base: ModelConfiguration): void;
}

export function priceBook({ models, server }: Configuration): PriceBook {
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

/** For live requests to a model as it is, or to one that was trained from it. */
export function pricesOf({ prices }: ModelConfiguration, which: 'base' | 'trained'): Prices | null {
  if (!prices) return null;
  return which === 'base'
    ? { input: prices.input, output: prices.output }
    : { input: prices.fine_tuned_input, output: prices.fine_tuned_output };
}
