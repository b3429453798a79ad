/** The study that ships: its cells give their predictions again, and its networks know the world as the page says. */
import { describe, expect, it } from 'vitest';
import { accuracyOf } from '../../src/explain/accuracy.js';
import { runCell } from '../../src/explain/grid.js';
import { studyPlan } from '../../src/explain/plan.js';
import { allQuestions } from '../../src/explain/texts.js';
import { readStudy } from '../../src/explain-study/explain-thread.js';
import { StudyFolder } from '../../src/explain-study/study-folder.js';
import { fixturePath } from '../../src/package-info.js';
import { finished } from '../../src/posterior/steps.js';
import { quickStream } from '../../src/random/quick-stream.js';
import { columnsOfPredictions, predictionColumns } from '../../src/result/explanations-format.js';
import { readExplanationsResult } from '../../src/result/read-explanations.js';

const folder = fixturePath('explanations');
const plan = studyPlan({ size: 'full', seeds: 3, seed: 1 });
const study = await readStudy(new StudyFolder(folder), plan);

describe('the shipped study', () => {
  it('gives the predictions of self and sibling again, byte for byte', async () => {
    const result = await readExplanationsResult(folder);
    const shipped = await result.predictions();
    await result.close();
    const cells = plan.cells.filter(
      ({ task, target, arm, explainer, size, seed }) =>
        task === 'ablation' &&
        arm === 'network' &&
        target === 0 &&
        explainer !== 2 &&
        size === 2000 &&
        seed === 1,
    );
    expect(cells).toHaveLength(2);
    for (const cell of cells) {
      const rows = finished(runCell(study, cell));
      const made = columnsOfPredictions(rows);
      const [{ explainer, model }] = rows;
      const places = [...shipped.item.keys()].filter(
        (i) =>
          shipped.task[i]?.startsWith('ablation') &&
          shipped.target[i] === 'network 1' &&
          shipped.explainer[i] === explainer &&
          shipped.model[i] === model &&
          shipped.n[i] === 2000 &&
          shipped.seed[i] === 'seed 1',
      );
      for (const { name } of predictionColumns) {
        expect(places.map((i) => shipped[name][i])).toEqual(made[name]);
      }
    }
  });

  it('has networks that learned the world', () => {
    const { world, networks, larger } = study;
    const questions = allQuestions(world, 2, quickStream('questions of the shipped study'));
    for (const network of [...networks, ...larger]) {
      const { statements, undisputed, plain, hinted } = accuracyOf(world, network, questions);
      expect(statements).toBeGreaterThan(0.98);
      expect(undisputed).toBeGreaterThan(0.99);
      expect(plain).toBeGreaterThan(0.97);
      expect(hinted).toBeGreaterThan(0.9);
    }
  });
});
