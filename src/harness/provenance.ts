/**
 * The provenance of a study's answers, and the settings that are fixed once answers have been
 * collected: changing contexts, counts, seeds or models half-way would mix two studies in one
 * record.
 */
import { asList, asObject, type JsonObject, parseObject } from '../checks/json.js';
import { WeighbridgeError } from '../errors.js';
import { packageVersion } from '../package-info.js';
import { toFileKeys } from '../packs/configuration/configuration.js';
import { trainingId } from '../packs/design.js';
import type { Design } from '../packs/read-design.js';
import type { PaperFile } from '../packs/self-interpretability/configuration.js';
import type { PaperDesign } from '../packs/self-interpretability/design.js';
import type { AnswerPolicy } from '../study/parse-report.js';
import { fineTuneState } from './fine-tuning/fine-tune.js';
import type { StudyRecord } from './record/record.js';

/** Notes a run in the record. */
export function noteRun(record: StudyRecord, design: Design): void {
  const at = new Date().toISOString();
  record.setMeta(
    `run/${at}`,
    JSON.stringify({
      at,
      weighbridge: packageVersion,
      node: process.version,
      configuration: toFileKeys(design.configuration),
      checksums: design.checksums(),
    }),
  );
}

/**
 * The provenance file of an export. Identical for two studies with the same configuration and
 * answers, regardless of interruptions and of the server's address.
 */
export function provenanceText(
  design: PaperDesign,
  record: StudyRecord,
  policy: AnswerPolicy,
): string {
  const { study, models, contexts, counts, seeds } = toFileKeys<PaperFile>(design.configuration);
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
    ...(again > 0 ? { trials_asked_again: again } : {}),
    weighbridge: packageVersion,
    models: models.map(({ name, fine_tuning, trained }) => ({ name, fine_tuning, trained })),
    contexts,
    counts,
    seeds,
    checksums: design.checksums(),
  };
  return `${JSON.stringify(provenance, null, 2)}\n`;
}

const FROZEN = 'fixed configuration';

/**
 * Writes the fixed settings to the record, or compares them with those on record. Nothing is fixed
 * before the first answer or training, so a mistyped name can be corrected.
 * @throws WeighbridgeError `study-changed`
 */
export function fixConfiguration(record: StudyRecord, design: Design): void {
  requireUnchanged(record, design);
  // The oldest records have none.
  if (record.begun() && record.meta(FROZEN) === null) return;
  record.setMeta(FROZEN, JSON.stringify(design.fixed));
}

/** @throws WeighbridgeError `study-changed` */
export function requireUnchanged(record: StudyRecord, { fixed }: Design): void {
  const kept = record.begun() ? record.meta(FROZEN) : null;
  if (kept === null) return;
  const before = parseObject(kept);
  if (!before) {
    throw new WeighbridgeError(
      'bad-data',
      `the study's record is damaged: its '${FROZEN}' is ${shown(kept.slice(0, 60))}, expected a JSON object; restore it from a copy`,
    );
  }
  const changed = Object.entries(fixed).find(
    ([key, value]) =>
      JSON.stringify(before[key]) !== JSON.stringify(value) &&
      !(key === TRAINED && addsNames(before, fixed, record)),
  );
  if (!changed) return;
  const [key, value] = changed;
  throw new WeighbridgeError(
    'study-changed',
    `${key} is now ${shown(value)} and was ${shown(before[key])} when collection began: change it back, or begin a new study in another folder`,
    { details: { column: key, found: value, expected: shown(before[key]) } },
  );
}

const TRAINED = 'models (trained)';

/** States in which the server has no job: nothing of a training is lost. */
const withoutJob: readonly string[] = ['not started', 'uploading', 'failed'];

/** A model trained elsewhere may be named later, until the server trains one. */
function addsNames(
  before: JsonObject,
  fixed: Readonly<Record<string, unknown>>,
  { journal }: StudyRecord,
): boolean {
  const names = asList(fixed['models (names)']).map(String);
  const [was, is] = [asList(before[TRAINED]), asList(fixed[TRAINED])];
  return names.every((model, i) => {
    const [old, now] = [asObject(was[i]) ?? {}, asObject(is[i]) ?? {}];
    const trainings = new Set([...Object.keys(old), ...Object.keys(now)]);
    return [...trainings].every(
      (training) =>
        old[training] === now[training] ||
        (old[training] === undefined &&
          withoutJob.includes(fineTuneState(trainingId(model, training), journal).stage)),
    );
  });
}

function shown(value: unknown): string {
  if (value === undefined) return 'not recorded';
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
