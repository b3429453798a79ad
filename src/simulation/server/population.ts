/**
 * Random numbers for a large study of a simulated model. They are drawn once, so that figures at
 * different settings of a profile differ only by the settings.
 */
import { type RandomStream, randomStream } from '../../random/stream.js';
import { type Context, utilityDifference } from '../../study/context.js';
import { drawTargetWeights } from '../../study/trials.js';
import { drawTrials, type Trial } from '../simulated-model.js';

/** The size of a study. */
export interface StudyDesign {
  /** Attributes of a context. */
  readonly attributes: number;
  /** Choices per context in the training file. */
  readonly examples: number;
  /** Choices asked for per context. */
  readonly instilledChoices: number;
  readonly nativeChoices: number;
  /** Reports asked for per context and reporter. */
  readonly reports: number;
  /** Reports in the training file: from one half of the contexts, and from all of them. */
  readonly introspectionExamples: { readonly half: number; readonly all: number };
}

/** The size of the paper's study. */
export const paperDesign: StudyDesign = {
  attributes: 5,
  examples: 50,
  instilledChoices: 50,
  nativeChoices: 100,
  reports: 10,
  introspectionExamples: { half: 50, all: 100 },
};

interface ReporterLuck {
  /** Uniform: the reporter's tendency to break the rules in this context. */
  readonly proneness: number;
  readonly slips: readonly {
    readonly normals: readonly number[];
    /** Uniform: decides if this report breaks the rules. */
    readonly breaking: number;
  }[];
}

/** A context of the population. */
export interface Member {
  readonly context: Context;
  /** Largest absolute value 1, like all weights here. */
  readonly targets: readonly number[];
  readonly nativeWeights: readonly number[];
  /** Trials of the training file: the targets decide the choice, a random number the misreading. */
  readonly examples: readonly (Trial & { readonly choseA: boolean })[];
  readonly trials: readonly Trial[];
  readonly view: readonly number[];
  readonly reporters: readonly ReporterLuck[];
}

export interface Population {
  readonly instilled: readonly Member[];
  readonly native: readonly Member[];
}

export function drawPopulation(design: StudyDesign, contexts: number, seed: number): Population {
  const draw = (
    setting: keyof Population,
    examples: number,
    choices: number,
    reporters: number,
  ) => {
    const random = randomStream(seed, 'population', setting);
    return Array.from({ length: contexts }, (_, i) => {
      const context = contextOf(`${setting} ${i}`, design.attributes);
      return drawMember(context, { examples, choices, reporters, reports: design.reports }, random);
    });
  };
  return {
    // Reporters: off the shelf, before introspection training, and after it.
    instilled: draw('instilled', design.examples, design.instilledChoices, 3),
    native: draw('native', 0, design.nativeChoices, 2),
  };
}

function contextOf(name: string, attributes: number): Context {
  return {
    name,
    question: '',
    attributes: Array.from({ length: attributes }, (_, i) => ({
      name: `attribute ${i + 1}`,
      min: 0,
      max: 100,
    })),
  };
}

function drawMember(
  context: Context,
  counts: { examples: number; choices: number; reporters: number; reports: number },
  random: RandomStream,
): Member {
  const { attributes } = context;
  const drawWeights = () => drawTargetWeights(attributes.length, random).map((w) => w / 100);
  const normals = () => attributes.map(() => random.normal());
  const targets = drawWeights();
  return {
    context,
    targets,
    nativeWeights: drawWeights(),
    examples: drawTrials([context], counts.examples, random).map((trial) => ({
      ...trial,
      choseA: utilityDifference(targets, trial.differences) > 0,
    })),
    trials: drawTrials([context], counts.choices, random),
    view: normals(),
    reporters: Array.from({ length: counts.reporters }, () => ({
      proneness: random.uniform(),
      slips: Array.from({ length: counts.reports }, () => ({
        normals: normals(),
        breaking: random.uniform(),
      })),
    })),
  };
}
