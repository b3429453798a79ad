/**
 * Where a study's answers come from: what ran when, with which configuration, on which stimuli.
 */
import { packageVersion } from '../package-info.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import type { Configuration } from './configuration/schema.js';
import { checksum } from './frozen.js';
import { trainings } from './plan.js';
import type { StudyRecord } from './record/record.js';
import type { StudyStimuli } from './stimuli.js';
import { trainingText } from './training.js';

/** Each run enters itself in the record. */
export function noteRun(
  record: StudyRecord,
  configuration: Configuration,
  stimuli: StudyStimuli,
): void {
  const at = new Date().toISOString();
  record.setMeta(
    `run/${at}`,
    JSON.stringify({
      at,
      weighbridge: packageVersion,
      node: process.version,
      configuration,
      checksums: stimuliChecksums(configuration, stimuli),
    }),
  );
}

/** SHA-256, the first 16 digits, of everything that a study shows. */
function stimuliChecksums(
  configuration: Configuration,
  stimuli: StudyStimuli,
): Record<string, string> {
  const { contexts, targets, trials } = stimuli;
  const texts = trainings.map(
    (what) => [what, trainingText(configuration, stimuli, what)] as const,
  );
  return Object.fromEntries([
    ['contexts', checksum(contexts)],
    ['targets', checksum([...targets])],
    ...Object.entries(trials).map(([what, shown]) => [what, checksum(shown)]),
    ...texts.map(([what, text]) => [`training on ${what}`, checksum(text)]),
  ]);
}

/**
 * What an export says of itself. Nothing in it differs between two studies of one configuration
 * that brought the same answers, however often they were stopped, and wherever the server was.
 */
export function provenanceText(
  configuration: Configuration,
  stimuli: StudyStimuli,
  record: StudyRecord,
  policy: AnswerPolicy,
): string {
  const { study, models, contexts, counts, seeds } = configuration;
  const names = models.map(({ name }) => name).join(', ');
  const simulated = record.simulated();
  const again = record.answeredAgain();
  const provenance = {
    simulated,
    description: simulated
      ? `study ${study}, collected by weighbridge from its simulated model server; no language model made these choices or reports`
      : `study ${study}, collected by weighbridge from ${names}`,
    reports_per_context: counts.reports,
    answers: policy,
    // Readers of the data must know which trials were asked again.
    ...(again > 0 ? { trials_asked_again: again } : {}),
    weighbridge: packageVersion,
    models: models.map(({ name, fine_tuning, trained }) => ({ name, fine_tuning, trained })),
    contexts,
    counts,
    seeds,
    checksums: stimuliChecksums(configuration, stimuli),
  };
  return `${JSON.stringify(provenance, null, 2)}\n`;
}
