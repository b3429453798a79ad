/**
 * The design of a study in the paper's paradigm: how many contexts, choices, reports and base models
 * give an HDI of a wanted width, or a wanted probability of deciding which correlation is larger.
 */
import { requireNames, requireOneOf, requireSeed } from '../checks/options.js';
import { badArgument, described } from '../checks/values.js';
import { requireRunning } from '../fit/job.js';
import { MILLISECONDS_BETWEEN_PAUSES, pause, Throttle } from '../fit/run.js';
import { rawCorrelation, weightReliabilityRoot } from './correlation-estimate.js';
import {
  type DesignFigures,
  DesignTally,
  gridOf,
  type Plan,
  type PlanRunOptions,
  requirePrices,
  requireSimulations,
  requireSizes,
  requireTarget,
  type SimulatedEstimate,
  verdictOf,
} from './plan.js';
import {
  type ComparedSides,
  largestDesign,
  nestedStudies,
  paperAssumptions,
  type SimulatedStudy,
  type StudyAssumptions,
  type StudyDesign,
  sidesOf,
  trueAndLearned,
} from './simulate-study.js';

/** Sizes to combine; each kind has one number or several. */
export type StudySizes = { readonly [Size in keyof StudyDesign]?: readonly number[] };

/** USD of one request. */
export interface RequestPrices {
  readonly choice: number;
  readonly report: number;
}

/**
 * Estimates the correlation, or the difference of two (second minus first), from the data of a study. It
 * sees what an analysis would see: choices, learned weights and reports, of one side or two.
 */
export type StudyEstimator = (
  study: SimulatedStudy,
) => SimulatedEstimate | Promise<SimulatedEstimate>;

export interface StudyPlanOptions extends PlanRunOptions {
  /** @default `paperAssumptions` */
  readonly assumptions?: Partial<StudyAssumptions>;
  /**
   * What `correlation` and `comparedWith` are. `raw`: the correlations that the paper's analysis gives
   * with 50 choices and 10 reports a context, or with the numbers of `rawAt`.
   *
   * @default 'latent'
   */
  readonly scale?: 'latent' | 'raw';
  /** @default the paper's 50 choices, 10 reports, 5 attributes */
  readonly rawAt?: Partial<Pick<StudyDesign, 'choices' | 'reports' | 'attributes'>>;
  /** @default contexts 50, 100, 200; choices 25, 50, 100; reports 5, 10; models 1; attributes 5 */
  readonly sizes?: StudySizes;
  /** What two correlations belong to. @default 'reports' */
  readonly compared?: ComparedSides;
  /** For the cost of each design. @default costs are null, and the fewest requests are recommended */
  readonly prices?: RequestPrices | null;
  /** @default `rawCorrelation`: the paper's analysis */
  readonly estimator?: StudyEstimator;
}

export interface PlannedStudyDesign extends StudyDesign, DesignFigures {
  /** Requests of the whole study; trainings are not counted. */
  readonly requests: { readonly choices: number; readonly reports: number };
  /** In USD; null without prices. */
  readonly cost: number | null;
}

export interface StudyPlan extends Plan<PlannedStudyDesign> {
  /** As used: correlations are latent ones. */
  readonly assumptions: StudyAssumptions;
  readonly compared: ComparedSides;
}

const optionNames: readonly string[] = [
  ...['assumptions', 'scale', 'rawAt', 'sizes', 'compared', 'prices', 'estimator'],
  ...['target', 'simulations', 'seed', 'onProgress', 'signal'],
];

const defaultSizes = {
  contexts: [50, 100, 200],
  choices: [25, 50, 100],
  reports: [5, 10],
  models: [1],
  attributes: [5],
} satisfies Required<StudySizes>;

/**
 * Simulates every design and summarizes it.
 *
 * @throws WeighbridgeError `bad-argument`; `interrupted` if `signal` is aborted
 */
