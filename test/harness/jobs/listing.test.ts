/** Listings give everything once, in order, and end. */
import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listing, type PageQuery } from '../../../src/harness/server-jobs.js';

interface One {
  readonly id: string;
}

/** A server's pages of so many items. */
function pagesOf(all: readonly One[], size: number) {
  return async ({ after }: PageQuery) => {
    const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
    return { data: all.slice(from, from + size), has_more: from + size < all.length };
  };
}

const items = (count: number): One[] =>
  Array.from({ length: count }, (_, i) => ({ id: `job-${i}` }));
const noSignal = { signal: undefined };

async function idsOf(listed: AsyncIterable<One>): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of listed) ids.push(id);
  return ids;
}

describe('a listing', () => {
  it('has every item once and in order, whatever the size of its pages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(30), fc.integer({ min: 1, max: 9 }), async (count, size) => {
        const all = items(count);
        expect(await idsOf(listing(pagesOf(all, size), noSignal))).toEqual(all.map(({ id }) => id));
      }),
      { seed: 61 },
    );
  });

  it('ends at a server that begins again instead of going on', async () => {
    const always = async () => ({ data: items(3), has_more: true });
    expect(await idsOf(listing(always, noSignal))).toEqual(['job-0', 'job-1', 'job-2']);
  });

  it('ends at a server that promises more and gives nothing', async () => {
    expect(await idsOf(listing(async () => ({ data: [], has_more: true }), noSignal))).toEqual([]);
  });

  it('is read only as far as it is wanted', async () => {
    let pages = 0;
    const page = pagesOf(items(30), 5);
    const counted = async (query: PageQuery) => {
      pages++;
      return page(query);
    };
    for await (const { id } of listing(counted, noSignal)) if (id === 'job-6') break;
    expect(pages).toBe(2);
  });

  it('leaves nothing behind on the signal, and is called off by it', async () => {
    const stop = new AbortController();
    const page = pagesOf(items(40), 1);
    const given: (AbortSignal | undefined)[] = [];
    const listed = listing(
      async (query, { signal }) => {
        // As the `openai` package does.
        signal?.addEventListener('abort', () => {}, { once: true });
        given.push(signal);
        return page(query);
      },
      { signal: stop.signal },
    );
    expect(await idsOf(listed)).toHaveLength(40);
    expect(getEventListeners(stop.signal, 'abort').length).toBeLessThan(10);
    stop.abort();
    expect(given.every((signal) => signal?.aborted)).toBe(true);
  });
});
