/**
 * The door through which everything that a server says comes in, whichever call it answers. Here,
 * and nowhere else, what comes is bounded, the key is masked in it, and control characters are
 * taken out of all but a model's own words; errors are brought into one shape.
 */
import { asObject, asText, isTooHeavy, parseObject } from './json.js';
import { withoutTags } from './plain-words.js';
import type { Masks } from './secrets.js';

/** More than any answer; a server that never stops must not fill the memory. */
export const LONGEST_ANSWER = 16 * 1024 * 1024;
/** So much of an error is read; what a person is shown of it is far shorter. */
export const LONGEST_ERROR = 64 * 1024;

/** An answer that is not read, because reading it would take too much memory or time. */
export class AnswerTooLarge extends Error {}

export const beyondLimit = () => new AnswerTooLarge('an answer beyond 16 MB');

export interface Door {
  /** The body of a chat completion; a model's words keep their control characters. */
  chat(text: string): string;
  /** The answer to any other call. @throws AnswerTooLarge */
  answer(response: Response): Promise<Response>;
  /** A file that is downloaded: it may be long, and is passed on as it comes, with its length. */
  file(response: Response): Response;
  /** An error, as OpenAI would word it. */
  error(response: Response): Promise<Response>;
}

export function openDoor({ mask, maskSameLength }: Masks): Door {
  return {
    chat: mask,
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
      const { text, isWhole } = await startOf(response, LONGEST_ERROR);
      return withBody(response, openAIsError(mask(text), isWhole));
    },
  };
}

/** The beginning of a body; the rest of one that is longer is not fetched. */
async function startOf(
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

/**
 * JSON without control characters, which stand in it as escapes: white space becomes a space, all
 * others U+FFFD, so that it shows that something stood there.
 */
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

/** Masks a text that comes in pieces; the key may lie across two. */
function maskedPieces(mask: (text: string) => string, longest: number) {
  let held = '';
  // Node's TextEncoderStream takes a text apart character by character.
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

/**
 * OpenAI's shape of an error, `{ "error": { "message": … } }`, is all that the `openai` package
 * looks for: vLLM has been without the `error` around it, LM Studio with a mere string, FastAPI
 * says `detail`, and gateways send web pages.
 */
function openAIsError(text: string, isWhole: boolean): string {
  const body = isWhole ? parseObject(text) : null;
  if (!body) return text.trim() === '' ? '' : jsonOf({ error: { message: withoutTags(text) } });
  const given = asObject(body.error);
  const said = given ?? body.error ?? body.message ?? body.detail ?? body;
  const message = asText(given ? given.message : said) ?? jsonOf(said);
  return jsonOf({ error: { ...(given ?? body), message } });
}

/** As JSON; a value that is nested too deep for it cannot be shown. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify({ error: { message: 'an error nested too deep to be read' } });
  }
}
