/**
 * Sanitizes all responses of a server: the length is bounded, the key is
 * masked, control characters are removed from everything except a model's own words, and errors are
 * brought into one shape. Every function takes linear time for any text.
 */
import {
  asList,
  asObject,
  asText,
  isTooHeavy,
  type JsonObject,
  parseJson,
} from '../../checks/json.js';
import type { Masks } from './secrets.js';

/** Characters; longer than any answer. A server that never stops must not fill the memory. */
export const LONGEST_ANSWER = 16 * 1024 * 1024;
/** Characters of an error that are read. */
export const LONGEST_ERROR = 64 * 1024;

/** An answer that would take too much memory or time to read. */
export class AnswerTooLarge extends Error {}

export const beyondLimit = () => new AnswerTooLarge('an answer beyond 16 MB');

export interface Sanitizer {
  /** Masks the key in a text, such as the body of a chat completion. */
  readonly mask: (text: string) => string;
  /** The answer to any other call. @throws AnswerTooLarge */
  answer(response: Response): Promise<Response>;
  /** A file that is downloaded: it may be long, so it is passed on as it comes, with its length. */
  file(response: Response): Response;
  /** An error, in OpenAI's shape. */
  error(response: Response): Promise<Response>;
}

export function createSanitizer({ mask, maskSameLength }: Masks): Sanitizer {
  return {
    mask,
    async answer(response) {
      const { text, isWhole } = await startOf(response, LONGEST_ANSWER);
      if (!isWhole) throw beyondLimit();
      if (isTooHeavy(text)) throw new AnswerTooLarge('an answer of more values than can be read');
      return withBody(response, withoutControls(mask(text)));
    },
    file(response) {
      if (!response.body || !maskSameLength) return response;
      const body = response.body
        .pipeThrough(new TextDecoderStream('utf-8', { ignoreBOM: true }))
        .pipeThrough(maskedPieces(maskSameLength.mask, maskSameLength.longest));
      return new Response(body, { status: response.status, headers: response.headers });
    },
    async error(response) {
      const { text } = await startOf(response, LONGEST_ERROR);
      const error = serverError(mask(text));
      return withBody(response, error ? jsonOf({ error }) : '');
    },
  };
}

/** The beginning of a body; the rest of a longer one is not fetched. */
export async function startOf(
  { body }: Response,
  longest: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > longest) return { text: text.slice(0, longest), isWhole: false };
  }
  return { text: text + decoder.decode(), isWhole: true };
}

function withBody({ status, headers }: Response, text: string): Response {
  return new Response(text || null, { status, headers });
}

/** JSON without (escaped) control characters: white space becomes a space, all others U+FFFD. */
function withoutControls(json: string): string {
  return json.replace(
    /\\u([0-9a-f]{4})|\\([^u])|[\x7f-\x9f]/gi,
    (found: string, code: string | undefined, letter: string | undefined) => {
      if (letter !== undefined) return shortEscapes.get(letter) ?? found;
      const character = code === undefined ? found : String.fromCharCode(Number.parseInt(code, 16));
      if (!/\p{Cc}/u.test(character)) return found;
      return /\s/.test(character) ? ' ' : '\ufffd';
    },
  );
}

/** Control characters and their replacements. */
const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['n', ' '],
  ['r', ' '],
  ['t', ' '],
  ['b', '\ufffd'],
  ['f', '\ufffd'],
]);

/** Masks a text that comes in pieces; the key may be cut in two. */
function maskedPieces(mask: (text: string) => string, longest: number) {
  let held = '';
  // Not TextEncoderStream: Node's works character by character.
  const encoder = new TextEncoder();
  return new TransformStream<string, Uint8Array>({
    transform(piece, controller) {
      const text = mask(held + piece);
      let end = Math.max(0, text.length - longest);
      // Not between the halves of a surrogate pair.
      if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
      held = text.slice(end);
      controller.enqueue(encoder.encode(text.slice(0, end)));
    },
    flush: (controller) => controller.enqueue(encoder.encode(held)),
  });
}

export type ServerError = JsonObject & { readonly message: string };

/**
 * The error in the body of a response, in OpenAI's shape: `{ message, code, … }`. vLLM and Mistral
 * leave out the `error` around it, LM Studio sends a mere string, FastAPI says `detail`, Gemini sends
 * a list of one, OpenRouter puts the provider's own error into `metadata.raw`, and gateways send web
 * pages. Null for an empty body.
 */
export function serverError(text: string): ServerError | null {
  const value = isTooHeavy(text) ? null : parseJson(text);
  const body = asObject(Array.isArray(value) ? value[0] : value);
  if (!body) return text.trim() === '' ? null : { message: withoutTags(text) };
  const given = asObject(body.error);
  const error = given ?? body;
  const said = given ? given.message : (body.error ?? body.message ?? body.detail);
  const message = asText(said) || complaintsIn(said) || jsonOf(said ?? error);
  const raw = asText(asObject(error.metadata)?.raw);
  const inner = raw === null ? null : serverError(raw);
  // Mistral's list of what is forbidden is in the message, FastAPI's beside it.
  const detail = asObject(said)?.detail ?? error.detail;
  const whole = { ...error, ...(detail !== undefined && { detail }) };
  if (!inner) return { ...whole, message };
  return { ...whole, message: `${message}: ${inner.message}`, error: inner };
}

/** What FastAPI complains of: 'seed: Extra inputs are not permitted'; '' for anything else. */
function complaintsIn(value: unknown): string {
  const list = asList(asObject(value)?.detail ?? value).map(asObject);
  const complaints = list.flatMap((one) => {
    const words = asText(one?.msg);
    // The first part of the place is 'body'.
    const place = asList(one?.loc).slice(1).map(asText);
    return words === null ? [] : [[...place.filter((part) => part), words].join(': ')];
  });
  return complaints.join('; ');
}

/** As JSON, unless the value is nested too deep for it. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify({ error: { message: 'an error nested too deep to be read' } });
  }
}

/** A web page without its tags, styles and scripts. */
export function withoutTags(page: string): string {
  if (!/^\s*</.test(page)) return page;
  let text = '';
  let at = 0;
  for (;;) {
    const start = page.indexOf('<', at);
    if (start < 0) return text + page.slice(at);
    text += `${page.slice(at, start)} `;
    const end = endOfTag(page, start);
    if (end < 0) return text;
    at = end;
  }
}

/** Index after the tag, or after a style or script element; -1 if it never ends. */
function endOfTag(page: string, start: number): number {
  const name = /^<(style|script)\b/i.exec(page.slice(start, start + 8))?.[1];
  let from = start;
  if (name !== undefined) {
    const closing = new RegExp(`</${name}`, 'gi');
    closing.lastIndex = start;
    const found = closing.exec(page);
    if (!found) return -1;
    from = found.index;
  }
  const end = page.indexOf('>', from);
  return end < 0 ? -1 : end + 1;
}

/** A text that is safe for a terminal: without control characters except line ends and tabs. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '\ufffd');
}

const LONGEST_REASON = 300;
/** Characters of a text that are searched. */
const LONGEST_WORDS = 64 * 1024;

/** A server's text in one line: without tags and without the key, even one that it has starred out. */
export function oneLine(text: string, mask: (text: string) => string = (words) => words): string {
  const words = mask(withoutTags(text.slice(0, LONGEST_WORDS)))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .split(' ');
  const line = words.map((word) => (word.includes('***') ? '[key]' : word)).join(' ');
  return line.length > LONGEST_REASON ? `${line.slice(0, LONGEST_REASON)}…` : line;
}
