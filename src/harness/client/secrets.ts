/** Checks of the server's address and the key, and the masking of secrets in texts. */
import { WeighbridgeError } from '../../errors.js';

/**
 * @returns the address without a slash at its end
 * @throws WeighbridgeError `bad-configuration`
 */
export function requireBaseURL(text: string): string {
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

/** Sent if the server requires no key: the `openai` package accepts no empty one. */
const PLACEHOLDER = 'no-key';

/**
 * The key as it is sent.
 * @throws WeighbridgeError `no-key` if there is none, or if it cannot be sent in a header
 */
export function requireKey(key: string | null, baseURL: string): string {
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

/** True if an OpenAI organization and project may be sent to this server. */
export function isOpenAI(baseURL: string): boolean {
  return new URL(baseURL).hostname === OPENAI_HOST;
}

/** Shorter keys (EMPTY, none, ollama) are placeholders, and occur in answers. */
const SHORTEST_SECRET = 8;

type Mask = (text: string) => string;

export interface Masks {
  /** Replaces the secrets in a text, in every encoding. */
  readonly mask: Mask;
  /**
   * Replaces them by texts of equal length, so that a file keeps its length; `longest` is the length of
   * their longest encoding. Null if there is no secret.
   */
  readonly maskSameLength: { readonly mask: Mask; readonly longest: number } | null;
}

const MASKED = '[key]';
/** One character of the key, escaped as `\\\\u0041`. */
const LONGEST_CHARACTER = 10;

/** @param secrets the key and the proxy's password, or null */
export function masksOf(...secrets: readonly (string | null)[]): Masks {
  const masks = secrets.flatMap((one) =>
    one === null || one.length < SHORTEST_SECRET ? [] : [masksOfSecret(one)],
  );
  const all = (each: readonly Mask[]) => (text: string) =>
    each.reduce((masked, mask) => mask(masked), text);
  return {
    mask: all(masks.map(({ mask }) => mask)),
    maskSameLength:
      masks.length === 0
        ? null
        : {
            mask: all(masks.map(({ maskSameLength }) => maskSameLength.mask)),
            longest: Math.max(...masks.map(({ maskSameLength }) => maskSameLength.longest)),
          },
  };
}

function masksOfSecret(key: string) {
  const spellings = spellingsOf(key);
  const mayHold = quickLook(key);
  const longest = LONGEST_CHARACTER * key.length;
  const replace = (text: string, masked: (found: string) => string) =>
    mayHold(text) ? text.replace(spellings, masked) : text;
  return {
    mask: (text: string) => replace(text, () => MASKED),
    maskSameLength: {
      mask: (text: string) => replace(text, (found) => MASKED.padEnd(found.length, '*')),
      longest,
    },
  };
}

/**
 * Matches the key as it is, with characters escaped as in JSON, URLs or HTML, in hexadecimal and in
 * Base64. Its parts have a fixed length, so that searching takes linear time.
 */
function spellingsOf(key: string): RegExp {
  const escaped = [...key].map(spellingOf).join('');
  const bases = base64Within(Buffer.from(key)).map((text) =>
    text.replaceAll('+', '[+-]').replaceAll('/', '(?:\\\\?/|_)'),
  );
  return new RegExp([escaped, ...bases, anyCase(hexOf(key))].join('|'), 'g');
}

/**
 * True if a text needs the search for all encodings, which takes twenty times as long: it contains a
 * part of the key that is never escaped, or it contains escapes.
 */
function quickLook(key: string): (text: string) => boolean {
  const hex = hexOf(key);
  const parts = [key, ...base64Within(Buffer.from(key))].map(
    (text) => text.split(/[^A-Za-z0-9]/).toSorted((a, b) => b.length - a.length)[0] ?? '',
  );
  const wanted = [...parts, hex, hex.toUpperCase()];
  const escapes = /\\u00|%[2-7]|&#/;
  return (text) => wanted.some((part) => text.includes(part)) || escapes.test(text);
}

function hexOf(key: string): string {
  return Buffer.from(key).toString('hex');
}

function spellingOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = anyCase(code.toString(16).padStart(2, '0'));
  const plain = character.replace(/[^A-Za-z0-9]/, '\\$&');
  const isLetter = plain === character;
  // JSON within JSON doubles the backslashes.
  const asItIs = isLetter ? plain : `\\\\{0,4}${plain}`;
  return `(?:${asItIs}|\\\\{1,4}u00${hex}|%${hex}|&#(?:[xX]0{0,2}${hex}|0{0,2}${code});)`;
}

/** The key's own characters in the Base64 of a text with 0, 1 or 2 bytes before it. */
function base64Within(key: Buffer): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), key]).toString('base64');
    const end = Math.floor((8 * (before + key.length)) / 6);
    return text.slice(Math.ceil((8 * before) / 6), end);
  });
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}
