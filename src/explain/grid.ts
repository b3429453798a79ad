/**
 * The grid of a study: every explainer in every arm, on every target and task. A cell is one training of one explainer
 * and its answers. Cells depend on nothing but the study and themselves, so they can be run in any
 * order, and on several machines.
 *
 * Every network explains every target: one network may explain better than another whatever the target is. What a
 * network knows of itself is the interaction: how much better it explains itself than the other networks do,
 * beyond how much better it explains others.
 */
import type { TrainingStep } from '../../models/transformer/training.js';
import { badArgument } from '../checks/values.js';
import { quickStream } from '../random/quick-stream.js';
import {
  type Arm,
  type ArmName,
  arms,
  behaving,
  type Explainer,
  type LearningPlan,
  nearestNeighbour,
  stepsOf,
  trainExplainer,
} from './explainers.js';
import { answerText, type Exercise } from './questions.js';
import {
  type ExplanationStudy,
  type Part,
  TASKS,
  type Task,
  type TaskExercises,
} from './study-exercises.js';
import type { VectorMap } from './vector-maps.js';
import { shuffled } from './world.js';

export interface Cell {
  readonly task: Task;
  /** Number of the network that is explained, from 0. */
  readonly target: number;
  readonly arm: ArmName;
  /** Number of the network, or larger network, that explains; null for an arm that starts from none. */
  readonly explainer: number | null;
  /** Exercises to learn from; 0 for an arm that does not. */
  readonly size: number;
  readonly seed: number;
}

/** A row of the per-item table: the columns that an analysis of explanations reads. */
export interface Prediction {
  /** Different for each target. */
  readonly item: string;
  readonly target: string;
  /** Exercises of one cluster are alike. */
  readonly cluster: string;
  /** `self`, `sibling`, or the arm. */
  readonly explainer: string;
  /** What the explainer gets of the target's vectors; `aligned`: in the explainer's own coordinates. */
  readonly vector: 'given' | 'none' | 'rotated' | 'aligned';
  /** The task; for exercises about facts that were learned from, with `, seen`. */
  readonly task: string;
  readonly truth: string;
  readonly answer: string;
  /** 1 for the true answer, else 0; in features Pearson's r in [−1, 1]. */
  readonly score: number;
  /** Seed of the training and of the exercises learned from; null for an arm that has neither. */
  readonly seed: string | null;
  /** The network that the explainer was trained from; null for an arm that starts from none. */
  readonly model: string | null;
  /** Exercises that the explainer learned from. */
  readonly n: number;
}

/** How explainers of a task learn. */
type TaskLearning = Omit<LearningPlan, 'seed'>;

/**
 * The same for all arms. Rates were chosen on the validation part, by the mean score of self and sibling with 4,000
 * exercises (features: all): ablation, of 0.0005 to 0.003; patching, of 0.001 to 0.005, where those from 0.002 on were
 * equal within error; features, of 0.004 to 0.024, where those from 0.016 on were equal within error.
 */
const learningOf: Readonly<Record<Task, TaskLearning>> = {
  ablation: { rate: 1e-3, epochs: 10, leastSteps: 300 },
  patching: { rate: 3e-3, epochs: 10, leastSteps: 300 },
  features: { rate: 1.6e-2, epochs: 25, leastSteps: 300 },
};

export interface GridPlan {
  /** @default all */
  readonly arms?: readonly ArmName[];
  /** Numbers of exercises to learn from, for each task that is in the grid. */
  readonly sizes: Readonly<Partial<Record<Task, readonly number[]>>>;
  /** Numbers of seeds. */
  readonly seeds: readonly number[];
}

interface NetworkList {
  readonly networks: readonly unknown[];
  readonly larger: readonly unknown[];
}

/** The cells of a study with so many networks. */
export function cellsOf(
  { networks, larger }: NetworkList,
  { arms: chosen = Object.keys(arms) as ArmName[], sizes, seeds }: GridPlan,
): Cell[] {
  const tasks = TASKS.flatMap((task) => {
    const own = sizes[task];
    return own ? { task, own } : [];
  });
  return tasks.flatMap(({ task, own }) =>
    chosen
      .filter((name) => isIn(task, arms[name]))
      .flatMap((arm) =>
        networks.flatMap((_, target) =>
          explainersOf(arms[arm], target, networks.length, larger.length).flatMap((explainer) =>
            (usesExercises(arms[arm]) ? own : [0]).flatMap((size) =>
              // What a network does itself has no seed.
              seeds
                .filter((seed) => seed === 1 || arms[arm].start !== 'behaviour')
                .map((seed) => ({ task, target, arm, explainer, size, seed })),
            ),
          ),
        ),
      ),
  );
}

/** Does an arm make sense in a task? */
function isIn(task: Task, { start, vector }: Arm): boolean {
  // Networks have no features in common that one could answer for another.
  if (task === 'features') return start !== 'behaviour';
  return task === 'patching' || start === 'larger' || (vector === 'given' && start !== 'neighbour');
}

function usesExercises({ start, learns }: Arm): boolean {
  return learns || start === 'neighbour';
}

