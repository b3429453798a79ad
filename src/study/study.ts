/** A study, as input to the analysis: contexts, target weights, choices and reports. */
import type { Choice, Context, WeightReport } from './context.js';

/** Contexts with weights trained into the model, or contexts with only its own preferences. */
export type Setting = 'instilled' | 'native';

/** All data from one base model and its fine-tuned descendants. */
export interface BaseModelRecord {
  readonly name: string;
  readonly instilledChoices: readonly Choice[];
  readonly nativeChoices: readonly Choice[];
  readonly offTheShelfReports: readonly WeightReport[];
  readonly instilledReports: readonly WeightReport[];
  readonly firstHalfTrainedReports: readonly WeightReport[];
  readonly lastHalfTrainedReports: readonly WeightReport[];
  readonly nativeReports: readonly WeightReport[];
  readonly nativeTrainedReports: readonly WeightReport[];
}

/** The kinds of choices and reports, each in its own file. */
export type ModelFile = Exclude<keyof BaseModelRecord, 'name'>;

export type ChoiceFile = 'instilledChoices' | 'nativeChoices';

export type ReportFile = Exclude<ModelFile, ChoiceFile>;

/** Origin of a study's data. A simulated study must say so, and every report repeats it. */
export interface Provenance {
  /** True for data that no language model produced. */
  readonly simulated: boolean;
  /** One-line description for a person. */
  readonly description: string;
  /** The seed of generated data. */
  readonly seed?: number | string | undefined;
  /**
   * Reports requested per context.
   * @default 10, as in the paper
   */
  readonly reports_per_context?: number | undefined;
  /** The models with those that the study's trainings gave or were told. */
  readonly models?: readonly ModelProvenance[] | undefined;
}

interface ModelProvenance {
  readonly name: string;
  /** Names of trained models, by training. */
  readonly trained?: Readonly<Record<string, string>> | undefined;
}

/** A line for each model that was never trained. */
export function untrainedWarnings(provenance: Provenance | null): string[] {
  return (provenance ? neverTrained(provenance) : []).map(
    (name) => `${name} was never trained: figures that need its training are left out`,
  );
}

/**
 * The models that no training made different: every training is named, and names the model itself.
 * What the paper compares before and after training is then one model that was asked twice.
 */
export function neverTrained({ models = [] }: Pick<Provenance, 'models'>): string[] {
  return models.flatMap(({ name, trained = {} }) => {
    const names = Object.values(trained);
    return names.length > 0 && names.every((one) => one === name) ? [name] : [];
  });
}

export interface Study {
  readonly folder: string;
  readonly provenance: Provenance | null;
  readonly contexts: ReadonlyMap<string, Context>;
  /** Target weights by context. */
  readonly targets: ReadonlyMap<string, readonly number[]>;
  readonly models: readonly BaseModelRecord[];
  /** Notes on omitted or suspicious data, one line each, with counts. */
  readonly warnings: readonly string[];
}
