/** Our ARC4 beside seedrandom, whose numbers the streams have always had. */
import fc from 'fast-check';
import seedrandom from 'seedrandom';
import { expect, it } from 'vitest';
import { arc4 } from '../../src/random/arc4.js';

const reference = (key: Uint8Array) => seedrandom(String.fromCharCode(...key));

it('gives the numbers of seedrandom, to the bit, for keys of any length', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 600 }), (key) => {
      const ours = arc4(key);
      const theirs = reference(key);
      for (let i = 0; i < 300; i++) expect(ours()).toBe(theirs());
    }),
    { seed: 11, numRuns: 50 },
  );
});

it('gives them also where numbers begin with many zero bits', () => {
  const key = Uint8Array.from('zeros', (c) => c.charCodeAt(0));
  const ours = arc4(key);
  const theirs = reference(key);
  let least = 1;
  for (let i = 0; i < 1_000_000; i++) {
    const number = ours();
    if (number !== theirs()) expect.fail(`number ${i}`);
    least = Math.min(least, number);
  }
  // Numbers of seven, eight and nine bytes have occurred.
  expect(least).toBeLessThan(2 ** -12);
});
