/**
 * The stages of a described study. A collection stage asks one task of every item and repeat, of one
 * model; a training stage teaches a model the answers of a template, which may be those that were
 * measured.
 */
import { exampleJsonl } from '../../authors-files/training-files.js';
import { didYouMean } from '../../checks/names.js';
import { badData } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import type { ChatMessage } from '../../study/stimuli.js';
import type { ModelConfiguration } from '../configuration/common.js';
import {
  type AnswersSoFar,
  type AnswerValue,
  type Cell,
  type CollectionStage,
  FEWEST_EXAMPLES,
  type Question,
  type Stage,
  type TrainingStage,
  trainingId,
} from '../design.js';
import { readKind, schemaOf, tokensOf } from './answers.js';
import type { DescribedConfiguration, StageConfiguration } from './configuration.js';
import { type Item, type ItemSource, itemCells } from './items.js';
import { chooseExamples, shuffled } from './sampling.js';
import { type Presented, Task } from './task.js';
import { type Fields, PromptTemplate } from './template.js';

export type ItemSets = ReadonlyMap<string, readonly Item[]>;

type CollectionConfiguration = Extract<StageConfiguration, { kind: 'answers' }>;
type TrainingConfiguration = Extract<StageConfiguration, { kind: 'training' }>;

/** Trials of a stage: all are drawn before the first request. */
const MOST_TRIALS = 5_000_000;

/** A trial: an item, and how it is shown. */
export interface ItemTrial {
  readonly item: Item;
  /** From 1. */
  readonly repeat: number;
  /** Places of the options, as indices into the task's; null if the task has none. */
  readonly order: readonly number[] | null;
}

export interface DescribedStage extends CollectionStage {
  readonly kind: 'answers';
  readonly trials: readonly ItemTrial[];
}

function isDescribedStage(stage: Stage): stage is DescribedStage {
  return stage.kind === 'answers';
}

/** @throws WeighbridgeError `bad-configuration` with the line of the problem */
export function planDescribed(
  configuration: DescribedConfiguration,
  sets: ItemSets,
  source: Pick<ItemSource, 'place'>,
): Stage[] {
  const planner = new Planner(configuration, sets, source);
  const stages = stagesOf(configuration).flatMap((stage, i) => planner.plan(stage, i));
  for (const stage of stages) if (isDescribedStage(stage)) planner.check(stage);
  return stages;
}

/** The stages of the file, or one of each task. */
function stagesOf({ stages, tasks }: DescribedConfiguration): StageConfiguration[] {
  if (stages) return stages;
  return Object.keys(tasks).map((task) => ({
    ...{ id: task, task, kind: 'answers', after: null, set: {}, order: 'random', seed: 0 },
  }));
}

class Planner {
  private readonly tasks: ReadonlyMap<string, Task>;
  private readonly cells = new Map<string, Map<Item, ReadonlyMap<string, Cell>>>();
  private readonly planned = new Map<string, Stage>();

  constructor(
    private readonly configuration: DescribedConfiguration,
    private readonly sets: ItemSets,
    private readonly source: Pick<ItemSource, 'place'>,
  ) {
    this.tasks = new Map(
      Object.entries(configuration.tasks).map(([name, task]) => [
        name,
        new Task(name, task, (key) => source.place(['tasks', name, key])),
      ]),
    );
  }

  plan(stage: StageConfiguration, index: number): Stage[] {
    const { models } = this.configuration;
    const names = models.map(({ name }) => name);
    const at = (...key: PropertyKey[]) => this.source.place(['stages', index, ...key]);
    for (const [i, model] of (stage.models ?? []).entries()) {
      requireKnown(model, names, 'model', at('models', i));
    }
    for (const [i, model] of (stage.about ?? []).entries()) {
      requireKnown(model, names, 'model', at('about', i));
    }
    const asked = models.filter(({ name }) => stage.models?.includes(name) ?? true);
    return asked.flatMap((base) =>
      (stage.about ?? [base.name]).map((about) => {
        const made = this.planOne(stage, base, about, at);
        if (this.planned.has(made.id)) {
          throw bad(at('id'), `the stage '${stage.id}' is there twice`);
        }
        this.planned.set(made.id, made);
        return made;
      }),
    );
  }

