/**
 * The paper's stimuli anew, from the authors' decision contexts and agents: the files of theirs
 * that hold them, byte for byte.
 */
import { WeighbridgeError } from '../errors.js';
import type { Candidate } from './candidates.js';
import { sharedFiles } from './layout.js';
import { assignAgents, preferenceExamples, reportExamples, targetWeightsFor } from './stimuli.js';
import { exampleJsonl } from './training-files.js';
import { contextsCsv, weightsCsv } from './write-study.js';

/** Contexts in the authors' tables; the first hundred of them had weights instilled. */
const PUBLISHED = 1100;
const INSTILLED = 100;

/** The authors took the header of `roles.csv` for an agent: one context asks 'role'. */
const AGENT_OF_THE_HEADER = 'role';

/**
 * @param candidates of `candidate_scenarios.json`, 1,100 at least
 * @param agents of `roles.csv` without its header, as many at least
 * @returns what each file holds, by its name
 */
export function paperStimuli(
  candidates: readonly Candidate[],
  agents: readonly string[],
): Map<string, string> {
  if (Math.min(candidates.length, agents.length) < PUBLISHED) {
    throw new WeighbridgeError(
      'bad-data',
      `${candidates.length} decision contexts and ${agents.length} agents, expected the authors': ${PUBLISHED} at least of both`,
    );
  }
  const contexts = assignAgents(candidates.slice(0, PUBLISHED), [AGENT_OF_THE_HEADER, ...agents]);
  const weights = targetWeightsFor(contexts);
  const instilled = contexts.slice(0, INSTILLED);
  const preferences = preferenceExamples(instilled, weights);
  const reports = reportExamples(instilled, weights);
  const half = INSTILLED / 2;
  return new Map([
    [sharedFiles.contexts, contextsCsv(contexts)],
    [sharedFiles.targets, weightsCsv(weights)],
    ['instill_100_prefs.jsonl', exampleJsonl(preferences.training)],
    // Not among the authors' files; the name is ours.
    ['instill_100_prefs_validation.jsonl', exampleJsonl(preferences.validation)],
    // The model learns to report on the second half of the contexts and is tested on the first.
    ['instilled_weights_50_training.jsonl', exampleJsonl(reports.slice(half))],
    ['instilled_weights_50_test.jsonl', exampleJsonl(reports.slice(0, half))],
  ]);
}
