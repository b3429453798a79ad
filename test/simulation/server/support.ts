/** Contexts, prompts and training files for tests of the simulated models. */

import { exampleJsonl } from '../../../src/authors-files/training-files.js';
import { type RandomStream, randomStream } from '../../../src/random/stream.js';
import { answer, type Sampling } from '../../../src/simulation/server/answer.js';
import {
  createSharedState,
  knowledgeOf,
  type SharedState,
  type SimulatedModel,
} from '../../../src/simulation/server/model.js';
import { readTrainingFile, train } from '../../../src/simulation/server/training.js';
import { type Candidate, contextFor } from '../../../src/study/candidates.js';
import {
  type Context,
  normalizedDifferences,
  utilityDifference,
} from '../../../src/study/context.js';
import {
  decisionPrompt,
  introspectionPrompt,
  type Options,
  systemPrompt,
} from '../../../src/study/prompts.js';
import { drawOption, drawTargetWeights } from '../../../src/study/trials.js';

export const PAPER_MODELS = ['gpt-4o-2024-08-06', 'gpt-4o-mini-2024-07-18'] as const;

/** As many contexts as wanted, of five attributes with ranges of all sizes. */
export function makeCandidates(count: number): Candidate[] {
  const ranges: [number, number][] = [
    [0, 100],
    [2, 60],
    [0, 4.5],
    [0.1, 0.9],
    [500, 1500],
  ];
  return Array.from({ length: count }, (_, i) => ({
    short_name: `thing_${i}`,
    question: `Which thing number ${i} would you prefer?`,
    attributes: ranges.map((range, j) => ({ name: `aspect_${i}_of_${j}`, units: 'units', range })),
  }));
}

export function makeContexts(count: number): Context[] {
  return makeCandidates(count).map((candidate) => contextFor(candidate, 'a lighthouse keeper'));
}

/** A shared in which the ranges of those contexts are known. */
export function makeSharedState(seed: number, contexts = 0): SharedState {
  return createSharedState(seed, knowledgeOf(makeCandidates(contexts)));
}

export function drawOptions(context: Context, random: RandomStream): Options {
  return { a: drawOption(context, random), b: drawOption(context, random) };
}

/** Weights with a largest absolute value of 100, by context. */
export function drawTargets(contexts: readonly Context[], seed: number): Map<string, number[]> {
  const random = randomStream(seed, 'targets');
  return new Map(
    contexts.map(({ name, attributes }) => [name, drawTargetWeights(attributes.length, random)]),
  );
}

type Targets = ReadonlyMap<string, readonly number[]>;

function exampleOf(prompt: string, said: string) {
  return {
    messages: [
      { role: 'system' as const, content: systemPrompt },
      { role: 'user' as const, content: prompt },
      { role: 'assistant' as const, content: said },
    ],
  };
}

/** Choices of agents with the target weights. */
export function choiceFile(
  contexts: readonly Context[],
  targets: Targets,
  perContext: number,
  seed = 1,
): string {
  const random = randomStream(seed, 'training choices');
  const examples = contexts.flatMap((context) =>
    Array.from({ length: perContext }, () => {
      const { a, b } = drawOptions(context, random);
      const choice = { context: context.name, choseA: true, a, b };
      const differences = normalizedDifferences(context, choice);
      const better = utilityDifference(targets.get(context.name) ?? [], differences) > 0;
      return exampleOf(decisionPrompt(context, { a, b }), better ? 'A' : 'B');
    }),
  );
  return exampleJsonl(examples);
}

/** Reports of the target weights, one a context. */
export function reportFile(contexts: readonly Context[], targets: Targets, seed = 1): string {
  const random = randomStream(seed, 'training reports');
  const examples = contexts.map((context) => {
    const weights = targets.get(context.name) ?? [];
    const report = Object.fromEntries(
      context.attributes.map(({ name }, i) => [name, weights[i] ?? 0]),
    );
    return exampleOf(
      introspectionPrompt(context, drawOptions(context, random)),
      JSON.stringify(report),
    );
  });
  return exampleJsonl(examples);
}

/** The model after training on a file. */
export async function trained(
  parent: SimulatedModel,
  shared: SharedState,
  file: string,
  name = 'trained',
): Promise<SimulatedModel> {
  const read = readTrainingFile(file);
  if (!read.ok) throw new Error(read.reason);
  const { model } = await train(parent, shared, read.lessons, {
    name,
    yieldToRequests: async () => {},
  });
  return model;
}

export function conversation(prompt: string) {
  return [
    { role: 'system', content: systemPrompt },
    { role: 'user', content: prompt },
  ];
}

/** Temperature 0, without a seed. */
export const greedy: Sampling = { temperature: 0, seed: null, repeat: 0 };

/** What the model says to a prompt of the study, at temperature 0. */
export function say(model: SimulatedModel, shared: SharedState, prompt: string): string {
  return answer(model, shared, conversation(prompt), greedy).text;
}
