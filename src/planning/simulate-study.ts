/**
 * Simulated studies of the paper's paradigm, nested: a larger design contains the contexts, choices and
 * reports of a smaller one. Differences between designs then come from their sizes, not from chance
 * (common random numbers). Designs with another number of attributes have random numbers of their own.
 *
 * For each base model, context and attribute, and for each reporting model (for example before and
 * after training), with z, e and x standard normal:
 *
 *     weight             w = weightSd · z
 *     intercept          a = interceptMean + interceptSd · x
 *     choice             chose A ~ Bernoulli-logit(a + d · w),  d = difference of two uniform values
 *     latent report      u = r z + √(1 − r²) e,                 r the latent correlation
 *     single report      u + reportNoise · x
 *
 * This is the joint model of choices and reports (docs/planning.md) with its parameters given. Latent
 * reports have a standard deviation of one: a report's own unit does not matter to a correlation.
 */

import { scaleWeights } from '../analysis/standardize.js';
import { type BinaryRows, logisticMode, type NormalPriors } from '../fit/logistic-mode.js';
import { quickStream } from '../random/quick-stream.js';
import type { RandomStream } from '../random/stream.js';
import { range } from './plan.js';

/** What is supposed to be true of the models that a study would ask. */
export interface StudyAssumptions {
  /**
   * Latent correlation of reports with weights, in (−1, 1): what choices and reports without end
   * would show. Of two that are compared, the first.
   */
  readonly correlation: number;
  /** The second latent correlation; null: none is compared. */
  readonly comparedWith: number | null;
  /**
   * Standard deviation of the weights, in log-odds over an attribute's whole range. The larger, the more
   * deterministic the choices.
   */
  readonly weightSd: number;
  /** Mean and standard deviation of the log-odds of A at equal options, over contexts. */
  readonly interceptMean: number;
  readonly interceptSd: number;
  /** Standard deviation of a single report around its context's, in standard deviations of latent reports. */
  readonly reportNoise: number;
  /** That of the second side; null: the same. */
  readonly comparedReportNoise: number | null;
}

/**
 * The paper's gpt-4o with instilled preferences before introspection training: posterior means of the
 * joint model on the published data (docs/planning.md).
 */
export const paperAssumptions: StudyAssumptions = {
  correlation: 0.624,
  comparedWith: null,
  weightSd: 6.3,
  interceptMean: 0.08,
  interceptSd: 0.77,
  // Pooled sd of single reports 27.5, sd of mean reports 29.9, of which 0.957 is the latent reports'.
  reportNoise: 27.5 / (29.9 * 0.957),
  comparedReportNoise: null,
};

/** Sizes of a study. */
export interface StudyDesign {
  readonly contexts: number;
  /** Choices per context. */
  readonly choices: number;
  /** Reports per context and reporting model. */
  readonly reports: number;
  /** Base models over which correlations are averaged; of each side, if base models are compared. */
  readonly models: number;
  readonly attributes: number;
}

/**
 * `reports`: two reporting models on the same choices, as before and after introspection training.
 * `models`: two groups of base models, each with its own choices.
 */
export type ComparedSides = 'reports' | 'models';

/** Data of one side of a comparison: contexts by base model. */
export type SimulatedSide = readonly (readonly SimulatedContext[])[];

/** A simulated study, as an estimator sees it. */
export interface SimulatedStudy {
  readonly design: StudyDesign;
  /** One side, or two if correlations are compared; each has the same number of base models. */
  readonly sides: readonly SimulatedSide[];
}

/** The largest size of every kind in a list of designs. */
export function largestDesign(designs: readonly StudyDesign[]): StudyDesign {
  const most = (size: keyof StudyDesign) => Math.max(...designs.map((design) => design[size]));
  return {
    contexts: most('contexts'),
    choices: most('choices'),
    reports: most('reports'),
    models: most('models'),
    attributes: most('attributes'),
  };
}

