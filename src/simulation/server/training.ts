/**
 * Fine-tuning. Choices are gathered by context and the weights of each context estimated from them;
 * reports teach the model to look at its weights, as far as they are true of them.
 */
import { correlation } from '../../analysis/standardize.js';
import { utilityDifference } from '../../study/context.js';
import { parseReport } from '../../study/parse-report.js';
import type { ParsedPrompt } from '../../study/prompts.js';
import { type Example, learnWeights, probabilityOf, reportedWeights } from './behaviour.js';
import { digestOf, uniformOf } from './luck.js';
import { insightOf, type Mind, standingOf, type TaughtContext, type World } from './mind.js';
import { contextKey, differencesIn, scalesFrom } from './situation.js';
import type { Lesson } from './training-file.js';

export interface Training {
  readonly mind: Mind;
  /** Mean loss over the examples before and after. */
  readonly loss: { readonly before: number; readonly after: number };
}

export interface TrainingOptions {
  /** The name of the new model. */
  readonly name: string;
  /** Called between pieces of work, so that a server can answer others meanwhile. */
  readonly breathe: () => Promise<void>;
}

export async function train(
  parent: Mind,
  world: World,
  lessons: readonly Lesson[],
  { name, breathe }: TrainingOptions,
): Promise<Training> {
  const choices = choicesByContext(lessons);
  await breathe();
  const taught = new Map(parent.taught);
  for (const [key, ofContext] of choices) {
    taught.set(key, teach(parent, world, ofContext));
    await breathe();
  }
  const withChoices: Mind = { ...parent, name, taught };
  const reports = reportExamples(lessons);
  const mind: Mind = {
    ...withChoices,
    introspectionExamples:
      parent.introspectionExamples + reports.length * truthOf(withChoices, world, reports),
  };
  await breathe();
  const loss = (of: Mind) => meanLoss(of, world, [...choices.values()].flat(), reports);
  return { mind, loss: { before: loss(parent), after: loss(mind) } };
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

/** The weights that the choices in one context show, starting from those that the parent has. */
function teach(parent: Mind, world: World, choices: readonly ChoiceExample[]): TaughtContext {
  const [first] = choices;
  if (!first) throw new RangeError('a context without choices teaches nothing');
  const scales = scalesFrom(choices.flatMap(({ prompt: { a, b } }) => [a, b]));
  const { retention, misreading } = parent.profile;
  const examples = choices.map(({ prompt, promptText, choseA }): Example => {
    const luck = uniformOf(digestOf(world.seed, 'misreading', parent.family, promptText), 0);
    return { differences: differencesIn(prompt, scales), choseA: choseA !== luck < misreading };
  });
  const before = standingOf(parent, first.prompt, world).weights;
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
 * How true the reports are of the model's own weights: their correlation, none where it is
 * negative. Reports about some other agent teach nothing about oneself.
 */
function truthOf(mind: Mind, world: World, reports: readonly ReportExample[]): number {
  const own = reports.flatMap(({ prompt }) => standingOf(mind, prompt, world).weights);
  const told = reports.flatMap(({ weights }) => weights);
  const truth = own.length > 1 ? correlation(own, told) : 0;
  return Number.isFinite(truth) ? Math.max(0, truth) : 0;
}

/** What the examples are to the model: surprise at a choice in nats, distance of a report in 100. */
function meanLoss(
  mind: Mind,
  world: World,
  choices: readonly ChoiceExample[],
  reports: readonly ReportExample[],
): number {
  const losses = [
    ...choices.map((example) => surprise(mind, world, example)),
    ...reports.map((example) => distance(mind, world, example)),
  ];
  return losses.length === 0 ? 0 : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

function surprise(mind: Mind, world: World, { prompt, choseA }: ChoiceExample): number {
  const { weights, scales, setting } = standingOf(mind, prompt, world);
  const logOdds =
    mind.profile.sharpness[setting] * utilityDifference(weights, differencesIn(prompt, scales));
  return -Math.log(probabilityOf(choseA ? logOdds : -logOdds));
}

function distance(mind: Mind, world: World, { prompt, weights }: ReportExample): number {
  const standing = standingOf(mind, prompt, world);
  const { view } = standing.disposition;
  const said = reportedWeights(standing.weights, insightOf(mind, standing), view, []);
  const total = said.reduce((sum, value, i) => sum + Math.abs(value - (weights[i] ?? 0)), 0);
  return total / said.length / 100;
}
