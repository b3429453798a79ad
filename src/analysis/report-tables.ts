/**
 * Every report of a base model as a standardized table, one for each comparison.
 */
import { WeighbridgeError } from '../errors.js';
import { modelFiles, type ReportFile } from '../study/layout.js';
import type { BaseModelRecord } from '../study/read-study.js';
import { joinTables, meanReports, standardizeTable, type WeightTable } from './reported-weights.js';

export interface ReportTables {
  readonly offTheShelf: WeightTable;
  readonly instilled: WeightTable;
  readonly instilledTrained: WeightTable;
  readonly native: WeightTable;
  readonly nativeTrained: WeightTable;
}

/** @throws WeighbridgeError `bad-data` where the reports of a file are all alike. */
export function reportTables(record: BaseModelRecord): ReportTables {
  const table = (file: ReportFile) => standardizedReports(record, file);
  requireDisjointHalves(record);
  return {
    offTheShelf: table('offTheShelfReports'),
    instilled: table('instilledReports'),
    // Trained on one half of the contexts it reports on the other: two reporting models.
    instilledTrained: joinTables(table('firstHalfTrainedReports'), table('lastHalfTrainedReports')),
    native: table('nativeReports'),
    nativeTrained: table('nativeTrainedReports'),
  };
}

/** A context in both halves would be reported on by a model that was trained on it. */
function requireDisjointHalves(record: BaseModelRecord): void {
  const first = new Set(record.firstHalfTrainedReports.map(({ context }) => context));
  const twice = record.lastHalfTrainedReports.find(({ context }) => first.has(context));
  if (twice) {
    throw new WeighbridgeError(
      'bad-data',
      `${record.name}${modelFiles.lastHalfTrainedReports.suffix}: ${twice.context} is also in ${record.name}${modelFiles.firstHalfTrainedReports.suffix}, expected each context in one of the two`,
    );
  }
}

/** One reporting model's means on one set of contexts, standardized; they must differ. */
function standardizedReports(record: BaseModelRecord, file: ReportFile): WeightTable {
  const means = meanReports(record[file]);
  const [first, ...others] = [...means.values()].flat();
  if (others.every((mean) => mean === first)) {
    throw new WeighbridgeError(
      'bad-data',
      `${record.name}${modelFiles[file].suffix}: all mean reports are ${first}, expected some that differ`,
    );
  }
  return standardizeTable(means);
}
