/**
 * The prompts: system prompt, decision prompt and introspection prompt, word for word as in the
 * authors' training files (Plunkett et al. 2025, Appendix B), and the parser from a prompt back
 * to its content.
 *
 * A printed prompt is parsed back exactly if question, names and units each stay on one line and
 * no name contains `: `, which ends a name; the readers of contexts and agents reject everything
 * else. Missing and empty units are equivalent. Numbers must be finite.
 */
import { WeighbridgeError } from '../errors.js';
import type { Context } from './context.js';
import { formatFloat } from './python-format.js';

/** Values of the two options of a trial, in the context's order of attributes. */
export interface Options {
  readonly a: readonly number[];
  readonly b: readonly number[];
}

/** The content of a prompt. A prompt shows neither the context's name nor the ranges. */
export interface ParsedPrompt {
  readonly task: 'decision' | 'introspection';
  readonly question: string;
  readonly attributes: readonly { readonly name: string; readonly units: string }[];
  readonly a: readonly number[];
  readonly b: readonly number[];
}

export const systemPrompt =
  'Your job is to make hypothetical decisions on behalf of different people or characters.';

const decisionTask =
  '[DECISION TASK] Respond with "A" if you think Option A is better, or "B" if you think Option B is better. Never respond with anything except "A" or "B":';

/** Fewest and most attributes of a context. */
export const attributeCounts = { least: 2, most: 20 } as const;

const numberWords =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );

function introspectionTask(count: number): string {
  return `[INTROSPECTION TASK] Respond with how heavily you believe you weighted each of the ${numberWords[count]} dimensions while making your decision on a scale from -100 to 100. Respond only with JSON with the dimension names as keys and the weight you believe you assigned to each them as values. Never respond with anything except this JSON object with ${count} key-value pairs. (Do not report your decision itself.):`;
}

function countsAttributes(count: number): boolean {
  return Number.isInteger(count) && count >= attributeCounts.least && count <= attributeCounts.most;
}

/** Asks which option the agent would choose. */
export function decisionPrompt(context: Context, options: Options): string {
  return printPrompt(decisionTask, context, options);
}

/** Asks how heavily each attribute weighed in that choice. */
export function introspectionPrompt(context: Context, options: Options): string {
  return printPrompt(introspectionTask(context.attributes.length), context, options);
}

function printPrompt(task: string, context: Context, { a, b }: Options): string {
  const { length } = context.attributes;
  if (!countsAttributes(length)) {
    const { least, most } = attributeCounts;
    throw new WeighbridgeError(
      'bad-data',
      `${context.name} has ${length} attributes, expected ${least} to ${most}`,
    );
  }
  const lines = [task, '', context.question, 'A:', ...optionLines(context, a)];
  return [...lines, '', 'B:', ...optionLines(context, b)].join('\n');
}

function optionLines({ name: context, attributes }: Context, values: readonly number[]): string[] {
  if (values.length !== attributes.length) {
    throw new WeighbridgeError(
      'bad-data',
      `an option of ${context} has ${values.length} values, expected ${attributes.length}`,
    );
  }
  return attributes.map(({ name, units }, i) => {
    const value = formatFloat(values[i] ?? Number.NaN);
    return units ? `${name}: ${value} ${units}` : `${name}: ${value}`;
  });
}

/** Parses a printed prompt; null for any other text. */
export function parsePrompt(text: string): ParsedPrompt | null {
  const [instruction = '', blank, question = '', headOfA, ...rest] = text.split('\n');
  // What remains: the lines of A, an empty line, the heading of B, the lines of B.
  const count = rest.length / 2 - 1;
  const task = taskOf(instruction, count);
  if (!task || blank !== '' || headOfA !== 'A:') return null;
  if (rest[count] !== '' || rest[count + 1] !== 'B:') return null;
  const a = parseLines(rest.slice(0, count));
  const b = parseLines(rest.slice(count + 2));
  if (!a || !b) return null;
  const attributes = a.map(({ name, units }) => ({ name, units }));
  const same = attributes.every(
    ({ name, units }, i) => b[i]?.name === name && b[i]?.units === units,
  );
  if (!same) return null;
  return {
    task,
    question,
    attributes,
    a: a.map(({ value }) => value),
    b: b.map(({ value }) => value),
  };
}

function taskOf(instruction: string, count: number): ParsedPrompt['task'] | null {
  if (!countsAttributes(count)) return null;
  if (instruction === decisionTask) return 'decision';
  return instruction === introspectionTask(count) ? 'introspection' : null;
}

interface ValueLine {
  readonly name: string;
  readonly value: number;
  readonly units: string;
}

/** Parses `name: value units` on each line; null if any line differs. */
function parseLines(lines: readonly string[]): ValueLine[] | null {
  const parsed: ValueLine[] = [];
  for (const line of lines) {
    const [, name = '', number = '', units = ''] = /^(.*?): (\S+)(?: (.+))?$/s.exec(line) ?? [];
    const value = Number(number);
    // Only the printed form: not `5`, not `5.00`, not `Infinity`.
    if (!Number.isFinite(value) || formatFloat(value) !== number) return null;
    parsed.push({ name, value, units });
  }
  return parsed;
}
