/**
 * The lines of a file at the server, streamed because a file of answers may have hundreds of
 * megabytes. If the connection breaks, or the file is cut short, it is downloaded again and
 * continued after the last line.
 */
import { isTooHeavy } from '../../checks/json.js';
import { WeighbridgeError } from '../../errors.js';
import { LONGEST_ANSWER } from '../client/sanitize.js';
import type { ApiCall } from '../client/server-api.js';
import { orMissing } from '../server-jobs.js';

interface DownloadOptions {
  readonly call: ApiCall;
  readonly signal: AbortSignal | undefined;
  /** Called if the server does not have the file: throws, or returns to treat it as empty. */
  readonly ifGone: () => void;
}

/** Maximum consecutive breaks without a new line. */
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
  let yielded = 0;
  for (let breaks = 1; breaks <= MOST_BREAKS; breaks++) {
    const response = file && (await download(fileId, call, signal));
    if (!response) return ifGone();
    const end: DownloadEnd = { isBroken: false, bytes: 0, unfinished: '' };
    let line = 0;
    for await (const text of linesOf(response, signal, end)) {
      if (line++ < yielded) continue;
      yielded++;
      breaks = 0;
      yield text;
    }
    signal?.throwIfAborted();
    // A proxy may cut a file short without an error; but the stated size may also be wrong.
    const isWhole = !end.isBroken && end.bytes >= (file.bytes ?? 0);
    if (isWhole || (!end.isBroken && breaks === MOST_BREAKS)) {
      if (end.unfinished !== '') yield end.unfinished;
      return;
    }
  }
  throw new WeighbridgeError(
    'server',
    `the download of ${fileId} broke off ${MOST_BREAKS} times after line ${yielded}`,
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
  /** Text after the last line end. */
  unfinished: string;
}

/**
 * Length to which an excessively long line is cut; its item then counts as one without an answer.
 */
const UNREADABLE_LINE = 200;

/** Complete lines. Node's readline also ends a line at U+2028, which JSON allows within a string. */
async function* linesOf(
  { body }: Response,
  signal: AbortSignal | undefined,
  end: DownloadEnd,
): AsyncGenerator<string, void, undefined> {
  if (!body) return;
  // The client's time limit ends when the headers arrive.
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

/** Joins the pieces of a line. */
function growingLine() {
  let pieces: string[] = [];
  let length = 0;
  return {
    add(piece: string): void {
      length += piece.length;
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