function explainersOf(
  { start, explains }: Arm,
  target: number,
  networks: number,
  larger: number,
): (number | null)[] {
  if (start === 'larger') return Array.from({ length: larger }, (_, i) => i);
  if (start !== 'network' && start !== 'behaviour') return [null];
  const all = Array.from({ length: networks }, (_, i) => i);
  if (explains === 'all') return all;
  return all.filter((one) => (one === target) === (explains === 'itself'));
}

/** The same for the same cell alone. */
export function cellName({ task, target, arm, explainer, size, seed }: Cell): string {
  const by = explainer === null ? '' : ` ${explainer + 1}`;
  return `${task}, target ${target + 1}, ${arm}${by}, ${size} exercises, seed ${seed}`;
}

/** Steps of training that a cell takes. */
export function cellSteps({ task, arm, size }: Cell): number {
  return arms[arm].learns ? stepsOf(size, learningOf[task]) : 0;
}

interface CellOptions {
  /** @default held-out and seen */
  readonly parts?: readonly Part[];
  /** @default that of the task */
  readonly learning?: TaskLearning;
}

/**
 * Trains a cell's explainer while it is iterated, and returns its answers.
 * @throws WeighbridgeError `bad-argument` if the target has fewer exercises than the cell's size
 */
export function* runCell(
  study: ExplanationStudy,
  cell: Cell,
  { parts = ['held-out', 'seen'], learning = learningOf[cell.task] }: CellOptions = {},
): Generator<TrainingStep, Prediction[]> {
  const exercises = study.exercises(cell.task, cell.target);
  const explainer = yield* explainerOf(study, cell, exercises, learning);
  return parts.flatMap((part) => {
    const asked = exercises.parts[part];
    const answers = explainer.answers(asked);
    return asked.map((exercise, i) => predictionOf(cell, part, exercises, exercise, answers[i]));
  });
}

function* explainerOf(
  study: ExplanationStudy,
  cell: Cell,
  { form, pool }: TaskExercises,
  learning: TaskLearning,
): Generator<TrainingStep, Explainer> {
  const { task, target, explainer, size, seed } = cell;
  if (size > pool.length) {
    throw badArgument(`${cellName(cell)}: the target has ${pool.length} exercises to learn from`);
  }
  const arm: Arm = arms[cell.arm];
  // The same exercises for every arm and explainer.
  const random = quickStream('exercises learned from', study.options.seed, task, target, seed);
  const learned = shuffled(pool, random).slice(0, size);
  if (arm.start === 'neighbour') return nearestNeighbour(learned);
  if (arm.start === 'behaviour') return behaving(study.behaviour(task, explainer ?? target));
  const networks = arm.start === 'larger' ? study.larger : study.networks;
  const network = {
    form,
    start: networks[explainer ?? target],
    adopts: arm.start !== 'nothing',
    map: mapOf(study, cell, arm, form.places),
    targetWidth: study.networks[target].shape.width,
  };
  const plan = { ...learning, seed: `${study.options.seed} ${seed}` };
  return yield* trainExplainer(network, arm.learns ? learned : [], plan);
}

function mapOf(
  study: ExplanationStudy,
  { task, target, explainer }: Cell,
  { vector }: Arm,
  places: number,
): VectorMap | 'learned' | null {
  const { there, back } = study.rotation;
  if (vector === 'left out' || places === 0) return null;
  if (vector === 'learned map') return 'learned';
  if (vector === 'fitted map') return study.fittedMap(task, target, explainer ?? target);
  if (vector === 'rotated') return there;
  if (vector === 'rotated back') return (given, place) => back(there(given, place), place);
  return (given) => given;
}

function predictionOf(
  cell: Cell,
  part: Part,
  { form }: TaskExercises,
  exercise: Exercise,
  answer: readonly number[],
): Prediction {
  const { task, target, explainer, arm, seed, size } = cell;
  const kind = arms[arm].start === 'larger' ? 'larger network' : 'network';
  const model = explainer === null ? null : `${kind} ${explainer + 1}`;
  const item = `network ${target + 1}: ${exercise.name}`;
  return {
    item,
    cluster: exercise.cluster ?? item,
    target: `network ${target + 1}`,
    explainer: explainerName(cell),
    vector: vectorNames[arms[arm].vector],
    task: part === 'held-out' ? task : `${task}, ${part}`,
    truth: answerText(form, exercise.answer),
    answer: answerText(form, answer),
    score: exercise.score(answer),
    seed: arms[arm].start === 'behaviour' ? null : `seed ${seed}`,
    model,
    n: size,
  };
}

/** A learned map is a part of the explainer. */
const vectorNames: Readonly<Record<Arm['vector'], Prediction['vector']>> = {
  given: 'given',
  'learned map': 'given',
  'left out': 'none',
  rotated: 'rotated',
  'rotated back': 'aligned',
  'fitted map': 'aligned',
};

function explainerName({ arm, explainer, target }: Cell): string {
  const { start } = arms[arm];
  if (start !== 'network' && start !== 'behaviour') return arm;
  const who = explainer === target ? 'self' : 'sibling';
  const named: readonly ArmName[] = ['untrained', 'learned map', 'own behaviour'];
  return named.includes(arm) ? `${who}, ${arm}` : who;
}
