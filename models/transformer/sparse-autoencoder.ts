/**
 * A sparse autoencoder of vectors: a dictionary of directions, of which few describe each vector.
 *
 *     a = the k largest positive numbers of (x − m) E + e, the others zero
 *     x ≈ m + a D,  rows of D of length 1
 *
 * with m the mean of the vectors (Gao et al. 2024, "Scaling and evaluating sparse autoencoders"). Directions that no
 * vector used for a while start again at the vector that is described worst (after Bricken et al. 2023).
 */
import { badArgument } from '../../src/checks/values.js';
import type { RandomStream } from '../../src/random/stream.js';
import { createHeap, type Heap, type Numbers } from './operations.js';

export interface DictionaryOptions {
  /** Directions; a multiple of 8. */
  readonly features: number;
  /** Directions that describe a vector at most: k. */
  readonly active: number;
  /** Steps of 256 vectors. */
  readonly steps: number;
  /** Learning rate. @default 0.003 */
  readonly rate?: number;
}

interface Dictionary {
  readonly width: number;
  readonly features: number;
  /** `features` rows of length 1. */
  readonly directions: Numbers;
  /** Share of the vectors' variance that is described. */
  readonly explained: number;
  /** Activations of vectors: a row of `features` numbers for each, at most k of them above zero. */
  activations(vectors: Float32Array): Numbers;
}

const BATCH = 256;
/** Steps after which unused directions start again, until two thirds of the training. */
const RENEWAL = 250;
const BETA1 = 0.9;
const BETA2 = 0.98;

interface Places {
  /** Encoder, its offsets, and directions: one block, so that AdamW takes one call. */
  readonly encoder: number;
  readonly offsets: number;
  readonly directions: number;
  readonly gradient: number;
  readonly first: number;
  readonly second: number;
  readonly transposed: number;
  readonly x: number;
  readonly a: number;
  readonly residual: number;
  readonly slope: number;
  readonly ones: number;
}

/**
 * @param vectors row-major, `width` numbers each; a multiple of 8
 * @throws WeighbridgeError `bad-argument` for sizes that do not fit
 */
export function trainDictionary(
  vectors: Float32Array,
  width: number,
  options: DictionaryOptions,
  random: RandomStream,
): Dictionary {
  const { features, active, steps, rate = 0.003 } = options;
  const count = vectors.length / width;
  if (!Number.isInteger(count) || count < 1 || width % 8 !== 0 || features % 8 !== 0) {
    throw badArgument('a dictionary needs whole rows, and width and features that divide by 8');
  }
  if (!(active >= 1 && active <= features)) {
    throw badArgument(`active is ${active}, but must be from 1 to ${features}`);
  }
  const training = new Training(standardized(vectors, width), width, features, active);
  training.begin(random);
  for (let step = 0; step < steps; step++) {
    training.step(rate * Math.min(1, 2 * (1 - step / steps)), random);
    const renews = (step + 1) % RENEWAL === 0 && step < (2 / 3) * steps;
    if (renews) training.renew(random);
  }
  return training.dictionary();
}

interface Standardized {
  readonly rows: Float32Array;
  readonly mean: Float64Array;
  readonly scale: number;
}

/** Rows minus their mean, divided by the root mean square of their lengths. */
function standardized(vectors: Float32Array, width: number): Standardized {
  const count = vectors.length / width;
  const mean = new Float64Array(width);
  vectors.forEach((x, i) => {
    mean[i % width] += x / count;
  });
  const squares = vectors.reduce((sum, x, i) => sum + (x - mean[i % width]) ** 2, 0);
  const scale = squares > 0 ? Math.sqrt(squares / count) : 1;
  return { rows: vectors.map((x, i) => (x - mean[i % width]) / scale), mean, scale };
}

class Training {
  readonly #data: Standardized;
  readonly #width: number;
  readonly #features: number;
  readonly #active: number;
  readonly #heap: Heap;
  readonly #at: Places;
  readonly #count: number;
  /** Steps since each direction was last used. */
  readonly #idle: Int32Array;
  #decays = [1, 1];

