/** Accessors for unknown JSON: each returns a value of the expected kind, or null. */
export type JsonObject = Readonly<Record<string, unknown>>;

const MOST_VALUES = 200_000;

/**
 * True if parsing the text would block the process for too long. Parsing time grows with the
 * number of values; no legitimate answer has this many.
 */
export function isTooHeavy(text: string): boolean {
  if (text.length < MOST_VALUES) return false;
  let values = 0;
  for (const sign of [',', '[', '{']) {
    for (let at = text.indexOf(sign); at >= 0; at = text.indexOf(sign, at + 1)) {
      if (++values > MOST_VALUES) return true;
    }
  }
  return false;
}

/** The parsed value, or undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The parsed object, or null if the text is not a JSON object or is too heavy. */
export function parseObject(text: string): JsonObject | null {
  return isTooHeavy(text) ? null : asObject(parseJson(text));
}

export function asObject(value: unknown): JsonObject | null {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

const MOST_COUNT = 1e9;

/** A whole number from 0 to 1e9 (larger token counts are implausible), or null. */
export function asCount(value: unknown): number | null {
  const isCount = typeof value === 'number' && Number.isInteger(value);
  return isCount && value >= 0 && value <= MOST_COUNT ? value : null;
}
