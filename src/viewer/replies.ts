/**
 * Responses of the server with their security headers, and the guard of its routes. The server
 * listens on loopback, which keeps other machines out. Other pages in the same browser remain: a page
 * that points its own name to 127.0.0.1 (DNS rebinding) is recognised by the Host header.
 */

import type { MiddlewareHandler } from 'hono';
import { WeighbridgeError } from '../errors.js';
import { isLoopbackHost } from '../http/listen.js';
import { pagePolicy as htmlPolicy } from '../report/html/page.js';
import type { ErrorReply } from './wire.js';

type Headers = Readonly<Record<string, string>>;

/** Only the page's own scripts, styles and pictures. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A picture may have inline styles and fonts, and nothing else. */
export const picturePolicy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:";

const everyReply: Headers = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // The folder may be rewritten while the server runs.
  'cache-control': 'no-store',
};

export const HTML = 'text/html; charset=utf-8';

/** A page that is made here: its script is the one of `htmlPage`, and its forms ask this server. */
export const pageHeaders: Headers = {
  'content-security-policy': `${htmlPolicy("'self'")}; frame-ancestors 'none'`,
};

export function reply(
  body: string | Uint8Array<ArrayBuffer>,
  type: string,
  headers: Headers = {},
  status = 200,
): Response {
  return new Response(body, {
    status,
    headers: { ...everyReply, 'content-type': type, ...headers },
  });
}

export function jsonReply<T>(value: T, status = 200, headers: Headers = {}): Response {
  return reply(JSON.stringify(value), 'application/json; charset=utf-8', headers, status);
}

function errorReply(
  status: number,
  code: string,
  message: string,
  headers: Headers = {},
): Response {
  return jsonReply<ErrorReply>({ error: { code, message: oneLine(message) } }, status, headers);
}

/** An error as one line, as the command line shows it. */
export function failureReply(error: unknown): Response {
  if (error instanceof NotFound) return errorReply(404, 'not-found', error.message);
  if (error instanceof WeighbridgeError) {
    return errorReply(error.code === 'bad-argument' ? 400 : 500, error.code, error.message);
  }
  const message = error instanceof Error ? error.message : String(error);
  return errorReply(500, 'internal', `unexpected error, a bug in weighbridge: ${message}`);
}

/** The result does not have what was requested. */
export class NotFound extends Error {}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

export const guard: MiddlewareHandler = async (call, next) => {
  if (!isLoopbackHost(call.req.header('host'))) {
    return errorReply(
      403,
      'forbidden',
      'the Host header is not 127.0.0.1 or localhost: open the address that weighbridge printed',
    );
  }
  if (call.req.method !== 'GET' && call.req.method !== 'HEAD') {
    return errorReply(
      405,
      'bad-argument',
      `method ${call.req.method} is not supported, expected GET`,
      {
        allow: 'GET, HEAD',
      },
    );
  }
  return next();
};
