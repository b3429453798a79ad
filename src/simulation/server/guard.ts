/**
 * Who may ask. A server on loopback is out of reach of other machines; what is left are pages in a
 * browser on this one. A page that lets its own name point to 127.0.0.1 (DNS rebinding) is known by
 * the Host header, and any page that posts by the Origin header.
 */
import type { MiddlewareHandler } from 'hono';
import { isLoopbackHost } from '../../loopback.js';
import { errorReply } from './reply.js';
import { sendUnrouted } from './route.js';
import type { Simulator } from './simulator.js';

/** @param listensOn the address that the server was told to listen on */
export function guard(listensOn: string, simulator: Simulator): MiddlewareHandler {
  const onLoopback = isLoopbackHost(listensOn.includes(':') ? `[${listensOn}]` : listensOn);
  return async (call, next) => {
    const host = call.req.header('host');
    if (onLoopback && !isLoopbackHost(host)) {
      return sendUnrouted(call, refusal('host', host), simulator);
    }
    const origin = call.req.header('origin');
    if (origin !== undefined && !isOwn(origin, host)) {
      return sendUnrouted(call, refusal('origin', origin), simulator);
    }
    return next();
  };
}

/** Whether a page comes from this machine, or from the server's own address. */
function isOwn(origin: string, host: string | undefined): boolean {
  const { host: from } = URL.canParse(origin) ? new URL(origin) : { host: '' };
  return from !== '' && (isLoopbackHost(from) || from === host);
}

function refusal(header: 'host' | 'origin', value = '') {
  return errorReply(403, {
    message: `Requests with the ${header} '${value.slice(0, 80)}' are not answered: this server is for programs on this machine.`,
    code: 'forbidden',
  });
}
