/**
 * What lies where in a study's folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WeighbridgeError } from '../errors.js';
import { readText } from '../study/csv.js';
import { parseConfiguration } from './configuration/read-configuration.js';
import type { Configuration } from './configuration/schema.js';

export const studyFiles = {
  configuration: 'study.yaml',
  record: 'record.sqlite',
  /** How much the record has held. */
  mark: 'record.mark',
  lock: 'study.lock',
} as const;

/** @throws WeighbridgeError `missing-file`, `bad-configuration` */
export async function readConfiguration(folder: string): Promise<Configuration> {
  const path = join(folder, studyFiles.configuration);
  if (!existsSync(path)) {
    throw new WeighbridgeError(
      'missing-file',
      `${folder} holds no ${studyFiles.configuration}: make a study with \`weighbridge study init ${folder}\``,
    );
  }
  return parseConfiguration(
    await readText(path, 'the configuration of a study'),
    studyFiles.configuration,
  );
}
