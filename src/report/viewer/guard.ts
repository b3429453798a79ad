/**
 * Who may ask, and what a browser may do with the answer. The server listens on loopback, so that
 * other machines are kept out; what is left are other pages in the same browser. A page elsewhere
 * that lets its own name point to 127.0.0.1 (DNS rebinding) is known by the Host header.
 */
import type { MiddlewareHandler } from 'hono';
import { isLoopbackHost } from '../../loopback.js';
import { errorReply } from './replies.js';

export const guard: MiddlewareHandler = async (call, next) => {
  if (!isLoopbackHost(call.req.header('host'))) {
    return errorReply(
      403,
      'forbidden',
      'this server answers to 127.0.0.1 and localhost only: open the address that weighbridge printed',
    );
  }
  if (call.req.method !== 'GET' && call.req.method !== 'HEAD') {
    return errorReply(405, 'bad-argument', `${call.req.method} is not served here: expected GET`, {
      allow: 'GET, HEAD',
    });
  }
  return next();
};
