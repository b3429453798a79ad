/**
 * `fetch` through a proxy. Node's own does not read the environment before Node 24, and takes the
 * proxies of undici only in the version that is built in; without a proxy, it is used.
 */
import http from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { abortRequest, createAgent } from './agents.js';
import { type HttpProxy, proxyOf, refusingProxy } from './proxy.js';

const MOST_REDIRECTS = 5;

/**
 * GETs a URL, through the proxy of the environment if there is one. Follows redirects.
 * @throws ProxyFailure; WeighbridgeError `bad-configuration`; errors of `fetch`
 */
export async function getByEnvironment(
  url: URL,
  init: { readonly signal: AbortSignal },
): Promise<Response> {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const proxy = proxyOf(at);
    if (!proxy) return fetch(at, init);
    const response = await fetchThrough(proxy, createAgent(at, proxy), at, init);
    const location = response.headers.get('location');
    const { status } = response;
    const isRedirect = status > 300 && status < 309 && status !== 304;
    if (!isRedirect || location === null || redirects === MOST_REDIRECTS) return response;
    await response.body?.cancel();
    at = new URL(location, at);
  }
}

/** Statuses without a body: a Response with one must not have it. */
const hasNoBody: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * `fetch` over an agent of the proxy. Follows no redirects; takes no compressed answers.
 * @throws ProxyFailure; the signal's reason; errors of `node:http`
 */
export async function fetchThrough(
  proxy: HttpProxy,
  agent: http.Agent,
  input: string | URL | Request,
  init: RequestInit,
): Promise<Response> {
  const request = new Request(input, init);
  const { signal } = request;
  signal.throwIfAborted();
  // Whole, so that its length is stated: some servers accept no upload of unknown length.
  const body = request.body && Buffer.from(await request.arrayBuffer());
  const headers = {
    ...Object.fromEntries(request.headers),
    'accept-encoding': 'identity',
    ...(body && { 'content-length': String(body.length) }),
  };
  const send = request.url.startsWith('https:') ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const sent = send(request.url, { method: request.method, headers, agent });
    const abort = () => {
      abortRequest(sent, signal.reason);
      reject(signal.reason);
    };
    const settled = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    sent.on('error', (error) => {
      settled();
      reject(error);
    });
    sent.on('response', (message) => {
      message.on('close', settled);
      if (message.statusCode === 407) {
        message.destroy();
        reject(refusingProxy(proxy, 407));
      } else {
        resolve(responseOf(message));
      }
    });
    sent.end(body);
  });
}

function responseOf(message: http.IncomingMessage): Response {
  const { statusCode: status = 0, statusMessage: statusText = '' } = message;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(message.headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  const isEmpty = hasNoBody.has(status);
  if (isEmpty) message.resume();
  const body = isEmpty ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText, headers });
}
