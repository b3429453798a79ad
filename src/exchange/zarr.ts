/**
 * Writes a Zarr store (format version 2): groups of named arrays with named dimensions, as xarray
 * reads and writes them. Each array is one chunk, little-endian, in C order, compressed by zlib if the
 * caller has it.
 *
 * https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html; the names of dimensions:
 * https://docs.xarray.dev/en/stable/internals/zarr-encoding-spec.html
 */
import { asciiJson, float64Bytes, int64Bytes, utf8 } from './bytes.js';
import type { Json, JsonObject } from './plain-data.js';

export type ZarrValues =
  | { readonly type: 'float64'; readonly values: ArrayLike<number> }
  /** Whole numbers within 2^53. */
  | { readonly type: 'int64'; readonly values: ArrayLike<number> }
  /** 0 is false, all other values are true. */
  | { readonly type: 'bool'; readonly values: ArrayLike<number> }
  | { readonly type: 'text'; readonly values: readonly string[] };

export interface ZarrArray {
  readonly data: ZarrValues;
  /** In C order. */
  readonly shape: readonly number[];
  /** Names of the dimensions. */
  readonly dimensions: readonly string[];
  readonly attributes?: JsonObject;
}

export interface ZarrGroup {
  readonly attributes: JsonObject;
  readonly arrays: ReadonlyMap<string, ZarrArray>;
}

/** Compresses bytes in the format of zlib (RFC 1950), as Node's `deflateSync`. */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

const GROUP: JsonObject = { zarr_format: 2 };

/**
 * The files of a store, by path, with consolidated metadata for the store and for each group.
 *
 * @param deflate compresses the chunks
 */
export function zarrStore(
  attributes: JsonObject,
  groups: ReadonlyMap<string, ZarrGroup>,
  deflate?: Deflate,
): Map<string, Uint8Array> {
  const metadata = new Map<string, Json>([
    ['.zgroup', GROUP],
    ['.zattrs', attributes],
  ]);
  const files = new Map<string, Uint8Array>();
  for (const [name, group] of groups) {
    const own = new Map<string, Json>([
      ['.zgroup', GROUP],
      ['.zattrs', group.attributes],
    ]);
    for (const [path, array] of group.arrays) {
      const { dtype, bytes } = encoded(array.data);
      own.set(`${path}/.zarray`, arrayMetadata(array, dtype, deflate !== undefined));
      own.set(`${path}/.zattrs`, {
        ...array.attributes,
        _ARRAY_DIMENSIONS: [...array.dimensions],
      });
      // A scalar also has one chunk.
      const chunk = array.shape.map(() => '0').join('.') || '0';
      files.set(`${name}/${path}/${chunk}`, deflate ? deflate(bytes) : bytes);
    }
    for (const [key, value] of own) metadata.set(`${name}/${key}`, value);
    files.set(`${name}/.zmetadata`, consolidated(own));
  }
  for (const [key, value] of metadata) files.set(key, json(value));
  files.set('.zmetadata', consolidated(metadata));
  return files;
}

function arrayMetadata({ shape }: ZarrArray, dtype: string, isCompressed: boolean): JsonObject {
  return {
    zarr_format: 2,
    shape: [...shape],
    // A chunk is never empty, even if the array is.
    chunks: shape.map((length) => Math.max(1, length)),
    dtype,
    // Readers take any level.
    compressor: isCompressed ? { id: 'zlib', level: 6 } : null,
    fill_value: null,
    order: 'C',
    filters: null,
  };
}

function consolidated(metadata: ReadonlyMap<string, Json>): Uint8Array {
  return json({ zarr_consolidated_format: 1, metadata: Object.fromEntries(metadata) });
}

/** JSON in ASCII, the only encoding that zarr-python accepts before version 3. */
function json(value: Json): Uint8Array {
  return utf8(`${asciiJson(JSON.stringify(value, null, 1))}\n`);
}

function encoded(data: ZarrValues): { dtype: string; bytes: Uint8Array } {
  switch (data.type) {
    case 'float64':
      return { dtype: '<f8', bytes: float64Bytes(Float64Array.from(data.values)) };
    case 'int64':
      return { dtype: '<i8', bytes: int64Bytes(data.values) };
    case 'bool':
      return { dtype: '|b1', bytes: Uint8Array.from(data.values, (value) => (value ? 1 : 0)) };
    case 'text':
      return fixedWidthText(data.values);
  }
}

/** numpy's `<U`: four bytes per code point, padded with zeros to the longest text. */
function fixedWidthText(values: readonly string[]): { dtype: string; bytes: Uint8Array } {
  const codes = values.map((text) => Array.from(text, (letter) => letter.codePointAt(0) ?? 0));
  const width = Math.max(1, ...codes.map(({ length }) => length));
  const bytes = new Uint8Array(4 * width * values.length);
  const view = new DataView(bytes.buffer);
  codes.forEach((points, i) => {
    points.forEach((code, j) => {
      view.setUint32(4 * (i * width + j), code, true);
    });
  });
  return { dtype: `<U${width}`, bytes };
}
