/**
 * Parses the weights a model reported from the text of its answer. Any text gives either a value
 * or the reason why there is none.
 *
 * The paper's policy accepts JSON, in a code fence or not: an object with exactly the context's
 * names, each with a number. Weights beyond ±100 are flagged and kept, as in the published files.
 * Three cases are rejected here that the authors' script leaves to Python's JSON parser and to
 * the reader of its CSV: a repeated name (Python takes the last), NaN and Infinity, and values
 * that are not numbers (`"40"` is text).
 *
 * The lenient policy accepts all of that, with the same weights, and repairs what has only one
 * possible meaning: near-matches of names, one object within prose or after a model's thinking,
 * numbers in quotes. Percentages are never repaired: `"40%"` may be a share of all weights, which
 * is another scale. Each repair is listed.
 */
import { namesNear } from './near-names.js';
import { withoutThinking } from './parse-choice.js';

export type AnswerPolicy = 'paper' | 'lenient';

export type ReportRejection = {
  readonly reason:
    | 'not-json'
    | 'not-an-object'
    | 'wrong-number-of-keys'
    | 'invented-name'
    /** A key without a letter or a digit in place of a name. */
    | 'missing-name'
    | 'not-a-number'
    | 'repeated-name';
  /** One line for a person. */
  readonly detail: string;
};

interface Repair {
  readonly from: string;
  readonly to: string;
}

export type ParsedReport =
  | {
      readonly ok: true;
      /** In the context's order. */
      readonly weights: readonly number[];
      /** True if a weight is beyond ±100. */
      readonly outOfRange: boolean;
      /** Repairs made; empty if and only if the paper's policy accepts the text too. */
      readonly repairs: readonly Repair[];
    }
  | ({ readonly ok: false } & ReportRejection);

type Rejected = Extract<ParsedReport, { readonly ok: false }>;

const LARGEST_WEIGHT = 100;

export function parseReport(
  text: string,
  names: readonly string[],
  policy: AnswerPolicy,
): ParsedReport {
  const found = policy === 'paper' ? findObject(text, policy) : findBehindThoughts(text);
  if (!found.ok) return found;
  const keys = topLevelKeys(found.source);
  const matched = matchNames(keys, names, policy);
  if (!matched.ok) return matched;
  const repairs = [...found.repairs, ...matched.repairs];
  const weights: number[] = [];
  for (const name of names) {
    const value = found.object[matched.keyOf.get(name) ?? ''];
    const weight = weightIn(value, policy);
    if (weight === null) {
      return rejected('not-a-number', `'${shown(name)}' is ${kindOf(value)}, expected a number`);
    }
    if (typeof value === 'string') repairs.push({ from: `"${shown(value)}"`, to: `${weight}` });
    weights.push(weight);
  }
  const outOfRange = weights.some((weight) => Math.abs(weight) > LARGEST_WEIGHT);
  return { ok: true, weights, outOfRange, repairs };
}

type FoundObject = {
  readonly ok: true;
  /** JSON text of the object. */
  readonly source: string;
  readonly object: Readonly<Record<string, unknown>>;
  readonly repairs: readonly Repair[];
};

/** Removes thinking only if the original text contains no object. */
function findBehindThoughts(text: string): FoundObject | Rejected {
  const said = withoutThinking(text);
  if (said === text || findObject(text, 'paper').ok) return findObject(text, 'lenient');
  const found = findObject(said, 'lenient');
  if (!found.ok) return found;
  const repair = { from: "an answer behind the model's thoughts", to: 'the answer alone' };
  return { ...found, repairs: [repair, ...found.repairs] };
}

function findObject(text: string, policy: AnswerPolicy): FoundObject | Rejected {
  const source = withoutFence(text);
  const value = parseJson(source);
  if (value === undefined) {
    const refusal =
      source === ''
        ? rejected('not-json', 'the answer is empty')
        : rejected('not-json', `the answer is no JSON: '${shown(text)}'`);
    return policy === 'lenient' ? objectInProse(text, refusal) : refusal;
  }
  if (!isObject(value)) {
    return rejected('not-an-object', `the answer is ${kindOf(value)}, expected an object`);
  }
  return { ok: true, source, object: value, repairs: [] };
}

/** A fence leaves white space, backticks and the word json around its content. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  let end = trimmed.length;
  while (trimmed[end - 1] === '`') end--;
  return trimmed
    .slice(0, end)
    .replace(/^(?:`+(?:json)?|json\b)/, '')
    .trim();
}

/** Returns undefined, which is not a JSON value, if the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not only a SyntaxError: a parser may overflow the stack.
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The only object in a text that is not JSON as a whole. Two objects are ambiguous, so neither is
 * used.
 */
