/** A result folder as it is written. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { modelFiles } from '../../src/authors-files/layout.js';
import {
  contextsSchema,
  type FitRecord,
  fitsSchema,
  reportsSchema,
  trialsSchema,
} from '../../src/result/format.js';
import { type ResultFolder, readResult } from '../../src/result/read-result.js';
import { drawsBytes } from '../../src/result/schema-parts.js';
import { beginResult, byContextText, listText } from '../../src/result/write-result.js';
import { documentOf, type SmallResult, shortChains, smallResult } from '../support/small-result.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let made: SmallResult;
let read: ResultFolder;

beforeAll(async () => {
  made = await smallResult();
  read = await readResult(made.folder);
});
afterAll(async () => {
  await read.close();
  await made.remove();
});

const keyOf = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`;

async function csv(name: string): Promise<Record<string, string>[]> {
  const text = await readFile(join(made.folder, 'csv', name), 'utf8');
  return Papa.parse<Record<string, string>>(text.trim(), { header: true }).data;
}

describe('a result folder', () => {
  test('has every fit once, with its draws bit by bit', async () => {
    expect(read.fits.map(keyOf).sort()).toEqual([...made.draws.keys()].sort());
    for (const fit of read.fits) {
      const draws = made.draws.get(keyOf(fit));
      expect(fit.parameters).toEqual(draws?.parameterNames);
      expect([fit.chains, fit.draws_per_chain]).toEqual([draws?.chains, draws?.drawsPerChain]);
      expect(await read.draws(fit)).toEqual(draws?.values);
    }
  });

  test('tells what each fit is of', () => {
    const [model] = made.study.models;
    const context = made.result.models[0].weights.native[0].context.name;
    const about = (name: string, kind: string) =>
      read.fits.find((fit) => fit.name === name && fit.kind === kind);
    expect(about(`${model.name}/native/${context}`, 'weights')).toMatchObject({
      model: model.name,
      setting: 'native',
      context,
    });
    expect(about(`${model.name}/native/trained_reports`, 'correlation')).toMatchObject({
      model: model.name,
      setting: 'native',
    });
    expect(about('effect/instilled', 'effect')).toMatchObject({ setting: 'instilled' });
    expect(about('effect/instilled', 'effect')).not.toHaveProperty('model');
  });

  test('has the document of --json, and how it came about', async () => {
    const document = await documentOf(made.study, made.result);
    expect(read.result).toMatchObject(JSON.parse(JSON.stringify(document)));
    expect(read.result).toMatchObject({
      command: 'weighbridge reproduce --out out',
      environment: { node: process.version },
    });
    const suffixes = Object.values(modelFiles).map(({ suffix }) => suffix);
    const files = made.study.models.flatMap(({ name }) => suffixes.map((suffix) => name + suffix));
    expect(Object.keys(read.result.checksums)).toEqual(
      [...files, 'scenarios.csv', 'instilled_weights.csv', 'provenance.json'].sort(),
    );
    for (const sum of Object.values(read.result.checksums)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  });

  test('has every choice and every report in the order of the data', async () => {
    for (const model of made.study.models) {
      for (const [setting, choices] of [
        ['instilled', model.instilledChoices],
        ['native', model.nativeChoices],
      ] as const) {
        for (const context of new Set(choices.map((choice) => choice.context))) {
          const own = choices.filter((choice) => choice.context === context);
          expect(await read.trials(model.name, setting, context)).toEqual(
            own.map(({ a, b, choseA }) => ({ a, b, choice: choseA ? 'A' : 'B' })),
          );
        }
      }
      const [{ context }] = model.nativeReports;
      const own = model.nativeReports.filter((report) => report.context === context);
      expect(await read.reports(model.name, 'nativeReports', context)).toEqual(
        own.map(({ weights }) => ({ weights })),
      );
    }
    expect(await read.trials('nobody', 'native', 'nowhere')).toEqual([]);
  });

  test('has the contexts in which choices were made, with agents, and targets where instilled', () => {
    const names = made.result.models[0].weights;
    const instilled = new Set(names.instilled.map(({ context }) => context.name));
    const native = names.native.map(({ context }) => context.name);
    expect(new Set(read.contexts.map(({ name }) => name))).toEqual(
      new Set([...instilled, ...native]),
    );
    for (const { name, agent, question, target } of read.contexts) {
      expect(question.startsWith(`Imagine you are ${agent}. `)).toBe(true);
      expect(target).toEqual(instilled.has(name) ? made.study.targets.get(name) : undefined);
    }
  });

  test('counts the reports that were asked for and used', () => {
    const { report_counts, invalid_reports_pct } = read.result;
    for (const { name, reportsUsed } of made.result.models) {
      const own = report_counts.filter(({ model }) => model === name);
      const sum = (what: 'asked' | 'used') => own.reduce((total, count) => total + count[what], 0);
      expect(sum('asked')).toBe(5 * 2 * 10);
      expect(sum('used')).toBe(Object.values(reportsUsed).reduce((total, used) => total + used));
      expect(invalid_reports_pct[name]).toBeCloseTo(
        (100 * (sum('asked') - sum('used'))) / sum('asked'),
        10,
      );
    }
  });

  test('has all that is plotted as CSV', async () => {
    const points = await csv('figure-2-points.csv');
    const bars = await csv('figure-2-bars.csv');
    expect(bars).toHaveLength(6);
    for (const { model, condition, r, hdi_low, n } of bars) {
      const what = {
        'off-the-shelf': 'off_the_shelf_reports',
        'before training': 'reports',
        'after training': 'trained_reports',
      }[condition];
      const correlation = made.result.correlations.get(`${model}/instilled/${what}`);
      expect([r, hdi_low, n].map(Number)).toEqual([
        correlation?.estimate,
        correlation?.hdi[0],
        correlation?.n,
      ]);
      if (condition === 'off-the-shelf') continue;
      const own = points.filter((point) => point.model === model && point.condition === condition);
      expect(own).toHaveLength(correlation?.n ?? 0);
    }
    const weights = await csv('weights.csv');
    expect(weights).toHaveLength(2 * 2 * 2 * 5);
    const [first] = made.result.models[0].weights.instilled;
    expect(Number(weights[0].b)).toBe(first.slopes[0]);
    expect([weights[0].hdi_low, weights[0].hdi_high].map(Number)).toEqual(first.slopeHdis[0]);
    expect(await csv('convergence.csv')).toHaveLength(read.fits.length);
    expect(await csv('figures-against-paper.csv')).toHaveLength(read.result.figures.length);
  });

  test("has the weights in the authors' layout", async () => {
    const [{ name, weights }] = made.result.models;
    const text = await readFile(
      join(made.folder, 'weights', `${name}_regression_results.csv`),
      'utf8',
    );
    const [header, row] = text.split('\n');
    expect(header).toBe('scenario,b_attr1,b_attr2,b_attr3,b_attr4,b_attr5');
    expect(row).toBe([weights.instilled[0].context.name, ...weights.instilled[0].scaled].join(','));
  });

  test('has both figures, the report and nothing half written', async () => {
    const files = await readdir(made.folder);
    expect(files).toEqual(expect.arrayContaining(['figure-2.svg', 'figure-3.svg', 'report.html']));
    expect(files.filter((file) => file.includes('partial') || file.endsWith('.png'))).toEqual([]);
  });
});

describe('writing a result', () => {
  test('leaves a result that was there until it is done, and other files anyway', async () => {
    const { folder, remove } = await temporaryFolder();
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await writeFile(join(folder, 'result.json'), '{"format":"weighbridge-result"}');
    const writer = await beginResult(folder, shortChains);
    writer.discard();
    expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'result.json']);
    await remove();
  });

  test('removes the folders that it made, as far as nothing else lies in them', async () => {
    const { folder, remove } = await temporaryFolder();
    const one = await beginResult(join(folder, 'a', 'b'), shortChains);
    await writeFile(join(folder, 'a', 'notes.txt'), 'mine');
    one.discard();
    expect(await readdir(join(folder, 'a'))).toEqual(['notes.txt']);
    const other = await beginResult(join(folder, 'a'), shortChains);
    other.discard();
    expect(await readdir(folder)).toEqual(['a']);
    await remove();
  });

  test("does not write over somebody else's result.json", async () => {
    const { folder, remove } = await temporaryFolder();
    await writeFile(join(folder, 'result.json'), '{"mine":true}');
    await expect(beginResult(folder, shortChains)).rejects.toMatchObject({
      code: 'bad-argument',
      message: expect.stringContaining('choose another folder'),
    });
    expect(await readdir(folder)).toEqual(['result.json']);
    await remove();
  });

  test('that fails on its way leaves no folder that looks whole', async () => {
    const { folder, remove } = await temporaryFolder();
    await (await smallResult({ into: folder })).remove();
    await (await readResult(folder)).close();
    const reasonsOf = () => {
      throw new Error('the lights went out');
    };
    await expect(smallResult({ into: folder, finish: { reasonsOf } })).rejects.toThrow('lights');
    await expect(readResult(folder)).rejects.toMatchObject({ code: 'wrong-format' });
    await remove();
  });
});

/** JSON has no negative zero. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const measure = fc.option(number);
const interval = fc.tuple(measure, measure);
const count = fc.integer({ min: 0, max: 1e6 });
const name = fc.string({ unit: 'binary', maxLength: 20 });

const rowOfEarlierVersions = {
  ...{ name, mean: measure, median: measure, sd: measure, hdi: interval, q5: measure },
  ...{ q95: measure, rhat: measure, ess_bulk: measure, ess_tail: measure, mcse_mean: measure },
};
const summaryRow = fc.oneof(
  fc.record(rowOfEarlierVersions),
  fc.record({ ...rowOfEarlierVersions, hdi_mcse: interval, mode: measure, mcse_mode: measure }),
);
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

const parsed = (text: Iterable<string>): unknown => JSON.parse([...text].join(''));
const runs = { numRuns: 50 };

describe('what a file of a result holds is parsed back as it was', () => {
  test('fits', () => {
    fc.assert(
      fc.property(fc.array(fit, { maxLength: 4 }), (fits) => {
        expect(fitsSchema.parse(parsed(listText('fits', fits))).fits).toEqual(fits);
      }),
      runs,
    );
  });

  test('contexts', () => {
    fc.assert(
      fc.property(fc.array(context, { maxLength: 4 }), (contexts) => {
        expect(contextsSchema.parse(parsed(listText('contexts', contexts))).contexts).toEqual(
          contexts,
        );
      }),
      runs,
    );
  });

  test('trials', () => {
    fc.assert(
      fc.property(byContext(trial), (trials) => {
        expect(trialsSchema.parse(parsed(byContextText('trials', trials))).trials).toEqual(trials);
      }),
      runs,
    );
  });

  test('reports', () => {
    fc.assert(
      fc.property(byContext(report), (reports) => {
        expect(reportsSchema.parse(parsed(byContextText('reports', reports))).reports).toEqual(
          reports,
        );
      }),
      runs,
    );
  });
});

test('what is no number is null, and what is none of the format is refused', () => {
  const row = { rhat: Number.NaN } as Pick<FitRecord['summary'][number], 'rhat'>;
  expect(parsed(listText('rows', [row]))).toMatchObject({ rows: [{ rhat: null }] });
  expect(fitsSchema.safeParse(parsed(listText('fits', [row]))).success).toBe(false);
});

test('the draws of a fit take eight bytes for each parameter of each draw of each chain', () => {
  expect(drawsBytes({ parameters: ['a', 'b', 'c'], chains: 4, draws_per_chain: 1000 })).toBe(
    96_000,
  );
});