export async function planStudy(options: StudyPlanOptions = {}): Promise<StudyPlan> {
  requireNames(options, optionNames, 'planStudy');
  const { compared = 'reports', prices = null, estimator = rawCorrelation } = options;
  const { simulations = 200, seed = 2025, onProgress, signal } = options;
  requireOneOf('compared', compared, ['reports', 'models']);
  requireSimulations(simulations);
  requireSeed(seed);
  requirePrices(prices ?? {});
  if (options.sizes) requireNames(options.sizes, Object.keys(defaultSizes), 'sizes');
  const designs = gridOf<keyof StudyDesign>({ ...defaultSizes, ...options.sizes });
  const largest = largestDesign(designs);
  requireWork(designs, simulations);
  const assumptions = statedAssumptions(options);
  const target = requireTarget(options.target ?? {});
  requireDecision(assumptions, target.power);

  const truth =
    assumptions.comparedWith === null ? assumptions.correlation : differenceOf(assumptions);
  const tallies = designs.map(() => new DesignTally(Math.sign(truth)));
  const throttle = new Throttle(MILLISECONDS_BETWEEN_PAUSES);
  for (let index = 0; index < simulations; index++) {
    requireRunning(signal);
    const studyOf = nestedStudies({ assumptions, compared, seed, index }, largest);
    for (const [i, design] of designs.entries()) {
      tallies[i]?.add(await estimator(studyOf(design)));
    }
    onProgress?.({ done: index + 1, total: simulations });
    if (throttle.isDue()) await pause();
  }
  const planned = designs.map((design, i): PlannedStudyDesign => {
    const figures = (tallies[i] ?? new DesignTally(0)).figures();
    return { ...design, ...requestsOf(design, assumptions, compared, prices), ...figures };
  });
  const verdict = verdictOf(planned, target, costOf, designName);
  return { designs: planned, ...verdict, target, simulations, assumptions, compared };
}

function differenceOf({ correlation, comparedWith }: StudyAssumptions): number {
  return (comparedWith ?? correlation) - correlation;
}

function costOf({ cost, requests }: PlannedStudyDesign): number {
  return cost ?? requests.choices + requests.reports;
}

function designName({ contexts, choices, reports, models }: StudyDesign): string {
  const base = models === 1 ? '' : `, ${models} base models`;
  return `${contexts} contexts, ${choices} choices and ${reports} reports a context${base}`;
}

function requestsOf(
  { contexts, choices, reports, models }: StudyDesign,
  assumptions: StudyAssumptions,
  compared: ComparedSides,
  prices: RequestPrices | null,
): Pick<PlannedStudyDesign, 'requests' | 'cost'> {
  const sides = sidesOf(assumptions).length;
  const requests = {
    choices: contexts * choices * models * (compared === 'models' ? sides : 1),
    reports: contexts * reports * models * sides,
  };
  const cost = prices && requests.choices * prices.choice + requests.reports * prices.report;
  return { requests, cost };
}

/** Terms of a design's weight regressions and reports, over all simulations: about half an hour. */
const MOST_WORK = 1e10;
/** A simulation is not interrupted: at this size it takes some seconds and 400 MB. */
const MOST_WORK_OF_ONE = 5e7;

/** @throws WeighbridgeError `bad-argument` */
function requireWork(designs: readonly StudyDesign[], simulations: number): void {
  const largest = largestDesign(designs);
  if (designs.some(({ attributes }) => attributes < FEWEST_ATTRIBUTES)) {
    throw badArgument(
      `attributes is 1, expected at least ${FEWEST_ATTRIBUTES}: a choice weighs several`,
      { option: 'attributes' },
    );
  }
  const smallest = Math.min(...designs.map(({ contexts, attributes }) => contexts * attributes));
  if (smallest < FEWEST_PAIRS) {
    throw badArgument(
      `the smallest design has ${smallest} weights, expected at least ${FEWEST_PAIRS}: contexts times attributes`,
    );
  }
  const one = workOf(largest);
  if (one > MOST_WORK_OF_ONE) {
    throw badArgument(
      `the largest sizes of the grid are ${Math.ceil(one / MOST_WORK_OF_ONE)} times as many as can be simulated: name fewer contexts, choices, reports, models or attributes`,
    );
  }
  if (one * simulations > MOST_WORK) {
    const most = Math.floor(MOST_WORK / one);
    throw badArgument(
      `simulations is ${simulations}, but with the sizes of the grid at most ${most} are possible: name smaller sizes or fewer simulations`,
      { option: 'simulations' },
    );
  }
}

/**
 * Terms of the weight regressions, whose Hessians have a product of attributes for each choice and whose
 * solution is at least cubic, and of the reports.
 */
function workOf({ contexts, choices, reports, models, attributes }: StudyDesign): number {
  const ofRegression = attributes * attributes * Math.max(choices, attributes);
  return contexts * models * (ofRegression + attributes * reports);
}

const FEWEST_ATTRIBUTES = 2;
/** With fewer pairs, a regression has too few degrees of freedom to be planned for. */
const FEWEST_PAIRS = 10;

