/**
 * The viewer of a described study: the report, and the answers behind it. The pages are made here, a
 * part of the answers at a time, and need no script of their own.
 */
import { Hono } from 'hono';
import { answersHtml } from '../report/html/answers.js';
import type { AnswersFolder } from '../result/read-answers.js';
import { answersPage } from './answers-page.js';
import { failureReply, guard, HTML, NotFound, pageHeaders, reply } from './replies.js';

export function answersApp(folder: AnswersFolder): Hono {
  const app = new Hono();
  app.use(guard);
  app.onError((error) => failureReply(error));
  app.notFound((call) => failureReply(new NotFound(`no page or data at ${call.req.path}`)));
  app.get('/', async () => reply(await answersHtml(folder.result, 'answers'), HTML, pageHeaders));
  app.get('/answers', async (call) => {
    const rows = await folder.answers();
    return reply(await answersPage(folder.result, rows, call.req.query()), HTML, pageHeaders);
  });
  return app;
}
