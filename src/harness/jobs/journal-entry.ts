/**
 * Journal entries as JSON of a known shape. What is read back is checked like any other input. An
 * entry that cannot be read is not lost: whoever meets it sets it aside under another key, says so,
 * and asks the server what the entry would have told.
 */
import type { z } from 'zod';
import type { Journal } from '../journal.js';

export interface DamagedEntry {
  readonly stage: 'damaged';
  readonly text: string;
}

/** Null where there is no entry. */
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
 * Keeps the text of a damaged entry under a key of its own; the caller then writes a new entry.
 * @returns a line for the user
 */
export function setAside(journal: Journal, key: string, { text }: DamagedEntry): string {
  const placeOf = (n: number) => `set aside/${n}/${key}`;
  const isTaken = (n: number) => ![null, text].includes(journal.get(placeOf(n)));
  let n = 1;
  while (isTaken(n)) n++;
  journal.put(placeOf(n), text);
  return `the journal's entry '${key}' is damaged: it was set aside as '${placeOf(n)}', and the server is asked what there is`;
}

/** The value, or undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
