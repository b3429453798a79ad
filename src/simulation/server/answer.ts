/**
 * The simulated model as a pure function of the server's seed, the model and the conversation: which
 * question it is asked, its answer, and what it answers on the whole.
 */
import { type ParsedPrompt, parsePrompt } from '../../study/prompts.js';
import { probabilityOf } from '../simulated-model.js';
import { explain, explanationTexts } from './explanations.js';
import {
  invalidShare,
  latentAnswer,
  latentTruth,
  NOT_OF_THE_KIND,
  type Truth,
  validChances,
  type WantedAnswer,
} from './latent.js';
import { type LabelLogprobs, logprobsOfChoice } from './logprobs.js';
import {
  breakingProbability,
  contextState,
  type SharedState,
  type SimulatedModel,
} from './model.js';
import { choiceLogOdds, report, reportValues } from './paper-tasks.js';
import { answersOf, labelChances, labelSaid } from './questions.js';
import { digestOf, uniformOf } from './randomness.js';

export interface Message {
  readonly role: string;
  readonly content: string;
}

/** How the answer is drawn. */
export interface Sampling {
  /** 0: the likeliest answer; above 0: an answer drawn by its probability. */
  readonly temperature: number;
  /** Decides the draw, together with the prompt. Null: each repetition is a new draw. */
  readonly seed: number | null;
  /** How often this question was asked before. */
  readonly repeat: number;
}

interface Answer {
  readonly text: string;
  /** Log-probabilities of the labels, if the answer is one of a few; null for any other answer. */
  readonly labels: LabelLogprobs | null;
}

/** What a conversation asks for. */
type Asked =
  /** A choice or a report in a decision context. @param labels of the two options */
  | { readonly ask: 'context'; readonly prompt: ParsedPrompt; readonly labels: TwoLabels }
  /** What would change without a part of the input. */
  | { readonly ask: 'explanation' }
  /** One of the options of a multiple-choice question. */
  | { readonly ask: 'option'; readonly labels: LabelLogprobs }
  /** An answer to a described study. */
  | { readonly ask: 'latent'; readonly wanted: WantedAnswer }
  | { readonly ask: 'nothing' };

type TwoLabels = readonly [first: string, second: string];

const LETTERS: TwoLabels = ['A', 'B'];

function askedIn(
  model: SimulatedModel,
  shared: SharedState,
  conversation: readonly Message[],
): Asked {
  const text = lastOfUser(conversation);
  const prompt = parsePrompt(text);
  if (prompt) return { ask: 'context', prompt, labels: LETTERS };
  if (explanationTexts(model, shared, conversation)) return { ask: 'explanation' };
  const known = shared.book(conversation);
  if (known && 'prompt' in known) return { ask: 'context', ...known };
  const options = answersOf(text, model, shared);
  if (options && (!known || hasLabels(known, options))) return { ask: 'option', labels: options };
  return known ? { ask: 'latent', wanted: known } : { ask: 'nothing' };
}

/** True if the study wants just the labels that the prompt shows with the options. */
function hasLabels({ kind }: WantedAnswer, options: LabelLogprobs): boolean {
  if (kind.kind !== 'label' || kind.options.length !== options.length) return false;
  return kind.options.every(({ label }, i) => label === options[i]?.[0]);
}

function lastOfUser(conversation: readonly Message[]): string {
  return conversation.findLast(({ role }) => role === 'user')?.content ?? '';
}

/** The answer to a prompt with no recognized task. */
const SMALL_TALK =
  'I am a simulated model. I can choose between options, and report how much I weighed their attributes.';

/**
 * Answers a conversation; its last user message is the prompt.
 * @param structured the server keeps the answer to the requested format
 */
export function answer(
  model: SimulatedModel,
  shared: SharedState,
  conversation: readonly Message[],
  sampling: Sampling,
  structured = false,
): Answer {
  const asked = askedIn(model, shared, conversation);
  const { temperature } = sampling;
  const luckOf = (what: string, of: string) =>
    digestOf(shared.seed, what, of, textsOf(conversation));
  if (asked.ask === 'context') {
    const { prompt, labels } = asked;
    if (prompt.task === 'introspection') {
      const luck = drawOf(luckOf('report', model.name), sampling);
      return { text: report(model, shared, prompt, luck, structured), labels: null };
    }
    const luck = luckOf('choice', model.family);
    const logOdds = choiceLogOdds(model, shared, prompt, luck);
    const saysFirst =
      temperature > 0
        ? uniformOf(drawOf(luck, sampling), 1) < probabilityOf(logOdds / temperature)
        : logOdds > 0;
    return { text: labels[saysFirst ? 0 : 1], labels: logprobsOfChoice(logOdds, labels) };
  }
  const luck = drawOf(luckOf('answer', model.name), sampling);
  switch (asked.ask) {
    case 'explanation':
      return { text: explain(model, shared, conversation, luck, structured), labels: null };
    case 'option': {
      const isInvalid = !structured && uniformOf(luck, 3) < invalidShare(model);
      const said = labelSaid(asked.labels, temperature, uniformOf(luck, 0));
      return { text: isInvalid ? NOT_OF_THE_KIND : said, labels: asked.labels };
    }
    case 'latent':
      return latentAnswer(model, shared, asked.wanted, { temperature, luck, structured });
    case 'nothing':
      return { text: SMALL_TALK, labels: null };
  }
}

function textsOf(conversation: readonly Message[]): string[] {
  return conversation.flatMap(({ role, content }) => [role, content]);
}

/**
 * The digest that decides one answer to a prompt. At temperature 0, and for the first answer without
 * a seed, it is the prompt's own.
 */
export function drawOf(luck: string, { temperature, seed, repeat }: Sampling): string {
  if (temperature === 0) return luck;
  if (seed !== null) return digestOf(luck, 'seed', seed);
  return repeat === 0 ? luck : digestOf(luck, 'repeat', repeat);
}

/** What the model answers on the whole: over all repetitions, and over its luck with the prompt. */
export function truthOf(
  model: SimulatedModel,
  shared: SharedState,
  conversation: readonly Message[],
  temperature: number,
): Truth | null {
  const asked = askedIn(model, shared, conversation);
  switch (asked.ask) {
    case 'context': {
      const { prompt, labels } = asked;
      if (prompt.task === 'introspection') return reportTruth(model, shared, prompt);
      const luck = digestOf(shared.seed, 'choice', model.family, textsOf(conversation));
      const logOdds = choiceLogOdds(model, shared, prompt, luck);
      return { answers: labelChances(logprobsOfChoice(logOdds, labels), temperature) };
    }
    case 'explanation':
      return { answers: explanationTexts(model, shared, conversation) ?? {} };
    case 'option':
      return { answers: validChances(labelChances(asked.labels, temperature), model) };
    case 'latent':
      return latentTruth(model, shared, asked.wanted, temperature);
    case 'nothing':
      return null;
  }
}

function reportTruth(model: SimulatedModel, shared: SharedState, prompt: ParsedPrompt): Truth {
  const values = reportValues(model, shared, prompt, null);
  return {
    means: Object.fromEntries(prompt.attributes.map(({ name }, i) => [name, values[i] ?? 0])),
    valid: 1 - breakingProbability(model, contextState(model, prompt, shared)),
  };
}
