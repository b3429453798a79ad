/** The table of figures in docs/paper.md is what the command gives on the authors' data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkout, weighbridge } from '../e2e/support.js';
import { hasPublished, publishedFolder, skipReason } from '../reference/shared.js';

const correlation = z.object({ estimate: z.number(), hdi: z.tuple([z.number(), z.number()]) });
const effect = z.object({ median: z.number(), hpd: z.tuple([z.number(), z.number()]) });
const percentages = z.record(z.string(), z.number());
const document = z.object({
  models: z.array(z.string()),
  correlations: z.record(z.string(), correlation),
  effects: z.object({ instilled: effect, native: effect }),
  choices_agreeing_with_target_pct: percentages,
  native_choices_predicted_pct: percentages,
  invalid_reports_pct: percentages,
});

/** Two decimals without the zero before the point, as the paper prints correlations. */
const short = (value: number) => value.toFixed(2).replace(/^(-?)0\./, '$1.');
const interval = ([low, high]: readonly [number, number]) => `[${short(low)}, ${short(high)}]`;

const rows: readonly (readonly [label: string, key: string])[] = [
  ['learned against target weights', 'learned_vs_target'],
  ['off-the-shelf reports, instilled preferences', 'instilled/off_the_shelf_reports'],
  ['reports after preference training', 'instilled/reports'],
  ['… and after introspection training', 'instilled/trained_reports'],
  ['reports, native preferences', 'native/reports'],
  ['… and after introspection training', 'native/trained_reports'],
];

const percentRows = [
  ['choices agreeing with target weights', 'choices_agreeing_with_target_pct', 1],
  ['native choices predicted by learned weights', 'native_choices_predicted_pct', 1],
  ['invalid reports', 'invalid_reports_pct', 2],
] as const;

/** Ours in the cells of a row of the table: what stands before the published figures' brackets. */
function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.replace(/\(.*\)/, '').trim());
}

describe.skipIf(!hasPublished)(`the figures in docs/paper.md${skipReason}`, () => {
  it('are those of a run on the published data at the defaults', async () => {
    const page = readFileSync(join(checkout, 'docs/paper.md'), 'utf8');
    const lines = page.split('\n');
    const args = ['reproduce', '--data', publishedFolder, '--json', '-', '--quiet'];
    const found = document.parse(JSON.parse((await weighbridge(args)).stdout));
    for (const [label, key] of rows) {
      const expected = found.models.map((model) => {
        const { estimate, hdi } = correlation.parse(found.correlations[`${model}/${key}`]);
        return `${short(estimate)} ${interval(hdi)}`;
      });
      const shown = lines.filter((line) => line.startsWith(`| ${label} |`)).map(cellsOf);
      expect(shown, label).toContainEqual(expected);
    }
    for (const [label, key, decimals] of percentRows) {
      const expected = found.models.map((model) => `${found[key][model]?.toFixed(decimals)}%`);
      const shown = lines.filter((line) => line.startsWith(`| ${label} |`)).map(cellsOf);
      expect(shown, label).toEqual([expected]);
    }
    const { instilled, native } = found.effects;
    const effects = `instilled ${short(instilled.median)} ${interval(instilled.hpd)} ([.16, .29]); native ${short(native.median)} ${interval(native.hpd)} ([.21, .35])`;
    expect(page).toContain(`Effect of introspection training: ${effects}.`);
  });
});
