/**
 * `weighbridge fit` as its users run it: data in a file, a summary, a JSON, folders for later; bad
 * input in one clear line.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadCmdstanCsv, loadFit } from '../../src/data-files/fit-folders.js';
import { randomStream } from '../../src/random/stream.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { inProcess } from './in-process.js';
import {
  cli,
  errorLines,
  type Outcome,
  plainEnvironment,
  STACK_LINE,
  warningLines,
  weighbridgeAlone,
} from './support.js';

let folder = '';
let remove = async () => {};
const at = (...parts: string[]) => join(folder, ...parts);

/** Few draws: what is tested is the command, not the sampler. */
const FEW = ['--warmup', '150', '--draws', '100', '--workers', '1', '--seed', '7'] as const;
const runFit = (...args: readonly string[]): Promise<Outcome> => inProcess(['fit', ...args]);
/** As its users run it. */
const runFitAlone = (...args: readonly string[]): Promise<Outcome> =>
  weighbridgeAlone(['fit', ...args]);

/** y ~ normal(1 + 2 x + effect of g, 0.5), and an outcome of 0 and 1 by the sign of y. */
function rows() {
  const random = randomStream(1, 'data of the fit command');
  const effects = new Map(['a', 'b', 'größer'].map((level) => [level, random.normal()]));
  return Array.from({ length: 60 }, (_, i) => {
    const x = random.normal();
    const g = [...effects.keys()][i % 3];
    const y = 1 + 2 * x + (effects.get(g) ?? 0) + 0.5 * random.normal();
    return { y, won: y + random.normal() > 1, x, g };
  });
}

function csvOf(data: readonly Readonly<Record<string, unknown>>[]): string {
  const [first] = data;
  const header = Object.keys(first).join(',');
  return `${[header, ...data.map((row) => Object.values(row).join(','))].join('\n')}\n`;
}

beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder());
  await writeFile(at('data.csv'), csvOf(rows()));
});
afterAll(() => remove());

const finite = z.number();
const parameter = z.strictObject({
  mean: finite,
  median: finite,
  sd: finite,
  hdi: z.tuple([finite, finite]),
  q5: finite,
  q95: finite,
  rhat: finite,
  ess_bulk: finite,
  ess_tail: finite,
  mcse_mean: finite,
  // Null for fewer than 100 draws.
  hdi_mcse: z.tuple([finite.nullable(), finite.nullable()]),
  mode: finite,
  mcse_mode: finite,
});
/** Every key that other programs may count on. */
const document = z.object({
  weighbridge: z.string(),
  model: z.object({
    formula: z.string(),
    family: z.string(),
    link: z.string(),
    priors: z.array(
      z.strictObject({
        prior: z.string(),
        class: z.string(),
        coef: z.string().nullable(),
        group: z.string().nullable(),
        lb: finite.nullable(),
        ub: finite.nullable(),
        source: z.enum(['default', 'user', '(vectorized)']),
      }),
    ),
    rows: z.int(),
    dropped_rows: z.int(),
    notes: z.array(z.string()),
  }),
  settings: z.object({ seed: z.int(), chains: z.int(), warmup: z.int(), draws: z.int() }),
  coefficients: z.record(z.string(), parameter),
  group_effects: z.record(z.string(), parameter),
  diagnostics: z.object({
    max_rhat: finite,
    min_ess_bulk: finite,
    min_ess_tail: finite,
    divergences: z.int(),
    max_depth_hits: z.int(),
    min_ebfmi: finite,
    approximation_pareto_k: finite.nullable(),
  }),
  warnings: z.array(z.string()),
  seconds: finite.nullable(),
});

