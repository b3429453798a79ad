/** `weighbridge reproduce` on small studies: its table, its JSON, its options, and how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GPT_4O, GPT_4O_MINI, type SmallStudy, smallStudy } from '../support/small-study.js';
import {
  checkout,
  cli,
  errorLines,
  type Outcome,
  parseReproduction,
  plainEnvironment,
  type ReproductionJson,
  reproduce,
  SHORT,
  STACK_LINE,
  weighbridge,
  weighbridgeAlone,
} from './support.js';

const COMPARISONS = [
  'learned_vs_target',
  'instilled/reports',
  'instilled/off_the_shelf_reports',
  'instilled/trained_reports',
  'native/reports',
  'native/trained_reports',
];

let both: SmallStudy;
let one: SmallStudy;
let scratch = '';
let printed: Outcome;
/** The result for both models, with seed 5. */
let result: ReproductionJson;

beforeAll(async () => {
  both = await smallStudy({ contexts: 4 });
  one = await smallStudy({ contexts: 2, models: [GPT_4O] });
  scratch = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  printed = await reproduce(both.folder, '--seed', '5', '--json', join(scratch, 'both.json'));
  result = parseReproduction(await readFile(join(scratch, 'both.json'), 'utf8'));
});
afterAll(async () => {
  await Promise.all([both.remove(), one.remove(), rm(scratch, { recursive: true, force: true })]);
});

/** The JSON on standard output, which must be all that is there. */
async function jsonOf(folder: string, ...more: readonly string[]): Promise<ReproductionJson> {
  const { code, stdout } = await reproduce(folder, '--json', '-', '--quiet', ...more);
  expect(code).toBe(0);
  return parseReproduction(stdout);
}

const untimed = ({ seconds: _, ...rest }: ReproductionJson) => rest;
const keysOf = (record: object) => Object.keys(record).sort();
const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));

describe('the table', () => {
  it('has the figures of the paper beside ours, and says that the data are simulated', () => {
    const { code, stdout } = printed;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Plunkett.*arXiv 2505\.17120.*\nSIMULATED DATA, not the paper's: .*calibrated to the paper/,
    );
    for (const name of ['Experiment 1', 'Experiment 2', 'Experiment 3', 'Appendix D']) {
      expect(stdout).toContain(`${name} · ${GPT_4O}`);
      expect(stdout).toContain(`${name} · ${GPT_4O_MINI}`);
    }
    expect(stdout).toContain('16 weight regressions in ');
    for (const { figure } of result.figures) expect(stdout).toContain(figure);
    const ours = result.correlations[`${GPT_4O}/learned_vs_target`].estimate.toFixed(2);
    expect(stdout).toMatch(new RegExp(`learned vs target weights +│ +0\\.84 │ +${ours} │`));
  });

  it('does not call data simulated that do not say so of themselves', async () => {
    const study = await smallStudy({ contexts: 2, models: [GPT_4O] });
    await rm(join(study.folder, 'provenance.json'));
    const { code, stdout } = await reproduce(study.folder);
    await study.remove();
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/simulated/i);
    expect(stdout).toContain(`data: ${study.folder}`);
  });
});

