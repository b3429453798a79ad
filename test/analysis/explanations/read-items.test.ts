/** Per-item tables: scores, names, and what is wrong with a table. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readItems } from '../../../src/analysis/explanations/read-items.js';
import { isWeighbridgeError } from '../../../src/errors.js';
import { type Cells, tableOf } from './item-tables.js';

const cells = { target: 'm', task: 'ablation' };
const row = (item: string, explainer: string, more: Cells = {}): Cells => ({
  ...{ item, ...cells, explainer, score: 1, ...more },
});
const sound = ['q1', 'q2'].flatMap((item) => [row(item, 'self'), row(item, 'other')]);

/** The message of the error; '' if there is none. */
function problem(...tables: readonly (readonly Cells[])[]): string {
  try {
    readItems(tables.map((rows, i) => tableOf(rows, `${'de'[i]}.csv`)));
    return '';
  } catch (error) {
    if (isWeighbridgeError(error, 'bad-data')) return error.message;
    throw error;
  }
}

describe('a score', () => {
  it('is kept with its sign, wherever it is from -1 to 1, and nowhere else', () => {
    fc.assert(
      fc.property(fc.double({ min: -2, max: 2, noNaN: true }), (score) => {
        const rows = sound.with(1, row('q1', 'other', { score }));
        if (Math.abs(score) > 1) {
          expect(problem(rows)).toMatch(/^d\.csv, row 2: score is .*, expected a number from -1/);
        } else {
          expect(readItems([tableOf(rows)]).rows[1]?.score).toBe(score);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is 1 if the answer is the truth, whatever its case and the space around it', () => {
    fc.assert(
      fc.property(fc.constantFrom('A', ' a', 'B', 'b ', null, ''), (answer) => {
        const rows = sound.map(({ score: _, ...rest }) => ({ ...rest, truth: 'A', answer }));
        const isRight = answer?.trim().toUpperCase() === 'A';
        const [first] = readItems([tableOf(rows)]).rows;
        expect(first?.score).toBe(isRight ? 1 : 0);
        expect(first?.invalid).toBe(answer?.trim() ? 0 : 1);
      }),
    );
  });

  it('of several answers is their mean, and is never the best', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 6 }), (scores) => {
        const several = scores.map((score, sample) => row('q1', 'other', { score, sample }));
        const { rows, notes } = readItems([tableOf([row('q1', 'self'), ...several])]);
        const sum = scores.reduce<number>((total, score) => total + score, 0);
        expect(rows[1]?.score).toBeCloseTo(sum / scores.length, 12);
        expect(notes).toHaveLength(1);
      }),
    );
  });
});

describe('whether the output changes', () => {
  it('is read from sentences as well as from columns', () => {
    const sentence = (changed: boolean, answer: string) =>
      `The output would ${changed ? 'change to' : 'remain unchanged from'} <<<${answer}>>>.`;
    const written = [
      { truth: sentence(true, 'B'), answer: sentence(true, 'C') },
      { truth: sentence(true, 'B'), answer: sentence(false, 'A') },
      { truth: sentence(false, 'A'), answer: 'It would change to A, or remain the same.' },
      { truth: sentence(false, 'A'), answer: null },
    ];
    const rows = sound.map(({ score: _, ...rest }, i) => ({ ...rest, ...written[i] }));
    expect(readItems([tableOf(rows)]).rows.map(({ verdict }) => verdict)).toEqual([
      { changed: true, says: true },
      { changed: true, says: false },
      { changed: false, says: null },
      { changed: false, says: null },
    ]);
    const plain = sound.map(({ score: _, ...rest }) => ({ ...rest, truth: 'A', answer: 'A' }));
    expect(readItems([tableOf(plain)]).rows.map(({ verdict }) => verdict)).toEqual(
      Array(4).fill(null),
    );
  });
});

describe('an explainer', () => {
  it('of the name of the target is self, for each target', () => {
    const rows = ['m1', 'm2'].flatMap((target) => [
      row('q1', 'm1', { target }),
      row('q1', 'm2', { target }),
    ]);
    const found = readItems([tableOf(rows)]).rows;
    expect(found.map(({ explainer }) => explainer)).toEqual(['self', 'm2', 'm1', 'self']);
  });
});

describe('a model', () => {
  it('tells apart two trainings with the same seed', () => {
    const rows = ['m1', 'm2'].map((model) => row('q1', 'other', { model, seed: 1 }));
    const found = readItems([tableOf([row('q1', 'self'), ...rows])]).rows;
    expect(found.map(({ model }) => model)).toEqual([null, 'm1', 'm2']);
    expect(problem([row('q1', 'self'), ...rows, ...rows.slice(1)])).toMatch(
      /row 4 repeats .*row 3/,
    );
  });
});

describe('tasks', () => {
  it('may be a file each', () => {
    const other = sound.map((cellsOf) => ({ ...cellsOf, task: 'patching' }));
    expect(problem(sound, other)).toBe('');
    expect(readItems([tableOf(sound), tableOf(other, 'e.csv')]).rows).toHaveLength(8);
  });
});

