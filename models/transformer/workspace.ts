/** Where a transformer's weights, gradients and activations stand on its heap. */
import type { TransformerShape } from './shape.js';

/** Places of a layer's activations; rows are the tokens of all sequences of a batch. */
export interface LayerSpace {
  /** Before the layer. */
  readonly residual: number;
  /** 1/rms of `residual`; after attention, of `middle`. */
  readonly inverse: number;
  readonly middleInverse: number;
  /** Normed input of attention, and of the MLP. */
  readonly first: number;
  readonly second: number;
  readonly qkv: number;
  /** Attention probabilities of each sequence, one after another. */
  readonly patterns: number;
  readonly heads: number;
  readonly attention: number;
  /** The residual after attention. */
  readonly middle: number;
  /** Neurons after rectification. */
  readonly hidden: number;
}

export interface Workspace {
  readonly weights: number;
  readonly gradient: number;
  /** Moments of AdamW. */
  readonly first: number;
  readonly second: number;
  /** Transposes of the matrices, each at its parameter's place. */
  readonly transposed: number;
  /** As numbers: each row's token and position, each output's row and target. */
  readonly ids: {
    readonly tokens: number;
    readonly positions: number;
    readonly outputs: number;
    readonly targets: number;
  };
  /** One per layer, and one of which only `residual` is used: after the last layer. */
  readonly layers: readonly LayerSpace[];
  /** Rows of outputs: residual, its 1/rms, normed residual, logits, probabilities of targets. */
  readonly last: number;
  readonly lastInverse: number;
  readonly final: number;
  readonly logits: number;
  readonly chosen: number;
  /** Gradients of the residual, of a normed input, of queries, keys and values, and of neurons. */
  readonly slope: number;
  readonly normed: number;
  readonly qkv: number;
  readonly hidden: number;
  readonly scratch: number;
  /** First place behind all of it. */
  readonly end: number;
}

/** @param capacity number of rows */
export function workspace(
  { length, width, layers, heads, hidden, vocabulary }: TransformerShape,
  parameters: number,
  capacity: number,
  start: number,
): Workspace {
  let end = start;
  const next = (count: number): number => {
    const at = end;
    end += 4 * Math.ceil(count / 4);
    return at;
  };
  const rows = (columns: number): number => next(capacity * columns);
  const layer = (): LayerSpace => ({
    residual: rows(width),
    inverse: rows(1),
    middleInverse: rows(1),
    first: rows(width),
    second: rows(width),
    qkv: rows(3 * width),
    patterns: rows(heads * 4 * Math.ceil(length / 4)),
    heads: rows(width),
    attention: rows(width),
    middle: rows(width),
    hidden: rows(hidden),
  });
  const places = {
    weights: next(parameters),
    gradient: next(parameters),
    first: next(parameters),
    second: next(parameters),
    transposed: next(parameters),
    ids: { tokens: rows(1), positions: rows(1), outputs: rows(1), targets: rows(1) },
    layers: Array.from({ length: layers + 1 }, layer),
    last: rows(width),
    lastInverse: rows(1),
    final: rows(width),
    logits: rows(8 * Math.ceil(vocabulary / 8)),
    chosen: rows(1),
    slope: rows(width),
    normed: rows(width),
    qkv: rows(3 * width),
    hidden: rows(hidden),
    scratch: next(length),
  };
  return { ...places, end };
}
