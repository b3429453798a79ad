/** Python's random numbers, against numbers that Python 3.11 made. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WeighbridgeError } from '../../src/errors.js';
import { pythonRandom } from '../../src/random/mersenne-twister.js';

/**
 * r = random.Random(seed); x = list(range(10))
 * [r.random() for _ in range(3)]; r.uniform(-100, 100); [r.randrange(n) for n in BELOW]; r.shuffle(x)
 */
const BELOW = [1, 2, 10, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53];
const madeByPython = [
  {
    seed: 0,
    random: [0.8444218515250481, 0.7579544029403025, 0.420571580830845],
    uniform: -48.21664994140733,
    below: [0, 1, 4, 4156669319, 2046968324, 480641685011, 2508933083375734],
    shuffled: [5, 0, 3, 7, 6, 8, 9, 1, 2, 4],
  },
  {
    seed: 1,
    random: [0.13436424411240122, 0.8474337369372327, 0.763774618976614],
    uniform: -48.98619485211566,
    below: [0, 1, 7, 2798570523, 901749037, 62224870530, 7796037331354253],
    shuffled: [6, 3, 4, 8, 1, 5, 2, 7, 0, 9],
  },
  {
    seed: 2,
    random: [0.9560342718892494, 0.9478274870593494, 0.05655136772680869],
    uniform: -83.02560096821567,
    below: [0, 1, 4, 2602510382, 2925930101, 949186564661, 7089241401252751],
    shuffled: [3, 9, 1, 6, 0, 2, 4, 7, 5, 8],
  },
  {
    seed: 6,
    random: [0.793340083761663, 0.8219540423197268, 0.4850346279309453],
    uniform: -47.67570341106841,
    below: [0, 0, 9, 2019726626, 3156097729, 597094470113, 7458077017940782],
    shuffled: [6, 0, 3, 2, 5, 4, 7, 1, 9, 8],
  },
  {
    seed: 2 ** 32 - 1,
    random: [0.6353574441341173, 0.20319993954407756, 0.6073666030347188],
    uniform: -41.73289447568245,
    below: [0, 1, 4, 1525079338, 3854456112, 139201789749, 8598459260691146],
    shuffled: [3, 1, 4, 7, 0, 6, 9, 2, 5, 8],
  },
  {
    seed: 2 ** 32,
    random: [0.11299430095636409, 0.41782886486292836, 0.0166763664992291],
    uniform: 22.34429251565504,
    below: [0, 1, 0, 593069562, 1349299654, 840684227638, 2903034805166803],
    shuffled: [3, 0, 6, 9, 5, 7, 8, 2, 4, 1],
  },
  {
    seed: 2 ** 40 + 7,
    random: [0.6137037779936511, 0.8149162973309487, 0.9450115087592873],
    uniform: 14.078139820091224,
    below: [0, 1, 9, 544390359, 2219701726, 864848161417, 8096118334757704],
    shuffled: [8, 0, 2, 9, 1, 4, 6, 7, 3, 5],
  },
  {
    seed: 2 ** 53 - 1,
    random: [0.09425040007102303, 0.22287455761867403, 0.19135148760372034],
    uniform: -70.5101741607237,
    below: [0, 0, 7, 1924795362, 149947005, 83400526789, 7397818251442398],
    shuffled: [3, 0, 9, 6, 7, 1, 4, 5, 2, 8],
  },
];

const seeds = fc.maxSafeInteger();
const digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe("Python's generator", () => {
  it.each(madeByPython)('under seed $seed gives the numbers that Python gives', (expected) => {
    const { random, uniform, randbelow, shuffle } = pythonRandom(expected.seed);
    expect([random(), random(), random()]).toEqual(expected.random);
    expect(uniform(-100, 100)).toBe(expected.uniform);
    expect(BELOW.map(randbelow)).toEqual(expected.below);
    expect(shuffle(digits)).toEqual(expected.shuffled);
  });

  it('still does after the state has been renewed several times', () => {
    const { random } = pythonRandom(6);
    for (let i = 0; i < 1999; i++) random();
    // r = random.Random(6); [r.random() for _ in range(2000)][-1]
    expect(random()).toBe(0.2248475274783086);
  });

  it('takes a negative seed for its absolute value, as Python does', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(pythonRandom(-seed).random()).toBe(pythonRandom(seed).random());
      }),
      { seed: 51 },
    );
  });

  it.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses seed %d', (seed) => {
    expect(() => pythonRandom(seed)).toThrow(WeighbridgeError);
    expect(() => pythonRandom(seed)).toThrow(`seed ${seed}: expected a whole number`);
  });
});

describe('a whole number below n', () => {
  it('is one', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (seed, n) => {
        const value = pythonRandom(seed).randbelow(n);
        expect(Number.isInteger(value) && value >= 0 && value < n).toBe(true);
      }),
      { seed: 52 },
    );
  });

  it.each([0, -3, 1.5, Number.NaN, 2 ** 54])('is not to be had for n = %d', (n) => {
    expect(() => pythonRandom(0).randbelow(n)).toThrow(`randbelow(${n}): expected 1 to 2^53`);
  });
});

describe('a shuffled list', () => {
  it('holds the same items, and the list given is left as it was', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer()), (seed, items) => {
        const before = [...items];
        const shuffled = pythonRandom(seed).shuffle(items);
        expect(items).toEqual(before);
        expect(shuffled.toSorted((x, y) => x - y)).toEqual(before.toSorted((x, y) => x - y));
      }),
      { seed: 53 },
    );
  });
});
