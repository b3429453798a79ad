/** /v1/batches: create, list, look at, cancel. */
import { type Batch, batchObject, batchSchema, cancelBatch, startBatch } from './batches.js';
import { pageOf } from './pagination.js';
import { errorReply, jsonReply, type Reply } from './reply.js';
import { readBody } from './request-body.js';
import type { Call, Route } from './route.js';
import type { Simulator } from './simulator.js';

const PATH = '/v1/batches';

/** The routes, and the batches that they made, oldest first. */
export function batchRoutes(): readonly Route[] {
  const batches = new Map<string, Batch>();
  const withBatch = (call: Call, reply: (batch: Batch) => Reply): Reply => {
    const id = call.req.param('id') ?? '';
    const batch = batches.get(id);
    return batch
      ? reply(batch)
      : errorReply(404, { message: `No batch found with id '${id}'.`, code: 'not_found' });
  };
  return [
    { method: 'POST', path: PATH, handle: (call, simulator) => create(call, simulator, batches) },
    {
      method: 'GET',
      path: PATH,
      handle(call) {
        const { after, limit } = call.req.query();
        return pageOf([...batches.values()].map(batchObject), { after, limit });
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:id`,
      handle: (call) => withBatch(call, (batch) => jsonReply(batchObject(batch))),
    },
    { method: 'POST', path: `${PATH}/:id/cancel`, handle: (call) => withBatch(call, cancel) },
  ];
}

async function create(
  call: Call,
  simulator: Simulator,
  batches: Map<string, Batch>,
): Promise<Reply> {
  const body = await readBody(call.env.incoming, batchSchema);
  if (!body.ok) return body.error;
  const { input_file_id, metadata } = body.value;
  const input = simulator.files.get(input_file_id);
  if (input?.purpose !== 'batch') {
    return errorReply(400, {
      message: `Invalid 'input_file_id': there is no file for batches with the id ${input_file_id}`,
      param: 'input_file_id',
      code: 'invalid_value',
    });
  }
  const batch = startBatch(input, metadata ?? null, simulator);
  batches.set(batch.id, batch);
  return jsonReply(batchObject(batch));
}

function cancel(batch: Batch): Reply {
  if (!cancelBatch(batch)) {
    return errorReply(409, {
      message: `Cannot cancel a batch with status '${batch.status}'.`,
      code: 'batch_not_cancellable',
    });
  }
  return jsonReply(batchObject(batch));
}
