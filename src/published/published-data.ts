/**
 * Downloads the authors' published data. The package may not include the data, so the first use
 * downloads it from the pinned commit into the user's cache folder. Later uses only verify the
 * checksums and need no network.
 *
 * A file gets its final name only after its size and SHA-256 are verified. Until then it is a
 * hidden partial file; a failed or interrupted run removes its partial files.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import envPaths from 'env-paths';
import { WeighbridgeError } from '../errors.js';
import { getByEnvironment } from '../http/fetch.js';
import { backOffMs, retryAfterMs } from '../http/retry.js';
import {
  PUBLISHED_COMMIT,
  PUBLISHED_FILES,
  PUBLISHED_FOLDER,
  PUBLISHED_REPOSITORY,
  type PublishedFile,
} from './manifest.js';

const DOWNLOADS_AT_ONCE = 4;
const ATTEMPTS = 3;
const LONGEST_WAIT_MS = 30_000;
const STALLED_AFTER_MS = 30_000;
/**
 * Age in milliseconds after which a partial file is abandoned: a live download would have been
 * aborted as stalled long before.
 */
const LEFTOVER_AFTER_MS = 3_600_000;

const BY_HAND = `download https://github.com/${PUBLISHED_REPOSITORY}/tree/${PUBLISHED_COMMIT}/${PUBLISHED_FOLDER} yourself and give --data DIR`;

export interface PublishedProgress {
  /** Name of the file just verified or downloaded. */
  readonly file: string;
  readonly filesDone: number;
  readonly filesTotal: number;
}

export interface FetchPublishedOptions {
  /**
   * Folder for the files.
   * @default publishedCacheFolder()
   */
  readonly folder?: string | undefined;
  /**
   * Base URL of the files.
   * @default publishedBaseUrl()
   */
  readonly baseUrl?: string | undefined;
  /**
   * Files to fetch.
   * @default all files of the manifest
   */
  readonly files?: readonly PublishedFile[] | undefined;
  /** Called after each file, downloaded or already present. */
  readonly onProgress?: ((progress: PublishedProgress) => void) | undefined;
  /**
   * Aborts the downloads and removes partial files; the promise rejects with the signal's reason.
   */
  readonly signal?: AbortSignal | undefined;
  /** Waits between two attempts. */
  readonly wait?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
  /**
   * Jitter of the waits, uniform on [0, 1).
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
  /** Milliseconds of silence after which a connection counts as lost. */
  readonly stalledAfter?: number | undefined;
}

/** State shared by all downloads of one call. */
interface Run {
  readonly folder: string;
  readonly baseUrl: URL;
  readonly signal: AbortSignal;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly stalledAfter: number;
}

/** The reason an attempt failed, in words that end a sentence. */
interface Failure {
  readonly what: string;
  readonly transient: boolean;
  /** The server's `Retry-After`, in milliseconds. */
  readonly retryAfter?: number | null;
  readonly cause?: unknown;
}

/** The cache folder for the pinned commit; another commit has another folder. */
export function publishedCacheFolder(): string {
  return join(envPaths('weighbridge', { suffix: '' }).cache, 'published', PUBLISHED_COMMIT);
}

/** WEIGHBRIDGE_PUBLISHED_URL (for mirrors) if set, otherwise GitHub. */
export function publishedBaseUrl(): string {
  return (
    process.env.WEIGHBRIDGE_PUBLISHED_URL ||
    `https://raw.githubusercontent.com/${PUBLISHED_REPOSITORY}/${PUBLISHED_COMMIT}/${PUBLISHED_FOLDER}/`
  );
}

/**
 * Ensures that the published files are in the cache folder, and returns that folder.
 *
 * @throws WeighbridgeError `download` if a file cannot be downloaded or the folder cannot be
 * written.
 */
