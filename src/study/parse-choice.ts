/**
 * Which option a model chose, from the text of its answer. The paper asked for A or B and nothing
 * else. The lenient policy takes the letter in other dress (quotes, markdown, a full stop, `Option
 * A`, `My answer is: b`) and behind a model's thoughts, and never looks for it in prose, where `A`
 * is a word like any other.
 */
import type { AnswerPolicy } from './parse-report.js';
import { withoutThinking } from './thinking.js';

/** A letter with what may be said around it; no such answer is longer. */
const LONGEST = 60;

/** What an answer may be dressed in: quotes of all kinds, markdown, brackets, white space. */
const DRESS = /[\s"'\u2018\u2019\u201c\u201d\u00ab\u00bb*_`#()[\]{}]+/g;

const LETTER =
  /^(?:(?:(?:my|the) )?(?:final )?(?:answer|choice|selection|decision|preference)(?: is)? ?:? ?)?(?:option ?:? ?)?([ab]) ?[.:]?$/i;

export function parseChoice(text: string, policy: AnswerPolicy): 'A' | 'B' | null {
  const trimmed = text.trim();
  if (trimmed === 'A' || trimmed === 'B') return trimmed;
  if (policy === 'paper') return null;
  const said = withoutThinking(text).trim();
  if (said.length > LONGEST) return null;
  const letter = LETTER.exec(said.replace(DRESS, ' ').trim())?.[1]?.toUpperCase();
  return letter === 'A' || letter === 'B' ? letter : null;
}
