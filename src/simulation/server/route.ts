/**
 * What a route is, and what all routes have in common: the key, the faults, the headers, the
 * counting, and the way to the wire.
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
import { deliver } from './wire.js';

export type Call = Context<{ Bindings: HttpBindings }>;

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Chat completions can be refused by the model too. */
  readonly kind?: 'chat';
  handle(call: Call, simulator: Simulator, fault: RequestFault | null): Reply | Promise<Reply>;
}

/** A route under the API: it needs the key, and has its share of trouble. */
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
      // The client may have gone before, or the fault have kept a part.
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

/** A route beside the API: no key, no trouble, not counted. */
export function plainHandler(handle: () => Reply, simulator: Simulator) {
  return async (call: Call): Promise<Response> => {
    await send(call.env.outgoing, handle(), null, simulator);
    return RESPONSE_ALREADY_SENT;
  };
}

/** A reply to a request that no route took. */
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
    // The server closes while this one waits.
    if (!simulator.closing.aborted) throw error;
    outgoing.destroy();
  }
}

/** A defect of the simulator is told like a defect of a server. */
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
  // The key that was sent is not told back: it may be a real one.
  const error: ApiError = authorization
    ? { message: 'Incorrect API key provided.', code: 'invalid_api_key' }
    : { message: "You didn't provide an API key." };
  return errorReply(401, error);
}

/** How long a client is told to wait after a fault that says so. */
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
