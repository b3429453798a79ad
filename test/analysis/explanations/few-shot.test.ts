/** The public few-shot data of docs/ablation.md: our rates are the published ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareItems } from '../../../src/analysis/explanations/compare-items.js';
import { armRates } from '../../../src/analysis/explanations/rates.js';
import { readItems } from '../../../src/analysis/explanations/read-items.js';
import { examplesAdded } from '../../../src/analysis/explanations/regressions.js';
import type { Explanation } from '../../../src/analysis/explanations/table.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { fewShotFolder, fewShotSkipReason, hasFewShot } from '../../reference/shared.js';
import { powered } from '../../support/deep.js';
import { tableOf } from './item-tables.js';

interface Predicted {
  readonly idx: number;
  readonly pred_changed: boolean;
  readonly pred_letter: string;
  readonly gold_changed: boolean;
  readonly gold_letter: string;
}

const read = (file: string) => readFileSync(join(fewShotFolder, file), 'utf8').trim().split('\n');

function condition(k: number, draw: number): Explanation[] {
  return read(`preds_k${k}_seed${draw}.jsonl`).map((line) => {
    const row: Predicted = JSON.parse(line);
    const measured = {
      ...{ item: String(row.idx), target: 'Qwen3-8B', without: row.gold_letter, effect: null },
      // The files have whether the answer changed, and not the answer with the hint.
      withPart: row.gold_changed ? 'another' : row.gold_letter,
    };
    return {
      ...{ target: 'Qwen3-8B', explainer: 'Qwen3-8B', shots: k, trainedOn: 0, measured },
      bank: k === 0 ? null : `${k} examples, draw ${draw}`,
      prediction: { changed: row.pred_changed, answer: row.pred_letter },
    };
  });
}

describe.skipIf(!hasFewShot)(`few-shot data in ../shared${fewShotSkipReason}`, () => {
  it('have the published rates in every condition', () => {
    const [, ...published] = read('metrics.csv');
    expect(published).toHaveLength(7);
    for (const line of published) {
      const [k, draw, n, , exact, f1, content] = line.split(',').map(Number);
      const [arm] = armRates(condition(k ?? 0, draw ?? 0), 1, 1);
      const percent = (rate = Number.NaN) => Number((100 * rate).toFixed(2));
      expect(arm?.rows).toBe(n);
      expect(percent(arm?.rates.exact.value)).toBe(exact);
      expect(percent(arm?.rates.hasChangedF1.value)).toBe(f1);
      expect(percent(arm?.rates.content.value)).toBe(content);
    }
  });

  it('leave the effect of 4 examples far less certain if their draw is a group', async () => {
    const rows = [condition(0, 0), ...[0, 1, 2].map((draw) => condition(4, draw))].flatMap((all) =>
      all.slice(0, 300),
    );
    const arm = { target: 'Qwen3-8B', explainer: 'Qwen3-8B', trainedOn: 0 };
    const width = async (of: readonly Explanation[]) => {
      const found = await examplesAdded(of, arm, { chains: 2, draws: 150, warmup: 150 });
      const [low, high] = hdi(found?.estimates[0]?.draws ?? []);
      return high - low;
    };
    const asOneDraw = rows.map((row) => ({ ...row, bank: row.bank && 'one' }));
    expect(await width(rows)).toBeGreaterThan(1.3 * (await width(asOneDraw)));
  });

  it('as a table have what 4 examples add, with the draw as a group', async () => {
    const step = powered(20, 1);
    const rows = [[0, 0], ...[0, 1, 2].map((draw) => [4, draw])].flatMap(([k = 0, draw = 0]) =>
      condition(k, draw)
        .filter((_, i) => i % step === 0)
        .map(({ measured, prediction }) => ({
          ...{ item: measured.item, target: 'Qwen3-8B', explainer: 'Qwen3-8B', task: 'ablation' },
          ...{ n: k, seed: k === 0 ? null : draw },
          truth: `${measured.withPart !== measured.without} ${measured.without}`,
          answer: prediction && `${prediction.changed} ${prediction.answer}`,
        })),
    );
    const read = readItems([tableOf(rows)]).rows;
    const [task] = await compareItems(read, { chains: 2, draws: 300, warmup: 300 });
    const [difference] = task?.differences ?? [];
    expect(difference?.one).toBe('self, n = 4');
    expect(task?.fits[0]?.fit.formula).toMatch(/\(0 \+ trained \| training\)$/);
    // The three draws differ by 12.6 points; their mean is what the table itself has.
    const [none, four] = task?.explainers.map(({ observed }) => observed) ?? [];
    if (!difference || 'why' in difference.score) throw new Error('no difference');
    const [low, high] = hdi(difference.score.draws);
    const seen = (four ?? Number.NaN) - (none ?? Number.NaN);
    expect(low).toBeLessThan(seen);
    expect(high).toBeGreaterThan(seen);
    expect(high - low).toBeGreaterThan(0.126);
  });
});
