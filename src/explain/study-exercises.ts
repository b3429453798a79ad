/**
 * The exercises of a study: which there are about each of its networks as a target, which an explainer may learn from,
 * and which test it. What explainers are compared on is fixed before any of them is looked at.
 */
import type { Transformer } from '../../models/transformer/transformer.js';
import { requireNames } from '../checks/options.js';
import { badArgument } from '../checks/values.js';
import { quickStream } from '../random/quick-stream.js';
import { ablationTruth } from './ablation-truth.js';
import { activationsOf, directionFeatures, type Feature, neuronFeatures } from './feature-truth.js';
import { Language } from './language.js';
import {
  balancedPatches,
  blocksOf,
  POSITIONS,
  patchingTruth,
  Residuals,
} from './patching-truth.js';
import {
  ablationQuestions,
  type Exercise,
  featureQuestions,
  patchingQuestions,
  type QuestionForm,
} from './questions.js';
import { balanced, heldOutFacts, splitItems } from './split.js';
import { allStates } from './states.js';
import { allQuestions } from './texts.js';
import { ridgeMap, rotation, type VectorMap, type VectorPairs } from './vector-maps.js';
import { shuffled, type World } from './world.js';

export const TASKS = ['ablation', 'patching', 'features'] as const;
export type Task = (typeof TASKS)[number];

/**
 * Parts that test: `held-out`, about facts that no exercise to learn from is about (features: directions that are
 * unlike those); `seen`, other exercises about facts that were learned from (features: none, since hardly any two are
 * alike); `validation`, held out like the first, for the choice of settings.
 */
export type Part = 'held-out' | 'seen' | 'validation';

export interface StudyOptions {
  readonly seed: number | string;
  /** Sets of options for each fact in ablation. @default 30 */
  readonly questionSets?: number;
  /** Sets of options for each fact in the states that features respond to. @default 2 */
  readonly stateSets?: number;
  /** Dictionaries for each layer. @default 2 */
  readonly dictionaries?: number;
  /** Directions of a dictionary; a multiple of 8. @default 256 */
  readonly directions?: number;
  /** Training steps of a dictionary. @default 1500 */
  readonly dictionarySteps?: number;
  /** Features whose best sentence has a smaller score are left out. @default 0.4 */
  readonly leastScore?: number;
  /** The most exercises of a part that tests. @default 400 */
  readonly tests?: number;
}

const defaults = {
  questionSets: 30,
  stateSets: 2,
  dictionaries: 2,
  directions: 256,
  dictionarySteps: 1500,
  leastScore: 0.4,
  tests: 400,
} as const;

/** Shares of facts, or of groups of like features, that are held out. */
const HELD_OUT = 0.25;
const VALIDATION = 0.125;
/** The largest share of exercises about learned facts that test. */
const SEEN = 0.1;
/** Directions of a dictionary that describe a residual at most. */
const ACTIVE = 6;
/** Features of one layer with a larger cosine are alike: they are in one part. */
const ALIKE = 0.95;

type AnyForm = Pick<QuestionForm<never>, 'words' | 'length' | 'places' | 'allowed'>;

export interface TaskExercises {
  readonly form: AnyForm;
  /** To learn from. */
  readonly pool: readonly Exercise[];
  readonly parts: Readonly<Record<Part, readonly Exercise[]>>;
}

/** Networks that learned one world, each a target of the others and of itself. Truths are computed once. */
export class ExplanationStudy {
  readonly world: World;
  /** All have the same shape. */
  readonly networks: readonly Transformer[];
  /** Wider networks that learned the same world: explainers alone. */
  readonly larger: readonly Transformer[];
  readonly options: Required<StudyOptions>;
  readonly rotation: ReturnType<typeof rotation>;
  readonly #held: ReadonlySet<number>;
  readonly #validation: ReadonlySet<number>;
  readonly #known = new Map<string, unknown>();

  /** @throws WeighbridgeError `bad-argument` for no network, or an option that is unknown */
  constructor(
    world: World,
    networks: readonly Transformer[],
    larger: readonly Transformer[],
    options: StudyOptions,
  ) {
    requireNames(options, ['seed', ...Object.keys(defaults)], 'ExplanationStudy');
    if (networks.length === 0) throw badArgument('a study has no network, expected at least one');
    this.world = world;
    this.networks = networks;
    this.larger = larger;
    this.options = { ...defaults, ...options };
    const { seed } = this.options;
    this.rotation = rotation(networks[0].shape.width, seed);
    this.#held = heldOutFacts(world, HELD_OUT, seed);
    const others = heldOutFacts(world, VALIDATION, `${seed} validation`);
    this.#validation = new Set([...others].filter((fact) => !this.#held.has(fact)));
  }

