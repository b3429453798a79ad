/** /v1/models: the list, one of them, and deleting one that training made. */
import { modelNotFound } from './chat.js';
import { modelObject } from './model-registry.js';
import { errorReply, jsonReply, type Reply } from './reply.js';
import type { Call, Route } from './route.js';
import type { Simulator } from './simulator.js';

export const modelRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/models',
    handle: (_, { models }) => jsonReply({ object: 'list', data: models.list().map(modelObject) }),
  },
  { method: 'GET', path: '/v1/models/:id', handle: retrieve },
  { method: 'DELETE', path: '/v1/models/:id', handle: remove },
];

function retrieve(call: Call, { models }: Simulator): Reply {
  const id = call.req.param('id') ?? '';
  const entry = models.get(id);
  return entry ? jsonReply(modelObject(entry)) : errorReply(404, modelNotFound(id));
}

function remove(call: Call, { models }: Simulator): Reply {
  const id = call.req.param('id') ?? '';
  if (!models.get(id)) return errorReply(404, modelNotFound(id));
  if (!models.remove(id)) {
    return errorReply(403, { message: `The model \`${id}\` is not yours to delete.` });
  }
  return jsonReply({ id, object: 'model', deleted: true });
}
