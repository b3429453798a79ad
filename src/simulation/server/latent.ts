/**
 * Answers to the questions of any described study, by a small latent model. What a model tends to
 * answer is the sum of effects of the item, of the model, of both together and of the stage's
 * condition; at temperatures above 0 each repetition adds noise. What is shown first gains.
 */
import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type { ParsedPrompt } from '../../study/prompts.js';
import { probabilityOf } from '../simulated-model.js';
import type { LabelLogprobs } from './logprobs.js';
import type { SharedState, SimulatedModel } from './model.js';
import { usualLatent } from './profile.js';
import { labelChances, labelSaid, normalized } from './questions.js';
import { digestOf, normalOf, uniformOf } from './randomness.js';

export interface LatentProfile {
  /** Standard deviations of the effects, in log-odds. */
  readonly itemSd: number;
  readonly modelSd: number;
  readonly interactionSd: number;
  readonly conditionSd: number;
  /** Noise of one answer at temperature 1; labels are drawn by their probabilities instead. */
  readonly noiseSd: number;
  /** What the option or the grade that is shown first gains, in log-odds. */
  readonly positionBias: number;
  /** Share of answers that are not of the kind wanted. */
  readonly invalid: number;
}

/** A question of a described study, as far as its answer depends on it. */
export interface WantedAnswer {
  readonly task: string;
  readonly item: string;
  /** What the stage changes in every item; '' for nothing. */
  readonly condition: string;
  readonly kind: WantedKind;
}

export type WantedKind =
  /** One of the options, in the order shown. `name`: the option, whatever its label and place. */
  | { readonly kind: 'label'; readonly options: readonly NamedLabel[] }
  /** A step of a scale. @param highFirst the highest grade is shown first */
  | { readonly kind: 'grade'; readonly grades: readonly string[]; readonly highFirst: boolean }
  | ({ readonly kind: 'number' } & Bounds)
  | { readonly kind: 'json'; readonly keys: ReadonlyMap<string, Bounds> }
  /** Any text. @param right the text that scores; null if none does */
  | { readonly kind: 'text'; readonly right: string | null };