export async function fetchPublished(options: FetchPublishedOptions = {}): Promise<string> {
  const { files = PUBLISHED_FILES, folder = publishedCacheFolder(), onProgress, signal } = options;
  signal?.throwIfAborted();
  const baseUrl = parseBaseUrl(options.baseUrl ?? publishedBaseUrl());
  // The first failure aborts the other downloads, and is the one reported.
  const stop = new AbortController();
  const unfollow = follow(signal, stop);
  const run: Run = {
    folder,
    baseUrl,
    signal: stop.signal,
    wait: options.wait ?? waitOnClock,
    random: options.random ?? Math.random,
    stalledAfter: options.stalledAfter ?? STALLED_AFTER_MS,
  };
  await removeLeftovers(folder);

  const queue = files.values();
  let filesDone = 0;
  const work = async () => {
    try {
      for (const file of queue) {
        run.signal.throwIfAborted();
        if (!(await isIntact(file, run))) await download(file, run);
        filesDone += 1;
        onProgress?.({ file: file.name, filesDone, filesTotal: files.length });
      }
    } catch (error) {
      stop.abort(error);
    }
  };
  // None of these rejects: each cleans up before the failure is thrown.
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, work));
  unfollow();
  stop.signal.throwIfAborted();
  return folder;
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The message omits the address, which may contain a password.
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new WeighbridgeError(
      'download',
      'The address of the published data (WEIGHBRIDGE_PUBLISHED_URL) must be an http or https URL without user name and password',
    );
  }
  // Without the slash, URL resolution would replace the last segment.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

async function waitOnClock(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal });
}

/** Removes partial files of killed runs. Best effort: its own failures are ignored. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((candidate) => /^\..*\.partial$/.test(candidate))) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || Date.now() - found.mtimeMs < LEFTOVER_AFTER_MS) continue;
    await rm(path, { force: true }).catch(() => {});
  }
}

/** An unreadable file counts as missing: the error, if any, appears when it is written again. */
async function isIntact(file: PublishedFile, run: Run): Promise<boolean> {
  const path = join(run.folder, file.name);
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size !== file.bytes) return false;
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { signal: run.signal })) hash.update(chunk);
    return hash.digest('hex') === file.sha256;
  } catch {
    run.signal.throwIfAborted();
    return false;
  }
}

async function download(file: PublishedFile, run: Run): Promise<void> {
  const url = new URL(encodeURIComponent(file.name), run.baseUrl);
  for (let attempt = 1; ; attempt += 1) {
    const failure = await tryDownload(file, url, run);
    if (!failure) return;
    if (!failure.transient || attempt === ATTEMPTS) {
      const tries = attempt > 1 ? ` (${attempt} attempts)` : '';
      throw new WeighbridgeError(
        'download',
        `Could not download ${file.name} from ${url}: ${failure.what}${tries}; check the network, or ${BY_HAND}`,
        { cause: failure.cause },
      );
    }
    const asked = failure.retryAfter ?? backOffMs(attempt, run.random);
    await run.wait(Math.min(asked, LONGEST_WAIT_MS), run.signal);
  }
}

/** One attempt. Returns a network failure; throws on a folder failure or an abort. */
async function tryDownload(file: PublishedFile, url: URL, run: Run): Promise<Failure | undefined> {
  // The name is unique across processes and calls.
  const partial = join(run.folder, `.${file.name}.${process.pid}.${randomUUID()}.partial`);
  try {
    await inFolder(run, () => mkdir(run.folder, { recursive: true }));
    const failure = await fetchInto(partial, file, url, run);
    if (failure) return failure;
    run.signal.throwIfAborted();
    await inFolder(run, () => moveIntoPlace(partial, file, run));
    return undefined;
  } finally {
    await rm(partial, { force: true }).catch(() => {});
  }
}

async function fetchInto(
  partial: string,
  file: PublishedFile,
  url: URL,
  run: Run,
): Promise<Failure | undefined> {
  // Opened before the request, so that an unwritable folder causes no traffic.
  const output = await inFolder(run, () => open(partial, 'wx'));
  const connection = watchConnection(run);
  try {
    const response = await getByEnvironment(url, { signal: connection.signal });
    if (response.ok) return await writeBody(file, response, output, connection, run);
    await response.body?.cancel();
    return refusal(response);
  } catch (error) {
    run.signal.throwIfAborted();
    if (error instanceof WeighbridgeError) throw error;
    const cause = connection.signal.aborted ? connection.signal.reason : error;
    return { what: rootMessage(cause), transient: true, cause };
  } finally {
    connection.release();
    await inFolder(run, () => output.close());
  }
}

