/**
 * The viewer of a study of explanations: the report, the world that the networks learned, and every question with its
 * answers. The pages are made here, and work without a script.
 */
import { Hono } from 'hono';
import { explanationsHtml } from '../report/html/explanations.js';
import type { ExplanationsFolder } from '../result/read-explanations.js';
import { once } from '../result/result-files.js';
import { questionPage, questionsPage } from './questions-page.js';
import { failureReply, guard, HTML, NotFound, pageHeaders, reply } from './replies.js';
import { studyItems } from './study-items.js';
import { worldOf, worldPage } from './world-page.js';

const pages = { world: 'world', questions: 'questions' };

export function explanationsApp(folder: ExplanationsFolder): Hono {
  const { result } = folder;
  // Half a million rows are gone through once.
  const items = once(async () => studyItems(await folder.predictions()));
  const app = new Hono();
  app.use(guard);
  app.onError((error) => failureReply(error));
  app.notFound((call) => failureReply(new NotFound(`no page or data at ${call.req.path}`)));
  const page = async (text: Promise<string>) => reply(await text, HTML, pageHeaders);
  app.get('/', () => page(explanationsHtml(result, pages)));
  app.get('/world', (call) => page(worldPage(worldOf(result), call.req.query())));
  app.get('/questions', async (call) => page(questionsPage(await items(), call.req.query())));
  app.get('/question', async (call) => {
    const all = await items();
    const number = call.req.query('number') ?? '';
    const item = /^\d{1,9}$/.test(number) ? all[Number(number) - 1] : undefined;
    if (!item) throw new NotFound(`no question ${number}: there are ${all.length}`);
    return page(questionPage(item, await folder.predictions(), all.length));
  });
  return app;
}
