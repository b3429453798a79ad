/**
 * The routes of the viewer: the built page, and the result that it shows. Nothing is changed by
 * any of them.
 */
import { endianness } from 'node:os';
import { type Context as Call, Hono } from 'hono';
import { decisionPrompt, introspectionPrompt, systemPrompt } from '../../study/prompts.js';
import { readPlainFile } from '../result-folder/plain-file.js';
import type { ResultFolder } from '../result-folder/read-result.js';
import { guard } from './guard.js';
import {
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
import type { PageFiles } from './page-files.js';
import { picturePolicy } from './policy.js';
import { failureReply, jsonReply, NotFound, reply } from './replies.js';
import type {
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
  app.notFound((call) => failureReply(new NotFound(`there is nothing at ${call.req.path}`)));
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

/** As in the file: the order of bytes does not depend on the machine. */
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
    return jsonReply<ReportsReply>({ reports: await reportsOf(folder, place) });
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
