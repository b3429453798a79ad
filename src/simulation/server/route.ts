/**
 * Common to all routes: the key, faults, headers, statistics, and delivery. Replies are written to
 * Node's own response, because no library lets a server send broken ones.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import type { RequestFault } from './faults.js';
import { retryAfter } from './rate-limit.js';
import { type ApiError, errorReply, type Reply } from './reply.js';
import { pause, type Simulator } from './simulator.js';

export type Call = Context<{ Bindings: HttpBindings }>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Chat completions can also be refused by the model. */
  readonly kind?: 'chat';
  handle(call: Call, simulator: Simulator, fault: RequestFault | null): Reply | Promise<Reply>;
}

/** An API route: requires the key, and is subject to faults. */
export function apiHandler(route: Route, simulator: Simulator) {
  const name = `${route.method} ${route.path}`;
  const { faults, stats } = simulator;
  return async (call: Call): Promise<Response> => {
    const { outgoing } = call.env;
    const refusal = keyRefusal(call, simulator);
    const fault = refusal ? null : faults.request(route.kind ?? 'other');
    stats.started();
    let reply: Reply | null = null;
    outgoing.once('close', () => {
      // The client may have disconnected earlier, or a fault may have withheld a part.
      const complete = outgoing.writableFinished && fault !== 'cut-body' && reply !== null;
      stats.ended(name, complete && reply ? reply.status : 'cut');
      if (complete && fault !== 'malformed') reply?.onDelivered?.();
    });
    if (fault === 'cut') {
      outgoing.destroy();
      return RESPONSE_ALREADY_SENT;
    }
    reply = refusal ?? faultyReply(fault) ?? (await safely(route, call, simulator, fault));
    await send(outgoing, reply, fault, simulator);
    return RESPONSE_ALREADY_SENT;
  };
}

/** A route outside the API: no key, no faults, not counted. */
export function plainHandler(handle: () => Reply, simulator: Simulator) {
  return async (call: Call): Promise<Response> => {
    await send(call.env.outgoing, handle(), null, simulator);
    return RESPONSE_ALREADY_SENT;
  };
}

/** The reply to an unmatched request. */
export async function sendUnrouted(call: Call, reply: Reply, simulator: Simulator) {
  await send(call.env.outgoing, reply, null, simulator);
  return RESPONSE_ALREADY_SENT;
}

async function send(
  outgoing: ServerResponse,
  reply: Reply,
  fault: RequestFault | null,
  simulator: Simulator,
): Promise<void> {
  const { slowMs, dripMs } = simulator.faultTimes;
  const wait = (milliseconds: number) => pause(simulator, milliseconds);
  try {
    if (fault === 'slow') await wait(slowMs);
    await deliver(outgoing, reply, {
      fault,
      headers: { 'x-request-id': `req_${randomUUID().replaceAll('-', '')}` },
      dripMs,
      pause: wait,
    });
  } catch (error) {
    // The server closes while this request waits.
    if (!simulator.closing.aborted) throw error;
    outgoing.destroy();
  }
}

/** An exception in the simulator is reported like a server error. */
async function safely(
  route: Route,
  call: Call,
  simulator: Simulator,
  fault: RequestFault | null,
): Promise<Reply> {
  try {
    return await route.handle(call, simulator, fault);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return errorReply(500, { message: `The simulator failed: ${reason}`, type: 'server_error' });
  }
}

function keyRefusal(call: Call, { apiKey }: Simulator): Reply | null {
  if (apiKey === null) return null;
  const { authorization } = call.env.incoming.headers;
  if (authorization === `Bearer ${apiKey}`) return null;
  // The received key is not echoed: it may be a real one.
  const error: ApiError = authorization
    ? { message: 'Incorrect API key provided.', code: 'invalid_api_key' }
    : { message: "You didn't provide an API key." };
  return errorReply(401, error);
}

/** Retry delay sent to the client with a fault that has one. */
const WAIT_MS = 40;

function faultyReply(fault: RequestFault | null): Reply | null {
  const tooMany = { message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' };
  switch (fault) {
    case '429':
      return errorReply(429, tooMany, retryAfter(WAIT_MS));
    case '429-bare':
      return errorReply(429, tooMany);
    case '500':
      return errorReply(500, {
        message: 'The server had an error while processing your request. Sorry about that!',
        type: 'server_error',
      });
    default:
      return null;
  }
}

/** Durations of slow faults; tests may shorten them. */
export interface FaultTimes {
  /** Delay of a slow answer. */
  readonly slowMs: number;
  /** Total duration of a dripping answer. */
  readonly dripMs: number;
}

/** Number of pieces of a dripping answer. */
const DROPS = 10;

interface Delivery {
  readonly fault: RequestFault | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly dripMs: number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

async function deliver(
  outgoing: ServerResponse,
  reply: Reply,
  { fault, headers, dripMs, pause }: Delivery,
): Promise<void> {
  const length = Buffer.byteLength(reply.body);
  const part = () => Buffer.from(reply.body).subarray(0, Math.floor(length * 0.6));
  const start = (announced: number) =>
    outgoing.writeHead(reply.status, {
      'content-type': 'application/json',
      'content-length': announced,
      ...headers,
      ...reply.headers,
    });
  switch (fault) {
    case 'malformed': {
      const sent = part();
      start(sent.length);
      outgoing.end(sent);
      return;
    }
    case 'cut-body':
      start(length);
      // Deferred until the data are sent: destroying the connection at once would lose them.
      outgoing.write(part(), () => outgoing.destroy());
      return;
    case 'drip':
      start(length);
      await drip(outgoing, Buffer.from(reply.body), dripMs, pause);
      return;
    default:
      start(length);
      // A string is sent with the headers in one write.
      outgoing.end(reply.body);
  }
}

async function drip(
  outgoing: ServerResponse,
  body: Buffer,
  milliseconds: number,
  pause: Delivery['pause'],
): Promise<void> {
  const size = Math.ceil(body.length / DROPS);
  for (let start = 0; start < body.length && !outgoing.destroyed; start += size) {
    outgoing.write(body.subarray(start, start + size));
    await pause(milliseconds / DROPS);
  }
  outgoing.end();
}
