/** File names of the authors' layout. */
import { WeighbridgeError } from '../errors.js';
import type { ModelFile } from '../study/study.js';

/** Files shared by all models of a study. */
export const sharedFiles = {
  contexts: 'scenarios.csv',
  targets: 'instilled_weights.csv',
  provenance: 'provenance.json',
} as const;

/** The suffix after the model's name and the content of each file of a base model. */
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
} as const satisfies Record<ModelFile, { suffix: string; holds: string }>;

/** Learned and native weights as the authors published them; read by their scripts, not by ours. */
export const regressionResults = {
  instilled: '_regression_results.csv',
  native: '_latent_regression_results.csv',
} as const;

/** P(A) of a choice, if the server returned it: our column, in addition to the authors'. */
export const probabilityColumn = 'probability_A';

/** Attribute columns `prefix1, prefix2, …`, as many as the study has attributes. */
export function attributeColumns(prefix: string, count: number, suffix = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}${suffix}`);
}

/** Known files that are not read: the authors' other files, and the additions of an export. */
const KNOWN_BESIDE =
  /(^|_)regression_results\.csv$|^(scenarios|instilled_weights|roles|invalid_answers)\.csv$/;

const kinds = Object.keys(modelFiles) as ModelFile[];
const longestFirst = [...kinds].sort(
  (a, b) => modelFiles[b].suffix.length - modelFiles[a].suffix.length,
);

/** The base model and the kind of a file, by the longest matching suffix. */
function recognize(file: string): { model: string; kind: ModelFile } | null {
  const kind = longestFirst.find((candidate) => file.endsWith(modelFiles[candidate].suffix));
  const model = kind ? file.slice(0, -modelFiles[kind].suffix.length) : '';
  return kind && model !== '' ? { model, kind } : null;
}

interface FolderLayout {
  /** Base models in alphabetical order. */
  readonly models: readonly string[];
  /** CSV files with unrecognized names. */
  readonly unread: readonly string[];
}

/**
 * Finds the base models of a folder by its file names: a model counts if it made choices.
 * @param folder for messages
 * @throws WeighbridgeError `missing-file` if a folder has no models, or a model lacks a file
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
