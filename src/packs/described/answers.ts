/**
 * The kinds of answers of a described study: what is asked of the server, and how a text is read as a
 * value. The strict policy wants the answer and nothing else; the lenient one also takes it with
 * decoration, after a model's thinking, and numbers written as text.
 */
import { asObject, parseJson } from '../../checks/json.js';
import { bareAnswer, parseLabel, withoutThinking } from '../../study/parse-choice.js';
import { type AnswerPolicy, parseReport } from '../../study/parse-report.js';
import type { Answered, AnswerReading, AnswerSchema } from '../design.js';
import type { AnswerKind } from './configuration.js';

/** An option as it is shown in a trial. */
export interface ShownOption {
  /** What the model answers: `A`. */
  readonly label: string;
  readonly text: string;
  /** The option whatever its place and label: the name of its field. */
  readonly name: string;
}

/** What the reading of an answer depends on, beside its kind. */
export interface AnswerContext {
  /** In the order shown; empty if the task has none. */
  readonly options: readonly ShownOption[];
  /** Keys of a `json` answer. */
  readonly keys: ReadonlyMap<string, { readonly min: number; readonly max: number }>;
  /** The expected text of a scorer, rendered; null if there is none. */
  readonly expected: string | null;
}

const invalid = (reason: string, detail: string): AnswerReading => ({
  valid: false,
  ...{ reason, detail },
});

const read = (value: string | number, isStrict: boolean, text: string): AnswerReading => ({
  valid: true,
  value,
  repairs: isStrict ? [] : [`${JSON.stringify(text.slice(0, 60))} as ${value}`],
  outOfRange: false,
});

export function readKind(
  kind: AnswerKind,
  context: AnswerContext,
  answer: Answered,
  policy: AnswerPolicy,
): AnswerReading {
  switch (kind.kind) {
    case 'choice':
      return readChoice(labelsOf(kind, context), context, answer, policy);
    case 'number':
      return readNumber(kind, answer, policy);
    case 'ordinal':
      return kind.labels
        ? readGrade(kind.labels, answer, policy)
        : readNumber({ min: kind.from ?? 0, max: kind.to ?? 0, whole: true }, answer, policy);
    case 'json':
      return readNumbers(context, answer, policy);
    case 'text':
      return score(kind, context, withoutThinking(answer.text).trim());
  }
}

/** The labels of a choice, in the order shown. */
export function labelsOf(
  kind: Extract<AnswerKind, { kind: 'choice' }>,
  { options }: AnswerContext,
): readonly string[] {
  return options.length > 0 ? options.map(({ label }) => label) : (kind.labels ?? []);
}

/** With structured output, the answer is the value of this key. */
const ANSWER_KEY = 'answer';

/** The text of the answer; inside `{"answer": …}` if the server kept to the schema. */
function saidIn(text: string): string {
  const value = asObject(parseJson(text))?.[ANSWER_KEY];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : text;
}

function readChoice(
  labels: readonly string[],
  { options }: AnswerContext,
  answer: Answered,
  policy: AnswerPolicy,
): AnswerReading {
  const text = saidIn(answer.text);
  const label = parseLabel(text, labels, policy);
  if (label === null) return invalid('not-a-label', `expected one of ${labels.join(', ')}`);
  const name = options.find((option) => option.label === label)?.name ?? label;
  return read(name, text.trim() === label, text);
}

function readGrade(
  labels: readonly string[],
  answer: Answered,
  policy: AnswerPolicy,
): AnswerReading {
  const text = saidIn(answer.text);
  const label = parseLabel(text, labels, policy);
  if (label === null) return invalid('not-a-label', `expected one of ${labels.join(', ')}`);
  return read(labels.indexOf(label) + 1, text.trim() === label, text);
}

const PLAIN_NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
/** The lenient policy also takes `7/10`, `7 out of 10`, `Rating: 7.` */
const NUMBER_IN_WORDS =
  /^(?:(?:(?:my|the) )?(?:final )?(?:answer|rating|grade|score|number|estimate)(?: is)? ?[:=]? ?)?([+-]?\d+(?:\.\d+)?) ?(?:(?:\/|out of) ?(\d+(?:\.\d+)?))? ?%?\.?$/i;

