/** The size of a transformer, and where its parameters stand in one block of numbers. */
import { badArgument, described } from '../../src/checks/values.js';

export interface TransformerShape {
  /** Number of tokens, which are numbered from 0. */
  readonly vocabulary: number;
  /** Positions of the longest sequence. */
  readonly length: number;
  /** Numbers of the residual stream; a multiple of 8. */
  readonly width: number;
  /** At least 1. */
  readonly layers: number;
  /** Heads of each layer; `width` divided by it is a multiple of 4. */
  readonly heads: number;
  /** Neurons of each layer's MLP; a multiple of 8. */
  readonly hidden: number;
}

/** A parameter: `rows` by `columns` numbers, row-major, from place `at` of the block. */
interface ParameterPlace {
  readonly rows: number;
  readonly columns: number;
  readonly at: number;
}

/** Parameters of each layer, by what they do. */
export interface LayerPlaces {
  /** Width to three times the width: queries, keys, values; each has the heads side by side. */
  readonly attend: ParameterPlace;
  /** Heads to the residual stream. */
  readonly project: ParameterPlace;
  readonly up: ParameterPlace;
  readonly down: ParameterPlace;
  /** Gains of the RMSNorm before attention, and before the MLP. */
  readonly attendGain: ParameterPlace;
  readonly upGain: ParameterPlace;
}

export interface ParameterPlaces {
  /** Embeddings, a row for each token. */
  readonly tokens: ParameterPlace;
  /** Embeddings, a row for each position. */
  readonly positions: ParameterPlace;
  readonly layers: readonly LayerPlaces[];
  /** Width to logits; columns beyond the vocabulary are zero, up to a multiple of 8. */
  readonly unembed: ParameterPlace;
  readonly finalGain: ParameterPlace;
  /** All matrices come first, then the gains, which weight decay leaves alone. */
  readonly matrices: number;
  readonly count: number;
}

/** @throws WeighbridgeError `bad-argument` for sizes that are not allowed */
export function requireShape(shape: TransformerShape): TransformerShape {
  const { vocabulary, length, width, layers, heads, hidden } = shape;
  const whole = (name: string, value: number, multiple = 1) => {
    if (Number.isSafeInteger(value) && value >= 1 && value % multiple === 0) return;
    const kind = multiple === 1 ? 'a whole number' : `a multiple of ${multiple}`;
    throw badArgument(`${name} is ${described(value)}, but must be ${kind} above 0`);
  };
  whole('vocabulary', vocabulary);
  whole('length', length);
  whole('layers', layers);
  whole('heads', heads);
  whole('width', width, 8);
  whole('width / heads', width / heads, 4);
  whole('hidden', hidden, 8);
  return { vocabulary, length, width, layers, heads, hidden };
}

export function parameterPlaces(shape: TransformerShape): ParameterPlaces {
  const { vocabulary, length, width, layers, hidden } = shape;
  let at = 0;
  const next = (rows: number, columns: number): ParameterPlace => {
    const place = { rows, columns, at };
    at += rows * columns;
    return place;
  };
  const tokens = next(vocabulary, width);
  const positions = next(length, width);
  const matricesOf = Array.from({ length: layers }, () => ({
    attend: next(width, 3 * width),
    project: next(width, width),
    up: next(width, hidden),
    down: next(hidden, width),
  }));
  const unembed = next(width, 8 * Math.ceil(vocabulary / 8));
  const matrices = at;
  const places = matricesOf.map((layer) => ({
    ...layer,
    attendGain: next(1, width),
    upGain: next(1, width),
  }));
  const finalGain = next(1, width);
  return { tokens, positions, layers: places, unembed, finalGain, matrices, count: at };
}

/** All parameters by name, in the order of their places: `tokens`, `layer 0 attend`, …. */
export function namedPlaces(places: ParameterPlaces): ReadonlyMap<string, ParameterPlace> {
  const { tokens, positions, layers, unembed, finalGain } = places;
  const ofLayers = layers.flatMap((layer, l) =>
    Object.entries(layer).map(
      ([name, place]: [string, ParameterPlace]) => [`layer ${l} ${name}`, place] as const,
    ),
  );
  const all = [
    ['tokens', tokens],
    ['positions', positions],
    ...ofLayers,
    ['unembed', unembed],
    ['finalGain', finalGain],
  ] as const;
  return new Map(all.toSorted(([, a], [, b]) => a.at - b.at));
}
