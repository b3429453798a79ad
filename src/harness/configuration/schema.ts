/**
 * What a study's `study.yaml` may say. Each default stands here once; the template that
 * `study init` writes repeats them with a comment each, and a test holds the two together.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { modelFiles, regressionResults } from '../../study/layout.js';
import { nameProblem, refuse } from '../../study/names.js';

const name = z.string().trim().min(1).superRefine(refuse(nameProblem));
const seed = z
  .number()
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const count = (least: number, most = 100_000) => z.number().int().min(least).max(most);
const limit = z.number().positive().nullable();

/** A file beside `study.yaml`: nothing in a configuration may reach out of the study's folder. */
const localFile = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'expected the name of a file in the study’s folder');

const serverUrl = z
  .url({ protocol: /^https?$/, error: 'expected a URL that begins with http:// or https://' })
  .refine((text) => !/^https?:\/\/[^/]*@/.test(text), {
    message: 'expected no user name or password in the URL: keys come from the environment',
  });

const server = z.strictObject({
  base_url: serverUrl.default('https://api.openai.com/v1'),
  key_variable: z
    .string()
    .regex(/^[A-Z_a-z][A-Z_a-z0-9]*$/, 'expected the name of an environment variable')
    .nullable()
    .default('OPENAI_API_KEY'),
  mode: z.enum(['live', 'batch']).default('live'),
  logprobs: z.boolean().default(false),
  concurrency: count(1, 1024).default(16),
  requests_per_minute: limit.default(500),
  tokens_per_minute: limit.default(200_000),
  timeout_seconds: z.number().positive().max(3600).default(60),
  attempts: count(1, 100).default(8),
  outage_minutes: z.number().min(0).max(10_080).default(20),
  poll_seconds: z.number().positive().max(3600).default(20),
});

/** USD per million tokens. */
const prices = z.strictObject({
  input: z.number().min(0),
  output: z.number().min(0),
  fine_tuned_input: z.number().min(0),
  fine_tuned_output: z.number().min(0),
  training: z.number().min(0),
});

const rateOrAuto = z.union([z.number().positive(), z.literal('auto')]);
const sizeOrAuto = z.union([count(1, 256), z.literal('auto')]);

const fineTuning = z.strictObject({
  epochs: count(1, 50).default(3),
  learning_rate_multiplier: rateOrAuto.default(2),
  batch_size_preferences: sizeOrAuto.default(10),
  batch_size_introspection: sizeOrAuto.default(1),
});

/** Models trained elsewhere: a stage that is named here is taken as done. */
const trained = z.strictObject({
  preferences: name.optional(),
  introspection_first: name.optional(),
  introspection_last: name.optional(),
  introspection_all: name.optional(),
});

const model = z.strictObject({
  name,
  fine_tuning: fineTuning.prefault({}),
  trained: trained.prefault({}),
  prices: prices.nullable().default(null),
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

const budget = z.strictObject({
  requests: limit.default(null),
  tokens: limit.default(null),
  usd: limit.default(null),
});

export const LONGEST_STUDY_NAME = 18;

/** The files of the authors' layout that a model has, as file systems without case know them. */
function filesOf(model: string): string[] {
  const suffixes = [
    ...Object.values(modelFiles).map(({ suffix }) => suffix),
    ...Object.values(regressionResults),
  ];
  return suffixes.map((suffix) => (filePrefix(model) + suffix).toLowerCase());
}

/** Leaves room for the layout's suffixes in the 255 bytes of a file's name. */
const LONGEST_PREFIX = 180;

/**
 * A model's name as the beginning of a file's: `org/model:8b` must lead to no folder. A name too
 * long for one is cut, and told from others by a hash.
 */
export function filePrefix(model: string): string {
  const prefix = model.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_');
  if (prefix.length <= LONGEST_PREFIX) return prefix;
  const hash = createHash('sha256').update(model).digest('hex').slice(0, 8);
  return `${prefix.slice(0, LONGEST_PREFIX - 9)}-${hash}`;
}

/** What is wrong with models of which two have a file of the same name; null where nothing is. */
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

/** Each of them is drawn before the first request. */
const MOST_TRIALS = 5_000_000;

/** A count for which there would be more trials than can be held. */
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

export const configurationSchema = z
  .strictObject({
    study: name.max(
      LONGEST_STUDY_NAME,
      `expected at most ${LONGEST_STUDY_NAME} characters: it goes into the names of trained models`,
    ),
    server: server.prefault({}),
    models: z
      .array(model)
      .min(1, 'expected at least one model')
      .superRefine((models, { addIssue }) => {
        const clash = clashOfFiles(models.map((one) => one.name));
        if (clash) addIssue(clash);
      }),
    contexts: contextsSchema.prefault({}),
    counts: countsSchema.prefault({}),
    seeds: seeds.prefault({}),
    budget: budget.prefault({}),
  })
  .refine(({ budget, models }) => budget.usd === null || models.every(({ prices }) => prices), {
    path: ['budget', 'usd'],
    message: 'a budget in USD needs the prices of every model',
  })
  .superRefine((configuration, { addIssue }) => {
    const key = excessiveCount(configuration);
    if (!key) return;
    const message = `expected at most ${MOST_TRIALS} in all contexts together`;
    addIssue({ code: 'custom', message, path: ['counts', key] });
  });

export type Configuration = z.infer<typeof configurationSchema>;
/** As it is written: with all that has a default left out. */
export type ConfigurationInput = z.input<typeof configurationSchema>;
export type ModelConfiguration = Configuration['models'][number];