describe('a fit', () => {
  it("prints its summary, and writes the JSON with brms' names", async () => {
    const outcome = await runFitAlone(
      at('data.csv'),
      'y ~ x + (1 | g)',
      '--json',
      at('out.json'),
      ...FEW,
    );
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/Formula: y ~ x \+ \(1 \| g\)/);
    expect(outcome.stdout).toMatch(/^Population-Level Effects:/m);
    expect(outcome.stdout).toMatch(/^Intercept +-?\d/m);
    const json = document.parse(JSON.parse(await readFile(at('out.json'), 'utf8')));
    expect(Object.keys(json.coefficients)).toEqual([
      'b_Intercept',
      'b_x',
      'sd_g__Intercept',
      'sigma',
    ]);
    expect(Object.keys(json.group_effects)).toEqual([
      'r_g[a,Intercept]',
      'r_g[b,Intercept]',
      'r_g[größer,Intercept]',
    ]);
    // Ten standard errors of least squares beside the truth: 0.5 / √60 each.
    expect(Math.abs(json.coefficients.b_x.mean - 2)).toBeLessThan(0.65);
    expect(json.model).toMatchObject({ family: 'gaussian', link: 'identity', rows: 60 });
    expect(json.settings).toMatchObject({ seed: 7, chains: 4, warmup: 150, draws: 100 });
  });

  it('tells k of its normal approximation where it was sampled by that alone', async () => {
    const kOf = async (algorithm: string) => {
      const args = [at('data.csv'), 'won ~ x', '--family', 'bernoulli', '--json', '-', '--quiet'];
      const { stdout } = await runFit(...args, '--algorithm', algorithm, ...FEW);
      return document.parse(JSON.parse(stdout)).diagnostics.approximation_pareto_k;
    };
    expect(await kOf('split-hmc')).toEqual(expect.any(Number));
    expect(await kOf('nuts')).toBeNull();
  });

  it('samples until the digits are certain, and says so', async () => {
    const args = [at('data.csv'), 'y ~ x', '--precision', '1', '--json', at('precise.json')];
    const outcome = await runFit(...args, ...FEW);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(
      /^Means and HDIs of all coefficients are certain to 1 decimal \(/m,
    );
    const json = JSON.parse(await readFile(at('precise.json'), 'utf8'));
    expect(json.precision).toMatchObject({ digits: 1, certain: true, uncertain: [] });
    const limited = await runFit(at('data.csv'), 'y ~ x', '--precision-limit', '7');
    expect(limited.code).toBe(2);
    expect(limited.stderr).toContain('--precision-limit: expected together with --precision');
    const many = await runFit(at('data.csv'), 'y ~ x', '--precision', '7');
    expect(many.code).not.toBe(0);
    expect(many.stderr).toContain('expected a whole number of at most 6');
  });

  it('takes family, link, priors and levels', async () => {
    const outcome = await runFit(
      ...[at('data.csv'), 'won ~ x + g', '--family', 'bernoulli', '--link', 'probit'],
      ...['--prior', 'normal(0, 1) class=b', '--prior', 'normal(0, 2) class=b coef=x'],
      ...['--levels', 'g=b,größer,a', '--json', '-', '--quiet', ...FEW],
    );
    expect(outcome.code).toBe(0);
    const json = document.parse(JSON.parse(outcome.stdout));
    expect(Object.keys(json.coefficients)).toEqual(['b_Intercept', 'b_x', 'b_ggrößer', 'b_ga']);
    expect(json.model).toMatchObject({ family: 'bernoulli', link: 'probit' });
    const given = json.model.priors.filter(({ source }) => source === 'user');
    expect(given.map(({ prior, coef }) => [prior, coef])).toEqual(
      expect.arrayContaining([
        ['normal(0, 1)', null],
        ['normal(0, 2)', 'x'],
      ]),
    );
  });

  it('is the same from every format, and for any number of workers', async () => {
    const data = rows();
    const json = (outcome: Outcome) => {
      expect(outcome.code).toBe(0);
      return document.parse(JSON.parse(outcome.stdout)).coefficients;
    };
    await writeFile(at('data.jsonl'), data.map((row) => JSON.stringify(row)).join('\n'));
    const columnData = (['y', 'x', 'g'] as const).map((name) => ({
      name,
      data: data.map((row) => row[name]),
    }));
    await writeFile(at('data.parquet'), new Uint8Array(parquetWriteBuffer({ columnData })));
    const args = (file: string) => [at(file), 'y ~ x * g', '--json', '-', '--quiet', ...FEW];
    const run = (file: string) => runFit(...args(file)).then(json);
    const expected = await run('data.csv');
    expect(Object.keys(expected)).toContain('b_x:ggrößer');
    expect(await run('data.jsonl')).toEqual(expected);
    expect(await run('data.parquet')).toEqual(expected);
    expect(json(await runFitAlone(...args('data.csv'), '--workers', '2'))).toEqual(expected);
  });

  it('is kept whole, and shown again, and written for Python and R', async () => {
    const folders = ['--save', at('kept'), '--arviz', at('store'), '--cmdstan', at('csv')];
    const made = await runFit(at('data.csv'), 'y ~ x + (1 | g)', ...folders, '--loo', ...FEW);
    expect(made.code).toBe(0);
    expect(made.stdout).toContain('elpd_loo');
    const shown = await runFit('--load', at('kept'), '--loo', '--json', at('again.json'));
    expect(shown).toMatchObject({ code: 0, stdout: made.stdout });
    const json = JSON.parse(await readFile(at('again.json'), 'utf8'));
    expect(document.parse(json).seconds).toBeNull();
    expect(json.loo.elpd_loo.estimate).toBeLessThan(0);

    const { draws } = await loadFit(at('kept'));
    const chains = (await readdir(at('csv'))).sort().map((name) => at('csv', name));
    expect((await loadCmdstanCsv(chains)).draws).toEqual(draws);
    expect((await readdir(at('store'))).filter((name) => !name.startsWith('.')).sort()).toEqual([
      'constant_data',
      'log_likelihood',
      'log_prior',
      'observed_data',
      'posterior',
      'posterior_predictive',
      'sample_stats',
    ]);
  });

  it('says what was left out, and warns of chains that fall short', async () => {
    await writeFile(at('missing.csv'), 'y,x\nNA,1\n1,2\n2,NA\n0,1\n3,3\n1,1.5\n2,2.5\n');
    const few = ['--chains', '2', '--warmup', '20', '--draws', '20', '--workers', '1'];
    const outcome = await runFit(at('missing.csv'), 'y ~ x', '--json', at('few.json'), ...few);
    expect(outcome.code).toBe(0);
    const json = document.parse(JSON.parse(await readFile(at('few.json'), 'utf8')));
    expect(json.model).toMatchObject({ rows: 5, dropped_rows: 2 });
    expect(json.model.notes.join('\n')).toMatch(/^2 of 7 rows have missing values/);
    expect(warningLines(outcome)).toEqual(json.warnings.map((line) => `warning: ${line}`));
    expect(json.warnings.join('\n')).toMatch(/ESS is \d+, below 400/);
  });

  it('is written for Python without its rows on request', async () => {
    const flags = ['--arviz', at('few'), '--no-arviz-rows', ...FEW];
    expect(await runFit(at('data.csv'), 'y ~ x', ...flags)).toMatchObject({ code: 0 });
    const groups = await readdir(at('few'));
    expect(groups).toContain('log_prior');
    expect(groups).not.toContain('log_likelihood');
  });

  it('cross-validates by folds, by groups, and by LOO of other kinds', async () => {
    const kept = ['--save', at('crossed'), '--json', at('crossed.json'), ...FEW];
    const made = await runFit(at('data.csv'), 'y ~ x + (1 | g)', '--kfold', '3', ...kept);
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/Based on 3-fold cross-validation.*elpd_kfold/s);
    const { kfold } = JSON.parse(await readFile(at('crossed.json'), 'utf8'));
    expect(kfold).toMatchObject({ folds: 3, elpd_kfold: { se: expect.any(Number) } });
    const grouped = await runFit(
      ...['--load', at('crossed'), '--loo', '--loo-grouped', 'g', '--kfold-grouped', 'g'],
      ...['--json', '-'],
    );
    expect(JSON.parse(grouped.stdout)).toMatchObject({
      loo: { groups: ['a', 'b', 'größer'] },
      kfold: { folds: 3, groups: [{ group: 'a', size: 20 }, { group: 'b' }, { group: 'größer' }] },
    });
    const rows = await runFit(
      ...['--load', at('crossed'), '--loo', '--loo-integrate', 'g', '--kfold', '2'],
      ...['--kfold-stratified', 'g'],
    );
    expect(rows.stdout).toMatch(/elpd_loo.*Based on 2-fold/s);
    const matched = await runFit('--load', at('crossed'), '--loo', '--loo-moment-match');
    expect(matched.code).toBe(0);
    const alone = await runFit('--load', at('crossed'), '--kfold-stratified', 'g');
    expect(errorLines(alone)).toEqual([
      expect.stringContaining('--kfold-stratified: expected together with --kfold'),
    ]);
  });

  it('checks a fit on request: a verdict, JSON, and exit code 3 if it is not to be trusted', async () => {
    const kept = ['--save', at('checked'), '--warmup', '300', '--draws', '300', '--workers', '1'];
    const made = await runFit(at('data.csv'), 'y ~ x + g', '--check', ...kept);
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^This fit can be/m);
    // 100 draws a chain have too few effective ones.
    const few = await runFit(at('data.csv'), 'y ~ x + g', '--check', '--json', '-', ...FEW);
    expect(few.code).toBe(3);
    expect(JSON.parse(few.stdout).check).toMatchObject({
      trusted: false,
      parts: [{ check: 'convergence', verdict: 'failed' }, {}, {}, {}],
    });
    const loaded = await runFit('--load', at('checked'), '--check', '--loo');
    expect(loaded.stdout).toMatch(/elpd_loo.*This fit can be/s);
    const alone = await runFit(at('data.csv'), 'y ~ x', '--check-calibration', '5');
    expect(errorLines(alone)).toEqual([expect.stringContaining('--check')]);
  });

  it('shows each warning once to whoever looks', async () => {
    const short = ['--chains', '2', '--warmup', '20', '--draws', '20', '--workers', '1'];
    const args = ['fit', at('data.csv'), 'y ~ x', ...short];
    const count = (text: string) => text.match(/warning: .*ESS is/gi)?.length ?? 0;
    const counts = async (more: readonly string[], stdoutIsTerminal: boolean) => {
      const { stdout, stderr } = await inProcess([...args, ...more], { stdoutIsTerminal });
      return [count(stdout), count(stderr)];
    };
    const [once] = await counts([], true);
    expect(once).toBeGreaterThan(0);
    expect(await counts([], true)).toEqual([once, 0]);
    // Standard output goes to a file: a person sees standard error.
    expect(await counts([], false)).toEqual([once, once]);
    expect(await counts(['--json', '-'], false)).toEqual([0, once]);
    expect(await counts(['--json', '-', '--quiet'], false)).toEqual([0, once]);
  });

  it('reads a file by its options, and names the options if the file can be read in two ways', async () => {
    await writeFile(at('marks.csv'), 'y;x\n1.500;1\n850;2\n?;3\n920;4\n1.100;5\n');
    const asked = await runFit(at('marks.csv'), 'y ~ x', '--na', '?');
    expect(asked.code).toBe(2);
    expect(errorLines(asked)).toEqual([
      "error: marks.csv, column y, line 2: '1.500' may be 1500 or 1.5; use --decimal , or --decimal .",
    ]);
    const marks = ['--decimal', ',', '--thousands', '.', '--delimiter', ';', '--na', '?'];
    const told = await runFit(at('marks.csv'), 'y ~ x', ...marks, ...FEW, '--json', '-', '--quiet');
    expect(told.code).toBe(0);
    const { coefficients } = z
      .object({ coefficients: z.object({ b_Intercept: z.object({ mean: z.number() }) }) })
      .parse(JSON.parse(told.stdout));
    expect(coefficients.b_Intercept.mean).toBeGreaterThan(500);
    const odd = await runFit(at('marks.csv'), 'y ~ x', '--delimiter', '::');
    expect(errorLines(odd).join()).toContain("expected one character, or 'tab'");
  });

  it('warns of a cell that makes text of a column of numbers', async () => {
    const data = rows().map((row, i) => ({ ...row, x: i === 7 ? '?' : row.x }));
    await writeFile(at('spoilt.csv'), csvOf(data));
    const outcome = await runFit(at('spoilt.csv'), 'y ~ 1', ...FEW);
    expect(outcome.code).toBe(0);
    expect(warningLines(outcome)[0]).toBe(
      "warning: spoilt.csv, column x is read as text: line 9 has '?'; 59 of 60 cells are numbers; if it is a missing value, --na '?'",
    );
  });

  it('says that it took the place of one that was saved', async () => {
    const save = () => runFit(at('data.csv'), 'y ~ x', '--save', at('twice'), ...FEW);
    const line = `replaced the fit in ${at('twice')}\n`;
    expect((await save()).stderr).not.toContain(line);
    expect((await save()).stderr).toContain(line);
  });
});

