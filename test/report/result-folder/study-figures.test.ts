/** The figures of a study in which reports are missing, as they are written. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleMoments } from '../../../src/posterior/convergence.js';
import { readResult } from '../../../src/report/result-folder/read-result.js';
import { displayName } from '../../../src/report/result-folder/study-figures.js';
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
