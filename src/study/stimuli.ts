/**
 * The stimuli of a study by the paper's rules: agents, target weights, trials, and fine-tuning
 * examples. Python's generator draws them, so that the authors' contexts and agents with the
 * paper's seeds reproduce the authors' stimuli byte for byte.
 */
import { WeighbridgeError } from '../errors.js';
import { pythonRandom } from '../random/mersenne-twister.js';
import { type Candidate, contextFor } from './candidates.js';
import { type Context, normalizedDifferences, utilityDifference } from './context.js';
import { decisionPrompt, introspectionPrompt, type Options, systemPrompt } from './prompts.js';
import { pythonJson, roundHalfEven } from './python-format.js';
import { drawOption, drawTargetWeights, type UniformSource } from './trials.js';

/** The paper's seeds, one per kind of stimulus. */
const paperSeeds = { agents: 0, weights: 1, choices: 2, reports: 6 } as const;

/** A message of a chat. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A conversation that ends with the intended answer of the model. */
export interface TrainingExample {
  readonly messages: readonly ChatMessage[];
}

/** Two options of a context. */
export interface Trial extends Options {
  readonly context: Context;
}

function uniformSource(seed: number): UniformSource {
  return { uniform: pythonRandom(seed).random };
}

/** Assigns the i-th shuffled agent to context i; starts over when the agents run out. */
export function assignAgents(
  candidates: readonly Candidate[],
  agents: readonly string[],
  seed: number = paperSeeds.agents,
): Context[] {
  if (agents.length === 0) {
    throw new WeighbridgeError('bad-data', 'there are no agents to ask: expected at least one');
  }
  const shuffled = pythonRandom(seed).shuffle(agents);
  return candidates.map((candidate, i) =>
    contextFor(candidate, shuffled[i % shuffled.length] ?? ''),
  );
}

/** The weights to instil, by context. */
export function targetWeightsFor(
  contexts: readonly Context[],
  seed: number = paperSeeds.weights,
): Map<string, number[]> {
  const random = uniformSource(seed);
  return new Map(
    contexts.map(({ name, attributes }) => [name, drawTargetWeights(attributes.length, random)]),
  );
}

/** Draws trials context by context; in each trial option A, then option B. */
export function drawTrials(
  contexts: readonly Context[],
  perContext: number,
  seed: number,
): Trial[] {
  const random = uniformSource(seed);
  return contexts.flatMap((context) =>
    Array.from({ length: perContext }, () => {
      const draw = () => drawOption(context, random, roundHalfEven);
      return { context, a: draw(), b: draw() };
    }),
  );
}

interface PreferenceOptions {
  /** Training examples per context. */
  readonly training?: number;
  /** Validation examples per context, drawn after the training examples. */
  readonly validation?: number;
  readonly seed?: number;
}

/** Choices of an agent with these weights. */
export function preferenceExamples(
  contexts: readonly Context[],
  weights: ReadonlyMap<string, readonly number[]>,
  { training = 50, validation = 10, seed = paperSeeds.choices }: PreferenceOptions = {},
): { training: TrainingExample[]; validation: TrainingExample[] } {
  const perContext = training + validation;
  const drawn = drawTrials(contexts, perContext, seed).map((trial, i) => ({
    example: example(decisionPrompt(trial.context, trial), prefers(trial, weights)),
    trains: i % perContext < training,
  }));
  return {
    training: drawn.filter(({ trains }) => trains).map(({ example }) => example),
    validation: drawn.filter(({ trains }) => !trains).map(({ example }) => example),
  };
}

/**
 * Correct reports of these weights, one per context; the generator is seeded again for each
 * context.
 */
export function reportExamples(
  contexts: readonly Context[],
  weights: ReadonlyMap<string, readonly number[]>,
  seed: number = paperSeeds.reports,
): TrainingExample[] {
  return contexts.flatMap((context) =>
    drawTrials([context], 1, seed).map((trial) =>
      example(introspectionPrompt(context, trial), correctReport(context, weights)),
    ),
  );
}

function example(prompt: string, answer: string): TrainingExample {
  return {
    messages: [
      { role: 'system', content: systemPrompt },
      { role: 'user', content: prompt },
      { role: 'assistant', content: answer },
    ],
  };
}

/** The option of higher utility; B in a tie. */
function prefers(trial: Trial, weights: ReadonlyMap<string, readonly number[]>): 'A' | 'B' {
  const { context } = trial;
  const differences = normalizedDifferences(context, trial);
  return utilityDifference(weightsOf(context, weights), differences) > 0 ? 'A' : 'B';
}

function correctReport(context: Context, weights: ReadonlyMap<string, readonly number[]>): string {
  const own = weightsOf(context, weights);
  return pythonJson(new Map(context.attributes.map(({ name }, i) => [name, own[i] ?? 0])));
}

function weightsOf(
  { name, attributes }: Context,
  weights: ReadonlyMap<string, readonly number[]>,
): readonly number[] {
  const own = weights.get(name);
  if (own?.length === attributes.length) return own;
  throw new WeighbridgeError(
    'bad-data',
    `${name} has ${own?.length ?? 0} weights, expected ${attributes.length}`,
  );
}
