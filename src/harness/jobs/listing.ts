/**
 * A listing at the server, page after page, newest first. The `openai` package turns pages too, but
 * leaves a listener on the signal for each, of which Node warns at the eleventh; and it would turn
 * them for ever at a server that does not know `after`.
 */
import { WeighbridgeError } from '../../errors.js';
import type { CallOptions, PageQuery } from '../client/server-api.js';

export type { PageQuery };

export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
}

const PAGE = 100;
/** A million objects: a listing that is longer has no end, and what it would fill is memory. */
const MOST_PAGES = 10_000;

export async function* listing<T extends { readonly id: string }>(
  fetchPage: (query: PageQuery, options: CallOptions) => PromiseLike<Page<T>>,
  { signal }: CallOptions,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  let query: PageQuery = { limit: PAGE };
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const own = signal && AbortSignal.any([signal]);
    const { data, has_more } = await fetchPage(query, { signal: own });
    for (const one of data) {
      if (seen.has(one.id)) return;
      seen.add(one.id);
      yield one;
    }
    const last = data.at(-1);
    if (!has_more || !last) return;
    query = { limit: PAGE, after: last.id };
  }
  throw new WeighbridgeError('server', `the server lists more than ${MOST_PAGES * PAGE} objects`);
}
