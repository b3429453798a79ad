/** `weighbridge plan`: its table, JSON and picture, its pilots, and its refusals. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { smallResult } from '../support/small-result.js';
import { GPT_4O_MINI, type SmallStudy, smallStudy } from '../support/small-study.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { inProcess } from './in-process.js';
import { errorLines } from './support.js';

const FEW = ['--simulations', '20', '--workers', '1', '--quiet'] as const;
const SMALL = ['--contexts', '10,20', '--choices', '15', '--reports', '3', ...FEW] as const;

const planned = z.object({ mean: z.number(), mcse: z.number().min(0) });
const figures = { estimate: planned, width: planned, power: planned };
const studyDesign = z.strictObject({
  ...figures,
  contexts: z.int(),
  choices: z.int(),
  reports: z.int(),
  models: z.int(),
  attributes: z.int(),
  requests: z.strictObject({ choices: z.int(), reports: z.int() }),
  cost: z.number().nullable(),
});
const rowsDesign = z.strictObject({
  ...figures,
  rows: z.int(),
  groups: z.int().nullable(),
  cost: z.number().nullable(),
  fits: z.enum(['exact', 'approximate', 'sampled']),
  check: z.object({ fits: z.int(), sd_ratio: z.number(), shift: z.number() }).nullable(),
  failed: z.int(),
});
const common = {
  weighbridge: z.string(),
  target: z.strictObject({ width: z.number().nullable(), power: z.number().nullable() }),
  simulations: z.literal(20),
  notes: z.array(z.string()),
  seed: z.int(),
  seconds: z.number(),
};
const studyPlan = z.strictObject({
  ...common,
  kind: z.literal('study'),
  assumptions: z.strictObject({
    correlation: z.number(),
    compared_with: z.number().nullable(),
    compared: z.enum(['reports', 'models']),
    weight_sd: z.number(),
    intercept_mean: z.number(),
    intercept_sd: z.number(),
    report_noise: z.number(),
    compared_report_noise: z.number().nullable(),
  }),
  pilot: z
    .object({ model: z.string(), setting: z.string(), raw_correlations: z.array(z.number()) })
    .nullable(),
  designs: z.array(studyDesign),
  recommended: studyDesign.nullable(),
});
const rowsPlan = z.strictObject({
  ...common,
  kind: z.literal('regression'),
  assumptions: z.strictObject({
    formula: z.string(),
    parameter: z.string(),
    pilot: z.strictObject({ rows: z.int(), mean: z.number(), sd: z.number() }),
    effect: z.number().nullable(),
    group: z.string().nullable(),
  }),
  designs: z.array(rowsDesign),
  recommended: rowsDesign.nullable(),
});

const own = await temporaryFolder();
let study: SmallStudy;
const data = join(own.folder, 'pilot.csv');
beforeAll(async () => {
  study = await smallStudy({ contexts: 6 });
  const rows = Array.from({ length: 48 }, (_, i) => {
    const x = Math.sin(i * 7);
    return [i % 6, x, 0.5 * x + Math.cos(i * i)].join(',');
  });
  await writeFile(data, ['g,x,y', ...rows].join('\n'));
});
afterAll(async () => {
  await study.remove();
  await own.remove();
});

const json = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await inProcess(['plan', ...args, '--json', '-']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
};

describe('a plan of a study', () => {
  it('is a table with a recommendation, and a picture', async () => {
    const picture = join(own.folder, 'plan.svg');
    const { code, stdout } = await inProcess([
      'plan',
      ...SMALL,
      '--width',
      '.4',
      '--prices',
      '2.5,10',
      '--plot',
      picture,
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ +20 │ +15 │ +3 │ +360 │ +\d\.\d\d │.*± .*recommended/);
    expect(stdout).toMatch(/Recommended: the cheapest design with a mean HDI width of at most 0.4/);
    expect(await readFile(picture, 'utf8')).toMatch(/^<svg/);
  });

  it('is JSON with the same keys every time, and the same figures for the same seed', async () => {
    const args = [...SMALL, '--compare', '.8', '--compared', 'models', '--power', '.5'];
    const plan = studyPlan.parse(await json(args));
    expect(plan.designs.map(({ contexts }) => contexts)).toEqual([10, 20]);
    expect(plan.designs[1]?.requests).toEqual({ choices: 2 * 20 * 15, reports: 2 * 20 * 3 });
    expect(plan.assumptions).toMatchObject({ compared_with: 0.8, compared: 'models' });
    expect(studyPlan.parse(await json(args)).designs).toEqual(plan.designs);
    const other = studyPlan.parse(await json([...args, '--seed', '7']));
    expect(other.designs).not.toEqual(plan.designs);
  });

  it('takes its assumptions from data, and the same ones from a result folder', async () => {
    const made = await smallResult({ contexts: 6 });
    try {
      const args = ['--setting', 'native', '--compare-trained', '--model', GPT_4O_MINI, ...SMALL];
      const fromData = studyPlan.parse(await json(['--pilot', study.folder, ...args]));
      const fromResult = studyPlan.parse(await json(['--pilot', made.folder, ...args]));
      expect(fromData.pilot).toMatchObject({ model: GPT_4O_MINI, setting: 'native' });
      expect(fromData.pilot?.raw_correlations).toHaveLength(2);
      expect(fromResult.assumptions).toEqual(fromData.assumptions);
      expect(fromResult.designs).toEqual(fromData.designs);
    } finally {
      await made.remove();
    }
  });
});

describe('a plan of a regression', () => {
  it('varies rows and groups of a pilot', async () => {
    const args = [data, 'y ~ x', '--parameter', 'x', '--effect', '.5', '--rows', '24,96', ...FEW];
    const plan = rowsPlan.parse(await json([...args, '--power', '.6']));
    expect(plan.designs.map(({ rows, fits }) => [rows, fits])).toEqual([
      [24, 'exact'],
      [96, 'exact'],
    ]);
    expect(plan.assumptions).toMatchObject({ parameter: 'b_x', effect: 0.5 });
    const grouped = [data, 'y ~ x + (1 | g)', '--parameter', 'x', '--groups', '6,12', ...FEW];
    const { code, stdout } = await inProcess(['plan', ...grouped, '--row-price', '.5']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/levels of g/);
    expect(stdout).toMatch(/│ +96 │ +12 │ +48\.00 │/);
  });
});

describe('a plan that cannot be made', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['a flag of the other kind', ['--rows', '10'], /--rows: these are for a regression/],
    ['and the other way', [data, 'y ~ x', '--contexts', '5'], /--contexts: these are for a study/],
    ['no parameter', [data, 'y ~ x'], /--parameter is missing/],
    ['no formula', [data, '--parameter', 'x'], /the formula is missing/],
    ['prices', ['--prices', '2'], /--prices is '2', expected USD per million/],
    ['both prices', ['--prices', '2,3', '--study', 'x'], /--study brings its own prices/],
    ['no model', ['--pilot', '.REPLICA', '--model', 'gpt-2'], /has no model 'gpt-2'/],
    ['no pilot', ['--pilot', 'nowhere'], /nowhere/],
    [
      'a comparison twice',
      ['--pilot', 'x', '--compare-trained', '--compare', '.5'],
      /without --compare/,
    ],
    ['a raw pilot', ['--pilot', 'x', '--scale', 'raw'], /--scale raw is for/],
    ['an impossible correlation', ['--correlation', '.99', '--scale', 'raw'], /impossible/],
    ['a picture to standard output', ['--plot', '-'], /--plot is -/],
    ['a picture of another kind', ['--plot', 'plan.png'], /expected a file named .svg/],
    ['one file for both', ['--plot', 'a.svg', '--json', 'a.svg'], /name the same file/],
    ['a file without a name', ['--json', ''], /a name of a file is empty/],
    ['a model without a pilot', ['--model', 'x'], /--model: expected together with --pilot/],
    ['a trained model without one', ['--compare-trained'], /--compare-trained: expected together/],
    ['nothing to compare', ['--compared', 'models'], /together with --compare or/],
    ['no study', ['--study', 'nowhere'], /nowhere/],
  ])('%s', async (_, args, message) => {
    const words = args.map((word) => (word === '.REPLICA' ? study.folder : word));
    const outcome = await inProcess(['plan', ...words, '--quiet']);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(errorLines(outcome)).toHaveLength(1);
    expect(outcome.stderr).toMatch(message);
  });
});
