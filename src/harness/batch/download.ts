/**
 * The lines of a file at the server, as they arrive: a file of answers may be hundreds of megabytes.
 * Where the connection breaks, or the file ends before its end, it is asked for once more and read
 * on after the last line.
 */
import { WeighbridgeError } from '../../errors.js';
import type { ApiCall } from '../client/api-call.js';
import { LONGEST_ANSWER } from '../client/door.js';
import { isTooHeavy } from '../client/json.js';
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
 * What a line is cut to that is longer than any answer, or that would take too long to parse: too
 * little to be read, so that its item counts as one without an answer.
 */
const UNREADABLE_LINE = 200;

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
  const line = growingLine();
  try {
    for await (const piece of text) {
      end.bytes += Buffer.byteLength(piece);
      let start = 0;
      for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', start)) {
        line.add(piece.slice(start, at));
        yield line.take();
        start = at + 1;
      }
      line.add(piece.slice(start));
    }
  } catch {
    end.isBroken = true;
  }
  end.unfinished = line.take();
}

/** A line that comes in pieces, which are put together once. */
function growingLine() {
  let pieces: string[] = [];
  let length = 0;
  return {
    add(piece: string): void {
      length += piece.length;
      // A longer formula is shown by its beginning.
      if (length <= LONGEST_ANSWER) pieces.push(piece);
      else pieces = [(pieces[0] ?? piece).slice(0, UNREADABLE_LINE)];
    },
    take(): string {
      const text = pieces.join('');
      const isReadable = length <= LONGEST_ANSWER && !isTooHeavy(text);
      pieces = [];
      length = 0;
      return isReadable ? text : text.slice(0, UNREADABLE_LINE);
    },
  };
}
