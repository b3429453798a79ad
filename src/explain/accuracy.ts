/** How near a target is to the best reader of its world, whose probabilities are known. */
import type { Transformer } from '../../models/transformer/transformer.js';
import { answersTo } from './ablation-truth.js';
import { largestAt, predictions } from './target.js';
import { answerProbabilities, type Question, statementTokens } from './texts.js';
import { tokensOf, type World } from './world.js';

interface Accuracy {
  /** Share of statements that the target completes with the true value, and of undisputed ones. */
  readonly statements: number;
  readonly undisputed: number;
  /** Share of questions that it answers like the best reader, without and with a hint. */
  readonly plain: number;
  readonly hinted: number;
  /** Share of hints that move the answer: of the target, and of the best reader. */
  readonly moved: number;
  readonly bestMoved: number;
}

/** @param questions each with a hint is compared with the same without one */
export function accuracyOf(
  world: World,
  model: Transformer,
  questions: readonly Question[],
): Accuracy {
  const token = tokensOf(world);
  const statements = world.facts.map((_, fact) => ({ tokens: statementTokens(world, fact) }));
  const completed = predictions(model, statements, largestAt).map(
    (next, f) => next === token.value(world.facts[f].relation, world.facts[f].value),
  );
  const hinted = questions.filter(({ hint }) => hint !== null);
  const plain = hinted.map((question) => ({ ...question, hint: null }));
  const [ofHinted, ofPlain] = [hinted, plain].map((some) => ({
    target: answersTo(world, model, some).map(largestAt),
    best: some.map((question) => largestAt(answerProbabilities(world, question))),
  }));
  const differ = (one: readonly number[], other: readonly number[]) =>
    shareOf(one.map((answer, i) => answer !== other[i]));
  return {
    statements: shareOf(completed),
    undisputed: shareOf(completed.filter((_, f) => world.facts[f].agreement === 1)),
    plain: 1 - differ(ofPlain.target, ofPlain.best),
    hinted: 1 - differ(ofHinted.target, ofHinted.best),
    moved: differ(ofHinted.target, ofPlain.target),
    bestMoved: differ(ofHinted.best, ofPlain.best),
  };
}

function shareOf(all: readonly boolean[]): number {
  return all.filter(Boolean).length / all.length;
}