  /** Asks every item once, so that a field that is missing is found before anything is paid for. */
  check(stage: DescribedStage): void {
    const none: AnswersSoFar = () => new Map();
    const trialOf = new Map(stage.trials.map(({ item }, trial) => [item, trial]));
    // In the order of the file, so that the first mistake is the one that is named.
    for (const items of this.sets.values()) {
      for (const item of items) {
        const trial = trialOf.get(item);
        if (trial !== undefined) stage.ask(trial, none);
      }
    }
  }

  private planOne(
    stage: StageConfiguration,
    base: ModelConfiguration,
    about: string,
    at: (...key: PropertyKey[]) => string,
  ): Stage {
    const task = this.tasks.get(stage.task);
    if (!task) throw unknown(stage.task, [...this.tasks.keys()], 'task', at('task'));
    const set = this.setOf(stage.items, at('items'));
    const measured = this.measuredBy(stage, about, at('measured'));
    const needs = [...new Set([...measured.values()].map(({ id }) => id))];
    const training = this.trainingNamed(stage.after, base, at('after'));
    if (training !== null) needs.unshift(training.id);
    const common = { base, after: stage.after, needs };
    const measure = new Measures(measured);
    if (stage.kind === 'training') {
      const most = Math.min(stage.count ?? set.items.length, set.items.length);
      if (most < FEWEST_EXAMPLES && base.trained[stage.id] === undefined) {
        throw bad(
          at('count'),
          `a training has ${most} examples, expected at least ${FEWEST_EXAMPLES}`,
        );
      }
      return trainingStage(stage, task, set.items, measure, common);
    }
    const count = set.items.length * task.repeats;
    if (count > MOST_TRIALS) {
      throw bad(
        task.placeOf('repeats'),
        `the stage '${stage.id}' has ${count} trials (${set.items.length} items x ${task.repeats} repeats), expected at most ${MOST_TRIALS}`,
      );
    }
    const examplesOf = this.setOf(stage.examples?.items ?? stage.items, at('examples', 'items'));
    const answer = stage.examples
      ? {
          answer: new PromptTemplate(stage.examples.answer, {
            place: at('examples', 'answer'),
            key: `stages.${stage.id}.examples.answer`,
          }),
          balance:
            stage.examples.balance === undefined
              ? null
              : new PromptTemplate(stage.examples.balance, {
                  place: at('examples', 'balance'),
                  key: `stages.${stage.id}.examples.balance`,
                }),
        }
      : null;
    const isOwn = about === base.name;
    return collectionStage(stage, task, set, {
      ...common,
      ...{ about, measure, answer, examples: examplesOf.items },
      id: `${base.name}/${stage.id}${isOwn ? '' : `/about-${about}`}`,
    });
  }

  private setOf(name: string | undefined, place: string) {
    const [first] = this.sets.keys();
    const wanted = name ?? first ?? '';
    const items = this.sets.get(wanted);
    if (!items) throw unknown(wanted, [...this.sets.keys()], 'set of items', place);
    if (name === undefined && this.sets.size > 1) {
      throw bad(place, `expected items, one of ${[...this.sets.keys()].join(', ')}`);
    }
    const known = this.cells.get(wanted);
    const cells = known ?? itemCells(items);
    this.cells.set(wanted, cells);
    return { items, cells };
  }

  private measuredBy(
    stage: StageConfiguration,
    about: string,
    place: string,
  ): Map<string, DescribedStage> {
    return new Map(
      Object.entries(stage.measured ?? {}).map(([name, id]) => {
        const found = this.planned.get(`${about}/${id}`);
        if (found && isDescribedStage(found)) return [name, found];
        const before = [...this.planned.values()].filter(({ base }) => base.name === about);
        const ids = before.map((one) => one.id.slice(about.length + 1));
        throw unknown(id, [...new Set(ids)], `stage before this one that asks ${about}`, place);
      }),
    );
  }

