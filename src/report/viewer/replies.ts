/** Answers of the server, with the headers that all of them have. */
import { WeighbridgeError } from '../../errors.js';
import { pagePolicy } from './policy.js';
import type { ErrorReply } from './wire.js';

type Headers = Readonly<Record<string, string>>;

const everyReply: Headers = {
  'content-security-policy': pagePolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // The folder may be written anew while the server runs.
  'cache-control': 'no-store',
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

export function errorReply(
  status: number,
  code: string,
  message: string,
  headers: Headers = {},
): Response {
  return jsonReply<ErrorReply>({ error: { code, message: oneLine(message) } }, status, headers);
}

/** What went wrong, told to the page as the command line would tell it. */
export function failureReply(error: unknown): Response {
  if (error instanceof NotFound) return errorReply(404, 'not-found', error.message);
  if (error instanceof WeighbridgeError) {
    return errorReply(error.code === 'bad-argument' ? 400 : 500, error.code, error.message);
  }
  const message = error instanceof Error ? error.message : String(error);
  return errorReply(500, 'internal', `a defect of weighbridge: ${message}`);
}

/** Asked for something that the result does not have. */
export class NotFound extends Error {}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