/** @throws WeighbridgeError `bad-argument` if there is nothing to decide */
function requireDecision(assumptions: StudyAssumptions, power: number | undefined): void {
  if (power === undefined) return;
  const { correlation, comparedWith } = assumptions;
  if (comparedWith === null ? correlation !== 0 : comparedWith !== correlation) return;
  throw badArgument(
    comparedWith === null
      ? 'the assumed correlation is 0: a power needs another, or a second correlation to compare with'
      : `both correlations are ${correlation}: a power needs two that differ`,
    { option: 'power' },
  );
}

/** Log-odds, or sds of latent reports; beyond it, choices are without error and reports without signal. */
const LARGEST_SD = 1000;

/** The assumptions with latent correlations. @throws WeighbridgeError `bad-argument` */
function statedAssumptions({
  assumptions: given = {},
  scale = 'latent',
  rawAt = {},
}: StudyPlanOptions): StudyAssumptions {
  requireNames(given, Object.keys(paperAssumptions), 'assumptions');
  requireOneOf('scale', scale, ['latent', 'raw']);
  const stated = { ...paperAssumptions, ...given };
  for (const name of ['correlation', 'comparedWith'] as const) {
    const value: unknown = stated[name];
    if (name === 'comparedWith' && value === null) continue;
    if (typeof value === 'number' && Math.abs(value) < 1) continue;
    throw badArgument(`${name} is ${described(value)}, but must be in (-1, 1)`, { option: name });
  }
  for (const name of ['weightSd', 'interceptSd', 'reportNoise', 'comparedReportNoise'] as const) {
    const value: unknown = stated[name];
    if (name === 'comparedReportNoise' && value === null) continue;
    if (typeof value === 'number' && value >= 0 && value <= LARGEST_SD) continue;
    throw badArgument(`${name} is ${described(value)}, but must be from 0 to ${LARGEST_SD}`, {
      option: name,
    });
  }
  if (!(Math.abs(stated.interceptMean) <= LARGEST_SD)) {
    throw badArgument(
      `interceptMean is ${described(stated.interceptMean)}, but must be from ${-LARGEST_SD} to ${LARGEST_SD}`,
      { option: 'interceptMean' },
    );
  }
  if (!(stated.weightSd > 0)) {
    throw badArgument('weightSd is 0, but must be above 0: choices without weights show none');
  }
  return scale === 'raw' ? withLatent(stated, rawAt) : stated;
}

function withLatent(
  stated: StudyAssumptions,
  { choices = 50, reports = 10, attributes = 5 }: NonNullable<StudyPlanOptions['rawAt']>,
): StudyAssumptions {
  const at = { choices, reports, attributes };
  for (const [kind, size] of Object.entries(at)) requireSizes(`rawAt.${kind}`, [size]);
  const root = learnedReliabilityRoot(stated, at);
  const latent = (raw: number, noise: number): number => {
    const factor = root * reportReliabilityRoot(noise, reports);
    if (Math.abs(raw) < factor) return raw / factor;
    throw badArgument(
      `a raw correlation of ${raw} is impossible with these assumptions: noise leaves at most ${factor.toFixed(2)} with ${choices} choices and ${reports} reports`,
      { option: 'correlation', found: raw },
    );
  };
  const [first, second] = sidesOf(stated).map((side) => latent(side.correlation, side.noise));
  return { ...stated, correlation: first ?? Number.NaN, comparedWith: second ?? null };
}

/** Contexts of the simulation that gives the reliability of learned weights, to about ±.003. */
const RELIABILITY_CONTEXTS = 2000;

/**
 * The factor from the latent to the expected raw correlation, r_raw = ρ √(rel_w rel_u) (Spearman 1904):
 * rel_w, the reliability of learned weights, by simulation; rel_u = 1 / (1 + noise² / k) for the mean of
 * k reports.
 */
export function attenuation(
  assumptions: StudyAssumptions,
  design: Pick<StudyDesign, 'choices' | 'reports' | 'attributes'>,
): number {
  const ofReports = reportReliabilityRoot(assumptions.reportNoise, design.reports);
  return learnedReliabilityRoot(assumptions, design) * ofReports;
}

function reportReliabilityRoot(noise: number, reports: number): number {
  return 1 / Math.sqrt(1 + noise ** 2 / reports);
}

/** √rel_w. */
function learnedReliabilityRoot(
  assumptions: StudyAssumptions,
  { choices, attributes }: Pick<StudyDesign, 'choices' | 'attributes'>,
): number {
  const design = { contexts: RELIABILITY_CONTEXTS, choices, reports: 1, models: 1, attributes };
  const alone = { ...assumptions, comparedWith: null };
  const simulation = {
    assumptions: alone,
    compared: 'reports',
    seed: 'reliability',
    index: 0,
  } as const;
  return weightReliabilityRoot(trueAndLearned(simulation, design));
}
