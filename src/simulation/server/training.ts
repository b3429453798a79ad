/**
 * Fine-tuning. Choices are grouped by context and each context's weights estimated from them; reports
 * increase the model's insight, to the extent that they are accurate; explanations increase its
 * self-knowledge, as far as they are true of its own answers.
 */
import { correlation } from '../../analysis/standardize.js';
import { parseTrainingFile } from '../../authors-files/training-files.js';
import { WeighbridgeError } from '../../errors.js';
import { differencesIn, utilityDifference } from '../../study/context.js';
import { parseReport } from '../../study/parse-report.js';
import { type ParsedPrompt, parsePrompt } from '../../study/prompts.js';
import type { TrainingExample } from '../../study/stimuli.js';
import { probabilityOf } from '../simulated-model.js';
import { type Example, learnWeights, reportedWeights } from './behaviour.js';
import { trueExplanations } from './explanations.js';
import {
  contextKey,
  contextState,
  insightOf,
  type SharedState,
  type SimulatedModel,
  scalesFrom,
  type TrainedContext,
} from './model.js';
import { digestOf, uniformOf } from './randomness.js';
import { linesOf } from './reply.js';

export interface Training {
  readonly model: SimulatedModel;
  /** Mean loss over the examples before and after. */
  readonly loss: { readonly before: number; readonly after: number };
}

interface TrainingOptions {
  /** The name of the new model. */
  readonly name: string;
  /** Called between pieces of work, so that a server can answer other requests meanwhile. */
  readonly yieldToRequests: () => Promise<void>;
}

export async function train(
  parent: SimulatedModel,
  shared: SharedState,
  lessons: readonly Lesson[],
  { name, yieldToRequests }: TrainingOptions,
): Promise<Training> {
  const choices = choicesByContext(lessons);
  await yieldToRequests();
  const trained = new Map(parent.trained);
  for (const [key, ofContext] of choices) {
    trained.set(key, teach(parent, shared, ofContext));
    await yieldToRequests();
  }
  const withChoices: SimulatedModel = { ...parent, name, trained };
  const reports = reportExamples(lessons);
  const model: SimulatedModel = {
    ...withChoices,
    introspectionExamples:
      parent.introspectionExamples + reports.length * truthOf(withChoices, shared, reports),
    explanationExamples:
      parent.explanationExamples + trueExplanations(withChoices, shared, lessons),
  };
  await yieldToRequests();
  const loss = (of: SimulatedModel) => meanLoss(of, shared, [...choices.values()].flat(), reports);
  return { model, loss: { before: loss(parent), after: loss(model) } };
}

interface ChoiceExample {
  readonly prompt: ParsedPrompt;
  readonly promptText: string;
  readonly choseA: boolean;
}

function choicesByContext(lessons: readonly Lesson[]): Map<string, ChoiceExample[]> {
  const groups = new Map<string, ChoiceExample[]>();
  for (const { prompt, promptText, answer } of lessons) {
    const said = answer.trim();
    if (prompt?.task !== 'decision' || (said !== 'A' && said !== 'B')) continue;
    const key = contextKey(prompt);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push({ prompt, promptText, choseA: said === 'A' });
  }
  return groups;
}

/** The weights estimated from the choices in one context, starting from the parent's weights. */
function teach(
  parent: SimulatedModel,
  shared: SharedState,
  choices: readonly ChoiceExample[],
): TrainedContext {
  const [first] = choices;
  if (!first) throw new RangeError('a context without choices teaches nothing');
  const scales = scalesFrom(choices.flatMap(({ prompt: { a, b } }) => [a, b]));
  const { retention, misreading } = parent.profile;
  const examples = choices.map(({ prompt, promptText, choseA }): Example => {
    const luck = uniformOf(digestOf(shared.seed, 'misreading', parent.family, promptText), 0);
    return { differences: differencesIn(prompt, scales), choseA: choseA !== luck < misreading };
  });
  const before = contextState(parent, first.prompt, shared).weights;
  return { weights: learnWeights(examples, before, retention), scales };
}

interface ReportExample {
  readonly prompt: ParsedPrompt;
  readonly weights: readonly number[];
}

function reportExamples(lessons: readonly Lesson[]): ReportExample[] {
  return lessons.flatMap(({ prompt, answer }) => {
    if (prompt?.task !== 'introspection') return [];
    const names = prompt.attributes.map(({ name }) => name);
    const report = parseReport(answer, names, 'paper');
    return report.ok ? [{ prompt, weights: report.weights }] : [];
  });
}

/**
 * Accuracy of the reports: their correlation with the model's own weights, 0 if negative. Reports
 * about another agent teach the model nothing about itself.
 */
function truthOf(
  model: SimulatedModel,
  shared: SharedState,
  reports: readonly ReportExample[],
): number {
  const own = reports.flatMap(({ prompt }) => contextState(model, prompt, shared).weights);
  const told = reports.flatMap(({ weights }) => weights);
  const truth = own.length > 1 ? correlation(own, told) : 0;
  return Number.isFinite(truth) ? Math.max(0, truth) : 0;
}

/** The loss of the examples: surprisal of a choice in nats, distance of a report in hundredths. */
function meanLoss(
  model: SimulatedModel,
  shared: SharedState,
  choices: readonly ChoiceExample[],
  reports: readonly ReportExample[],
): number {
  const losses = [
    ...choices.map((example) => surprise(model, shared, example)),
    ...reports.map((example) => distance(model, shared, example)),
  ];
  return losses.length === 0 ? 0 : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function surprise(
  model: SimulatedModel,
  shared: SharedState,
  { prompt, choseA }: ChoiceExample,
): number {
  const { weights, scales, setting } = contextState(model, prompt, shared);
  const logOdds =
    model.profile.sharpness[setting] * utilityDifference(weights, differencesIn(prompt, scales));
  return -Math.log(probabilityOf(choseA ? logOdds : -logOdds));
}

function distance(
  model: SimulatedModel,
  shared: SharedState,
  { prompt, weights }: ReportExample,
): number {
  const state = contextState(model, prompt, shared);
  const { view } = state.disposition;
  const said = reportedWeights(state.weights, insightOf(model, state), view, []);
  const total = said.reduce((sum, value, i) => sum + Math.abs(value - (weights[i] ?? 0)), 0);
  return total / said.length / 100;
}

/** One conversation: the prompt, if it is one of the two tasks, and the answer to learn. */
interface Lesson {
  readonly promptText: string;
  readonly prompt: ParsedPrompt | null;
  readonly answer: string;
}

export type TrainingFile =
  | { readonly ok: true; readonly lessons: readonly Lesson[]; readonly tokens: number }
  | { readonly ok: false; readonly reason: string };

/** Minimum number of examples, as at OpenAI. */
const FEWEST_EXAMPLES = 10;
const MOST_EXAMPLES = 100_000;

/** Approximate length of an English token in characters. */
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

/** The examples, or the error in the file. */
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