describe('the JSON', () => {
  it('has a correlation for each comparison of each model', () => {
    expect(result.models).toEqual([GPT_4O, GPT_4O_MINI]);
    const keys = result.models.flatMap((name) => COMPARISONS.map((what) => `${name}/${what}`));
    expect(keysOf(result.correlations)).toEqual(keys.sort());
    for (const [key, { n, estimate, hdi }] of Object.entries(result.correlations)) {
      // Five pairs a context, but for contexts in which no report was valid.
      expect(n % 5).toBe(0);
      expect(n).toBeLessThanOrEqual(20);
      if (key.startsWith(GPT_4O) || key.endsWith('target')) expect(n).toBe(20);
      expect(estimate).toBeGreaterThan(hdi[0]);
      expect(estimate).toBeLessThan(hdi[1]);
    }
  });

  it('has the effects of training over all pairs of both models', () => {
    for (const setting of ['instilled', 'native'] as const) {
      const { n, median, hpd } = result.effects[setting];
      const compared = [`${setting}/reports`, `${setting}/trained_reports`];
      const pairs = result.models.flatMap((name) =>
        compared.map((what) => result.correlations[`${name}/${what}`].n),
      );
      expect(pairs).toHaveLength(4);
      expect(n).toBe(pairs.reduce((sum, count) => sum + count));
      expect(median).toBeGreaterThan(hpd[0]);
      expect(median).toBeLessThan(hpd[1]);
    }
  });

  it('has the weights of every context, scaled to a largest of 100', async () => {
    const choices = join(both.folder, `${GPT_4O}_instilled_selections.csv`);
    const rows = (await readFile(choices, 'utf8')).trimEnd().split('\n').slice(1);
    const contexts = [...new Set(rows.map((row) => row.split(',')[1]))];
    const weights = result.weights[`${GPT_4O}/instilled`];
    expect(weights.map(({ scenario }) => scenario)).toEqual(contexts);

    const keys = result.models.flatMap((name) => [`${name}/instilled`, `${name}/native`]);
    expect(keysOf(result.weights)).toEqual(keys.sort());
    for (const [key, contexts] of Object.entries(result.weights)) {
      expect(contexts).toHaveLength(4);
      expect(contexts.map(({ n }) => n)).toEqual(
        contexts.map(() => (/native/.test(key) ? 100 : 50)),
      );
      for (const { b, scaled, hdi } of contexts) {
        expect(largest(scaled)).toBe(100);
        b.forEach((slope, i) => {
          expect(Math.abs(scaled[i] - (100 * slope) / largest(b))).toBeLessThanOrEqual(0.5 + 1e-9);
          expect(slope).toBeGreaterThan(hdi[i][0]);
          expect(slope).toBeLessThan(hdi[i][1]);
        });
      }
    }
  });

  it('has percentages by model, diagnostics, settings and where the data come from', () => {
    const { diagnostics, data, settings, warnings } = result;
    for (const percentages of [
      result.choices_agreeing_with_target_pct,
      result.native_choices_predicted_pct,
      result.invalid_reports_pct,
    ]) {
      expect(keysOf(percentages)).toEqual([...result.models].sort());
    }
    expect(result.choices_agreeing_with_target_pct[GPT_4O]).toBeGreaterThan(60);
    expect(diagnostics.max_rhat).toBeGreaterThan(1);
    expect(diagnostics.divergences).toBeGreaterThanOrEqual(0);
    expect(data).toMatchObject({ folder: both.folder, simulated: true });
    expect(settings).toEqual({ seed: 5, chains: 4, warmup: 100, draws: 60 });
    // So short chains fall short, each fit in a line of its own.
    expect(warnings.length).toBeGreaterThan(10);
    expect(printed.stderr).toContain(`and ${warnings.length - 10} more; --json lists them all`);
  });

  it('goes to standard output alone, and the table to standard error', async () => {
    const { code, stdout, stderr } = await reproduce(one.folder, '--json', '-');
    expect(code).toBe(0);
    expect(parseReproduction(stdout).models).toEqual([GPT_4O]);
    expect(stderr).toContain('learned vs target weights');
  });

  it('goes whole into a file, which it replaces', async () => {
    const file = join(scratch, 'both.json');
    const { code, stdout } = await reproduce(one.folder, '--json', file);
    expect(code).toBe(0);
    expect(stdout).toContain('learned vs target weights');
    expect(parseReproduction(await readFile(file, 'utf8')).models).toEqual([GPT_4O]);
    expect(await readdir(scratch)).toEqual(['both.json']);
  });

  it.each(['nowhere/out.json', '.'])('is refused before any fit: %s', async (place) => {
    // Nobody would wait for so many draws.
    const args = ['reproduce', '--data', one.folder, '--draws', '1000000', '--workers', '1'];
    const outcome = await weighbridge([...args, '--json', join(scratch, place)]);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toMatch(/^error: cannot write .*\n$/);
  });
});

