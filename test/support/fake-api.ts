/**
 * A server of chats and batches as a function, in the time of a test: it is asked by calling it, so
 * that no socket keeps its own time. It goes down and comes back as it is told.
 */
import type { Clock } from '../../src/harness/client/clock.js';

export type Trouble = 'refused' | 'reset' | number;

export interface FakeApi {
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** When each request came, and whether the server was down. */
  readonly arrivals: { readonly at: number; readonly path: string; readonly isDown: boolean }[];
  /** How many were given, in chats and in batches. */
  readonly answers: () => number;
}

export interface FakeApiOptions {
  readonly clock: Clock;
  readonly latencyMs?: number;
  readonly batchSeconds?: number;
  /** What is wrong with the server when a request comes, the first being 0; null: nothing. */
  readonly trouble: (now: number, index: number, path: string) => Trouble | null;
}

export function fakeApi({ clock, latencyMs = 100, batchSeconds = 60, trouble }: FakeApiOptions) {
  const arrivals: { at: number; path: string; isDown: boolean }[] = [];
  let answers = 0;
  const files = new Map<string, string>();
  const batches = new Map<string, { readonly input: string; readonly endsAt: number }>();

  const complete = (request: ChatBody) => {
    answers++;
    return completionOf(request.model);
  };

  const outputOf = (input: string): string =>
    (files.get(input) ?? '')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ custom_id, body }: { custom_id: string; body: ChatBody }) =>
        JSON.stringify({ custom_id, response: { status_code: 200, body: complete(body) } }),
      )
      .join('\n');

  const batchOf = (id: string) => {
    const { input = '', endsAt = 0 } = batches.get(id) ?? {};
    const isOver = clock.now() >= endsAt;
    const output = `out-${id}`;
    if (isOver && !files.has(output)) files.set(output, outputOf(input));
    return {
      object: 'batch',
      id,
      input_file_id: input,
      status: isOver ? 'completed' : 'in_progress',
      output_file_id: isOver ? output : null,
    };
  };

  const route = async (method: string, path: string, init: RequestInit): Promise<unknown> => {
    const [, first, id = '', last] = path.split('/');
    if (first === 'chat') return complete(JSON.parse(String(init.body)));
    if (first === 'files' && method === 'POST') {
      const file = init.body instanceof FormData ? init.body.get('file') : null;
      const fileId = `file-${files.size + 1}`;
      files.set(fileId, file instanceof File ? await file.text() : '');
      return { object: 'file', id: fileId };
    }
    if (first === 'files' && last === 'content') return files.get(id);
    if (first === 'files') return { object: 'file', id, bytes: files.get(id)?.length ?? 0 };
    if (method === 'POST') {
      const { input_file_id: input } = JSON.parse(String(init.body));
      const batchId = `batch-${batches.size + 1}`;
      batches.set(batchId, { input, endsAt: clock.now() + 1000 * batchSeconds });
      return batchOf(batchId);
    }
    return id === '' ? { object: 'list', data: [...batches.keys()].map(batchOf) } : batchOf(id);
  };

  const fetch: FakeApi['fetch'] = async (input, init = {}) => {
    const path = new URL(String(input)).pathname.replace('/v1', '');
    const wrong = trouble(clock.now(), arrivals.length, path);
    arrivals.push({ at: clock.now(), path, isDown: wrong !== null });
    if (wrong === 'refused') throw networkError('ECONNREFUSED', 'connect');
    await clock.sleep(latencyMs);
    if (wrong === 'reset') throw networkError('ECONNRESET', 'read');
    if (wrong !== null) return Response.json({ error: { message: 'down' } }, { status: wrong });
    const said = await route(init.method ?? 'GET', path, init);
    return typeof said === 'string' ? new Response(said) : Response.json(said);
  };
  return { fetch, arrivals, answers: () => answers } satisfies FakeApi;
}

interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly content: string }[];
}

function completionOf(model: string) {
  return {
    object: 'chat.completion',
    id: 'chat-1',
    model,
    choices: [{ index: 0, message: { role: 'assistant', content: 'A' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 50, completion_tokens: 1, total_tokens: 51 },
  };
}

function networkError(code: string, syscall: string): TypeError {
  const cause = Object.assign(new Error(code), { code, syscall });
  return new TypeError('fetch failed', { cause });
}
