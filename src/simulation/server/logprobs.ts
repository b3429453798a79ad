/** The `logprobs` of an answer, in OpenAI's shape. */
import { probabilityOf } from '../simulated-model.js';

/** Log-probabilities of the labels of which the model says one; they add up to 1. */
export type LabelLogprobs = readonly (readonly [label: string, logprob: number])[];

/** @param logOdds log-odds of the first label over the second */
export function logprobsOfChoice(
  logOdds: number,
  [first, second]: readonly [string, string] = ['A', 'B'],
): LabelLogprobs {
  return [
    [first, logProbabilityOf(logOdds)],
    [second, logProbabilityOf(-logOdds)],
  ];
}

interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

/** Total probability of first tokens other than the labels. */
const ELSE = 1e-4;
/** Other possible first tokens, each half as probable as the one before. */
const others = ['Option', ' A', ' B', 'a', 'b', 'I', 'The', '"', 'As', '1'] as const;

/** Probability of each token of an answer that is not a label. */
const FLUENT = Math.log(0.98);

/**
 * The content of `logprobs`. For a label, the alternatives are sorted by decreasing probability.
 * @param labels null for an answer that is not one of a few labels
 */
export function logprobsOf(text: string, labels: LabelLogprobs | null, top: number) {
  const content =
    labels === null
      ? // There is no tokenizer: pieces of four characters serve as tokens.
        (text.match(/[\s\S]{1,4}/g) ?? []).map((token) => position(token, [[token, FLUENT]], top))
      : [position(text, alternatives(labels), top)];
  return { content, refusal: null };
}

function position(token: string, alternatives: LabelLogprobs, top: number) {
  const all = alternatives.map(([token, logprob]) => tokenLogprob(token, logprob));
  const said = all.find((one) => one.token === token) ?? tokenLogprob(token, FLUENT);
  return { ...said, top_logprobs: all.slice(0, top) };
}

function alternatives(labels: LabelLogprobs): LabelLogprobs {
  const names = labels.map(([label]) => label);
  return [
    ...labels.map(([label, logprob]) => [label, Math.log1p(-ELSE) + logprob] as const),
    ...others
      .map((token, i) => [token, Math.log(ELSE * 0.5 ** (i + 1))] as const)
      .filter(([token]) => !names.includes(token)),
  ].sort(([, x], [, y]) => y - x);
}

/** log logit⁻¹; stays finite where the probability underflows. */
function logProbabilityOf(logOdds: number): number {
  return logOdds > -30 ? Math.log(probabilityOf(logOdds)) : logOdds;
}

function tokenLogprob(token: string, logprob: number): TokenLogprob {
  return { token, logprob, bytes: [...Buffer.from(token)] };
}
