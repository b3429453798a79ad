import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ResultFolder, readResult } from '../../../src/report/result-folder/read-result.js';
import { beginResult } from '../../../src/report/result-folder/write-result.js';
import { modelFiles } from '../../../src/study/layout.js';
import {
  documentOf,
  type SmallResult,
  shortChains,
  smallResult,
} from '../../support/small-result.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

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
    await expect(readResult(folder)).rejects.toMatchObject({ code: 'no-result' });
    await remove();
  });
});