  /** Null for the base model, and for a model that was trained elsewhere. */
  private trainingNamed(
    training: string | null,
    base: ModelConfiguration,
    place: string,
  ): Stage | null {
    if (training === null) return null;
    const found = this.planned.get(trainingId(base.name, training));
    if (found || base.trained[training] !== undefined) return found ?? null;
    const trainings = (this.configuration.stages ?? []).filter(({ kind }) => kind === 'training');
    const names = [...trainings.map(({ id }) => id), ...Object.keys(base.trained)];
    throw unknown(training, names, `training before this stage of ${base.name}`, place);
  }
}

interface CommonParts {
  readonly base: ModelConfiguration;
  readonly after: string | null;
  readonly needs: readonly string[];
}

interface CollectionParts extends CommonParts {
  readonly id: string;
  readonly about: string;
  readonly measure: Measures;
  readonly answer: {
    readonly answer: PromptTemplate;
    readonly balance: PromptTemplate | null;
  } | null;
  /** Items that worked examples are taken from. */
  readonly examples: readonly Item[];
}

function collectionStage(
  stage: CollectionConfiguration,
  task: Task,
  { items, cells }: { items: readonly Item[]; cells: ReadonlyMap<Item, ReadonlyMap<string, Cell>> },
  parts: CollectionParts,
): DescribedStage {
  const trials = drawTrials(stage, task, items);
  const { id, base, after, needs, about, measure } = parts;
  const present = (trial: number, answers: AnswersSoFar): Presented => {
    const { item, order, repeat } = trialAt(trials, trial);
    const fields = { ...item.fields, ...stage.set, repeat, measured: measure.of(item, answers) };
    return task.present(fields, order, item);
  };
  const none: AnswersSoFar = () => new Map();
  const usable = remembered((answers) => usableExamples(stage, parts, answers));
  return {
    ...{ kind: 'answers', id, base, after, needs, trials, task: task.name },
    get likelyAnswerTokens() {
      return tokensOf(task.answer, present(0, none).context).likely;
    },
    ask: (trial, answers) => {
      const shown = present(trial, answers);
      const shots = parts.answer
        ? workedExamples(stage, task, parts, trialAt(trials, trial), usable(answers), answers)
        : [];
      return question(task, shown, shots, trialAt(trials, trial).repeat);
    },
    read: (trial, answer, policy) =>
      readKind(task.answer, present(trial, none).context, answer, policy),
    requireReady: (answers) => requireExamples(stage, parts, items, usable(answers), answers),
    itemOf: (trial) => trialAt(trials, trial).item.id,
    cells: (value) => task.cells(value),
    labelled: (trial, label) =>
      present(trial, none).context.options.find((option) => option.label === label)?.name ?? label,
    shown: (trial) => {
      const { item, repeat, order } = trialAt(trials, trial);
      return new Map<string, Cell>([
        ...(cells.get(item) ?? []),
        ...Object.entries(stage.set),
        ['about', about],
        ['shots', stage.examples?.count ?? 0],
        ['bank', stage.examples?.seed ?? null],
        ['trial', trial],
        ['repeat', repeat],
        ['order', order === null ? null : task.orderName(item.fields, order)],
      ]);
    },
  };
}

/** Every item with every repeat; the orders of options are drawn before the order of trials. */
function drawTrials(
  { order, seed, id }: CollectionConfiguration,
  task: Task,
  items: readonly Item[],
): ItemTrial[] {
  const orders = task.orders(items, seed);
  const trials = items.flatMap((item, i) =>
    Array.from({ length: task.repeats }, (_, k): ItemTrial => {
      return { item, repeat: k + 1, order: orders(i, k) };
    }),
  );
  return order === 'random' ? shuffled(trials, 'trials', id, seed) : trials;
}

function trialAt(trials: readonly ItemTrial[], trial: number): ItemTrial {
  const found = trials[trial];
  if (!found) throw new RangeError(`there is no trial ${trial}, of ${trials.length}`);
  return found;
}

