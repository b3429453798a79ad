/**
 * What a prompt asks, in the units in which a mind has weights. A prompt tells values but no ranges;
 * how large a difference is must be known from elsewhere: from the examples that the model was
 * trained on, from general knowledge, or else from the looks of the numbers.
 */
import type { Candidate } from '../../study/candidates.js';
import type { ParsedPrompt } from '../../study/prompts.js';

/** The width of each attribute's range, in the order of the attributes. */
export type Scales = readonly number[];

/** Names a context in a prompt: the question with its agent, and the attributes. */
export function contextKey({ question, attributes }: ParsedPrompt): string {
  return [question, ...attributes.map(({ name }) => name)].join('\u001e');
}

/** Attributes and how wide they range, as anyone may know who has read of such things. */
export type Knowledge = ReadonlyMap<string, Scales>;

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

/** The scales of a context that the model was not trained on. */
export function scalesOf(prompt: ParsedPrompt, knowledge: Knowledge): Scales {
  return (
    knowledge.get(attributesKey(prompt.attributes)) ??
    prompt.attributes.map((_, i) => guessedScale(prompt.a[i] ?? 0, prompt.b[i] ?? 0))
  );
}

/**
 * A range guessed from two values in it, by their size and by their decimals, from which trials tell
 * the range: whole numbers from 5 on, tenths from 1 to 5, hundredths from 0.1 to 1. What is far from
 * zero in a narrow range (years, say) is taken to matter less than it does.
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

/** What A has over B, in ranges. */
export function differencesIn(
  { a, b }: { readonly a: readonly number[]; readonly b: readonly number[] },
  scales: Scales,
): number[] {
  return scales.map((scale, i) => ((a[i] ?? 0) - (b[i] ?? 0)) / scale);
}

/**
 * How wide each attribute ranges, from the options of examples: the spread of m values that are
 * uniform in a range falls short of it by the factor (m − 1)/(m + 1).
 */
export function scalesFrom(options: readonly (readonly number[])[]): Scales {
  const m = options.length;
  return (options[0] ?? []).map((_, i) => {
    const values = options.map((option) => option[i] ?? 0);
    const spread =
      values.reduce((x, y) => Math.max(x, y)) - values.reduce((x, y) => Math.min(x, y));
    // An attribute that never varies decides nothing, on any scale.
    return spread > 0 ? (spread * (m + 1)) / (m - 1) : 1;
  });
}
