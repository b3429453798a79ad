/**
 * Features of the target and what they respond to, exactly: the neurons of each layer, and the directions of
 * a sparse autoencoder of the residual after each layer, each with its activation in every state of the
 * world and the best sentence for it.
 */
import {
  type DictionaryOptions,
  trainDictionary,
} from '../../models/transformer/sparse-autoencoder.js';
import type { Transformer } from '../../models/transformer/transformer.js';
import { quickStream } from '../random/quick-stream.js';
import type { Description, Language } from './language.js';
import type { State } from './states.js';
import { inBatches } from './target.js';

export interface Feature extends Description {
  /** A neuron of the layer, or a direction of its residual's dictionary. */
  readonly kind: 'neuron' | 'direction';
  readonly layer: number;
  /** Seed of the direction's dictionary; null for a neuron. */
  readonly dictionary: number | string | null;
  /** Number of the neuron or direction in its layer. */
  readonly index: number;
  /** What it writes to the residual stream: `width` numbers of length 1, or zeros. */
  readonly vector: Float32Array;
  /** Activation in each state, at least 0. */
  readonly activation: Float32Array;
}

interface DirectionOptions extends DictionaryOptions {
  readonly seed: number | string;
}

/** The neurons of all layers that respond to anything. */
export function neuronFeatures(
  model: Transformer,
  states: readonly State[],
  language: Language,
): Feature[] {
  const { width, hidden, layers } = model.shape;
  const neurons = upTo(layers).flatMap((layer) => {
    const activations = activationsOf(model, states, 'hidden', layer);
    const down = model.parameter(`layer ${layer} down`);
    return upTo(hidden).map((index) => ({
      kind: 'neuron' as const,
      layer,
      dictionary: null,
      index,
      vector: unit(rowOf(down, index, width)),
      activation: columnOf(activations, index, hidden),
    }));
  });
  return described(neurons, language);
}

/**
 * The directions, one dictionary per layer, that respond to anything. Another seed gives other
 * dictionaries: together they are as many features as a study needs.
 */
export function directionFeatures(
  model: Transformer,
  states: readonly State[],
  language: Language,
  { seed, ...options }: DirectionOptions,
): Feature[] {
  const { width, layers } = model.shape;
  const directions = upTo(layers).flatMap((layer) => {
    const vectors = activationsOf(model, states, 'residual', layer + 1);
    const random = quickStream('dictionary', seed, layer);
    const dictionary = trainDictionary(vectors, width, options, random);
    const activations = dictionary.activations(vectors);
    return upTo(dictionary.features).map((index) => ({
      kind: 'direction' as const,
      layer,
      dictionary: seed,
      index,
      vector: Float32Array.from(rowOf(dictionary.directions, index, width)),
      activation: columnOf(activations, index, dictionary.features),
    }));
  });
  return described(directions, language);
}

function described(features: readonly Omit<Feature, keyof Description>[], language: Language) {
  return features
    .filter(({ activation }) => activation.some((x) => x > 0))
    .map((feature) => ({ ...feature, ...language.describe(feature.activation) }));
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** An activation at the last position of each state, a row for each. */
export function activationsOf(
  model: Transformer,
  states: readonly State[],
  site: 'residual' | 'hidden',
  layer: number,
): Float32Array {
  const width = site === 'hidden' ? model.shape.hidden : model.shape.width;
  const rows = new Float32Array(states.length * width);
  inBatches(model, states, (state, inBatch) => {
    const last = states[state].tokens.length - 1;
    rows.set(model.activation(site, layer, inBatch, last), state * width);
  });
  return rows;
}

function rowOf(matrix: ArrayLike<number>, row: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, j) => matrix[row * columns + j]);
}

function columnOf(matrix: ArrayLike<number>, column: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: matrix.length / columns },
    (_, row) => matrix[row * columns + column],
  );
}

function unit(vector: readonly number[]): Float32Array {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (x) => (length > 0 ? x / length : 0));
}