/** What identifies the random numbers of a simulation, and what is supposed to be true. */
interface Simulation {
  readonly assumptions: StudyAssumptions;
  readonly compared: ComparedSides;
  readonly seed: number | string;
  /** Number of the simulation. */
  readonly index: number;
}

/**
 * Returns a function from a design to its study. `largest` bounds the designs; random numbers are drawn
 * once for it, and all designs share them.
 */
export function nestedStudies(
  simulation: Simulation,
  largest: StudyDesign,
): (design: StudyDesign) => SimulatedStudy {
  const { assumptions, compared } = simulation;
  const sides = sidesOf(assumptions);
  const own = compared === 'models';
  /** By number of attributes, then by base model: the contexts drawn so far. */
  const drawn = new Map<string, ContextSource[]>();
  const contextsOf = (attributes: number, base: number, count: number) => {
    const key = `${attributes}/${base}`;
    const contexts = drawn.get(key) ?? [];
    drawn.set(key, contexts);
    const asked = own ? sides.filter((_, side) => side === base % sides.length) : sides;
    for (let context = contexts.length; context < count; context++) {
      contexts.push(drawContext(simulation, asked, { ...largest, attributes }, [base, context]));
    }
    return contexts.slice(0, count);
  };
  return (design) => ({
    design,
    sides: sides.map((_, side) =>
      range(design.models).map((model) => {
        // Base models of the two sides alternate, so that more of them change no earlier one.
        const base = own ? model * sides.length + side : model;
        return contextsOf(design.attributes, base, design.contexts).map(
          (source) => new SimulatedContext(source, own ? 0 : side, design),
        );
      }),
    ),
  });
}

/** What is supposed to be true of one side. */
interface SideAssumptions {
  readonly correlation: number;
  readonly noise: number;
}

/** One side, or two if correlations are compared. */
export function sidesOf({
  correlation,
  comparedWith,
  reportNoise,
  comparedReportNoise,
}: StudyAssumptions): SideAssumptions[] {
  const first = { correlation, noise: reportNoise };
  if (comparedWith === null) return [first];
  return [first, { correlation: comparedWith, noise: comparedReportNoise ?? reportNoise }];
}

/** The largest set of data of one context of one base model, and what was computed from it. */
interface ContextSource {
  readonly attributes: number;
  readonly weights: Float64Array;
  readonly predictors: Float64Array;
  readonly outcomes: Uint8Array;
  /** By side, row-major (report, attribute). */
  readonly reports: readonly Float64Array[];
  /** Scaled learned weights by number of choices. */
  readonly learned: Map<number, readonly number[]>;
  /** By side, mean reports by number of reports. */
  readonly means: readonly Map<number, readonly number[]>[];
}

/**
 * Draws a context. Choices and reports are drawn in turn, one of each a round, so that the first of them
 * depend neither on the largest numbers of choices and reports nor on those of other contexts.
 */
function drawContext(
  { assumptions, seed, index }: Simulation,
  asked: readonly SideAssumptions[],
  { choices, reports, attributes }: StudyDesign,
  [base, context]: readonly [number, number],
): ContextSource {
  const random = quickStream(seed, 'plan', index, base, context);
  const { weightSd, interceptMean, interceptSd } = assumptions;
  const intercept = interceptMean + interceptSd * random.normal();
  const z = normals(attributes, random);
  const weights = z.map((value) => weightSd * value);
  const sides = asked.map(({ correlation: r, noise: sd }) => {
    const e = normals(attributes, random);
    const latent = z.map((value, j) => r * value + Math.sqrt(1 - r * r) * (e[j] ?? 0));
    return { latent, sd, singles: new Float64Array(reports * attributes) };
  });
  const predictors = new Float64Array(choices * attributes);
  const outcomes = new Uint8Array(choices);
  const noise = new Float64Array(attributes);
  for (let round = 0; round < Math.max(choices, reports); round++) {
    const eta = intercept + drawDifferences(predictors, round, weights, random);
    const choseA = random.uniform() < 1 / (1 + Math.exp(-eta));
    if (round < choices) outcomes[round] = choseA ? 1 : 0;
    for (const { latent, sd, singles } of sides) {
      random.normals(noise);
      if (round >= reports) continue;
      for (let j = 0; j < attributes; j++) {
        singles[round * attributes + j] = (latent[j] ?? 0) + sd * (noise[j] ?? 0);
      }
    }
  }
  return {
    ...{ attributes, weights, predictors, outcomes },
    reports: sides.map(({ singles }) => singles),
    learned: new Map(),
    means: sides.map(() => new Map()),
  };
}

