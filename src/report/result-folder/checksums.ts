/**
 * SHA-256 of the files that a study was read from, so that whoever holds a result and the data can
 * tell whether they belong together.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelFiles, sharedFiles } from '../../study/layout.js';
import type { Study } from '../../study/read-study.js';

/** @param files those that were read, by name, where they are in memory and not in the study's folder */
export async function dataChecksums(
  { folder, models, provenance }: Study,
  files?: ReadonlyMap<string, string>,
): Promise<Record<string, string>> {
  const names = [
    sharedFiles.contexts,
    sharedFiles.targets,
    ...(provenance ? [sharedFiles.provenance] : []),
    ...models.flatMap(({ name }) => Object.values(modelFiles).map(({ suffix }) => name + suffix)),
  ];
  const checksums: Record<string, string> = {};
  for (const name of names.sort()) {
    checksums[name] = createHash('sha256')
      .update(files?.get(name) ?? (await readFile(join(folder, name))))
      .digest('hex');
  }
  return checksums;
}