describe('bad input', () => {
  beforeAll(async () => {
    await writeFile(at('broken.csv'), 'y,x\n1,2\n3\n');
    await writeFile(at('ids.csv'), 'y,id\n1,9007199254740993\n2,9007199254740995\n3,7\n');
    await writeFile(at('empty.csv'), 'y,x\n');
    await mkdir(at('mine'));
    await writeFile(at('mine', 'thesis.txt'), 'mine');
    await writeFile(at('mine', 'fit.json'), '{"format":"another"}');
  });

  it.each<[string, () => readonly string[], RegExp]>([
    ['no data', () => [], /^error: data and formula are missing: expected weighbridge fit /],
    [
      'a file that is not there',
      () => [at('nowhere.csv'), 'y ~ x'],
      /^error: .*nowhere\.csv is missing: expected a data set$/,
    ],
    [
      'a broken file',
      () => [at('broken.csv'), 'y ~ x'],
      /^error: broken\.csv, line 3: 1 cells, expected 2 as in the header$/,
    ],
    ['no rows', () => [at('empty.csv'), 'y ~ x'], /^error: .*no rows/],
    [
      'integers beyond 2^53 as a predictor',
      () => [at('ids.csv'), 'y ~ id'],
      /^error: .*'?id'?.*2\^53/,
    ],
    [
      'an outcome outside the family',
      () => [at('data.csv'), 'y ~ x', '--family', 'poisson'],
      /^error: .*row 1\b.*expected/,
    ],
    [
      'a family that is not there',
      () => [at('data.csv'), 'y ~ x', '--family', 'exgaussian'],
      /^error: option '--family <name>' argument 'exgaussian' is invalid\. family is exgaussian of brms, which is not supported; expected one of gaussian, .*, negbinomial, .*\.$/,
    ],
    [
      'a link that the family does not have',
      () => [at('data.csv'), 'y ~ x', '--link', 'logit'],
      /^error: .*gaussian.*logit|^error: .*logit.*gaussian/,
    ],
    [
      'a prior that is none',
      () => [at('data.csv'), 'y ~ x', '--prior', 'normal(0, -1) class=b'],
      /^error: .*normal/,
    ],
    [
      'levels that are none',
      () => [at('data.csv'), 'y ~ x', '--levels', 'g'],
      /^error: --levels is 'g', expected a column and its levels: g=a,b,c$/,
    ],
    [
      'an acceptance of 1',
      () => [at('data.csv'), 'y ~ x', '--target-acceptance', '1'],
      /^error: option '--target-acceptance <p>' argument '1' is invalid\. expected a number between 0 and 1\.$/,
    ],
    [
      "a folder of somebody else's",
      () => [at('data.csv'), 'y ~ x', '--save', at('mine')],
      /^error: cannot write a saved fit to .*mine: it holds thesis\.txt, which does not belong to one; choose another folder$/,
    ],
    [
      'one folder for two things',
      () => [at('data.csv'), 'y ~ x', '--save', at('one'), '--arviz', at('one')],
      /^error: --save, --arviz and --cmdstan name the same folder: expected one for each$/,
    ],
    [
      'a JSON that cannot be written',
      () => [at('data.csv'), 'y ~ x', '--json', at('nowhere', 'out.json')],
      /^error: cannot write .*out\.json: the folder .* does not exist or is not writable$/,
    ],
    [
      'a saved fit that is none',
      () => ['--load', at('mine'), '--loo', '--quiet'],
      /^error: .*mine: fit\.json is not a fit of weighbridge: expected "format": "weighbridge-fit"$/,
    ],
    [
      'a saved fit beside data',
      () => [at('data.csv'), 'y ~ x', '--load', at('mine')],
      /^error: --load brings a fit with its own data, model and draws: expected it without data, formula$/,
    ],
    [
      'a saved fit beside options of another',
      () => ['--load', at('mine'), '--family', 'gaussian', '--prior', 'x', '--seed', '2025'],
      /^error: --load brings .*: expected it without --family, --prior, --seed$/,
    ],
  ])('is told in one line: %s', async (_what, args, line) => {
    const outcome = await runFit(...args());
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(errorLines(outcome)).toHaveLength(1);
    expect(errorLines(outcome)[0]).toMatch(line);
    expect(outcome.stderr).not.toMatch(STACK_LINE);
    expect(existsSync(at('one'))).toBe(false);
  });

  it('ends the process with exit code 2', async () => {
    const outcome = await runFitAlone();
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(errorLines(outcome)).toHaveLength(1);
  });

  it.each<[string, number]>([
    ['y ~ x + ', 8],
    ['y ~ x +* g', 7],
    ['y ~ lag(x)', 4],
    ['y ~ g + nope', 8],
    // In columns of a terminal: two each of 日本, one of é as two code points, two of a family.
    ['y ~ 日本 +* g', 10],
    ['y ~ e\u0301 +* g', 7],
    ['y ~ `👨‍👩‍👧` +* g', 10],
  ])('is told in one line with a caret beneath the formula: %s', async (formula, place) => {
    const outcome = await runFit(at('data.csv'), formula, ...FEW);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    const [line, shown, caret, ...rest] = outcome.stderr.split('\n');
    expect(line).toMatch(/^error: formula '.*', character \d+: .+$/);
    expect(shown).toBe(`  ${formula}`);
    expect(caret).toBe(`  ${' '.repeat(place)}^`);
    expect(rest).toEqual(['']);
  });
});

