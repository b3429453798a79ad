/**
 * The journal of a study: ids of files, jobs and batches at the server, written before and after
 * each step that costs money, so that a restart continues with the same job. Entries are JSON. An
 * unreadable entry is set aside under another key, with a warning, and the server is queried
 * instead.
 */
import type { z } from 'zod';
import { parseJson } from '../checks/json.js';

export interface Journal {
  get(key: string): string | null;
  /** Returns when the entry is on disk. */
  put(key: string, value: string): void;
  delete(key: string): void;
}

export interface DamagedEntry {
  readonly stage: 'damaged';
  readonly text: string;
}

/** Null if there is no entry. */
export function readEntry<T>(
  journal: Journal,
  key: string,
  schema: z.ZodType<T>,
): T | DamagedEntry | null {
  const text = journal.get(key);
  if (text === null) return null;
  const parsed = schema.safeParse(parseJson(text));
  return parsed.success ? parsed.data : { stage: 'damaged', text };
}

/**
 * Keeps the text of a damaged entry under another key; the caller then writes a new entry.
 * @returns a warning for the user
 */
export function setAside(journal: Journal, key: string, { text }: DamagedEntry): string {
  const placeOf = (n: number) => `set aside/${n}/${key}`;
  const isTaken = (n: number) => ![null, text].includes(journal.get(placeOf(n)));
  let n = 1;
  while (isTaken(n)) n++;
  journal.put(placeOf(n), text);
  return `the journal's entry '${key}' is damaged: it was set aside as '${placeOf(n)}', and the server is asked what there is`;
}