function question(
  task: Task,
  shown: Presented,
  examples: readonly ChatMessage[],
  repeat: number,
): Question {
  const { settings, answer } = task;
  const { system, prompt, context } = shown;
  const labels = settings.logprobs ? task.labels(context) : null;
  return {
    messages: [
      ...(system === null ? [] : [{ role: 'system', content: system } as const]),
      ...examples,
      { role: 'user', content: prompt },
    ],
    maxTokens: settings.answerTokens ?? tokensOf(answer, context).most,
    temperature: settings.temperature,
    // With one seed, a server gives the same answer to every repeat.
    seed: settings.seed === null ? null : settings.seed + repeat - 1,
    reasoningEffort: settings.reasoningEffort,
    reasoningTokens: settings.reasoningTokens,
    jsonSchema: settings.jsonSchema ? schemaOf(answer, context) : null,
    labels,
  };
}

/** Other items as turns of the chat, each with the answer that its measured values make right. */
function workedExamples(
  stage: CollectionConfiguration,
  task: Task,
  parts: CollectionParts,
  { item }: ItemTrial,
  usable: readonly Item[],
  answers: AnswersSoFar,
): ChatMessage[] {
  const { examples } = stage;
  const { answer, measure } = parts;
  if (!examples || !answer) return [];
  const chosen = usable.filter(({ id }) => id !== item.id).slice(0, examples.count);
  return chosen.flatMap((one): ChatMessage[] => {
    const fields = measure.fields(one, stage.set, answers);
    return [
      { role: 'user', content: task.present(fields, task.plainOrder(one.fields), one).prompt },
      { role: 'assistant', content: answer.answer.render(fields, one.id) },
    ];
  });
}

/** Computes a list once for the answers of a run. */
function remembered(compute: (answers: AnswersSoFar) => Item[]) {
  const known = new WeakMap<AnswersSoFar, Item[]>();
  return (answers: AnswersSoFar): Item[] => {
    const found = known.get(answers) ?? compute(answers);
    known.set(answers, found);
    return found;
  };
}

/** Items with valid answers, the classes in turn, in the order of the seed. */
function usableExamples(
  { examples, set }: CollectionConfiguration,
  { answer, measure, examples: items }: CollectionParts,
  answers: AnswersSoFar,
): Item[] {
  const balance = answer?.balance ?? null;
  return chooseExamples(measure.complete(items, answers), {
    seed: examples?.seed ?? 0,
    classOf: balance
      ? (one: Item) => balance.render(measure.fields(one, set, answers), one.id)
      : null,
  });
}

/** @throws WeighbridgeError `bad-data` if there are fewer examples than the stage shows */
function requireExamples(
  stage: CollectionConfiguration,
  parts: CollectionParts,
  items: readonly Item[],
  usable: readonly Item[],
  answers: AnswersSoFar,
): void {
  if (!stage.examples) return;
  const { count } = stage.examples;
  // An item is no example of itself.
  const ids = new Set(items.map(({ id }) => id));
  const needed = count + (usable.some(({ id }) => ids.has(id)) ? 1 : 0);
  const found = parts.measure.isEmpty(answers) ? 0 : usable.length;
  requireCount(parts.id, found, needed, `${count} worked examples`);
}

function requireCount(id: string, found: number, needed: number, what: string): void {
  if (found >= needed) return;
  throw badData(
    `${id} wants ${what}: ${found} items have valid answers in classes of one size, expected at least ${needed} (--keep-going makes do with fewer)`,
    { found, expected: String(needed) },
  );
}

