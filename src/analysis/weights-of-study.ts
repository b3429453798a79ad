/**
 * The weight regressions of a whole study: one for every base model, setting and context.
 */

import { WeighbridgeError } from '../errors.js';
import type { FitResult } from '../regression/job.js';
import { modelFiles, probabilityColumn } from '../study/layout.js';
import type { BaseModelRecord, Study } from '../study/read-study.js';
import {
  type ChoiceWeighing,
  type ContextChoices,
  groupByContext,
  type LearnedWeights,
  learnedWeights,
  type Setting,
  weightJob,
} from './learned-weights.js';
import type { PlannedFit } from './planned-fits.js';
import { type ReportTables, reportTables } from './report-tables.js';

export const bothSettings: readonly Setting[] = ['instilled', 'native'];

/** Results of jobs by their names. */
export type FitsByName = ReadonlyMap<string, FitResult>;

/** What a base model chose, by setting and context, and what it said. */
export interface ModelData {
  readonly record: BaseModelRecord;
  readonly groups: Readonly<Record<Setting, readonly ContextChoices[]>>;
  readonly reports: ReportTables;
}

export function modelData(record: BaseModelRecord, { contexts }: Study): ModelData {
  return {
    record,
    groups: {
      instilled: groupByContext(record.instilledChoices, contexts),
      native: groupByContext(record.nativeChoices, contexts),
    },
    reports: reportTables(record),
  };
}

function weightJobName(model: string, setting: Setting, context: string): string {
  return `${model}/${setting}/${context}`;
}

export function weightFits(
  { record: { name: model }, groups }: ModelData,
  weighChoices: ChoiceWeighing = 'as-made',
): PlannedFit[] {
  return bothSettings.flatMap((setting) =>
    groups[setting].map((group) => {
      const context = group.context.name;
      return {
        job: weightJob(weightJobName(model, setting, context), group, weighChoices),
        subject: { kind: 'weights', model, setting, context },
      };
    }),
  );
}

/** @throws WeighbridgeError `bad-data` where a file of choices has no probabilities at all. */
export function requireProbabilities(record: BaseModelRecord): void {
  for (const kind of ['instilledChoices', 'nativeChoices'] as const) {
    if (record[kind].some(({ probabilityA }) => probabilityA !== undefined)) continue;
    throw new WeighbridgeError(
      'bad-data',
      `${record.name}${modelFiles[kind].suffix}: no choice has a probability, expected some in a column ${probabilityColumn} to weigh the choices by`,
    );
  }
}

/** What its choices reveal. */
export interface ModelWeights extends ModelData {
  readonly weights: Readonly<Record<Setting, readonly LearnedWeights[]>>;
}

export function modelWeights(data: ModelData, fits: FitsByName): ModelWeights {
  const of = (setting: Setting) =>
    data.groups[setting].map((group) =>
      learnedWeights(
        group,
        fitNamed(fits, weightJobName(data.record.name, setting, group.context.name)),
      ),
    );
  return { ...data, weights: { instilled: of('instilled'), native: of('native') } };
}

export function fitNamed(fits: FitsByName, name: string): FitResult {
  const fit = fits.get(name);
  if (!fit) throw new RangeError(`no fit named ${name}`);
  return fit;
}
