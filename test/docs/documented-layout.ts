/** The tables of docs/files.md, and the comparison of real files with them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { checkout } from '../e2e/support.js';

const page = readFileSync(join(checkout, 'docs/files.md'), 'utf8');

export interface DocumentedName {
  readonly name: string;
  readonly isOptional: boolean;
}

/** The names in the first column of a table, by its place: heading of the section, head of the table. */
export function documented(heading: string, head: string): DocumentedName[] {
  const sections = page.split(/^#{2,4} /m);
  const section = sections.find((text) => text.split('\n')[0] === heading);
  if (section === undefined) throw new Error(`docs/files.md has no section '${heading}'`);
  const lines = section.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  if (first === -1) throw new Error(`'${heading}' has no table of '${head}'`);
  const after = lines.slice(first + 2);
  const end = after.findIndex((line) => !line.startsWith('|'));
  return after.slice(0, end === -1 ? undefined : end).flatMap((line) => {
    const cell = line.split(' | ')[0] ?? '';
    return [...cell.matchAll(/`([^`]+)`( optional)?/g)].map(([, name = '', optional]) => ({
      name,
      isOptional: optional !== undefined,
    }));
  });
}

/** What a page says wrongly about a file: names that it lacks, and names that the file lacks. */
export interface Difference {
  readonly undocumented: readonly string[];
  readonly missing: readonly string[];
}

export const none: Difference = { undocumented: [], missing: [] };

/** `attr1`, `attr2`, … are documented as `attrN`. */
export function columnsIn(csv: string): string[] {
  const header = csv.replace(/\r?\n[\s\S]*$/, '').split(',');
  return [...new Set(header.map((column) => column.replace(/\d+(?=$|_)/, 'N')))];
}

/** Stands for any name. */
const ANY = /^[A-Z]{2,}$/;

/** Compares columns with a section, in their order. */
export function columnDifference(heading: string, found: readonly string[], head = 'column') {
  const names = documented(heading, head);
  const anyOther = names.some(({ name }) => ANY.test(name));
  const known = names.map(({ name }) => name);
  const expected = names.filter(({ name, isOptional }) => !isOptional && !ANY.test(name));
  const order = known.filter((name) => found.includes(name));
  const inOrder = found.filter((name) => known.includes(name)).join() === order.join();
  return {
    undocumented: anyOther ? [] : found.filter((name) => !known.includes(name)),
    missing: [
      ...expected.flatMap(({ name }) => (found.includes(name) ? [] : [name])),
      ...(inOrder ? [] : [`in this order: ${order.join(', ')}`]),
    ],
  } satisfies Difference;
}

type Path = readonly string[];

/** Compares the keys of a document with a section: words in capital letters stand for any name. */
export function keyDifference(heading: string, document: unknown, head = 'key'): Difference {
  const names = documented(heading, head).map((one) => ({ ...one, path: pathOf(one.name) }));
  const reached = new Set<string>();
  const undocumented = new Set<string>();
  const visit = (path: Path, value: unknown): void => {
    const match = names.find((one) => matches(one.path, path));
    if (match) return void reached.add(match.name);
    if (isListOfObjects(value)) for (const item of value) visit([...path, '[]'], item);
    else if (isObject(value)) {
      for (const [key, inner] of Object.entries(value)) visit([...path, key], inner);
    } else undocumented.add(path.join('.'));
  };
  visit([], document);
  return {
    undocumented: [...undocumented],
    missing: names.flatMap(({ name, isOptional }) =>
      isOptional || reached.has(name) ? [] : [name],
    ),
  };
}

/** `a.b[].c` as a, b, [], c. */
function pathOf(name: string): Path {
  return name.split('.').flatMap((part) => {
    const list = part.endsWith('[]');
    const key = list ? part.slice(0, -2) : part;
    return [...(key === '' ? [] : [key]), ...(list ? ['[]'] : [])];
  });
}

function matches(pattern: Path, path: Path): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((part, i) => (ANY.test(part) ? path[i] !== '[]' : part === path[i]))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfObjects(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

/** A document with every key that a schema allows; NAME stands for the keys of a record. */
export function sampleOf(schema: unknown): unknown {
  if (schema instanceof z.ZodObject) {
    return Object.fromEntries(Object.entries(schema.shape).map(([key, of]) => [key, sampleOf(of)]));
  }
  if (schema instanceof z.ZodRecord) return { NAME: sampleOf(schema.valueType) };
  if (schema instanceof z.ZodArray) return [sampleOf(schema.element)];
  if (schema instanceof z.ZodUnion) return schema.options.map(sampleOf).reduce(merged);
  const isWrapper = [z.ZodPrefault, z.ZodDefault, z.ZodNullable, z.ZodOptional].some(
    (kind) => schema instanceof kind,
  );
  return isWrapper ? sampleOf((schema as z.ZodOptional).unwrap()) : 1;
}

/** The keys of both; an object says more than a text in its place. */
function merged(one: unknown, other: unknown): unknown {
  if (!isObject(one)) return isObject(other) ? other : one;
  if (!isObject(other)) return one;
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  const both = keys.map((key) => [
    key,
    key in one && key in other ? merged(one[key], other[key]) : (one[key] ?? other[key]),
  ]);
  return Object.fromEntries(both);
}
