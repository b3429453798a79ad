/**
 * Steps into JSON of which nothing is known: each gives what it should be, or null.
 */
export type JsonObject = Readonly<Record<string, unknown>>;

const MOST_VALUES = 200_000;

/**
 * True for a text that would hold up everything else while it is parsed: what takes time is the
 * number of values. No answer has so many.
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

export function parseObject(text: string): JsonObject | null {
  if (isTooHeavy(text)) return null;
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}

export function asObject(value: unknown): JsonObject | null {
  return isObject(value) ? value : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

const MOST_COUNT = 1e9;

/** A whole number from 0 to 1e9: beyond, no tokens were counted. */
export function asCount(value: unknown): number | null {
  const isCount = typeof value === 'number' && Number.isInteger(value);
  return isCount && value >= 0 && value <= MOST_COUNT ? value : null;
}
