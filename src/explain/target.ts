/** The model whose computations are explained: a transformer trained on the texts of a world. */
import type { Numbers } from '../../models/transformer/operations.js';
import type { Passage } from '../../models/transformer/passage.js';
import type { TransformerShape } from '../../models/transformer/shape.js';
import { type TrainingStep, trainingSteps } from '../../models/transformer/training.js';
import { Transformer } from '../../models/transformer/transformer.js';
import { initializeWeights } from '../../models/transformer/weights.js';
import { badArgument } from '../checks/values.js';
import { quickStream } from '../random/quick-stream.js';
import { drawTexts } from './texts.js';
import type { World } from './world.js';

/** Tokens of the longest text of a world. */
const LONGEST_TEXT = 9;

export interface TargetSize {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly hidden: number;
  /** Training steps of 64 texts. */
  readonly steps: number;
  readonly rate: number;
}

/**
 * Learns the default world in half a minute of a core. Of three worlds' targets, each completed 99.7% of
 * statements with the true value, and answered at least 98.9% of questions and 93.7% of hinted ones like the best reader
 * (src/explain/accuracy.ts).
 */
export const smallTarget: TargetSize = {
  width: 32,
  layers: 3,
  heads: 4,
  hidden: 128,
  steps: 8000,
  rate: 4e-3,
};

/**
 * Twice as wide, for explainers that are larger than what they explain. Learns the default world in a minute and a half of a
 * core: in one training, all statements, 99.7% of questions and 94.4% of hinted ones like the best reader.
 */
export const largerTarget: TargetSize = {
  width: 64,
  layers: 3,
  heads: 4,
  hidden: 256,
  steps: 6000,
  rate: 2e-3,
};

/** Texts of a step. */
const BATCH = 64;

interface TargetOptions {
  readonly size: TargetSize;
  readonly seed: number | string;
}

function targetShape({ words }: World, size: TargetSize): TransformerShape {
  const { width, layers, heads, hidden } = size;
  return { vocabulary: words.length, length: LONGEST_TEXT, width, layers, heads, hidden };
}

/** Trains while it is iterated: each value is a step that was made; the return value is the model. */
export function* trainTarget(
  world: World,
  { size, seed }: TargetOptions,
): Generator<TrainingStep, Transformer> {
  const model = new Transformer(targetShape(world, size), { capacity: BATCH * LONGEST_TEXT });
  initializeWeights(model, quickStream('target weights', seed));
  const random = quickStream('target texts', seed);
  const batch = () => drawTexts(world, BATCH, random);
  yield* trainingSteps(model, { steps: size.steps, rate: size.rate, batch });
  return model;
}

/** Probabilities of some tokens as the next one, normalized among them. */
export function tokenProbabilities(
  model: Transformer,
  passages: readonly Passage[],
  tokens: readonly number[],
): number[][] {
  return predictions(model, passages, (logits) => {
    const chosen = tokens.map((token) => logits[token]);
    const largest = Math.max(...chosen);
    const weights = chosen.map((logit) => Math.exp(logit - largest));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

/** What `read` makes of the logits of each passage's one output, for any number of passages. */
export function predictions<T>(
  model: Transformer,
  passages: readonly Passage[],
  read: (logits: Numbers) => T,
): T[] {
  const results: T[] = [];
  inBatches(model, passages, (_, __, logits) => {
    results.push(read(logits));
  });
  return results;
}

/**
 * Runs any number of passages with one output each, in batches. `read` is called for each in order, with
 * its number, its number in the batch whose activations can be read, and its logits.
 */
export function inBatches(
  model: Transformer,
  passages: readonly Passage[],
  read: (passage: number, inBatch: number, logits: Numbers) => void,
): void {
  let from = 0;
  while (from < passages.length) {
    let end = from;
    let tokens = 0;
    while (end < passages.length && tokens + passages[end].tokens.length <= model.capacity) {
      tokens += passages[end++].tokens.length;
    }
    if (end === from) throw badArgument(`a passage has more than ${model.capacity} tokens`);
    const start = from;
    model.forward(passages.slice(from, end)).forEach((logits, i) => {
      read(start + i, i, logits);
    });
    from = end;
  }
}

/** Index of the largest number, the first of equal ones. */
export function largestAt(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
