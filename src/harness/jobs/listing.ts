/**
 * A listing at the server, page after page, newest first. The `openai` package turns pages too, but
 * leaves a listener on the signal for each, of which Node warns at the eleventh; and it would turn
 * them for ever at a server that does not know `after`.
 */
import type { CallOptions, PageQuery } from '../client/server-api.js';

export type { PageQuery };

export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
}

const PAGE = 100;

export async function* listing<T extends { readonly id: string }>(
  fetchPage: (query: PageQuery, options: CallOptions) => PromiseLike<Page<T>>,
  { signal }: CallOptions,
): AsyncGenerator<T, void, undefined> {
  const seen = new Set<string>();
  let query: PageQuery = { limit: PAGE };
  for (;;) {
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
}
