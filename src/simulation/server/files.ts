/**
 * Files uploaded by clients or made by jobs. They are kept in memory: no file name is used as a
 * path.
 */
import { randomUUID } from 'node:crypto';
import { errorReply, jsonReply, pageOf, type Reply } from './reply.js';
import type { Call, Route } from './route.js';
import type { Simulator } from './simulator.js';

export interface StoredFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly bytes: number;
  /** Seconds since 1970. */
  readonly created: number;
  readonly text: string;
}

export interface FileStore {
  /** Null if the store is full. */
  add(file: Pick<StoredFile, 'filename' | 'purpose' | 'text'>): StoredFile | null;
  get(id: string): StoredFile | undefined;
  list(): readonly StoredFile[];
  remove(id: string): boolean;
}

/** Size limit of all files together. */
const MOST_BYTES = 512 * 1024 ** 2;

export function fileStore(): FileStore {
  const files = new Map<string, StoredFile>();
  let total = 0;
  return {
    add({ filename, purpose, text }) {
      const bytes = Buffer.byteLength(text);
      if (total + bytes > MOST_BYTES) return null;
      const id = newId('file-');
      const file = { id, filename, purpose, bytes, created: nowInSeconds(), text };
      files.set(id, file);
      total += bytes;
      return file;
    },
    get: (id) => files.get(id),
    list: () => [...files.values()],
    remove(id) {
      total -= files.get(id)?.bytes ?? 0;
      return files.delete(id);
    },
  };
}

/** The file in the API's shape. */
function fileObject({ id, filename, purpose, bytes, created }: StoredFile) {
  return {
    id,
    object: 'file',
    bytes,
    created_at: created,
    expires_at: null,
    filename,
    purpose,
    status: 'processed',
    status_details: null,
  };
}

/** A new id, unique even across restarts: a client may hold ids of an earlier server. */
export function newId(prefix: string): string {
  return prefix + randomUUID().replaceAll('-', '').slice(0, 24);
}

export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

export const fileRoutes: readonly Route[] = [
  { method: 'POST', path: '/v1/files', handle: upload },
  { method: 'GET', path: '/v1/files', handle: list },
  {
    method: 'GET',
    path: '/v1/files/:id',
    handle: (call, simulator) => withFile(call, simulator, (file) => jsonReply(fileObject(file))),
  },
  {
    method: 'GET',
    path: '/v1/files/:id/content',
    handle: (call, simulator) =>
      withFile(call, simulator, ({ text }) => ({
        status: 200,
        body: text,
        headers: { 'content-type': 'application/octet-stream' },
      })),
  },
  {
    method: 'DELETE',
    path: '/v1/files/:id',
    handle: (call, simulator) =>
      withFile(call, simulator, ({ id }) => {
        simulator.files.remove(id);
        return jsonReply({ id, object: 'file', deleted: true });
      }),
  },
];

const purposes = ['assistants', 'batch', 'evals', 'fine-tune', 'user_data', 'vision'];

async function upload(call: Call, { files }: Simulator): Promise<Reply> {
  const form = await call.req.formData().catch(() => null);
  const purpose = form?.get('purpose');
  const file = form?.get('file');
  if (typeof purpose !== 'string' || !purposes.includes(purpose)) {
    return errorReply(400, {
      message: `Invalid 'purpose': expected one of ${purposes.join(', ')}`,
      param: 'purpose',
      code: 'invalid_value',
    });
  }
  if (!file || typeof file === 'string') {
    return errorReply(400, {
      message: "Missing required parameter: 'file'.",
      param: 'file',
      code: 'missing_required_parameter',
    });
  }
  const stored = files.add({ filename: file.name, purpose, text: await file.text() });
  return stored
    ? jsonReply(fileObject(stored))
    : errorReply(413, { message: 'The storage of the simulator is full: delete some files.' });
}

/** OpenAI's default page size for files. */
const USUAL_LIMIT = 10_000;

function list(call: Call, { files }: Simulator): Reply {
  const purpose = call.req.query('purpose');
  const wanted = files.list().filter((file) => purpose === undefined || file.purpose === purpose);
  const { after, limit } = call.req.query();
  return pageOf(wanted.map(fileObject), { after, limit }, USUAL_LIMIT);
}

function withFile(call: Call, { files }: Simulator, reply: (file: StoredFile) => Reply): Reply {
  const id = call.req.param('id') ?? '';
  const file = files.get(id);
  return file
    ? reply(file)
    : errorReply(404, { message: `No such File object: ${id}`, param: 'id' });
}
