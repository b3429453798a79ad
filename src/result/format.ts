/**
 * The format of a result folder, which `--out` writes and the viewer and other programs read. Numbers
 * that do not exist, for example the R-hat of a constant, are null, as JSON has no NaN.
 *
 *     result.json     the document of --json, and how it was made; written last
 *     fits.json       one record a fit, in the order of draws.f64
 *     draws.f64       little-endian float64: for each fit, row-major (chain, draw, parameter)
 *     contexts.json   the contexts in which choices were made
 *     trials.json     the choices, by MODEL/SETTING and context
 *     reports.json    the reports, by MODEL/REPORTFILE and context
 *
 * The folder also has report.html, figures, csv/, and weights/ in the authors' layout, which are not
 * read back.
 */
import { z } from 'zod';
import type { ReportFile, Setting } from '../study/study.js';
import {
  byName,
  diagnosticsKeys,
  diagnosticsSchema,
  header,
  interval,
  measure,
  summaryRowSchema,
} from './schema-parts.js';

export const resultFiles = {
  result: 'result.json',
  fits: 'fits.json',
  draws: 'draws.f64',
  contexts: 'contexts.json',
  trials: 'trials.json',
  reports: 'reports.json',
} as const;

const setting = z.enum(['instilled', 'native']);
/** Errors (`…_mcse`) are absent in results of earlier versions. */
const correlationSchema = z.object({
  n: z.int(),
  r: measure,
  estimate: measure,
  estimate_mcse: measure.optional(),
  hdi: interval,
  hdi_mcse: interval.optional(),
});
const effectSchema = z.object({
  n: z.int(),
  median: measure,
  median_mcse: measure.optional(),
  hpd: interval,
  hpd_mcse: interval.optional(),
});
const correlationSet = {
  /** By MODEL/COMPARISON. */
  correlations: byName(correlationSchema),
  effects: z.object({ instilled: effectSchema, native: effectSchema }),
};

const latentSchema = z.object({
  mean: measure,
  sd: measure,
  hdi: interval,
  /** Monte Carlo standard errors of the ends of the HDI. */
  hdi_mcse: interval,
});
const medianSchema = { median: measure, hdi: interval, hdi_mcse: interval };
const latentEffectSchema = z.object({ ...medianSchema, fisher_z: z.object(medianSchema) });

const contextWeightsSchema = z.object({
  /** The context's name, as the authors' files call it. */
  scenario: z.string(),
  /** Number of choices. */
  n: z.int(),
  /** Posterior means of the slopes. */
  b: z.array(measure),
  /** The same, whole numbers, the largest absolute value 100. */
  scaled: z.array(measure),
  /** HDIs of the slopes. */
  hdi: z.array(interval),
  /** Monte Carlo standard errors of their ends; absent in results of earlier versions. */
  hdi_mcse: z.array(interval).optional(),
  intercept: measure,
});

const estimateSchema = z.object({ estimate: measure, se: measure });
const estimateByPooling = <T extends z.ZodType>(of: T) => ({
  none: of,
  partial: of,
  difference: of,
});

/** Partial pooling of the weights of a model and setting. */
const pooledSchema = z.object({
  /** tau_w, mu_a, tau_a. */
  hyperparameters: byName(
    z.object({ mean: measure, sd: measure, hdi: interval, hdi_mcse: interval }),
  ),
  /** How well choices are predicted; null if they are weighed by probability. */
  prediction: z
    .object({
      contexts: z.int(),
      choices: z.int(),
      left_out_choices: z.object({
        ...estimateByPooling(z.object({ elpd: estimateSchema, correct_pct: estimateSchema })),
        mcse: measure,
      }),
      left_out_contexts: z.object({
        ...estimateByPooling(z.object({ elpd: estimateSchema })),
        mcse: measure,
      }),
      max_pareto_k: measure,
    })
    .nullable(),
});

const figureSchema = z.object({
  section: z.string(),
  model: z.string().nullable(),
  figure: z.string(),
  published: z.number().nullable(),
  published_hdi: interval.nullable(),
  ours: measure,
  /** Error of `ours`. */
  mcse: measure.optional(),
  hdi: interval.nullable(),
  hdi_mcse: interval.nullable().optional(),
  /** Number of decimals in the paper. */
  decimals: z.int(),
  /** True if errors cannot change a digit, of `precision` decimals. */
  certain: z.boolean().optional(),
  agreement: z.enum(['same', 'Monte Carlo', 'close', 'within HDI', 'differs', 'not published']),
});

const reportCountSchema = z.object({
  model: z.string(),
  setting,
  /** Keys of the layout's report files; the two halves of introspection training count together. */
  files: z.array(z.string()),
  asked: z.int(),
  used: z.int(),
  /** Numbers of unused reports by reason; empty if there are none or the reasons are unknown. */
  reasons: byName(z.int()),
});

