/**
 * Learned and native weights in the layout of the authors' regression results: what their last
 * script reads.
 */
import type { Reproduction } from '../../analysis/reproduce.js';
import { bothSettings } from '../../analysis/weights-of-study.js';
import { regressionResults } from '../../study/layout.js';
import { weightsCsv } from '../../study/write-study.js';

/** Posterior means scaled to a largest absolute value of 100, two files a model. */
export function authorsWeights({ models }: Pick<Reproduction, 'models'>): Map<string, string> {
  return new Map(
    models.flatMap(({ name, weights }) =>
      bothSettings.map((setting): [string, string] => [
        name + regressionResults[setting],
        weightsCsv(
          new Map(weights[setting].map(({ context, scaled }) => [context.name, scaled])),
          'b_attr',
        ),
      ]),
    ),
  );
}
