/**
 * Jobs and batches at the server (created once, listed, polled) and the files they read.
 *
 * A job costs money, and the server may have created one although its response never arrived: the
 * connection broke, or this process was killed before it stored the id. So an intent is written to
 * the journal before the request. A run that finds an intent, or an attempt that follows one with
 * unknown outcome, searches the server's jobs before it creates one.
 */
import { createHash } from 'node:crypto';
import { WeighbridgeError } from '../errors.js';
import type { Clock } from './client/clock.js';
import type { ApiCall, CallOptions, PageQuery, ServerApi } from './client/server-api.js';

interface Creation<T> {
  readonly what: string;
  /** Finds what an earlier request created; null if nothing. */
  find(api: ServerApi, options: CallOptions): Promise<T | null>;
  create(api: ServerApi, options: CallOptions): Promise<T>;
  /** Called if the server refused, so that later runs need not search for the job. */
  onRefused(): void;
  readonly call: ApiCall;
  readonly signal: AbortSignal | undefined;
}

/**
 * Creates an object once, even under a client that retries: only the first attempt creates without
 * searching.
 */
export async function createOnce<T>(creation: Creation<T>): Promise<T> {
  const { what, find, create, call, signal } = creation;
  let isUncertain = false;
  let refused = false;
  const attempt = async (api: ServerApi, options: CallOptions): Promise<T> => {
    const found = isUncertain ? await find(api, options) : null;
    if (found) return found;
    refused = false;
    try {
      return await create(api, { ...options, maxRetries: 0 });
    } catch (error) {
      refused = isRefusal(error);
      isUncertain ||= !refused;
      throw error;
    }
  };
  try {
    return await call(what, attempt, signal);
  } catch (error) {
    if (refused && !isUncertain) creation.onRefused();
    throw error;
  }
}

/** HTTP status of a failed request; null if there was no response. */
export function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? error.status : null;
  return typeof status === 'number' ? status : null;
}

/** Whether the status means that nothing was created; a timeout or a conflict leaves that open. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500 && status !== 408 && status !== 409;
}

/** The result of a request; null if the server does not know the object (404). */
export async function orMissing<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Whether an object at the server has all of these labels. */
export function hasLabels(
  metadata: Readonly<Record<string, unknown>> | null | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(labels).every(([name, value]) => metadata?.[name] === value);
}

interface Labelled {
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * Finds all objects of a listing that are ours.
 * @returns `isSure` is false if nothing in the listing has labels: the server may not store them,
 * and
 * may have our objects without showing it
 */
export async function findOurs<T extends Labelled>(
  listed: AsyncIterable<T>,
  isOurs: (one: T) => boolean,
): Promise<{ readonly ours: readonly T[]; readonly isSure: boolean }> {
  const ours: T[] = [];
  let withLabels = 0;
  let without = 0;
  for await (const one of listed) {
    if (isOurs(one)) ours.push(one);
    if (Object.keys(one.metadata ?? {}).length > 0) withLabels++;
    else without++;
  }
  return { ours, isSure: ours.length > 0 || withLabels > 0 || without === 0 };
}

export type { PageQuery };

interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
}

const PAGE = 100;
/**
 * Page limit of a listing, a million objects: a longer listing may be endless and would fill the
 * memory.
 */
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

interface Upload {
  readonly name: string;
  readonly text: string;
  readonly purpose: 'fine-tune' | 'batch';
}

/** Uploads a file and returns its id. Uploads are free, so one with a lost response is repeated. */
export async function upload(
  { name, text, purpose }: Upload,
  call: ApiCall,
  signal: AbortSignal | undefined,
): Promise<string> {
  const type = 'application/jsonl';
  const { id } = await call(
    `upload ${name}`,
    (api, options) =>
      api.files.create({ file: new File([text], name, { type }), purpose }, options),
    signal,
  );
  return id;
}

/** SHA-256 in hexadecimal. */
export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export interface Polling {
  readonly clock: Clock;
  readonly pollSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Calls every `pollSeconds` until there is a result. @throws the signal's reason */
export async function poll<T>(
  look: () => Promise<T | null>,
  { clock, pollSeconds, signal }: Polling,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== null) return found;
    await clock.sleep(pollSeconds * 1000, signal);
  }
}
