/**
 * What may not change once answers have been collected: a study whose contexts, counts, seeds or
 * models changed half-way would mix two studies in one record.
 */
import { createHash } from 'node:crypto';
import { WeighbridgeError } from '../errors.js';
import { parseObject } from './client/json.js';
import type { Configuration } from './configuration/schema.js';
import type { StudyRecord } from './record/record.js';
import type { StudyStimuli } from './stimuli.js';

const FROZEN = 'fixed configuration';

/**
 * Enters the fixed part in the record, or holds it against what stands there. Until something was
 * answered or trained nothing is fixed: a mistyped name can be mended.
 * @throws WeighbridgeError `study-changed`
 */
export function fix(
  record: StudyRecord,
  configuration: Configuration,
  stimuli: StudyStimuli,
): void {
  if (record.begun()) requireUnchanged(record, configuration, stimuli);
  else record.setMeta(FROZEN, JSON.stringify(fixedPart(configuration, stimuli)));
}

/** @throws WeighbridgeError `study-changed` */
export function requireUnchanged(
  record: StudyRecord,
  configuration: Configuration,
  stimuli: StudyStimuli,
): void {
  const kept = record.begun() ? record.meta(FROZEN) : null;
  if (kept === null) return;
  const before = parseObject(kept);
  if (!before) {
    throw new WeighbridgeError(
      'bad-data',
      `the study's record is damaged: its '${FROZEN}' is ${shown(kept.slice(0, 60))}, expected a JSON object; restore it from a copy`,
    );
  }
  const changed = Object.entries(fixedPart(configuration, stimuli)).find(
    ([key, value]) => JSON.stringify(before[key]) !== JSON.stringify(value),
  );
  if (!changed) return;
  const [key, value] = changed;
  throw new WeighbridgeError(
    'study-changed',
    `${key} is now ${shown(value)} and was ${shown(before[key])} when collection began: change it back, or begin a new study in another folder`,
  );
}

/** Flat, so that a message can name the one key that differs. */
function fixedPart(
  { study, contexts, counts, seeds, models }: Configuration,
  stimuli: StudyStimuli,
): Record<string, unknown> {
  return {
    study,
    ...prefixed('contexts', contexts),
    ...prefixed('counts', counts),
    ...prefixed('seeds', seeds),
    'models (names)': models.map(({ name }) => name),
    'models (trained)': models.map(({ trained }) => trained),
    'models (fine_tuning)': models.map(({ fine_tuning }) => fine_tuning),
    'the contents of the contexts and agents files': checksum(stimuli.contexts),
  };
}

function prefixed(group: string, values: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${group}.${key}`, value]),
  );
}

export function checksum(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

function shown(value: unknown): string {
  if (value === undefined) return 'not recorded';
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value);
}
