/**
 * A decoder-only transformer with forward and backward passes by hand. For tokens t_1 … t_n,
 *
 *     x = E[t] + P                                     embeddings of tokens and positions
 *     x = x + Attention(RMSNorm(x)) W, x = x + max(RMSNorm(x) U, 0) D   in each layer
 *     logits = RMSNorm(x) V
 *
 * with causal softmax attention (Vaswani et al. 2017), RMSNorm (Zhang & Sennrich 2019) and without biases.
 * Every activation can be read, every residual written, and any vector stand in place of a token's embedding.
 *
 * Sequences of a batch stand one after another without padding. A sequence's logits have the same bits
 * whichever sequences are beside it, and on every machine with WebAssembly.
 */
import { badArgument } from '../../src/checks/values.js';
import { createHeap, type Heap, type Numbers, type Precision } from './operations.js';
import { type Insertion, outputsOf, type Passage, requirePassage } from './passage.js';
import {
  type LayerPlaces,
  namedPlaces,
  type ParameterPlaces,
  parameterPlaces,
  requireShape,
  type TransformerShape,
} from './shape.js';
import { type LayerSpace, type Workspace, workspace } from './workspace.js';

/** Added to the mean square of a row by RMSNorm. */
export const EPSILON = 1e-5;

export interface TransformerOptions {
  /** Tokens of the largest batch. @default 1024 */
  readonly capacity?: number;
  /** Double precision is for tests: it is slow. @default 'single' */
  readonly precision?: Precision;
}

export interface AdamSettings {
  /** Learning rate. */
  readonly rate: number;
  /** Weight decay of matrices, times the rate. @default 0.01 */
  readonly decay?: number;
  /** The largest norm of a gradient; longer ones are scaled down. @default 1 */
  readonly clip?: number;
}

/**
 * What can be read of a position: `residual` before a layer (or after the last), `heads` before they are
 * projected, `attention` as added to the residual, `hidden` neurons after rectification.
 */
type Site = 'residual' | 'heads' | 'attention' | 'hidden';

/** The moments' decay of AdamW. */
const BETA1 = 0.9;
const BETA2 = 0.98;
const ADAM_EPSILON = 1e-8;

export class Transformer {
  readonly shape: TransformerShape;
  /** Tokens of the largest batch. */
  readonly capacity: number;
  readonly places: ParameterPlaces;
  /** All parameters; `places` says where each stands. */
  readonly weights: Numbers;
  /** The gradient of the last call of `gradient`, in the order of `weights`. */
  readonly gradients: Numbers;
  readonly #heap: Heap;
  readonly #space: Workspace;
  #passages: readonly Passage[] = [];
  /** First row of each passage, and the number of rows. */
  #starts: number[] = [];
  #rows = 0;
  #outputs = 0;
  #decays = [1, 1];

  /** All weights are zero at first, gains one. @throws WeighbridgeError `bad-argument` */
  constructor(shape: TransformerShape, options: TransformerOptions = {}) {
    this.shape = requireShape(shape);
    const { capacity = 1024, precision = 'single' } = options;
    this.capacity = Math.max(capacity, shape.length);
    this.places = parameterPlaces(this.shape);
    const sized = (start: number) => workspace(this.shape, this.places.count, this.capacity, start);
    this.#heap = createHeap(sized(0).end, precision);
    this.#space = sized(this.#heap.start);
    const { weights, gradient } = this.#space;
    this.weights = this.#part(weights, this.places.count);
    this.gradients = this.#part(gradient, this.places.count);
    this.weights.fill(1, this.places.matrices);
  }

  /** A parameter's numbers, which may be written; names are those of `namedPlaces`. */
  parameter(name: string): Numbers {
    const place = namedPlaces(this.places).get(name);
    if (!place) throw badArgument(`there is no parameter '${name}' of a transformer`);
    return this.weights.subarray(place.at, place.at + place.rows * place.columns);
  }

