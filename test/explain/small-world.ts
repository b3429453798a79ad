/** A world of 24 facts, and targets for it: with random weights, and trained for a moment. */
import { Transformer } from '../../models/transformer/transformer.js';
import { initializeWeights } from '../../models/transformer/weights.js';
import { trainTarget } from '../../src/explain/target.js';
import { allQuestions } from '../../src/explain/texts.js';
import { createWorld } from '../../src/explain/world.js';
import { finished } from '../../src/posterior/steps.js';
import { quickStream } from '../../src/random/quick-stream.js';

export const smallWorld = createWorld({
  seed: 4,
  entities: 8,
  classes: 4,
  relations: 3,
  values: 5,
});
export const smallQuestions = allQuestions(smallWorld, 1, quickStream('small questions'));

/** Random weights give answers that depend on everything. */
export function untrainedTarget(capacity = 256): Transformer {
  const shape = {
    vocabulary: smallWorld.words.length,
    length: 9,
    width: 16,
    layers: 3,
    heads: 2,
    hidden: 24,
  };
  const model = new Transformer(shape, { capacity });
  initializeWeights(model, quickStream('untrained target'));
  return model;
}

/** A target that has learned some facts and to follow some hints. */
export function trainedTarget(): Transformer {
  const size = { width: 16, layers: 3, heads: 2, hidden: 24, steps: 500, rate: 1e-2 };
  return finished(trainTarget(smallWorld, { size, seed: 1 }));
}
