/**
 * The viewer of a study of explanations: the report, the world that the networks learned, and every question with its
 * answers. The pages are made here and need no script of their own.
 */
import { Hono } from 'hono';
import { explanationsHtml } from '../report/html/explanations.js';
import type { ExplanationsFolder } from '../result/read-explanations.js';
import { failureReply, guard, HTML, NotFound, pageHeaders, reply } from './replies.js';

export function explanationsApp(folder: ExplanationsFolder): Hono {
  const app = new Hono();
  app.use(guard);
  app.onError((error) => failureReply(error));
  app.notFound((call) => failureReply(new NotFound(`no page or data at ${call.req.path}`)));
  app.get('/', async () => reply(await explanationsHtml(folder.result, null), HTML, pageHeaders));
  return app;
}
