/**
 * Thoughts that a reasoning model writes before its answer where its server does not take them out:
 * `<think>…</think>`, `<thinking>…</thinking>`, `[THINK]…[/THINK]`.
 */

const OPENING = /^\s*(?:<think(?:ing)?>|\[think\])/i;

const CLOSING = /<\/think(?:ing)?>|\[\/think\]/gi;

/**
 * What follows the thoughts at the beginning of a text; the text itself where it has none. '' where
 * they do not end: the answer was cut off before it began. The opening tag may be missing, as some
 * servers put it into the prompt.
 */
export function withoutThinking(text: string): string {
  const last = [...text.matchAll(CLOSING)].at(-1);
  if (last) return text.slice(last.index + last[0].length);
  return OPENING.test(text) ? '' : text;
}

/** True for an answer without a word in it: white space, invisible signs, or thoughts alone. */
export function isVoid(text: string): boolean {
  return /^[\s\p{Cc}\p{Cf}]*$/u.test(withoutThinking(text));
}
