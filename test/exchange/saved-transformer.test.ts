/** A transformer saved and loaded, and what is said of files that are not one. */
import { describe, expect, it } from 'vitest';
import { decodeTransformer, encodeTransformer } from '../../src/exchange/saved-transformer.js';
import { smallShape, smallTransformer } from '../models/transformer/small-transformer.js';

const HEADER = 'transformer.json';
const WEIGHTS = 'weights.f32';

describe('a saved transformer', () => {
  const model = smallTransformer();
  const files = encodeTransformer(model);

  it('is loaded with the same weights, bit for bit, and computes the same', () => {
    const loaded = decodeTransformer(files, { capacity: 64 });
    expect(loaded.shape).toEqual(smallShape);
    expect(loaded.weights).toEqual(model.weights);
    const passages = [{ tokens: [1, 2, 3] }];
    expect(loaded.forward(passages)).toEqual(model.forward(passages));
  });

  it('says what its numbers are', () => {
    const header = JSON.parse(new TextDecoder().decode(files.get(HEADER)));
    expect(header).toMatchObject({ format: 'weighbridge-transformer', shape: smallShape });
    expect(header.parameters[0]).toEqual({ name: 'tokens', rows: 11, columns: 16 });
    const sizes = header.parameters.map(
      (one: { rows: number; columns: number }) => one.rows * one.columns,
    );
    const count = sizes.reduce((sum: number, size: number) => sum + size, 0);
    expect(files.get(WEIGHTS)).toHaveLength(4 * count);
  });

  const changed = (name: string, change: (bytes: Uint8Array) => Uint8Array) => {
    const given = new Map(files);
    given.set(name, change(Uint8Array.from(files.get(name) ?? [])));
    return given;
  };
  const replaced = (from: string, to: string) =>
    changed(HEADER, (bytes) =>
      new TextEncoder().encode(new TextDecoder().decode(bytes).replace(from, to)),
    );

  it.each([
    ['wrong-format', 'no files', new Map<string, Uint8Array>()],
    ['wrong-format', 'another format', replaced('weighbridge-transformer', 'other')],
    ['wrong-version', 'a later version', replaced('"format_version": 1', '"format_version": 2')],
    ['damaged', 'a header cut short', changed(HEADER, (bytes) => bytes.subarray(0, 50))],
    ['damaged', 'an impossible shape', replaced('"width": 16', '"width": 17')],
    ['damaged', 'weights cut short', changed(WEIGHTS, (bytes) => bytes.subarray(4))],
    ['damaged', 'a changed bit', changed(WEIGHTS, (bytes) => bytes.with(9, (bytes[9] ?? 0) ^ 1))],
    ['damaged', 'no weights', new Map([[HEADER, files.get(HEADER) ?? new Uint8Array()]])],
  ])('is refused as %s for %s', (code, _, given) => {
    expect(() => decodeTransformer(given)).toThrow(expect.objectContaining({ code }));
  });
});
