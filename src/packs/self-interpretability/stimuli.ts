/**
 * The stimuli of a study, determined by its configuration and files: contexts, target weights and
 * trials.
 */
import { readAgents, readCandidates } from '../../authors-files/read-candidates.js';
import { WeighbridgeError } from '../../errors.js';
import type { Candidate } from '../../study/candidates.js';
import type { Context } from '../../study/context.js';
import { assignAgents, drawTrials, type Trial, targetWeightsFor } from '../../study/stimuli.js';
import type { PaperConfiguration } from './configuration.js';

export interface StudyStimuli {
  /** Instilled contexts first, then native ones. */
  readonly contexts: readonly Context[];
  readonly instilled: readonly Context[];
  readonly native: readonly Context[];
  readonly targets: ReadonlyMap<string, readonly number[]>;
  readonly trials: {
    readonly instilledChoices: readonly Trial[];
    readonly nativeChoices: readonly Trial[];
    readonly instilledReports: readonly Trial[];
    readonly firstHalfReports: readonly Trial[];
    readonly lastHalfReports: readonly Trial[];
    readonly nativeReports: readonly Trial[];
  };
}

/** Reads the study's files. @throws WeighbridgeError `missing-file`, `bad-data` */
export async function readStimuli(
  configuration: PaperConfiguration,
  pathOf: (file: string) => string,
): Promise<StudyStimuli> {
  const { candidates, agents } = configuration.contexts;
  return makeStimuli(
    configuration,
    await readCandidates(pathOf(candidates)),
    await readAgents(pathOf(agents)),
  );
}

export function makeStimuli(
  configuration: PaperConfiguration,
  candidates: readonly Candidate[],
  agents: readonly string[],
): StudyStimuli {
  const { contexts: wanted, counts, seeds } = configuration;
  const total = wanted.instilled + wanted.native;
  if (candidates.length < total) {
    throw new WeighbridgeError(
      'bad-data',
      `${wanted.candidates} holds ${candidates.length} contexts, expected at least ${total} (contexts.instilled ${wanted.instilled} + contexts.native ${wanted.native})`,
    );
  }
  if (agents.length === 0) {
    throw new WeighbridgeError(
      'bad-data',
      `${wanted.agents} holds no agents: expected at least one below its header`,
    );
  }
  requireEnoughWeights(configuration, candidates);
  const contexts = assignAgents(candidates, agents, seeds.agents).slice(0, total);
  const instilled = contexts.slice(0, wanted.instilled);
  const native = contexts.slice(wanted.instilled);
  const instilledReports = drawTrials(instilled, counts.reports, seeds.instilledReports);
  const { first } = halves(instilled);
  const ofFirstHalf = first.length * counts.reports;
  return {
    contexts,
    instilled,
    native,
    targets: targetWeightsFor(contexts, seeds.targets),
    trials: {
      instilledChoices: drawTrials(instilled, counts.instilledChoices, seeds.instilledChoices),
      nativeChoices: drawTrials(native, counts.nativeChoices, seeds.nativeChoices),
      instilledReports,
      firstHalfReports: instilledReports.slice(0, ofFirstHalf),
      lastHalfReports: instilledReports.slice(ofFirstHalf),
      nativeReports: drawTrials(native, counts.reports, seeds.nativeReports),
    },
  };
}

/**
 * With fewer weights the correlation's posterior equals its prior, and a slope may not be
 * identified.
 */
const FEWEST_WEIGHTS = 4;

/**
 * The analysis also computes correlations without the largest weight of each context, and would
 * otherwise fail after everything was paid for.
 */
function requireEnoughWeights(
  { contexts }: PaperConfiguration,
  [first]: readonly Candidate[],
): void {
  const attributes = first?.attributes.length ?? 0;
  for (const setting of ['instilled', 'native'] as const) {
    const left = contexts[setting] * (attributes - 1);
    if (left >= FEWEST_WEIGHTS) continue;
    throw new WeighbridgeError(
      'bad-configuration',
      `contexts.${setting} is ${contexts[setting]}: with ${attributes} attributes each, ${left} weights are left beside the largest of each context, and the analysis needs at least ${FEWEST_WEIGHTS}`,
    );
  }
}

/** Splits items in two: a model trained on one half is asked about the other. */
export function halves<T>(items: readonly T[]): { first: readonly T[]; last: readonly T[] } {
  const middle = Math.floor(items.length / 2);
  return { first: items.slice(0, middle), last: items.slice(middle) };
}
