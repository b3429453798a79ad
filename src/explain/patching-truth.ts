/**
 * Activation patching, exactly. The target reads a statement's beginning, `entity relation is`; at one
 * position, its residual before each layer of a block is replaced by the mean of the residuals before those
 * layers that it has there for another entity. Does the most probable next token change, and to which?
 */
import type { Passage } from '../../models/transformer/passage.js';
import type { Transformer } from '../../models/transformer/transformer.js';
import type { RandomStream } from '../random/stream.js';
import { balanced } from './split.js';
import { inBatches, largestAt, predictions } from './target.js';
import { statementTokens } from './texts.js';
import type { World } from './world.js';

/** Layers `first` to `last`, from 0. */
export interface Block {
  readonly first: number;
  readonly last: number;
}

export interface PatchItem {
  /** Number of the fact that is asked for. */
  readonly fact: number;
  /** Number of the fact, of the same relation, whose residual is put in. */
  readonly source: number;
  /** 0 for the entity, 1 for the relation, 2 for `is`. */
  readonly position: number;
  readonly block: Block;
  /** The most probable next token. */
  readonly before: number;
  readonly after: number;
  readonly changed: boolean;
}

/** Positions of `entity relation is`. */
export const POSITIONS = 3;

/** All blocks of one and two layers. */
export function blocksOf(layers: number): Block[] {
  const firsts = Array.from({ length: layers }, (_, first) => first);
  return [
    ...firsts.map((first) => ({ first, last: first })),
    ...firsts.slice(0, -1).map((first) => ({ first, last: first + 1 })),
  ];
}

/** The residuals of a target before each layer, for every statement. */
export class Residuals {
  readonly #width: number;
  readonly #layers: number;
  /** By fact, position, layer. */
  readonly #numbers: Float32Array;

  constructor(world: World, model: Transformer) {
    const { width, layers } = model.shape;
    this.#width = width;
    this.#layers = layers;
    this.#numbers = new Float32Array(world.facts.length * POSITIONS * layers * width);
    const passages = world.facts.map((_, fact) => ({ tokens: statementTokens(world, fact) }));
    inBatches(model, passages, (fact, inBatch) => {
      for (let position = 0; position < POSITIONS; position++) {
        for (let layer = 0; layer < layers; layer++) {
          const vector = model.activation('residual', layer, inBatch, position);
          this.#numbers.set(vector, this.#at(fact, position, layer));
        }
      }
    });
  }

  #at(fact: number, position: number, layer: number): number {
    return ((fact * POSITIONS + position) * this.#layers + layer) * this.#width;
  }

  /** The mean residual of a fact's statement before the layers of a block. */
  mean(fact: number, position: number, { first, last }: Block): Float32Array {
    const mean = new Float32Array(this.#width);
    const share = 1 / (last - first + 1);
    for (let layer = first; layer <= last; layer++) {
      const at = this.#at(fact, position, layer);
      for (let j = 0; j < this.#width; j++) mean[j] += share * this.#numbers[at + j];
    }
    return mean;
  }
}

/** What is put in: one vector before each layer of the block. */
export function patchesOf(
  { position, block }: Pick<PatchItem, 'position' | 'block'>,
  vector: Float32Array,
): Passage['patches'] {
  const count = block.last - block.first + 1;
  return Array.from({ length: count }, (_, i) => ({ layer: block.first + i, position, vector }));
}

/** Every pair of facts of a relation, with every position and block. */
export function patchingTruth(
  world: World,
  model: Transformer,
  residuals = new Residuals(world, model),
): PatchItem[] {
  const { relations } = world.options;
  const tokens = world.facts.map((_, fact) => statementTokens(world, fact));
  const plain = predictions(
    model,
    tokens.map((some) => ({ tokens: some })),
    largestAt,
  );
  const cells = blocksOf(model.shape.layers).flatMap((block) =>
    Array.from({ length: POSITIONS }, (_, position) => ({ position, block })),
  );
  return cells.flatMap((cell) => {
    const vectors = tokens.map((_, fact) => residuals.mean(fact, cell.position, cell.block));
    const patches = vectors.map((vector) => patchesOf(cell, vector) ?? []);
    return tokens.flatMap((some, fact) => {
      const sources = tokens.map((_, source) => source);
      const others = sources.filter((one) => one !== fact && (one - fact) % relations === 0);
      const passages = others.map((source) => ({ tokens: some, patches: patches[source] }));
      return predictions(model, passages, largestAt).map((after, i) => ({
        fact,
        source: others[i],
        ...cell,
        before: plain[fact],
        after,
        changed: after !== plain[fact],
      }));
    });
  });
}

/** As many changed as unchanged items in each position and block, in random order. */
export function balancedPatches(items: readonly PatchItem[], random: RandomStream): PatchItem[] {
  const cellOf = ({ position, block }: PatchItem) => `${position} ${block.first} ${block.last}`;
  return balanced(items, cellOf, random);
}
