/** Parts that the schemas of all result files share. */
import { z } from 'zod';

export const RESULT_FORMAT = 'weighbridge-result';

/**
 * Changes if a reader of the version before would fail. Version 2 has kinds; version 1 is the paper's
 * analysis.
 */
export const RESULT_VERSION = 2;

/** The versions that are read. */
export const resultVersions = [1, RESULT_VERSION] as const;

/**
 * `paper`: the paper's analysis; `answers`: the analyses of a described study; `explanations`: a study of explanations
 * of a model's own computations.
 */
export const resultKinds = ['paper', 'answers', 'explanations'] as const;
export type ResultKind = (typeof resultKinds)[number];

/** The first keys of `result.json`. */
export const headerSchema = z.object({
  format: z.literal(RESULT_FORMAT),
  format_version: z.int(),
  kind: z.string().optional(),
});

/** The first keys of every JSON file of the folder. */
export const header = {
  format: z.literal(RESULT_FORMAT),
  format_version: z.literal([...resultVersions]),
};

/** A number, or null if it does not exist. */
export const measure = z.number().nullable();
export const interval = z.tuple([measure, measure]);

/** How regressions were sampled. */
export const samplerSettings = z.object({
  seed: z.union([z.number(), z.string()]),
  chains: z.int(),
  warmup: z.int(),
  draws: z.int(),
  algorithm: z.string(),
});

const named = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);

/** Zod's own record drops `__proto__`, which is an ordinary name here. */
export const byName = <T extends z.ZodType>(value: T) =>
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

export const diagnosticsKeys = {
  max_rhat: measure,
  min_ess_bulk: measure,
  min_ess_tail: measure,
  divergences: z.int(),
  max_depth_hits: z.int(),
  min_ebfmi: measure,
};

export const diagnosticsSchema = z.object({ ...diagnosticsKeys, pareto_k: measure });

export const summaryRowSchema = z.object({
  name: z.string(),
  mean: measure,
  median: measure,
  sd: measure,
  /** Absent, as `hdi_mcse` and `mcse_mode`, in results of earlier versions. */
  mode: measure.optional(),
  /** 95% HDI. */
  hdi: interval,
  /** Monte Carlo standard errors of its ends. */
  hdi_mcse: interval.optional(),
  q5: measure,
  q95: measure,
  rhat: measure,
  ess_bulk: measure,
  ess_tail: measure,
  mcse_mean: measure,
  mcse_mode: measure.optional(),
});

/** Draws within `draws.f64`, row-major (chain, draw, parameter). */
export interface StoredDraws {
  /** Name of the fit, for messages. */
  readonly name: string;
  readonly parameters: readonly string[];
  readonly chains: number;
  readonly draws_per_chain: number;
  /** In bytes. */
  readonly offset: number;
}

const BYTES_PER_NUMBER = 8;

/** Size of the draws of a fit, in bytes. */
export function drawsBytes({
  parameters,
  chains,
  draws_per_chain,
}: Omit<StoredDraws, 'name' | 'offset'>): number {
  return chains * draws_per_chain * parameters.length * BYTES_PER_NUMBER;
}
