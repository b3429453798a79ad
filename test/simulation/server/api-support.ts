/** A server and OpenAI's client for it, and questions to ask. */
import OpenAI, { toFile } from 'openai';
import { randomStream } from '../../../src/random/stream.js';
import { startSimulatedServer } from '../../../src/simulation/server/server.js';
import { decisionPrompt, systemPrompt } from '../../../src/study/prompts.js';
import { drawOptions, makeCandidates, makeContexts, PAPER_MODELS } from './support.js';

export const contexts = makeContexts(4);
export const [model] = PAPER_MODELS;

/** A server that knows those contexts. Jobs are quick, but a busy machine sees them at work. */
export async function startApi({ jobSeconds = 0.3 } = {}) {
  const server = await startSimulatedServer({ jobSeconds, knowledge: makeCandidates(4) });
  return { server, api: new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 }) };
}

/** A request of the study, another one for each seed. */
export function ask(seed: number, task: typeof decisionPrompt = decisionPrompt) {
  const content = task(contexts[seed % 4], drawOptions(contexts[seed % 4], randomStream(seed)));
  return {
    model: model as string,
    temperature: 0,
    messages: [
      { role: 'system' as const, content: systemPrompt },
      { role: 'user' as const, content },
    ],
  };
}

/** What a call fails with, in OpenAI's terms. */
export async function errorOf(call: Promise<unknown>) {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error(`expected an API error, got ${error}`);
  const { status, code, param, type, message } = error;
  return { status, code, param, type, message };
}

/** Looks again and again. */
export async function until<T>(look: () => Promise<T>, done: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (done(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export async function upload(
  api: OpenAI,
  text: string,
  purpose: 'fine-tune' | 'batch',
  name = 'lines.jsonl',
) {
  return api.files.create({ file: await toFile(Buffer.from(text), name), purpose });
}