/** `result.json`. */
export const resultSchema = z.object({
  ...header,
  /** Absent in version 1. */
  kind: z.literal('paper').default('paper'),
  /** Version of weighbridge. */
  weighbridge: z.string(),
  data: z.object({
    folder: z.string(),
    simulated: z.boolean(),
    description: z.string().optional(),
  }),
  settings: z.object({
    seed: z.union([z.number(), z.string()]),
    chains: z.int(),
    warmup: z.int(),
    draws: z.int(),
    algorithm: z.string(),
  }),
  /** Decimals to which the figures should be certain. */
  precision: z.int().optional(),
  weigh_choices: z.enum(['as-made', 'by-probability']),
  /** How learned weights were estimated. Absent in results of 0.1. */
  pooling: z.enum(['none', 'partial']).default('none'),
  models: z.array(z.string()),
  /** Models whose trainings name the model itself. @default none */
  never_trained: z.array(z.string()).optional(),
  ...correlationSet,
  /** Correlations without measurement error, by MODEL/COMPARISON. Absent without `--latent`. */
  latent: byName(latentSchema).optional(),
  /** null if a base model has no fit with reports before and after training. */
  latent_effects: z
    .object({ instilled: latentEffectSchema.nullable(), native: latentEffectSchema.nullable() })
    .optional(),
  /** What the joint model left out or took as exact. */
  latent_notes: z.array(z.string()).optional(),
  /** By MODEL/SETTING. */
  weights: byName(z.array(contextWeightsSchema)),
  /** By MODEL/SETTING; absent without pooling. */
  pooled: byName(pooledSchema).optional(),
  choices_agreeing_with_target_pct: byName(measure),
  native_choices_predicted_pct: byName(measure),
  invalid_reports_pct: byName(measure),
  appendix_d: z.object({
    reports_vs_target: byName(correlationSchema),
    without_weights_of_100: z.object({
      ...correlationSet,
      largest_change_in_r: byName(measure),
      largest_change_in_r_mcse: byName(measure).optional(),
    }),
  }),
  figures: z.array(figureSchema),
  diagnostics: z.object({ ...diagnosticsKeys, max_pareto_k: measure }),
  warnings: z.array(z.string()),
  seconds: z.number(),
  /** How many reports were asked for and used. */
  report_counts: z.array(reportCountSchema),
  /** The command line. */
  command: z.string(),
  environment: z.object({ node: z.string(), platform: z.string() }),
  /** SHA-256 of each input file, by its name. */
  checksums: byName(z.string()),
  /** Sizes of the data files in bytes, so that a truncated one is found without reading it. */
  files: byName(z.int()).optional(),
});

const fitSchema = z.object({
  /** The name of the job. */
  name: z.string(),
  kind: z.enum(['weights', 'correlation', 'effect']),
  model: z.string().optional(),
  setting: setting.optional(),
  /** The context of a weight regression. */
  context: z.string().optional(),
  algorithm: z.string(),
  parameters: z.array(z.string()).min(1),
  chains: z.int().min(1),
  draws_per_chain: z.int().min(1),
  /** Offset of its draws, in bytes. */
  offset: z.int().min(0),
  summary: z.array(summaryRowSchema),
  diagnostics: diagnosticsSchema,
  warnings: z.array(z.string()),
});

/** `fits.json`. */
export const fitsSchema = z.object({ ...header, fits: z.array(fitSchema) });

const contextSchema = z.object({
  name: z.string(),
  /** The agent who is asked; '' if the question names none. */
  agent: z.string(),
  /** The question, with its agent. */
  question: z.string(),
  /** Name of the two options, if it is known. */
  items: z.string().optional(),
  attributes: z.array(
    z.object({
      name: z.string(),
      /** '' if unknown. */
      units: z.string(),
      range: z.tuple([z.number(), z.number()]),
    }),
  ),
  /** Target weights, if the context has some. */
  target: z.array(z.number()).optional(),
});

/** `contexts.json`. */
export const contextsSchema = z.object({ ...header, contexts: z.array(contextSchema) });

const trialSchema = z.object({
  a: z.array(z.number()),
  b: z.array(z.number()),
  /** null if the answer was neither. */
  choice: z.enum(['A', 'B']).nullable(),
  /** P(A) of A and B, if the server returned it. */
  probability: z.number().optional(),
  /** The text of the answer, if it is on record. */
  raw: z.string().optional(),
});

/** `trials.json`. */
export const trialsSchema = z.object({
  ...header,
  trials: byName(byName(z.array(trialSchema))),
});

const reportSchema = z.object({
  /** null if the answer was invalid. */
  weights: z.array(z.number()).nullable(),
  /** The options in the question, if they are known. */
  a: z.array(z.number()).optional(),
  b: z.array(z.number()).optional(),
  raw: z.string().optional(),
});

/** `reports.json`. */
export const reportsSchema = z.object({
  ...header,
  reports: byName(byName(z.array(reportSchema))),
});

export type ResultDocument = z.infer<typeof resultSchema>;
export type ContextWeights = z.infer<typeof contextWeightsSchema>;
export type FitRecord = z.infer<typeof fitSchema>;
export type ContextRecord = z.infer<typeof contextSchema>;
export type TrialRecord = z.infer<typeof trialSchema>;
export type ReportRecord = z.infer<typeof reportSchema>;
export type ReportCount = z.infer<typeof reportCountSchema>;
export type FigureRecord = z.infer<typeof figureSchema>;

/** Trials or reports by MODEL/SETTING or MODEL/REPORTFILE, then by context. */
export type ByContext<T> = Readonly<Record<string, Readonly<Record<string, readonly T[]>>>>;

/** The setting of each report file, in the order of the paper's experiments. */
export const reportSettings: Readonly<Record<ReportFile, Setting>> = {
  offTheShelfReports: 'instilled',
  instilledReports: 'instilled',
  firstHalfTrainedReports: 'instilled',
  lastHalfTrainedReports: 'instilled',
  nativeReports: 'native',
  nativeTrainedReports: 'native',
};

/** Splits a key MODEL/SETTING. Only the name of a model may have a slash. */
export function splitKey(key: string): { model: string; setting: string } {
  const slash = key.lastIndexOf('/');
  return { model: key.slice(0, slash), setting: key.slice(slash + 1) };
}
