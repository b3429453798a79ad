/** The public few-shot data of docs/ablation.md: our rates are the published ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { armRates } from '../../../src/analysis/explanations/rates.js';
import { examplesAdded } from '../../../src/analysis/explanations/regressions.js';
import type { Explanation } from '../../../src/analysis/explanations/table.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { fewShotFolder, fewShotSkipReason, hasFewShot } from '../../reference/shared.js';

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
});
