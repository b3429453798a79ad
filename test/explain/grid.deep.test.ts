/**
 * One small cell from nothing: two networks learn a world, and each explains what the first one answers without a hint,
 * after 2,000 exercises.
 */
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { cellsOf, type Prediction, runCell } from '../../src/explain/grid.js';
import { ExplanationStudy } from '../../src/explain/study-exercises.js';
import { trainTarget } from '../../src/explain/target.js';
import { createWorld } from '../../src/explain/world.js';
import { finished } from '../../src/posterior/steps.js';

it('two explainers of one target give their answers again, byte for byte', () => {
  const world = createWorld({ seed: 1, entities: 24, classes: 4, relations: 3 });
  const size = { width: 32, layers: 3, heads: 4, hidden: 128, steps: 1500, rate: 6e-3 };
  const networks = [1, 2].map((seed) => finished(trainTarget(world, { size, seed })));
  const study = new ExplanationStudy(world, networks, [], { seed: 1, questionSets: 60 });
  const sizes = { ablation: [2000] };
  const cells = cellsOf(study, { arms: ['network'], sizes, seeds: [1] });
  const rows = cells
    .filter(({ target }) => target === 0)
    .flatMap((cell) => finished(runCell(study, cell)));
  const mean = (explainer: string, task: string) => {
    const own = rows.filter((row) => row.explainer === explainer && row.task === task);
    return own.reduce((sum, { score }) => sum + score, 0) / own.length;
  };
  // Guessing gives a quarter of the letters and half of the verdicts.
  for (const explainer of ['self', 'sibling']) {
    expect(mean(explainer, 'ablation')).toBeGreaterThan(0.5);
    expect(mean(explainer, 'ablation, seen')).toBeGreaterThan(0.7);
  }
  const told = ({ item, explainer, answer, score }: Prediction) => [item, explainer, answer, score];
  const text = rows.map((row) => `${JSON.stringify(told(row))}\n`).join('');
  expect({ rows: rows.length, crc: crc32(text).toString(16) }).toEqual({
    rows: 1600,
    crc: '35797f7b',
  });
});
