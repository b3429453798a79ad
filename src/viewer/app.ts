/** The routes of the viewer: the built page and the result. All of them only read. */
import { endianness } from 'node:os';
import { type Context as Call, Hono } from 'hono';
import { reportStage } from '../report/words.js';
import type { ResultFolder } from '../result/read-result.js';
import { readPlainFile } from '../result/result-files.js';
import { decisionPrompt, introspectionPrompt, systemPrompt } from '../study/prompts.js';
import {
  checkOf,
  contextOf,
  fitEntry,
  fitOf,
  placeOf,
  reportOptions,
  reportsOf,
  studyContext,
  trialOf,
  weightsOf,
} from './look-up.js';
import { failureReply, guard, jsonReply, NotFound, picturePolicy, reply } from './replies.js';
import type { PageFiles } from './server.js';
import type {
  CheckReply,
  ContextsReply,
  FitReply,
  FitsReply,
  PromptReply,
  ReportsReply,
  ResultReply,
  TrialsReply,
} from './wire.js';

/** The figures of a result folder; each is served under its name. */
const pictures = ['figure-2.svg', 'figure-3.svg'] as const;

export function viewerApp(folder: ResultFolder, page: PageFiles): Hono {
  const app = new Hono();
  app.use(guard);
  app.onError((error) => failureReply(error));
  app.notFound((call) => failureReply(new NotFound(`no page or data at ${call.req.path}`)));
  for (const [address, { type, bytes }] of page) {
    app.get(address, () => reply(bytes, type));
  }
  resultRoutes(app, folder);
  fitRoutes(app, folder);
  contextRoutes(app, folder);
  return app;
}

function resultRoutes(app: Hono, folder: ResultFolder): void {
  app.get('/api/result', () => {
    const { weights: _, appendix_d: __, ...result } = folder.result;
    return jsonReply<ResultReply>({
      folder: folder.path,
      result,
      pictures: pictures.map((name) => `pictures/${name}`),
    });
  });
  app.get('/api/contexts', () => jsonReply<ContextsReply>({ contexts: folder.contexts }));
  for (const name of pictures) {
    app.get(`/pictures/${name}`, async () => {
      const bytes = await readPlainFile(folder.path, name).catch(() => {
        throw new NotFound(`${name} is not a plain file in the result folder`);
      });
      await folder.requireUnchanged();
      return reply(new Uint8Array(bytes), 'image/svg+xml', {
        'content-security-policy': picturePolicy,
      });
    });
  }
}

function fitRoutes(app: Hono, folder: ResultFolder): void {
  app.get('/api/fits', () => jsonReply<FitsReply>({ fits: folder.fits.map(fitEntry) }));
  app.get('/api/fits/:name', (call) => {
    const fit = fitOf(folder, call.req.param('name'));
    return jsonReply<FitReply>({ fit, weights: weightsOf(folder, fit) });
  });
  app.get('/api/fits/:name/draws', async (call) => {
    const draws = await folder.draws(fitOf(folder, call.req.param('name')));
    return reply(littleEndian(draws), 'application/octet-stream');
  });
}

/** Little-endian on every machine, as in the file. */
function littleEndian(values: Float64Array): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return endianness() === 'LE'
    ? new Uint8Array(bytes)
    : new Uint8Array(Buffer.from(bytes).swap64());
}

function contextRoutes(app: Hono, folder: ResultFolder): void {
  app.get('/api/trials', async (call) => {
    const { model, setting, context } = placeOf(folder, query(call));
    return jsonReply<TrialsReply>({ trials: await folder.trials(model, setting, context) });
  });
  app.get('/api/reports', async (call) => {
    const place = placeOf(folder, query(call));
    const trained = !(folder.result.never_trained ?? []).includes(place.model);
    const files = await reportsOf(folder, place);
    return jsonReply<ReportsReply>({
      reports: files.map((one) => ({ ...one, stage: reportStage(one.file, trained) })),
    });
  });
  app.get('/api/check', async (call) => {
    return jsonReply<CheckReply>(await checkOf(folder, placeOf(folder, query(call))));
  });
  app.get('/api/prompt', async (call) => {
    const place = placeOf(folder, query(call));
    const { trial, file, report } = query(call);
    const ofReport = file !== undefined || report !== undefined;
    const options = ofReport
      ? await reportOptions(folder, place, file, report)
      : await trialOf(folder, place, trial);
    const context = studyContext(contextOf(folder, place.context));
    return jsonReply<PromptReply>({
      system: systemPrompt,
      decision: ofReport ? null : decisionPrompt(context, options),
      introspection: introspectionPrompt(context, options),
    });
  });
}

function query(call: Call): Record<string, string> {
  return call.req.query();
}
