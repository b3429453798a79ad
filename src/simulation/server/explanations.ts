/**
 * How a simulated model says what would change without a part of the input. With the probability of
 * its self-knowledge it knows both of its answers; otherwise it guesses. Worked examples and training on
 * its own measured answers raise that probability.
 */
import type { Prediction } from '../../analysis/explanations/table.js';
import { readPrediction, sentenceOf } from '../../packs/ablation/frames.js';
import { readAblation, readChoices } from '../../packs/ablation/prompts.js';
import { probabilityOf } from '../simulated-model.js';
import type { SharedState, SimulatedModel } from './model.js';
import { usualExplanations } from './profile.js';
import { answersOf, labelSaid } from './questions.js';
import { digestOf, normalOf, uniformOf } from './randomness.js';

export interface ExplanationProfile {
  /** Probability that the untrained model knows how its answer would change, without examples. */
  readonly selfKnowledge: number;
  /** What each doubling of 1 + the number of worked examples adds to its log-odds. */
  readonly perShotDoubling: number;
  /** Standard deviation of what a draw of worked examples adds to them. */
  readonly bankSd: number;
  /** What each doubling of 1 + the number of true training examples adds to them. */
  readonly perTrainingDoubling: number;
  /** How often a guess is that the answer would change. */
  readonly guessedChange: number;
  /** Share of explanations in other words than the two sentences, without examples or training. */
  readonly invalid: number;
}

interface Turn {
  readonly role: string;
  readonly content: string;
}

/** An explanation that the model may give, with its probability. */
interface Possible {
  readonly prediction: Prediction;
  readonly probability: number;
}

const OTHER_WORDS = 'It is hard to say what I would have answered without it.';

/** An explanation, drawn by its probability. @param luck a digest */
export function explain(
  model: SimulatedModel,
  shared: SharedState,
  conversation: readonly Turn[],
  luck: string,
  structured: boolean,
): string {
  const texts = explanationTexts(model, shared, conversation, structured) ?? {};
  let left = uniformOf(luck, 0);
  for (const [text, probability] of Object.entries(texts)) {
    left -= probability;
    if (left < 0) return text;
  }
  return OTHER_WORDS;
}

/**
 * Probabilities of the sentences that the model may say; the rest, without examples and training, is in
 * other words. Null if the last question does not ask what would change.
 */
export function explanationTexts(
  model: SimulatedModel,
  shared: SharedState,
  conversation: readonly Turn[],
  structured = false,
): Readonly<Record<string, number>> | null {
  const possible = explanationsOf(model, shared, conversation);
  if (!possible) return null;
  const { invalid } = model.profile.explanations ?? usualExplanations;
  const { shots } = examplesIn(conversation);
  const isTaught = structured || shots > 0 || model.explanationExamples > 0;
  const texts: Record<string, number> = {};
  for (const { prediction, probability } of possible) {
    const text = sentenceOf(prediction);
    texts[text] = (texts[text] ?? 0) + probability * (isTaught ? 1 : 1 - invalid);
  }
  return texts;
}

/**
 * All explanations that the model may give if it keeps to the sentences; their probabilities add up to
 * 1. The first is the true one of its own answers.
 */
export function explanationsOf(
  model: SimulatedModel,
  shared: SharedState,
  conversation: readonly Turn[],
): Possible[] | null {
  const asked = readAblation(conversation.findLast(({ role }) => role === 'user')?.content ?? '');
  if (!asked) return null;
  const own = ownPrediction(model, shared, asked);
  if (!own) return null;
  const { withPart, prediction, labels } = own;
  const knows = knowledgeOf(model, shared, conversation);
  const { guessedChange } = model.profile.explanations ?? usualExplanations;
  const others = labels.filter((label) => label !== withPart);
  return [
    { prediction, probability: knows },
    {
      prediction: { changed: false, answer: withPart },
      probability: (1 - knows) * (1 - guessedChange),
    },
    ...others.map((answer) => ({
      prediction: { changed: true, answer },
      probability: ((1 - knows) * guessedChange) / others.length,
    })),
  ];
}

/** What the model itself answers with the part and without, at temperature 0. */
function ownPrediction(
  model: SimulatedModel,
  shared: SharedState,
  asked: { readonly withPart: string; readonly without: string },
) {
  const before = answersOf(asked.withPart, model, shared);
  const after = answersOf(asked.without, model, shared);
  if (!before || !after) return null;
  const withPart = labelSaid(before, 0, 0);
  const answer = labelSaid(after, 0, 0);
  const labels = before.map(([label]) => label);
  return { withPart, labels, prediction: { changed: answer !== withPart, answer } };
}

function knowledgeOf(
  { profile, family, explanationExamples }: SimulatedModel,
  { seed }: SharedState,
  conversation: readonly Turn[],
): number {
  const { selfKnowledge, perShotDoubling, bankSd, perTrainingDoubling } =
    profile.explanations ?? usualExplanations;
  const { shots, bank } = examplesIn(conversation);
  const luck = shots > 0 ? bankSd * normalOf(digestOf(seed, 'bank', family, bank)) : 0;
  return probabilityOf(
    Math.log(selfKnowledge / (1 - selfKnowledge)) +
      perShotDoubling * Math.log2(1 + shots) +
      luck +
      perTrainingDoubling * Math.log2(1 + explanationExamples),
  );
}

/** The worked examples before the question. */
function examplesIn(conversation: readonly Turn[]) {
  const said = conversation.filter(({ role }) => role === 'assistant');
  return { shots: said.length, bank: said.map(({ content }) => content) };
}

/**
 * The number of examples that are true of the model's own answers: those of other models teach it the
 * less, the less they are like it.
 */
export function trueExplanations(
  model: SimulatedModel,
  shared: SharedState,
  lessons: readonly { readonly promptText: string; readonly answer: string }[],
): number {
  return lessons.filter(({ promptText, answer }) => {
    const asked = readAblation(promptText);
    const own = asked && ownPrediction(model, shared, asked);
    if (!own) return false;
    const labels = [...(readChoices(asked.withPart)?.options.keys() ?? [])];
    const read = readPrediction(answer, labels, 'strict');
    return (
      'prediction' in read &&
      read.prediction.changed === own.prediction.changed &&
      read.prediction.answer === own.prediction.answer
    );
  }).length;
}