  /**
   * The logits of each output of each passage, in order. They are views of memory that the next call
   * overwrites.
   * @throws WeighbridgeError `bad-argument` if passages are malformed or exceed the capacity
   */
  forward(passages: readonly Passage[]): Numbers[] {
    this.#arrange(passages);
    this.#embed();
    for (let l = 0; l < this.shape.layers; l++) this.#layer(l);
    this.#write(this.shape.layers);
    const { operations } = this.#heap;
    const { width, layers, vocabulary } = this.shape;
    const { ids, final, last, lastInverse, logits, weights } = this.#space;
    const { finalGain, unembed } = this.places;
    const n = this.#outputs;
    operations.gather(n, width, ids.outputs, this.#space.layers[layers].residual, last, 0);
    operations.normalize(n, width, last, weights + finalGain.at, final, lastInverse, EPSILON);
    const { columns } = unembed;
    operations.product(n, columns, width, final, width, 1, weights + unembed.at, logits, 0);
    return Array.from({ length: n }, (_, i) => this.#part(logits + i * columns, vocabulary));
  }

  /** An activation of the last `forward`: a view of memory that the next call overwrites. */
  activation(site: Site, layer: number, passage: number, position: number): Numbers {
    const space = this.#space.layers[layer];
    const start = this.#starts[passage];
    const length = this.#passages[passage]?.tokens.length;
    const known = layer < this.shape.layers || site === 'residual';
    if (!space || !known || start === undefined || !(position >= 0 && position < length)) {
      throw badArgument(
        `there is no ${site} of layer ${layer}, passage ${passage}, position ${position}`,
      );
    }
    const width = site === 'hidden' ? this.shape.hidden : this.shape.width;
    return this.#part(space[site] + (start + position) * width, width);
  }

  /**
   * Writes the gradient of the mean loss (negative log probability of the targets) to `gradients` and
   * to the vectors' `gradient`; returns the mean loss. All outputs need targets.
   */
  gradient(passages: readonly Passage[]): number {
    this.forward(passages);
    const { numbers, operations } = this.#heap;
    const { ids, chosen, logits, gradient, transposed } = this.#space;
    const n = this.#outputs;
    let row = ids.targets;
    for (const passage of passages) {
      for (const { target } of outputsOf(passage)) {
        if (target === undefined) throw badArgument('an output has no target');
        numbers[row++] = target;
      }
    }
    const { vocabulary } = this.shape;
    const { columns } = this.places.unembed;
    operations.crossEntropy(n, columns, vocabulary, logits, ids.targets, chosen, 1 / n);
    let loss = 0;
    for (let i = 0; i < n; i++) loss -= Math.log(Math.max(numbers[chosen + i], 1e-37));
    numbers.fill(0, gradient, gradient + this.places.count);
    this.#transposeAll(transposed);
    this.#finalBack();
    for (let l = this.shape.layers - 1; l >= 0; l--) this.#layerBack(l);
    this.#embedBack();
    return loss / n;
  }

  /** A step of AdamW (β 0.9 and 0.98) along the last gradient; returns the gradient's norm. */
  step({ rate, decay = 0.01, clip = 1 }: AdamSettings): number {
    const { weights, gradient, first, second } = this.#space;
    const { operations } = this.#heap;
    const { count, matrices } = this.places;
    const norm = Math.sqrt(operations.squares(count, gradient));
    const scale = norm > clip ? clip / norm : 1;
    this.#decays = [this.#decays[0] * BETA1, this.#decays[1] * BETA2];
    const part = (from: number, size: number, shrink: number) =>
      operations.adam(
        size,
        weights + from,
        gradient + from,
        first + from,
        second + from,
        scale,
        rate,
        shrink,
        BETA1,
        BETA2,
        1 / (1 - this.#decays[0]),
        1 / (1 - this.#decays[1]),
        ADAM_EPSILON,
      );
    part(0, matrices, rate * decay);
    part(matrices, count - matrices, 0);
    return norm;
  }

  #part(at: number, length: number): Numbers {
    return this.#heap.numbers.subarray(at, at + length);
  }

  /** Lays out the passages' tokens, positions and outputs. */
  #arrange(passages: readonly Passage[]): void {
    const { ids } = this.#space;
    const { numbers } = this.#heap;
    this.#passages = passages;
    this.#starts = [];
    let row = 0;
    let output = 0;
    for (const passage of passages) {
      requirePassage(passage, this.shape);
      const { tokens } = passage;
      const outputs = outputsOf(passage);
      if (row + tokens.length > this.capacity || output + outputs.length > this.capacity) {
        throw badArgument(`a batch has more than ${this.capacity} tokens or outputs`);
      }
      this.#starts.push(row);
      for (let i = 0; i < tokens.length; i++) {
        numbers[ids.tokens + row + i] = tokens[i];
        numbers[ids.positions + row + i] = i;
      }
      for (const { position } of outputs) numbers[ids.outputs + output++] = row + position;
      row += tokens.length;
    }
    this.#rows = row;
    this.#outputs = output;
  }

  #embed(): void {
    const { operations, numbers } = this.#heap;
    const { ids, weights, layers } = this.#space;
    const { width } = this.shape;
    const { residual } = layers[0];
    const { tokens, positions } = this.places;
    operations.gather(this.#rows, width, ids.tokens, weights + tokens.at, residual, 0);
    this.#visit(
      ({ inserted = [] }) => inserted,
      (row, { vector }) => numbers.set(vector, residual + row * width),
    );
    operations.gather(this.#rows, width, ids.positions, weights + positions.at, residual, 1);
  }

  /** Calls `act` for the vectors of each passage, with their rows. */
  #visit<V extends Insertion>(
    vectors: (passage: Passage) => readonly V[],
    act: (row: number, vector: V) => void,
  ): void {
    this.#passages.forEach((passage, s) => {
      for (const vector of vectors(passage)) act(this.#starts[s] + vector.position, vector);
    });
  }