/** Draws one trial's differences d into its row, if there is one; returns d · w. */
function drawDifferences(
  predictors: Float64Array,
  row: number,
  weights: Float64Array,
  random: RandomStream,
): number {
  let utility = 0;
  for (let j = 0; j < weights.length; j++) {
    const d = random.uniform() - random.uniform();
    utility += d * (weights[j] ?? 0);
    const at = row * weights.length + j;
    // A typed array ignores what is beyond its end: rounds without a choice.
    predictors[at] = d;
  }
  return utility;
}

function normals(length: number, random: RandomStream): Float64Array {
  const drawn = new Float64Array(length);
  random.normals(drawn);
  return drawn;
}

/** The first choices and reports of a context. */
export class SimulatedContext {
  constructor(
    private readonly source: ContextSource,
    private readonly side: number,
    private readonly design: Pick<StudyDesign, 'choices' | 'reports'>,
  ) {}

  get choices(): BinaryRows {
    const { predictors, outcomes, attributes } = this.source;
    const { choices } = this.design;
    return {
      predictors: predictors.subarray(0, choices * attributes),
      outcomes: outcomes.subarray(0, choices),
    };
  }

  /** Single reports, row-major (report, attribute). */
  get reports(): Float64Array {
    const { reports, attributes } = this.source;
    const ofSide = reports[this.side] ?? new Float64Array(0);
    return ofSide.subarray(0, this.design.reports * attributes);
  }

  /** Learned weights on the paper's scale: integers, largest absolute value 100. */
  get learned(): readonly number[] {
    const { learned, attributes } = this.source;
    return remembered(learned, this.design.choices, () =>
      scaleWeights(Array.from(learnedMode(this.choices, attributes))),
    );
  }

  /** The mean of the reports, one number per attribute. */
  get meanReport(): readonly number[] {
    const { means, attributes } = this.source;
    return remembered(means[this.side] ?? new Map(), this.design.reports, () =>
      columnMeans(this.reports, attributes),
    );
  }
}

function remembered<T>(known: Map<number, T>, key: number, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}

function columnMeans(values: Float64Array, columns: number): number[] {
  const rows = values.length / columns;
  return range(columns).map((j) => {
    let sum = 0;
    for (let at = j; at < values.length; at += columns) sum += values[at] ?? 0;
    return sum / rows;
  });
}

/**
 * The mode of a weight regression with the paper's prior of the slopes, normal(0, 1). The prior of the
 * intercept is normal with the scale of brms' Student-t. Correlations use the shape of the weights only:
 * modes and posterior means of the paper's own regression correlate by .9999
 * (test/planning/plan-study.test.ts).
 */
export function learnedMode(rows: BinaryRows, attributes: number): Float64Array {
  return logisticMode(rows, paperPriors(attributes)).mode.subarray(1);
}

const INTERCEPT_SD = 2.5;

function paperPriors(attributes: number): NormalPriors {
  const sds = new Float64Array(attributes + 1).fill(1);
  sds[0] = INTERCEPT_SD;
  return { means: new Float64Array(attributes + 1), sds };
}

/** True weights beside learned ones, of all contexts of one simulation: for `reliability`. */
export function trueAndLearned(
  simulation: Simulation,
  design: StudyDesign,
): { readonly weights: Float64Array; readonly learned: readonly number[] }[] {
  const sides = sidesOf(simulation.assumptions);
  return range(design.contexts).map((context) => {
    const source = drawContext(simulation, sides, design, [0, context]);
    return { weights: source.weights, learned: new SimulatedContext(source, 0, design).learned };
  });
}