function readNumber(
  { min, max, whole = false }: { min: number; max: number; whole?: boolean },
  answer: Answered,
  policy: AnswerPolicy,
): AnswerReading {
  const text = saidIn(answer.text).trim();
  const isStrict = PLAIN_NUMBER.test(text);
  const found = isStrict ? text : policy === 'paper' ? null : numberIn(text, max);
  if (found === null) return invalid('not-a-number', `expected a number from ${min} to ${max}`);
  const value = Number(found);
  if (whole && !Number.isInteger(value)) {
    return invalid('not-a-grade', `${found} is not a whole number from ${min} to ${max}`);
  }
  if (value < min || value > max) {
    return invalid('out-of-range', `${found} is outside ${min} to ${max}`);
  }
  return read(value + 0, isStrict, text);
}

/** A number in few words; null if there is none, or if it is out of another maximum. */
function numberIn(text: string, max: number): string | null {
  const said = bareAnswer(text.replaceAll('\u2212', '-'), 20);
  const [, number, outOf] = (said !== null && NUMBER_IN_WORDS.exec(said)) || [];
  if (number === undefined || (outOf !== undefined && Number(outOf) !== max)) return null;
  return number;
}

function readNumbers(
  { keys }: AnswerContext,
  answer: Answered,
  policy: AnswerPolicy,
): AnswerReading {
  const names = [...keys.keys()];
  const parsed = parseReport(answer.text, names, policy);
  if (!parsed.ok) return invalid(parsed.reason, parsed.detail);
  const value = new Map(names.map((name, i) => [name, parsed.weights[i] ?? Number.NaN]));
  for (const [name, { min, max }] of keys) {
    const number = value.get(name) ?? Number.NaN;
    if (number >= min && number <= max) continue;
    return invalid('out-of-range', `${name} is ${number}, outside ${min} to ${max}`);
  }
  const repairs = parsed.repairs.map(({ from, to }) => `${from} as ${to}`);
  return { valid: true, value, repairs, outOfRange: false };
}

function score(
  { scorer }: Extract<AnswerKind, { kind: 'text' }>,
  { expected }: AnswerContext,
  text: string,
): AnswerReading {
  if (scorer === undefined || expected === null) return read(text, true, text);
  const fits = {
    exact: () => text.toLowerCase() === expected.trim().toLowerCase(),
    includes: () => text.toLowerCase().includes(expected.trim().toLowerCase()),
    matches: () => new RegExp(expected, 'iu').test(text.slice(0, MOST_MATCHED)),
  }[scorer]();
  return read(fits ? 1 : 0, true, text);
}

/** A pattern may take time that grows fast with the length. */
const MOST_MATCHED = 10_000;

/** Most tokens of an answer, and tokens of a usual one. */
export function tokensOf(
  kind: AnswerKind,
  context: AnswerContext,
): { readonly most: number; readonly likely: number } {
  switch (kind.kind) {
    case 'json':
      return { most: 40 * context.keys.size, likely: 8 * context.keys.size };
    case 'text':
      return { most: 256, likely: 60 };
    case 'choice': {
      const longest = Math.max(0, ...labelsOf(kind, context).map(({ length }) => length));
      return { most: 4 + longest, likely: 1 + Math.floor(longest / 4) };
    }
    default:
      return { most: 8, likely: 1 };
  }
}

/** The JSON schema of an answer, for servers that keep to one; null for a text. */
export function schemaOf(kind: AnswerKind, context: AnswerContext): AnswerSchema | null {
  const object = (properties: Readonly<Record<string, unknown>>): AnswerSchema => ({
    name: 'answer',
    schema: {
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    },
  });
  switch (kind.kind) {
    case 'choice':
      return object({ [ANSWER_KEY]: { type: 'string', enum: labelsOf(kind, context) } });
    case 'number':
      return object({ [ANSWER_KEY]: { type: 'number', minimum: kind.min, maximum: kind.max } });
    case 'ordinal':
      return object({
        [ANSWER_KEY]: kind.labels
          ? { type: 'string', enum: kind.labels }
          : { type: 'integer', minimum: kind.from, maximum: kind.to },
      });
    case 'json':
      return object(
        Object.fromEntries(
          [...context.keys].map(([name, { min, max }]) => [
            name,
            { type: 'number', minimum: min, maximum: max },
          ]),
        ),
      );
    case 'text':
      return null;
  }
}
