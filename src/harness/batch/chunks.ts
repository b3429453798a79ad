/**
 * Groups requests into files that the server accepts: limited in requests and bytes, one model
 * each. Items are read as needed, and can be returned to be divided differently.
 */
import { WeighbridgeError } from '../../errors.js';
import { type ChatRequest, mostCompletionTokens, mostPromptTokens } from '../client/chat.js';
import type { Parameter } from '../client/parameters.js';
import { estimatePromptTokens } from '../prompt-tokens.js';
import { requestLine } from './request-line.js';

export interface BatchItem {
  /** Unique in a stage; the server returns it with the answer. */
  readonly id: string;
  readonly request: ChatRequest;
}

export interface ChunkLimits {
  readonly requests: number;
  readonly bytes: number;
  /** Estimated tokens of the prompts: servers limit the tokens in their queue. */
  readonly tokens: number;
}

/** https://platform.openai.com/docs/guides/batch: 50,000 requests and 200 MB per file. */
export const openaiLimits: ChunkLimits = {
  requests: 50_000,
  bytes: 200_000_000,
  tokens: Number.POSITIVE_INFINITY,
};

/** The estimated size of a file of requests. */
export interface ChunkSize {
  readonly model: string;
  readonly requests: number;
  /** Likely tokens of the prompts. */
  readonly promptTokens: number;
  /** Upper bound of the tokens of the prompts. */
  readonly mostPromptTokens: number;
  /** Upper bound of the tokens of the answers. */
  readonly mostCompletionTokens: number;
}

export interface Chunk {
  readonly items: readonly BatchItem[];
  readonly bytes: number;
  readonly size: ChunkSize;
}

export interface Chunker {
  /** The items of the next file; null if none are left. */
  next(): Chunk | null;
  /** Returns items, to be divided again, with all that follow, under other limits. */
  giveBack(items: readonly BatchItem[], limits: ChunkLimits): void;
}

export function chunker(items: Iterable<BatchItem>, startLimits: ChunkLimits): Chunker {
  let limits = startLimits;
  const source = items[Symbol.iterator]();
  /** Last in, first out. */
  const returned: BatchItem[] = [];
  const growing = new Map<string, GrowingChunk>();
  const read = (): BatchItem | null => {
    const back = returned.pop();
    if (back) return back;
    const { done, value } = source.next();
    return done ? null : value;
  };
  return {
    next: () => {
      for (let item = read(); item; item = read()) {
        const { model } = item.request;
        const one = measured(item, limits);
        const chunk = growing.get(model);
        if (chunk && fits(chunk, one, limits)) {
          add(chunk, one);
        } else {
          growing.set(model, one);
          if (chunk) return chunk;
        }
      }
      const [leftover] = growing.values();
      if (!leftover) return null;
      growing.delete(leftover.size.model);
      return leftover;
    },
    giveBack: (items, newLimits) => {
      limits = newLimits;
      // Files gathered meanwhile may not fit either.
      for (const { items: gathered } of growing.values()) pushAll(returned, gathered);
      growing.clear();
      pushAll(returned, items);
    },
  };
}

interface GrowingChunk {
  readonly items: BatchItem[];
  bytes: number;
  readonly size: { -readonly [K in keyof ChunkSize]: ChunkSize[K] };
}

/** Measured with the longer of the two names of the token limit, and all else. */
const LONGEST: ReadonlySet<Parameter> = new Set<Parameter>(['max_tokens']);

/** @throws WeighbridgeError `bad-argument` for a request that is too large for any file */
function measured(item: BatchItem, limits: ChunkLimits): GrowingChunk {
  const { model, messages } = item.request;
  const bytes = Buffer.byteLength(requestLine(item, LONGEST));
  if (bytes > limits.bytes) {
    throw new WeighbridgeError(
      'bad-argument',
      `batch request '${item.id}' has ${bytes} bytes, expected at most ${limits.bytes}`,
    );
  }
  const size = {
    model,
    requests: 1,
    promptTokens: estimatePromptTokens(messages),
    mostPromptTokens: mostPromptTokens(messages),
    mostCompletionTokens: mostCompletionTokens(item.request),
  };
  return { items: [item], bytes, size };
}

function fits({ bytes, size }: Chunk, one: Chunk, limits: ChunkLimits): boolean {
  return (
    size.requests + 1 <= limits.requests &&
    bytes + one.bytes <= limits.bytes &&
    size.promptTokens + one.size.promptTokens <= limits.tokens
  );
}

function add(chunk: GrowingChunk, one: Chunk): void {
  chunk.items.push(...one.items);
  chunk.bytes += one.bytes;
  chunk.size.requests++;
  chunk.size.promptTokens += one.size.promptTokens;
  chunk.size.mostPromptTokens += one.size.mostPromptTokens;
  chunk.size.mostCompletionTokens += one.size.mostCompletionTokens;
}

/** Pushed in reverse, so that they are popped in their original order. */
function pushAll(stack: BatchItem[], items: readonly BatchItem[]): void {
  for (const item of items.toReversed()) stack.push(item);
}
