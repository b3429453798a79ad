/**
 * Reads `study.yaml`. What is wrong is told in one line with its place and what was expected; a
 * key that nobody knows comes with the nearest known one.
 */
import leven from 'leven';
import { type CST, LineCounter, Parser, parseDocument } from 'yaml';
import { z } from 'zod';
import { WeighbridgeError } from '../../errors.js';
import { onOneLine } from '../../study/names.js';
import { type Configuration, configurationSchema } from './schema.js';

/** @throws WeighbridgeError `bad-configuration` */
export function parseConfiguration(text: string, file: string): Configuration {
  const parsed = configurationSchema.safeParse(parseYaml(text, file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new WeighbridgeError(
    'bad-configuration',
    `${file}: ${issue ? onOneLine(describe(issue), 1000) : 'is not a configuration'}`,
  );
}

/** A configuration takes some kB. The parser takes longer than the square of a longer text. */
const MOST_CHARACTERS = 128 * 1024;
/** The parser goes down by recursion; a configuration has four levels. */
const DEEPEST = 32;
/** What aliases may unfold to. */
const MOST_ALIASES = 100;

function parseYaml(text: string, file: string): unknown {
  if (text.length > MOST_CHARACTERS) {
    throw new WeighbridgeError(
      'bad-configuration',
      `${file} has ${text.length} characters, expected at most ${MOST_CHARACTERS}`,
    );
  }
  const deep = tooDeep(text);
  if (deep !== null) {
    throw new WeighbridgeError(
      'bad-configuration',
      `${file}, line ${deep}: nested deeper than ${DEEPEST} levels`,
    );
  }
  const lineCounter = new LineCounter();
  // Pretty errors hold an excerpt each, which takes quadratic time where there are many.
  const options = { lineCounter, prettyErrors: false };
  const document = parseDocument(text.replace(/^\uFEFF/, ''), options);
  const [broken] = document.errors;
  if (broken) {
    const { line } = lineCounter.linePos(broken.pos[0]);
    throw new WeighbridgeError('bad-configuration', `${file}, line ${line}: ${firstLine(broken)}`);
  }
  try {
    return withoutEmptySections(document.toJS({ maxAliasCount: MOST_ALIASES }) ?? {});
  } catch (cause) {
    // An alias without its anchor is found only here.
    throw new WeighbridgeError('bad-configuration', `${file}: ${firstLine(cause)}`, { cause });
  }
}

/** The line where a text is nested too deep; null where it is nowhere. */
function tooDeep(text: string): number | null {
  const lines = new LineCounter();
  const documents = [...new Parser(lines.addNewLine).parse(text)];
  let level = documents.flatMap((one) => (one.type === 'document' && one.value ? [one.value] : []));
  for (let depth = 0; level.length > 0; depth++) {
    const [first] = level;
    if (depth > DEEPEST && first) return lines.linePos(first.offset).line;
    level = level.flatMap((token) => ('items' in token ? token.items.flatMap(partsOf) : []));
  }
  return null;
}

function partsOf({ key, value }: CST.CollectionItem): CST.Token[] {
  return [key, value].filter((part) => part !== undefined && part !== null);
}

/** `server:` with nothing below it is a section in which nothing is said. */
function withoutEmptySections(configuration: unknown): unknown {
  if (typeof configuration !== 'object' || configuration === null || Array.isArray(configuration)) {
    return configuration;
  }
  return Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== null));
}

/** What the parser says. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return onOneLine(message.split(/[\n\r]/)[0] ?? message);
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') {
    const message = issue.message.replace(
      /^Invalid input: (expected .*), received undefined$/,
      'is missing, $1',
    );
    return place === '' ? message : `${place}: ${message}`;
  }
  const key = issue.keys[0]?.slice(0, 80) ?? '';
  const known = keysAt(issue.path);
  const nearest = known.toSorted((a, b) => leven(key, a) - leven(key, b))[0];
  const unknown = `unknown key '${[...issue.path, key].join('.')}'`;
  return nearest ? `${unknown}; the nearest known one is '${nearest}'` : unknown;
}

/** The keys that the schema knows at a path. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let schema: unknown = configurationSchema;
  for (const step of path) {
    const inner = unwrapped(schema);
    if (inner instanceof z.ZodArray) schema = inner.element;
    else if (inner instanceof z.ZodObject) schema = inner.shape[String(step)];
  }
  const reached = unwrapped(schema);
  return reached instanceof z.ZodObject ? Object.keys(reached.shape) : [];
}

function unwrapped(schema: unknown): unknown {
  const wrappers = [z.ZodPrefault, z.ZodDefault, z.ZodNullable, z.ZodOptional];
  let inner = schema;
  for (;;) {
    const wrapper = wrappers.find((kind) => inner instanceof kind);
    if (!wrapper) return inner;
    inner = (inner as z.ZodOptional).unwrap();
  }
}
