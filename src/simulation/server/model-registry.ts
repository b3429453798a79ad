/** The models that a server has: base models, and those that fine-tuning made of them. */
import { type Mind, untaughtMind } from './mind.js';
import { defaultProfile, type ModelProfile, paperProfiles } from './profile.js';

/** A model under the default profile that every server has. */
export const GENERIC_MODEL = 'simulated-model';

export interface ModelEntry {
  readonly mind: Mind;
  /** Seconds since 1970. */
  readonly created: number;
  readonly ownedBy: string;
}

export interface ModelRegistry {
  get(name: string): ModelEntry | undefined;
  list(): readonly ModelEntry[];
  /** A model that training made; the same training makes the same model. */
  add(mind: Mind, created: number): void;
  /** Only what training made can go. */
  remove(name: string): boolean;
}

export interface BaseModels {
  /** Names beside those of the paper; they have the default profile. */
  readonly models: readonly string[];
  /** Profiles of new models, or in place of those that come with weighbridge. */
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
      { mind: untaughtMind(name, profile), created, ownedBy: 'system' },
    ]),
  );
  return {
    get: (name) => entries.get(name),
    list: () => [...entries.values()],
    add(mind, at) {
      if (!entries.has(mind.name)) {
        entries.set(mind.name, { mind, created: at, ownedBy: TRAINED_HERE });
      }
    },
    remove(name) {
      return entries.get(name)?.ownedBy === TRAINED_HERE && entries.delete(name);
    },
  };
}

/** As the API shows a model. */
export function modelObject({ mind, created, ownedBy }: ModelEntry) {
  return { id: mind.name, object: 'model', created, owned_by: ownedBy };
}