describe('a family of a file', () => {
  const gumbel = [
    'name: gumbel',
    'parameters:',
    '  beta: { lower: 0, prior: "gamma(4, 4)" }',
    'log_density: -(y - mu) / beta - exp(-(y - mu) / beta) - log(beta)',
  ];
  const fitWith = async (lines: readonly string[], ...more: readonly string[]) => {
    await writeFile(at('family.yaml'), lines.join('\n'));
    return runFit(at('data.csv'), 'y ~ x', '--family-file', at('family.yaml'), ...FEW, ...more);
  };

  it('is fitted as one by name is', async () => {
    const { code, stdout } = await fitWith(gumbel, '--json', '-', '--quiet');
    expect(code).toBe(0);
    const { model, coefficients } = JSON.parse(stdout);
    expect(model).toMatchObject({ family: 'custom', custom: 'gumbel', link: 'identity' });
    expect(Object.keys(coefficients)).toEqual(['b_Intercept', 'b_x', 'beta']);
  });

  it.each([
    ['a part that is not there', gumbel.slice(0, 3), 'family.yaml: log_density:'],
    [
      'a part that is not known',
      [...gumbel, 'density: y'],
      'family.yaml: the file: Unrecognized key: "density"',
    ],
    ['text that is no YAML', ['name: [gumbel'], 'and end with a ] at line 1, column 14'],
    [
      'an expression that cannot be read',
      [...gumbel.slice(0, 3), 'log_density: -(y - m)^2'],
      "family.yaml: expression '-(y - m)^2', character 7: there is no m here, but y, mu, beta",
    ],
  ])('%s is one line and exit code 2', async (_, lines, message) => {
    const outcome = await fitWith(lines);
    expect(outcome.code).toBe(2);
    const [line, ...rest] = errorLines(outcome);
    expect(line).toContain(message);
    expect(rest).toEqual([]);
  });

  it('that is missing, or has a link beside it, is one line too', async () => {
    const missing = await runFit(at('data.csv'), 'y ~ x', '--family-file', at('none.yaml'));
    expect(missing.code).toBe(2);
    expect(errorLines(missing).join()).toContain('none.yaml is missing: expected a family as YAML');
    const both = await fitWith(gumbel, '--link', 'log');
    expect(both.code).toBe(2);
    expect(errorLines(both).join()).toContain('--link and --threshold are not for --family-file');
    const families = await fitWith(gumbel, '--family', 'poisson');
    expect(families.code).toBe(2);
    expect(errorLines(families)).toEqual([
      expect.stringContaining('--family and --family-file both name a family'),
    ]);
  });
});

