/** A proxy between a study and its simulated server, which may say something else. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { SimulatedStudy } from './simulated-study.js';

/** What to say in place of the server's answer; null: that answer itself. */
export type Intercept = (
  call: string,
  ask: () => Promise<Response>,
) => Response | null | Promise<Response | null>;

export interface Portal {
  intercept: Intercept;
  close(): Promise<void>;
}

/** From now on the study's configuration names the portal. @param call 'GET /batches/batch-1' */
export async function portalBefore(study: SimulatedStudy): Promise<Portal> {
  const portal = { intercept: (() => null) as Intercept };
  const server = serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const { pathname, search } = new URL(request.url);
      const path = pathname.replace(/^\/v1/, '');
      const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
      const ask = async () => {
        const { method, headers } = request;
        const answer = await fetch(`${study.server.url}${path}${search}`, {
          ...{ method, body },
          headers: { ...Object.fromEntries(headers), connection: 'close' },
        });
        const { status } = answer;
        const type = answer.headers.get('content-type') ?? 'application/json';
        return new Response(await answer.arrayBuffer(), {
          status,
          headers: { 'content-type': type },
        });
      };
      return (await portal.intercept(`${request.method} ${path}`, ask)) ?? (await ask());
    },
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await study.rewrite((text) => text.replace(study.server.url, `http://127.0.0.1:${port}/v1`));
  return Object.assign(portal, {
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  });
}
