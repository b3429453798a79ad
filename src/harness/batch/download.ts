/**
 * The lines of a file at the server, as they arrive: a file of answers may be hundreds of megabytes.
 * Where the connection breaks, or the file ends before its end, it is asked for once more and read
 * on after the last line.
 */
import { WeighbridgeError } from '../../errors.js';
import type { ApiCall } from '../client/api-call.js';
import { orMissing } from '../jobs/create-once.js';

export interface DownloadOptions {
  readonly call: ApiCall;
  readonly signal: AbortSignal | undefined;
  /** The server does not know the file: throws, or lets it count as empty. */
  readonly ifGone: () => void;
}

/** So many times in a row without one more line. */
const MOST_BREAKS = 5;

/** @throws WeighbridgeError `server` */
export async function* fileLines(
  fileId: string,
  { call, signal, ifGone }: DownloadOptions,
): AsyncGenerator<string, void, undefined> {
  const file = await call(
    `look at ${fileId}`,
    (api, options) => orMissing(api.files.retrieve(fileId, options)),
    signal,
  );
  let told = 0;
  for (let breaks = 1; breaks <= MOST_BREAKS; breaks++) {
    const response = file && (await download(fileId, call, signal));
    if (!response) return ifGone();
    const end: DownloadEnd = { isBroken: false, bytes: 0, unfinished: '' };
    let line = 0;
    for await (const text of linesOf(response, signal, end)) {
      if (line++ < told) continue;
      told++;
      breaks = 0;
      yield text;
    }
    signal?.throwIfAborted();
    // A proxy may cut a file short and call it whole; but a size may also be told wrongly.
    const isWhole = !end.isBroken && end.bytes >= (file.bytes ?? 0);
    if (isWhole || (!end.isBroken && breaks === MOST_BREAKS)) {
      if (end.unfinished !== '') yield end.unfinished;
      return;
    }
  }
  throw new WeighbridgeError(
    'server',
    `the download of ${fileId} broke off ${MOST_BREAKS} times after line ${told}`,
  );
}

function download(
  fileId: string,
  call: ApiCall,
  signal: AbortSignal | undefined,
): Promise<Response | null> {
  return call(
    `download ${fileId}`,
    (api, options) => orMissing(api.files.content(fileId, options)),
    signal,
  );
}

interface DownloadEnd {
  isBroken: boolean;
  bytes: number;
  /** What came after the last line end. */
  unfinished: string;
}

/**
 * Whole lines only. Node's readline would also end a line at U+2028, which JSON allows within a
 * string.
 */
async function* linesOf(
  { body }: Response,
  signal: AbortSignal | undefined,
  end: DownloadEnd,
): AsyncGenerator<string, void, undefined> {
  if (!body) return;
  // The client watches over a response until its headers are there; from then on it is our turn.
  const calledOff = signal ? { signal } : {};
  const text = body.pipeThrough(new TextDecoderStream(), calledOff);
  try {
    for await (const piece of text) {
      end.bytes += Buffer.byteLength(piece);
      const lines = (end.unfinished + piece).split('\n');
      end.unfinished = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    end.isBroken = true;
  }
}
