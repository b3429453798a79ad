/** Calibration: HDIs of self - sibling in tables where every model explains every target. */
import { describe, expect, it } from 'vitest';
import { compareItems } from '../../../src/analysis/explanations/compare-items.js';
import { readItems } from '../../../src/analysis/explanations/read-items.js';
import { linearAt } from '../../../src/analysis/explanations/regressions.js';
import { groupBy } from '../../../src/analysis/explanations/table.js';
import { hdi } from '../../../src/posterior/intervals.js';
import { binomial } from '../../../src/regression/options.js';
import { normal } from '../../../src/regression/priors/constructors.js';
import { regression } from '../../../src/regression/regression.js';
import { crossedDesign, crossedTable } from './crossed-tables.js';
import { type Cells, populationAccuracy, tableOf } from './item-tables.js';

const sampling = { chains: 2, warmup: 200, draws: 400 };
const runs = 60;

const truth = (() => {
  const sd = Math.hypot(crossedDesign.sd.cluster, crossedDesign.sd.item);
  return populationAccuracy(crossedDesign.selfMinusSibling, sd) - populationAccuracy(0, sd);
})();

function holds(draws: ArrayLike<number>, value: number): boolean {
  const [low, high] = hdi(draws);
  return low <= value && value <= high;
}

/** Self minus sibling in logits, if trainings are taken as independent whatever their target and model. */
async function withoutPairs(rows: readonly Cells[], seed: number): Promise<Float64Array> {
  const counts = groupBy(rows, (row) =>
    JSON.stringify([row.target, row.cluster, row.explainer, row.model, row.seed]),
  );
  const data = [...counts.values()].map((group) => {
    const { target, cluster, explainer = '', model, seed: training } = group[0] ?? {};
    const right = group.reduce((sum, { score }) => sum + Number(score), 0);
    return {
      ...{ right, answers: group.length, target: `${target}`, explainer: `${explainer}` },
      ...{ cluster: `${target} ${cluster}`, training: `${target} ${model} ${training}` },
    };
  });
  const fit = await regression({
    formula: 'right | trials(answers) ~ explainer + (1 | cluster) + (1 | target) + (1 | training)',
    family: binomial(),
    data,
    prior: [
      normal(0, 3).on('b'),
      ...['target', 'training'].map((group) => normal(0, 1).on('sd', { group })),
    ],
    levels: { explainer: ['sibling', 'self'] },
    ...{ ...sampling, seed },
  });
  const none = { cluster: null, target: null, training: null, answers: 1 };
  const [sibling, self] = linearAt(fit, [
    { ...none, explainer: 'sibling' },
    { ...none, explainer: 'self' },
  ]);
  return (self ?? new Float64Array()).map((value, draw) => value - (sibling?.[draw] ?? 0));
}

describe('95% HDIs of self - sibling', () => {
  it('hold the truth as often as they say with pairs as a group, and not without', async () => {
    const held = { accuracy: 0, logits: 0, without: 0 };
    // Logits are those of a cluster's share right: items of one cluster differ by 0.5.
    const inLogits =
      crossedDesign.selfMinusSibling / Math.sqrt(1 + 0.346 * crossedDesign.sd.item ** 2);
    for (let seed = 1; seed <= runs; seed++) {
      const rows = crossedTable(seed);
      const { rows: read } = readItems([tableOf(rows)]);
      const [task] = await compareItems(read, { ...sampling, seed });
      const told = task?.selfMinusOther;
      const logits = task?.differences[0]?.logits;
      if (!told || 'why' in told || !logits) throw new Error('nothing is told');
      expect(task.fits[0]?.fit.formula).toMatch(/^right \| trials\(answers\) ~ .*target_model/);
      held.accuracy += Number(holds(told.draws, truth));
      held.logits += Number(holds(logits, inLogits));
      held.without += Number(holds(await withoutPairs(rows, seed), inLogits));
    }
    // With a coverage of 0.95, 49 of 60 or fewer have a probability of 0.0003.
    expect(held.accuracy).toBeGreaterThanOrEqual(50);
    expect(held.logits).toBeGreaterThanOrEqual(50);
    expect(held.without).toBeLessThan(50);
  });
});