function refusal({ status, statusText, headers }: Response): Failure {
  return {
    what: `the server answered ${`${status} ${statusText}`.trim()}`,
    transient: status >= 500 || status === 408 || status === 429,
    retryAfter: retryAfterMs(headers),
  };
}

async function writeBody(
  file: PublishedFile,
  response: Response,
  output: FileHandle,
  connection: Connection,
  run: Run,
): Promise<Failure | undefined> {
  const hash = createHash('sha256');
  let bytes = 0;
  // Readable watches the signal itself, because fetch alone may ignore an abort during the body.
  const body: AsyncIterable<Uint8Array> = response.body
    ? Readable.fromWeb(response.body, { signal: connection.signal })
    : Readable.from([]);
  for await (const chunk of body) {
    connection.heard();
    hash.update(chunk);
    bytes += chunk.length;
    // A wrong address may send an endless response.
    if (bytes > file.bytes) break;
    await inFolder(run, () => output.appendFile(chunk));
  }
  return mismatch(file, bytes, hash.digest('hex'));
}

function mismatch(file: PublishedFile, bytes: number, sha256: string): Failure | undefined {
  if (bytes !== file.bytes) {
    const found = bytes > file.bytes ? 'more' : `${bytes}`;
    return { what: `expected ${file.bytes} bytes, found ${found}`, transient: true };
  }
  if (sha256 !== file.sha256) {
    return { what: `expected SHA-256 ${file.sha256}, found ${sha256}`, transient: true };
  }
  return undefined;
}

/**
 * Windows cannot replace a file that another run is reading; in that case, the existing file is
 * used.
 */
async function moveIntoPlace(partial: string, file: PublishedFile, run: Run): Promise<void> {
  try {
    await rename(partial, join(run.folder, file.name));
  } catch (error) {
    if (!(await isIntact(file, run))) throw error;
  }
}

/** Separates disk failures, which retries do not fix, from network failures. */
async function inFolder<Result>(run: Run, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    run.signal.throwIfAborted();
    throw new WeighbridgeError(
      'download',
      `Cannot write the published data to the cache folder ${run.folder}: ${rootMessage(error)}; make the folder writable, or ${BY_HAND}`,
      { cause: error },
    );
  }
}

interface Connection {
  /** Aborts with the run, or if the connection is silent for too long. */
  readonly signal: AbortSignal;
  /** Resets the silence timer; called when bytes arrive. */
  heard(): void;
  release(): void;
}

function watchConnection(run: Run): Connection {
  const controller = new AbortController();
  const unfollow = follow(run.signal, controller);
  const stalled = () =>
    controller.abort(new Error(`no bytes came for ${run.stalledAfter / 1000} s`));
  let timer = setTimeout(stalled, run.stalledAfter);
  return {
    signal: controller.signal,
    heard: () => {
      clearTimeout(timer);
      timer = setTimeout(stalled, run.stalledAfter);
    },
    release: () => {
      clearTimeout(timer);
      unfollow();
    },
  };
}

/** Makes a signal abort a controller; returns a function that stops this. */
function follow(signal: AbortSignal | undefined, controller: AbortController): () => void {
  const pass = () => controller.abort(signal?.reason);
  if (signal?.aborted) pass();
  signal?.addEventListener('abort', pass, { once: true });
  return () => signal?.removeEventListener('abort', pass);
}

/** The innermost cause on one line, because fetch itself only says 'fetch failed'. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return rootMessage(error.cause);
  const code = 'code' in error ? String(error.code) : error.name;
  return (error.message || code).replaceAll(/\s+/g, ' ');
}
