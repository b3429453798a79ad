/** Answers as JSON of a given schema, as a server with structured output writes them. */
import { asList, asObject, parseObject } from '../../checks/json.js';
import { digestOf, uniformOf } from './randomness.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The answer as JSON of the schema. Values are taken from the answer where they fit: its properties
 * by name if it is an object, and otherwise its whole text. The rest is drawn.
 *
 * Understood: `type`, `properties`, `items`, `minItems`, `enum`, `const`, `minimum`, `maximum`,
 * `anyOf`. All properties are written.
 * @param luck a digest
 */
export function structuredText(text: string, schema: JsonSchema, luck: string): string {
  return JSON.stringify(jsonOf(schema, parseObject(text) ?? text.trim(), luck));
}

/** A schema comes from the client: it must not fill the memory. */
const MOST_ITEMS = 100;

function jsonOf(schema: JsonSchema, said: unknown, luck: string): unknown {
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return oneOf(schema.enum, said, luck);
  const [first] = asList(schema.anyOf);
  if (first !== undefined) return jsonOf(asObject(first) ?? {}, said, luck);
  switch (schema.type) {
    case 'object':
      return objectOf(schema, said, luck);
    case 'array': {
      const wanted = typeof schema.minItems === 'number' ? schema.minItems : 1;
      const length = Math.max(0, Math.min(wanted, MOST_ITEMS));
      const items = asObject(schema.items) ?? {};
      return Array.from({ length }, (_, i) => jsonOf(items, said, digestOf(luck, i)));
    }
    case 'number':
    case 'integer':
      return numberOf(schema, said, luck);
    case 'boolean':
      return typeof said === 'boolean' ? said : uniformOf(luck, 0) < 0.5;
    case 'null':
      return null;
    default:
      return typeof said === 'string' ? said : JSON.stringify(said);
  }
}

/** An object that fits the schema; without properties, the answer itself. */
function objectOf(schema: JsonSchema, said: unknown, luck: string): unknown {
  const named = asObject(said);
  const properties = Object.entries(asObject(schema.properties) ?? {});
  if (properties.length === 0) return named ?? { answer: said };
  return Object.fromEntries(
    properties.map(([name, property]) => {
      const own = named ? named[name] : said;
      return [name, jsonOf(asObject(property) ?? {}, own, digestOf(luck, name))];
    }),
  );
}

function oneOf(values: readonly unknown[], said: unknown, luck: string): unknown {
  return (
    values.find((value) => value === said || String(value) === said) ??
    values[Math.floor(uniformOf(luck, 0) * values.length)]
  );
}

function numberOf(schema: JsonSchema, said: unknown, luck: string): number {
  const minimum = typeof schema.minimum === 'number' ? schema.minimum : 0;
  const maximum = typeof schema.maximum === 'number' ? schema.maximum : minimum + 1;
  const given = typeof said === 'string' && said !== '' ? Number(said) : said;
  const value =
    typeof given === 'number' && Number.isFinite(given)
      ? Math.min(Math.max(given, minimum), Math.max(minimum, maximum))
      : minimum + uniformOf(luck, 0) * (maximum - minimum);
  return schema.type === 'integer' ? Math.round(value) : value;
}