  /** Replaces the residuals before a layer that patches name. */
  #write(layer: number): void {
    const { residual } = this.#space.layers[layer];
    const { width } = this.shape;
    this.#visit(
      ({ patches = [] }) => patches.filter((patch) => patch.layer === layer),
      (row, { vector }) => this.#heap.numbers.set(vector, residual + row * width),
    );
  }

  #layer(l: number): void {
    this.#write(l);
    const { operations: o, numbers } = this.#heap;
    const { weights, layers } = this.#space;
    const space = layers[l];
    const places = this.places.layers[l];
    const { width, hidden, heads } = this.shape;
    const { residual, middle } = space;
    const next = layers[l + 1].residual;
    const n = this.#rows;
    const { attendGain, attend, project, upGain, up, down } = places;
    o.normalize(n, width, residual, weights + attendGain.at, space.first, space.inverse, EPSILON);
    o.product(n, 3 * width, width, space.first, width, 1, weights + attend.at, space.qkv, 0);
    this.#eachSequence(space, (length, row, pattern) =>
      o.attend(
        length,
        width,
        heads,
        space.qkv + row * 3 * width,
        space.heads + row * width,
        pattern,
      ),
    );
    o.product(n, width, width, space.heads, width, 1, weights + project.at, space.attention, 0);
    numbers.copyWithin(middle, residual, residual + n * width);
    o.addTo(n * width, space.attention, middle);
    o.normalize(n, width, middle, weights + upGain.at, space.second, space.middleInverse, EPSILON);
    o.product(n, hidden, width, space.second, width, 1, weights + up.at, space.hidden, 0);
    o.rectify(n * hidden, space.hidden);
    numbers.copyWithin(next, middle, middle + n * width);
    o.product(n, width, hidden, space.hidden, hidden, 1, weights + down.at, next, 1);
  }

  /** Calls `act` for each sequence with its length, first row and place of its attention pattern. */
  #eachSequence(
    { patterns }: LayerSpace,
    act: (length: number, row: number, pattern: number) => void,
  ): void {
    let pattern = patterns;
    this.#passages.forEach(({ tokens: { length } }, s) => {
      act(length, this.#starts[s], pattern);
      pattern += this.shape.heads * length * 4 * Math.ceil(length / 4);
    });
  }

  #transposeAll(transposed: number): void {
    const { weights } = this.#space;
    for (const { rows, columns, at } of namedPlaces(this.places).values()) {
      if (at < this.places.layers[0].attend.at || at >= this.places.matrices) continue;
      this.#heap.operations.transpose(rows, columns, weights + at, transposed + at);
    }
  }

  /** From the gradient of the logits to that of the last residual, in `slope`. */
  #finalBack(): void {
    const { operations: o, numbers } = this.#heap;
    const { ids, gradient, transposed, last, lastInverse, final, logits, slope, normed, weights } =
      this.#space;
    const { width } = this.shape;
    const { unembed, finalGain } = this.places;
    const { columns } = unembed;
    const n = this.#outputs;
    o.product(width, columns, n, final, 1, width, logits, gradient + unembed.at, 1);
    o.product(n, width, columns, logits, columns, 1, transposed + unembed.at, normed, 0);
    const gain = weights + finalGain.at;
    // `final` is used up: it takes the gradient of the rows that were gathered.
    numbers.fill(0, final, final + n * width);
    o.normalizeBack(n, width, last, gain, lastInverse, normed, final, gradient + finalGain.at);
    numbers.fill(0, slope, slope + this.#rows * width);
    o.scatter(n, width, ids.outputs, final, slope);
    this.#writeBack(this.shape.layers);
  }

  /** Hands their gradient to the patches before a layer, and stops it there. */
  #writeBack(layer: number): void {
    this.#visit(
      ({ patches = [] }) => patches.filter((patch) => patch.layer === layer),
      (row, patch) => this.#handOver(row, patch),
    );
  }

  #handOver(row: number, { gradient }: Insertion): void {
    const { slope } = this.#space;
    const { width } = this.shape;
    const part = this.#part(slope + row * width, width);
    gradient?.set(part);
    part.fill(0);
  }

  /** From the gradient of the residual after a layer to that before it, in place. */
  #layerBack(l: number): void {
    const space = this.#space.layers[l];
    const places = this.places.layers[l];
    this.#mlpBack(space, places);
    this.#attentionBack(space, places);
    this.#writeBack(l);
  }

  #mlpBack(space: LayerSpace, { up, down, upGain }: LayerPlaces): void {
    const { operations: o } = this.#heap;
    const { gradient, transposed, slope, normed, hidden: slopes, weights } = this.#space;
    const { width, hidden } = this.shape;
    const n = this.#rows;
    o.product(hidden, width, n, space.hidden, 1, hidden, slope, gradient + down.at, 1);
    o.product(n, hidden, width, slope, width, 1, transposed + down.at, slopes, 0);
    o.rectifyBack(n * hidden, space.hidden, slopes);
    o.product(width, hidden, n, space.second, 1, width, slopes, gradient + up.at, 1);
    o.product(n, width, hidden, slopes, hidden, 1, transposed + up.at, normed, 0);
    const gain = weights + upGain.at;
    const { middle, middleInverse } = space;
    o.normalizeBack(n, width, middle, gain, middleInverse, normed, slope, gradient + upGain.at);
  }

  #attentionBack(space: LayerSpace, { attend, project, attendGain }: LayerPlaces): void {
    const { operations: o } = this.#heap;
    const { gradient, transposed, slope, normed, qkv, weights, scratch } = this.#space;
    const { width, heads } = this.shape;
    const n = this.#rows;
    o.product(width, width, n, space.heads, 1, width, slope, gradient + project.at, 1);
    o.product(n, width, width, slope, width, 1, transposed + project.at, normed, 0);
    this.#eachSequence(space, (length, row, pattern) => {
      const from = row * 3 * width;
      const up = normed + row * width;
      o.attendBack(length, width, heads, space.qkv + from, pattern, up, qkv + from, scratch);
    });
    o.product(width, 3 * width, n, space.first, 1, width, qkv, gradient + attend.at, 1);
    o.product(n, width, 3 * width, qkv, 3 * width, 1, transposed + attend.at, normed, 0);
    const gain = weights + attendGain.at;
    const { residual, inverse } = space;
    o.normalizeBack(n, width, residual, gain, inverse, normed, slope, gradient + attendGain.at);
  }

  #embedBack(): void {
    const { operations } = this.#heap;
    const { ids, gradient, slope } = this.#space;
    const { width } = this.shape;
    const { tokens, positions } = this.places;
    operations.scatter(this.#rows, width, ids.positions, slope, gradient + positions.at);
    this.#visit(
      ({ inserted = [] }) => inserted,
      (row, insertion) => this.#handOver(row, insertion),
    );
    operations.scatter(this.#rows, width, ids.tokens, slope, gradient + tokens.at);
  }
}