describe('bad input', () => {
  const without = (name: string) =>
    sound.map((cellsOf) =>
      Object.fromEntries(Object.entries(cellsOf).filter(([key]) => key !== name)),
    );
  const others = sound.filter(({ explainer }) => explainer === 'other');
  it.each<[string, readonly (readonly Cells[])[], RegExp]>([
    [
      'an unknown column',
      [sound.map((one) => ({ ...one, seeed: 1 }))],
      /^d\.csv has a column 'seeed' that is unknown, did you mean 'seed'\?; expected item, target/,
    ],
    [
      'a misspelt column',
      [without('explainer').map((one) => ({ ...one, explaner: 'a' }))],
      /^d\.csv has no column 'explainer', did you mean 'explaner'\?; expected item/,
    ],
    [
      'a missing column',
      [without('target')],
      /^d\.csv has no column 'target': it has item, task, explainer, score; expected/,
    ],
    ['neither score nor truth', [without('score')], /^d\.csv has no column 'score'/],
    [
      'an answer without a column of truths',
      [without('score').map((one) => ({ ...one, answer: 'A' }))],
      /^d\.csv has no column 'truth'/,
    ],
    [
      'a missing truth',
      [without('score').map((one, i) => ({ ...one, answer: 'A', truth: i === 2 ? null : 'A' }))],
      /^d\.csv, row 3: truth is missing, expected what is true of the target$/,
    ],
    [
      'two truths of one item',
      [without('score').map((one, i) => ({ ...one, answer: 'A', truth: i === 1 ? 'B' : 'A' }))],
      /^d\.csv, row 2: truth is 'B' for item 'q1' of target 'm', but 'A' in d\.csv, row 1$/,
    ],
    [
      'a missing score',
      [sound.with(1, row('q1', 'other', { score: null }))],
      /^d\.csv, row 2: score is missing, expected 0 for an answer that is invalid$/,
    ],
    [
      'a score in words',
      [sound.with(1, row('q1', 'other', { score: 'good' }))],
      /^d\.csv, row 2: score is 'good', expected a number$/,
    ],
    ['no name of an item', [sound.with(0, row('', 'self'))], /^d\.csv, row 1: item is missing/],
    [
      'an unknown vector',
      [sound.map((one) => ({ ...one, vector: 'turned' }))],
      /^d\.csv, row 1: vector is 'turned', expected given, none, rotated, aligned$/,
    ],
    [
      'half an example',
      [sound.map((one) => ({ ...one, n: 0.5 }))],
      /^d\.csv, row 1: n is 0\.5, expected a whole number of training examples$/,
    ],
    [
      'a repeated row',
      [[...sound, row('q1', 'self', { score: 0 })]],
      /^d\.csv, row 5 repeats d\.csv, row 1: item 'q1', target 'm', explainer 'self', task 'ablation'.*'sample'$/,
    ],
    ['a repeated row in another file', [sound, sound], /^e\.csv, row 1 repeats d\.csv, row 1/],
    [
      'items with one explainer',
      [[...sound, row('q3', 'self')]],
      /^task 'ablation': 1 of 3 items have answers of one explainer only, the first 'q3' of target 'm' by self/,
    ],
    ['one explainer alone', [others], /2 of 2 items have answers of one explainer only/],
    [
      'a task that one file lacks',
      [
        sound.flatMap((one) => [one, { ...one, task: 'patching' }]),
        others.map((one) => ({ ...one, explainer: 'third' })),
      ],
      /^e\.csv has no rows of the task 'patching', which d\.csv has: it has ablation$/,
    ],
    [
      'a misspelt task',
      [
        sound.flatMap((one) => [one, { ...one, task: 'patching' }]),
        others.flatMap((one) => [
          { ...one, explainer: 'third' },
          { ...one, explainer: 'third', task: 'patchng' },
        ]),
      ],
      /^e\.csv has no rows of the task 'patching', which d\.csv has, did you mean 'patchng'\?$/,
    ],
    ['no rows', [[]], /^d\.csv has no column 'item'|^d\.csv has no rows/],
    [
      'one of two columns',
      [sound.map((one) => ({ ...one, changed: 1 }))],
      /^d\.csv has a column 'changed' but no 'says_changed': expected both$/,
    ],
    [
      'a change that is missing',
      [sound.map((one) => ({ ...one, changed: null, says_changed: 1 }))],
      /^d\.csv, row 1: changed is missing, expected 0 or 1$/,
    ],
  ])('is named in one line: %s', (_, tables, message) => {
    expect(problem(...tables)).toMatch(message);
    expect(problem(...tables)).not.toMatch(/\n/);
  });

  it('is left out on request', () => {
    const rows = [...sound, row('q3', 'self', { colour: 'red' })];
    const found = readItems([tableOf(rows)], { unpaired: 'drop', unknownColumns: 'ignore' });
    expect(found.rows).toHaveLength(4);
    expect(found.notes).toEqual([
      'ablation: 1 of 3 items have answers of one explainer only and are left out.',
    ]);
  });
});
