/** Two analyses of one study side by side, and the table that shows them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareReadings } from '../../src/analysis/compare-readings.js';
import {
  type ReproduceOptions,
  type Reproduction,
  reproduce,
} from '../../src/analysis/reproduce.js';
import { readStudy } from '../../src/authors-files/read-study.js';
import { readingsTable } from '../../src/report/text-tables.js';
import { withProbabilities } from '../support/probabilities.js';
import { GPT_4O, GPT_4O_MINI, type SmallStudy, smallStudy } from '../support/small-study.js';

const REPORTS = `${GPT_4O}_instilled_weight_reports.csv`;
const LOST = 7;

let study: SmallStudy;
let asMade: Reproduction;
let byProbability: Reproduction;
/** Readings of gpt-4o alone, with fewer reports of the preference-trained model. */
let fewerReports: Reproduction;

const read = async (options: Partial<ReproduceOptions> = {}) =>
  reproduce(await readStudy(study.folder), {
    chains: 2,
    warmup: 100,
    draws: 50,
    ...options,
  });

beforeAll(async () => {
  study = await smallStudy({ contexts: 2 });
  for (const model of [GPT_4O, GPT_4O_MINI]) {
    for (const kind of ['instilled', 'instilled_latent']) {
      await study.edit(
        `${model}_${kind}_selections.csv`,
        withProbabilities((choseA) => (choseA ? '0.8' : '0.3')),
      );
    }
  }
  asMade = await read();
  byProbability = await read({ weighChoices: 'by-probability' });
  await study.edit(REPORTS, (text) => text.split('\n').toSpliced(1, LOST).join('\n'));
  const { models, ...rest } = await readStudy(study.folder);
  fewerReports = await reproduce(
    { ...rest, models: models.slice(0, 1) },
    { chains: 2, warmup: 100, draws: 50 },
  );
});
afterAll(() => study.remove());

const width = ([low, high]: readonly [number, number]) => high - low;

describe('two readings of a study', () => {
  it('are compared correlation by correlation: r, HDI, and the change of both', () => {
    const { correlations } = compareReadings(asMade, byProbability);
    expect(correlations.map(({ key }) => key)).toEqual([...asMade.correlations.keys()]);
    expect(correlations).toHaveLength(12);
    for (const { key, base, other, changeInR, hdiWidthChangePercent } of correlations) {
      const [a, b] = [asMade, byProbability].map((result) => result.correlations.get(key));
      if (!a || !b) throw new Error(`${key} is missing`);
      expect([base.r, other.r]).toEqual([a.r, b.r]);
      expect([base.hdi, other.hdi]).toEqual([a.hdi, b.hdi]);
      expect([base.hdiWidth, other.hdiWidth]).toEqual([width(a.hdi), width(b.hdi)]);
      expect(changeInR).toBe(b.r - a.r);
      expect(hdiWidthChangePercent).toBeCloseTo(100 * (width(b.hdi) / width(a.hdi) - 1), 9);
    }
    expect(correlations.some(({ changeInR }) => changeInR !== 0)).toBe(true);
  });

  it('are compared by the mean width of the HDIs of their weight slopes', () => {
    const { slopeWidths } = compareReadings(asMade, byProbability);
    expect(slopeWidths.map(({ model, setting }) => `${model}/${setting}`)).toEqual([
      `${GPT_4O}/instilled`,
      `${GPT_4O}/native`,
      `${GPT_4O_MINI}/instilled`,
      `${GPT_4O_MINI}/native`,
    ]);
    const [{ base, other, changePercent }] = slopeWidths;
    const mean = ({ models: [model] }: Reproduction) => {
      const widths = model.weights.instilled.flatMap(({ slopeHdis }) => slopeHdis.map(width));
      expect(widths).toHaveLength(10);
      return widths.reduce((sum, one) => sum + one, 0) / widths.length;
    };
    expect(base).toBeCloseTo(mean(asMade), 12);
    expect(other).toBeCloseTo(mean(byProbability), 12);
    expect(changePercent).toBeCloseTo(100 * (other / base - 1), 9);
  });

  it('that are one reading do not differ', () => {
    const { correlations, slopeWidths, reportsUsed } = compareReadings(asMade, asMade);
    for (const { changeInR, hdiWidthChangePercent } of correlations) {
      expect([changeInR, hdiWidthChangePercent]).toEqual([0, 0]);
    }
    for (const { changePercent } of slopeWidths) expect(changePercent).toBe(0);
    for (const { base, other } of reportsUsed) expect(other).toBe(base);
  });

  it('count the reports behind each correlation, and are compared where both have something', async () => {
    const { correlations, slopeWidths, reportsUsed } = compareReadings(asMade, fewerReports);
    expect(correlations.map(({ key }) => key.split('/')[0])).toEqual(Array(6).fill(GPT_4O));
    const counts = new Map(
      correlations.map(({ key, base, other }) => [
        key.replace(`${GPT_4O}/`, ''),
        [base.reports, other.reports],
      ]),
    );
    const rows = async (kind: string) => {
      const text = await readFile(
        join(study.folder, `${GPT_4O}_${kind}_weight_reports.csv`),
        'utf8',
      );
      return text.trim().split('\n').length - 1;
    };
    const instilled = await rows('instilled');
    const halves =
      (await rows('itrained_first_50_of_100_50ex')) + (await rows('itrained_last_50_of_100_50ex'));
    expect(counts.get('instilled/reports')).toEqual([instilled + LOST, instilled]);
    expect(counts.get('instilled/trained_reports')).toEqual([halves, halves]);
    expect(counts.get('native/reports')?.[0]).toBe(await rows('instilled_latent'));
    expect(counts.get('learned_vs_target')).toEqual([null, null]);
    expect(slopeWidths.map(({ model }) => model)).toEqual([GPT_4O, GPT_4O]);
    expect(reportsUsed).toHaveLength(1);
    expect(reportsUsed[0].base - reportsUsed[0].other).toBe(LOST);
  });
});

describe('the table of two readings', () => {
  const shown = (base: Reproduction, other: Reproduction) =>
    stripVTControlCharacters(
      readingsTable(compareReadings(base, other), { base: 'paper policy', other: 'lenient' }),
    );

  it('has both, the change in r, and the change in width of each HDI', () => {
    const table = shown(asMade, byProbability);
    const [head] = table.split('\n').filter((line) => line.includes('HDI width'));
    expect(head).toMatch(/paper policy +│ +lenient +│ +change +│ +HDI width/);
    for (const { key, base, other } of compareReadings(asMade, byProbability).correlations) {
      const [line] = table.split('\n').filter((one) => one.includes(`${key} `));
      expect(line).toContain(
        `${base.r.toFixed(2)} [${base.hdi.map((end) => end.toFixed(2)).join(', ')}]`,
      );
      expect(line).toContain(`${other.r.toFixed(2)} [`);
      expect(line).toMatch(/ [+-]?\d\.\d{3} +│ +[+-]?\d+\.\d% │$/);
    }
    expect(table).toContain(`${GPT_4O_MINI}/native`);
    expect(table).not.toMatch(/NaN|undefined|reports behind/);
  });

  it('has the reports behind each correlation where they differ', () => {
    const table = shown(asMade, fewerReports);
    expect(table).toContain('reports behind them');
    expect(table).toMatch(/instilled\/reports +│ +20 │ +13 │ +-7 │/);
    expect(table).not.toMatch(/NaN|undefined/);
  });
});