describe('the result', () => {
  it('is the same for any number of workers, and has other draws but the same figures for another seed', async () => {
    const args = ['--warmup', '100', '--draws', '60', '--json', '-', '--quiet'];
    const on = async (...more: readonly string[]) => {
      const outcome = await weighbridge(['reproduce', '--data', one.folder, ...args, ...more]);
      expect(outcome.code).toBe(0);
      return untimed(parseReproduction(outcome.stdout));
    };
    const first = await on('--workers', '1', '--seed', '5');
    // The study has four weight regressions: five workers share them out chain by chain.
    for (const workers of ['1', '2', '3', '5']) {
      expect(await on('--workers', workers, '--seed', '5')).toEqual(first);
    }
    const other = await on('--workers', '1', '--seed', '6');
    expect(other.weights).not.toEqual(first.weights);
    expect(other.diagnostics).not.toEqual(first.diagnostics);
    expect(other.correlations).toEqual(first.correlations);
    expect(other.effects).toEqual(first.effects);
    expect(other.figures).toEqual(first.figures);
  });

  it('says whether its figures are certain, to as many decimals as wanted', async () => {
    const args = ['--warmup', '100', '--draws', '60', '--precision', '4', '--quiet'];
    const { code, stdout } = await weighbridge(['reproduce', '--data', one.folder, ...args]);
    expect(code).toBe(0);
    expect(stdout).toContain('all figures are certain to the printed digit');
    expect(stdout).toMatch(/reports, instilled .* -?\d\.\d{4} .*\[-?\d\.\d{4}, -?\d\.\d{4}\]/);
  });

  it('of one model has a contrast without a model factor', async () => {
    const { models, correlations, effects, figures } = await jsonOf(one.folder);
    expect(models).toEqual([GPT_4O]);
    for (const setting of ['instilled', 'native'] as const) {
      const pairs = ['reports', 'trained_reports'].map(
        (what) => correlations[`${GPT_4O}/${setting}/${what}`].n,
      );
      expect(pairs).toEqual([10, 10]);
      expect(effects[setting].n).toBe(20);
    }
    // The paper has the effect of training for its two models together only.
    const effect = figures.filter(({ figure }) => figure.startsWith('effect of'));
    expect(effect.map(({ agreement }) => agreement)).toEqual(['not published', 'not published']);
    expect(figures.some(({ published }) => published !== null)).toBe(true);
  });

  it('of other models has no published figures beside it', async () => {
    const study = await smallStudy({ contexts: 4 });
    for (const file of await readdir(study.folder)) {
      const renamed = file.replace(GPT_4O_MINI, 'llama-3.1-8b').replace(GPT_4O, 'qwen2.5');
      await rename(join(study.folder, file), join(study.folder, renamed));
    }
    const file = join(scratch, 'both.json');
    const { code, stdout } = await reproduce(study.folder, '--seed', '5', '--json', file);
    await study.remove();
    expect(code).toBe(0);
    const { models, figures } = parseReproduction(await readFile(file, 'utf8'));
    expect(models).toEqual(['llama-3.1-8b', 'qwen2.5']);
    expect(figures.every(({ published }) => published === null)).toBe(true);
    expect(figures.every(({ published_hdi }) => published_hdi === null)).toBe(true);
    // Columns for what the paper has would be empty.
    expect(stdout).not.toMatch(/published|agreement|differs/);
    const estimates = stdout.split('\n').flatMap((line) => line.split('│').slice(2, 3));
    const cells = estimates.map((cell) => cell.trim()).filter((cell) => cell !== '');
    expect(cells[0]).toBe('estimate');
    expect(cells).toHaveLength(1 + figures.length);
  });
});

describe('the options of the sampler', () => {
  it.each(['chains', 'warmup', 'draws'])('are obeyed and told: --%s', async (name) => {
    // Few enough that more of them are taken: split HMC needs no more than 20.
    const few = { chains: 2, warmup: 10, draws: 40 };
    const jsonWith = (values: Readonly<Record<string, number>>) =>
      jsonOf(one.folder, ...Object.entries(values).flatMap(([key, n]) => [`--${key}`, `${n}`]));
    const first = await jsonWith(few);
    expect(first.settings).toEqual({ seed: 2025, ...few });
    const other = await jsonWith({ ...few, [name]: 50 });
    expect(other.settings).toEqual({ seed: 2025, ...few, [name]: 50 });
    expect(other.weights).not.toEqual(first.weights);
    // ESS is at most S log10(S) of S draws.
    const most = 80 * Math.log10(80);
    expect(first.diagnostics.min_ess_bulk).toBeLessThanOrEqual(most);
    if (name === 'chains') expect(other.diagnostics.min_ess_bulk).toBeGreaterThan(most);
  });

  it('give a silent standard error where the data are clean and the chains long enough', async () => {
    const outcome = await reproduce(one.folder, '--warmup', '500', '--draws', '1000', '--quiet');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('all fits converged');
  });

  it('give nothing but warnings on standard error where the chains are short', async () => {
    const { stderr } = await reproduce(one.folder);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter((line) => !line.startsWith('warning: '))).toEqual([]);
  });
});

