/** Answers to questions of any kind: their mean over repetitions is the one that is stated as true. */
import { describe, expect, test } from 'vitest';
import {
  latentAnswer,
  latentTruth,
  type WantedAnswer,
  type WantedKind,
} from '../../../src/simulation/server/latent.js';
import { untrainedModel } from '../../../src/simulation/server/model.js';
import { defaultProfile, usualLatent } from '../../../src/simulation/server/profile.js';
import { digestOf } from '../../../src/simulation/server/randomness.js';
import { makeSharedState } from './support.js';

const shared = makeSharedState(11);
const latent = { ...usualLatent, invalid: 0 };
const model = untrainedModel('one', { ...defaultProfile, latent });
const sloppy = untrainedModel('one', { ...defaultProfile, latent: { ...latent, invalid: 0.3 } });

const kinds: Readonly<Record<string, WantedKind>> = {
  label: {
    kind: 'label',
    options: ['first', 'second', 'third'].map((name, i) => ({ name, label: 'ABC'.charAt(i) })),
  },
  grade: { kind: 'grade', grades: ['1', '2', '3', '4', '5', '6', '7'], highFirst: false },
  number: { kind: 'number', min: 0, max: 100 },
  'narrow number': { kind: 'number', min: -1, max: 1 },
  json: {
    kind: 'json',
    keys: new Map([
      ['price', { min: -100, max: 100 }],
      ['speed', { min: 0, max: 1 }],
    ]),
  },
  text: { kind: 'text', right: 'Paris' },
};

function question(kind: WantedKind, item = 'item 1', condition = ''): WantedAnswer {
  return { task: 'rate', item, condition, kind };
}

function draw(wanted: WantedAnswer, repeat: number, temperature = 1, of = model): string {
  const luck = digestOf('luck', wanted.item, repeat);
  return latentAnswer(of, shared, wanted, { temperature, luck, structured: false }).text;
}

/** The stated means; of labels, probabilities by the name of the option. */
function means(of: typeof model, wanted: WantedAnswer, temperature: number): Map<string, number> {
  const truth = latentTruth(of, shared, wanted, temperature);
  if ('means' in truth) return new Map(Object.entries(truth.means));
  const { kind } = wanted;
  const options = kind.kind === 'label' ? kind.options : [];
  return new Map(options.map(({ name, label }) => [name, truth.answers[label] ?? Number.NaN]));
}

/** An answer as the numbers that `meanAnswer` averages. */
function numbersIn(text: string, kind: WantedKind): ReadonlyMap<string, number> {
  switch (kind.kind) {
    case 'label':
      return new Map(kind.options.map(({ name, label }) => [name, label === text ? 1 : 0]));
    case 'json':
      return new Map(Object.entries(JSON.parse(text)));
    case 'text':
      return new Map([['', text === kind.right ? 1 : 0]]);
    default:
      return new Map([['', Number(text)]]);
  }
}

describe.each(Object.entries(kinds))('a %s', (_, kind) => {
  test('has the stated mean over repetitions, at two temperatures', () => {
    const repeats = 1000;
    for (const temperature of [0.5, 1]) {
      for (const item of ['item 1', 'item 2']) {
        const wanted = question(kind, item);
        const drawn = Array.from({ length: repeats }, (_, i) =>
          numbersIn(draw(wanted, i, temperature), kind),
        );
        for (const [key, mean] of means(model, wanted, temperature)) {
          const values = drawn.map((one) => one.get(key) ?? Number.NaN);
          const found = values.reduce((sum, value) => sum + value, 0) / repeats;
          const variance = values.reduce((sum, value) => sum + (value - found) ** 2, 0) / repeats;
          // A false alarm once in 16,000 times; one answer of `repeats` may be all of a rare one.
          const error = 4 * Math.sqrt(variance / repeats) + 4 / repeats;
          expect(Math.abs(found - mean)).toBeLessThan(error);
        }
      }
    }
  });

  test('at temperature 0 is one answer, and differs between items, models and conditions', () => {
    const said = (wanted: WantedAnswer) => draw(wanted, 0, 0);
    const many = (make: (i: number) => WantedAnswer) =>
      new Set(Array.from({ length: 30 }, (_, i) => said(make(i)))).size;
    expect(new Set([0, 1, 2].map((repeat) => draw(question(kind), repeat, 0))).size).toBe(1);
    expect(many((i) => question(kind, `item ${i}`))).toBeGreaterThan(1);
    const others = Array.from({ length: 30 }, (_, i) => {
      const other = untrainedModel(`other ${i}`, { ...defaultProfile, latent });
      return draw(question(kind), 0, 0, other);
    });
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  test('is of another kind at the stated rate', () => {
    const valid = Array.from({ length: 1000 }, (_, i) => draw(question(kind), i, 1, sloppy)).filter(
      (text) => !text.includes('It depends'),
    );
    // 700 ± 4 · 14.5.
    expect(Math.abs(valid.length - 700)).toBeLessThan(58);
  });
});

test('what is shown first gains, and nothing else of the order matters', () => {
  const [first, second, third] = ['x', 'y', 'z'];
  const labels = (names: readonly (string | undefined)[], positionBias: number) => {
    const biased = { ...defaultProfile, latent: { ...latent, positionBias } };
    const options = names.map((name = '', i) => ({ name, label: 'ABC'.charAt(i) }));
    return means(untrainedModel('one', biased), question({ kind: 'label', options }), 1);
  };
  const order = labels([first, second, third], 0);
  const other = labels([third, first, second], 0);
  for (const name of ['x', 'y', 'z']) expect(order.get(name)).toBeCloseTo(other.get(name) ?? 0, 12);
  const biased = labels([third, first, second], 1);
  expect(biased.get('z')).toBeGreaterThan(other.get('z') ?? 1);
  expect(biased.get('x')).toBeLessThan(other.get('x') ?? 0);
});
