/** The figures of the paper from a reproduction, and the regression line of a scatter. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { runJob } from '../../../src/fit/job.js';
import { sampleMoments } from '../../../src/posterior/convergence.js';
import { parameterDraws } from '../../../src/posterior/draws.js';
import { randomStream } from '../../../src/random/stream.js';
import { linearSpecification, toRows } from '../../../src/regression/columns.js';
import { displayName, panelBand, turnedLine } from '../../../src/report/figures/study-figure.js';
import { readResult } from '../../../src/result/read-result.js';
import { completeSettings } from '../../../src/sampler/settings.js';
import { attribute, marks, panelsOf, scaleOf } from '../../plots/support.js';
import { leastSquares } from '../../support/least-squares.js';
import { type SmallResult, smallResult } from '../../support/small-result.js';
import { GPT_4O, GPT_4O_MINI } from '../../support/small-study.js';

const CONTEXTS = 8;
/** Three contexts of eight have no report before training. */
const WITHOUT = 3;

let made: SmallResult;

beforeAll(async () => {
  made = await smallResult({
    contexts: CONTEXTS,
    edit: async (data) => {
      for (const model of [GPT_4O, GPT_4O_MINI]) {
        await data.edit(`${model}_instilled_weight_reports.csv`, withoutFirstContexts);
      }
    },
  });
});
afterAll(() => made.remove());

function withoutFirstContexts(text: string): string {
  const [header = '', ...rows] = text.trimEnd().split('\n');
  const column = header.split(',').indexOf('scenario');
  const contextOf = (row: string) => row.split(',')[column] ?? '';
  const dropped = new Set([...new Set(rows.map(contextOf))].slice(0, WITHOUT));
  return `${[header, ...rows.filter((row) => !dropped.has(contextOf(row)))].join('\n')}\n`;
}

async function csv(name: string): Promise<Record<string, string>[]> {
  const text = await readFile(join(made.folder, 'csv', name), 'utf8');
  return Papa.parse<Record<string, string>>(text.trim(), { header: true }).data;
}

/** A scatter of figure 2, with what its circles say in place of what a file says. */
async function scatter(model: string) {
  const svg = await readFile(join(made.folder, 'figure-2.svg'), 'utf8');
  const name = `${displayName(model)}, before introspection training`;
  const panel = panelsOf(svg).find((one) => one.getAttribute('data-panel') === name);
  if (!panel) throw new Error(`no ${name}`);
  const [x, y] = [scaleOf(panel, 'x'), scaleOf(panel, 'y')];
  const circles = marks(panel, 'points', 'circle');
  const [path] = marks(panel, 'line', 'path');
  const corners = [...(path?.getAttribute('d') ?? '').matchAll(/[ML]([^,]+),([^ML]+)/g)];
  return {
    learned: circles.map((circle) => x.value(attribute(circle, 'cx'))),
    reported: circles.map((circle) => y.value(attribute(circle, 'cy'))),
    line: corners.map(([, across, up]) => ({
      x: x.value(Number(across)),
      mean: y.value(Number(up)),
    })),
    pixel: Math.max(x.pixel, y.pixel),
  };
}

