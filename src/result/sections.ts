/**
 * What the analyses of a described study found, in one form for all packs: the terminal, JSON, CSV, the
 * report and the viewer show it one way. Keys are those of result files. In memory a number may be NaN;
 * in files it is null, as JSON has no NaN.
 */
import { z } from 'zod';
import type { Draws } from '../posterior/draws.js';
import { byName, diagnosticsSchema, interval, measure, summaryRowSchema } from './schema-parts.js';

const columnSchema = z.object({
  /** The name in CSV files; unique in its table. */
  name: z.string(),
  /** The name for readers. */
  label: z.string(),
  /** `number` is shown with `decimals`, `count` as a whole number, `text` as it is. */
  kind: z.enum(['text', 'number', 'count']),
  /** Decimals of a number. @default 2 */
  decimals: z.int().min(0).max(10).optional(),
});

const tableSchema = z.object({
  caption: z.string(),
  columns: z.array(columnSchema).min(1),
  /** Each row has a cell for each column; null: no value. */
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
});

const intervalSchema = z.object({
  label: z.string(),
  /** What is measured, with its unit: intervals of one group share an axis. @default '' */
  group: z.string().optional(),
  /** Posterior mean. */
  mean: measure,
  /** Ends of the highest-density interval. */
  lower: measure,
  upper: measure,
  /** Monte Carlo standard errors of the ends; absent in results of earlier versions. */
  mcse: interval.optional(),
  /** Probability mass of the interval, in (0, 1). */
  mass: z.number().gt(0).lt(1),
  /** A value to compare with, drawn as a dotted line: 0 for a difference, the true value of a simulation. */
  reference: measure.optional(),
  /** Posterior probability of a value above the reference, or above 0 if there is none. */
  above: measure.optional(),
});

const fitSchema = z.object({
  /** For readers. */
  name: z.string(),
  /** In canonical notation. */
  formula: z.string(),
  /** With its link, for example `bernoulli(logit)`. */
  family: z.string(),
  /** Number of rows that the fit used. */
  rows: z.int().min(0),
  priors: z.array(z.string()),
  algorithm: z.string(),
  summary: z.array(summaryRowSchema),
  diagnostics: diagnosticsSchema,
  warnings: z.array(z.string()),
  /** Where its draws are in `draws.f64`; absent if they were not kept. */
  draws: z
    .object({
      parameters: z.array(z.string()).min(1),
      chains: z.int().min(1),
      draws_per_chain: z.int().min(1),
      /** In bytes. */
      offset: z.int().min(0),
    })
    .optional(),
});

/** A section as it is in `result.json`. */
export const sectionSchema = z.object({
  title: z.string(),
  /** Method and limits, one sentence each. */
  notes: z.array(z.string()),
  tables: z.array(tableSchema),
  intervals: z.array(intervalSchema),
  fits: z.array(fitSchema),
});

/** The answers of one stage by one model, counted. */
export const stageCountSchema = z.object({
  stage: z.string(),
  task: z.string(),
  model: z.string(),
  /** The training that the model had; null: none. */
  after: z.string().nullable(),
  asked: z.int().min(0),
  answered: z.int().min(0),
  valid: z.int().min(0),
  /** Numbers of invalid answers by reason. */
  invalid: byName(z.int().min(0)),
});

/** Read-only at all depths. */
type Fixed<T> = T extends readonly (infer Entry)[]
  ? readonly Fixed<Entry>[]
  : T extends object
    ? { readonly [Key in keyof T]: Fixed<T[Key]> }
    : T;

export type StoredSection = Fixed<z.infer<typeof sectionSchema>>;
export type StoredFit = Fixed<z.infer<typeof fitSchema>>;
export type SectionTable = Fixed<z.infer<typeof tableSchema>>;
export type SectionInterval = Fixed<z.infer<typeof intervalSchema>>;

/** A fit as an analysis returns it, with its draws if the result is to keep them. */
export interface SectionFit extends Omit<StoredFit, 'draws'> {
  readonly draws?: Draws | undefined;
}

/** What one analysis found. */
export interface Section extends Omit<StoredSection, 'fits'> {
  readonly fits: readonly SectionFit[];
}
