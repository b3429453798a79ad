/** Files of requests: within every limit, of one model, with nothing lost and nothing twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BatchItem,
  type Chunk,
  type ChunkLimits,
  chunker,
} from '../../../src/harness/batch/chunks.js';
import { requestLine } from '../../../src/harness/batch/request-line.js';
import { chatRequest } from '../client/support.js';

const models = ['gpt-4o', 'gpt-4o-mini', 'llama'];
const requests = fc.array(
  fc.record({ model: fc.constantFrom(...models), words: fc.integer({ min: 0, max: 30 }) }),
  { maxLength: 40 },
);
const limits = fc.record({
  requests: fc.integer({ min: 1, max: 12 }),
  bytes: fc.integer({ min: 700, max: 3000 }),
  tokens: fc.integer({ min: 20, max: 200 }),
});

function itemOf({ model, words }: { model: string; words: number }, i: number): BatchItem {
  const messages = [{ role: 'user' as const, content: 'word '.repeat(words) }];
  return { id: `${i}`, request: chatRequest({ model, messages }) };
}

const idsOf = (chunks: readonly Chunk[]) =>
  chunks.flatMap(({ items }) => items.map(({ id }) => id));
const bytesOf = ({ items }: Chunk) =>
  Buffer.byteLength(items.map((item) => requestLine(item, new Set())).join(''));

const asList = (chunk: Chunk | null) => (chunk ? [chunk] : []);

function keepsTo(chunk: Chunk, now: ChunkLimits): void {
  expect(chunk.items.length).toBeLessThanOrEqual(now.requests);
  expect(bytesOf(chunk)).toBeLessThanOrEqual(now.bytes);
  // A request that is longer than the limit by itself goes alone.
  if (chunk.items.length > 1) expect(chunk.size.promptTokens).toBeLessThanOrEqual(now.tokens);
  const own = new Set(chunk.items.map(({ request }) => request.model));
  expect(own).toEqual(new Set([chunk.size.model]));
}

describe('chunks', () => {
  it('keep every limit, also one that shrinks while some are given back', () => {
    fc.assert(
      fc.property(
        requests,
        fc.array(limits, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(3), { maxLength: 12 }),
        (asked, ever, takes) => {
          const chunks = chunker(asked.map(itemOf), ever[0]);
          const sent: Chunk[] = [];
          const take = (now: ChunkLimits) => {
            const chunk = chunks.next();
            if (chunk) keepsTo(chunk, now);
            return chunk;
          };
          // So many chunks are sent, then one is given back and the limits change.
          ever.forEach((now, i) => {
            for (let left = takes[i] ?? 0; left > 0; left--) sent.push(...asList(take(now)));
            const back = take(now);
            if (back) chunks.giveBack(back.items, ever[i + 1] ?? now);
          });
          const last = ever.at(-1) ?? ever[0];
          for (let chunk = take(last); chunk; chunk = take(last)) sent.push(chunk);
          expect(idsOf(sent).sort()).toEqual(asked.map((_, i) => `${i}`).sort());
        },
      ),
      { seed: 71, numRuns: 300 },
    );
  });

  it('are as full as they can be, and keep the order of each model', () => {
    fc.assert(
      fc.property(requests, limits, (asked, all) => {
        const chunks = chunker(asked.map(itemOf), all);
        const sent: Chunk[] = [];
        for (let chunk = chunks.next(); chunk; chunk = chunks.next()) sent.push(chunk);
        for (const model of models) {
          const own = sent.filter(({ size }) => size.model === model);
          const wanted = asked.flatMap((one, i) => (one.model === model ? [`${i}`] : []));
          expect(idsOf(own)).toEqual(wanted);
          own.slice(1).forEach((next, i) => {
            const more = [...(own[i]?.items ?? []), ...next.items.slice(0, 1)];
            expect(chunker(more, all).next()?.items.length).toBeLessThan(more.length);
          });
        }
      }),
      { seed: 72 },
    );
  });

  it('add up what their requests will come to', () => {
    const items = [3, 10, 25].map((words) => itemOf({ model: 'gpt-4o', words }, words));
    const unlimited = { requests: 50, bytes: 1e6, tokens: 1e6 };
    const one = (item: BatchItem) => chunker([item], unlimited).next()?.size;
    const sizes = items.map(one);
    const sum = (of: 'promptTokens' | 'mostPromptTokens' | 'mostCompletionTokens') =>
      sizes.reduce((total, size) => total + (size?.[of] ?? Number.NaN), 0);
    expect(chunker(items, unlimited).next()?.size).toEqual({
      model: 'gpt-4o',
      requests: 3,
      promptTokens: sum('promptTokens'),
      mostPromptTokens: sum('mostPromptTokens'),
      mostCompletionTokens: 15,
    });
  });
});
