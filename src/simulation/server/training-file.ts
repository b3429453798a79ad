/**
 * Training files as a fine-tuning job takes them: conversations that end with what the model should
 * have said, and what OpenAI finds wrong with them.
 */
import { WeighbridgeError } from '../../errors.js';
import { type ParsedPrompt, parsePrompt } from '../../study/prompts.js';
import { parseTrainingFile, type TrainingExample } from '../../study/training-files.js';
import { linesOf } from './lines.js';

/** One conversation: the prompt, where it is one of the two tasks, and the answer to learn. */
export interface Lesson {
  readonly promptText: string;
  readonly prompt: ParsedPrompt | null;
  readonly answer: string;
}

export type TrainingFile =
  | { readonly ok: true; readonly lessons: readonly Lesson[]; readonly tokens: number }
  | { readonly ok: false; readonly reason: string };

/** As OpenAI: fewer are refused. */
const FEWEST_EXAMPLES = 10;
const MOST_EXAMPLES = 100_000;

/** About the length of an English token in characters. */
const CHARACTERS_PER_TOKEN = 4;

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

export function readTrainingFile(text: string): TrainingFile {
  if (!linesOf(text, MOST_EXAMPLES)) {
    return refused(`Training file has more than ${MOST_EXAMPLES} examples`);
  }
  const examples = examplesIn(text);
  if (typeof examples === 'string') return refused(examples);
  if (examples.length < FEWEST_EXAMPLES) {
    return refused(
      `Training file has ${examples.length} example(s), but must have at least ${FEWEST_EXAMPLES} examples`,
    );
  }
  const silent = examples.findIndex(({ messages }) => messages.at(-1)?.role !== 'assistant');
  if (silent >= 0) {
    return refused(`Line ${silent + 1}: the last message must be from the assistant`);
  }
  const tokens = examples
    .flatMap(({ messages }) => messages)
    .reduce((sum, { content }) => sum + countTokens(content), 0);
  return { ok: true, lessons: examples.map(lessonOf), tokens };
}

function refused(reason: string): TrainingFile {
  return { ok: false, reason };
}

/** The examples, or what is wrong with the file. */
function examplesIn(text: string): TrainingExample[] | string {
  try {
    return parseTrainingFile(text);
  } catch (error) {
    if (error instanceof WeighbridgeError) return error.message;
    throw error;
  }
}

function lessonOf({ messages }: TrainingExample): Lesson {
  const promptText = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  return {
    promptText,
    prompt: parsePrompt(promptText),
    answer: messages.at(-1)?.content ?? '',
  };
}
