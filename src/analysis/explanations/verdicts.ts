/** Whether a sentence says that an output changes: Li et al. 2025, arXiv 2511.08579. */

/** `remains unchanged`, `would change to`, and other words for the same. */
export const VERDICTS =
  /\b(remain(?:s|ed)?\s+(?:unchanged|the\s+same)|change[sd]?\s+(?:from\b.*?\s)?to)\b/gi;

/** @param verdict a match of `VERDICTS` */
export function isChange(verdict: string): boolean {
  return /^change/i.test(verdict);
}

/** Null if the text says neither, or both. */
export function saysChange(text: string): boolean | null {
  const said = new Set([...text.matchAll(VERDICTS)].map(([verdict]) => isChange(verdict)));
  const [first] = said;
  return first === undefined || said.size > 1 ? null : first;
}
