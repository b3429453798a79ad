/**
 * Putting a reply on the wire, whole or with the trouble that was asked for. Node's own response is
 * written to, since no library lets a server break its word.
 */
import type { ServerResponse } from 'node:http';
import type { RequestFault } from './faults.js';
import type { Reply } from './reply.js';

/** Trouble that takes time, which tests may want to shorten. */
export interface FaultTimes {
  /** How long a slow answer is held back. */
  readonly slowMs: number;
  /** How long a dripping answer takes in all. */
  readonly dripMs: number;
}

/** Pieces of a dripping answer. */
const DROPS = 10;

export interface Delivery {
  readonly fault: RequestFault | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly dripMs: number;
  readonly pause: (milliseconds: number) => Promise<void>;
}

export async function deliver(
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
      // Once it is under way: a connection destroyed at once would take its last words along.
      outgoing.write(part(), () => outgoing.destroy());
      return;
    case 'drip':
      start(length);
      await drip(outgoing, Buffer.from(reply.body), dripMs, pause);
      return;
    default:
      start(length);
      // A string goes out with the headers, in one write.
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
