/** The routes of the server on one router, with the limits on what it reads. */
import type { HttpBindings } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { batchRoutes } from './batch-routes.js';
import { chatRoutes } from './chat-route.js';
import { fileRoutes } from './file-routes.js';
import { guard } from './guard.js';
import { jobRoutes } from './job-routes.js';
import { modelRoutes } from './model-routes.js';
import { retryAfter } from './rate-limit.js';
import { errorReply, jsonReply } from './reply.js';
import { tooLarge } from './request-body.js';
import { apiHandler, type Call, plainHandler, sendUnrouted } from './route.js';
import type { Simulator } from './simulator.js';

/** An uploaded file: as much as OpenAI takes for a batch. */
const MOST_UPLOADED = 200 * 1024 ** 2;

/** Uploads are held in memory while they are read. */
const MOST_UPLOADS_AT_ONCE = 8;

/** Repeated questions are told up to so many. */
const MOST_REPEATS = 1000;

/** @param listensOn the address that the server was told to listen on */
export function simulatorApp(
  simulator: Simulator,
  listensOn: string,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(guard(listensOn, simulator));
  app.post(
    '/v1/files',
    atMostAtOnce(MOST_UPLOADS_AT_ONCE, simulator),
    bodyLimit({
      maxSize: MOST_UPLOADED,
      onError: (call: Call) => sendUnrouted(call, tooLarge(MOST_UPLOADED), simulator),
    }),
  );
  const routes = [...chatRoutes, ...modelRoutes, ...fileRoutes, ...jobRoutes(), ...batchRoutes()];
  for (const route of routes) {
    app.on(route.method, route.path, apiHandler(route, simulator));
  }
  const { stats } = simulator;
  app.get(
    '/simulator/stats',
    plainHandler(() => jsonReply(stats.stats()), simulator),
  );
  app.get(
    '/simulator/repeats',
    plainHandler(() => {
      const repeats = stats.repeats();
      return jsonReply({ number: repeats.length, questions: repeats.slice(0, MOST_REPEATS) });
    }, simulator),
  );
  app.notFound((call: Call) =>
    sendUnrouted(
      call,
      errorReply(404, { message: `Invalid URL (${call.req.method} ${call.req.path})` }),
      simulator,
    ),
  );
  return app;
}

/** Uploads beyond this number get 429. */
function atMostAtOnce(most: number, simulator: Simulator): MiddlewareHandler {
  let now = 0;
  return async (call, next) => {
    if (now >= most) {
      const error = { message: `More than ${most} uploads at once.`, code: 'rate_limit_exceeded' };
      return sendUnrouted(call, errorReply(429, error, retryAfter(1000)), simulator);
    }
    now++;
    try {
      return await next();
    } finally {
      now--;
    }
  };
}
