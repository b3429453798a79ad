/**
 * Parses the option a model chose from the text of its answer. The paper's policy accepts exactly
 * A or B. The lenient policy also accepts the letter with decoration (quotes, markdown, a full
 * stop, `Option A`, `My answer is: b`) and after a model's thinking. It never searches prose,
 * where `A` is an ordinary word.
 */
import type { AnswerPolicy } from './parse-report.js';

/** Longest answer considered: a letter with the words allowed around it. */
const LONGEST = 60;

/** Decoration around an answer: quotes of all kinds, markdown, brackets, white space. */
const DRESS = /[\s"'\u2018\u2019\u201c\u201d\u00ab\u00bb*_`#()[\]{}]+/g;

/** The words allowed before the label: `My final answer is: Option B`. */
const LEAD =
  '(?:(?:(?:my|the) )?(?:final )?(?:answer|choice|selection|decision|preference|rating|grade|score)(?: is)? ?:? ?)?(?:option ?:? ?)?';

export function parseChoice(text: string, policy: AnswerPolicy): 'A' | 'B' | null {
  const label = parseLabel(text, ['A', 'B'], policy);
  return label === 'A' || label === 'B' ? label : null;
}

/**
 * The label that an answer consists of, by the same two policies; null if there is none.
 * @param labels distinct also in lower case
 */
export function parseLabel(
  text: string,
  labels: readonly string[],
  policy: AnswerPolicy,
): string | null {
  const trimmed = text.trim();
  if (labels.includes(trimmed)) return trimmed;
  if (policy === 'paper') return null;
  const bare = bareAnswer(text, Math.max(...labels.map(({ length }) => length)));
  if (bare === null) return null;
  const found = labelPattern(labels).exec(bare)?.[1]?.toLowerCase();
  return labels.find((label) => undressed(label).toLowerCase() === found) ?? null;
}

/**
 * The text after a model's thinking without decoration; null if it is too long to be a short answer.
 * @param longest most characters of the answer proper
 */
export function bareAnswer(text: string, longest: number): string | null {
  const said = withoutThinking(text).trim();
  return said.length > LONGEST + longest ? null : undressed(said);
}

function undressed(text: string): string {
  return text.replace(DRESS, ' ').trim();
}

const patterns = new WeakMap<readonly string[], RegExp>();

function labelPattern(labels: readonly string[]): RegExp {
  const known = patterns.get(labels);
  if (known) return known;
  const escaped = labels.map((label) => undressed(label).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  const pattern = new RegExp(`^${LEAD}(${escaped.join('|')}) ?[.:]?$`, 'i');
  patterns.set(labels, pattern);
  return pattern;
}

const OPENING = /^\s*(?:<think(?:ing)?>|\[think\])/i;

const CLOSING = /<\/think(?:ing)?>|\[\/think\]/gi;

/**
 * The text after a leading thinking block, or the whole text if there is none. '' if the block
 * does not end: the answer was cut off before it began. The opening tag may be missing, because
 * some servers put it into the prompt.
 */
export function withoutThinking(text: string): string {
  const last = [...text.matchAll(CLOSING)].at(-1);
  if (last) return text.slice(last.index + last[0].length);
  return OPENING.test(text) ? '' : text;
}

/** True for an answer without words: white space, invisible characters, or only thinking. */
export function isVoid(text: string): boolean {
  return /^[\s\p{Cc}\p{Cf}]*$/u.test(withoutThinking(text));
}
