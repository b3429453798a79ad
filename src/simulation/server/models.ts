/** The server's models: base models and fine-tuned ones. */

import { modelNotFound } from './chat-request.js';
import { type SimulatedModel, untrainedModel } from './model.js';
import { defaultProfile, type ModelProfile, paperProfiles } from './profile.js';
import { errorReply, jsonReply, type Reply } from './reply.js';
import type { Call, Route } from './route.js';
import type { Simulator } from './simulator.js';

/** A model with the default profile that every server has. */
const GENERIC_MODEL = 'simulated-model';

interface ModelEntry {
  readonly model: SimulatedModel;
  /** Seconds since 1970. */
  readonly created: number;
  readonly ownedBy: string;
}

export interface ModelRegistry {
  get(name: string): ModelEntry | undefined;
  list(): readonly ModelEntry[];
  /** Adds a fine-tuned model; the same training makes the same model. */
  add(model: SimulatedModel, created: number): void;
  /** Deletes a model; only fine-tuned models can be deleted. */
  remove(name: string): boolean;
}

interface BaseModels {
  /** Names in addition to the paper's; they have the default profile. */
  readonly models: readonly string[];
  /** Profiles of new models, or replacements of built-in profiles. */
  readonly profiles: Readonly<Record<string, ModelProfile>>;
}

const TRAINED_HERE = 'simulated';

export function modelRegistry({ models, profiles }: BaseModels, created: number): ModelRegistry {
  const all: Record<string, ModelProfile> = {
    ...Object.fromEntries([GENERIC_MODEL, ...models].map((name) => [name, defaultProfile])),
    ...paperProfiles,
    ...profiles,
  };
  const entries = new Map<string, ModelEntry>(
    Object.entries(all).map(([name, profile]) => [
      name,
      { model: untrainedModel(name, profile), created, ownedBy: 'system' },
    ]),
  );
  return {
    get: (name) => entries.get(name),
    list: () => [...entries.values()],
    add(model, at) {
      if (!entries.has(model.name)) {
        entries.set(model.name, { model, created: at, ownedBy: TRAINED_HERE });
      }
    },
    remove(name) {
      return entries.get(name)?.ownedBy === TRAINED_HERE && entries.delete(name);
    },
  };
}

/** The model in the API's shape. */
function modelObject({ model, created, ownedBy }: ModelEntry) {
  return { id: model.name, object: 'model', created, owned_by: ownedBy };
}

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
