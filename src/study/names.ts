/**
 * Which texts can be shown to a model, written to files and read back as they were: names of
 * contexts, attributes and models, agents, questions and units.
 */
import { pythonJson } from './python-format.js';

/** What keeps a text out of a prompt; null where nothing does. */
export function textProblem(text: string): string | null {
  if (/[\r\n]/.test(text)) return 'must be on one line';
  const [odd] = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u.exec(text) ?? [];
  if (odd === undefined) return null;
  const code = `U+${odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  if (odd === '\uFFFD') return `holds ${code}, which stands for a letter that was lost`;
  if (/\p{Cs}/u.test(odd)) return `holds half a letter (${code}), which no file can hold`;
  return `holds the control character ${code}`;
}

/** What keeps a text from being a name; null where nothing does. */
export function nameProblem(name: string): string | null {
  const problem = textProblem(name);
  if (problem) return problem;
  const bare = name.replace(/[\p{Cf}\s]+/gu, '');
  if (bare === '') return 'is empty, or holds nothing that can be seen';
  return name === name.trim() ? null : 'begins or ends with white space';
}

/** The same as a check of zod. */
export function refuse(problemOf: (text: string) => string | null) {
  return (value: string, { addIssue }: { addIssue(message: string): void }): void => {
    const problem = problemOf(value);
    if (problem) addIssue(problem);
  };
}

/** Two names of one key look the same to a person. */
function keyOf(name: string): string {
  return name
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** The first name that comes a second time, or looks as if it did; null where none does. */
export function repeatedName(names: readonly string[]): { index: number; message: string } | null {
  const seen = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    const first = seen.get(keyOf(name));
    if (first !== undefined) return { index, message: repetition(name, names[first] ?? '', first) };
    seen.set(keyOf(name), index);
  }
  return null;
}

function repetition(name: string, other: string, first: number): string {
  if (name === other) return `'${onOneLine(name)}' is there twice, first at ${first}`;
  return `${pythonJson(name)} looks like ${pythonJson(other)}, at ${first}: expected names that a person can tell apart`;
}

/** A text from outside in a line for a person: without control characters and not without end. */
export function onOneLine(text: string, longest = 200): string {
  const start = text.slice(0, longest).replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
  return text.length > longest ? `${start}…` : start;
}
