/**
 * A result as a folder: what `--out` writes and what the viewer and other programs read. Numbers
 * that do not exist (the R-hat of a constant, say) are null, as JSON has no NaN.
 *
 *     result.json     the document of --json, and how it came about; written last
 *     fits.json       a record a fit, in the order of draws.f64
 *     draws.f64       little-endian float64: for each fit, row-major (chain, draw, parameter)
 *     contexts.json   what was asked
 *     trials.json     the choices, by MODEL/SETTING and context
 *     reports.json    the reports, by MODEL/REPORTFILE and context
 *
 * Beside them stand what people look at (report.html, figures, csv/) and weights/ in the authors'
 * layout, which nobody reads back.
 */
import { z } from 'zod';
import type { ReportFile } from '../../study/layout.js';

export const RESULT_FORMAT = 'weighbridge-result';

/** Rises where a reader of the version before would go wrong. */
export const RESULT_VERSION = 1;

export const resultFiles = {
  result: 'result.json',
  fits: 'fits.json',
  draws: 'draws.f64',
  contexts: 'contexts.json',
  trials: 'trials.json',
  reports: 'reports.json',
} as const;

/** A number, or null where it does not exist. */
const measure = z.number().nullable();
const interval = z.tuple([measure, measure]);
const setting = z.enum(['instilled', 'native']);
const named = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

/** Zod's own record leaves out `__proto__`, which is a name like any other here. */
const byName = <T extends z.ZodType>(value: T) =>
  named.transform((all, { addIssue }): Record<string, z.output<T>> => {
    const entries = Object.entries(all).flatMap(([name, held]): [string, z.output<T>][] => {
      const parsed = value.safeParse(held);
      if (parsed.success) return [[name, parsed.data]];
      for (const { message, path } of parsed.error.issues) {
        addIssue({ code: 'custom', message, path: [name, ...path] });
      }
      return [];
    });
    return Object.fromEntries(entries);
  });

/** How a JSON file of the folder begins. */
export const headerSchema = z.object({
  format: z.literal(RESULT_FORMAT),
  format_version: z.int(),
});

const header = {
  format: z.literal(RESULT_FORMAT),
  format_version: z.literal(RESULT_VERSION),
};

const correlationSchema = z.object({ n: z.int(), r: measure, estimate: measure, hdi: interval });
const effectSchema = z.object({ n: z.int(), median: measure, hpd: interval });
const correlationSet = {
  /** By MODEL/COMPARISON. */
  correlations: byName(correlationSchema),
  effects: z.object({ instilled: effectSchema, native: effectSchema }),
};

const contextWeightsSchema = z.object({
  /** The context's name, as the authors' files call it. */
  scenario: z.string(),
  /** Number of choices. */
  n: z.int(),
  /** Posterior means of the slopes. */
  b: z.array(measure),
  /** The same, whole numbers, the largest absolute value 100. */
  scaled: z.array(measure),
  /** Of the slopes. */
  hdi: z.array(interval),
  intercept: measure,
});

const figureSchema = z.object({
  section: z.string(),
  model: z.string().nullable(),
  figure: z.string(),
  published: z.number().nullable(),
  published_hdi: interval.nullable(),
  ours: measure,
  hdi: interval.nullable(),
  /** Decimals that the paper prints. */
  decimals: z.int(),
  agreement: z.enum(['same', 'close', 'differs', 'not published']),
});

const reportCountSchema = z.object({
  model: z.string(),
  setting,
  /** Keys of the layout's report files; the two halves of introspection training count together. */
  files: z.array(z.string()),
  asked: z.int(),
  used: z.int(),
  /** Reports that were not used, by reason; empty where all were or nobody knows the reasons. */
  reasons: byName(z.int()),
});

/** `result.json`. */
export const resultSchema = z.object({
  ...header,
  /** The version that made it. */
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
  weigh_choices: z.enum(['as-made', 'by-probability']),
  models: z.array(z.string()),
  ...correlationSet,
  /** By MODEL/SETTING. */
  weights: byName(z.array(contextWeightsSchema)),
  choices_agreeing_with_target_pct: byName(measure),
  native_choices_predicted_pct: byName(measure),
  invalid_reports_pct: byName(measure),
  appendix_d: z.object({
    reports_vs_target: byName(correlationSchema),
    without_weights_of_100: z.object({
      ...correlationSet,
      largest_change_in_r: byName(measure),
    }),
  }),
  figures: z.array(figureSchema),
  diagnostics: z.object({
    max_rhat: measure,
    min_ess_bulk: measure,
    min_ess_tail: measure,
    divergences: z.int(),
    max_depth_hits: z.int(),
    min_ebfmi: measure,
    max_pareto_k: measure,
  }),
  warnings: z.array(z.string()),
  seconds: z.number(),
  /** What became of the reports that were asked for. */
  report_counts: z.array(reportCountSchema),
  /** The command that made it, as it was given. */
  command: z.string(),
  environment: z.object({ node: z.string(), platform: z.string() }),
  /** SHA-256 of each input file, by its name. */
  checksums: byName(z.string()),
  /** Bytes of the folder's data files, so that one that was cut is known without reading it. */
  files: byName(z.int()).optional(),
});

