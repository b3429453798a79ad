/** The questions of a described study, for simulated models: what each prompt asks for. */

import type { AnswerKind } from '../packs/described/configuration.js';
import type { DescribedDesign } from '../packs/described/design.js';
import type { DescribedStage, ItemTrial } from '../packs/described/stages.js';
import { type Presented, Task } from '../packs/described/task.js';
import { stageName } from '../packs/design.js';
import type { ParsedPrompt } from '../study/prompts.js';
import type { QuestionBook, WantedAnswer, WantedKind } from './server/latent.js';

type Known = NonNullable<ReturnType<QuestionBook>>;

/**
 * Finds questions by their prompts. A prompt that shows measured answers is not found: the models know
 * only how to answer the packs' questions of that kind.
 */
export function describedBook({ configuration, stages }: DescribedDesign): QuestionBook {
  const known = new Map<string, Known>();
  const tasks = new Map(
    Object.entries(configuration.tasks).map(([name, task]) => [
      name,
      new Task(name, task, () => name),
    ]),
  );
  const settings = new Map((configuration.stages ?? []).map((stage) => [stage.id, stage] as const));
  const seen = new Set<string>();
  for (const stage of stages) {
    if (stage.kind === 'training') continue;
    const { trials, task: name } = stage as DescribedStage;
    const task = tasks.get(name);
    const plain = stageName(stage);
    // All models are asked the same.
    if (!task || seen.has(plain)) continue;
    seen.add(plain);
    const { set = {}, measured = {} } = settings.get(plain) ?? {};
    const unmeasured = Object.fromEntries(Object.keys(measured).map((key) => [key, '']));
    for (const trial of trials) {
      const { item, repeat, order } = trial;
      const fields = { ...item.fields, ...set, repeat, measured: unmeasured };
      const shown = task.present(fields, order, item);
      known.set(shown.prompt, wantedBy(task, trial, shown, set));
    }
  }
  return (conversation) =>
    known.get(conversation.findLast(({ role }) => role === 'user')?.content ?? '') ?? null;
}

function wantedBy(
  task: Task,
  trial: ItemTrial,
  shown: Presented,
  set: Readonly<Record<string, unknown>>,
): Known {
  const kind = kindOf(task.answer, trial, shown);
  const prompt = contextIn(trial, kind);
  if (prompt) {
    const labels = kind.kind === 'label' ? kind.options.map(({ label }) => label) : [];
    return { prompt, labels: [labels[0] ?? 'A', labels[1] ?? 'B'] };
  }
  const condition = Object.keys(set).length > 0 ? JSON.stringify(set) : '';
  return { task: task.name, item: trial.item.id, condition, kind } satisfies WantedAnswer;
}

function kindOf(answer: AnswerKind, { order }: ItemTrial, { context }: Presented): WantedKind {
  switch (answer.kind) {
    case 'choice':
      return {
        kind: 'label',
        options:
          context.options.length > 0
            ? context.options
            : (answer.labels ?? []).map((label) => ({ label, name: label })),
      };
    case 'ordinal': {
      const { from = 1, to = 1, labels } = answer;
      const grades = labels ?? Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
      return { kind: 'grade', grades, highFirst: order !== null && order[0] !== 0 };
    }
    case 'number':
      return { kind: 'number', min: answer.min, max: answer.max };
    case 'json':
      return { kind: 'json', keys: context.keys };
    case 'text':
      return { kind: 'text', right: context.expected };
  }
}

/**
 * A choice between two options with attributes, or a report of their weights: an item of the generator
 * `choices`. Null for any other item.
 */
function contextIn({ item }: ItemTrial, kind: WantedKind): ParsedPrompt | null {
  const { question, attributes } = item.fields;
  if (typeof question !== 'string' || !Array.isArray(attributes)) return null;
  const isReport = kind.kind === 'json' && attributes.every(({ name }) => kind.keys.has(name));
  const isChoice = kind.kind === 'label' && kind.options.length === 2;
  if (!isReport && !isChoice) return null;
  return {
    task: isReport ? 'introspection' : 'decision',
    question,
    attributes: attributes.map(({ name, units }) => ({
      name: String(name),
      units: String(units ?? ''),
    })),
    a: attributes.map(({ a }) => Number(a)),
    b: attributes.map(({ b }) => Number(b)),
  };
}
