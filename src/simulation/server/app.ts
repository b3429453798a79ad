/** The routes of the server on one router, with its size limits. */
import type { HttpBindings } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { isLoopbackHost } from '../../http/listen.js';
import { batchRoutes } from './batches.js';
import { chatRoutes, tellTruth } from './chat.js';
import { fileRoutes } from './files.js';
import { jobRoutes } from './job-routes.js';
import { modelRoutes } from './models.js';
import { retryAfter } from './rate-limit.js';
import { errorReply, jsonReply, tooLarge } from './reply.js';
import { apiHandler, type Call, plainHandler, sendUnrouted } from './route.js';
import type { Simulator } from './simulator.js';

/** Size limit of an uploaded file, equal to OpenAI's for a batch. */
const MOST_UPLOADED = 200 * 1024 ** 2;

/** Limit on concurrent uploads, which are held in memory while they are read. */
const MOST_UPLOADS_AT_ONCE = 8;

/** Maximum number of repeated questions reported. */
const MOST_REPEATS = 1000;

interface AppOptions {
  /** The address the server was set to listen on. */
  readonly host: string;
  /** False: no files, fine-tuning jobs or batches. */
  readonly fineTuning: boolean;
}

export function simulatorApp(
  simulator: Simulator,
  { host, fineTuning }: AppOptions,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(guard(host, simulator));
  app.post(
    '/v1/files',
    atMostAtOnce(MOST_UPLOADS_AT_ONCE, simulator),
    bodyLimit({
      maxSize: MOST_UPLOADED,
      onError: (call: Call) => sendUnrouted(call, tooLarge(MOST_UPLOADED), simulator),
    }),
  );
  const routes = [
    ...chatRoutes,
    ...modelRoutes,
    ...(fineTuning ? [...fileRoutes, ...jobRoutes(), ...batchRoutes()] : []),
  ];
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
  app.post('/simulator/truth', async (call: Call) =>
    sendUnrouted(call, await tellTruth(call, simulator), simulator),
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

/**
 * Refuses requests from pages of other sites. A server on loopback is out of reach of other
 * machines, but not of pages in a browser on this one: the Host header reveals DNS rebinding, the
 * Origin header any page that posts.
 *
 * @param listensOn the address the server was set to listen on
 */
function guard(listensOn: string, simulator: Simulator): MiddlewareHandler {
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

/** True for a page from this machine or from the server's own address. */
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
