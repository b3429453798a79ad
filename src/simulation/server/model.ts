/**
 * The state of a model: its native weights, its trained weights, and its insight into them. A
 * model is immutable; training makes a new one.
 */
import { randomStream } from '../../random/stream.js';
import type { Candidate } from '../../study/candidates.js';
import type { ParsedPrompt } from '../../study/prompts.js';
import { drawTargetWeights } from '../../study/trials.js';
import { breakingShare, insightAfter, invalidPropensity } from './behaviour.js';
import type { QuestionBook } from './latent.js';
import type { BySetting, ModelProfile } from './profile.js';
import { digestOf, normalsOf, uniformOf } from './randomness.js';

export interface SimulatedModel {
  /** The model's name. */
  readonly name: string;
  /** The base model it comes from; all its descendants share its random numbers. */
  readonly family: string;
  readonly profile: ModelProfile;
  /** Trained weights, by context key. */
  readonly trained: ReadonlyMap<string, TrainedContext>;
  /** Number of report examples seen in training, weighted by how accurate they were. */
  readonly introspectionExamples: number;
  /** Number of explanations seen in training that are true of the model's own answers. */
  readonly explanationExamples: number;
}

export interface TrainedContext {
  /** Largest absolute value 1. */
  readonly weights: readonly number[];
  readonly scales: Scales;
}

/** Shared by all models of a server. */
export interface SharedState {
  readonly seed: number;
  readonly knowledge: Knowledge;
  readonly dispositions: Map<string, Disposition>;
  /** The questions of described studies that are known. */
  readonly book: QuestionBook;
}

export function createSharedState(
  seed: number,
  knowledge: Knowledge,
  book: QuestionBook = () => null,
): SharedState {
  return { seed, knowledge, dispositions: new Map(), book };
}

export function untrainedModel(name: string, profile: ModelProfile): SimulatedModel {
  return {
    name,
    family: name,
    profile,
    trained: new Map(),
    introspectionExamples: 0,
    explanationExamples: 0,
  };
}

/** Random properties of a model family in a context, before any training. */
interface Disposition {
  readonly weights: readonly number[];
  /** Standard normal: the family's error in perceiving each weight, independent of its value. */
  readonly view: readonly number[];
  /**
   * Uniform: tendency to break the rules of reports in this context; the kind of break; the
   * attribute it affects.
   */
  readonly proneness: number;
  readonly habit: { readonly way: number; readonly where: number };
}

/** A context from one model's point of view. */
interface ContextState {
  readonly setting: keyof BySetting<unknown>;
  readonly weights: readonly number[];
  readonly scales: Scales;
  readonly disposition: Disposition;
}

export function contextState(
  model: SimulatedModel,
  prompt: ParsedPrompt,
  shared: SharedState,
): ContextState {
  const key = contextKey(prompt);
  const disposition = dispositionOf(model.family, key, prompt.attributes.length, shared);
  const trained = model.trained.get(key);
  return trained
    ? { setting: 'instilled', ...trained, disposition }
    : {
        setting: 'native',
        weights: disposition.weights,
        scales: scalesOf(prompt, shared.knowledge),
        disposition,
      };
}

/**
 * Bounded cache: dispositions are cheap to recompute, and the number of contexts asked about is
 * unlimited.
 */
const MOST_REMEMBERED = 20_000;

function dispositionOf(
  family: string,
  key: string,
  attributes: number,
  { seed, dispositions }: SharedState,
): Disposition {
  const name = `${family}\u001f${key}`;
  const known = dispositions.get(name);
  if (known) return known;
  if (dispositions.size >= MOST_REMEMBERED) dispositions.clear();
  const luck = digestOf(seed, 'disposition', family, key);
  const weights = drawTargetWeights(attributes, randomStream('weights', luck));
  const drawn = {
    weights: weights.map((weight) => weight / 100),
    view: normalsOf(attributes, 'view', luck),
    proneness: uniformOf(luck, 0),
    habit: { way: uniformOf(luck, 1), where: uniformOf(luck, 2) },
  };
  dispositions.set(name, drawn);
  return drawn;
}

/** The model's insight into its weights in this context. */
export function insightOf(
  { profile, introspectionExamples }: SimulatedModel,
  { setting }: ContextState,
): number {
  return insightAfter(profile.insight[setting], introspectionExamples);
}

/** The probability that a report in this context breaks the rules. */
export function breakingProbability(
  model: SimulatedModel,
  { setting, disposition }: ContextState,
): number {
  const { invalidReports } = model.profile;
  const before = model.trained.size === 0 ? invalidReports.untrained : invalidReports[setting];
  const share = breakingShare(before, invalidReports.introspective, model.introspectionExamples);
  return invalidPropensity(disposition.proneness, share);
}

/** The width of each attribute's range, in the order of the attributes. */
type Scales = readonly number[];

/** Key of a context in a prompt: the question with its agent, and the attributes. */
export function contextKey({ question, attributes }: ParsedPrompt): string {
  return [question, ...attributes.map(({ name }) => name)].join('\u001e');
}

/** Attributes and the widths of their ranges, assumed to be general knowledge. */
type Knowledge = ReadonlyMap<string, Scales>;

export function knowledgeOf(candidates: readonly Candidate[]): Knowledge {
  return new Map(
    candidates.map(({ attributes }) => [
      attributesKey(attributes),
      attributes.map(({ range: [min, max] }) => max - min),
    ]),
  );
}

function attributesKey(attributes: readonly { name: string; units: string }[]): string {
  return attributes.map(({ name, units }) => `${name}\u001f${units}`).join('\u001e');
}

/** Scales of a context that the model was not trained on. */
export function scalesOf(prompt: ParsedPrompt, knowledge: Knowledge): Scales {
  return (
    knowledge.get(attributesKey(prompt.attributes)) ??
    prompt.attributes.map((_, i) => guessedScale(prompt.a[i] ?? 0, prompt.b[i] ?? 0))
  );
}

/**
 * Guesses a range from two values in it, by their magnitude and their decimals. The decimals in
 * trials depend on the range: whole numbers from 5 up, tenths from 1 to 5, hundredths from 0.1 to
 * 1. Values far from zero in a narrow range (for example years) lead to an underestimate of the
 * attribute's effect.
 */
function guessedScale(a: number, b: number): number {
  const decimals = Math.max(decimalsIn(a), decimalsIn(b));
  const size = Math.max(Math.abs(a), Math.abs(b), Math.abs(a - b));
  if (decimals === 0) return Math.max(size, 5);
  return Math.min(Math.max(size, 10 ** (1 - decimals)), decimals === 1 ? 5 : 10 ** (2 - decimals));
}

function decimalsIn(value: number): number {
  return (String(value).split('.')[1] ?? '').length;
}

/**
 * Estimates each attribute's range from the options of examples: the spread of m uniform values is
 * short of the range by the factor (m − 1)/(m + 1).
 */
export function scalesFrom(options: readonly (readonly number[])[]): Scales {
  const m = options.length;
  return (options[0] ?? []).map((_, i) => {
    const values = options.map((option) => option[i] ?? 0);
    const spread =
      values.reduce((x, y) => Math.max(x, y)) - values.reduce((x, y) => Math.min(x, y));
    // A constant attribute decides nothing on any scale.
    return spread > 0 ? (spread * (m + 1)) / (m - 1) : 1;
  });
}
