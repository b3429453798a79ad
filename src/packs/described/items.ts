/** The items of a described study: rows of a CSV file, of JSON lines, or made by a generator. */
import { basename } from 'node:path';
import { asObject, parseJson } from '../../checks/json.js';
import { didYouMean, onOneLine } from '../../checks/names.js';
import { badData } from '../../checks/values.js';
import { readText } from '../../data-files/read-bytes.js';
import { parseNumber, parseTextTable } from '../../data-files/text-table.js';
import { WeighbridgeError } from '../../errors.js';
import type { Cell } from '../design.js';
import { answerColumns } from './columns.js';
import type { ItemSet } from './configuration.js';
import { generators } from './generators.js';
import type { Fields } from './template.js';

export interface Item {
  /** Unique in its set. */
  readonly id: string;
  readonly fields: Fields;
  /** Where it was read: `items.csv, row 3`. */
  readonly place: string;
  /** Its columns in the table of answers. @default the fields that are texts, numbers or booleans */
  readonly cells?: ReadonlyMap<string, Cell>;
}

export interface ItemSource {
  pathOf(file: string): string;
  /** The place of a key of the configuration, for messages. */
  place(path: readonly PropertyKey[]): string;
}

/**
 * @param path of the set in the configuration
 * @throws WeighbridgeError `missing-file`, `bad-data`, `bad-configuration`
 */
export async function readItems(
  set: ItemSet,
  path: readonly PropertyKey[],
  source: ItemSource,
): Promise<Item[]> {
  if (typeof set !== 'string' && 'generator' in set) {
    const make = generators[set.generator];
    if (make) return requireDistinct(await make(set, path, source));
    throw new WeighbridgeError(
      'bad-configuration',
      `${source.place([...path, 'generator'])}: there is no generator '${set.generator}'${didYouMean(set.generator, Object.keys(generators))}`,
    );
  }
  const { file, where = {} } = typeof set === 'string' ? { file: set } : set;
  const items = await readFile(source.pathOf(file));
  const wanted = Object.entries(where);
  const kept = items.filter(({ fields }) =>
    wanted.every(([field, value]) => String(fields[field]) === String(value)),
  );
  if (kept.length > 0) return requireDistinct(kept);
  throw badData(
    wanted.length > 0 && items.length > 0
      ? `${file}: no item has ${wanted.map(([field, value]) => `${field} '${value}'`).join(' and ')}`
      : `${file} holds no items: expected at least one below its header`,
    { file },
  );
}

async function readFile(path: string): Promise<Item[]> {
  const file = basename(path);
  const text = await readText(path, 'the items of a study');
  const rows = /\.(jsonl|ndjson)$/i.test(file) ? jsonLines(text, file) : csvRows(text, file);
  const [first] = rows;
  if (first) requireNames(Object.keys(first.fields), file);
  return rows.map(({ fields, place }, i) => ({ id: idOf(fields, i), fields, place }));
}

interface Row {
  readonly fields: Fields;
  readonly place: string;
}

function csvRows(text: string, file: string): Row[] {
  const { columns, rows } = parseTextTable(text, {
    file,
    purpose: 'items, one a row',
    columnsOf: (header) => header,
  });
  return rows.map(({ cells, place }) => ({
    fields: Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? ''])),
    place: `${file}, row ${place}`,
  }));
}

function jsonLines(text: string, file: string): Row[] {
  return text.split('\n').flatMap((line, i): Row[] => {
    if (line.trim() === '') return [];
    const fields = asObject(parseJson(line));
    if (fields) return [{ fields, place: `${file}, line ${i + 1}` }];
    throw badData(`${file}, line ${i + 1}: expected a JSON object, found ${onOneLine(line, 60)}`, {
      file,
      row: i + 1,
    });
  });
}

/** Fields become variables of templates and columns of the table of answers. */
function requireNames(names: readonly string[], file: string): void {
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw badData(
        `${file}: the column '${onOneLine(name, 60)}' cannot be used in a template: expected letters, digits and _`,
        { file, column: name },
      );
    }
    if (answerColumns.includes(name) && name !== 'item') {
      throw badData(
        `${file}: the column '${name}' is also a column of the table of answers: rename it`,
        { file, column: name },
      );
    }
  }
}

function idOf({ id, item }: Fields, index: number): string {
  const own = id ?? item;
  return own === undefined || own === '' ? String(index + 1) : String(own);
}

function requireDistinct(items: readonly Item[]): Item[] {
  const places = new Map<string, string>();
  for (const { id, place } of items) {
    const first = places.get(id);
    if (first !== undefined) {
      throw badData(`${place}: the id '${onOneLine(id, 60)}' is there twice, first at ${first}`, {
        found: id,
      });
    }
    places.set(id, place);
  }
  return [...items];
}

/** The columns of items in the table of answers; a field whose texts are all numbers is a number. */
export function itemCells(items: readonly Item[]): Map<Item, ReadonlyMap<string, Cell>> {
  const isScalar = (value: unknown): value is Cell =>
    value === null || ['string', 'number', 'boolean'].includes(typeof value);
  const names = [...new Set(items.flatMap(({ fields }) => Object.keys(fields)))].filter(
    (name) =>
      name !== 'id' &&
      name !== 'item' &&
      items.every(({ fields }) => isScalar(fields[name] ?? null)),
  );
  const numeric = new Set(
    names.filter((name) =>
      items.every(({ fields }) => {
        const value = fields[name] ?? '';
        return typeof value !== 'boolean' && (value === '' || parseNumber(String(value)) !== null);
      }),
    ),
  );
  const cell = (name: string, value: unknown): Cell => {
    if (!isScalar(value) || value === '') return null;
    return numeric.has(name) && value !== null ? Number(value) : value;
  };
  return new Map(
    items.map((item) => [
      item,
      item.cells ?? new Map(names.map((name) => [name, cell(name, item.fields[name] ?? null)])),
    ]),
  );
}