interface NamedLabel {
  readonly label: string;
  readonly name: string;
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A choice or a report in a decision context, in any wording. */
interface ContextQuestion {
  readonly prompt: ParsedPrompt;
  /** Labels of the two options. */
  readonly labels: readonly [string, string];
}

/** Finds the question that a conversation asks; null if it is of no known study. */
export type QuestionBook = (
  conversation: readonly { readonly role: string; readonly content: string }[],
) => WantedAnswer | ContextQuestion | null;

/** What a model answers to a question on the whole. */
export type Truth =
  /** Probabilities by text; what is missing from 1 is invalid. */
  | { readonly answers: Readonly<Record<string, number>> }
  /** Means of the valid answers, by key ('' for a single number), and the share of valid ones. */
  | { readonly means: Readonly<Record<string, number>>; readonly valid: number };

interface Drawing {
  readonly temperature: number;
  /** The digest that decides this answer. */
  readonly luck: string;
  readonly structured: boolean;
}

type Answering = Pick<SimulatedModel, 'name' | 'family' | 'profile'>;
type Seeded = Pick<SharedState, 'seed'>;

export const NOT_OF_THE_KIND = 'It depends on how one looks at it.';

/** Share of the model's answers that are not of the kind wanted. */
export function invalidShare({ profile }: Pick<Answering, 'profile'>): number {
  return (profile.latent ?? usualLatent).invalid;
}

/** Probabilities of texts, less the share of invalid answers. */
export function validChances(
  chances: Readonly<Record<string, number>>,
  model: Pick<Answering, 'profile'>,
): Readonly<Record<string, number>> {
  const share = 1 - invalidShare(model);
  return Object.fromEntries(
    Object.entries(chances).map(([text, chance]) => [text, chance * share]),
  );
}

export function latentAnswer(
  model: Answering,
  shared: Seeded,
  wanted: WantedAnswer,
  { temperature, luck, structured }: Drawing,
): { readonly text: string; readonly labels: LabelLogprobs | null } {
  const { noiseSd } = model.profile.latent ?? usualLatent;
  const labels = labelsWanted(model, shared, wanted);
  const isInvalid = !structured && uniformOf(luck, 3) < invalidShare(model);
  if (isInvalid) return { text: NOT_OF_THE_KIND, labels };
  if (labels) return { text: labelSaid(labels, temperature, uniformOf(luck, 0)), labels };
  const noise = (key: string) =>
    temperature > 0 ? Math.sqrt(temperature) * noiseSd * normalOf(digestOf(luck, key)) : 0;
  const tends = (key: string) => tendency(model, shared, wanted, key) + noise(key);
  return { text: writtenAs(wanted.kind, tends), labels: null };
}

/** Log-probabilities of the labels at temperature 1; null for any other kind of answer. */
function labelsWanted(
  model: Answering,
  shared: Seeded,
  wanted: WantedAnswer,
): LabelLogprobs | null {
  if (wanted.kind.kind !== 'label') return null;
  const { positionBias } = model.profile.latent ?? usualLatent;
  return normalized(
    wanted.kind.options.map(({ label, name }, place) => [
      label,
      tendency(model, shared, wanted, name) + (place === 0 ? positionBias : 0),
    ]),
  );
}

/** The sum of the effects on one option, one key, or the whole answer (''). */
function tendency(
  { name, family, profile }: Answering,
  { seed }: Seeded,
  { task, item, condition, kind }: WantedAnswer,
  key: string,
): number {
  const { itemSd, modelSd, interactionSd, conditionSd, positionBias } =
    profile.latent ?? usualLatent;
  const effect = (of: string, ...path: string[]) =>
    normalOf(digestOf(seed, 'effect', of, task, key, ...path));
  const lastFirst = kind.kind === 'grade' && kind.highFirst;
  return (
    itemSd * effect('item', item) +
    modelSd * effect('model', family) +
    interactionSd * effect('model and item', family, item) +
    // A training moves the model as far as another condition would.
    (name === family ? 0 : conditionSd * effect('training', name)) +
    (condition === '' ? 0 : conditionSd * effect('condition', condition)) +
    (kind.kind === 'grade' ? (lastFirst ? positionBias : -positionBias) : 0)
  );
}

function writtenAs(kind: WantedKind, tends: (key: string) => number): string {
  switch (kind.kind) {
    case 'label':
      return kind.options[0]?.label ?? '';
    case 'grade':
      return kind.grades[gradeAt(tends(''), kind.grades.length)] ?? '';
    case 'number':
      return String(numberAt(tends(''), kind));
    case 'json':
      return JSON.stringify(
        Object.fromEntries(
          [...kind.keys].map(([key, bounds]) => [key, numberAt(tends(key), bounds)]),
        ),
      );
    case 'text':
      if (kind.right === null) return `My answer is number ${gradeAt(tends(''), 100)}.`;
      return tends('') > 0 ? kind.right : 'I do not know.';
  }
}

/** 0 to `count` − 1: steps of equal width on the scale of probabilities. */
function gradeAt(tendency: number, count: number): number {
  return Math.min(count - 1, Math.floor(count * probabilityOf(tendency)));
}

/** Whole numbers in a wide range, hundredths of a narrow one. */
function numberAt(tendency: number, { min, max }: Bounds): number {
  const value = min + (max - min) * probabilityOf(tendency);
  return max - min >= 20 ? Math.round(value) : Math.round(100 * value) / 100;
}

/** Number of points at which a mean over the noise is taken. */
const POINTS = 400;

/** The mean of a number, a grade (counted from 1) or a score; the probability of each label. */
export function latentTruth(
  model: Answering,
  shared: Seeded,
  wanted: WantedAnswer,
  temperature: number,
): Truth {
  const labels = labelsWanted(model, shared, wanted);
  if (labels) return { answers: validChances(labelChances(labels, temperature), model) };
  return { means: meansOf(model, shared, wanted, temperature), valid: 1 - invalidShare(model) };
}

function meansOf(
  model: Answering,
  shared: Seeded,
  wanted: WantedAnswer,
  temperature: number,
): Readonly<Record<string, number>> {
  const { kind } = wanted;
  const { noiseSd } = model.profile.latent ?? usualLatent;
  const sd = noiseSd * Math.sqrt(temperature);
  const keys = kind.kind === 'json' ? [...kind.keys.keys()] : [''];
  return Object.fromEntries(
    keys.map((key) => {
      const middle = tendency(model, shared, wanted, key);
      let sum = 0;
      for (let i = 0; i < POINTS; i++) {
        sum += numericAnswer(kind, key, middle + sd * normalQuantile((i + 0.5) / POINTS, 0, 1));
      }
      return [key, sum / POINTS];
    }),
  );
}

function numericAnswer(kind: WantedKind, key: string, tendency: number): number {
  switch (kind.kind) {
    case 'grade':
      return 1 + gradeAt(tendency, kind.grades.length);
    case 'number':
      return numberAt(tendency, kind);
    case 'json':
      return numberAt(tendency, kind.keys.get(key) ?? { min: 0, max: 1 });
    default:
      return tendency > 0 ? 1 : 0;
  }
}
