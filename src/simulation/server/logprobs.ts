/** Log-probabilities in OpenAI's shape. */
import { probabilityOf } from './behaviour.js';

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

/** Probability of all first tokens that are neither A nor B. */
const ELSE = 1e-4;
/** What else a model might have said, each with half the probability of the one before. */
const others = ['Option', ' A', ' B', 'a', 'b', 'I', 'The', '"', 'As', '1'] as const;

/** How sure the model is of each token of an answer that is not a choice. */
const FLUENT = Math.log(0.98);

/**
 * The content of `logprobs`. For a choice the alternatives are those that the choice was made from,
 * likeliest first, and the probabilities of A and B are in the odds that the model felt.
 * @param logOdds of A over B; null for an answer that is not a choice
 */
export function logprobsOf(text: string, logOdds: number | null, top: number) {
  const content =
    logOdds === null
      ? // No tokenizer here: pieces of four characters stand for tokens.
        (text.match(/[\s\S]{1,4}/g) ?? []).map((token) => position(token, [[token, FLUENT]], top))
      : [position(text, alternatives(logOdds), top)];
  return { content, refusal: null };
}

type Alternatives = readonly (readonly [token: string, logprob: number])[];

function position(said: string, alternatives: Alternatives, top: number) {
  const all = alternatives.map(([token, logprob]) => tokenLogprob(token, logprob));
  const spoken = all.find(({ token }) => token === said) ?? tokenLogprob(said, FLUENT);
  return { ...spoken, top_logprobs: all.slice(0, top) };
}

function alternatives(logOdds: number): Alternatives {
  const named = (token: string, odds: number) =>
    [token, Math.log1p(-ELSE) + logProbabilityOf(odds)] as const;
  return [
    named('A', logOdds),
    named('B', -logOdds),
    ...others.map((token, i) => [token, Math.log(ELSE * 0.5 ** (i + 1))] as const),
  ].sort(([, x], [, y]) => y - x);
}

/** log logit⁻¹, also where the probability is too small for a number. */
function logProbabilityOf(logOdds: number): number {
  return logOdds > -30 ? Math.log(probabilityOf(logOdds)) : logOdds;
}

function tokenLogprob(token: string, logprob: number): TokenLogprob {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}