const summaryRowSchema = z.object({
  name: z.string(),
  mean: measure,
  median: measure,
  sd: measure,
  /** 95%. */
  hdi: interval,
  q5: measure,
  q95: measure,
  rhat: measure,
  ess_bulk: measure,
  ess_tail: measure,
  mcse_mean: measure,
});

const fitSchema = z.object({
  /** The name of the job. */
  name: z.string(),
  kind: z.enum(['weights', 'correlation', 'effect']),
  model: z.string().optional(),
  setting: setting.optional(),
  /** Of a weight regression. */
  context: z.string().optional(),
  algorithm: z.string(),
  parameters: z.array(z.string()).min(1),
  chains: z.int().min(1),
  draws_per_chain: z.int().min(1),
  /** Where its draws begin, in bytes. */
  offset: z.int().min(0),
  summary: z.array(summaryRowSchema),
  diagnostics: z.object({
    max_rhat: measure,
    min_ess_bulk: measure,
    min_ess_tail: measure,
    divergences: z.int(),
    max_depth_hits: z.int(),
    min_ebfmi: measure,
    pareto_k: measure,
  }),
  warnings: z.array(z.string()),
});

/** `fits.json`. */
export const fitsSchema = z.object({ ...header, fits: z.array(fitSchema) });

const contextSchema = z.object({
  name: z.string(),
  /** Who is asked; '' where the question names nobody. */
  agent: z.string(),
  /** What the agent is asked, agent included. */
  question: z.string(),
  /** What the two options are called, where it is known. */
  items: z.string().optional(),
  attributes: z.array(
    z.object({
      name: z.string(),
      /** '' where they are not known. */
      units: z.string(),
      range: z.tuple([z.number(), z.number()]),
    }),
  ),
  /** Target weights, where some were drawn for the context. */
  target: z.array(z.number()).optional(),
});

/** `contexts.json`. */
export const contextsSchema = z.object({ ...header, contexts: z.array(contextSchema) });

const trialSchema = z.object({
  a: z.array(z.number()),
  b: z.array(z.number()),
  /** null where the answer was neither. */
  choice: z.enum(['A', 'B']).nullable(),
  /** P(A) among A and B, where the server gave it. */
  probability: z.number().optional(),
  /** What the model said, where it is on record. */
  raw: z.string().optional(),
});

/** `trials.json`. */
export const trialsSchema = z.object({
  ...header,
  trials: byName(byName(z.array(trialSchema))),
});

const reportSchema = z.object({
  /** null where the answer could not be used. */
  weights: z.array(z.number()).nullable(),
  /** The options that were shown with the question, where they are known. */
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
export type FitRecord = z.infer<typeof fitSchema>;
export type SummaryRow = z.infer<typeof summaryRowSchema>;
export type ContextRecord = z.infer<typeof contextSchema>;
export type TrialRecord = z.infer<typeof trialSchema>;
export type ReportRecord = z.infer<typeof reportSchema>;
export type ReportCount = z.infer<typeof reportCountSchema>;
export type FigureRecord = z.infer<typeof figureSchema>;

/** Trials or reports by MODEL/SETTING or MODEL/REPORTFILE, then by context. */
export type ByContext<T> = Readonly<Record<string, Readonly<Record<string, readonly T[]>>>>;

const BYTES_PER_NUMBER = 8;

/** Bytes that the draws of a fit take. */
export function drawsBytes(
  fit: Pick<FitRecord, 'parameters' | 'chains' | 'draws_per_chain'>,
): number {
  return fit.chains * fit.draws_per_chain * fit.parameters.length * BYTES_PER_NUMBER;
}

/** The files of reports in the order of the paper's experiments, and what each reports on. */
export const reportSettings: Readonly<Record<ReportFile, 'instilled' | 'native'>> = {
  offTheShelfReports: 'instilled',
  instilledReports: 'instilled',
  firstHalfTrainedReports: 'instilled',
  lastHalfTrainedReports: 'instilled',
  nativeReports: 'native',
  nativeTrainedReports: 'native',
};
