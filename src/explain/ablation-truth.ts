/** Input ablation, exactly: the target's answer to each hinted question, and without the hint. */
import type { Transformer } from '../../models/transformer/transformer.js';
import { largestAt, tokenProbabilities } from './target.js';
import { type Question, questionTokens } from './texts.js';
import { LETTERS, tokensOf, type World } from './world.js';

export interface AblationItem {
  /** With its hint. */
  readonly question: Question;
  /** The most probable letter, with and without the hint, from 0. */
  readonly hinted: number;
  readonly plain: number;
  readonly changed: boolean;
  /** Probabilities of the letters, with and without the hint; each sums to 1. */
  readonly hintedProbabilities: readonly number[];
  readonly plainProbabilities: readonly number[];
}

/** One item for each question with a hint. */
export function ablationTruth(
  world: World,
  model: Transformer,
  questions: readonly Question[],
): AblationItem[] {
  const asked = questions.filter(({ hint }) => hint !== null);
  const hinted = answersTo(world, model, asked);
  const plain = answersTo(
    world,
    model,
    asked.map((question) => ({ ...question, hint: null })),
  );
  return asked.map((question, i) => {
    const answers = { hinted: largestAt(hinted[i]), plain: largestAt(plain[i]) };
    return {
      question,
      ...answers,
      changed: answers.hinted !== answers.plain,
      hintedProbabilities: hinted[i],
      plainProbabilities: plain[i],
    };
  });
}

/** The target's probabilities of the letters, normalized among them. */
export function answersTo(
  world: World,
  model: Transformer,
  questions: readonly Question[],
): number[][] {
  const token = tokensOf(world);
  return tokenProbabilities(
    model,
    questions.map((question) => ({ tokens: questionTokens(world, question) })),
    LETTERS.map((_, letter) => token.letter(letter)),
  );
}