  exercises(task: Task, target: number): TaskExercises {
    return this.#once(`${task} ${target}`, () => {
      if (task === 'ablation') return this.#ablation(target);
      return task === 'patching' ? this.#patching(target) : this.#features(target);
    });
  }

  /**
   * What a network itself does wherever a target may be asked, by the names of exercises: an answer that takes
   * no training, and the most that knowledge of another network of the kind can give.
   * @throws WeighbridgeError `bad-argument` for features, which networks do not share
   */
  behaviour(task: Task, network: number): ReadonlyMap<string, readonly number[]> {
    return this.#once(`behaviour ${task} ${network}`, () => {
      if (task === 'features') throw badArgument('networks have no features in common');
      const answers = <Item>({ items, form }: { items: Item[]; form: QuestionForm<Item> }) =>
        new Map(items.map(form.exercise).map(({ name, answer }) => [name, answer]));
      return task === 'ablation'
        ? answers(this.#ablationItems(network))
        : answers(this.#patchingItems(network));
    });
  }

  /**
   * Maps vectors of a target to where another network has those of the same texts, by ridge regression. Texts
   * about held-out facts are not used; the vectors at the first position of a statement, which are those of its entity
   * alone, are known from other facts about the entity.
   */
  fittedMap(task: Task, target: number, explainer: number): VectorMap {
    return this.#once(`map ${task} ${target} ${explainer}`, () => {
      const isPatching = task === 'patching';
      const { layers } = this.networks[target].shape;
      const maps = isPatching
        ? blocksOf(layers).map((block) => {
            const pairs = [target, explainer].map((one) => this.#means(one, block));
            return ridgeMap(this.#pairs(pairs, target, explainer));
          })
        : Array.from({ length: layers }, (_, layer) => {
            const pairs = [target, explainer].map((one) => this.#stateResiduals(one, layer + 1));
            return ridgeMap(this.#pairs(pairs, target, explainer));
          });
      return (vector: Float32Array, place: number) =>
        isPatching ? maps[place].point(vector) : maps[place].direction(vector);
    });
  }

  #once<T>(key: string, make: () => T): T {
    if (!this.#known.has(key)) this.#known.set(key, make());
    return this.#known.get(key) as T;
  }

  #isLearned(fact: number): boolean {
    return !this.#held.has(fact) && !this.#validation.has(fact);
  }

  #pairs([from, to]: readonly Float32Array[], target: number, explainer: number): VectorPairs {
    const widths = [target, explainer].map((one) => this.networks[one].shape.width);
    return { from, to, widths: [widths[0], widths[1]] };
  }

  #residuals(network: number): Residuals {
    return this.#once(`residuals ${network}`, () => {
      return new Residuals(this.world, this.networks[network]);
    });
  }

  /** Mean residuals before the layers of a block, for each statement about a fact that is not held out. */
  #means(network: number, block: Parameters<Residuals['mean']>[2]): Float32Array {
    const residuals = this.#residuals(network);
    const facts = this.world.facts.map((_, fact) => fact).filter((fact) => this.#isLearned(fact));
    return joined(
      facts.flatMap((fact) =>
        Array.from({ length: POSITIONS }, (_, position) => residuals.mean(fact, position, block)),
      ),
    );
  }

  #language() {
    return this.#once('language', () => {
      const random = quickStream('questions of states', this.options.seed);
      const states = allStates(
        this.world,
        allQuestions(this.world, this.options.stateSets, random),
      );
      return { states, language: new Language(this.world, states) };
    });
  }

  #stateResiduals(network: number, layer: number): Float32Array {
    const states = this.#language().states.filter(({ fact }) => this.#isLearned(fact));
    return activationsOf(this.networks[network], states, 'residual', layer);
  }

  #ablationItems(network: number) {
    const { seed, questionSets } = this.options;
    // The same questions for each target.
    const questions = allQuestions(this.world, questionSets, quickStream('questions', seed));
    const items = ablationTruth(this.world, this.networks[network], questions);
    return { items, form: ablationQuestions(this.world) };
  }

  #ablation(target: number): TaskExercises {
    const { items, form } = this.#ablationItems(target);
    const random = quickStream('ablation', this.options.seed, target);
    const parts = this.#byFacts(items, ({ question }) => [question.fact]);
    return this.#arranged(form, parts, SEEN, (some) => balanced(some, () => '', random));
  }

  #patchingItems(network: number) {
    const model = this.networks[network];
    const residuals = this.#residuals(network);
    const items = patchingTruth(this.world, model, residuals);
    return { items, form: patchingQuestions(this.world, model.shape.layers, residuals) };
  }

  #patching(target: number): TaskExercises {
    const { items, form } = this.#patchingItems(target);
    const random = quickStream('patching', this.options.seed, target);
    const parts = this.#byFacts(items, ({ fact, source }) => [fact, source]);
    return this.#arranged(form, parts, SEEN, (some) => balancedPatches(some, random));
  }

  #features(target: number): TaskExercises {
    const { seed, dictionaries, directions, dictionarySteps, leastScore } = this.options;
    const model = this.networks[target];
    const { states, language } = this.#language();
    const found = [
      ...neuronFeatures(model, states, language),
      ...Array.from({ length: dictionaries }, (_, d) =>
        directionFeatures(model, states, language, {
          seed: d + 1,
          features: directions,
          active: ACTIVE,
          steps: dictionarySteps,
        }),
      ).flat(),
    ].filter(({ score }) => score >= leastScore);
    const form = featureQuestions(this.world, model.shape.layers, language);
    const random = quickStream('features', seed, target);
    const groups = shuffled(alikeFeatures(found), random);
    const held = Math.round(HELD_OUT * groups.length);
    const rest = held + Math.round(VALIDATION * groups.length);
    const parts = {
      'held-out': groups.slice(0, held).flat(),
      validation: groups.slice(held, rest).flat(),
      pool: groups.slice(rest).flat(),
    };
    const arrange = (some: readonly Feature[]) => shuffled(some, random);
    return this.#arranged(withClusters(form, groups), parts, 0, arrange);
  }

  /** Items by the parts of their facts. */
  #byFacts<Item>(items: readonly Item[], factsOf: (item: Item) => readonly number[]) {
    const { training, test } = splitItems(items, this.#held, factsOf);
    const rest = splitItems(training, this.#validation, factsOf);
    return { 'held-out': test, validation: rest.test, pool: rest.training };
  }

  /**
   * @param share of the pool that is kept as `seen`, at most
   * @param arrange the items of a part in the order in which they are used, some perhaps left out
   */
  #arranged<Item>(
    form: QuestionForm<Item>,
    parts: Readonly<Record<'held-out' | 'validation' | 'pool', readonly Item[]>>,
    share: number,
    arrange: (items: readonly Item[]) => readonly Item[],
  ): TaskExercises {
    const { tests } = this.options;
    const made = (items: readonly Item[]) => distinct(arrange(items).map(form.exercise));
    const all = made(parts.pool);
    const kept = Math.min(tests, Math.floor(share * all.length));
    return {
      form,
      pool: all.slice(kept),
      parts: {
        'held-out': made(parts['held-out']).slice(0, tests),
        validation: made(parts.validation).slice(0, tests),
        seen: all.slice(0, kept),
      },
    };
  }
}

