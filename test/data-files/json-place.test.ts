/** Where a text stops being JSON. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonErrorOffset } from '../../src/data-files/json.js';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const json = fc.oneof(
  fc.json(),
  fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
);

describe('the place where a text stops being JSON', () => {
  // A token of JSON never goes beyond a line.
  it('is in the last line of a text that was cut short', () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        const cut = text.slice(0, at % text.length);
        const offset = jsonErrorOffset(cut);
        if (!isJson(cut)) expect(cut.slice(offset)).not.toContain('\n');
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is in the line of a character that JSON has nowhere, and not after it', () => {
    fc.assert(
      fc.property(json, fc.nat(), (text, at) => {
        const place = at % (text.length + 1);
        const offset = jsonErrorOffset(`${text.slice(0, place)}\u0001${text.slice(place)}`);
        expect(offset).toBeLessThanOrEqual(place);
        expect(text.slice(offset, place)).not.toContain('\n');
      }),
      { seed: 2, numRuns: 300 },
    );
  });

  it('is the end of whatever JSON.parse takes', () => {
    fc.assert(
      fc.property(json, fc.nat(), fc.constantFrom(...'{}[],:"1-.ex '), (text, at, letter) => {
        expect(jsonErrorOffset(text)).toBe(text.length);
        const place = at % (text.length + 1);
        const changed = `${text.slice(0, place)}${letter}${text.slice(place)}`;
        fc.pre(isJson(changed));
        expect(jsonErrorOffset(changed)).toBe(changed.length);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it.each([
    ['{"x": 1,}', 8],
    ['[1 2]', 3],
    ['{"x" 1}', 5],
    ['{x: 1}', 1],
    ['[1}', 2],
    ['[] []', 3],
    ['[01]', 2],
    ["['a']", 1],
    ['[1, NaN]', 4],
    ['["a\nb"]', 1],
  ])('of %j is %i', (text, offset) => {
    expect(jsonErrorOffset(text)).toBe(offset);
  });
});
