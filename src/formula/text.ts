/**
 * Names and levels as they are compared: the same to the eye is the same to the program.
 */

/** Any character beyond ASCII: only with these is there something to do. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the range is all of ASCII
const BEYOND_ASCII = /[^\x00-\x7f]/;

/**
 * Characters that show as nothing: soft hyphen, zero-width space, word joiner, byte-order mark, and
 * the marks of writing direction that are copied along from web pages and spreadsheets.
 */
const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** Text in Unicode's composed form (NFC) without invisible characters. */
export function cleanText(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  return withoutEndJoiners(withoutInvisible(text)).normalize('NFC');
}

export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}

/** The zero-width joiners shape letters and emoji; at an end they join nothing. */
function withoutEndJoiners(text: string): string {
  let from = 0;
  let to = text.length;
  while (isJoiner(text.charCodeAt(from))) from++;
  while (to > from && isJoiner(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isJoiner(code: number): boolean {
  return code === 0x200c || code === 0x200d;
}
