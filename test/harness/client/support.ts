/** What the tests of the client have in common: settings, requests, responses, small servers. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WeighbridgeError } from '../../../src/errors.js';
import type { ChatRequest } from '../../../src/harness/client/chat.js';
import { interruption } from '../../../src/harness/client/clock.js';
import {
  type ChatOptions,
  type ClientDependencies,
  type ClientSettings,
  ModelClient,
} from '../../../src/harness/client/model-client.js';
import { Spending } from '../../../src/harness/client/spending.js';
import { Semaphore } from '../../../src/harness/unordered.js';

export const nothing = { requests: 0, tokens: 0, usd: 0 };
export const noLimit = { requests: null, tokens: null, usd: null };

export interface TestSettings extends ClientSettings {
  /** Chats at a time; only a LimitedClient keeps it. */
  readonly concurrency: number;
}

/** A client with places for its chats, as a study gives them. */
export class LimitedClient extends ModelClient {
  private readonly places: Semaphore;

  constructor(settings: TestSettings, dependencies?: ClientDependencies) {
    super(settings, dependencies);
    this.places = new Semaphore(settings.concurrency);
  }

  override async chat(request: ChatRequest, options: ChatOptions = {}) {
    await this.places.enter(options.signal).catch((reason) => {
      throw interruption(reason);
    });
    try {
      return await super.chat(request, options);
    } finally {
      this.places.leave();
    }
  }
}

export function settings(changes: Partial<TestSettings> = {}): TestSettings {
  return {
    baseURL: 'http://127.0.0.1:9/v1',
    apiKey: 'sk-test-0123456789abcdef',
    concurrency: 4,
    requestsPerMinute: null,
    tokensPerMinute: null,
    timeoutSeconds: 60,
    maxAttempts: 8,
    spending: new Spending(noLimit, nothing),
    prices: () => null,
    ...changes,
  };
}

export function chatRequest(changes: Partial<ChatRequest> = {}): ChatRequest {
  return {
    model: 'm',
    messages: [{ role: 'user', content: 'A or B?' }],
    maxTokens: 5,
    temperature: 0,
    seed: null,
    reasoningEffort: null,
    reasoningTokens: 0,
    jsonSchema: null,
    labels: null,
    ...changes,
  };
}

/** A chat completion as OpenAI words it. */
export function completion(content = 'A', changes: Record<string, unknown> = {}) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'm-2024',
    system_fingerprint: 'fp_1',
    choices: [
      { index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop' },
    ],
    usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
    ...changes,
  };
}

export function apiError(message: string, code: string | null = null) {
  return { error: { message, type: 'invalid_request_error', param: null, code } };
}

export function jsonResponse(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Response {
  const all = { 'content-type': 'application/json', ...headers };
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: all,
  });
}

export interface SmallServer {
  readonly baseURL: string;
  /** Bodies of the requests, as they came. */
  readonly asked: unknown[];
  close(): Promise<void>;
}

export interface Asked {
  readonly request: IncomingMessage;
  readonly body: string;
  /** 0 for the first request. */
  readonly index: number;
}

/** A server on loopback that answers as it is told. */
export async function smallServer(
  answer: (response: ServerResponse, asked: Asked) => void | Promise<void>,
): Promise<SmallServer> {
  const asked: unknown[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    try {
      for await (const part of request) body += part;
    } catch {
      return;
    }
    const index = asked.length;
    asked.push(body.startsWith('{') ? JSON.parse(body) : body);
    await answer(response, { request, body, index });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendJson(
  response: ServerResponse,
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** What a promise is rejected with, which must be one of ours. */
export async function rejection(work: Promise<unknown>): Promise<WeighbridgeError> {
  const error = await work.then(
    () => new Error('it was fulfilled'),
    (reason: unknown) => reason,
  );
  if (error instanceof WeighbridgeError) return error;
  throw error;
}