function trainingStage(
  stage: TrainingConfiguration,
  task: Task,
  items: readonly Item[],
  measure: Measures,
  common: CommonParts,
): TrainingStage {
  const at = (key: string) => ({ place: task.placeOf('prompt'), key: `stages.${stage.id}.${key}` });
  const answer = new PromptTemplate(stage.answer, at('answer'));
  const balance =
    stage.balance === undefined ? null : new PromptTemplate(stage.balance, at('balance'));
  const chosen = (answers: AnswersSoFar) =>
    chooseExamples(measure.complete(items, answers), {
      seed: stage.seed,
      classOf: balance
        ? (one: Item) => balance.render(measure.fields(one, stage.set, answers), one.id)
        : null,
    }).slice(0, stage.count);
  return {
    ...common,
    requireReady: (answers) => {
      const { count: wanted } = stage;
      if (wanted === undefined || common.base.trained[stage.id] !== undefined) return;
      const found = measure.isEmpty(answers) ? 0 : chosen(answers).length;
      requireCount(trainingId(common.base.name, stage.id), found, wanted, `${wanted} examples`);
    },
    kind: 'training',
    id: trainingId(common.base.name, stage.id),
    training: stage.id,
    suffix: stage.id,
    batchSize: common.base.fineTuning.batchSizePreferences,
    text: (answers) => {
      const examples = chosen(answers).map((one) => {
        const fields = measure.fields(one, stage.set, answers);
        const { system, prompt } = task.present(fields, task.plainOrder(one.fields), one);
        const messages: ChatMessage[] = [
          { role: 'user', content: prompt },
          { role: 'assistant', content: answer.render(fields, one.id) },
        ];
        if (system !== null) messages.unshift({ role: 'system', content: system });
        return { messages };
      });
      return { training: exampleJsonl(examples), validation: null };
    },
  };
}

/** The answers of other stages to an item. */
class Measures {
  /** By stage: the trials of each item, by its id. */
  private readonly trialsOf = new Map<string, ReadonlyMap<string, readonly number[]>>();

  constructor(private readonly stages: ReadonlyMap<string, DescribedStage>) {
    for (const { id, trials } of stages.values()) {
      const ofItem = new Map<string, number[]>();
      for (const [trial, { item }] of trials.entries()) {
        const known = ofItem.get(item.id);
        if (known) known.push(trial);
        else ofItem.set(item.id, [trial]);
      }
      this.trialsOf.set(id, ofItem);
    }
  }

  /** By the name in the configuration; '' where there is no valid answer. */
  of(item: Item, answers: AnswersSoFar): Fields {
    return Object.fromEntries(
      [...this.stages].map(([name, stage]) => [name, this.value(stage, item, answers) ?? '']),
    );
  }

  /** The fields of an item in an example. */
  fields(item: Item, set: Fields, answers: AnswersSoFar): Fields {
    return { ...item.fields, ...set, repeat: 1, measured: this.of(item, answers) };
  }

  /** True if a stage has no valid answer at all. */
  isEmpty(answers: AnswersSoFar): boolean {
    return [...this.stages.values()].some(({ id }) => answers(id).size === 0);
  }

  /** Items with a valid answer in every stage; all of them while nothing is measured at all. */
  complete(items: readonly Item[], answers: AnswersSoFar): readonly Item[] {
    const stages = [...this.stages.values()];
    if (stages.every(({ id }) => answers(id).size === 0)) return items;
    return items.filter((item) =>
      stages.every((stage) => this.value(stage, item, answers) !== null),
    );
  }

  /** The mean of numbers, the commonest of texts; null if no repeat is valid. */
  private value(stage: DescribedStage, item: Item, answers: AnswersSoFar): string | number | null {
    const trials = this.trialsOf.get(stage.id)?.get(item.id) ?? [];
    const values = trials.flatMap((trial): AnswerValue[] => {
      const value = answers(stage.id).get(trial);
      return value === undefined ? [] : [value];
    });
    const numbers = values.filter((value) => typeof value === 'number');
    if (numbers.length > 0) return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
    return commonest(values.filter((value) => typeof value === 'string'));
  }
}

function commonest(values: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: string | null = null;
  for (const [value, count] of counts) {
    if (best === null || count > (counts.get(best) ?? 0)) best = value;
  }
  return best;
}

function bad(place: string, what: string): WeighbridgeError {
  return new WeighbridgeError('bad-configuration', `${place}: ${what}`);
}

function unknown(
  name: string,
  known: readonly string[],
  what: string,
  place: string,
): WeighbridgeError {
  const hint =
    didYouMean(name, known) || (known.length > 0 ? `; there is ${known.join(', ')}` : '');
  return bad(place, `there is no ${what} '${name}'${hint}`);
}

function requireKnown(name: string, known: readonly string[], what: string, place: string): void {
  if (!known.includes(name)) throw unknown(name, known, what, place);
}
