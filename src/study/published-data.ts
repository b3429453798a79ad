/**
 * Brings the authors' published data onto this machine. The package may not carry the data, so the
 * first use downloads it from the pinned commit into the cache folder of the user's account, and
 * every later use only checks the sums of what is there and needs no network.
 *
 * A file stands under its own name only after its size and SHA-256 have been found right: until
 * then it is a hidden partial file, and a failed or interrupted run takes its partial files away.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import envPaths from 'env-paths';
import { WeighbridgeError } from '../errors.js';
import {
  PUBLISHED_COMMIT,
  PUBLISHED_FILES,
  PUBLISHED_FOLDER,
  PUBLISHED_REPOSITORY,
  type PublishedFile,
} from './published-manifest.js';

const DOWNLOADS_AT_ONCE = 4;
const ATTEMPTS = 3;
const FIRST_WAIT_MS = 500;
const LONGEST_RETRY_AFTER_MS = 30_000;
const STALLED_AFTER_MS = 30_000;
/** A live download would have been given up as stalled long before its file grew this old. */
const LEFTOVER_AFTER_MS = 3_600_000;

const BY_HAND = `download https://github.com/${PUBLISHED_REPOSITORY}/tree/${PUBLISHED_COMMIT}/${PUBLISHED_FOLDER} yourself and give --data DIR`;

export interface PublishedProgress {
  /** Name of the file that has just been found intact or downloaded. */
  readonly file: string;
  readonly filesDone: number;
  readonly filesTotal: number;
}

export interface FetchPublishedOptions {
  /** Where the files are kept; `publishedCacheFolder()` unless told. */
  readonly folder?: string | undefined;
  /** Folder of the files on the web; `publishedBaseUrl()` unless told. */
  readonly baseUrl?: string | undefined;
  /** Which files; all of the manifest unless told. */
  readonly files?: readonly PublishedFile[] | undefined;
  /** Called after each file, downloaded or already there. */
  readonly onProgress?: ((progress: PublishedProgress) => void) | undefined;
  /** Gives up and leaves no partial file; the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Waits between two attempts. */
  readonly wait?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
  /** Silence after which a connection counts as lost, in milliseconds. */
  readonly stalledAfter?: number | undefined;
}

/** What all downloads of one call share. */
interface Run {
  readonly folder: string;
  readonly baseUrl: URL;
  readonly signal: AbortSignal;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly stalledAfter: number;
}

/** Why an attempt brought no file, in words that end a sentence. */
interface Failure {
  readonly what: string;
  readonly transient: boolean;
  /** The server's own wish, in milliseconds. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/** The folder of this commit in the user's cache: another commit would be another folder. */
export function publishedCacheFolder(): string {
  return join(envPaths('weighbridge', { suffix: '' }).cache, 'published', PUBLISHED_COMMIT);
}

/** WEIGHBRIDGE_PUBLISHED_URL, for mirrors, or else GitHub. */
export function publishedBaseUrl(): string {
  return (
    process.env.WEIGHBRIDGE_PUBLISHED_URL ||
    `https://raw.githubusercontent.com/${PUBLISHED_REPOSITORY}/${PUBLISHED_COMMIT}/${PUBLISHED_FOLDER}/`
  );
}

/**
 * Makes sure that the published files are in the cache folder, and returns that folder.
 *
 * @throws WeighbridgeError `download` where a file cannot be had or the folder cannot be written.
 */
export async function fetchPublished(options: FetchPublishedOptions = {}): Promise<string> {
  const { files = PUBLISHED_FILES, folder = publishedCacheFolder(), onProgress, signal } = options;
  signal?.throwIfAborted();
  const baseUrl = parseBaseUrl(options.baseUrl ?? publishedBaseUrl());
  // The first failure stops the other downloads, and is the one that is told.
  const stop = new AbortController();
  const unfollow = follow(signal, stop);
  const run: Run = {
    folder,
    baseUrl,
    signal: stop.signal,
    wait: options.wait ?? waitOnClock,
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
  // None of these rejects: each has tidied up after itself before the failure is thrown.
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, work));
  unfollow();
  stop.signal.throwIfAborted();
  return folder;
}

function parseBaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The address is not repeated here: it may hold the password that it is refused for.
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new WeighbridgeError(
      'download',
      'The address of the published data (WEIGHBRIDGE_PUBLISHED_URL) must be an http or https URL without user name and password',
    );
  }
  // Without the slash, the last segment would be taken for a file and replaced.
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

async function waitOnClock(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { signal });
}

/** Removes what killed runs left behind. Nobody depends on it, so its own failures are no news. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((candidate) => /^\..*\.partial$/.test(candidate))) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || Date.now() - found.mtimeMs < LEFTOVER_AFTER_MS) continue;
    await rm(path, { force: true }).catch(() => {});
  }
}

/** A file that cannot be read is as good as none: writing it anew will tell what is wrong. */
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
    await run.wait(failure.retryAfter ?? FIRST_WAIT_MS * 2 ** (attempt - 1), run.signal);
  }
}

/** One attempt. A failure of the network is returned, one of the folder or an abort is thrown. */
async function tryDownload(file: PublishedFile, url: URL, run: Run): Promise<Failure | undefined> {
  // No other process and no other call in this one writes to a file of this name.
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
  // Opened before the server is asked: a folder that cannot be written costs no traffic.
  const output = await inFolder(run, () => open(partial, 'wx'));
  const connection = watchConnection(run);
  try {
    const response = await fetch(url, { signal: connection.signal });
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
    retryAfter: retryAfter(headers.get('retry-after')),
  };
}

/** The header's seconds or date, in milliseconds from now, within reason; undefined without one. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const wished = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  if (Number.isNaN(wished)) return undefined;
  return Math.min(Math.max(wished, 0), LONGEST_RETRY_AFTER_MS);
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
  // Readable watches the signal by itself: fetch alone may lose sight of it during the body.
  const body: AsyncIterable<Uint8Array> = response.body
    ? Readable.fromWeb(response.body, { signal: connection.signal })
    : Readable.from([]);
  for await (const chunk of body) {
    connection.heard();
    hash.update(chunk);
    bytes += chunk.length;
    // A wrong address may answer without end.
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

/** Windows refuses to replace a file that another run is just reading: then that one will do. */
async function moveIntoPlace(partial: string, file: PublishedFile, run: Run): Promise<void> {
  try {
    await rename(partial, join(run.folder, file.name));
  } catch (error) {
    if (!(await isIntact(file, run))) throw error;
  }
}

/** Tells failures of the disk, which no further attempt mends, from those of the network. */
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
  /** Aborts with the run, or when the connection has been silent for too long. */
  readonly signal: AbortSignal;
  /** Bytes have come. */
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

/** Lets a signal abort a controller; returns the way to end that. */
function follow(signal: AbortSignal | undefined, controller: AbortController): () => void {
  const pass = () => controller.abort(signal?.reason);
  if (signal?.aborted) pass();
  signal?.addEventListener('abort', pass, { once: true });
  return () => signal?.removeEventListener('abort', pass);
}

/** The innermost cause on one line: fetch itself only says 'fetch failed'. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return rootMessage(error.cause);
  const code = 'code' in error ? String(error.code) : error.name;
  return (error.message || code).replaceAll(/\s+/g, ' ');
}
