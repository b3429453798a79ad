/**
 * The log-probabilities of the answers that were asked for, from the alternatives to the first token.
 *
 * A label's probability is that of all tokens that read as the label: 'A', ' A', 'A\n'. A label of
 * several tokens has no such token. It gets the probability of the longest token with which it
 * begins, if no other label begins with it. Where a token could begin two labels ('1' of 1 and 10, if
 * the server does not list '10'), these labels get no probability instead of a wrong one.
 */
import { asList, asObject, asText } from '../../checks/json.js';

/** Natural logarithms by label; a label without one is absent. Null if the server gave none. */
export function readLogprobs(
  value: unknown,
  labels: readonly string[],
): ReadonlyMap<string, number> | null {
  const first = asObject(asList(asObject(value)?.content)[0]);
  if (!first) return null;
  const tokens = logprobsByText(first);
  const found = new Map<string, number>();
  for (const label of new Set(labels)) {
    const logprob = logprobOf(label, labels, tokens);
    if (logprob !== null) found.set(label, logprob);
  }
  return found;
}

/** A longer token would be slow to strip, and is no label's beginning. */
const LONGEST_TOKEN = 64;

/** Sums of the alternatives that are the same text but for spaces. */
function logprobsByText(first: Readonly<Record<string, unknown>>): ReadonlyMap<string, number> {
  const alternatives = new Map<string, number>();
  // Some servers list only the alternatives to the chosen token.
  for (const one of [first, ...asList(first.top_logprobs)]) {
    const alternative = asObject(one);
    const token = asText(alternative?.token);
    const logprob = alternative?.logprob;
    if (token === null || typeof logprob !== 'number' || !Number.isFinite(logprob)) continue;
    if (token.length <= LONGEST_TOKEN) alternatives.set(token, logprob);
  }
  const grouped = new Map<string, number[]>();
  for (const [token, logprob] of alternatives) {
    const text = bareText(token);
    grouped.set(text, [...(grouped.get(text) ?? []), logprob]);
  }
  return new Map([...grouped].map(([text, logprobs]) => [text, sumOf(logprobs)]));
}

function logprobOf(
  label: string,
  labels: readonly string[],
  tokens: ReadonlyMap<string, number>,
): number | null {
  const token = tokens.has(label) ? label : longestBeginning(label, tokens.keys());
  if (token === '') return null;
  const isShared = labels.some(
    (other) =>
      other !== label && other.startsWith(token) && (token !== label || !tokens.has(other)),
  );
  return isShared ? null : (tokens.get(token) ?? null);
}

/** The longest text with which the label begins; '' if there is none. */
function longestBeginning(label: string, texts: Iterable<string>): string {
  let longest = '';
  for (const text of texts) {
    if (label.startsWith(text) && text.length > longest.length) longest = text;
  }
  return longest;
}

/** Log of a sum of probabilities. */
function sumOf(logprobs: readonly number[]): number {
  // The largest is taken out of the sum, so that no exponential becomes zero.
  const largest = Math.max(...logprobs);
  return largest + Math.log(logprobs.reduce((sum, one) => sum + Math.exp(one - largest), 0));
}

/** Without spaces, also as SentencePiece (▁) and byte-level vocabularies (Ġ, Ċ) write them. */
function bareText(token: string): string {
  return token.replace(/^[\s▁ĠĊ]+|[\s▁ĠĊ]+$/g, '');
}
