/**
 * What a model said of its weights, from the text of its answer: a value, or the reason why there
 * is none. Any text at all gives one of the two.
 *
 * The paper's policy takes JSON, in a code fence or not: an object with exactly the context's
 * names, each with a number. Weights beyond ±100 are marked and kept, as in the published files.
 * Three things are stricter here than in the authors' script, which leaves them to Python's JSON
 * parser and to whoever reads its CSV: a name given twice (Python takes the last), NaN and
 * Infinity, and values that are no numbers (`"40"` is text).
 *
 * The lenient policy takes all of that, with the same weights, and mends what can be meant in one
 * way only: near-matches of names, one object within prose or behind a model's thoughts, numbers in
 * quotes. Percentages are
 * never mended: `"40%"` may be a share of all weights, which is another scale. Each mend is listed.
 */
import { topLevelKeys } from './json-keys.js';
import { namesNear } from './near-names.js';
import { withoutThinking } from './thinking.js';

export type AnswerPolicy = 'paper' | 'lenient';

export type ReportRejection = {
  readonly reason:
    | 'not-json'
    | 'not-an-object'
    | 'wrong-number-of-keys'
    | 'invented-name'
    /** A key without a letter or a digit stands where a name should. */
    | 'missing-name'
    | 'not-a-number'
    | 'repeated-name';
  /** One line for a person. */
  readonly detail: string;
};

export interface Repair {
  readonly from: string;
  readonly to: string;
}

export type ParsedReport =
  | {
      readonly ok: true;
      /** In the context's order. */
      readonly weights: readonly number[];
      /** A weight lies beyond ±100. */
      readonly outOfRange: boolean;
      /** What was mended; empty exactly where the paper's policy accepts the text too. */
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
  /** The JSON of the object. */
  readonly source: string;
  readonly object: Readonly<Record<string, unknown>>;
  readonly repairs: readonly Repair[];
};

/** Thoughts are taken out only where the text as it is holds no object. */
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

/** White space, backticks and the word json are what a fence leaves around its content. */
function withoutFence(text: string): string {
  const trimmed = text.trim();
  let end = trimmed.length;
  while (trimmed[end - 1] === '`') end--;
  return trimmed
    .slice(0, end)
    .replace(/^(?:`+(?:json)?|json\b)/, '')
    .trim();
}

/** Undefined, which no JSON is, where the text is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not only a SyntaxError: a parser may run out of stack.
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The only object in a text that is no JSON as a whole. Of two, none is the answer. */
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

/** Outermost parts between braces, in one pass. */
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
  /** The key of each name. */
  readonly keyOf: ReadonlyMap<string, string>;
  readonly repairs: readonly Repair[];
};

/** One key for each name and one name for each key, or the first that stands against it. */
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

/** A plain decimal with its sign, be it typed or typeset, and nothing beside it. */
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

/** Text from outside in a line for a person: cut short, on one line, without control characters. */
function shown(text: string): string {
  const start = text.slice(0, LONGEST_SHOWN).replace(/[\p{C}\p{Z}]+/gu, ' ');
  return text.length > LONGEST_SHOWN ? `${start}…` : start;
}

function rejected(reason: ReportRejection['reason'], detail: string): Rejected {
  return { ok: false, reason, detail };
}
