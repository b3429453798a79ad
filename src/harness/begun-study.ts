/** Checks whether a study's record is complete: errors before an analysis, warnings after a run. */
import { badData } from '../checks/values.js';
import { WeighbridgeError } from '../errors.js';
import type { AnswerCounts, BegunStudy } from './export-study.js';
import { learnedLines } from './learned.js';
import type { PlannedStudy } from './open-study.js';
import { hasFailed, outcomeOf, readAnswer } from './read-answers.js';

/** @throws WeighbridgeError `missing-file` if nothing is collected yet */
export function requireBegun(study: PlannedStudy): BegunStudy {
  if (study.record) return { ...study, record: study.record };
  throw new WeighbridgeError(
    'missing-file',
    `${study.folder} has no answers yet: run \`weighbridge study run ${study.folder}\` first`,
    { details: { file: study.folder } },
  );
}

/** @throws WeighbridgeError `bad-data` if a stage lacks answers */
export function requireFinished(counts: readonly AnswerCounts[], folder: string): void {
  const lacking = counts.find(({ asked, answered }) => answered < asked);
  if (!lacking) return;
  throw badData(
    `${lacking.stage} has ${lacking.answered} of ${lacking.asked} answers: finish it with \`weighbridge study run ${folder}\``,
    { file: folder },
  );
}

/** @throws WeighbridgeError `bad-data` if a stage of choices has no log-probabilities to weigh them by */
export function requireLogprobs({ stages, record }: BegunStudy): void {
  const without = stages.find(
    ({ id, kind }) =>
      kind === 'choices' && record.withoutLogprobs(id, ['A', 'B']) >= record.answered(id).size,
  );
  if (!without) return;
  throw badData(
    `${without.id} has no log-probabilities: server.logprobs was not on when it was collected, or the server gave none`,
  );
}

/**
 * Warnings after a run: stages without a valid answer, trials without an answer from the model, and
 * missing log-probabilities.
 */
export function collectionWarnings(study: BegunStudy): string[] {
  return [
    ...invalidWarnings(study),
    ...unansweredWarnings(study),
    ...logprobWarnings(study),
    ...learnedLines(study.record),
  ];
}

/** Stages without a valid answer: short ones, which end before a run stops for that reason. */
function invalidWarnings({ stages, record }: BegunStudy): string[] {
  return stages.flatMap((stage) => {
    if (stage.kind === 'training') return [];
    const reasons = new Map<string, number>();
    for (const answer of record.answers(stage.id)) {
      const reading = readAnswer(stage, answer, 'lenient');
      if (reading.valid) return [];
      reasons.set(reading.reason, (reasons.get(reading.reason) ?? 0) + 1);
    }
    if (reasons.size === 0) return [];
    const why = [...reasons].map(([reason, of]) => `${reason} ${of}`).join(', ');
    return [`${stage.id}: none of the answers is valid (${why})`];
  });
}

function unansweredWarnings({ stages, record }: BegunStudy): string[] {
  return stages.flatMap((stage) => {
    if (stage.kind === 'training') return [];
    const reasons = new Map<string, number>();
    for (const answer of record.answers(stage.id)) {
      const outcome = outcomeOf(answer);
      if (outcome === 'said') continue;
      const silence = hasFailed(answer) ? 'nothing that can be read' : 'no text';
      const reason = outcome === 'filtered' ? 'content filter' : silence;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    if (reasons.size === 0) return [];
    const count = [...reasons.values()].reduce((sum, one) => sum + one, 0);
    const why = [...reasons].map(([reason, of]) => `${reason} ${of}`).join(', ');
    return [
      `${stage.id}: ${count} of ${stage.trials.length} trials have no answer of the model (${why}); --retry-invalid asks them again`,
    ];
  });
}

function logprobWarnings({ configuration, stages, record }: BegunStudy): string[] {
  if (!configuration.server.logprobs) return [];
  return stages.flatMap(({ id, kind }) => {
    const without = kind === 'choices' ? record.withoutLogprobs(id, ['A', 'B']) : 0;
    return without > 0
      ? [`${id}: the server gave no log-probabilities of A and B with ${without} choices`]
      : [];
  });
}
