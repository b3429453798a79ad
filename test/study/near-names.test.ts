/** Which names a key may stand for, and which it must not be taken for. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesNear } from '../../src/study/near-names.js';
import { hasPublished, publishedFolder, skipReason } from '../reference/shared.js';

const NAMES = ['durability_rating', 'price', 'battery_life', 'co2_emissions', 'typical_delay'];

describe('a key is near to a name', () => {
  it.each([
    ['with other case', 'PRICE', 'price'],
    ['with spaces for underscores', 'battery life', 'battery_life'],
    ['with hyphens for underscores', 'Battery-Life', 'battery_life'],
    ['in camel case', 'batteryLife', 'battery_life'],
    ['without any sign between its words', 'batterylife', 'battery_life'],
    ['in full-width letters', 'ｐｒｉｃｅ', 'price'],
    ['in the plural', 'prices', 'price'],
    ['in the singular', 'co2_emission', 'co2_emissions'],
    ['cut to its first word', 'durability', 'durability_rating'],
    ['cut to its last word', 'emissions', 'co2_emissions'],
    ['with its units', 'battery_life (hours)', 'battery_life'],
    ['with a word before it', 'total price', 'price'],
    ['with a letter too few', 'durabilty_rating', 'durability_rating'],
    ['with a letter too many', 'batttery_life', 'battery_life'],
    ['with a wrong letter', 'typicel_delay', 'typical_delay'],
  ])('%s', (_how, key, name) => {
    expect(namesNear(key, NAMES)).toEqual([name]);
  });

  it('by its spelling alone where that decides', () => {
    expect(namesNear('Price', ['price', 'price_per_night', 'prices'])).toEqual(['price']);
    expect(namesNear('PRICE', ['price', 'Price'])).toEqual(['price', 'Price']);
  });

  it('of several, of all that it could mean', () => {
    expect(namesNear('comfort', ['seat_comfort', 'price', 'bed_comfort'])).toEqual([
      'seat_comfort',
      'bed_comfort',
    ]);
  });

  it('whatever its case and the signs between its words', () => {
    const word = fc.stringMatching(/^[a-z]{2,9}$/);
    const sign = fc.constantFrom(' ', '-', '_', '.', ' / ');
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 4 }),
        sign,
        fc.boolean(),
        (words, between, upper) => {
          const key = words.join(between);
          const name = words.join('_');
          expect(namesNear(upper ? key.toUpperCase() : key, ['zz9', name])).toEqual([name]);
        },
      ),
      { seed: 2025, numRuns: 300 },
    );
  });
});

describe('a key is not near to', () => {
  it.each([
    ['a name of other words', 'comfort', NAMES],
    ['a name that it is in the middle of', 'day', ['price_per_day_booked']],
    [
      'a name whose dropped words turn the meaning',
      'noise',
      ['noise_reduction', 'low_noise', 'lack_of_noise'],
    ],
    ['a name that its added words turn round', 'non_smoking', ['smoking']],
    ['its opposite', 'atypical_delay', NAMES],
    ['its opposite by a prefix', 'inaccessible', ['accessible']],
    ['the other end of a scale', 'minimum_temperature', ['maximum_temperature']],
    ['another number', 'phase_2_costs', ['phase_1_costs']],
    ['another number at the end of a word', 'phase2_costs', ['phase1_costs']],
    ['a name by two letters of it', 'tv', ['tv_size']],
    ['a short word that only looks like its plural', 'ga', ['gas']],
    ['a word that only looks like its plural', 'mas', ['mass']],
    ['another number within a word', 'vitamin_b12', ['vitamin_b6x']],
    ['a short word by one letter', 'cost', ['cast', 'cosy']],
    ['a word with another first letter', 'height', ['weight']],
    ['a name in many words more', 'price', ['price_of_a_night_for_two']],
    ['anything where it has no letter', ' _-%', NAMES],
    ['anything where it is empty', '', ['', ...NAMES]],
  ])('%s', (_what, key, names) => {
    expect(namesNear(key, names)).toEqual([]);
  });
});

describe.skipIf(!hasPublished)(`the authors' names${skipReason}`, () => {
  it('are meant by another context’s name in fewer than 1 of 200 contexts', () => {
    const path = join(publishedFolder, 'candidate_scenarios.json');
    const contexts: { attributes: { name: string }[] }[] = hasPublished
      ? JSON.parse(readFileSync(path, 'utf8'))
      : [];
    // Each context's first name is replaced by one of another context.
    const taken = contexts.filter(({ attributes }, i) => {
      const names = attributes.map(({ name }) => name);
      const foreign = contexts[(i + 101) % contexts.length].attributes[i % 5].name;
      return !names.includes(foreign) && namesNear(foreign, names).length === 1;
    });
    expect(contexts).toHaveLength(1365);
    // Any of the five names is a chance to be mistaken for; a report would also need the other four.
    expect(taken.length).toBeLessThan(5 * 0.005 * contexts.length);
  });
});
