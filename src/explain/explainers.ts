/**
 * Explainers: networks that learn to answer questions about a target's computations, and what they are compared
 * with. An arm says what an explainer starts from, how it gets the target's vectors, and whether it learns.
 */
import type { Insertion } from '../../models/transformer/passage.js';
import { type TrainingStep, trainingSteps } from '../../models/transformer/training.js';
import { Transformer } from '../../models/transformer/transformer.js';
import { adoptWeights, initializeWeights } from '../../models/transformer/weights.js';
import { quickStream } from '../random/quick-stream.js';
import {
  answersOf,
  type Exercise,
  type InsertionOf,
  type QuestionForm,
  trainingPassage,
} from './questions.js';
import { LearnedMap, type VectorMap } from './vector-maps.js';
import { shuffled } from './world.js';

/** How an explainer gets a vector. */
type VectorInput =
  | 'given'
  /** The word `vector` keeps its own embedding. */
  | 'left out'
  /** By a fixed orthogonal matrix. */
  | 'rotated'
  /** By the same matrix, then by its inverse. */
  | 'rotated back'
  /** Mapped to where the explainer's network has the vectors of the same texts. */
  | 'fitted map'
  /** Mapped by matrices that are learned with the explainer. */
  | 'learned map';

export interface Arm {
  /**
   * What the explainer starts from: `network`, one of the networks that are targets in turn; `larger`, a wider
   * one that learned the same world; `nothing`, random weights; `neighbour`, no network: the answer of the
   * exercise with the nearest vector; `behaviour`, what another network does itself where the target is asked.
   */
  readonly start: 'network' | 'larger' | 'nothing' | 'neighbour' | 'behaviour';
  /** The targets that a network explains: itself, the others, or all. */
  readonly explains: 'itself' | 'others' | 'all';
  readonly vector: VectorInput;
  readonly learns: boolean;
}

const network = { start: 'network', vector: 'given', learns: true } as const;

/** All arms by name. Those whose vector is not just `given` are for tasks with vectors. */
export const arms = {
  network: { ...network, explains: 'all' },
  'without vector': { ...network, explains: 'all', vector: 'left out' },
  rotated: { ...network, explains: 'itself', vector: 'rotated' },
  'rotated back': { ...network, explains: 'itself', vector: 'rotated back' },
  'fitted map': { ...network, explains: 'others', vector: 'fitted map' },
  'learned map': { ...network, explains: 'others', vector: 'learned map' },
  untrained: { ...network, explains: 'itself', learns: false },
  larger: { start: 'larger', explains: 'all', vector: 'learned map', learns: true },
  'from scratch': { start: 'nothing', explains: 'all', vector: 'given', learns: true },
  'nearest neighbour': { start: 'neighbour', explains: 'all', vector: 'given', learns: false },
  'own behaviour': { start: 'behaviour', explains: 'others', vector: 'given', learns: false },
} as const satisfies Record<string, Arm>;

export type ArmName = keyof typeof arms;

export interface Explainer {
  answers(exercises: readonly Exercise[]): number[][];
}

/** What all explainers of a task have in common. */
export interface LearningPlan {
  /** The largest learning rate. */
  readonly rate: number;
  /** Passes over the exercises. */
  readonly epochs: number;
  /** Passes are added until there are as many steps. */
  readonly leastSteps: number;
  /** Seed of the new words' embeddings and of the order of exercises. */
  readonly seed: number | string;
}

interface NetworkOptions {
  readonly form: Pick<QuestionForm<never>, 'words' | 'length' | 'places' | 'allowed'>;
  /** Its weights are taken over, those of new words and positions aside; or a size alone. */
  readonly start: Transformer;
  readonly adopts: boolean;
  /** Null leaves vectors out; `learned` learns a map. */
  readonly map: VectorMap | 'learned' | null;
  /** Width of the target's vectors. */
  readonly targetWidth: number;
}

/** Exercises of a step. */
const BATCH = 64;

/**
 * Trains a network on exercises while it is iterated; without exercises, none is trained. Two explainers with the
 * same seed see the same exercises in the same order.
 */
