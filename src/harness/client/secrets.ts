/**
 * The server's address and the key, checked once, and the key kept out of whatever is written.
 */
import { WeighbridgeError } from '../../errors.js';

/**
 * @returns the address without a slash at its end
 * @throws WeighbridgeError `bad-configuration`
 */
export function checkBaseURL(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw bad(`base URL '${text}': expected one that begins with http:// or https://`);
  }
  // The text itself would show the password.
  if (url.username || url.password) {
    throw bad(
      `the base URL of ${url.host} holds a user name or password: keys come from the environment`,
    );
  }
  if (url.search || url.hash) {
    throw bad(`base URL ${url.origin}${url.pathname}: expected no '?' or '#' and what follows it`);
  }
  return url.href.replace(/\/+$/, '');
}

function bad(message: string): WeighbridgeError {
  return new WeighbridgeError('bad-configuration', message);
}

/** Sent where the server wants no key: the `openai` package takes no empty one. */
const PLACEHOLDER = 'no-key';

/**
 * The key as it is sent.
 * @throws WeighbridgeError `no-key`, without the key: nothing that no header can carry is a key
 */
export function checkKey(key: string | null, baseURL: string): string {
  if (key === null) {
    if (new URL(baseURL).hostname !== OPENAI_HOST) return PLACEHOLDER;
    throw new WeighbridgeError(
      'no-key',
      `${baseURL} wants an API key and there is none: set OPENAI_API_KEY in the environment`,
    );
  }
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  const found =
    key.trim() === '' ? 'is empty' : 'holds a space, a line end or a letter beyond ASCII';
  throw new WeighbridgeError('no-key', `the API key for ${baseURL} ${found}: copy it anew`);
}

const OPENAI_HOST = 'api.openai.com';

/** Whether what names an account at OpenAI may be sent there. */
export function isOpenAI(baseURL: string): boolean {
  return new URL(baseURL).hostname === OPENAI_HOST;
}

/** Shorter ones (EMPTY, none, ollama) are no secrets, and occur in what a model says. */
const SHORTEST_SECRET = 8;

/** Replaces the key wherever it stands in a text, also as JSON may write it. */
export function maskOf(key: string | null): (text: string) => string {
  if (key === null || key.length < SHORTEST_SECRET) return (text) => text;
  const json = JSON.stringify(key).slice(1, -1);
  const spellings = [...new Set([key, json, json.replaceAll('/', '\\/'), encodeURIComponent(key)])];
  return (text) =>
    spellings.reduce(
      // Nearly no text holds it, and looking is cheaper than replacing.
      (masked, spelling) =>
        masked.includes(spelling) ? masked.replaceAll(spelling, '[key]') : masked,
      text,
    );
}
