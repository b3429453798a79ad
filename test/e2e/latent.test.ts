/** `weighbridge reproduce --latent`: the joint model for every comparison, in all outputs. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { intervalText } from '../../src/report/words.js';
import type { ResultDocument } from '../../src/result/format.js';
import { readResult } from '../../src/result/read-result.js';
import { withProbabilities } from '../support/probabilities.js';
import { GPT_4O, type SmallStudy, smallStudy } from '../support/small-study.js';
import { errorLines, type Outcome, reproduce } from './support.js';

let study: SmallStudy;
let scratch = '';
let printed: Outcome;
/** The result for both models. */
let result: ResultDocument;

beforeAll(async () => {
  study = await smallStudy({ contexts: 4 });
  scratch = await mkdtemp(join(tmpdir(), 'weighbridge-'));
  printed = await reproduce(study.folder, '--latent', '--out', join(scratch, 'out'));
  result = (await readResult(join(scratch, 'out'))).result;
});
afterAll(async () => {
  await Promise.all([study.remove(), rm(scratch, { recursive: true, force: true })]);
});

const keysOf = (record: object = {}) => Object.keys(record).sort();

describe('reproduce --latent', () => {
  it('has a latent correlation for each raw one, and the effects of training', () => {
    expect(printed.code).toBe(0);
    expect(keysOf(result.latent)).toEqual(keysOf(result.correlations));
    for (const { mean, sd, hdi, ...rest } of Object.values(result.latent ?? {})) {
      expect(Object.keys(rest)).toEqual(['hdi_mcse']);
      expect(sd).toBeGreaterThan(0);
      expect(hdi[0]).toBeLessThan(mean ?? Number.NaN);
      expect(hdi[1]).toBeGreaterThan(mean ?? Number.NaN);
    }
    for (const setting of ['instilled', 'native'] as const) {
      const { median, hdi, fisher_z } = result.latent_effects?.[setting] ?? {};
      expect(median).toBeGreaterThan(hdi?.[0] ?? Number.NaN);
      expect(median).toBeLessThan(hdi?.[1] ?? Number.NaN);
      expect(Math.sign(fisher_z?.median ?? 0)).toBe(Math.sign(median ?? 1));
    }
    // Short chains: each joint fit that falls short is named as the others are.
    expect(result.warnings.some((line) => line.startsWith(`latent/${GPT_4O}/`))).toBe(true);
  });

  it('shows both side by side: on the terminal, in the report and as CSV', async () => {
    const key = `${GPT_4O}/instilled/reports`;
    const raw = result.correlations[key];
    const latent = result.latent?.[key];
    const cells = [raw?.estimate, raw?.hdi, latent?.mean, latent?.hdi].map((value) =>
      Array.isArray(value) ? intervalText(value, 2) : (value?.toFixed(2) ?? ''),
    );
    const line = printed.stdout.split('\n').find((one) => {
      const [, label = '', ...numbers] = one.split('│').map((cell) => cell.trim());
      return label === 'reports, instilled' && numbers.join(' ').includes(cells[3] ?? '');
    });
    expect(
      line
        ?.replaceAll('-', '−')
        .split('│')
        .slice(2, 6)
        .map((cell) => cell.trim()),
    ).toEqual(cells.map((cell) => cell.replaceAll('-', '−')));
    const page = parseHTML(await readFile(join(scratch, 'out', 'report.html'), 'utf8')).document;
    const rows = [...page.querySelectorAll('#latent-correlations tbody tr:not(.heading)')];
    // Six comparisons of two models, two effects on two scales.
    expect(rows).toHaveLength(16);
    expect(rows.map((row) => row.textContent).join()).toContain(intervalText(latent?.hdi, 2));
    expect(page.querySelector('#latent-figure svg')).not.toBeNull();
    const csv = await readFile(join(scratch, 'out', 'csv', 'latent.csv'), 'utf8');
    const { data } = Papa.parse<Record<string, string>>(csv, {
      header: true,
      skipEmptyLines: true,
    });
    expect(data).toHaveLength(16);
    const found = data.find(
      ({ model, correlation }) => model === GPT_4O && correlation === 'reports, instilled',
    );
    expect(Number(found?.latent)).toBe(latent?.mean);
  });

  it('changes nothing else', async () => {
    const { stdout } = await reproduce(study.folder, '--json', '-', '--quiet');
    const plain: Record<string, unknown> = JSON.parse(stdout);
    expect(Object.keys(plain).filter((key) => key.startsWith('latent'))).toEqual([]);
    const { correlations, effects, weights, figures, appendix_d } = result;
    expect(plain).toMatchObject({ correlations, effects, weights, figures, appendix_d });
  });

  it('takes choices by their probability', async () => {
    // As made, the fits of this model are those of the study of both.
    const one = await smallStudy({ contexts: 4, models: [GPT_4O] });
    for (const file of ['instilled', 'instilled_latent']) {
      await one.edit(
        `${GPT_4O}_${file}_selections.csv`,
        withProbabilities((choseA) => (choseA ? '0.8' : '0.3')),
      );
    }
    const { code, stdout } = await reproduce(
      ...([one.folder, '--latent', '--json', '-', '--quiet'] as const),
      ...['--weigh-choices', 'by-probability'],
    );
    await one.remove();
    expect(code).toBe(0);
    const weighed: ResultDocument['latent'] = JSON.parse(stdout).latent;
    const keys = keysOf(result.latent).filter((key) => key.startsWith(`${GPT_4O}/`));
    expect(keysOf(weighed)).toEqual(keys);
    for (const key of keys) expect(weighed?.[key]?.mean).not.toBe(result.latent?.[key]?.mean);
  });
});

