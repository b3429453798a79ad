/**
 * Reads `study.yaml`. An error is one line with the place and what was expected; an unknown key comes
 * with the nearest known one.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import leven from 'leven';
import { type CST, isMap, isNode, isScalar, isSeq, LineCounter, Parser, parseDocument } from 'yaml';
import { z } from 'zod';
import { onOneLine } from '../../checks/names.js';
import { readText } from '../../data-files/read-bytes.js';
import { WeighbridgeError } from '../../errors.js';
import { type Configuration, configurationFrom, schemaFor } from './configuration.js';

/** @throws WeighbridgeError `bad-configuration` with the line of the problem */
export function parseConfiguration(text: string, file: string): Configuration {
  return readConfigurationText(text, file).configuration;
}

/** A configuration, and the lines of its keys for messages about what its values lead to. */
export interface LocatedConfiguration {
  readonly configuration: Configuration;
  /** `study.yaml, line 12`; the file alone if the key is not in it. */
  place(path: readonly PropertyKey[]): string;
}

/** @throws WeighbridgeError `bad-configuration` with the line of the problem */
function readConfigurationText(text: string, file: string): LocatedConfiguration {
  const { value, lineOf } = parseYaml(text, file);
  const place = (path: readonly PropertyKey[]) => {
    const line = lineOf(path);
    return line === null ? file : `${file}, line ${line}`;
  };
  const schema = schemaFor(value);
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return { configuration: configurationFrom(parsed.data), place };
  const [first] = parsed.error.issues;
  const issue = first && innermost(first);
  const path =
    issue?.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue?.path;
  const line = path ? lineOf(path) : null;
  throw new WeighbridgeError(
    'bad-configuration',
    `${path ? place(path) : file}: ${issue ? onOneLine(describe(issue, schema), 1000) : 'is not a configuration'}`,
    {
      details: {
        file,
        ...(issue && { column: issue.path.join('.') }),
        ...(line !== null && { line }),
      },
    },
  );
}

/** The most telling issue of a union: that of the alternative which got furthest. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const deepest = issue.errors
    .flatMap((issues) => (issues[0] ? [{ first: issues[0], count: issues.length }] : []))
    .toSorted((a, b) => b.first.path.length - a.first.path.length || a.count - b.count)[0];
  if (!deepest) return issue;
  return innermost({ ...deepest.first, path: [...issue.path, ...deepest.first.path] });
}

/** A configuration has a few kB. The parser's time grows faster than the square of the length. */
const MOST_CHARACTERS = 128 * 1024;
/** The parser is recursive; a configuration has four levels. */
const DEEPEST = 32;
/** Limit of the expansion of aliases. */
const MOST_ALIASES = 100;

interface ParsedYaml {
  readonly value: unknown;
  /** Line of a key, or of the nearest key above it; null if there is none. */
  lineOf(path: readonly PropertyKey[]): number | null;
}

function parseYaml(text: string, file: string): ParsedYaml {
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
      { details: { file, line: deep } },
    );
  }
  const lineCounter = new LineCounter();
  // Pretty errors hold an excerpt each, which takes quadratic time if there are many.
  const options = { lineCounter, prettyErrors: false };
  const document = parseDocument(text.replace(/^\uFEFF/, ''), options);
  const [broken] = document.errors;
  if (broken) {
    const { line } = lineCounter.linePos(broken.pos[0]);
    throw new WeighbridgeError('bad-configuration', `${file}, line ${line}: ${firstLine(broken)}`, {
      details: { file, line },
    });
  }
  try {
    return {
      value: withoutEmptySections(document.toJS({ maxAliasCount: MOST_ALIASES }) ?? {}),
      lineOf: (path) => {
        const offset = offsetOf(document.contents, path);
        return offset === null ? null : lineCounter.linePos(offset).line;
      },
    };
  } catch (cause) {
    // An alias without its anchor is noticed only here.
    throw new WeighbridgeError('bad-configuration', `${file}: ${firstLine(cause)}`, { cause });
  }
}

/** Offset of the key at a path, or of the innermost key above it that exists. */
function offsetOf(contents: unknown, path: readonly PropertyKey[]): number | null {
  let node = contents;
  let offset: number | null = null;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(step),
      );
      if (!pair) return offset;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}

/** The line at which a text is nested too deep; null if there is none. */
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

/** Drops sections without content, such as `server:` with nothing below it. */
function withoutEmptySections(configuration: unknown): unknown {
  if (typeof configuration !== 'object' || configuration === null || Array.isArray(configuration)) {
    return configuration;
  }
  return Object.fromEntries(Object.entries(configuration).filter(([, value]) => value !== null));
}

/** First line of the parser's message. */
function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return onOneLine(message.split(/[\n\r]/)[0] ?? message);
}

function describe(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  const place = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') {
    const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
    const message = isMissing ? `is missing, expected ${issue.expected}` : issue.message;
    return place === '' ? message : `${place}: ${message}`;
  }
  const key = issue.keys[0]?.slice(0, 80) ?? '';
  const known = keysAt(schema, issue.path);
  const nearest = known.toSorted((a, b) => leven(key, a) - leven(key, b))[0];
  const unknown = `unknown key '${[...issue.path, key].join('.')}'`;
  return nearest ? `${unknown}; the nearest known one is '${nearest}'` : unknown;
}

/** Keys of a schema at a path. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((one) => keysAt(one, path));
  const [step, ...rest] = path;
  if (step === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest);
  if (inner instanceof z.ZodRecord) return keysAt(inner.valueType, rest);
  return inner instanceof z.ZodObject ? keysAt(inner.shape[String(step)], rest) : [];
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

export const studyFiles = {
  configuration: 'study.yaml',
  record: 'record.sqlite',
  /** How much the record has held. */
  mark: 'record.mark',
  lock: 'study.lock',
} as const;

/** @throws WeighbridgeError `missing-file`, `bad-configuration` */
export async function readConfiguration(folder: string): Promise<LocatedConfiguration> {
  const path = join(folder, studyFiles.configuration);
  if (!existsSync(path)) {
    throw new WeighbridgeError(
      'missing-file',
      `${folder} holds no ${studyFiles.configuration}: make a study with \`weighbridge study init ${folder}\``,
    );
  }
  return readConfigurationText(
    await readText(path, 'the configuration of a study'),
    studyFiles.configuration,
  );
}