describe('the command line', () => {
  it.each([
    [['--help'], 'reproduce'],
    [['reproduce', '--help'], '--json <file>'],
    [['replica', '--help'], '--seed <n>'],
  ])('helps: %j', async (args, told) => {
    const outcome = await weighbridge(args);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/^Usage: weighbridge/);
    expect(outcome.stdout).toContain(told);
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8'));
    expect(await weighbridge(['--version'])).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
    expect(result.weighbridge).toBe(version);
  });

  it.each([
    [['weigh'], "unknown command 'weigh'"],
    [['--loud'], "unknown option '--loud'"],
    [['reproduce', '--loud'], "unknown option '--loud'"],
    [['reproduce', 'extra'], 'too many arguments'],
    [['reproduce', '--seed', 'x'], "'x' is invalid. expected a whole number of at least 0"],
    [['reproduce', '--seed', '1e3'], "'1e3' is invalid"],
    [['reproduce', '--draws', '0'], "'0' is invalid. expected a whole number of at least 4"],
    [['reproduce', '--workers', '0'], "'0' is invalid. expected a whole number of at least 1"],
    [['reproduce', '--chains', '1.5'], "'1.5' is invalid. expected a whole number of at least 1"],
    [['reproduce', '--warmup', '-1'], "'-1' is invalid. expected a whole number of at least 0"],
    [['reproduce', '--out-of-range', 'drop'], 'Allowed choices are keep, omit'],
    [['reproduce', '--data'], 'argument missing'],
  ])('is told what is wrong with it in one line: %j', async (args, told) => {
    const outcome = await weighbridge(args);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(errorLines(outcome)).toHaveLength(1);
    expect(errorLines(outcome)[0]).toContain(told);
    expect(outcome.stderr).not.toMatch(STACK_LINE);
  });

  it('prints, and ends with its exit code, in a process of its own', async () => {
    const helped = await weighbridgeAlone(['reproduce', '--help']);
    expect(helped).toMatchObject({ code: 0, stderr: '' });
    expect(helped.stdout).toMatch(/^Usage: weighbridge reproduce/);
    const refused = await weighbridgeAlone(['weigh']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(errorLines(refused)).toHaveLength(1);
    expect(refused.stderr).not.toMatch(STACK_LINE);
  });

  it('takes it as no error that nobody reads on', async () => {
    const file = join(scratch, 'unread.json');
    const args = [cli, 'reproduce', '--data', one.folder, ...SHORT, '--json', file, '--quiet'];
    const child = spawn(process.execPath, args, {
      env: plainEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    // Closed long before the first line: every write meets a broken pipe, as behind `head`.
    child.stdout.destroy();
    const [stderr, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([code, signal]).toEqual([0, null]);
    // The other output is not lost with it.
    expect(JSON.parse(await readFile(file, 'utf8')).models).toEqual([GPT_4O]);
    expect(stderr.split('\n').filter((line) => line && !line.startsWith('warning: '))).toEqual([]);
  });
});

describe('--data published', () => {
  it('tells in one line from where the data could not be had, and leaves no file', async () => {
    const server = createServer((_request, response) => void response.writeHead(404).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mirror/`;
    const cache = join(scratch, 'cache');
    const outcome = await weighbridge(['reproduce', '--data', 'published', ...SHORT], {
      WEIGHBRIDGE_PUBLISHED_URL: url,
      XDG_CACHE_HOME: cache,
      HOME: cache,
      LOCALAPPDATA: cache,
    });
    server.closeAllConnections();
    server.close();
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toMatch(/^error: .*the server answered 404.*\n$/);
    expect(outcome.stderr).toContain(url);
    const left = await readdir(cache, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
    await rm(cache, { recursive: true });
  });
});
