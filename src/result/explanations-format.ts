/**
 * The format of the result folder of a study of explanations:
 *
 *     result.json           the study, the sections of its analysis, and how it was made; written last
 *     predictions.parquet   the answers of every explainer: a row each, as `weighbridge explain import` reads them
 *     draws.f64             as in the folder of a described study; only if draws were kept
 *
 * The folder also has report.html and csv/, which are not read back.
 */
import { z } from 'zod';
import type { TableColumn } from '../data-files/table-rows.js';
import type { Prediction } from '../explain/grid.js';
import { byName, header, measure, samplerSettings } from './schema-parts.js';
import { sectionSchema } from './sections.js';

export const explanationsFiles = {
  result: 'result.json',
  predictions: 'predictions.parquet',
  draws: 'draws.f64',
} as const;

const text = (name: keyof Prediction) => ({ name, kind: 'text' }) as const;

/** Columns of `predictions.parquet`. */
export const predictionColumns = [
  ...(['item', 'cluster', 'target', 'explainer', 'vector', 'task'] as const).map(text),
  ...(['truth', 'answer'] as const).map(text),
  { name: 'score', kind: 'number' },
  text('seed'),
  { name: 'n', kind: 'integer' },
  text('model'),
] as const satisfies readonly (TableColumn & { readonly name: keyof Prediction })[];

/** Rows as the table that a reader of files gives. */
export function columnsOfPredictions(
  rows: readonly Prediction[],
): Record<string, Prediction[keyof Prediction][]> {
  return Object.fromEntries(
    predictionColumns.map(({ name }) => [name, rows.map((row) => row[name])]),
  );
}

const networkSchema = z.object({
  /** Unique in its study: `network 1`. */
  name: z.string(),
  seed: z.union([z.number(), z.string()]),
  /** Width, layers, heads, hidden neurons, training steps. */
  size: byName(z.number()),
});

const optionsSchema = byName(z.union([z.number(), z.string()]));

const curveSchema = z.object({
  task: z.string(),
  explainers: z.array(
    z.object({
      explainer: z.string(),
      points: z.array(
        z.object({
          /** Number of exercises learned from. */
          n: z.int().min(1),
          /** Mean score. */
          mean: measure,
          /** Ends of its 95% HDI. */
          lower: measure,
          upper: measure,
        }),
      ),
    }),
  ),
});

/** `result.json`. */
export const explanationsResultSchema = z.object({
  ...header,
  kind: z.literal('explanations'),
  /** Version of weighbridge. */
  weighbridge: z.string(),
  /** The command line. */
  command: z.string(),
  /** `small` or `full`. */
  size: z.string(),
  /** Number of trainings of each explainer. */
  seeds: z.int().min(1),
  /** Options of the world: the same options give the same world. */
  world: optionsSchema,
  /** Options of the study's exercises. */
  study: optionsSchema,
  /** Networks that explain one another and themselves. */
  networks: z.array(networkSchema).min(1),
  /** Larger networks that only explain. */
  larger: z.array(networkSchema),
  settings: samplerSettings,
  sections: z.array(sectionSchema),
  /** As in `--json` of `weighbridge explain`. */
  tasks: byName(z.unknown()),
  /** Mean score by number of exercises learned from. */
  curves: z.array(curveSchema),
  /** Number of rows of `predictions.parquet`. */
  rows: z.int().min(0),
  warnings: z.array(z.string()),
  seconds: z.number(),
  environment: z.object({ node: z.string(), platform: z.string() }),
  /** SHA-256 of `predictions.parquet`, by its name. */
  checksums: byName(z.string()),
  /** Sizes of the data files in bytes, so that a truncated one is found without reading it. */
  files: byName(z.int()),
});

export type ExplanationsDocument = z.infer<typeof explanationsResultSchema>;
export type ScoreCurve = z.infer<typeof curveSchema>;