  constructor(data: Standardized, width: number, features: number, active: number) {
    this.#data = data;
    this.#width = width;
    this.#features = features;
    this.#active = active;
    this.#count = (2 * width + 1) * features;
    this.#idle = new Int32Array(features);
    const size = 5 * this.#count + 2 * BATCH * (width + features) + BATCH;
    this.#heap = createHeap(size, 'single');
    let end = this.#heap.start;
    const next = (length: number) => {
      end += length;
      return end - length;
    };
    this.#at = {
      encoder: next(width * features),
      offsets: next(features),
      directions: next(width * features),
      gradient: next(this.#count),
      first: next(this.#count),
      second: next(this.#count),
      transposed: next(width * features),
      x: next(BATCH * width),
      a: next(BATCH * features),
      residual: next(BATCH * width),
      slope: next(BATCH * features),
      ones: next(BATCH),
    };
  }

  get #numbers(): Numbers {
    return this.#heap.numbers;
  }

  /** Random directions; the encoder is their transpose. */
  begin(random: RandomStream): void {
    for (let f = 0; f < this.#features; f++) {
      this.#start(f, Float64Array.from({ length: this.#width }, random.normal));
    }
    this.#numbers.fill(1, this.#at.ones, this.#at.ones + BATCH);
  }

  /** Lets a direction start along a vector. */
  #start(f: number, vector: ArrayLike<number>): void {
    const { encoder, offsets, directions, first, second } = this.#at;
    let squares = 0;
    for (let j = 0; j < this.#width; j++) squares += vector[j] * vector[j];
    const n = this.#features;
    for (let j = 0; j < this.#width; j++) {
      const x = squares > 0 ? vector[j] / Math.sqrt(squares) : 0;
      this.#numbers[directions + f * this.#width + j] = x;
      this.#numbers[encoder + j * n + f] = x;
      for (const moment of [first, second]) {
        this.#numbers[moment + j * n + f] = 0;
        this.#numbers[moment + (directions - encoder) + f * this.#width + j] = 0;
      }
    }
    this.#numbers[offsets + f] = 0;
  }

  step(rate: number, random: RandomStream): void {
    const rows = this.#data.rows.length / this.#width;
    const { x } = this.#at;
    for (let i = 0; i < BATCH; i++) {
      const from = Math.floor(rows * random.uniform()) * this.#width;
      this.#numbers.set(this.#data.rows.subarray(from, from + this.#width), x + i * this.#width);
    }
    this.#encode();
    this.#decode();
    this.#markIdle();
    this.#slopes();
    this.#move(rate);
  }

  /** Activations of the batch. */
  #encode(): void {
    const { operations } = this.#heap;
    const { x, a, encoder, offsets, ones } = this.#at;
    const [width, n] = [this.#width, this.#features];
    operations.product(BATCH, n, 1, ones, 1, 1, offsets, a, 0);
    operations.product(BATCH, n, width, x, width, 1, encoder, a, 1);
    for (let i = 0; i < BATCH; i++) keepLargest(this.#numbers, a + i * n, n, this.#active);
  }

  /** Description minus vector, of the batch. */
  #decode(): void {
    const { operations } = this.#heap;
    const { x, a, directions, residual } = this.#at;
    const [width, n] = [this.#width, this.#features];
    for (let i = 0; i < BATCH * width; i++) this.#numbers[residual + i] = -this.#numbers[x + i];
    operations.product(BATCH, width, n, a, n, 1, directions, residual, 1);
  }

  #markIdle(): void {
    const { a } = this.#at;
    for (let f = 0; f < this.#features; f++) this.#idle[f]++;
    for (let i = 0; i < BATCH * this.#features; i++) {
      if (this.#numbers[a + i] > 0) this.#idle[i % this.#features] = 0;
    }
  }

  #slopes(): void {
    const { operations: o } = this.#heap;
    const { x, a, directions, transposed, residual, slope, gradient, encoder, offsets, ones } =
      this.#at;
    const [width, n] = [this.#width, this.#features];
    o.transpose(n, width, directions, transposed);
    o.product(BATCH, n, width, residual, width, 1, transposed, slope, 0);
    o.rectifyBack(BATCH * n, a, slope);
    o.product(width, n, BATCH, x, 1, width, slope, gradient, 0);
    o.product(1, n, BATCH, ones, BATCH, 1, slope, gradient + (offsets - encoder), 0);
    o.product(n, width, BATCH, a, 1, n, residual, gradient + (directions - encoder), 0);
  }

  #move(rate: number): void {
    const { encoder, gradient, first, second, directions } = this.#at;
    this.#decays = [this.#decays[0] * BETA1, this.#decays[1] * BETA2];
    const [c1, c2] = this.#decays.map((decay) => 1 / (1 - decay));
    const { adam } = this.#heap.operations;
    adam(
      this.#count,
      encoder,
      gradient,
      first,
      second,
      2 / BATCH,
      rate,
      0,
      BETA1,
      BETA2,
      c1,
      c2,
      1e-8,
    );
    for (let f = 0; f < this.#features; f++) {
      const at = directions + f * this.#width;
      const length = Math.sqrt(this.#heap.operations.squares(this.#width, at));
      for (let j = at; j < at + this.#width; j++) this.#numbers[j] /= length || 1;
    }
  }

  /** Directions without use since the last renewal start at the worst described vectors of the batch. */
  renew(random: RandomStream): void {
    const unused = Array.from({ length: this.#features }, (_, f) => f).filter(
      (f) => this.#idle[f] >= RENEWAL,
    );
    if (unused.length === 0) return;
    this.step(0, random);
    const { residual } = this.#at;
    const squares = Array.from({ length: BATCH }, (_, i) =>
      this.#heap.operations.squares(this.#width, residual + i * this.#width),
    );
    const worst = squares.map((_, i) => i).toSorted((i, j) => squares[j] - squares[i]);
    unused.slice(0, BATCH).forEach((f, rank) => {
      const at = residual + worst[rank] * this.#width;
      this.#start(
        f,
        this.#numbers.slice(at, at + this.#width).map((x) => -x),
      );
    });
  }

  dictionary(): Dictionary {
    const [width, features, active] = [this.#width, this.#features, this.#active];
    const { mean, scale, rows } = this.#data;
    const { encoder, offsets, directions } = this.#at;
    const copy = (at: number, length: number) => this.#numbers.slice(at, at + length);
    const coder = copy(encoder, width * features);
    const bias = copy(offsets, features);
    const decoder = copy(directions, width * features);
    const encodeRow = (row: (j: number) => number, target: Numbers, at: number) => {
      target.set(bias, at);
      for (let j = 0; j < width; j++) {
        const x = row(j);
        for (let f = 0; f < features; f++) target[at + f] += x * coder[j * features + f];
      }
      keepLargest(target, at, features, active);
    };
    const left = unexplained(rows, width, decoder, encodeRow);
    return {
      width,
      features,
      directions: decoder,
      explained: 1 - left,
      activations(vectors) {
        const result = new Float32Array((vectors.length / width) * features);
        for (let i = 0; i < vectors.length / width; i++) {
          const row = (j: number) => (vectors[i * width + j] - mean[j]) / scale;
          encodeRow(row, result, i * features);
        }
        return result.map((x) => x * scale);
      },
    };
  }
}

/** Share of the squared lengths of standardized rows that their descriptions leave. */
function unexplained(
  rows: Float32Array,
  width: number,
  directions: Numbers,
  encodeRow: (row: (j: number) => number, target: Numbers, at: number) => void,
): number {
  const features = directions.length / width;
  const a = new Float32Array(features);
  let left = 0;
  let all = 0;
  for (let i = 0; i < rows.length; i += width) {
    encodeRow((j) => rows[i + j], a, 0);
    for (let j = 0; j < width; j++) {
      let distance = rows[i + j];
      for (let f = 0; f < features; f++) if (a[f] > 0) distance -= a[f] * directions[f * width + j];
      left += distance * distance;
      all += rows[i + j] * rows[i + j];
    }
  }
  return all > 0 ? left / all : 0;
}

/** Sets all but the k largest numbers to zero, and negative ones. Of equal ones the first stay. */
function keepLargest(numbers: Numbers, at: number, count: number, k: number): void {
  const best: number[] = [];
  for (let f = 0; f < count; f++) {
    const x = numbers[at + f];
    if (!(x > 0) || (best.length === k && x <= numbers[at + best[k - 1]])) continue;
    let place = Math.min(best.length, k - 1);
    while (place > 0 && x > numbers[at + best[place - 1]]) {
      best[place] = best[place - 1];
      place--;
    }
    best[place] = f;
  }
  const kept = best.map((f) => numbers[at + f]);
  numbers.fill(0, at, at + count);
  best.forEach((f, i) => {
    numbers[at + f] = kept[i];
  });
}
