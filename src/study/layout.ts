/**
 * The names of the authors' files, and which base models a folder holds by them.
 */
import { readdir } from 'node:fs/promises';
import { WeighbridgeError } from '../errors.js';

/** Files shared by all models of a study. */
export const sharedFiles = {
  contexts: 'scenarios.csv',
  targets: 'instilled_weights.csv',
  provenance: 'provenance.json',
} as const;

/** What each file of a base model is called after the model's name, and what it holds. */
export const modelFiles = {
  instilledChoices: {
    suffix: '_instilled_selections.csv',
    holds: 'choices in the instilled contexts',
  },
  nativeChoices: {
    suffix: '_instilled_latent_selections.csv',
    holds: 'choices in the native contexts',
  },
  offTheShelfReports: {
    suffix: '_weight_reports.csv',
    holds: 'reports of the off-the-shelf model',
  },
  instilledReports: {
    suffix: '_instilled_weight_reports.csv',
    holds: 'reports of the preference-trained model',
  },
  firstHalfTrainedReports: {
    suffix: '_itrained_first_50_of_100_50ex_weight_reports.csv',
    holds: 'reports after introspection training on the first half',
  },
  lastHalfTrainedReports: {
    suffix: '_itrained_last_50_of_100_50ex_weight_reports.csv',
    holds: 'reports after introspection training on the last half',
  },
  nativeReports: {
    suffix: '_instilled_latent_weight_reports.csv',
    holds: 'reports on the native contexts before introspection training',
  },
  nativeTrainedReports: {
    suffix: '_itrained_all_100_50ex_latent_weight_reports.csv',
    holds: 'reports on the native contexts after introspection training',
  },
} as const;

export type ModelFile = keyof typeof modelFiles;

/** Other files that the authors published beside those that are read. */
const KNOWN_BESIDE = /(^|_)regression_results\.csv$|^(scenarios|instilled_weights|roles)\.csv$/;

const kinds = Object.keys(modelFiles) as ModelFile[];
const longestFirst = [...kinds].sort(
  (a, b) => modelFiles[b].suffix.length - modelFiles[a].suffix.length,
);

/** Which kind of file a name is by its longest suffix, and of which base model. */
function recognize(file: string): { model: string; kind: ModelFile } | null {
  const kind = longestFirst.find((candidate) => file.endsWith(modelFiles[candidate].suffix));
  if (!kind) return null;
  return { model: file.slice(0, -modelFiles[kind].suffix.length), kind };
}

export interface FolderLayout {
  /** Base models in alphabetical order. */
  readonly models: readonly string[];
  /** CSV files whose names say nothing to us. */
  readonly unread: readonly string[];
}

/**
 * Finds the base models of a folder: whoever made choices in it.
 * @throws WeighbridgeError `missing-file` for a folder without models, or a model of which a file
 *   is missing.
 */
export async function folderLayout(folder: string): Promise<FolderLayout> {
  const files = await listFolder(folder);
  const recognized = files.map((file) => ({ file, ...recognize(file) }));
  const choosers = recognized
    .filter(({ kind }) => kind === 'instilledChoices' || kind === 'nativeChoices')
    .map(({ model }) => model ?? '');
  const models = [...new Set(choosers)].sort();
  const unread = recognized
    .filter(({ file, model }) => file.endsWith('.csv') && !models.includes(model ?? '\0'))
    .map(({ file }) => file)
    .filter((file) => !KNOWN_BESIDE.test(file));

  if (models.length === 0) {
    throw new WeighbridgeError(
      'missing-file',
      `${folder} holds no base model: expected files named MODEL${modelFiles.instilledChoices.suffix} and so on${namesLike(unread)}`,
    );
  }
  for (const model of models) requireFiles(folder, files, model, unread);
  return { models, unread };
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const reason = code === 'ENOTDIR' ? 'is not a folder' : `cannot be read (${code})`;
    throw new WeighbridgeError(
      'missing-file',
      `${folder} ${code === 'ENOENT' ? 'does not exist' : reason}: expected a folder in the layout of the authors' data`,
      { cause },
    );
  }
}

function requireFiles(
  folder: string,
  files: readonly string[],
  model: string,
  unread: readonly string[],
): void {
  for (const kind of kinds) {
    const { suffix, holds } = modelFiles[kind];
    if (!files.includes(model + suffix)) {
      throw new WeighbridgeError(
        'missing-file',
        `${model}${suffix} is missing in ${folder}: expected the ${holds}${namesLike(unread)}`,
      );
    }
  }
}

function namesLike(unread: readonly string[]): string {
  if (unread.length === 0) return '';
  return `; is one of these misnamed? ${unread.slice(0, 5).join(', ')}`;
}
