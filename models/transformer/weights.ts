/** Initial weights, and weights taken over from another transformer. */
import type { RandomStream } from '../../src/random/stream.js';
import { namedPlaces } from './shape.js';
import type { Transformer } from './transformer.js';

/** The standard deviation of embeddings. */
const EMBEDDING_SD = 0.5;

/**
 * Normal weights of variance 1/(number of inputs); what a layer adds to the residual is divided by
 * √(2 · layers) in addition (Radford et al. 2019). Gains are 1.
 */
export function initializeWeights(model: Transformer, random: RandomStream): void {
  const { layers, vocabulary } = model.shape;
  for (const [name, { rows, columns, at }] of namedPlaces(model.places)) {
    if (at >= model.places.matrices) {
      model.weights.fill(1, at, at + columns);
      continue;
    }
    const isEmbedding = name === 'tokens' || name === 'positions';
    const adds = name.endsWith('project') || name.endsWith('down');
    const sd = isEmbedding ? EMBEDDING_SD : 1 / Math.sqrt(rows * (adds ? 2 * layers : 1));
    const used = name === 'unembed' ? vocabulary : columns;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        model.weights[at + i * columns + j] = j < used ? sd * random.normal() : 0;
      }
    }
  }
}

/**
 * Takes over the weights of another transformer wherever both have them: the first tokens, positions
 * and numbers of the stream, layer by layer. Other weights stay.
 */
export function adoptWeights(model: Transformer, from: Transformer): void {
  const theirs = namedPlaces(from.places);
  for (const [name, mine] of namedPlaces(model.places)) {
    const other = theirs.get(name);
    if (!other) continue;
    const columns =
      name === 'unembed'
        ? Math.min(model.shape.vocabulary, from.shape.vocabulary)
        : Math.min(mine.columns, other.columns);
    for (let i = 0; i < Math.min(mine.rows, other.rows); i++) {
      const start = other.at + i * other.columns;
      model.weights.set(from.weights.subarray(start, start + columns), mine.at + i * mine.columns);
    }
  }
}
