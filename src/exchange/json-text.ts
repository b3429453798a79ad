/**
 * JSON as text: for people, a key a line and a list of numbers or words in one; or for readers that
 * know ASCII alone.
 */
import type { Json } from './plain-data.js';

export function jsonText(json: Json): string {
  return `${lines(json, '')}\n`;
}

function lines(json: Json, indent: string): string {
  const inner = `${indent} `;
  if (Array.isArray(json) && json.some(isNested)) {
    const items = json.map((item: Json) => `${inner}${lines(item, inner)}`);
    return `[\n${items.join(',\n')}\n${indent}]`;
  }
  if (isNested(json) && !Array.isArray(json)) {
    const entries = Object.entries(json).map(
      ([key, value]) => `${inner}${JSON.stringify(key)}: ${lines(value, inner)}`,
    );
    return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
  }
  return Array.isArray(json)
    ? `[${json.map((item: Json) => JSON.stringify(item)).join(', ')}]`
    : JSON.stringify(json);
}

function isNested(json: Json): json is Exclude<Json, null | boolean | number | string> {
  return typeof json === 'object' && json !== null;
}

/** The same JSON with every character beyond ASCII as \\uXXXX. */
export function asciiJson(json: string): string {
  return json.replaceAll(
    /[^\n\x20-\x7e]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
