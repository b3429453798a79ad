/** A task: how an item becomes a prompt, and which options are shown in which order. */
import { didYouMean, onOneLine } from '../../checks/names.js';
import { badData } from '../../checks/values.js';
import { WeighbridgeError } from '../../errors.js';
import { randomStream } from '../../random/stream.js';
import { type AnswerValue, type Cell, numberedCells } from '../design.js';
import { type AnswerContext, labelsOf, type ShownOption } from './answers.js';
import type { AnswerKind, TaskConfiguration } from './configuration.js';
import type { Item } from './items.js';
import { shuffled } from './sampling.js';
import { type Fields, PromptTemplate } from './template.js';

/** An item as a model sees it. */
export interface Presented {
  readonly system: string | null;
  readonly prompt: string;
  readonly context: AnswerContext;
}

/** An option of an item, whatever its place. */
interface Option {
  readonly name: string;
  readonly text: string;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export class Task {
  readonly answer: AnswerKind;
  readonly repeats: number;
  private readonly system: PromptTemplate | null;
  private readonly prompt: PromptTemplate;
  private readonly expected: PromptTemplate | null;

  /** @throws WeighbridgeError `bad-configuration` for a template that cannot be parsed */
  constructor(
    readonly name: string,
    readonly settings: TaskConfiguration,
    readonly placeOf: (key: string) => string,
  ) {
    const template = (key: 'system' | 'prompt', text: string) =>
      new PromptTemplate(text, { place: placeOf(key), key: `tasks.${name}.${key}` });
    this.answer = settings.answer;
    this.repeats = settings.repeats;
    this.system = settings.system === undefined ? null : template('system', settings.system);
    this.prompt = template('prompt', settings.prompt);
    const { answer } = settings;
    const expected = answer.kind === 'text' ? answer.expected : undefined;
    this.expected =
      expected === undefined
        ? null
        : new PromptTemplate(expected, {
            place: placeOf('answer'),
            key: `tasks.${name}.answer.expected`,
          });
  }

  /**
   * @param order places of the options; null if the task has none
   * @throws WeighbridgeError `bad-configuration`, `bad-data` with the item's place
   */
  present(fields: Fields, order: readonly number[] | null, item: Item): Presented {
    const options = order === null ? [] : this.shownOptions(fields, order, item);
    const variables: Fields = { ...fields, item: item.id, options, ...this.scale(order) };
    const context = {
      options: this.answer.kind === 'choice' ? options : [],
      keys: this.keys(fields, item),
      expected: this.expected?.render(variables, item.id) ?? null,
    };
    return {
      system: this.system?.render(variables, item.id) ?? null,
      prompt: this.prompt.render(variables, item.place),
      context,
    };
  }

  /** The order of options before any shuffling; null if the task has none. */
  plainOrder(fields: Fields): readonly number[] | null {
    if (this.settings.options !== undefined) return [...this.options(fields).keys()];
    return this.answer.kind === 'ordinal' ? [0, 1] : null;
  }

  /** The order as it is written in the table of answers. */
  orderName(fields: Fields, order: readonly number[]): string {
    if (this.settings.options === undefined) return order[0] === 0 ? 'ascending' : 'descending';
    const options = this.options(fields);
    return order.map((place) => options[place]?.name ?? '').join(',');
  }

  /**
   * The order of options for each item and repeat, from 0. Stages with the same seed show an item in
   * the same order, so that their answers are compared in pairs.
   * `balanced`: all rotations of the options, each equally often over items and repeats.
   */
  orders(
    items: readonly Item[],
    seed: number,
  ): (item: number, repeat: number) => readonly number[] | null {
    const { shuffle } = this.settings;
    const plain = items.map(({ fields }) => this.plainOrder(fields));
    if (shuffle === 'none') return (item) => plain[item] ?? null;
    if (shuffle === 'balanced') {
      const offsets = shuffled([...items.keys()], 'balanced', this.name, seed);
      return (item, repeat) => rotated(plain[item] ?? null, (offsets[item] ?? 0) + repeat);
    }
    return (item, repeat) => {
      const order = plain[item] ?? null;
      if (order === null) return null;
      const path = ['order', this.name, seed, items[item]?.id ?? '', repeat] as const;
      if (this.answer.kind === 'ordinal' && this.settings.options === undefined) {
        return randomStream(...path).uniform() < 0.5 ? order : order.toReversed();
      }
      return shuffled(order, ...path);
    };
  }

  /** The columns of a value; keys that every item shares are named, others numbered. */
  cells(value: AnswerValue): ReadonlyMap<string, Cell> {
    const isNamed = this.answer.kind === 'json' && this.answer.keys !== undefined;
    if (!isNamed || !(value instanceof Map)) return numberedCells(value);
    return new Map(
      [...value].map(([key, one]) => [`value_${key.replace(/[^A-Za-z0-9]+/g, '_')}`, one]),
    );
  }

  private options(fields: Fields): Option[] {
    const { options } = this.settings;
    if (Array.isArray(options)) {
      return options.map((name) => ({ name, text: String(fields[name] ?? '') }));
    }
    const list = options === undefined ? [] : fields[options];
    if (!Array.isArray(list)) return [];
    return list.map((text, i) => ({ name: String(i + 1), text: String(text) }));
  }

  private shownOptions(fields: Fields, order: readonly number[], item: Item): ShownOption[] {
    if (this.settings.options === undefined) return [];
    const options = this.options(fields);
    this.requireOptions(options, fields, item);
    const labels = this.answer.kind === 'choice' ? this.answer.labels : undefined;
    return order.map((place, i) => ({
      label: labels?.[i] ?? LETTERS[i] ?? String(i + 1),
      name: options[place]?.name ?? '',
      text: options[place]?.text ?? '',
    }));
  }

  private requireOptions(options: readonly Option[], fields: Fields, item: Item): void {
    const wanted = this.settings.options;
    const names = Array.isArray(wanted) ? wanted : [wanted ?? ''];
    const missing = names.find((name) => fields[name] === undefined || fields[name] === '');
    if (missing !== undefined) {
      throw badData(
        `${item.place}: the item '${onOneLine(item.id, 60)}' has no field '${missing}', which is an option of the task '${this.name}'${didYouMean(missing, Object.keys(fields))}`,
        { column: missing },
      );
    }
    const labels = this.answer.kind === 'choice' ? this.answer.labels : undefined;
    const most = labels?.length ?? LETTERS.length;
    if (options.length >= 2 && options.length <= most) return;
    throw badData(
      `${item.place}: the item '${onOneLine(item.id, 60)}' has ${options.length} options, expected 2 to ${most}`,
    );
  }

  /** The answers whose log-probabilities can be asked for; null if they cannot be listed. */
  labels(context: AnswerContext): readonly string[] | null {
    if (this.answer.kind === 'choice') return labelsOf(this.answer, context);
    return this.answer.kind === 'ordinal' ? gradesOf(this.answer) : null;
  }

  /** `scale`: the grades of an ordinal answer in the order shown. */
  private scale(order: readonly number[] | null): Fields {
    if (this.answer.kind !== 'ordinal') return {};
    const grades = gradesOf(this.answer);
    const isAscending = order === null || this.settings.options !== undefined || order[0] === 0;
    return { scale: isAscending ? grades : grades.toReversed() };
  }

  private keys(fields: Fields, item: Item): AnswerContext['keys'] {
    if (this.answer.kind !== 'json') return new Map();
    const { keys, keysFrom, min = 0, max = 0 } = this.answer;
    if (keys) return new Map(Object.entries(keys));
    const list = fields[keysFrom ?? ''];
    if (!Array.isArray(list) || list.length === 0) {
      throw new WeighbridgeError(
        'bad-configuration',
        `${this.placeOf('answer')}: tasks.${this.name}.answer.keys_from: the field '${keysFrom}' of item '${onOneLine(item.id, 60)}' (${item.place}) is not a list of names`,
      );
    }
    return new Map(list.map((one) => [nameOf(one), { min, max }]));
  }
}

/** The grades of a scale, lowest first. */
function gradesOf({
  from = 1,
  to = 1,
  labels,
}: Extract<AnswerKind, { kind: 'ordinal' }>): readonly string[] {
  return labels ?? Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'name' in value
    ? String(value.name)
    : String(value);
}

function rotated(order: readonly number[] | null, by: number): readonly number[] | null {
  if (order === null || order.length === 0) return order;
  const start = by % order.length;
  return [...order.slice(start), ...order.slice(0, start)];
}