export function* trainExplainer(
  { form, start, adopts, map, targetWidth }: NetworkOptions,
  exercises: readonly Exercise[],
  plan: LearningPlan,
): Generator<TrainingStep, Explainer> {
  const { rate, seed } = plan;
  const { words, length, places } = form;
  const shape = { ...start.shape, vocabulary: words.length, length };
  const longest = Math.max(length, start.shape.length);
  const model = new Transformer({ ...shape, length: longest }, { capacity: BATCH * length });
  initializeWeights(model, quickStream('explainer weights', seed));
  if (adopts) adoptWeights(model, start);
  const learned = map === 'learned' ? new LearnedMap(targetWidth, shape.width, places) : null;
  const apply = map === 'learned' ? (learned?.apply ?? null) : map;
  if (exercises.length > 0) {
    const steps = stepsOf(exercises.length, plan);
    const next = inRandomOrder(exercises, seed);
    const batch = () => Array.from({ length: BATCH }, next);
    yield* learned === null
      ? fixedMapSteps(model, { steps, rate }, batch, insertionBy(apply))
      : learnedMapSteps(model, { steps, rate }, batch, learned);
  }
  return { answers: (some) => answersOf(model, form, some, insertionBy(apply)) };
}

/** Training steps for a number of exercises. */
export function stepsOf(
  exercises: number,
  { epochs, leastSteps }: Pick<LearningPlan, 'epochs' | 'leastSteps'>,
): number {
  return Math.max(leastSteps, Math.round((exercises * epochs) / BATCH));
}

interface StepPlan {
  readonly steps: number;
  readonly rate: number;
}

function* fixedMapSteps(
  model: Transformer,
  plan: StepPlan,
  batch: () => readonly Exercise[],
  insertionOf: InsertionOf,
): Generator<TrainingStep> {
  const passages = () => batch().map((exercise) => trainingPassage(exercise, insertionOf));
  yield* trainingSteps(model, { ...plan, batch: passages });
}

function* learnedMapSteps(
  model: Transformer,
  plan: StepPlan,
  batch: () => readonly Exercise[],
  map: LearnedMap,
): Generator<TrainingStep> {
  let mapped: { vector: Float32Array; place: number; gradient: Float32Array }[] = [];
  const insertionOf: InsertionOf = ({ vector }) => {
    if (vector === null) return null;
    const gradient = new Float32Array(model.shape.width);
    mapped.push({ vector: vector.numbers, place: vector.place, gradient });
    return { position: vector.position, vector: map.apply(vector.numbers, vector.place), gradient };
  };
  const passages = () => {
    mapped = [];
    return batch().map((exercise) => trainingPassage(exercise, insertionOf));
  };
  for (const step of trainingSteps(model, { ...plan, batch: passages })) {
    for (const { vector, place, gradient } of mapped) map.addGradient(vector, place, gradient);
    map.step(step.rate);
    yield step;
  }
}

/** The same map of each vector; each is mapped once. */
function insertionBy(map: VectorMap | null): InsertionOf {
  const known = new Map<Exercise, Insertion>();
  return (exercise) => {
    const { vector } = exercise;
    if (vector === null || map === null) return null;
    const { position, numbers, place } = vector;
    const insertion = known.get(exercise) ?? { position, vector: map(numbers, place) };
    known.set(exercise, insertion);
    return insertion;
  };
}

/** One after another, each once before any comes again. */
function inRandomOrder<T>(all: readonly T[], seed: number | string): () => T {
  const random = quickStream('order of exercises', seed);
  let left: T[] = [];
  return () => {
    if (left.length === 0) left = shuffled(all, random);
    return left.pop() as T;
  };
}

/** Answers like the exercise whose vector has the largest cosine, of the same place; of equal ones the first. */
export function nearestNeighbour(exercises: readonly Exercise[]): Explainer {
  const known = exercises.flatMap(({ vector, answer }) =>
    vector === null ? [] : [{ ...vector, length: Math.hypot(...vector.numbers), answer }],
  );
  const nearest = ({ vector }: Exercise): number[] => {
    let best = Number.NEGATIVE_INFINITY;
    let found: readonly number[] = [];
    for (const { place, numbers, length, answer } of known) {
      if (vector === null || place !== vector.place || length === 0) continue;
      let product = 0;
      for (let j = 0; j < numbers.length; j++) product += numbers[j] * vector.numbers[j];
      if (product / length > best) {
        best = product / length;
        found = answer;
      }
    }
    return [...found];
  };
  return { answers: (some) => some.map(nearest) };
}

/** Answers what another network does itself. */
export function behaving(known: ReadonlyMap<string, readonly number[]>): Explainer {
  return { answers: (some) => some.map(({ name }) => [...(known.get(name) ?? [])]) };
}
