/** A saved fit: read back it is the same, and one that is not whole is refused. */
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { decodeFit, encodeFit } from '../../src/exchange/saved-fit.js';
import { anyFit, madeUpFit } from './support.js';

const read = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const written = (text: string) => new TextEncoder().encode(text);

/** The files of a made-up fit with a part of fit.json set to another value. */
function withDocument(change: (document: Record<string, unknown>) => void) {
  const files = encodeFit(madeUpFit());
  const document = JSON.parse(read(files.get('fit.json')));
  change(document);
  return files.set('fit.json', written(JSON.stringify(document)));
}

function errorOf(files: ReadonlyMap<string, Uint8Array>): WeighbridgeError {
  try {
    decodeFit(files);
  } catch (error) {
    if (error instanceof WeighbridgeError) return error;
    throw error;
  }
  throw new Error('the fit was read');
}

describe('a saved fit', () => {
  it('is the same fit when it is read back', () => {
    fc.assert(
      fc.property(anyFit, (fit) => {
        // Not toStrictEqual, which asks a column that is called 'constructor' for its class.
        deepStrictEqual(decodeFit(encodeFit(fit)), fit);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('gives the same files when it is saved again', () => {
    fc.assert(
      fc.property(anyFit, (fit) => {
        const files = encodeFit(fit);
        deepStrictEqual(encodeFit(decodeFit(files)), files);
      }),
      { seed: 2, numRuns: 50 },
    );
  });

  it('keeps fields that this version of the schema does not know', () => {
    const fit = madeUpFit();
    const later = { numbers: new Float32Array([0.5]), count: 12n };
    const richer = { ...fit, frame: { ...fit.frame, later } };
    expect(decodeFit(encodeFit(richer))).toStrictEqual(richer);
  });

  it('leaves out what stands beside the data for its user', () => {
    const fit = madeUpFit();
    expect(encodeFit({ ...fit, own: 'note' } as typeof fit)).toEqual(encodeFit(fit));
  });

  it('has the same bytes with and without the reasons why trajectories ended', () => {
    const fit = madeUpFit();
    const terminations = {
      reasons: Uint8Array.of(1, 3),
      divergencePositions: Float64Array.of(0.5, Number.NaN),
    };
    const chains = fit.chains.map((chain) => ({ ...chain, terminations }));
    expect(encodeFit({ ...fit, chains })).toEqual(encodeFit(fit));
  });

  it('has long data beside the draws, each array once, and short data to be read', () => {
    const fit = madeUpFit();
    const long = Float64Array.from({ length: 1001 }, (_, i) => i);
    const short = Float64Array.from({ length: 1000 }, (_, i) => i);
    const bytes = (extra: object) => {
      const richer = { ...fit, frame: { ...fit.frame, ...extra } };
      const files = encodeFit(richer);
      deepStrictEqual(decodeFit(files), richer);
      return files.get('draws.f64')?.length ?? 0;
    };
    const alone = bytes({});
    expect(bytes({ short })).toBe(alone);
    expect(bytes({ long, again: long, short })).toBe(alone + 8 * 1001);
  });

  it('starts its numbers with the draws, little-endian', () => {
    const fit = madeUpFit();
    const bytes = encodeFit(fit).get('draws.f64');
    const view = new DataView(bytes?.buffer ?? new ArrayBuffer(0));
    const { values } = fit.draws;
    const first = Float64Array.from(values, (_, i) => view.getFloat64(8 * i, true));
    expect(first).toEqual(values);
  });

  it('has a document that a person can read', () => {
    const text = read(encodeFit(madeUpFit(), { version: '9.8.7' }).get('fit.json'));
    expect(text).toContain('"format": "weighbridge-fit"');
    expect(text).toContain('"weighbridge": "9.8.7"');
    expect(text).toContain('"formula": "y ~ 1 + x + x:z + (1 + x | g)"');
    expect(text).toContain('"levels": ["a", "b", "größer, als ]"]');
    expect(JSON.parse(text)).toMatchObject({
      format_version: 1,
      chains: 2,
      draws_per_chain: 5,
      numbers: { file: 'draws.f64', type: 'float64, little-endian' },
    });
  });

  it('may have its document laid out anew', () => {
    const files = encodeFit(madeUpFit());
    const expected = decodeFit(files);
    const again = JSON.stringify(JSON.parse(read(files.get('fit.json'))), null, 4);
    files.set('fit.json', written(`\uFEFF${again.replaceAll('\n', '\r\n')}`));
    expect(decodeFit(files)).toStrictEqual(expected);
  });
});

describe('what is no whole fit', () => {
  const whole = encodeFit(madeUpFit());
  const length = (name: string) => whole.get(name)?.length ?? 0;

  it('is refused wherever a file was cut short', () => {
    const cut = fc.constantFrom('fit.json', 'draws.f64').chain((name) =>
      fc.record({
        name: fc.constant(name),
        // The last byte of fit.json is a line end, without which it says the same.
        at: fc.nat({ max: length(name) - 2 }),
      }),
    );
    fc.assert(
      fc.property(cut, ({ name, at }) => {
        const files = new Map(whole).set(name, whole.get(name)?.slice(0, at) ?? new Uint8Array());
        const { code, message } = errorOf(files);
        expect(code).toBe('damaged');
        expect(message).toMatch(new RegExp(`^${name} is damaged: [^\n]+$`));
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('is refused, or reads the same, with any one byte changed', () => {
    const expected = decodeFit(whole);
    const change = fc.constantFrom('fit.json', 'draws.f64').chain((name) =>
      fc.record({
        name: fc.constant(name),
        at: fc.nat({ max: length(name) - 1 }),
        by: fc.integer({ min: 1, max: 255 }),
      }),
    );
    fc.assert(
      fc.property(change, ({ name, at, by }) => {
        const bytes = whole.get(name)?.slice() ?? new Uint8Array();
        bytes[at] ^= by;
        let fit: unknown;
        try {
          fit = decodeFit(new Map(whole).set(name, bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(WeighbridgeError);
          return;
        }
        // White space, or a fact beside the fit: the version that wrote it.
        expect(fit).toStrictEqual(expected);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it.each<[string, ReadonlyMap<string, Uint8Array>, string, RegExp]>([
    ['an empty folder', new Map(), 'wrong-format', /^fit\.json is missing: expected a saved fit$/],
    [
      'a fit.json of another program',
      new Map([['fit.json', written('{"format":"another"}')]]),
      'wrong-format',
      /^fit\.json is not a fit of weighbridge: expected "format": "weighbridge-fit"$/,
    ],
    ['a list', new Map([['fit.json', written('[]')]]), 'wrong-format', /^fit\.json is not a fit/],
    [
      'bytes that are no text',
      new Map([['fit.json', new Uint8Array([0xff, 0xfe, 0])]]),
      'damaged',
      /^fit\.json is damaged: it is not UTF-8$/,
    ],
    [
      'a fit of a newer version',
      withDocument((document) => {
        document.format_version = 2;
      }),
      'wrong-version',
      /^fit\.json is of format version 2, written by a newer weighbridge: this one reads version 1$/,
    ],
    [
      'a fit of no version',
      withDocument((document) => {
        document.format_version = 0;
      }),
      'wrong-version',
      /^fit\.json has format version 0: expected 1$/,
    ],
    [
      'a fit without its draws',
      new Map([...whole].filter(([name]) => name !== 'draws.f64')),
      'damaged',
      /^draws\.f64 is damaged: the file is missing$/,
    ],
    [
      "another fit's draws",
      new Map(whole).set('draws.f64', new Uint8Array(length('draws.f64'))),
      'damaged',
      /^draws\.f64 is damaged: its numbers differ from their checksum$/,
    ],
    [
      'too many draws',
      new Map(whole).set('draws.f64', new Uint8Array(length('draws.f64') + 8)),
      'damaged',
      /^draws\.f64 is damaged: \d+ bytes, expected \d+ as fit\.json says$/,
    ],
    [
      'a fit that was edited',
      withDocument((document) => {
        Object.assign(document.regression as object, { formula: 'y ~ other' });
      }),
      'damaged',
      /^fit\.json is damaged: its content differs from its checksum$/,
    ],
  ])('is refused by name: %s', (_what, files, code, message) => {
    const error = errorOf(files);
    expect(error.message).toMatch(message);
    expect(error.code).toBe(code);
  });

  it.each([100, 100_000])('is refused where it is nested %d deep', (depth) => {
    const text = read(whole.get('fit.json'));
    const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const files = new Map(whole).set(
      'fit.json',
      written(text.replace('"regression":', `"regression": ${nested}, "other":`)),
    );
    const { code, message } = errorOf(files);
    expect(code).toBe('damaged');
    expect(message).toBe('fit.json is damaged: it is nested more than 100 deep');
  });

  it('is refused with the field that is wrong, where its checksum was made anew', () => {
    const fit = madeUpFit();
    const short = { ...fit.draws, values: fit.draws.values.slice(1) };
    const files = encodeFit({ ...fit, draws: short });
    expect(errorOf(files).message).toBe(
      'fit.json is damaged: regression.fit.draws: the number of draws is not chains times draws times parameters',
    );
    const { formula: _, ...without } = fit;
    expect(errorOf(encodeFit(without as typeof fit)).message).toMatch(/: regression\.formula: /);
  });
});

describe('what is no plain data', () => {
  it('is not saved', () => {
    const fit = madeUpFit();
    const odd = { ...fit, frame: { ...fit.frame, callback: () => 1 } };
    expect(() => encodeFit(odd)).toThrow(/^frame\.callback is a function, expected plain data/);
  });
});