describe('a signal to stop', () => {
  /** So many draws that the signal comes long before the end. */
  const stopped = async (signal: NodeJS.Signals, workers: string) => {
    const kept = at(`stopped-${signal}-${workers}`);
    // Its warning tells when the data are read: just before the sampling begins.
    const args = [at('warned.csv'), 'y ~ 1', '--save', kept, '--workers', workers];
    const child = spawn(process.execPath, [cli, 'fit', ...args, '--draws', '1000000'], {
      env: plainEnvironment(),
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += String(text);
    });
    await once(child.stderr, 'data');
    await setTimeout(1000);
    child.kill(signal);
    const [code] = await once(child, 'exit');
    return { code, stderr: stderr.split('\n').at(-2) };
  };

  it('ends the fit at once, with its exit code, and leaves nothing behind', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `${Math.sin(i)},${i === 8 ? '?' : i}`);
    await writeFile(at('warned.csv'), `y,x\n${rows.join('\n')}\n`);
    const stderr = 'error: sampling was stopped on request';
    const runs = [stopped('SIGINT', '1'), stopped('SIGINT', '2'), stopped('SIGTERM', '1')];
    expect(await Promise.all(runs)).toEqual([
      { code: 130, stderr },
      { code: 130, stderr },
      { code: 143, stderr },
    ]);
    expect((await readdir(folder)).filter((name) => name.startsWith('stopped'))).toEqual([]);
  });
});
