import type { Journal } from '../../src/harness/journal.js';

/** A journal that forgets when the test ends. */
export function memoryJournal(): Journal {
  const entries = new Map<string, string>();
  return {
    get: (key) => entries.get(key) ?? null,
    put: (key, value) => void entries.set(key, value),
    delete: (key) => void entries.delete(key),
  };
}
