/**
 * Shards of a study of explanations: each makes a part of the cells and all networks, which the cells need, and stores a
 * part of the files. Their files together are the study.
 */
import { createHash } from 'node:crypto';
import type { MergedShards, NumberedFit, ShardWriter } from '../distribution/shards.js';
import { WeighbridgeError } from '../errors.js';
import type { StudyPlan } from '../explain/plan.js';
import { packageVersion } from '../package-info.js';
import { type StudyFolder, studyFiles } from './study-folder.js';

/** The part of a plan that a shard makes. */
interface OwnPart {
  readonly plan: StudyPlan;
  /** Stores what was made. */
  store(folder: StudyFolder): Promise<void>;
}

export function ownPart(plan: StudyPlan, writer: ShardWriter): OwnPart {
  const idOf = fileIds(plan);
  const own = studyFiles(plan).flatMap((one): (typeof one & { readonly taken: NumberedFit })[] => {
    const taken = writer.take(idOf(one.file));
    return taken === null ? [] : [{ ...one, taken }];
  });
  return {
    plan: { ...plan, cells: own.flatMap(({ cell }) => cell ?? []) },
    async store(folder) {
      for (const { file, taken } of own) writer.write(taken, await folder.readFile(file));
    },
  };
}

/**
 * Writes the files of all shards into the folder.
 * @throws WeighbridgeError `wrong-format` if the shards do not have all files of the plan
 */
export async function gatherStudy(
  folder: StudyFolder,
  plan: StudyPlan,
  shards: MergedShards,
): Promise<void> {
  const idOf = fileIds(plan);
  for (const { file } of studyFiles(plan)) {
    const bytes = shards.outcome(idOf(file));
    if (bytes === undefined) {
      throw new WeighbridgeError(
        'wrong-format',
        `the shards are of another study: none has ${file}`,
        {
          details: { file },
        },
      );
    }
    await folder.writeFile(file, bytes);
  }
}

/** SHA-256 of what decides the content of a file. */
function fileIds({ cells: _, ...plan }: StudyPlan): (file: string) => string {
  return (file) =>
    createHash('sha256')
      .update(JSON.stringify([packageVersion, plan, file]))
      .digest('hex');
}
