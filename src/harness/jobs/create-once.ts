/**
 * To create something that costs money, once. The server may have made a job whose answer never
 * reached us: the connection broke, or this process was killed before it wrote the id down. So an
 * intent goes into the journal before the request, and whoever is left with an intent, or tries
 * again after an attempt that ended in the dark, looks among the server's jobs before making one.
 */
import type { ApiCall } from '../client/api-call.js';
import type { CallOptions, ServerApi } from '../client/server-api.js';

export interface Creation<T> {
  readonly what: string;
  /** What an earlier request has made, or null. */
  find(api: ServerApi, options: CallOptions): Promise<T | null>;
  create(api: ServerApi, options: CallOptions): Promise<T>;
  /** The server said no, so that there is nothing to look for later. */
  refused(): void;
  readonly call: ApiCall;
  readonly signal: AbortSignal | undefined;
}

/** Safe under a client that tries again: only the first attempt creates without looking. */
export async function createOnce<T>(creation: Creation<T>): Promise<T> {
  const { what, find, create, call, signal } = creation;
  let inTheDark = false;
  let refused = false;
  const attempt = async (api: ServerApi, options: CallOptions): Promise<T> => {
    const found = inTheDark ? await find(api, options) : null;
    if (found) return found;
    refused = false;
    try {
      return await create(api, { ...options, maxRetries: 0 });
    } catch (error) {
      refused = isRefusal(error);
      inTheDark ||= !refused;
      throw error;
    }
  };
  try {
    return await call(what, attempt, signal);
  } catch (error) {
    if (refused && !inTheDark) creation.refused();
    throw error;
  }
}

/** HTTP status of a failed request; null where no response came. */
export function statusOf(error: unknown): number | null {
  const status = error instanceof Error && 'status' in error ? error.status : null;
  return typeof status === 'number' ? status : null;
}

/** A status that says that nothing was made; a timeout or a conflict leaves it open. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500 && status !== 408 && status !== 409;
}

/** The result of a request, or null where the server does not know (404) what was asked for. */
export async function orMissing<T>(request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** True where an object at the server carries all of these labels. */
export function carries(
  metadata: Readonly<Record<string, unknown>> | null | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(labels).every(([name, value]) => metadata?.[name] === value);
}

interface Labelled {
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * All of a listing that are ours, for a journal that cannot tell.
 * @returns `isSure` false where the server may have ours without showing it: what it lists has no
 *   labels at all, so that it may not keep any
 */
export async function lookThrough<T extends Labelled>(
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
