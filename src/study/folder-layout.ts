/**
 * Which base models a folder holds, by the names of its files.
 */
import { readdir } from 'node:fs/promises';
import { WeighbridgeError } from '../errors.js';
import { type ModelFile, modelFiles } from './layout.js';

/** Files that stand beside those that are read: the authors' others, and what an export adds. */
const KNOWN_BESIDE =
  /(^|_)regression_results\.csv$|^(scenarios|instilled_weights|roles|invalid_answers)\.csv$/;

const kinds = Object.keys(modelFiles) as ModelFile[];
const longestFirst = [...kinds].sort(
  (a, b) => modelFiles[b].suffix.length - modelFiles[a].suffix.length,
);

/** Which kind of file a name is by its longest suffix, and of which base model. */
function recognize(file: string): { model: string; kind: ModelFile } | null {
  const kind = longestFirst.find((candidate) => file.endsWith(modelFiles[candidate].suffix));
  const model = kind ? file.slice(0, -modelFiles[kind].suffix.length) : '';
  return kind && model !== '' ? { model, kind } : null;
}

export interface FolderLayout {
  /** Base models in alphabetical order. */
  readonly models: readonly string[];
  /** CSV files whose names say nothing to us. */
  readonly unread: readonly string[];
}

/**
 * Finds the base models of a folder by the names of its files: whoever made choices in it.
 * @param folder for messages
 * @throws WeighbridgeError `missing-file` for a folder without models, or a model of which a file
 *   is missing.
 */
export function layoutOf(folder: string, files: readonly string[]): FolderLayout {
  const choosers = files
    .map(recognize)
    .filter((found) => found !== null)
    .filter(({ kind }) => kind === 'instilledChoices' || kind === 'nativeChoices')
    .map(({ model }) => model);
  const models = [...new Set(choosers)].sort();
  const read = new Set(
    models.flatMap((model) => kinds.map((kind) => model + modelFiles[kind].suffix)),
  );
  const unread = files.filter(
    (file) => file.endsWith('.csv') && !read.has(file) && !KNOWN_BESIDE.test(file),
  );

  if (models.length === 0) {
    throw new WeighbridgeError(
      'missing-file',
      `${folder} holds no base model: expected files named MODEL${modelFiles.instilledChoices.suffix} and so on${namesLike(unread)}`,
    );
  }
  for (const model of models) requireFiles(folder, files, model, unread);
  return { models, unread };
}

/** @throws WeighbridgeError `missing-file` */
export async function listFolder(folder: string): Promise<string[]> {
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
