/** Journal entries as JSON of a known shape: what is read back is checked like any other input. */
import type { z } from 'zod';
import { WeighbridgeError } from '../../errors.js';
import type { Journal } from '../journal.js';

/** @throws WeighbridgeError `bad-data` where something else wrote the entry */
export function readEntry<T>(journal: Journal, key: string, schema: z.ZodType<T>): T | null {
  const text = journal.get(key);
  if (text === null) return null;
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0] ?? { path: [], message: 'unknown shape' };
  throw new WeighbridgeError(
    'bad-data',
    `the study's journal is damaged: entry '${key}', ${path.join('.') || 'value'}: ${message}`,
  );
}

/** The value, or undefined where the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
