/** /v1/files: upload, list, look at, read, delete. */
import { fileObject, type StoredFile } from './file-store.js';
import { pageOf } from './pagination.js';
import { errorReply, jsonReply, type Reply } from './reply.js';
import type { Call, Route } from './route.js';
import type { Simulator } from './simulator.js';

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

/** OpenAI's page of files. */
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