/** Features that are alike are a cluster. */
function withClusters(
  form: QuestionForm<Feature>,
  groups: readonly (readonly Feature[])[],
): QuestionForm<Feature> {
  const groupOf = new Map<Feature, number>();
  for (const [g, group] of groups.entries()) for (const one of group) groupOf.set(one, g + 1);
  return {
    ...form,
    exercise: (feature) => ({
      ...form.exercise(feature),
      cluster: `like features ${groupOf.get(feature)}`,
    }),
  };
}

function distinct(exercises: readonly Exercise[]): Exercise[] {
  return [...new Map(exercises.map((exercise) => [exercise.name, exercise])).values()];
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const width = rows[0].length;
  const all = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    all.set(row, i * width);
  });
  return all;
}

/** Groups of features: two of one layer with a cosine above 0.95 are in one group (single linkage). */
export function alikeFeatures<F extends Pick<Feature, 'layer' | 'vector'>>(
  features: readonly F[],
): F[][] {
  const left = new Set(features);
  const groups: F[][] = [];
  for (const first of features) {
    if (!left.delete(first)) continue;
    const group = [first];
    for (const one of group) {
      for (const other of left) {
        if (other.layer !== one.layer || cosine(one.vector, other.vector) <= ALIKE) continue;
        left.delete(other);
        group.push(other);
      }
    }
    groups.push(group);
  }
  return groups;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let j = 0; j < a.length; j++) product += a[j] * b[j];
  return product / Math.max(Math.hypot(...a) * Math.hypot(...b), 1e-12);
}
