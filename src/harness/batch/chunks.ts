/**
 * Requests gathered into files that the server takes: so many requests, so many bytes, one model.
 * Items are read as they are needed, and can be given back to be cut differently.
 */
import { WeighbridgeError } from '../../errors.js';
import type { ChatRequest } from '../client/chat.js';
import { estimatePromptTokens, mostPromptTokens } from '../client/estimate.js';
import { requestLine } from './request-line.js';

export interface BatchItem {
  /** Unique in a stage; the server hands it back with the answer. */
  readonly id: string;
  readonly request: ChatRequest;
}

export interface ChunkLimits {
  readonly requests: number;
  readonly bytes: number;
  /** Of prompts, as we estimate them: servers limit how many tokens may wait. */
  readonly tokens: number;
}

/** https://platform.openai.com/docs/guides/batch: 50,000 requests and 200 MB a file. */
export const openaiLimits: ChunkLimits = {
  requests: 50_000,
  bytes: 200_000_000,
  tokens: Number.POSITIVE_INFINITY,
};

/** What a file of requests will come to. */
export interface ChunkSize {
  readonly model: string;
  readonly requests: number;
  /** As they will probably be counted. */
  readonly promptTokens: number;
  /** As they can be counted at most. */
  readonly mostPromptTokens: number;
  /** As many as the answers may have. */
  readonly mostCompletionTokens: number;
}

export interface Chunk {
  readonly items: readonly BatchItem[];
  readonly bytes: number;
  readonly size: ChunkSize;
}

export interface Chunker {
  /** The next file's items, or null where none are left. */
  next(): Chunk | null;
  /** To be cut again, with all that follows, within other limits. */
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
      // What has gathered meanwhile may not fit them either.
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

/** @throws WeighbridgeError `bad-argument` for a request that is too large for any file */
function measured(item: BatchItem, limits: ChunkLimits): GrowingChunk {
  const { model, messages, maxTokens } = item.request;
  // With the longer of the two names that the limit of tokens may have.
  const bytes = Buffer.byteLength(requestLine(item, 'max_completion_tokens'));
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
    mostCompletionTokens: maxTokens,
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

/** So that they come off in their order. */
function pushAll(stack: BatchItem[], items: readonly BatchItem[]): void {
  for (const item of items.toReversed()) stack.push(item);
}
