/** The order in which fits are doubted. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { worstFirst } from '../../src/report/words.js';

interface Measures {
  readonly max_rhat: number | null;
  readonly min_ess_bulk: number | null;
  readonly min_ess_tail: number | null;
}

function fitWith(changes: Partial<Measures>, warnings: readonly string[] = []) {
  const diagnostics: Measures = { max_rhat: 1, min_ess_bulk: 1000, min_ess_tail: 1000, ...changes };
  return { warnings, diagnostics };
}

test('fits that fall short come first, then by R-hat, then by ESS; no number is the worst', () => {
  const fine = fitWith({});
  const fewer = fitWith({ min_ess_tail: 500 });
  const apart = fitWith({ max_rhat: 1.009 });
  const divergent = fitWith({ max_rhat: 1.002 }, ['divergent', 'depth']);
  const bad = fitWith({ max_rhat: 1.2 }, ['R-hat']);
  const constant = fitWith({ max_rhat: null }, ['constant']);
  const emptier = fitWith({ max_rhat: null, min_ess_bulk: null }, ['constant']);
  const expected = [emptier, constant, bad, divergent, apart, fewer, fine];
  expect(worstFirst([fine, divergent, constant, bad, fewer, emptier, apart])).toEqual(expected);
});

test('the order is one, whatever the order before', () => {
  const measure = fc.option(fc.double({ noNaN: true }));
  const fits = fc.array(
    fc
      .record({ max_rhat: measure, min_ess_bulk: measure, min_ess_tail: measure })
      .chain((one) => fc.constantFrom([], ['warned']).map((warnings) => fitWith(one, warnings))),
  );
  fc.assert(
    fc.property(fits, (all) => {
      const ordered = worstFirst(all);
      expect(new Set(ordered)).toEqual(new Set(all));
      // What is kept of equals is their order, not which they are.
      const key = ({ warnings, diagnostics }: (typeof all)[number]) => [
        warnings.length,
        diagnostics.max_rhat,
        Math.min(diagnostics.min_ess_bulk ?? -Infinity, diagnostics.min_ess_tail ?? -Infinity),
      ];
      expect(worstFirst([...all].reverse()).map(key)).toEqual(ordered.map(key));
    }),
    { seed: 17 },
  );
});
