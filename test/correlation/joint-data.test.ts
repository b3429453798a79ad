/** Mean reports of the joint model: their units, their errors, and what is left out. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChoiceRow,
  type JointDataOptions,
  jointData,
  type ReportFacts,
  type ReportRow,
} from '../../src/correlation/joint-data.js';
import { sampleMoments } from '../../src/posterior/convergence.js';

const choices: readonly ChoiceRow[] = ['attic', 'boat', 'cave'].flatMap((context) =>
  [true, false].map((choseA) => ({ context, differences: [0.5, -0.25], choseA })),
);

function dataOf(
  reports: readonly ReportRow[],
  more: Partial<JointDataOptions> = {},
): ReturnType<typeof jointData> {
  return jointData({ choices, reports: { m: reports }, ...more });
}

function factsOf(data: ReturnType<typeof jointData>): ReportFacts {
  const facts = data.facts.get('m');
  if (!facts) throw new Error('no facts');
  return facts;
}

const weight = fc.double({ min: -99, max: 99, noNaN: true });
const reports = fc.tuple(
  ...['attic', 'boat', 'cave'].map((context) =>
    fc
      .array(fc.tuple(weight, weight), { minLength: 2, maxLength: 4 })
      .map((rows): ReportRow[] => rows.map((weights) => ({ context, weights }))),
  ),
);

test('means have standard deviation 1, and errors s / √k in the same unit', () => {
  fc.assert(
    fc.property(reports, (groups) => {
      const rows = groups.flat();
      const data = dataOf(rows);
      const { n, reportSd, unit } = factsOf(data);
      const [{ means, se } = { means: [], se: [] }] = data.specification.reports;
      expect(n).toBe(6);
      expect(sampleMoments(Array.from(means)).variance).toBeCloseTo(1, 10);
      groups.forEach((ofContext, c) => {
        const sum = ofContext.reduce((total, { weights }) => total + (weights[1] ?? 0), 0);
        expect((means[2 * c + 1] ?? 0) * unit).toBeCloseTo(sum / ofContext.length, 9);
        expect((se[2 * c + 1] ?? 0) * unit).toBeCloseTo(
          (reportSd ?? 0) / Math.sqrt(ofContext.length),
          9,
        );
      });
    }),
    { seed: 15 },
  );
});

test('weights beyond the range are left out, one attribute at a time', () => {
  const rows: ReportRow[] = [
    { context: 'attic', weights: [10, 2388] },
    { context: 'attic', weights: [30, 40] },
    { context: 'boat', weights: [-50, null] },
  ];
  const { specification, notes } = dataOf(rows);
  const [{ means } = { means: [] }] = specification.reports;
  expect(Array.from(means, Number.isNaN)).toEqual([false, false, false, true, true, true]);
  expect((means[0] ?? 0) / (means[1] ?? 0)).toBeCloseTo(20 / 40, 12);
  expect(notes.join()).toContain('no report of 1 context, for example cave');
});

test('says that probabilities count as choices', () => {
  const rows = choices.map((row, i) => ({ ...row, choseA: i === 0 ? 0.7 : row.choseA }));
  const reports = { m: [{ context: 'attic', weights: [1, 2] }] };
  expect(jointData({ choices: rows, reports }).notes[0]).toMatch(/^a probability counts as one/);
});

test('reports can be given to the next context', () => {
  const rows: ReportRow[] = [
    { context: 'attic', weights: [10, 20] },
    { context: 'attic', weights: [12, 24] },
  ];
  const { specification } = dataOf(rows, { reportedContext: 'other' });
  const [{ means } = { means: [] }] = specification.reports;
  expect(Array.from(means, Number.isNaN)).toEqual([true, true, false, false, true, true]);
});

describe('rows that cannot be used', () => {
  const row = choices[0];
  const report: ReportRow = { context: 'attic', weights: [1, 2] };
  const same = (rows: readonly ChoiceRow[], change: Partial<ChoiceRow>) =>
    rows.map((one) => ({ ...one, ...change }));
  const cases: readonly (readonly [string, object, string])[] = [
    ['no record', { choices: [null] }, 'choice 1 is null, expected a record'],
    [
      'no context',
      { choices: [{ ...row, context: 7 }] },
      'choice 1: context is 7, expected a text',
    ],
    ['a choice as text', { choices: [{ ...row, choseA: '1' }] }, "(attic): choseA is the text '1'"],
    ['no choice', { choices: [{ ...row, choseA: null }] }, '(attic): choseA is null'],
    [
      'differences in a typed array',
      { choices: [{ ...row, differences: Float64Array.of(1) }] },
      'differences are a Float64Array, expected an array of 1 numbers',
    ],
    [
      'a difference too large',
      { choices: [{ ...row, differences: [1e300, 0] }] },
      'differences are [1e+300, 0], expected an array of 2 numbers',
    ],
    ['equal options', { choices: same(choices, { differences: [0, 0] }) }, 'all differences are 0'],
    [
      'equal probabilities',
      { choices: same(choices, { choseA: 0.9 }) },
      'all 6 choices are A with probability 0.9',
    ],
    ['a report that is none', { reports: { m: [3] } }, 'report 1 of m is 3, expected a record'],
    [
      'a weight as text',
      { reports: { m: [{ ...report, weights: ['1', 2] }] } },
      "report 1 of m (attic): weight 1 is the text '1', expected a number, or null",
    ],
    [
      'a weight that is no number',
      { reports: { m: [{ ...report, weights: [1, Number.NaN] }] } },
      'weight 2 is NaN',
    ],
    [
      'one mean report',
      { reports: { m: [{ ...report, weights: [1, null] }] } },
      'm: there is one mean report, 1, expected two or more',
    ],
    [
      'means that differ by rounding',
      { reports: { m: [report, report].map((one) => ({ ...one, weights: [0.1 + 0.2, 0.3] })) } },
      'm: all mean reports are 0.3',
    ],
    [
      'reports beyond all measure',
      { reports: { m: [{ ...report, weights: [1e300, -1e300] }] }, reportRange: [-1e308, 1e308] },
      'm: mean reports reach 1e+300',
    ],
    ['a switch that is none', { contextScales: 'yes' }, "contextScales is the text 'yes'"],
  ];
  test.each(cases)('%s', (_, given, message) => {
    expect(() => dataOf([report], given)).toThrow(message);
  });

  test('exact reports of two models on a line, which leave rho without an upper bound', () => {
    const rows = ['attic', 'boat'].map((context, c) => ({ context, weights: [3 * c + 1, 7 - c] }));
    const twice = (change: (weight: number) => number) => ({
      one: rows,
      two: rows.map((one) => ({ ...one, weights: one.weights.map(change) })),
    });
    const line = { reports: twice((weight) => 5 - 2 * weight) };
    expect(() => dataOf(rows, line)).toThrow('of one and two are taken as exact and lie on a line');
    expect(() => dataOf(rows, { ...line, reportSd: 1 })).not.toThrow();
    expect(() => dataOf(rows, { reports: twice((weight) => weight ** 2) })).not.toThrow();
  });
});
