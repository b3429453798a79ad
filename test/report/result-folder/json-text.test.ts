import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  contextsSchema,
  drawsBytes,
  type FitRecord,
  fitsSchema,
  reportsSchema,
  trialsSchema,
} from '../../../src/report/result-folder/format.js';
import { byContextText, listText } from '../../../src/report/result-folder/json-text.js';

/** JSON has no negative zero. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const measure = fc.option(number);
const interval = fc.tuple(measure, measure);
const count = fc.integer({ min: 0, max: 1e6 });
const name = fc.string({ unit: 'binary', maxLength: 20 });

const summaryRow = fc.record({
  ...{ name, mean: measure, median: measure, sd: measure, hdi: interval, q5: measure },
  ...{ q95: measure, rhat: measure, ess_bulk: measure, ess_tail: measure, mcse_mean: measure },
});
const fit = fc.record(
  {
    name,
    kind: fc.constantFrom('weights', 'correlation', 'effect'),
    algorithm: fc.constantFrom('split-hmc', 'nuts', 'hmc'),
    model: name,
    setting: fc.constantFrom('instilled', 'native'),
    context: name,
    parameters: fc.array(name, { minLength: 1, maxLength: 4 }),
    chains: fc.integer({ min: 1, max: 8 }),
    draws_per_chain: fc.integer({ min: 1, max: 5000 }),
    offset: count,
    summary: fc.array(summaryRow, { maxLength: 3 }),
    diagnostics: fc.record({
      ...{ max_rhat: measure, min_ess_bulk: measure, min_ess_tail: measure },
      ...{ divergences: count, max_depth_hits: count, min_ebfmi: measure, pareto_k: measure },
    }),
    warnings: fc.array(name, { maxLength: 2 }),
  },
  {
    requiredKeys: [
      ...([
        'name',
        'kind',
        'algorithm',
        'parameters',
        'chains',
        'draws_per_chain',
        'offset',
      ] as const),
      ...(['summary', 'diagnostics', 'warnings'] as const),
    ],
  },
);
const context = fc.record(
  {
    ...{ name, agent: name, question: name, target: fc.array(number, { maxLength: 5 }) },
    attributes: fc.array(fc.record({ name, units: name, range: fc.tuple(number, number) }), {
      maxLength: 5,
    }),
  },
  { requiredKeys: ['name', 'agent', 'question', 'attributes'] },
);
const values = fc.array(number, { maxLength: 5 });
const trial = fc.record(
  {
    ...{ a: values, b: values, probability: number, raw: name },
    choice: fc.constantFrom('A', 'B', null),
  },
  { requiredKeys: ['a', 'b', 'choice'] },
);
const report = fc.record(
  { weights: fc.option(values), a: values, b: values, raw: name },
  { requiredKeys: ['weights'] },
);
/** A property of that name is not one of a plain object. */
const key = name.filter((text) => text !== '__proto__');
const byContext = <T>(record: fc.Arbitrary<T>) =>
  fc.dictionary(
    key,
    fc.dictionary(key, fc.array(record, { maxLength: 3 }), { noNullPrototype: true, maxKeys: 3 }),
    {
      noNullPrototype: true,
      maxKeys: 3,
    },
  );

const read = (text: Iterable<string>): unknown => JSON.parse([...text].join(''));
const runs = { numRuns: 50 };

describe('what a file of a result holds is read back as it was', () => {
  test('fits', () => {
    fc.assert(
      fc.property(fc.array(fit, { maxLength: 4 }), (fits) => {
        expect(fitsSchema.parse(read(listText('fits', fits))).fits).toEqual(fits);
      }),
      runs,
    );
  });

  test('contexts', () => {
    fc.assert(
      fc.property(fc.array(context, { maxLength: 4 }), (contexts) => {
        expect(contextsSchema.parse(read(listText('contexts', contexts))).contexts).toEqual(
          contexts,
        );
      }),
      runs,
    );
  });

  test('trials', () => {
    fc.assert(
      fc.property(byContext(trial), (trials) => {
        expect(trialsSchema.parse(read(byContextText('trials', trials))).trials).toEqual(trials);
      }),
      runs,
    );
  });

  test('reports', () => {
    fc.assert(
      fc.property(byContext(report), (reports) => {
        expect(reportsSchema.parse(read(byContextText('reports', reports))).reports).toEqual(
          reports,
        );
      }),
      runs,
    );
  });
});

test('what is no number is null, and what is none of the format is refused', () => {
  const row = { rhat: Number.NaN } as Pick<FitRecord['summary'][number], 'rhat'>;
  expect(read(listText('rows', [row]))).toMatchObject({ rows: [{ rhat: null }] });
  expect(fitsSchema.safeParse(read(listText('fits', [row]))).success).toBe(false);
});

test('the draws of a fit take eight bytes for each parameter of each draw of each chain', () => {
  expect(drawsBytes({ parameters: ['a', 'b', 'c'], chains: 4, draws_per_chain: 1000 })).toBe(
    96_000,
  );
});
