/**
 * Validates texts that are shown to a model, written to files and read back unchanged: names of
 * contexts, attributes and models, agents, questions and units.
 */
import { onOneLine } from '../checks/names.js';
import { pythonJson } from './python-format.js';

/** The reason a text cannot appear in a prompt, or null. */
export function textProblem(text: string): string | null {
  if (/[\r\n]/.test(text)) return 'must be on one line';
  const [odd] = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\uFFFD]/u.exec(text) ?? [];
  if (odd === undefined) return null;
  const code = `U+${odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  if (odd === '\uFFFD') return `holds ${code}, which stands for a letter that was lost`;
  if (/\p{Cs}/u.test(odd)) return `holds half a letter (${code}), which no file can hold`;
  return `holds the control character ${code}`;
}

/** The reason a text cannot be a name, or null. */
export function nameProblem(name: string): string | null {
  const problem = textProblem(name);
  if (problem) return problem;
  const bare = name.replace(/[\p{Cf}\s]+/gu, '');
  if (bare === '') return 'is empty, or holds nothing that can be seen';
  return name === name.trim() ? null : 'begins or ends with white space';
}

/** The same check as a zod refinement. */
export function refuse(problemOf: (text: string) => string | null) {
  return (value: string, { addIssue }: { addIssue(message: string): void }): void => {
    const problem = problemOf(value);
    if (problem) addIssue(problem);
  };
}

/** Names with the same key look the same to a person. */
function keyOf(name: string): string {
  return name
    .normalize('NFC')
    .replace(/\p{Cf}/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

/**
 * The first name that repeats an earlier one, exactly or in appearance; null if all are distinct.
 */
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
