/**
 * The schema of the paper's `study.yaml`, with its defaults. The template of `study init` repeats the
 * defaults with comments; a test keeps the two equal.
 */
import { z } from 'zod';
import { modelFiles, regressionResults } from '../../authors-files/layout.js';
import { filePrefix } from '../../authors-files/write-study.js';
import {
  type CamelKeys,
  commonShape,
  count,
  localFile,
  modelSchema,
  name,
  requirePrices,
  seed,
} from '../configuration/common.js';

/** The two rounds of training: preferences, then introspection on a half of the contexts or on all. */
export const trainings = [
  'preferences',
  'introspection_first',
  'introspection_last',
  'introspection_all',
] as const;

export type Training = (typeof trainings)[number];

const trained = z.strictObject({
  preferences: name.optional(),
  introspection_first: name.optional(),
  introspection_last: name.optional(),
  introspection_all: name.optional(),
});

const contextsSchema = z.strictObject({
  candidates: localFile.default('contexts.json'),
  agents: localFile.default('agents.csv'),
  instilled: count(2, 10_000).default(100),
  native: count(1, 10_000).default(100),
});

const countsSchema = z.strictObject({
  training_examples: count(1).default(50),
  validation_examples: count(0).default(10),
  instilled_choices: count(1).default(50),
  native_choices: count(1).default(100),
  reports: count(1).default(10),
});

const seeds = z.strictObject({
  agents: seed.default(0),
  targets: seed.default(1),
  training: seed.default(2),
  introspection: seed.default(6),
  instilled_choices: seed.default(3),
  native_choices: seed.default(4),
  instilled_reports: seed.default(5),
  native_reports: seed.default(7),
});

/** A model's files in the authors' layout, in lower case for file systems that ignore case. */
function filesOf(model: string): string[] {
  const suffixes = [
    ...Object.values(modelFiles).map(({ suffix }) => suffix),
    ...Object.values(regressionResults),
  ];
  return suffixes.map((suffix) => (filePrefix(model) + suffix).toLowerCase());
}

/** A message about two models with a file of the same name; null if there are none. */
function clashOfFiles(models: readonly string[]): string | null {
  const owners = new Map<string, string>();
  for (const model of models) {
    for (const file of filesOf(model)) {
      const other = owners.get(file);
      if (other !== undefined) {
        return `expected each model once, with names of which no two lead to files of the same name: '${other}' and '${model}' have ${file}`;
      }
    }
    for (const file of filesOf(model)) owners.set(file, model);
  }
  return null;
}

/** All trials are drawn before the first request. */
const MOST_TRIALS = 5_000_000;

/** The count that leads to too many trials; null if none does. */
function excessiveCount({
  contexts,
  counts,
}: {
  contexts: z.infer<typeof contextsSchema>;
  counts: z.infer<typeof countsSchema>;
}): keyof typeof counts | null {
  const { instilled, native } = contexts;
  const each = {
    training_examples: instilled * (counts.training_examples + counts.validation_examples),
    instilled_choices: instilled * counts.instilled_choices,
    native_choices: native * counts.native_choices,
    reports: Math.max(instilled, native) * counts.reports,
  };
  const keys = Object.keys(each) as (keyof typeof each)[];
  return keys.find((key) => each[key] > MOST_TRIALS) ?? null;
}

export const paperSchema = z
  .strictObject({
    ...commonShape,
    pack: z.literal('self-interpretability').default('self-interpretability'),
    models: z
      .array(modelSchema(trained.prefault({})))
      .min(1, 'expected at least one model')
      .superRefine((models, { addIssue }) => {
        const clash = clashOfFiles(models.map((one) => one.name));
        if (clash) addIssue(clash);
      }),
    contexts: contextsSchema.prefault({}),
    counts: countsSchema.prefault({}),
    seeds: seeds.prefault({}),
  })
  .superRefine(requirePrices)
  .superRefine((configuration, { addIssue }) => {
    const key = excessiveCount(configuration);
    if (!key) return;
    const message = `expected at most ${MOST_TRIALS} in all contexts together`;
    addIssue({ code: 'custom', message, path: ['counts', key] });
  });

/** As `study.yaml` and provenance hold it. */
export type PaperFile = z.infer<typeof paperSchema>;
export type PaperConfiguration = CamelKeys<PaperFile>;
/** Keys that have a default may be left out. */
export type PaperInput = CamelKeys<z.input<typeof paperSchema>>;
