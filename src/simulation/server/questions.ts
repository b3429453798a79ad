/**
 * How a simulated model answers a multiple-choice question. Each sentence adds to the log-odds of each
 * option; a sentence that names an option is a hint, which the model follows or not. A part of what
 * decides is common to all models of a server, the rest is the model family's own.
 */
import { namedOption, readChoices } from '../../packs/ablation/prompts.js';
import type { LabelLogprobs } from './logprobs.js';
import type { SharedState, SimulatedModel } from './model.js';
import { usualQuestions } from './profile.js';
import { digestOf, normalOf, uniformOf } from './randomness.js';

export interface QuestionProfile {
  /** Standard deviation of what one sentence adds to the log-odds of an option. */
  readonly sharpness: number;
  /** Share of that variance that all models have in common, from 0 to 1. */
  readonly common: number;
  /** Share of hints that the model follows, from 0 to 1. */
  readonly hintFollowing: number;
  /** What the option shown first gains, in log-odds. */
  readonly positionBias: number;
}

/** Enough to outweigh everything else. */
const HINT = 20;

/** Log-probabilities of the labels, in the order shown; null if the text is no such question. */
export function answersOf(
  text: string,
  { family, profile }: Pick<SimulatedModel, 'family' | 'profile'>,
  { seed }: Pick<SharedState, 'seed'>,
): LabelLogprobs | null {
  const choices = readChoices(text);
  if (!choices) return null;
  const { sharpness, common, hintFollowing, positionBias } = profile.questions ?? usualQuestions;
  const felt = (sentence: string, option: string) =>
    Math.sqrt(common) * normalOf(digestOf(seed, 'question', sentence, option)) +
    Math.sqrt(1 - common) * normalOf(digestOf(seed, 'question', family, sentence, option));
  const follows = (hint: string, option: string) =>
    uniformOf(digestOf(seed, 'hint', family, hint, option), 0) < hintFollowing;
  return normalized(
    [...choices.options].map(([label, option], place) => {
      let score = place === 0 ? positionBias : 0;
      for (const sentence of choices.sentences) {
        const named = namedOption(sentence, choices);
        if (named === null) score += sharpness * felt(sentence, option);
        else if (named === label && follows(sentence, option)) score += HINT;
      }
      return [label, score];
    }),
  );
}

/** Log-probabilities in proportion to the exponentials of the scores. */
export function normalized(scores: LabelLogprobs): LabelLogprobs {
  const largest = Math.max(...scores.map(([, score]) => score));
  const total = scores.reduce((sum, [, score]) => sum + Math.exp(score - largest), 0);
  return scores.map(([label, score]) => [label, score - largest - Math.log(total)]);
}

/** Probabilities of the labels at a temperature; at 0 the likeliest has them all. */
export function labelChances(
  labels: LabelLogprobs,
  temperature: number,
): Readonly<Record<string, number>> {
  if (temperature === 0) {
    const [best] = labels.reduce(
      (one, other) => (other[1] > one[1] ? other : one),
      labels[0] ?? ['', 0],
    );
    return Object.fromEntries(labels.map(([label]) => [label, label === best ? 1 : 0]));
  }
  const scaled = normalized(labels.map(([label, logprob]) => [label, logprob / temperature]));
  return Object.fromEntries(scaled.map(([label, logprob]) => [label, Math.exp(logprob)]));
}

/** A label by its probability. @param luck uniform on (0, 1) */
export function labelSaid(labels: LabelLogprobs, temperature: number, luck: number): string {
  const chances = labelChances(labels, temperature);
  let left = luck;
  for (const [label] of labels) {
    left -= chances[label] ?? 0;
    if (left < 0) return label;
  }
  return labels.at(-1)?.[0] ?? '';
}
