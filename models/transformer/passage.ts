/** What a transformer reads: sequences of tokens, with vectors written into its computation. */
import { badArgument, described } from '../../src/checks/values.js';
import type { Numbers } from './operations.js';
import type { TransformerShape } from './shape.js';

/** A vector in place of a token's embedding; the position's embedding is added to it. */
export interface Insertion {
  readonly position: number;
  /** Width numbers. */
  readonly vector: ArrayLike<number>;
  /** Gets the loss's gradient by the vector. */
  readonly gradient?: Numbers;
}

/**
 * A residual replaced: before layer `layer`, or after the last one if `layer` is the number of layers.
 * No gradient flows to what it replaces.
 */
export interface Patch extends Insertion {
  readonly layer: number;
}

/** A position whose next token is predicted. */
interface Output {
  readonly position: number;
  /** The token that training asks for. */
  readonly target?: number;
}

/** A sequence of tokens. Sequences of a batch may have any lengths: there is no padding. */
export interface Passage {
  readonly tokens: ArrayLike<number>;
  /** @default the last position, without a target */
  readonly outputs?: readonly Output[];
  /** @default [] */
  readonly inserted?: readonly Insertion[];
  /** @default [] */
  readonly patches?: readonly Patch[];
}

export function outputsOf({ tokens, outputs }: Passage): readonly Output[] {
  return outputs ?? [{ position: tokens.length - 1 }];
}

/** @throws WeighbridgeError `bad-argument` for a token, position, layer or length out of range */
export function requirePassage(passage: Passage, shape: TransformerShape): void {
  const { tokens, inserted = [], patches = [] } = passage;
  const { length, vocabulary, width, layers } = shape;
  if (!(tokens.length >= 1 && tokens.length <= length)) {
    throw badArgument(`a passage has ${tokens.length} tokens, expected 1 to ${length}`);
  }
  for (let i = 0; i < tokens.length; i++) requireBelow('a token', tokens[i], vocabulary);
  for (const { position, target = 0 } of outputsOf(passage)) {
    requireBelow('the position of an output', position, tokens.length);
    requireBelow('a target', target, vocabulary);
  }
  for (const { position, vector } of [...inserted, ...patches]) {
    requireBelow('the position of a vector', position, tokens.length);
    if (vector.length !== width) {
      throw badArgument(`a vector has ${vector.length} numbers, expected ${width}`);
    }
  }
  for (const { layer } of patches) requireBelow('the layer of a patch', layer, layers + 1);
}

function requireBelow(name: string, value: number, end: number): void {
  if (Number.isInteger(value) && value >= 0 && value < end) return;
  throw badArgument(
    `${name} is ${described(value)}, but must be a whole number from 0 to ${end - 1}`,
  );
}