function objectInProse(text: string, refusal: Rejected): FoundObject | Rejected {
  const objects = bracedParts(text).flatMap((source) => {
    const object = parseJson(source);
    return isObject(object) ? [{ source, object }] : [];
  });
  const [found] = objects;
  if (!found) return refusal;
  if (objects.length > 1) {
    return rejected('not-json', `the answer holds ${objects.length} objects, expected one`);
  }
  const repairs = [{ from: 'an object within text', to: 'the object alone' }];
  return { ok: true, ...found, repairs };
}

/** Outermost brace-delimited parts, in one pass. */
function bracedParts(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '{') {
      if (depth === 0) start = i;
      depth++;
    } else if (text[i] === '}' && depth > 0) {
      depth--;
      if (depth === 0) parts.push(text.slice(start, i + 1));
    }
  }
  return parts;
}

type MatchedNames = {
  readonly ok: true;
  readonly keyOf: ReadonlyMap<string, string>;
  readonly repairs: readonly Repair[];
};

/** Matches keys and names one to one, or returns the first problem that prevents it. */
function matchNames(
  keys: readonly string[],
  names: readonly string[],
  policy: AnswerPolicy,
): MatchedNames | Rejected {
  const twice = firstRepeated(keys);
  if (twice !== null) {
    return rejected('repeated-name', `'${shown(twice)}' is there more than once`);
  }
  if (keys.length !== names.length) {
    return rejected('wrong-number-of-keys', `${keys.length} keys, expected ${names.length}`);
  }
  const keyOf = new Map<string, string>();
  const repairs: Repair[] = [];
  for (const key of keys) {
    const could = namesOfKey(key, names, policy);
    const [name] = could;
    if (name === undefined || could.length > 1) return unknownName(key, could);
    const other = keyOf.get(name);
    if (other !== undefined) {
      return rejected(
        'repeated-name',
        `'${shown(other)}' and '${shown(key)}' can both be '${shown(name)}'`,
      );
    }
    keyOf.set(name, key);
    if (key !== name) repairs.push({ from: shown(key), to: name });
  }
  return { ok: true, keyOf, repairs };
}

function firstRepeated(keys: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
}

function namesOfKey(key: string, names: readonly string[], policy: AnswerPolicy): string[] {
  if (names.includes(key)) return [key];
  return policy === 'lenient' ? namesNear(key, names) : [];
}

function unknownName(key: string, could: readonly string[]): Rejected {
  if (could.length > 1) {
    const either = could.map((name) => `'${shown(name)}'`).join(' or ');
    return rejected('invented-name', `'${shown(key)}' can be ${either}`);
  }
  if (!/[\p{L}\p{N}]/u.test(key)) {
    return rejected('missing-name', `'${shown(key)}' stands where a name should`);
  }
  return rejected('invented-name', `'${shown(key)}' is no name of the context`);
}

/** A finite number, or null. */
function weightIn(value: unknown, policy: AnswerPolicy): number | null {
  const number = typeof value === 'string' && policy === 'lenient' ? numberInText(value) : value;
  // + 0 turns a negative zero into zero.
  return typeof number === 'number' && Number.isFinite(number) ? number + 0 : null;
}

/** A plain decimal with an ASCII or typographic sign, and nothing else; otherwise null. */
function numberInText(text: string): number | null {
  const plain = text.trim().replace('\u2212', '-');
  return /^[+-]?\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : null;
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return `the text '${shown(value)}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : 'an object';
}

const LONGEST_SHOWN = 60;

/** Untrusted text for a line of a message: truncated, on one line, without control characters. */
function shown(text: string): string {
  const start = text.slice(0, LONGEST_SHOWN).replace(/[\p{C}\p{Z}]+/gu, ' ');
  return text.length > LONGEST_SHOWN ? `${start}…` : start;
}

function rejected(reason: ReportRejection['reason'], detail: string): Rejected {
  return { ok: false, reason, detail };
}

/**
 * The keys of a JSON object as written in its text. `JSON.parse` silently keeps the last of a
 * repeated key, so the text itself is scanned.
 *
 * @param json a whole object that `JSON.parse` accepts.
 */
function topLevelKeys(json: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let expectsKey = false;
  for (let i = 0; i < json.length; i++) {
    const sign = json[i];
    if (sign === '"') {
      const end = endOfString(json, i);
      if (expectsKey) keys.push(String(JSON.parse(json.slice(i, end + 1))));
      expectsKey = false;
      i = end;
    } else if (sign === '{' || sign === '[') {
      depth++;
      expectsKey = depth === 1;
    } else if (sign === '}' || sign === ']') {
      depth--;
    } else if (sign === ',') {
      expectsKey = depth === 1;
    }
  }
  return keys;
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(json: string, start: number): number {
  let end = start + 1;
  while (end < json.length && json[end] !== '"') end += json[end] === '\\' ? 2 : 1;
  return end;
}
