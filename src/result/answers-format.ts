/**
 * The format of the result folder of a described study:
 *
 *     result.json      the sections of all analyses, counts, and how it was made; written last
 *     answers.jsonl    the flat table of answers, one a line
 *     draws.f64        little-endian float64: for each fit, row-major (chain, draw, parameter)
 *
 * The folder also has report.html and csv/, which are not read back.
 */
import { z } from 'zod';
import { tableKinds } from '../data-files/table-rows.js';
import { byName, header, samplerSettings } from './schema-parts.js';
import { sectionSchema, stageCountSchema } from './sections.js';

export const answersFiles = {
  result: 'result.json',
  answers: 'answers.jsonl',
  draws: 'draws.f64',
} as const;

/** `result.json`. */
export const answersResultSchema = z.object({
  ...header,
  kind: z.literal('answers'),
  /** Version of weighbridge. */
  weighbridge: z.string(),
  study: z.string(),
  /** null for a study that uses none. */
  pack: z.string().nullable(),
  data: z.object({
    folder: z.string(),
    simulated: z.boolean(),
    description: z.string().optional(),
  }),
  settings: samplerSettings,
  models: z.array(z.string()),
  stages: z.array(stageCountSchema),
  /** Columns of the flat table. */
  columns: z.array(z.object({ name: z.string(), kind: z.enum(tableKinds) })).min(1),
  /** Number of rows of the flat table. */
  rows: z.int().min(0),
  sections: z.array(sectionSchema),
  warnings: z.array(z.string()),
  seconds: z.number(),
  /** The command line. */
  command: z.string(),
  environment: z.object({ node: z.string(), platform: z.string() }),
  /** SHA-256 of each input file, by its name. */
  checksums: byName(z.string()),
  /** Sizes of the data files in bytes, so that a truncated one is found without reading it. */
  files: byName(z.int()),
});

export type AnswersDocument = z.infer<typeof answersResultSchema>;
