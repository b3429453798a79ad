/**
 * How requests travel. Undici's `fetch`, which Node has built in, takes most of the processor's
 * time of a small request (0.30 of 0.45 ms, the `openai` package included); the same request over
 * `node:http` and its pool of connections takes a sixth of that. So a chat completion, text out and
 * text in, goes that way, and all else, uploads and downloads, through `fetch`.
 */
import http from 'node:http';
import https from 'node:https';
import { beyondLimit, type Door, LONGEST_ANSWER, LONGEST_ERROR } from './door.js';

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface Transport {
  /** For everything. */
  readonly fetch: Fetch;
  /** For text out and text in: the body of its response is read with `textOf` and not otherwise. */
  readonly fetchText: Fetch;
  textOf(response: Response): Promise<string>;
  /** Closes connections that are kept for the next request. */
  close(): void;
}

/** As many as can be in flight: a connection that is closed has to be made anew. */
const MOST_IDLE = 1024;

/** @param own a `fetch` to be used for everything instead */
export function openTransport(baseURL: string, door: Door, own?: Fetch): Transport {
  const secure = baseURL.startsWith('https:');
  const agent = new (secure ? https : http).Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE });
  const send = secure ? https.request : http.request;
  // Kept beside the response: a body that is read through a stream costs as much as the request.
  const texts = new WeakMap<Response, string>();

  const viaHttp: Fetch = async (input, init = {}) => {
    const { status, rawHeaders, text } = await exchange(send, agent, String(input), init).catch(
      (error: unknown) => {
        if (!(error instanceof StaleConnection)) throw error;
        return exchange(send, false, String(input), init);
      },
    );
    // `Response` takes no others, and no server has a use for them.
    if (status < 200 || status > 599) throw new Error(`HTTP status ${status}`);
    const headers = headersOf(rawHeaders);
    if (status > 299) return door.error(new Response(text || null, { status, headers }));
    const response = new Response(null, { status, headers });
    texts.set(response, door.chat(text));
    return response;
  };
  // Looked up when it is used, so that it can be replaced from outside.
  const anywhere: Fetch = own ?? ((input, init) => fetch(input, init));
  const viaFetch: Fetch = async (input, init = {}) => {
    const response = await withinOrigin(anywhere, String(input), init);
    if (!response.ok) return door.error(response);
    return isFileContent(String(input)) ? door.file(response) : door.answer(response);
  };
  const textViaOwn: Fetch = async (input, init) => {
    const response = await anywhere(input, { ...init, redirect: 'manual' });
    return response.ok ? response : door.error(response);
  };

  return {
    fetch: viaFetch,
    fetchText: own ? textViaOwn : viaHttp,
    textOf: async (response) => texts.get(response) ?? door.chat(await response.text()),
    close: () => agent.destroy(),
  };
}

function isFileContent(url: string): boolean {
  return new URL(url).pathname.endsWith('/content');
}

const MOST_REDIRECTS = 5;

/**
 * Follows redirects to the same scheme, host and port, for a server may want a slash at the end of
 * a path. One that leads elsewhere is the answer: a file or the name of a model must not be sent
 * where nobody wanted it.
 */
async function withinOrigin(send: Fetch, url: string, init: RequestInit): Promise<Response> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const response = await send(at, { ...init, redirect: 'manual' });
    const { status } = response;
    const location = response.headers.get('location');
    const keepsMethod = status === 307 || status === 308;
    const isRedirect = keepsMethod || (status >= 301 && status <= 303);
    if (!isRedirect || location === null || redirects === MOST_REDIRECTS) return response;
    if (!keepsMethod && (init.method ?? 'GET').toUpperCase() !== 'GET') return response;
    if (!URL.canParse(location, at)) return response;
    const next = new URL(location, at);
    if (next.origin !== new URL(at).origin) return response;
    await response.body?.cancel();
    at = next.href;
  }
}

interface Exchanged {
  readonly status: number;
  /** Names and values in turn, as Node's parser gives them. */
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

/**
 * A connection that was kept for the next request and that the server had closed meanwhile: the
 * request did not get through, and is sent again on a new one.
 */
class StaleConnection extends Error {}

/** A server that works for longer than this before it breaks the connection did get the request. */
const STALE_WITHIN_MS = 1000;

function exchange(
  send: typeof http.request,
  agent: http.Agent | false,
  url: string,
  init: RequestInit,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const body = String(init.body ?? '');
    const headers = Object.fromEntries(
      init.headers instanceof Headers ? init.headers : new Headers(init.headers),
    );
    // No compression: answers are short, and nobody here would unpack them.
    headers['accept-encoding'] = 'identity';
    headers['content-length'] = String(Buffer.byteLength(body));
    const began = performance.now();
    const request = send(url, { method: 'POST', agent, headers });
    const { signal } = init;
    const abort = () => request.destroy(new DOMException('aborted', 'AbortError'));
    const settled = () => signal?.removeEventListener('abort', abort);
    let readBefore = 0;
    request.on('socket', (socket) => {
      readBefore = socket.bytesRead;
    });
    const isStale = (error: NodeJS.ErrnoException) =>
      request.reusedSocket &&
      (error.code === 'ECONNRESET' || error.code === 'EPIPE') &&
      request.socket?.bytesRead === readBefore &&
      performance.now() - began < STALE_WITHIN_MS;
    const fail = (error: Error) => {
      settled();
      reject(isStale(error) ? new StaleConnection() : error);
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    request.on('error', fail);
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      let text = '';
      const done = () => {
        settled();
        resolve({ status, rawHeaders: response.rawHeaders, text });
      };
      response.setEncoding('utf8');
      response.on('error', fail);
      response.on('data', (part: string) => {
        text += part;
        if (status > 299 && text.length > LONGEST_ERROR) {
          done();
          request.destroy();
        } else if (text.length > LONGEST_ANSWER) {
          request.destroy(beyondLimit());
        }
      });
      response.on('end', done);
    });
    request.end(body);
  });
}

function headersOf(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  }
  return headers;
}
