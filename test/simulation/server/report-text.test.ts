/** Reports that break the rules: told from valid ones by the study's own parser. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  brokenReport,
  fenced,
  nearMiss,
  reportText,
} from '../../../src/simulation/server/report-text.js';
import { invalidPropensity } from '../../../src/simulation/server/rule-breaking.js';
import { parseReport } from '../../../src/study/parse-report.js';

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}([_ -][a-z]{1,8}){0,2}$/), {
  minLength: 2,
  maxLength: 20,
});
const report = names.chain((of) =>
  fc.record({
    names: fc.constant(of),
    values: fc.array(fc.integer({ min: -100, max: 100 }), {
      minLength: of.length,
      maxLength: of.length,
    }),
  }),
);
const uniform = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a report', () => {
  test('is read back as it was meant, in a fence or not', () => {
    fc.assert(
      fc.property(report, fc.boolean(), ({ names: of, values }, inFence) => {
        const text = reportText(of, values);
        const read = parseReport(inFence ? fenced(text) : text, of, 'paper');
        expect(read).toMatchObject({ ok: true, weights: values.map((value) => value + 0) });
      }),
      { seed: 81 },
    );
  });

  test('that breaks the rules is rejected under the paper’s policy, whichever way it does', () => {
    fc.assert(
      fc.property(report, uniform, uniform, ({ names: of, values }, way, where) => {
        const text = brokenReport(of, values, { way, where });
        expect(parseReport(text, of, 'paper').ok).toBe(false);
      }),
      { seed: 82, numRuns: 500 },
    );
  });

  test('fails in all the ways of real ones', () => {
    const of = ['durability_rating', 'price', 'screen_size'];
    const reasons = Array.from({ length: 200 }, (_, i) => {
      const read = parseReport(
        brokenReport(of, [10, -60, 100], { way: (i + 0.5) / 200, where: (i % 7) / 7 }),
        of,
        'paper',
      );
      return read.ok ? 'none' : read.reason;
    });
    expect(new Set(reasons)).toEqual(
      new Set(['invented-name', 'wrong-number-of-keys', 'not-a-number', 'not-json']),
    );
  });

  test('with a near-miss of a name can be mended', () => {
    const of = ['durability_rating', 'brightness', 'screen_size'];
    const text = brokenReport(of, [10, -60, 100], { way: 0, where: 0 });
    expect(text).toBe('{"durability": 10, "brightness": -60, "screen_size": 100}');
    expect(parseReport(text, of, 'lenient')).toMatchObject({ ok: true, weights: [10, -60, 100] });
  });
});

test('a near-miss is found in names of any length', () => {
  const name = `${'_'.repeat(200_000)}a`;
  expect(nearMiss([`${name}_`], 0)).toBe(`${name.slice(0, -1)}_`);
  expect(nearMiss([`word_${name}`], 0)).toBe('word');
});

test('a near-miss is never a name of the context', () => {
  fc.assert(
    fc.property(names, fc.nat(19), (of, index) => {
      expect(of).not.toContain(nearMiss(of, index % of.length));
    }),
    { seed: 83 },
  );
});

describe('the propensity to break rules', () => {
  const shares = (share: number) =>
    Array.from({ length: 2000 }, (_, i) => invalidPropensity((i + 0.5) / 2000, share));

  test.each([0, 0.034, 0.123, 0.426, 1])(
    'is %d on average over contexts where it should',
    (share) => {
      const all = shares(share);
      const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
      expect(Math.abs(mean - share)).toBeLessThan(0.002);
    },
  );

  test('leaves as many contexts without any of ten reports valid as in the published files', () => {
    // Of 100: 21 and 24 of gpt-4o-mini's at 43% and 41%, 4 at 12%; Poisson, two standard deviations.
    const without = (share: number) =>
      (100 * shares(share).reduce((sum, one) => sum + one ** 10, 0)) / 2000;
    expect(Math.abs(without(0.426) - 21)).toBeLessThan(9);
    expect(Math.abs(without(0.41) - 24)).toBeLessThan(9);
    expect(Math.abs(without(0.123) - 4)).toBeLessThan(4);
  });
});
