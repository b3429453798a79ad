/**
 * The names of the authors' files.
 */

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

/** Learned and native weights as the authors published them; read by their scripts, not by ours. */
export const regressionResults = {
  instilled: '_regression_results.csv',
  native: '_latent_regression_results.csv',
} as const;

export type ModelFile = keyof typeof modelFiles;

/** The files that hold reports. */
export type ReportFile = Exclude<ModelFile, 'instilledChoices' | 'nativeChoices'>;

/** P(A) of a choice, where the server gave it: a column of ours beside the authors'. */
export const probabilityColumn = 'probability_A';

/** `prefix1, prefix2, …`: the columns of as many attributes as a study has. */
export function attributeColumns(prefix: string, count: number, suffix = ''): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}${suffix}`);
}