describe.each([GPT_4O, GPT_4O_MINI])('a scatter of %s where reports are missing', (model) => {
  test('has points that are not standard among themselves', async () => {
    const { learned } = await scatter(model);
    expect(learned).toHaveLength(5 * (CONTEXTS - WITHOUT));
    expect(Math.abs(sampleMoments(learned).mean)).toBeGreaterThan(0.02);
  });

  test('has the line of least squares of its circles, within Monte Carlo error', async () => {
    const { learned, reported, line } = await scatter(model);
    const { intercept, slope } = leastSquares(learned, reported);
    const read = await readResult(made.folder);
    const fit = read.fits.find(
      ({ name, kind }) => kind === 'correlation' && name === `${model}/instilled/reports`,
    );
    await read.close();
    const [first, last] = [line[0], line.at(-1)];
    // What the error of the fitted slope and height makes of it, with room for the priors.
    const [error = 0, height = 0] = ['b_report', 'b_Intercept'].map(
      (name) => fit?.summary.find((row) => row.name === name)?.mcse_mean ?? 0,
    );
    const scale = Math.sqrt(sampleMoments(reported).variance / sampleMoments(learned).variance);
    for (const corner of [first, last]) {
      const reach = Math.abs((corner?.x ?? 0) - sampleMoments(learned).mean);
      const tolerance = 4 * (scale * scale * error * reach + scale * height) + 0.01;
      expect(Math.abs((corner?.mean ?? 0) - (intercept + slope * (corner?.x ?? 0)))).toBeLessThan(
        tolerance,
      );
    }
  });

  test('has in its CSV the line and the band that are drawn', async () => {
    const { line, pixel } = await scatter(model);
    const rows = (await csv('figure-2-lines.csv')).filter(
      (row) => row.model === model && row.condition === 'before training',
    );
    expect(Object.keys(rows[0])).toEqual(['model', 'condition', 'x', 'mean', 'low', 'high']);
    expect(rows).toHaveLength(line.length);
    line.forEach((corner, i) => {
      const { x, mean, low, high } = rows[i];
      expect(Math.abs(corner.x - Number(x))).toBeLessThan(pixel / 50);
      expect(Math.abs(corner.mean - Number(mean))).toBeLessThan(pixel / 50);
      expect(Number(low)).toBeLessThan(Number(mean));
      expect(Number(high)).toBeGreaterThan(Number(mean));
    });
  });
});

const finite = fc.double({ min: -10, max: 10, noNaN: true });
const spread = (values: readonly number[]) => sampleMoments(values).variance > 0.01;
const pairs = fc
  .array(fc.tuple(finite, finite), { minLength: 3, maxLength: 40 })
  .map((list) => ({ learned: list.map(([x]) => x), reported: list.map(([, y]) => y) }))
  .filter(({ learned, reported }) => spread(learned) && spread(reported));

/** Draws of `outcome = intercept + slope × predictor`. */
function fitted(outcome: readonly number[], predictor: readonly number[], seed: number) {
  const specification = linearSpecification(
    toRows({ outcome: [...outcome], predictors: { x: [...predictor] } }),
    [...outcome],
  );
  const settings = completeSettings({ chains: 4, warmup: 500, draws: 4000, seed });
  const { draws } = runJob({ name: 'line', specification, keepDraws: true }, settings);
  if (!draws) throw new Error('no draws');
  return {
    intercepts: parameterDraws(draws, 'b_Intercept'),
    slopes: parameterDraws(draws, 'b_x'),
  };
}

describe('a turned regression line', () => {
  it('is that of least squares the other way round, where the fitted one is of least squares', () => {
    fc.assert(
      fc.property(pairs, ({ learned, reported }) => {
        const { intercept, slope } = leastSquares(reported, learned);
        const turned = turnedLine(
          { intercepts: Float64Array.of(intercept), slopes: Float64Array.of(slope) },
          { learned, reported },
        );
        const expected = leastSquares(learned, reported);
        expect(turned.slopes[0]).toBeCloseTo(expected.slope, 7);
        expect(turned.intercepts[0]).toBeCloseTo(expected.intercept, 7);
      }),
      { seed: 5 },
    );
  });

  it('has the posterior of the regression that is fitted the other way round', () => {
    const random = randomStream(7, 'pairs');
    const learned = Array.from({ length: 60 }, () => 0.3 + 1.4 * random.normal());
    const reported = learned.map((x) => -1 + 0.4 * x + 0.7 * random.normal());
    const turned = turnedLine(fitted(learned, reported, 1), { learned, reported });
    const band = panelBand({ learned, ...turned });
    const expected = panelBand({ learned, ...fitted(reported, learned, 2) });
    // The band is a tenth to a half wide; its ends are known to a few thousandths.
    band.forEach(({ x, mean, low, high }, i) => {
      expect(x).toBe(expected[i].x);
      expect(Math.abs(mean - expected[i].mean)).toBeLessThan(0.01);
      expect(Math.abs(low - expected[i].low)).toBeLessThan(0.03);
      expect(Math.abs(high - expected[i].high)).toBeLessThan(0.03);
    });
  });

  it('goes nowhere where the points do not vary', () => {
    const still = { learned: [1, 1, 1], reported: [1, 2, 3] };
    const line = { intercepts: Float64Array.of(0), slopes: Float64Array.of(0.5) };
    const band = panelBand({ ...still, ...turnedLine(line, still) });
    expect(band.every(({ mean }) => Number.isNaN(mean))).toBe(true);
  });
});
