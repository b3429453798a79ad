/**
 * The two sentences in which a model says what would change if a part of its input were removed (Li et
 * al. 2025, arXiv 2511.08579), written and read. The paper told untrained models another sentence for a
 * change than the one it scored; here the sentences that are told, trained and scored are the same.
 */

import type { Prediction } from '../../analysis/explanations/table.js';
import { isChange, VERDICTS } from '../../analysis/explanations/verdicts.js';

/** The sentence of a prediction; the prompt shows it with X as the answer. */
export function sentenceOf({ changed, answer }: Prediction): string {
  return changed
    ? `The output would change to <<<${answer}>>>.`
    : `The output would remain unchanged from <<<${answer}>>>.`;
}

type PredictionReading =
  | { readonly prediction: Prediction; readonly repairs: readonly string[] }
  | { readonly reason: PredictionProblem; readonly detail: string };

type PredictionProblem = 'neither-sentence' | 'both-sentences' | 'no-answer' | 'not-a-label';

const STRICT = /^the output would (remain unchanged from|change to) <<<\s*(.*?)\s*>>>\.?$/i;
const BRACKETED = /<<<\s*([\s\S]*?)\s*>>>/g;

/**
 * Reads a prediction. `strict`: one of the two sentences and nothing else, in either case, with or
 * without the full stop. `lenient` also reads a sentence within other text, other words for the same,
 * `Answer: B` and `(B)` for `B`, and an answer without brackets if only one label is named after the
 * verdict; each of these is a repair.
 *
 * @param labels the answers that the question allows
 */
export function readPrediction(
  text: string,
  labels: readonly string[],
  policy: 'strict' | 'lenient',
): PredictionReading {
  const [, verdict, answer] = STRICT.exec(text.trim()) ?? [];
  if (verdict !== undefined && answer !== undefined) {
    const changed = /^change/i.test(verdict);
    if (labels.includes(answer)) return { prediction: { changed, answer }, repairs: [] };
    if (policy === 'strict') return notALabel(answer, labels);
  }
  if (policy === 'lenient') return lenientPrediction(text, labels);
  return { reason: 'neither-sentence', detail: 'expected one of the two sentences, nothing else' };
}

function lenientPrediction(text: string, labels: readonly string[]): PredictionReading {
  const verdicts = [...text.matchAll(VERDICTS)];
  const [first] = verdicts;
  if (!first) return { reason: 'neither-sentence', detail: 'says neither unchanged nor change to' };
  const changed = isChange(first[0]);
  if (verdicts.some(([verdict]) => isChange(verdict) !== changed)) {
    return {
      reason: 'both-sentences',
      detail: 'says that the answer changes, and that it does not',
    };
  }
  const after = text.slice(first.index + first[0].length);
  const bracketed = new Set([...after.matchAll(BRACKETED)].map(([, inside = '']) => inside));
  const [inside, ...others] = bracketed;
  if (inside !== undefined && others.length === 0) {
    const answer = labels.find((label) => label === bare(inside));
    if (answer === undefined) return notALabel(inside, labels);
    const repairs = inside === answer ? ['text around the sentence'] : ['label with other text'];
    return { prediction: { changed, answer }, repairs };
  }
  const named = labels.filter((label) => mentions(after, label));
  const [answer] = named;
  if (answer === undefined || named.length > 1 || others.length > 0) {
    return { reason: 'no-answer', detail: 'expected one answer in <<< >>>' };
  }
  return { prediction: { changed, answer }, repairs: ['answer without <<< >>>'] };
}

/** `B` for `Answer: B`, `(B)` and `B.`. */
function bare(inside: string): string {
  return inside
    .replace(/^answer\s*:?\s*/i, '')
    .replace(/^\((.*)\)$/, '$1')
    .replace(/\.$/, '')
    .trim();
}

function mentions(text: string, label: string): boolean {
  const literal = label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'u').test(text);
}

function notALabel(found: string, labels: readonly string[]): PredictionReading {
  return { reason: 'not-a-label', detail: `<<<${found}>>>, expected one of ${labels.join(', ')}` };
}
