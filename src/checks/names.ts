/** Names in messages: suggestions for misspellings, shortened lists, shortened names. */
import { closestMatch } from 'leven';

/**
 * Returns ", did you mean 'x1'?" if a known name is close, relative to its length; otherwise ''.
 */
export function didYouMean(name: string, names: readonly string[]): string {
  // For a one-letter name, any other letter is one change away.
  const maxDistance = name.length < 2 ? 0 : Math.max(1, Math.floor(name.length / 3));
  const sameLetters = names.find((other) => other.toLowerCase() === name.toLowerCase());
  const nearest = sameLetters ?? closestMatch(name, names, { maxDistance });
  return nearest === undefined ? '' : `, did you mean '${nearest}'?`;
}

/** The first few of many names, for messages. */
export function listed(names: readonly string[], most = 8): string {
  const shown = names.slice(0, most).map(shortened).join(', ');
  return names.length > most ? `${shown}, … (${names.length} in all)` : shown;
}

/** Observations or rows by their numbers, from 1, for messages: `9, 10`. @param indices from 0 */
export function numbered(indices: readonly number[]): string {
  return listed(indices.map((i) => String(i + 1)));
}

/** The start of a long name, for messages. */
export function shortened(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}

/** Untrusted text for one line of a message: no control characters, truncated to `longest`. */
export function onOneLine(text: string, longest = 200): string {
  const start = text.slice(0, longest).replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
  return text.length > longest ? `${start}…` : start;
}
