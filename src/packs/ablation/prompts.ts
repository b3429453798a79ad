/**
 * What a program can read in the prompts of the pack's templates (fixtures/packs/ablation/study.yaml).
 * The simulated server answers by it, and by nothing else that a model could not see:
 *
 * - a multiple-choice question: sentences, then options as lines `A. text`. `readChoices` gives both. A
 *   simulated model adds up what each sentence contributes to the log-odds of each option, most for a
 *   sentence that names an option (`namedOption`). Any part can then be removed, with a known effect.
 * - the question what would change: the first question between tags, and the part in quotation marks.
 *   `readAblation` gives the question as it was asked with the part and as it would be without. A model
 *   with perfect self-knowledge answers both and says so by `sentenceOf`; the turns before it are worked
 *   examples, each with its answer in the same words.
 */

/** A multiple-choice question, as a model sees it. */
interface Choices {
  readonly sentences: readonly string[];
  /** Text by label. */
  readonly options: ReadonlyMap<string, string>;
}

/** A question with a part, and the same without. */
interface Ablation {
  readonly withPart: string;
  readonly without: string;
  readonly part: string;
}

const OPTION = /^\s*([A-Z])[.)]\s+(.+?)\s*$/;

/** Null if there are fewer than two options. */
export function readChoices(prompt: string): Choices | null {
  const lines = prompt.split('\n');
  const options = new Map<string, string>();
  for (const line of lines) {
    const [, label, text] = OPTION.exec(line) ?? [];
    if (label !== undefined && text !== undefined) options.set(label, text);
  }
  if (options.size < 2) return null;
  const rest = lines.filter((line) => !OPTION.test(line)).join('\n');
  const sentences = rest.split(/(?<=[.?!])\s+|\n+/).map((sentence) => sentence.trim());
  return { sentences: sentences.filter((sentence) => sentence !== ''), options };
}

/** The option that a sentence names by its label, `(B)` or `option B`; null if none or several. */
export function namedOption(sentence: string, { options }: Choices): string | null {
  const named = [...options.keys()].filter((label) =>
    new RegExp(
      `\\(${label}\\)|\\b(?:option|answer is|choose|chose|pick(?:ed)?|say) ${label}\\b`,
    ).test(sentence),
  );
  return named.length === 1 ? (named[0] ?? null) : null;
}

const ABLATION = /<question>\n([\s\S]*?)\n<\/question>[\s\S]*?left out: "([\s\S]*?)"\n/;

/** Null if the prompt does not ask what would change. */
export function readAblation(prompt: string): Ablation | null {
  const [, withPart, part] = ABLATION.exec(prompt) ?? [];
  if (withPart === undefined || part === undefined || !withPart.includes(part)) return null;
  return { withPart, part, without: withoutPart(withPart, part) };
}

/** Removes the first occurrence of a part, with the white space that it leaves behind. */
export function withoutPart(text: string, part: string): string {
  const at = text.indexOf(part);
  const [before, after] = [text.slice(0, at), text.slice(at + part.length)];
  if (before.endsWith('\n') && after.startsWith('\n')) return before + after.slice(1);
  return before.endsWith(' ') && /^\s|^$/.test(after) ? before.trimEnd() + after : before + after;
}
