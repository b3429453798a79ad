/**
 * Saves a transformer's weights as two files.
 *
 * `transformer.json`, UTF-8:
 *
 *     format           "weighbridge-transformer"
 *     format_version   1
 *     shape            vocabulary, length, width, layers, heads, hidden
 *     parameters       [{name, rows, columns}] in the order of the numbers
 *     numbers          {file, type, bytes, crc32} of `weights.f32`
 *
 * `weights.f32`: the parameters as little-endian float32s, row-major, without a header.
 *
 * A change that an older reader would misread increments the version.
 */
import { z } from 'zod';
import {
  namedPlaces,
  parameterPlaces,
  requireShape,
  type TransformerShape,
} from '../../models/transformer/shape.js';
import { Transformer, type TransformerOptions } from '../../models/transformer/transformer.js';
import { WeighbridgeError } from '../errors.js';
import { crc32, float32Bytes, jsonText, readFloat32, textOf, utf8 } from './bytes.js';

const FORMAT = 'weighbridge-transformer';
const VERSION = 1;
const transformerFiles = { header: 'transformer.json', weights: 'weights.f32' } as const;

/** Names of the files of a saved transformer. */
export const TRANSFORMER_FILES: readonly string[] = Object.values(transformerFiles);

const header = z.object({
  format: z.literal(FORMAT),
  format_version: z.number(),
  shape: z.object({
    vocabulary: z.number(),
    length: z.number(),
    width: z.number(),
    layers: z.number(),
    heads: z.number(),
    hidden: z.number(),
  }),
  numbers: z.object({ bytes: z.number(), crc32: z.string() }),
});

/** The files of a transformer, by name. Moments of its training are not saved. */
export function encodeTransformer({
  shape,
  places,
  weights,
}: Transformer): Map<string, Uint8Array> {
  const bytes = float32Bytes(weights);
  const document = {
    format: FORMAT,
    format_version: VERSION,
    shape: { ...shape },
    parameters: Array.from(namedPlaces(places), ([name, { rows, columns }]) => ({
      name,
      rows,
      columns,
    })),
    numbers: {
      file: transformerFiles.weights,
      type: 'float32, little-endian',
      bytes: bytes.length,
      crc32: crc32(bytes),
    },
  };
  return new Map([
    [transformerFiles.header, utf8(jsonText(document))],
    [transformerFiles.weights, bytes],
  ]);
}

/**
 * Decodes the files of `encodeTransformer`.
 * @param files by name; other files are ignored
 * @throws WeighbridgeError `wrong-format` if there is no transformer, `wrong-version` if the version of the
 *   format is not supported, `damaged` if files are truncated, changed or invalid
 */
export function decodeTransformer(
  files: ReadonlyMap<string, Uint8Array>,
  options: TransformerOptions = {},
): Transformer {
  const { shape, numbers } = headerOf(files.get(transformerFiles.header));
  const bytes = files.get(transformerFiles.weights);
  const { weights: file } = transformerFiles;
  if (!bytes) throw damaged('the file is missing', file);
  const count = parameterPlaces(shape).count;
  if (bytes.length !== numbers.bytes || bytes.length !== 4 * count) {
    throw damaged(`${bytes.length} bytes, expected ${4 * count}`, file);
  }
  if (crc32(bytes) !== numbers.crc32) throw damaged('its numbers differ from their checksum', file);
  const model = new Transformer(shape, options);
  model.weights.set(readFloat32(bytes));
  return model;
}

function headerOf(bytes: Uint8Array | undefined): {
  shape: TransformerShape;
  numbers: { bytes: number; crc32: string };
} {
  const text = bytes && textOf(bytes);
  if (typeof text !== 'string') {
    const problem = bytes ? 'is not UTF-8' : 'is missing';
    throw new WeighbridgeError('wrong-format', `${transformerFiles.header} ${problem}`);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw damaged('it is not JSON, or is cut short', transformerFiles.header, cause);
  }
  const read = header.safeParse(document);
  if (!read.success) {
    const [{ path }] = read.error.issues;
    throw new WeighbridgeError(
      'wrong-format',
      `${transformerFiles.header} is not a transformer of weighbridge: ${path.join('.') || 'its content'} is missing or wrong`,
    );
  }
  if (read.data.format_version !== VERSION) {
    throw new WeighbridgeError(
      'wrong-version',
      `${transformerFiles.header} has format version ${read.data.format_version}: expected ${VERSION}`,
    );
  }
  try {
    return { shape: requireShape(read.data.shape), numbers: read.data.numbers };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw damaged(problem, transformerFiles.header, cause);
  }
}

function damaged(problem: string, file: string, cause?: unknown): WeighbridgeError {
  return new WeighbridgeError('damaged', `${file} is damaged: ${problem}`, { cause });
}