type Change = (cells: string[], header: string[]) => string[] | null;

describe('damaged data with --latent', () => {
  const trained = ['first_50', 'last_50'].map(
    (half) => `${GPT_4O}_itrained_${half}_of_100_50ex_weight_reports.csv`,
  );
  const [choices, reports] = ['selections', 'weight_reports'].map(
    (kind) => `${GPT_4O}_instilled_${kind}.csv`,
  );

  /** The outcome of a small study in which each row of some files is changed, or left out. */
  async function damaged(files: readonly (readonly [string, Change])[]): Promise<Outcome> {
    const one = await smallStudy({ contexts: 4, models: [GPT_4O] });
    for (const [file, change] of files) {
      await one.edit(file, (text) => {
        const [header = '', ...lines] = text.trimEnd().split('\n');
        const rows = lines.flatMap(
          (line) => change(line.split(','), header.split(','))?.join(',') ?? [],
        );
        return [header, ...rows, ''].join('\n');
      });
    }
    const outcome = await reproduce(one.folder, '--latent', '--json', '-', '--quiet');
    await one.remove();
    return outcome;
  }

  const contextOf = (cells: string[], header: string[]) => cells[header.indexOf('scenario')] ?? '';
  const chooseA: Change = (cells, header) => cells.with(header.indexOf('selection'), 'A');

  it('says which contexts have no report, one report, or choices all alike, and fits the rest', async () => {
    const seen: string[] = [];
    const withoutFirst: Change = (cells, header) => {
      const name = contextOf(cells, header);
      if (!seen.includes(name)) seen.push(name);
      return name === seen[0] ? null : cells;
    };
    const once = new Set<string>();
    const firstReport: Change = (cells, header) => {
      const name = contextOf(cells, header);
      if (once.has(name)) return null;
      once.add(name);
      return cells;
    };
    const { code, stdout } = await damaged([
      [reports, withoutFirst],
      [
        choices,
        (cells, header) => (contextOf(cells, header) === seen[1] ? chooseA(cells, header) : cells),
      ],
      ...trained.map((file) => [file, firstReport] as const),
    ]);
    expect(code).toBe(0);
    const { latent_notes, latent, correlations } = JSON.parse(stdout);
    expect(latent_notes).toEqual([
      `${GPT_4O}/instilled: all choices are alike in 1 context, for example ${seen[1]}: its weights come from the other contexts and its reports`,
      `${GPT_4O}/instilled: reports: no report of 1 context, for example ${seen[0]}; only the choices there are used`,
      expect.stringMatching(/instilled: trained_reports: one report a context, .*taken as exact/),
    ]);
    expect(keysOf(latent)).toEqual(keysOf(correlations));
  });

  it('leaves out what cannot be fitted, and says so', async () => {
    const { code, stdout } = await damaged([[choices, chooseA]]);
    expect(code).toBe(0);
    const { latent, latent_effects, latent_notes } = JSON.parse(stdout);
    expect(keysOf(latent)).toEqual([
      `${GPT_4O}/native/reports`,
      `${GPT_4O}/native/trained_reports`,
    ]);
    expect(latent_effects.instilled).toBeNull();
    expect(latent_effects.native).not.toBeNull();
    expect(latent_notes).toEqual([
      `${GPT_4O}/instilled: no latent correlation: all 200 choices are A: expected some of each option`,
      `latent effect of training, instilled: left out, as there is no fit for ${GPT_4O}`,
    ]);
  });

  const equal: Change = (cells, header) =>
    cells.map((cell, i) => (header[i]?.startsWith('report_attr') ? '7' : cell));

  it.each<[string, Change]>([
    ['equal reports', equal],
    ['no reports', () => null],
  ])('stops with one line at %s, as without --latent', async (_, change) => {
    const outcome = await damaged([[reports, change]]);
    expect(outcome.code).toBe(2);
    expect(errorLines(outcome)).toEqual([expect.stringContaining(reports)]);
    expect(errorLines(outcome)[0]).not.toContain('undefined');
  });
});
