/**
 * How requests travel. Undici's `fetch`, which Node has built in, takes most of the processor's
 * time of a small request (0.30 of 0.45 ms, the `openai` package included); the same request over
 * `node:http` and its pool of connections takes a sixth of that. So a chat completion, text out and
 * text in, goes that way, and all else, uploads and downloads, through `fetch`.
 */
import http from 'node:http';
import https from 'node:https';
import { asObject, asText, parseObject } from './json.js';

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
export function openTransport(baseURL: string, own?: Fetch): Transport {
  const secure = baseURL.startsWith('https:');
  const agent = new (secure ? https : http).Agent({ keepAlive: true, maxFreeSockets: MOST_IDLE });
  const send = secure ? https.request : http.request;
  // Kept beside the response: a body that is read through a stream costs as much as the request.
  const texts = new WeakMap<Response, string>();

  const viaHttp: Fetch = async (input, init = {}) => {
    const { status, rawHeaders, text } = await exchange(send, agent, String(input), init);
    // `Response` takes no others, and no server has a use for them.
    if (status < 200 || status > 599) throw new Error(`HTTP status ${status}`);
    const headers = headersOf(rawHeaders);
    if (status > 299) return new Response(text || null, { status, headers });
    const response = new Response(null, { status, headers });
    texts.set(response, text);
    return response;
  };

  return {
    // Looked up when it is used, so that it can be replaced from outside.
    fetch: inOpenAIsWords(own ?? ((input, init) => fetch(input, init))),
    fetchText: inOpenAIsWords(own ?? viaHttp),
    textOf: async (response) => texts.get(response) ?? (await response.text()),
    close: () => agent.destroy(),
  };
}

interface Exchanged {
  readonly status: number;
  /** Names and values in turn, as Node's parser gives them. */
  readonly rawHeaders: readonly string[];
  readonly text: string;
}

/** More than any answer; a server that never stops must not fill the memory. */
const LONGEST_ANSWER = 16 * 1024 * 1024;

function exchange(
  send: typeof http.request,
  agent: http.Agent,
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
    const request = send(url, { method: 'POST', agent, headers });
    const { signal } = init;
    const abort = () => request.destroy(new DOMException('aborted', 'AbortError'));
    const fail = (error: Error) => {
      signal?.removeEventListener('abort', abort);
      reject(error);
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    request.on('error', fail);
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', fail);
      response.on('data', (part: string) => {
        text += part;
        if (text.length > LONGEST_ANSWER) request.destroy(new Error('an answer beyond 16 MB'));
      });
      response.on('end', () => {
        signal?.removeEventListener('abort', abort);
        resolve({ status: response.statusCode ?? 0, rawHeaders: response.rawHeaders, text });
      });
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

/**
 * Brings errors into OpenAI's shape, `{ "error": { "message": … } }`, which is all that the package
 * looks for: vLLM has been without the `error` around it, LM Studio with a mere string, and FastAPI
 * says `detail`.
 */
function inOpenAIsWords(send: Fetch): Fetch {
  return async (input, init) => {
    const response = await send(input, init);
    if (response.ok) return response;
    const text = await response.text();
    const { status, headers } = response;
    return new Response((openAIsError(text) ?? text) || null, { status, headers });
  };
}

function openAIsError(text: string): string | null {
  const body = parseObject(text);
  if (!body || asObject(body.error)) return null;
  const said = body.error ?? body.message ?? body.detail ?? body;
  return JSON.stringify({ error: { ...body, message: asText(said) ?? JSON.stringify(said) } });
}
